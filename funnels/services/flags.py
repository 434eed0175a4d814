"""The night's look at both ten-day clocks: warnings, stagnation flags, queued rotations (R-S0-P7, R-S0-P16)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import cast

from django.db.models import Exists, OuterRef
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Department, User
from accounts.selectors import calendar, directors, head_of
from clients.choices import Section
from clients.models import Client
from common import clock
from funnels.choices import OrderKind, OrderStatus, Outcome, State, TaskKind, ViolationKind
from funnels.constants import Colour, CycleKind
from funnels.models import Ownership, RotationOrder, SalesCycle, Violation
from funnels.rules import StagnationAction, StagnationOutcome, age, is_flood, stagnation_outcome
from funnels.selectors import binding_cycle_ids, day_moments, live_departments
from funnels.services.bells import end_of_next_working_day, tell
from funnels.services.exits import close_cycle
from funnels.services.owners import ban_retake
from funnels.services.rotation_queue import lock_queue, plan_department
from funnels.services.states import WORKING_STATES
from funnels.services.tasks import create_task
from journal.models import JobRun
from journal.services import add_item, do_rows, record

BATCH = 20  # the department's queue is locked till the end of a batch


def flag_stagnant(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """Older than ten counted days: violation and queued rotation for the colour, violation and task for the state.

    Departments whose rotation has not started are left alone. Safe to run twice: what is flagged is not flagged again.
    """
    moment = at or clock.now()
    counts = Counter({"flagged": 0, "expired": 0, "held": 0, "state_flags": 0})
    for department in live_departments(day):
        counts["state_flags"] += _flag_states(department, day, moment, run)
        due = list(_unflagged(department, day).values_list("pk", flat=True))
        held = _is_flood(department, moment, due)

        def flag(ids: Sequence[int], department: Department = department, held: bool = held) -> Counter[str]:
            done: Counter[str] = Counter()
            lock_queue(department.pk)
            for ownership in _locked(_unflagged(department, day), ids):
                done[_flag(ownership, day, moment, held)] += 1
                add_item(run, ownership, "flagged")
            return done

        def plan(_ids: Sequence[int], department: Department = department) -> dict[str, int]:
            lock_queue(department.pk)
            plan_department(department=department, day=day)
            return {}

        counts.update(do_rows(run, what="funnels.ownership", ids=due, size=BATCH, act=flag))
        do_rows(run, what="accounts.department#queue", ids=[department.pk], size=1, act=plan)
        if held:
            _tell_flood(department, day)
    return counts


def expire_stagnant(
    *, cycle: SalesCycle, ownership: Ownership, outcome: StagnationOutcome, day: date, at: datetime
) -> None:
    """The third stagnation of a red or yellow cycle: out of the funnel; a customer stays a customer (section 2.5)."""
    section = str(outcome.section)
    recall_on = day + timedelta(days=outcome.recall_days) if outcome.recall_days else None
    close_cycle(
        cycle=cycle,
        outcome=Outcome.EXPIRED,
        section=section,
        state=State.CUSTOMER if section == Section.CUSTOMERS else State.REFUSAL,
        day=day,
        at=at,
        recall_on=recall_on,
        code="third_stagnation",
    )
    if section != Section.CUSTOMERS:
        ban_retake(client_id=cycle.client_id, user_id=ownership.user_id, day=day)
    record(
        action="cycle.expire",
        obj=cycle,
        before={"owner": ownership.user_id},
        after={"reason": "third_stagnation", "section": section, "recall_on": recall_on},
    )
    name = cycle.client.name
    tell(
        people=[ownership.user, head_of(cycle.client.department)],
        key=f"third:{cycle.pk}",
        text=lambda: _("%(client)s left the funnel: stagnant for the third time") % {"client": name},
        url="/rotation/history/",
    )


# --- the colour clock ---


def _unflagged(department: Department, day: date):
    flagged = Violation.objects.filter(
        ownership=OuterRef("pk"), kind=ViolationKind.COLOUR_10_DAYS, since_on=OuterRef("clock_started_on")
    )
    ordered = RotationOrder.objects.filter(ownership=OuterRef("pk")).exclude(status=OrderStatus.CANCELLED)
    return (
        Ownership.objects.stagnant(day)
        .filter(client__department=department, cycle__closed_at__isnull=True)
        .filter(~Exists(flagged), ~Exists(ordered))
        .order_by("client_id")
    )


def _is_flood(department: Department, moment: datetime, due: Sequence[int]) -> bool:
    """The whole night counts, also what an interrupted run or another worker has flagged already."""
    if not due:
        return False
    starts, ends = day_moments(clock.day_of(moment))
    tonight = RotationOrder.objects.filter(
        department=department, kind=OrderKind.STAGNATION, created_at__gte=starts, created_at__lt=ends
    )
    flagged = set(tonight.values_list("ownership_id", flat=True))
    open_cycles = SalesCycle.objects.open().filter(client__department=department).count()
    return is_flood(len(flagged | set(due)), open_cycles)


def _flag(ownership: Ownership, day: date, at: datetime, held: bool) -> str:
    cycle = _cycle_of(ownership)
    nth = cycle.stagnation_count + 1
    has_binding = bool(binding_cycle_ids([cycle.pk]))
    outcome = stagnation_outcome(nth, Colour(cycle.colour), CycleKind(cycle.kind), has_binding)
    Violation.objects.create(
        kind=ViolationKind.COLOUR_10_DAYS,
        user_id=ownership.user_id,
        cycle=cycle,
        ownership=ownership,
        since_on=ownership.clock_started_on,
        on=ownership.flag_on,
        recorded_at=at,
    )
    cycle.stagnation_count = nth
    cycle.save(update_fields=["stagnation_count"])
    head = head_of(cycle.client.department)
    _tell_flag(ownership, outcome, head)
    if outcome.action == StagnationAction.HEAD_RESERVE and head is not None and ownership.user_id == head.pk:
        record(action="cycle.stagnation", obj=cycle, after={"owner": ownership.user_id, "stagnation_no": nth})
        return "flagged"  # already where it would go; it waits for the head's decision
    order = _order_for(ownership, outcome, day, at, nth, head)
    if held:
        order.status = OrderStatus.HELD
    elif outcome.action == StagnationAction.EXPIRE:
        order.status, order.outcome_code, order.closed_at = OrderStatus.CANCELLED, "third_stagnation", at
    order.save()
    record(
        action="rotation.flag",
        obj=order,
        after={"client": cycle.client_id, "owner": ownership.user_id, "age": order.age, "action": str(outcome.action)},
    )
    if held:
        return "held"
    if outcome.action == StagnationAction.EXPIRE:
        expire_stagnant(cycle=cycle, ownership=ownership, outcome=outcome, day=day, at=at)
        return "expired"
    return "flagged"


def _order_for(
    ownership: Ownership, outcome: StagnationOutcome, day: date, at: datetime, nth: int, head: User | None
) -> RotationOrder:
    cycle = _cycle_of(ownership)
    go_live = cycle.client.department.rotation_starts_on
    choice: dict[str, str] = {"action": str(outcome.action)}
    if cycle.colour == Colour.GREEN and head is not None:
        choice["participant"] = head.short_name
    return RotationOrder(
        department=cycle.client.department,
        client=cycle.client,
        cycle=cycle,
        ownership=ownership,
        old_owner_id=ownership.user_id,
        colour=cycle.colour,
        amount=cycle.expected_amount or 0,
        age=age(ownership.clock_started_on, go_live, day, calendar()),
        stagnation_no=nth,
        flagged_on=ownership.flag_on,
        execute_on=calendar().working_day_on_or_after(day),
        choice=choice,
        created_at=at,
    )


def _tell_flag(ownership: Ownership, outcome: StagnationOutcome, head: User | None) -> None:
    cycle = _cycle_of(ownership)
    name, since = cycle.client.name, ownership.clock_started_on
    if outcome.action != StagnationAction.EXPIRE:
        tell(
            people=[ownership.user],
            key=f"age11:{ownership.pk}:{since}",
            text=lambda: _("Stagnant for more than 10 days: %(client)s is to be rotated") % {"client": name},
            url="/rotation/",
        )
    if cycle.colour == Colour.GREEN:
        tell(
            people=[head],
            key=f"green-stagnation:{ownership.pk}:{since}",
            text=lambda: _("Green stagnation: you take part in %(client)s") % {"client": name},
            url=f"/clients/{cycle.client_id}/",
        )


def _tell_flood(department: Department, day: date) -> None:
    n = RotationOrder.objects.filter(department=department, status=OrderStatus.HELD).count()
    tell(
        people=[head_of(department), *directors()],
        key=f"flood:{department.pk}:{day}",
        text=lambda: (
            ngettext(
                "%(name)s: %(n)d rotation is held, the director releases it",
                "%(name)s: %(n)d rotations are held, the director releases them",
                n,
            )
            % {"name": department.name, "n": n}
        ),
        url="/rotation/",
    )


# --- the state clock ---


def _unflagged_states(department: Department, day: date):
    flagged = Violation.objects.filter(
        ownership=OuterRef("pk"), kind=ViolationKind.STATE_10_DAYS, since_on=OuterRef("state_started_on")
    )
    return (
        Ownership.objects.open()
        .with_cycle()
        .filter(
            client__department=department,
            cycle__closed_at__isnull=True,
            cycle__state__in=WORKING_STATES,
            state_flag_on__lte=day,
        )
        .filter(~Exists(flagged))
        .order_by("client_id")
    )


def _flag_states(department: Department, day: date, at: datetime, run: JobRun | None) -> int:
    """More than ten days in one state: violation and the head's task, never a change of owner (R-S0-P7)."""
    due = _unflagged_states(department, day).values_list("pk", flat=True)
    head = head_of(department)

    def flag(ids: Sequence[int]) -> dict[str, int]:
        found = _locked(_unflagged_states(department, day), ids)
        for ownership in found:
            add_item(run, _flag_state(ownership, day, at, head), "state")
        return {"flagged": len(found)}

    return do_rows(run, what="funnels.ownership#state", ids=due, size=BATCH, act=flag)["flagged"]


def _flag_state(ownership: Ownership, day: date, at: datetime, head: User | None) -> Violation:
    cycle, since = _cycle_of(ownership), ownership.state_started_on
    violation = Violation.objects.create(
        kind=ViolationKind.STATE_10_DAYS,
        user_id=ownership.user_id,
        cycle=cycle,
        ownership=ownership,
        since_on=since,
        on=ownership.state_flag_on,
        recorded_at=at,
    )
    record(action="state.flag", obj=cycle, after={"state": cycle.state, "owner": ownership.user_id})
    if head is not None:
        with translation.override(head.language):
            create_task(
                kind=TaskKind.HEAD_DECISION,
                text=_("Stagnant in a state, decide: a step, an exit or a transfer. %(client)s")
                % {"client": cycle.client.name},
                due_at=end_of_next_working_day(day),
                assignee=head,
                client=cycle.client,
                cycle=cycle,
                key=f"state10:{ownership.pk}:{since}",
            )
    return violation


def _cycle_of(ownership: Ownership) -> SalesCycle:
    """What `with_cycle` has promised."""
    return cast(SalesCycle, ownership.cycle)


def _locked(unflagged, ids: Iterable[int]) -> list[Ownership]:
    """Those of the batch that are still to be flagged, behind their locked clients (in pk order, as everywhere)."""
    found = Ownership.objects.filter(pk__in=ids).values_list("client_id", flat=True)
    list(Client.objects.select_for_update(of=("self",)).filter(pk__in=list(found)).order_by("pk"))
    rows = unflagged.filter(pk__in=ids).select_related("cycle__client__department", "cycle__segment", "user")
    return list(rows.select_for_update(of=("self", "cycle")))
