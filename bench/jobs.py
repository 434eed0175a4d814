"""The night's jobs against bare SQL that reads and writes the rows they wrote."""

from __future__ import annotations

import json
import time
from typing import Any

import django

IGNORED = ("journal_jobrun", "journal_jobitem")  # the engine's own book


def main() -> None:
    django.setup()
    import logging

    logging.disable(logging.INFO)
    print(json.dumps(measure()))


def measure() -> list[dict[str, Any]]:
    """One row a job of today: seconds of the job and of the statements, rows written."""
    from django.db import connection

    from common import clock
    from desk.services import JOBS, run_day

    day, found = clock.today(), []
    with connection.cursor() as cursor:
        tables = _tables(cursor)
        for job in JOBS:
            before = _highest(cursor, tables)
            cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
            mark = cursor.fetchone()[0]
            started = time.perf_counter()
            lines = list(run_day(day=day, only={job}))
            seconds = time.perf_counter() - started
            if any(line.result != "done" for line in lines):
                continue
            sql, written = _bare(cursor, tables, before, mark)
            found.append({"job": job, "seconds": seconds, "sql": sql, "written": written})
    return found


def _tables(cursor: Any) -> list[str]:
    from django.apps import apps

    labels = ("clients", "funnels", "planning", "notifications", "journal", "deals")
    models = [model for app in labels for model in apps.get_app_config(app).get_models()]
    named = [model._meta.db_table for model in models if model._meta.pk.column == "id"]
    return [table for table in named if table not in IGNORED]


def _highest(cursor: Any, tables: list[str]) -> dict[str, int]:
    found = {}
    for table in tables:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        found[table] = cursor.fetchone()[0]
    return found


def _bare(cursor: Any, tables: list[str], before: dict[str, int], mark: int) -> tuple[float, int]:
    """Seconds and rows of writing again, set by set, what the job has written: new rows into a table with the same
    indexes, changed rows over themselves. Rolled back."""
    from django.db import transaction

    seconds, written = 0.0, 0
    for table in tables:
        cursor.execute(f"SELECT id FROM {table} WHERE id > %s", [before[table]])
        new = [row[0] for row in cursor.fetchall()]
        cursor.execute(f"SELECT id FROM {table} WHERE id <= %s AND xmin::text::bigint >= %s", [before[table], mark])
        changed = [row[0] for row in cursor.fetchall()]
        written += len(new) + len(changed)
        with transaction.atomic():
            if new:
                cursor.execute(f"CREATE TABLE bench_again (LIKE {table} INCLUDING ALL)")
                seconds += _timed(cursor, f"INSERT INTO bench_again SELECT * FROM {table} WHERE id = ANY(%s)", new)
            if changed:
                seconds += _timed(cursor, f"UPDATE {table} SET id = id WHERE id = ANY(%s)", changed)
            transaction.set_rollback(True)
    # A job that has nothing to write still has to look: the cheapest statement there is.
    return max(
        seconds, _timed(cursor, "SELECT count(*) FROM funnels_salescycle WHERE closed_at IS NULL", None)
    ), written


def _timed(cursor: Any, sql: str, ids: list[int] | None) -> float:
    started = time.perf_counter()
    cursor.execute(sql, None if ids is None else [ids])
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
