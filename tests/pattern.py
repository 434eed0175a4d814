"""One database is migrated, the others are copies of it: migrating takes ten times as long as copying."""

from __future__ import annotations

import fcntl
from pathlib import Path

from django.db import connection

NAME = "svetofor_pattern"


def copy_from_pattern(done: Path, *, remake: bool) -> None:
    """Let this process's test database be made from the pattern, made before by the first of those who share `done`.

    A database that is there and may be used again (`remake` false) stays as it is, and nothing is made.
    """
    creation, test = connection.creation, connection.settings_dict["TEST"]
    with creation._nodb_cursor() as cursor:
        if not remake and creation._database_exists(cursor, test["NAME"]):
            return
    with done.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            _migrate_pattern()
            done.touch()
    test["TEMPLATE"] = NAME


def _migrate_pattern() -> None:
    settings = connection.settings_dict
    name, own = settings["NAME"], settings["TEST"]["NAME"]
    settings["TEST"]["NAME"] = NAME
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        connection.close()  # nobody may be connected to what is copied
        settings["NAME"], settings["TEST"]["NAME"] = name, own
