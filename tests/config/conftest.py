"""The same process, another database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
from django.db import connection


@contextmanager
def _elsewhere(**changes: Any) -> Iterator[None]:
    kept = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(changes)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(kept)


@pytest.fixture
def elsewhere():
    """`with elsewhere(NAME=…)`: Django's connection leads to another place; needs a test with real transactions."""
    return _elsewhere


@pytest.fixture
def empty_database():
    """The name of a fresh database on the test server, dropped afterwards."""
    given = connection.settings_dict
    name = f"{given['NAME']}_other"
    server = psycopg2.connect(
        host=given["HOST"],
        port=given["PORT"] or None,
        user=given["USER"],
        password=given["PASSWORD"] or None,
        dbname="postgres",
    )
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
        yield name
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    server.close()
