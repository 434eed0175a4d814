"""The night's jobs against bare SQL that reads and writes the rows they wrote."""

from __future__ import annotations

import json
import time
from datetime import date
from typing import Any

import django

IGNORED = ("journal_jobrun", "journal_jobitem")  # the engine's own book

_OPEN = "s.closed_at IS NULL"
_STANDS = "f.revokes_id IS NULL AND NOT EXISTS (SELECT FROM funnels_fact r WHERE r.revokes_id = f.id)"
_WORKLIST = f"SELECT s.id FROM funnels_salescycle s WHERE {_OPEN} AND s.kind = 'new'"
_LIVE = "SELECT id FROM accounts_department WHERE rotation_starts_on <= %(day)s AND is_active"
# What a job cannot decide without, read as plainly as it can be: a set at a time for the whole company, rows where it
# decides about rows, sums where it needs sums. Every job reads the people besides.
READS: dict[str, tuple[str, ...]] = {
    "colours": (
        f"SELECT s.*, f.* FROM funnels_salescycle s LEFT JOIN funnels_fact f ON f.cycle_id = s.id "
        f"WHERE {_OPEN} AND s.recheck_on <= %(day)s",
    ),
    "terms": (
        f"SELECT s.*, c.* FROM funnels_salescycle s JOIN clients_client c ON c.id = s.client_id WHERE {_OPEN} "
        f"AND s.kind = 'new' AND s.state <> 'deal' AND s.term_warn_on <= %(day)s AND c.department_id IN ({_LIVE})",
        f"SELECT f.cycle_id FROM funnels_fact f JOIN funnels_salescycle s ON s.id = f.cycle_id WHERE {_OPEN} "
        f"AND s.term_warn_on <= %(day)s AND f.kind = 'contract_signed' AND {_STANDS}",
        "SELECT * FROM clients_client WHERE section = 'soft_refusal' AND state = 'refusal' AND recall_on <= %(day)s",
    ),
    "flags": (
        f"SELECT o.*, s.*, c.* FROM funnels_ownership o JOIN funnels_salescycle s ON s.id = o.cycle_id "
        f"JOIN clients_client c ON c.id = o.client_id WHERE o.ended_at IS NULL AND {_OPEN} "
        f"AND least(o.warn_on, o.state_warn_on) <= %(day)s AND c.department_id IN ({_LIVE})",
        "SELECT v.ownership_id, v.kind, v.since_on FROM funnels_violation v JOIN funnels_ownership o "
        "ON o.id = v.ownership_id WHERE o.ended_at IS NULL",
        "SELECT * FROM funnels_rotationorder WHERE closed_at IS NULL",
        "SELECT key FROM notifications_notice WHERE key = ANY (ARRAY(SELECT k || ':' || o.id || ':' || o.user_id "
        "FROM funnels_ownership o, unnest(ARRAY['age7', 'age10', 'state7', 'state10']) k WHERE o.ended_at IS NULL "
        "AND least(o.warn_on, o.state_warn_on) <= %(day)s))",
        f"SELECT s.owner_id, s.segment_id, s.kind, s.colour, count(*) FROM funnels_salescycle s WHERE {_OPEN} "
        "GROUP BY 1, 2, 3, 4",
        "SELECT DISTINCT ON (s.id) o.user_id, s.best_rank, s.outcome FROM funnels_salescycle s JOIN funnels_ownership o "
        "ON o.cycle_id = s.id WHERE s.closed_on > %(day)s::date - 90 ORDER BY s.id, o.started_at DESC",
    ),
    "plan": (
        "SELECT user_id, paid_on, sum(amount), count(*) FROM deals_paymentcredit "
        "WHERE paid_on >= date_trunc('year', %(day)s::date) AND paid_on <= %(day)s GROUP BY 1, 2",
        "SELECT user_id, kind, count(*), count(*) FILTER (WHERE is_productive_call) FROM funnels_contact "
        "WHERE day >= date_trunc('year', %(day)s::date) AND day <= %(day)s GROUP BY 1, 2",
        "SELECT m.user_id, s.segment_id, m.kind, m.to_colour, m.ranks, o.best_rank, count(*) FROM funnels_movement m "
        "JOIN funnels_salescycle s ON s.id = m.cycle_id JOIN funnels_ownership o ON o.id = m.ownership_id "
        "WHERE m.on > %(day)s::date - 90 GROUP BY 1, 2, 3, 4, 5, 6",
        "SELECT o.user_id, s.segment_id, o.best_rank, count(*) FROM funnels_ownership o JOIN funnels_salescycle s "
        "ON s.id = o.cycle_id WHERE o.ended_on > %(day)s::date - 90 GROUP BY 1, 2, 3",
        f"SELECT s.id, s.owner_id, s.segment_id, s.colour, s.expected_amount FROM funnels_salescycle s WHERE {_OPEN}",
        "SELECT * FROM planning_monthtarget WHERE month >= date_trunc('year', %(day)s::date)",
        "SELECT * FROM planning_planfact WHERE day = %(day)s",
        "SELECT * FROM funnels_colournorm WHERE day = %(day)s",
    ),
    "audit": (
        f"SELECT s.id, s.owner_id, s.client_id, s.state, s.next_step_at, c.name, c.size, c.category_id, "
        "EXISTS (SELECT FROM clients_phone p WHERE p.client_id = c.id AND p.is_live) "
        "OR EXISTS (SELECT FROM clients_email e WHERE e.client_id = c.id) "
        f"FROM funnels_salescycle s JOIN clients_client c ON c.id = s.client_id WHERE s.id IN ({_WORKLIST})",
        f"SELECT f.cycle_id, f.kind FROM funnels_fact f WHERE f.cycle_id IN ({_WORKLIST}) "
        f"AND f.kind IN ('first_contact', 'offer_sent') AND {_STANDS}",
        "SELECT client_id FROM funnels_task WHERE done_at IS NULL AND due_at < %(day)s",
    ),
    "day_preview": (
        "SELECT user_id, count(*) FROM funnels_contact WHERE day = %(day)s GROUP BY 1",
        "SELECT user_id, count(*) FROM funnels_movement WHERE funnels_movement.on = %(day)s GROUP BY 1",
        "SELECT user_id, sum(amount) FROM deals_paymentcredit WHERE paid_on = %(day)s GROUP BY 1",
        "SELECT * FROM planning_monthtarget WHERE month = date_trunc('month', %(day)s::date)",
    ),
}
PEOPLE = "SELECT u.*, d.* FROM accounts_user u LEFT JOIN accounts_department d ON d.id = u.department_id"


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
            reading, read = _read(cursor, job, day)
            writing, written = _write(cursor, tables, before, mark)
            found.append({"job": job, "seconds": seconds, "sql": reading + writing, "read": read, "written": written})
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


def _read(cursor: Any, job: str, day: date) -> tuple[float, int]:
    """Seconds and rows of reading, into tuples of the same driver, what the job decides by (`READS`)."""
    rows, started = 0, time.perf_counter()
    for sql in (PEOPLE, *READS.get(job, ())):
        cursor.execute(sql, {"day": day})
        rows += len(cursor.fetchall())
    return time.perf_counter() - started, rows


def _write(cursor: Any, tables: list[str], before: dict[str, int], mark: int) -> tuple[float, int]:
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
    return seconds, written


def _timed(cursor: Any, sql: str, ids: list[int]) -> float:
    started = time.perf_counter()
    cursor.execute(sql, [ids])
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
