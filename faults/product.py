"""The product under test: `manage.py up` with a state folder and a port of its own, and the processes in it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

from config.embedded import daemon
from config.embedded.layout import CHECKOUT

HOOK = CHECKOUT / "faults" / "hook"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Product:
    """`pids(role)` for web, web_worker, beat, worker, worker_child, postgres, backend, redis; [] when none lives."""

    def __init__(self, state: Path, port: int, environment: dict[str, str]) -> None:
        self.state, self.port = state, port
        self.output = state / "terminal.log"
        self.environment = {**os.environ, **environment}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when pages answer. RuntimeError with the last lines otherwise."""
        inside = {**self.environment, "PYTHONPATH": str(HOOK)}
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(CHECKOUT / "manage.py"), "up"],
                cwd=CHECKOUT, env=inside, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        is_open = daemon.wait_until(lambda: "Ctrl-C" in self.said() or self.process.poll() is not None, seconds=300)
        if not is_open or self.process.poll() is not None:
            raise RuntimeError(f"manage.py up did not open:\n{daemon.tail(self.output, 20)}")

    def stop(self) -> int:
        """Ctrl-C; returns the exit status."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return -1

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace") if self.output.exists() else ""

    def pids(self, role: str) -> list[int]:
        if role == "postgres":
            return _numbers(self.state / "postgres" / "data" / "postmaster.pid")
        if role == "redis":
            return _numbers(self.state / "redis" / "redis.pid")
        if role == "backend":
            return [pid for parent in self.pids("postgres") for pid in _children(parent) if _is_backend(pid)]
        if role in ("web_worker", "worker_child"):
            return [pid for parent in self.pids(role.split("_", maxsplit=1)[0]) for pid in _children(parent)]
        word = {"web": "gunicorn", "beat": "beat", "worker": "worker"}[role]
        return [pid for pid in _children(self.process.pid) if word in _words(pid)] if self.process else []

    def answers(self, path: str = "/healthz", *, seconds: float = 5) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=seconds).close()
        except OSError:
            return False
        return True


def _numbers(file: Path) -> list[int]:
    try:
        found = int(file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return []
    return [found] if daemon.alive(found) else []


def _children(pid: int) -> list[int]:
    try:
        listed = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for text in listed for child in text.split() if daemon.alive(int(child))]


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def _is_backend(pid: int) -> bool:
    # A server process names itself «postgres: user database [local] …»; those of the server itself have no such user.
    return _words(pid)[:1] != [] and "svetofor svetofor" in " ".join(_words(pid))
