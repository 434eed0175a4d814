"""The product served as in production: gunicorn, two workers, DEBUG off."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.databases import ROOT, environment
from config import embedded

HOST = "127.0.0.1"
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@contextmanager
def serving(name: str) -> Iterator[int]:
    """The port of a server that works in the database `name`; its log lies in the state folder."""
    port = free_port()
    folder = embedded.state_dir() / "log"
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{HOST}:{port}", "--worker-class", "gthread"]
    command += ["--workers", "2", "--threads", "8", "--graceful-timeout", "10", "--no-control-socket"]
    if Path("/dev/shm").is_dir():
        command += ["--worker-tmp-dir", "/dev/shm"]
    surroundings = environment(name, PORT=str(port))
    surroundings.pop("DATABASE_TIMEOUTS", None)
    with (folder / "bench-web.log").open("ab") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=log, stderr=log, start_new_session=True)
        try:
            _wait(port, server)
            yield port
        finally:
            os.kill(server.pid, signal.SIGTERM)
            server.wait(timeout=30)


def _wait(port: int, server: subprocess.Popen) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        connection = http.client.HTTPConnection(HOST, port, timeout=10)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status < 500:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError("the server did not answer; its log: bench-web.log in the state folder")
