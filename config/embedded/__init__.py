"""Real PostgreSQL and Redis for a first run, on private sockets under the state folder.

They are used where DATABASE_URL and REDIS_URL name no servers. `session()` is for commands: it starts what
does not run and the last command to leave stops what was started so. `ensure()` and `stop()` are the bare acts.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

from config.embedded import postgres as _postgres
from config.embedded import redis_server as _redis
from config.embedded.layout import EmbeddedError, layout, make_private, state_dir

__all__ = [
    "EmbeddedError",
    "broker_url",
    "database_url",
    "ensure",
    "keep",
    "needed",
    "redis_url",
    "session",
    "state_dir",
    "status",
    "stop",
]


def database_url() -> str:
    """Where the embedded PostgreSQL listens, started or not, as libpq and Django read it."""
    return f"postgres://{_postgres.NAME}@/{_postgres.NAME}?host={quote(layout().run, safe='')}"


def redis_url() -> str:
    """Where the embedded Redis listens, started or not, as redis-py reads it."""
    return f"unix://{quote(str(layout().redis_socket))}?db=0"


def broker_url() -> str:
    """The same Redis as Celery reads it."""
    return f"redis+socket://{quote(str(layout().redis_socket))}?virtual_host=0"


def needed() -> dict[str, bool]:
    """Which servers the environment leaves to us, as arguments of ensure() and session()."""
    return {
        "postgres": not os.environ.get("DATABASE_URL"),
        "redis": not os.environ.get("REDIS_URL"),
    }


def ensure(*, postgres: bool = True, redis: bool = True) -> list[str]:
    """Start what does not run; returns the names of what this call started.

    Safe to call at any time from several processes at once. Raises EmbeddedError with a sentence that says why not.
    """
    plan = layout()
    with _locked("embedded.lock"):
        plan.log.mkdir(exist_ok=True)
        if plan.home != plan.state:
            make_private(Path(plan.home), plan)
        started = []
        if postgres and _postgres.start(plan):
            started.append("postgres")
        if redis and _redis.start(plan):
            started.append("redis")
        return started


def keep() -> None:
    """Leave the running servers alone when the last session ends."""
    _marker().unlink(missing_ok=True)


def stop() -> list[str]:
    """Stop what runs, Redis first; returns the names of what was stopped."""
    plan = layout()
    if not plan.log.exists():
        return []
    with _locked("embedded.lock"):
        stopped = [name for name, server in (("redis", _redis), ("postgres", _postgres)) if server.stop(plan)]
        _marker().unlink(missing_ok=True)
        return stopped


def status() -> dict[str, int | None]:
    """Process ids of the running servers, None for one that does not run."""
    plan = layout()
    return {"postgres": _postgres.pid(plan), "redis": _redis.pid(plan)}


@contextmanager
def session(*, postgres: bool = True, redis: bool = True) -> Iterator[list[str]]:
    """Servers for the time of a command; yields what was started. The last session to end stops them.

    Servers started by `python -m config.embedded start` are left running.
    """
    state = layout().state
    Path(state).mkdir(parents=True, exist_ok=True)
    with Path(state, "embedded.users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        idle = not any(status().values())
        try:
            started = ensure(postgres=postgres, redis=redis)
            if started and idle:
                _marker().touch()
            yield started
        finally:
            if _marker().exists() and _last(users):
                stop()


def _last(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _marker() -> Path:
    """Exists while the running servers belong to the sessions, not to a person who started them."""
    return Path(layout().state, "embedded.session")


@contextmanager
def _locked(name: str) -> Iterator[None]:
    with Path(layout().state, name).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
