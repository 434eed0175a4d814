"""`manage.py up` as a person runs it: one terminal, real servers, everything killed once."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import daemon
from config.embedded.layout import CHECKOUT

pytestmark = pytest.mark.slow


class Terminal:
    """One `manage.py up` with a state folder and a port of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        self.environment = {**kept, "STATE_DIR": str(state), "PORT": str(self.port), "SVETOFOR_FSYNC": "off"}
        self.output = state.parent / "output"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        return [sys.executable, str(CHECKOUT / "manage.py"), "up"]

    def open(self) -> int:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(self.command(), stdout=output, stderr=output, env=self.environment)
        assert daemon.wait_until(lambda: "Ctrl-C" in self.said() or self.process.poll() is not None, seconds=100)
        assert self.process.poll() is None, self.said()
        return self.process.pid

    def said(self) -> str:
        return self.output.read_text()

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/login/", timeout=5).close()
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False
        return True

    def children(self) -> list[int]:
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def servers(self) -> list[int]:
        return [
            int((self.state / "postgres/data/postmaster.pid").read_text().split()[0]),
            int((self.state / "redis/redis.pid").read_text()),
        ]

    def left(self) -> list[int]:
        """Processes of this terminal, told by the state folder in their environment or working folder."""
        marked = f"STATE_DIR={self.state}".encode()
        found = daemon.working_in(self.state / "postgres/data") + daemon.working_in(self.state / "redis")
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if marked in (entry / "environ").read_bytes().split(b"\0") and daemon.alive(int(entry.name)):
                    found.append(int(entry.name))
            except OSError:
                continue  # ended meanwhile, or somebody else's
        return found


@pytest.fixture(scope="module")
def terminal() -> Iterator[Terminal]:
    folder = Path(tempfile.mkdtemp(prefix="up", dir="/tmp"))
    folder.chmod(0o755)
    made = Terminal(folder / "state")
    yield made
    if made.process and made.process.poll() is None:
        made.process.terminate()
        made.process.wait(60)
    shutil.rmtree(folder, ignore_errors=True)


def test_one_terminal_survives_the_death_of_everything_in_it(terminal: Terminal) -> None:
    terminal.open()
    assert f"http://127.0.0.1:{terminal.port}/" in terminal.said()
    assert terminal.answers()

    again = subprocess.run(terminal.command(), env=terminal.environment, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert f"уже запущен в другом окне: http://127.0.0.1:{terminal.port}" in again.stderr

    before = terminal.children()
    assert len(before) == 3
    for pid in before + terminal.servers():
        os.kill(pid, signal.SIGKILL)
    assert daemon.wait_until(lambda: terminal.said().count("запущен снова") == 2, seconds=60)
    assert daemon.wait_until(lambda: len(set(terminal.children()) - set(before)) == 3, seconds=60)
    assert daemon.wait_until(terminal.answers, seconds=60)

    # The terminal itself is closed the hard way: the next one starts all the same.
    terminal.process.kill()
    terminal.process.wait()
    terminal.open()
    assert terminal.answers()

    terminal.process.send_signal(signal.SIGINT)
    assert terminal.process.wait(60) == 0
    assert "Всё остановлено." in terminal.said()
    assert terminal.left() == []


def test_taken_port_is_told_in_plain_words(terminal: Terminal) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        taken = {**terminal.environment, "PORT": str(port)}
        done = subprocess.run(terminal.command(), env=taken, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"Порт {port} занят" in done.stderr
    assert "PORT=" in done.stderr
