"""Cleaning up after a test that commits: rows are deleted where there are any.

Django truncates every table there is, which takes PostgreSQL 0.3 s whatever the test wrote, and then writes permissions
and content types anew. The result is the same: every table empty but these two, which stay as migrations left them.
"""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.models.signals import post_migrate

WRITTEN_BY_MIGRATIONS = {"django_content_type", "auth_permission"}
# They refuse DELETE whatever role the session plays; their refusal of TRUNCATE is off in tests (tests/conftest.py).
SEALED = {"journal_auditevent", "journal_auditseal"}


def clean_by_deleting() -> None:
    """Make `flush`, and with it the end of every test that commits, delete rows instead of truncating tables.

    Only a superuser may silence foreign keys and the triggers of the audit log; for anybody else all stays as it is.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser')")
        if cursor.fetchone() != ("on",):
            return
    DatabaseOperations.sql_flush = _delete
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)


def _delete(operations: DatabaseOperations, style: Any, tables: list[str], **options: bool) -> list[str]:
    quote = operations.quote_name
    emptied = sorted(set(tables) - WRITTEN_BY_MIGRATIONS)
    with operations.connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"(SELECT '{name}' FROM {quote(name)} LIMIT 1)" for name in emptied))
        written = [name for (name,) in cursor.fetchall()]
    verbs = {name: "TRUNCATE" if name in SEALED else "DELETE FROM" for name in written}
    deletions = [f"{verb} {quote(name)}" for name, verb in verbs.items()]
    return ["SET LOCAL session_replication_role = replica", *deletions, "SET LOCAL session_replication_role = origin"]
