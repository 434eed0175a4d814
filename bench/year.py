"""A year of plan and fact recalculated, and one night of it, against reading the rows they are made of."""

from __future__ import annotations

import json
import time
from datetime import date, timedelta
from typing import Any

import django

DAYS, PAYMENTS_A_MONTH = 365, 12  # of one manager

# Whatever stands for a deal of this company: paid again on other days, so that every day of the year has its money.
_TARGETS = """
INSERT INTO planning_monthtarget (department_id, user_id, month, amount, version, is_current, reason, created_at)
SELECT u.department_id, u.id, m::date, 500000 + u.id %% 100, 1, true, '', now()
FROM accounts_user u, generate_series(%(first)s::date, %(last)s::date, interval '1 month') m
WHERE u.role IN ('hunter', 'farmer', 'intern') AND u.is_active
  AND NOT EXISTS (SELECT 1 FROM planning_monthtarget t WHERE t.user_id = u.id AND t.month = m::date AND t.is_current)
"""
_PAYMENTS = """
WITH cycle AS (
    SELECT DISTINCT ON (owner_id) owner_id, id, client_id FROM funnels_salescycle
    WHERE owner_id IS NOT NULL AND closed_at IS NULL ORDER BY owner_id, id
), paid AS (
    INSERT INTO deals_payment (client_id, cycle_id, amount, paid_on, source, document, entered_by_id, entered_at,
                               cancel_reason)
    SELECT c.client_id, c.id, 1000.10 + n, %(last)s::date - (n * 365 / %(number)s + c.owner_id %% 7)::int, 'accounting',
           'bench', c.owner_id, now(), ''
    FROM cycle c JOIN accounts_user u ON u.id = c.owner_id AND u.role IN ('hunter', 'farmer', 'intern'),
         generate_series(0, %(number)s - 1) n
    RETURNING id, entered_by_id, amount, paid_on
)
INSERT INTO deals_paymentcredit (payment_id, user_id, department_id, amount, paid_on, is_void)
SELECT p.id, u.id, u.department_id, p.amount, p.paid_on, false FROM paid p JOIN accounts_user u ON u.id = p.entered_by_id
"""
# What a year is made of, as one statement each reads it.
_READ = (
    "SELECT user_id, paid_on, amount FROM deals_paymentcredit WHERE NOT is_void AND paid_on BETWEEN %s AND %s",
    "SELECT user_id, month, amount FROM planning_monthtarget WHERE is_current AND month BETWEEN %s AND %s",
    "SELECT user_id, day, kind, result FROM funnels_contact WHERE day BETWEEN %s AND %s",
    'SELECT user_id, "on", kind FROM funnels_movement WHERE "on" BETWEEN %s AND %s',
    "SELECT created_by_id, sent_on FROM deals_offer WHERE sent_on BETWEEN %s AND %s",
)


def main() -> None:
    django.setup()
    import logging

    logging.disable(logging.INFO)
    print(json.dumps(measure()))


def measure() -> dict[str, Any]:
    """Seconds of the year, of the night after it and of the same night again; seconds of reading; rows written."""
    from django.db import connection

    from common import clock
    from planning.models import PlanFact
    from planning.services import write_plan_fact

    today = clock.today()
    last = today - timedelta(days=1)
    first = last - timedelta(days=DAYS - 1)
    with connection.cursor() as cursor:
        _spread(cursor, first, last)
        PlanFact.objects.all().delete()
        reading = _read(cursor, first, last)
        started = time.perf_counter()
        for number in range(DAYS):
            write_plan_fact(day=first + timedelta(days=number), at=clock.now())
        year = time.perf_counter() - started
        rows = PlanFact.objects.count()
        nights = []
        for _twice in range(2):
            started = time.perf_counter()
            write_plan_fact(day=today, at=clock.now())
            nights.append(time.perf_counter() - started)
        of_month = _read(cursor, today.replace(day=1), today)
    return {
        "year": year, "rows": rows, "days": DAYS, "reading": reading, "night": nights[0], "again": nights[1],
        "reading_month": of_month,
    }  # fmt: skip


def _spread(cursor: Any, first: date, last: date) -> None:
    """Targets and payments of every manager over the whole year."""
    cursor.execute(_TARGETS, {"first": first.replace(day=1), "last": last})
    cursor.execute(_PAYMENTS, {"last": last, "number": 12 * PAYMENTS_A_MONTH})
    cursor.execute("ANALYZE")


def _read(cursor: Any, first: date, last: date) -> float:
    started = time.perf_counter()
    for sql in _READ:
        cursor.execute(sql, [first, last])
        cursor.fetchall()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
