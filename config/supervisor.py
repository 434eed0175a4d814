"""Keeps the processes of one terminal alive: starts, watches, restarts with a growing pause, stops in order."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
# A process that lived this long is healthy again: its next death starts with the first pause.
HEALTHY_SECONDS: Final = 60.0
PR_SET_PDEATHSIG: Final = 1


@dataclass
class Child:
    """A process of ours. `patience` is how many seconds it may take to end after SIGTERM."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    cwd: Path
    patience: float = 15.0
    pause: float = FIRST_PAUSE
    started_at: float = 0.0
    due_at: float = 0.0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(self.environment),
                cwd=self.cwd,
                # Its own group: Ctrl-C reaches us alone and we stop them in order.
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  one thread here
            )
        self.started_at = time.monotonic()

    def death(self) -> int | None:
        """The exit status of a process that has ended, None while it runs."""
        return self.process.poll() if self.process else None

    def clear(self) -> None:
        """End what a killed process left behind in its group."""
        if self.process:
            _signal_group(self.process.pid, signal.SIGKILL)
            self.process = None

    def stop(self) -> None:
        process = self.process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(self.patience)
            except subprocess.TimeoutExpired:
                _signal_group(process.pid, signal.SIGKILL)
                process.wait()
        self.clear()


class Supervisor:
    """Watches children and, through `keep_services`, the servers they need; `say` prints one line."""

    def __init__(
        self, children: Sequence[Child], *, keep_services: Callable[[], list[str]], say: Callable[[str], None]
    ) -> None:
        self.children = list(children)
        self.keep_services = keep_services
        self.say = say

    def start(self) -> None:
        for child in self.children:
            child.start()

    def watch(self, *, once: bool = False) -> None:
        """Look after everything until interrupted."""
        while True:
            for name in self.keep_services():
                self.say(f"{name} остановился и запущен снова.")
            for child in self.children:
                self._look_after(child)
            if once:
                return
            time.sleep(0.5)

    def stop(self) -> None:
        """Stop in the order of the list; the next begins when the one before has ended."""
        for child in self.children:
            child.stop()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        status = child.death()
        if status is not None:
            child.clear()
            if now - child.started_at > HEALTHY_SECONDS:
                child.pause = FIRST_PAUSE
            child.due_at = now + child.pause
            child.pause = min(child.pause * 2, LONGEST_PAUSE)
            wait = child.due_at - now
            cause = f"сигнал {-status}" if status < 0 else f"код {status}"
            self.say(f"Процесс {child.name} завершился ({cause}), запуск через {wait:g} с; журнал: {child.log}")
        elif child.process is None and now >= child.due_at:
            child.start()


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return  # nobody is left in it


def _die_with_parent() -> None:
    # If this terminal's process is killed outright, its children must not hold the port for ever.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
