"""Databases of the benchmark on its own embedded PostgreSQL: built once a day and size, copied for every run."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg2

from config.embedded.layout import layout

ROOT = Path(__file__).resolve().parents[1]
# What decides how the rows come out: the schema and the code that invents them.
_POD_SOURCES = ("*/migrations/*.py", "bench/pod.py", "config/demo/**/*.py")
_GROWN_SOURCES = (*_POD_SOURCES, "bench/grow.py")


def url_of(name: str) -> str:
    return f"postgres://svetofor@/{name}?host={quote(layout().run, safe='')}"


def environment(name: str, **more: str) -> dict[str, str]:
    """For a process that works in the database `name`; nothing of a caller's own set-up leaks in."""
    held = {key: value for key, value in os.environ.items() if key not in ("DEMO", "EMAIL_URL", "BASE_URL")}
    fixed = {"DATABASE_URL": url_of(name), "DJANGO_SETTINGS_MODULE": "bench.settings", "SECRET_KEY": "bench" * 10}
    return {**held, **fixed, **more}


def fingerprint(day: str, patterns: tuple[str, ...]) -> str:
    """Changes with the schema, with the generator, and with the day: colours and queues are those of today."""
    digest = hashlib.sha256(day.encode())
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def connect(name: str = "postgres"):
    connection = psycopg2.connect(url_of(name))
    connection.autocommit = True
    return connection


def names() -> list[str]:
    connection = connect()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'bench%' OR datname LIKE 'run_%' OR datname LIKE 'draft_%'"
        )
        found = [row[0] for row in cursor.fetchall()]
    connection.close()
    return found


def drop(name: str) -> None:
    _say_to_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def copy(source: str, target: str) -> None:
    drop(target)
    _say_to_server(f'CREATE DATABASE "{target}" TEMPLATE "{source}" STRATEGY FILE_COPY')


def _say_to_server(sql: str) -> None:
    connection = connect()
    with connection.cursor() as cursor:
        cursor.execute(sql)
    connection.close()


def step(module: str, name: str, *arguments: str) -> None:
    """One Python process in one database, its output passed on."""
    command = [sys.executable, "-m", module, *arguments]
    subprocess.run(command, cwd=ROOT, env=environment(name, DATABASE_TIMEOUTS="off"), check=True)


def template(clients: int, managers: int, *, day: str, say: Callable[[str], None]) -> str:
    """The name of a ready database of this size; builds what is missing and drops what is out of date."""
    mark = fingerprint(day, _GROWN_SOURCES)
    pod, wanted = f"bench_pod_{fingerprint(day, _POD_SOURCES)}", f"bench_{clients}_{managers}_{mark}"
    have = names()
    for name in have:
        if name != pod and not name.endswith(mark):
            drop(name)
    if wanted in have:
        return wanted
    started = time.monotonic()
    draft = "bench_draft"
    if pod not in have:
        say("inventing one department with its history …")
        drop(draft)
        _say_to_server(f'CREATE DATABASE "{draft}"')
        step("bench.pod", draft)
        rename(draft, pod)
    say(f"growing it to {clients:,} clients and {managers} managers …")
    copy(pod, draft)
    step("bench.grow", draft, str(clients), str(managers))
    rename(draft, wanted)
    say(f"built in {time.monotonic() - started:.0f} s")
    return wanted


def rename(old: str, new: str) -> None:
    _say_to_server(f'ALTER DATABASE "{old}" RENAME TO "{new}"')
