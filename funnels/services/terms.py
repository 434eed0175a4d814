"""The deal term runs out, the recall comes due (R-S2-8, section 1.6: 00:15)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Department, User
from accounts.selectors import calendar, heads_of
from clients.choices import ClientState, Section, SizeLabel
from clients.models import Client
from common import clock
from funnels.choices import CycleKind, Outcome, RefusalReason, State
from funnels.constants import Colour
from funnels.models import SalesCycle
from funnels.rules import TermExit, term_exit
from funnels.selectors import binding_cycle_ids, live_departments
from funnels.services.bells import Telling, tell, tell_all
from funnels.services.exits import close_cycle
from funnels.services.owners import ban_retake
from journal.models import AuditEvent, JobRun
from journal.services import add_items, do_rows, draft, record

BATCH = 50
BELLS = 200  # a batch of warnings locks nothing


def expire_terms(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """Warns at T−3 and T, moves out at T+1, sets «Обзвон» on soft refusals whose recall date has come (R-S2-8).

    Not ours → hard refusal; ever yellow → strategic archive, recall in 30 days; else soft refusal, recall in 90. State
    deal, a signed contract, an open invoice or a payment are left to their own clocks. Safe to run twice.
    """
    moment = at or clock.now()
    counts = {"expired": 0, "warned": 0, "recall": 0}
    departments = live_departments(day)
    heads, warned = heads_of(departments), _to_warn(departments, day)
    # Asked for all departments at once; a batch asks again, behind its locks, whether its own are still due.
    ended: dict[int, list[int]] = defaultdict(list)
    rows = _ended(departments, day).order_by("client_id").values_list("client__department_id", "pk")
    for department_id, pk in rows:
        ended[department_id].append(pk)
    for department in departments:
        head = heads[department.pk]

        def expire(ids: Sequence[int], department: Department = department, head: User | None = head) -> dict[str, int]:
            cycles = _locked(_ended([department], day), ids)
            bound = binding_cycle_ids([cycle.pk for cycle in cycles])
            exits = [(cycle, to) for cycle in cycles if (to := _exit_of(cycle, cycle.pk in bound)) is not None]
            for cycle, exit_to in exits:
                _expire(cycle, exit_to, day, moment, head)
            add_items(run, {cycle: "term" for cycle, _exit in exits})
            return {"expired": len(exits)}

        done = do_rows(run, what="funnels.salescycle", ids=ended[department.pk], size=BATCH, act=expire)
        counts["expired"] += done["expired"]
        counts["warned"] += _warn(warned[department.pk], head, day, run)
    counts["recall"] = _recall_due(day, moment, run)
    return counts


def _ended(departments: Iterable[Department], day: date) -> QuerySet[SalesCycle]:
    return (
        SalesCycle.objects.open()
        .filter(client__department__in=departments, kind=CycleKind.NEW, term_ends_on__lt=day)
        .exclude(state=State.DEAL)
    )


def _expire(cycle: SalesCycle, exit_to: TermExit, day: date, at: datetime, head: User | None) -> None:
    owner = cycle.owner
    recall_on = day + timedelta(days=exit_to.recall_days) if exit_to.recall_days else None
    section = str(exit_to.section)
    close_cycle(
        cycle=cycle,
        outcome=Outcome.EXPIRED,
        section=section,
        state=State.RESERVE if section == Section.STRATEGIC else State.REFUSAL,
        day=day,
        at=at,
        recall_on=recall_on,
        reason=RefusalReason.NOT_OURS if section == Section.HARD_REFUSAL else "",
        code="term",
    )
    if owner is not None:
        ban_retake(client_id=cycle.client_id, user_id=owner.pk, day=day)
    record(
        action="cycle.expire",
        obj=cycle,
        before={"owner": owner.pk if owner else None},
        after={"reason": "term", "section": section, "recall_on": recall_on},
    )
    name, where = cycle.client.name, Section(section)
    tell(
        people=[owner, head],
        key=f"term-over:{cycle.pk}",
        text=lambda: _("The deal term ended: %(client)s → %(section)s") % {"client": name, "section": where.label},
    )


def _exit_of(cycle: SalesCycle, has_binding: bool) -> TermExit | None:
    return term_exit(
        ever_yellow=cycle.best_rank >= Colour.YELLOW.rank,
        is_not_ours=cycle.client.size == SizeLabel.NOT_OURS,
        has_binding_document=has_binding,
        state=cycle.state,
        kind=cycle.kind,
    )


class _Ending(NamedTuple):
    """What a warning of the term names of one cycle."""

    pk: int
    owner: User
    client_id: int
    client: str
    ends_on: date


def _to_warn(departments: Iterable[Department], day: date) -> dict[int, dict[int, _Ending]]:
    """By department and id the cycles at T−3 to T whose term applies to them. Three queries."""
    rows = (
        SalesCycle.objects.open()
        .filter(term_warn_on__lte=day, client__department__in=departments, kind=CycleKind.NEW, term_ends_on__gte=day)
        .exclude(state=State.DEAL)
        .order_by("pk")
        .values_list("client__department_id", "pk", "owner_id", "client_id", "client__name", "term_ends_on")
    )
    asked = list(rows)
    people = User.objects.in_bulk({row[2] for row in asked if row[2] is not None})
    bound = binding_cycle_ids([row[1] for row in asked])
    found: dict[int, dict[int, _Ending]] = defaultdict(dict)
    for department_id, pk, owner_id, client_id, name, ends_on in asked:
        if pk not in bound and owner_id is not None and ends_on is not None:
            found[department_id][pk] = _Ending(pk, people[owner_id], client_id, name, ends_on)
    return found


def _warn(found: Mapping[int, _Ending], head: User | None, day: date, run: JobRun | None) -> int:
    """T−3 and T, each once per cycle."""

    def warn(ids: Sequence[int]) -> dict[str, int]:
        return {"warned": tell_all(_warning_of(found[pk], day, head) for pk in ids)}

    return do_rows(run, what="funnels.salescycle#warn", ids=found, size=BELLS, act=warn)["warned"]


def _warning_of(cycle: _Ending, day: date, head: User | None) -> Telling:
    left = calendar().counted_days(day, cycle.ends_on)
    is_last = left == 0
    name = cycle.client
    return Telling(
        people=[cycle.owner, head] if is_last else [cycle.owner],
        key=f"term{'0' if is_last else '3'}:{cycle.pk}",
        text=(lambda: _("Last day of the deal term: %(client)s") % {"client": name})
        if is_last
        else (lambda: _left_text(name, left)),
        url=f"/clients/{cycle.client_id}/",
    )


def _left_text(name: str, left: int) -> str:
    return ngettext(
        "%(n)d day of the deal term left: %(client)s", "%(n)d days of the deal term left: %(client)s", left
    ) % {"n": left, "client": name}


def _recall_due(day: date, at: datetime, run: JobRun | None) -> int:
    """«Обзвон»: the refusal's recall date has come; the client shows in the recall queue without an owner."""
    due = Client.objects.live().filter(
        section=Section.SOFT_REFUSAL, recall_on__lte=day, state=ClientState.REFUSAL, owner__isnull=True
    )

    def recall(ids: Sequence[int]) -> dict[str, int]:
        clients = list(due.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk"))
        called = [client.pk for client in clients]
        Client.objects.filter(pk__in=called).update(state=ClientState.RECALL, updated_at=at)
        before, after = {"state": "refusal"}, {"state": "recall"}
        AuditEvent.objects.bulk_create(
            draft(action="client.recall_due", obj=client, before=before, after=after) for client in clients
        )
        add_items(run, dict.fromkeys(clients, "recall"))
        return {"recall": len(clients)}

    ids = due.order_by("pk").values_list("pk", flat=True)
    return do_rows(run, what="clients.client", ids=ids, size=BATCH, act=recall)["recall"]


def _locked(ended: QuerySet[SalesCycle], ids: Iterable[int]) -> list[SalesCycle]:
    clients = SalesCycle.objects.filter(pk__in=ids).values_list("client_id", flat=True)
    locked = Client.objects.select_for_update(of=("self",)).filter(pk__in=list(clients)).order_by("pk")
    list(locked.only("pk"))
    rows = ended.filter(pk__in=ids).select_related("client__department", "segment", "owner")
    return list(rows.select_for_update(of=("self",)).order_by("client_id"))
