"""One writer of a department's figures at a time."""

from typing import Final

from django.db import connection

_FIGURES: Final = 0x504C414E  # this lock's own number space


def lock_figures(department_id: int) -> None:
    """Holds the department's plan figures till the end of the transaction; everybody else who writes them waits.

    An advisory lock, because a payment comes here holding its client's rows: a lock of the department's row could
    meet an act that took the two in the other order.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_FIGURES, department_id])
