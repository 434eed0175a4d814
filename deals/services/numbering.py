"""Numbers of documents: per kind and year, without gaps (section 6.6)."""

from deals.models import NumberCounter


def next_number(*, kind: str, year: int) -> int:
    """The next number, held by a row lock till the end of the transaction: a rollback gives it back.

    Call it after the client's lock and just before the insert, so that the counter is held shortly.
    """
    counters = NumberCounter.objects.select_for_update().filter(kind=kind, year=year)
    counter = counters.first()
    if counter is None:
        # Two first documents of a year: the second one waits for the first insert and then finds its row.
        NumberCounter.objects.bulk_create([NumberCounter(kind=kind, year=year)], ignore_conflicts=True)
        counter = counters.get()
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last
