"""The health check of a container asks by the name people open and takes nothing but 200 for health."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from config import probe


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("BASE_URL", "https://crm.example.com")

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_known = self.headers["Host"] == "crm.example.com"
            self.send_response(400 if not is_known else {"/readyz": 200}.get(self.path, 503))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Silence."""

    with HTTPServer(("127.0.0.1", 0), Answer) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        monkeypatch.setenv("PORT", str(listening.server_port))
        yield listening
        listening.shutdown()


def test_a_ready_server_is_healthy(server):
    assert probe.main([]) == 0


def test_a_server_that_is_not_ready_is_not(server):
    assert probe.main(["/elsewhere"]) == 1


def test_nobody_is_not_healthy(monkeypatch):
    monkeypatch.setenv("PORT", "1")
    assert probe.main([]) == 1
