"""SIGTERM lets the web server finish what it is answering; then it ends by itself."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from http.client import HTTPConnection
from pathlib import Path

from config.embedded import daemon

ROOT = Path(__file__).resolve().parents[2]
# A request that lasts until the test allows it to end.
SITE = """
import pathlib, time
def application(environ, start):
    here = pathlib.Path(environ["HTTP_X_FOLDER"])
    (here / "begun").touch()
    while not (here / "may_end").exists():
        time.sleep(0.01)
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"written"]
"""


def test_a_request_in_flight_is_answered_after_sigterm(tmp_path):
    (tmp_path / "slow_site.py").write_text(SITE)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "--bind", f"127.0.0.1:{port}"]
    server = subprocess.Popen(
        [*command, "--pythonpath", str(tmp_path), "slow_site"],
        cwd=ROOT,
        env=os.environ | {"WEB_WORKERS": "1"},
        stderr=(tmp_path / "log").open("wb"),
    )
    try:
        assert daemon.wait_until(lambda: _listens(port), seconds=20), (tmp_path / "log").read_text()
        answers: list[tuple[int, bytes]] = []

        def ask() -> None:
            connection = HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("POST", "/", headers={"X-Folder": str(tmp_path)})
            response = connection.getresponse()
            answers.append((response.status, response.read()))

        asking = threading.Thread(target=ask)
        asking.start()
        assert daemon.wait_until((tmp_path / "begun").exists, seconds=20)
        server.send_signal(signal.SIGTERM)
        assert daemon.wait_until(lambda: "Handling signal: term" in (tmp_path / "log").read_text(), seconds=10)
        assert server.poll() is None and not answers
        (tmp_path / "may_end").touch()
        asking.join(20)
        assert answers == [(200, b"written")]
        assert server.wait(20) == 0
    finally:
        server.kill()
        server.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
