"""Start, watch and end a server that outlives the command that started it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from config.embedded.layout import Layout

# The shell leaves at once and the server belongs to init: no zombie, no Ctrl-C of the terminal.
_DETACH = '"$@" </dev/null >&2 & echo $!'


def run(command: Sequence[str | Path], *, plan: Layout, cwd: Path, log: Path) -> int:
    """Run a tool to its end under the servers' account; returns its exit status."""
    with log.open("ab") as output:
        done = subprocess.run(
            [str(part) for part in command],
            stdout=output,
            stderr=output,
            check=False,
            **_rights(plan, cwd),
        )
    return done.returncode


def spawn(command: Sequence[str | Path], *, plan: Layout, cwd: Path, log: Path) -> int:
    """Start a server detached under the servers' account; returns its process id."""
    with log.open("ab") as output:
        shell = subprocess.run(
            ["/bin/sh", "-c", _DETACH, "sh", *[str(part) for part in command]],
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
            check=True,
            text=True,
            **_rights(plan, cwd),
        )
    return int(shell.stdout)


def alive(pid: int | None) -> bool:
    """Is there such a process that has not ended yet?"""
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return Path("/proc/self").exists() is False
    return state not in "ZX"


def working_in(folder: Path) -> list[int]:
    """Process ids whose working directory is the folder: the server's own and those it left behind."""
    found = []
    place = folder.resolve()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == place and alive(int(entry.name)):
                found.append(int(entry.name))
        except OSError:
            continue  # ended meanwhile, or somebody else's
    return found


def terminate(pid: int, first: signal.Signals, then: signal.Signals, *, seconds: float) -> None:
    """Ask the process to end, insist after the given seconds; returns when it is gone."""
    for asked in (first, then):
        try:
            os.kill(pid, asked)
        except ProcessLookupError:
            return
        if wait_until(lambda: not alive(pid), seconds=seconds):
            return


def wait_until(condition: Callable[[], bool], *, seconds: float, step: float = 0.05) -> bool:
    """Ask again and again until the condition holds; False when the time is over."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(step)
    return True


def tail(log: Path, lines: int = 8) -> str:
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _rights(plan: Layout, cwd: Path) -> dict:
    # Neither the caller's locale nor its secrets reach the servers.
    environment: Mapping[str, str] = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "TZ": "UTC",
    }
    rights: dict = {"cwd": cwd, "env": environment, "umask": 0o077}
    if plan.drops_rights:
        rights |= {"user": plan.uid, "group": plan.gid, "extra_groups": []}
    return rights
