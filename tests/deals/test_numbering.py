"""Numbers of a year have no gap and no double, whoever issues at once and whatever rolls back (section 6.6)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from deals.models import NumberCounter
from deals.services.numbering import next_number

pytestmark = pytest.mark.django_db(transaction=True)

THREADS, ROUNDS = 8, 25


class RolledBack(Exception):
    pass


def draw(barrier: Barrier, thread: int) -> list[int]:
    """Every third act of a thread fails after it has drawn its number."""
    kept = []
    try:
        barrier.wait(timeout=30)
        for at in range(ROUNDS):
            try:
                with transaction.atomic():
                    number = next_number(kind="invoice", year=2026)
                    if (at + thread) % 3 == 0:
                        raise RolledBack
                kept.append(number)
            except RolledBack:
                continue
    finally:
        connection.close()
    return kept


def test_eight_threads_with_rollbacks_leave_no_gap_and_no_double():
    barrier = Barrier(THREADS)
    with ThreadPoolExecutor(THREADS) as pool:
        numbers = [number for kept in pool.map(lambda one: draw(barrier, one), range(THREADS)) for number in kept]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert len(numbers) < THREADS * ROUNDS
    assert NumberCounter.objects.get().last == len(numbers)


def test_every_year_and_kind_begins_with_one():
    with transaction.atomic():
        drawn = [
            next_number(kind=kind, year=year) for kind, year in [("invoice", 2026), ("invoice", 2027), ("offer", 2026)]
        ]
        assert next_number(kind="invoice", year=2026) == 2
    assert drawn == [1, 1, 1]
