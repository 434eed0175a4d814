"""Real child processes, killed and stopped."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from config.embedded import daemon
from config.supervisor import Child, Supervisor

FOREVER = "import time; time.sleep(600)"
# Leaves a grandchild in its group, as a killed web server leaves its workers.
WITH_GRANDCHILD = (
    "import subprocess, sys, time; "
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "print(p.pid, flush=True); time.sleep(600)"
)
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
)


@pytest.fixture
def make(tmp_path: Path):
    made: list[Child] = []

    def child(name: str, program: str, **more) -> Child:
        command = [sys.executable, "-c", program]
        made.append(
            Child(name, command, log=tmp_path / f"{name}.log", environment=dict(os.environ), cwd=tmp_path, **more)
        )
        return made[-1]

    yield child
    for one in made:
        one.clear()


def _written(child: Child) -> str:
    assert daemon.wait_until(lambda: bool(child.log.read_text().strip()), seconds=20)
    return child.log.read_text().strip()


def _watch_until(supervisor: Supervisor, condition: Callable[[], bool]) -> bool:
    def look() -> bool:
        supervisor.watch(once=True)
        return condition()

    return daemon.wait_until(look, seconds=20)


def test_killed_process_is_started_again_and_said_so(make) -> None:
    lines: list[str] = []
    web = make("web", FOREVER)
    supervisor = Supervisor([web], keep_services=list, say=lines.append)
    supervisor.start()
    first = web.process.pid
    os.kill(first, signal.SIGKILL)
    assert _watch_until(supervisor, lambda: bool(web.process and web.process.pid != first))
    assert len(lines) == 1
    assert "web" in lines[0] and "сигнал 9" in lines[0] and "web.log" in lines[0]


def test_what_a_killed_process_leaves_behind_is_ended(make) -> None:
    web = make("web", WITH_GRANDCHILD)
    supervisor = Supervisor([web], keep_services=list, say=lambda line: None)
    supervisor.start()
    grandchild = int(_written(web))
    os.kill(web.process.pid, signal.SIGKILL)
    assert _watch_until(supervisor, lambda: not daemon.alive(grandchild))


def test_process_that_cannot_live_is_tried_ever_more_rarely(make) -> None:
    lines: list[str] = []
    broken = make("web", "raise SystemExit(3)")
    supervisor = Supervisor([broken], keep_services=list, say=lines.append)
    supervisor.start()
    assert _watch_until(supervisor, lambda: len(lines) == 3)
    assert ["0.5 с" in lines[0], "1 с" in lines[1], "2 с" in lines[2]] == [True] * 3
    assert "код 3" in lines[0]


def test_stop_ends_even_a_process_that_does_not_listen(make) -> None:
    stubborn, polite = make("worker", STUBBORN, patience=1.0), make("beat", FOREVER)
    supervisor = Supervisor([stubborn, polite], keep_services=list, say=lambda line: None)
    supervisor.start()
    assert _written(stubborn) == "ready"
    pids = [stubborn.process.pid, polite.process.pid]
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 10
    assert [daemon.alive(pid) for pid in pids] == [False, False]


def test_servers_that_came_back_are_named(make) -> None:
    lines: list[str] = []
    Supervisor([], keep_services=lambda: ["PostgreSQL"], say=lines.append).watch(once=True)
    assert lines == ["PostgreSQL остановился и запущен снова."]
