"""The night's re-asking of the colours whose calendar has come (job 00:10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from clients.models import Client
from common import clock
from funnels.models import SalesCycle
from funnels.services.colours import refresh_by_calendar
from journal.models import AuditEvent, JobRun
from journal.services import do_rows, draft

BATCH = 50


def recheck_colours(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """Asks again the cycles whose `recheck_on` has come, in batches of 50 (job 00:10); returns checked and changed."""
    counts = Counter({"checked": 0, "changed": 0})
    moment = at or clock.now()
    last_pk = 0
    while True:
        due = list(
            SalesCycle.objects.to_recheck(day)
            .filter(pk__gt=last_pk)
            .order_by("pk")
            .values_list("pk", "client_id")[:BATCH]
        )
        if not due:
            return counts
        last_pk = due[-1][0]
        clients = sorted(client for _cycle, client in due)
        counts.update(
            do_rows(run, what="clients.client", ids=clients, size=BATCH, act=lambda ids: _recheck(ids, day, moment))
        )


def _recheck(client_ids: Sequence[int], day: date, moment: datetime) -> dict[str, int]:
    locked = Client.objects.select_for_update(of=("self",)).select_related("department")
    clients = {client.pk: client for client in locked.filter(pk__in=client_ids).order_by("pk")}
    due = SalesCycle.objects.to_recheck(day).select_for_update(of=("self",)).filter(client__in=clients)
    cycles = list(due.order_by("client_id"))
    for cycle in cycles:
        cycle.client = clients[cycle.client_id]
    changed = [
        (cycle, result)
        for cycle, result in zip(cycles, refresh_by_calendar(cycles=cycles, day=day, at=moment), strict=True)
        if result.before != result.after
    ]
    AuditEvent.objects.bulk_create(
        draft(
            action="cycle.colour_by_calendar",
            obj=cycle,
            before={"colour": result.before},
            after={"colour": result.after, "rule": cycle.colour_rule},
        )
        for cycle, result in changed
    )
    return {"checked": len(cycles), "changed": len(changed)}
