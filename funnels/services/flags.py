"""The night's look at both ten-day clocks: warnings, stagnation flags, queued rotations (R-S0-P7, R-S0-P16)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import cast

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Department, User
from accounts.selectors import calendar, directors, head_of, heads_of
from clients.choices import Section
from clients.models import Client
from common import clock
from funnels.choices import OrderKind, OrderStatus, Outcome, State, TaskKind, ViolationKind
from funnels.constants import Colour, CycleKind
from funnels.models import Ownership, RotationOrder, SalesCycle, Violation
from funnels.rules import StagnationAction, StagnationOutcome, age, is_flood, stagnation_outcome
from funnels.selectors import binding_cycle_ids, day_moments, live_departments
from funnels.services.bells import Telling, end_of_next_working_day, tell, tell_all
from funnels.services.exits import close_cycle
from funnels.services.owners import ban_retake
from funnels.services.rotation_queue import lock_queue, plan_department
from funnels.services.states import WORKING_STATES
from funnels.services.tasks import NewTask, create_tasks
from journal.models import AuditEvent, JobRun
from journal.services import add_items, do_rows, draft, record

BATCH = 50  # the department's queue is locked till the end of a batch


def flag_stagnant(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """Older than ten counted days: violation and queued rotation for the colour, violation and task for the state.

    Departments whose rotation has not started are left alone. Safe to run twice: what is flagged is not flagged again.
    """
    moment = at or clock.now()
    counts = Counter({"flagged": 0, "expired": 0, "held": 0, "state_flags": 0})
    departments = live_departments(day)
    heads = heads_of(departments)
    # Asked for all departments at once; a batch asks again, behind its locks, whether its own are still due.
    states = _by_department(_unflagged_states(departments, day))
    colours = _by_department(_unflagged(departments, day))
    for department in departments:
        head = heads[department.pk]
        counts["state_flags"] += _flag_states(department, states[department.pk], head, day, moment, run)
        due = colours[department.pk]
        held = _is_flood(department, moment, due)

        def flag(
            ids: Sequence[int], department: Department = department, head: User | None = head, held: bool = held
        ) -> Counter[str]:
            lock_queue(department.pk)
            found = _locked(_unflagged([department], day), ids)
            done = _flag(found, head, day, moment, held)
            add_items(run, dict.fromkeys(found, "flagged"))
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


def _by_department(due: QuerySet[Ownership]) -> dict[int, list[int]]:
    """Ids of what is due by the department of the client, in the order of `due`."""
    found: dict[int, list[int]] = defaultdict(list)
    for department_id, pk in due.values_list("client__department_id", "pk"):
        found[department_id].append(pk)
    return found


def _unflagged(departments: Iterable[Department], day: date) -> QuerySet[Ownership]:
    flagged = Violation.objects.filter(
        ownership=OuterRef("pk"), kind=ViolationKind.COLOUR_10_DAYS, since_on=OuterRef("clock_started_on")
    )
    ordered = RotationOrder.objects.filter(ownership=OuterRef("pk")).exclude(status=OrderStatus.CANCELLED)
    return (
        Ownership.objects.stagnant(day)
        .filter(client__department__in=departments, cycle__closed_at__isnull=True)
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


def _flag(ownerships: Sequence[Ownership], head: User | None, day: date, at: datetime, held: bool) -> Counter[str]:
    """Violation, count, words and order of every ownership of a locked batch, set by set; who must leave, leaves."""
    done: Counter[str] = Counter()
    cycles = [_cycle_of(ownership) for ownership in ownerships]
    bound = binding_cycle_ids([cycle.pk for cycle in cycles])
    Violation.objects.bulk_create(
        _violation_of(ownership, ViolationKind.COLOUR_10_DAYS, ownership.clock_started_on, ownership.flag_on, at)
        for ownership in ownerships
    )
    SalesCycle.objects.filter(pk__in=[cycle.pk for cycle in cycles]).update(stagnation_count=F("stagnation_count") + 1)
    words: list[Telling] = []
    events: list[AuditEvent] = []
    orders: list[RotationOrder] = []
    leaving: list[tuple[Ownership, StagnationOutcome]] = []
    for ownership, cycle in zip(ownerships, cycles, strict=True):
        nth = cycle.stagnation_count = cycle.stagnation_count + 1
        outcome = stagnation_outcome(nth, Colour(cycle.colour), CycleKind(cycle.kind), cycle.pk in bound)
        words += _words_of(ownership, outcome, head)
        if outcome.action == StagnationAction.HEAD_RESERVE and head is not None and ownership.user_id == head.pk:
            # Already where it would go; it waits for the head's decision.
            after = {"owner": ownership.user_id, "stagnation_no": nth}
            events.append(draft(action="cycle.stagnation", obj=cycle, after=after))
            done["flagged"] += 1
            continue
        order = _order_for(ownership, outcome, day, at, nth, head)
        orders.append(order)
        if held:
            order.status = OrderStatus.HELD
            done["held"] += 1
        elif outcome.action == StagnationAction.EXPIRE:
            order.status, order.outcome_code, order.closed_at = OrderStatus.CANCELLED, "third_stagnation", at
            leaving.append((ownership, outcome))
            done["expired"] += 1
        else:
            done["flagged"] += 1
    RotationOrder.objects.bulk_create(orders)
    AuditEvent.objects.bulk_create([*events, *(_flagged(order) for order in orders)])
    tell_all(words)
    for ownership, outcome in leaving:
        expire_stagnant(cycle=_cycle_of(ownership), ownership=ownership, outcome=outcome, day=day, at=at)
    return done


def _flagged(order: RotationOrder) -> AuditEvent:
    after = {
        "client": order.client_id,
        "owner": order.old_owner_id,
        "age": order.age,
        "action": order.choice["action"],
    }
    return draft(action="rotation.flag", obj=order, after=after)


def _violation_of(ownership: Ownership, kind: str, since: date, on: date | None, at: datetime) -> Violation:
    return Violation(
        kind=kind,
        user_id=ownership.user_id,
        cycle=ownership.cycle,
        ownership=ownership,
        since_on=since,
        on=on,
        recorded_at=at,
    )


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


def _words_of(ownership: Ownership, outcome: StagnationOutcome, head: User | None) -> list[Telling]:
    cycle, words = _cycle_of(ownership), []
    name, since = cycle.client.name, ownership.clock_started_on
    if outcome.action != StagnationAction.EXPIRE:
        words.append(
            Telling(
                people=[ownership.user],
                key=f"age11:{ownership.pk}:{since}",
                text=lambda: _("Stagnant for more than 10 days: %(client)s is to be rotated") % {"client": name},
                url="/rotation/",
            )
        )
    if cycle.colour == Colour.GREEN:
        words.append(
            Telling(
                people=[head],
                key=f"green-stagnation:{ownership.pk}:{since}",
                text=lambda: _("Green stagnation: you take part in %(client)s") % {"client": name},
                url=f"/clients/{cycle.client_id}/",
            )
        )
    return words


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


def _unflagged_states(departments: Iterable[Department], day: date) -> QuerySet[Ownership]:
    flagged = Violation.objects.filter(
        ownership=OuterRef("pk"), kind=ViolationKind.STATE_10_DAYS, since_on=OuterRef("state_started_on")
    )
    return (
        Ownership.objects.open()
        .with_cycle()
        .filter(
            client__department__in=departments,
            cycle__closed_at__isnull=True,
            cycle__state__in=WORKING_STATES,
            state_flag_on__lte=day,
        )
        .filter(~Exists(flagged))
        .order_by("client_id")
    )


def _flag_states(
    department: Department, due: Sequence[int], head: User | None, day: date, at: datetime, run: JobRun | None
) -> int:
    """More than ten days in one state: violation and the head's task, never a change of owner (R-S0-P7)."""

    def flag(ids: Sequence[int]) -> dict[str, int]:
        found = _locked(_unflagged_states([department], day), ids)
        add_items(run, dict.fromkeys(_flag_batch(found, day, at, head), "state"))
        return {"flagged": len(found)}

    return do_rows(run, what="funnels.ownership#state", ids=due, size=BATCH, act=flag)["flagged"]


def _flag_batch(ownerships: Sequence[Ownership], day: date, at: datetime, head: User | None) -> list[Violation]:
    violations = Violation.objects.bulk_create(
        _violation_of(ownership, ViolationKind.STATE_10_DAYS, ownership.state_started_on, ownership.state_flag_on, at)
        for ownership in ownerships
    )
    cycles = [_cycle_of(ownership) for ownership in ownerships]
    AuditEvent.objects.bulk_create(
        draft(action="state.flag", obj=cycle, after={"state": cycle.state, "owner": ownership.user_id})
        for ownership, cycle in zip(ownerships, cycles, strict=True)
    )
    if head is not None:
        with translation.override(head.language):
            text = _("Stagnant in a state, decide: a step, an exit or a transfer. %(client)s")
        due_at = end_of_next_working_day(day)
        keys = [f"state10:{ownership.pk}:{ownership.state_started_on}" for ownership in ownerships]
        create_tasks(
            [
                NewTask(TaskKind.HEAD_DECISION, text % {"client": cycle.client.name}, due_at, head, cycle, key)
                for key, cycle in zip(keys, cycles, strict=True)
            ]
        )
    return violations


def _cycle_of(ownership: Ownership) -> SalesCycle:
    """What `with_cycle` has promised."""
    return cast(SalesCycle, ownership.cycle)


def _locked(unflagged, ids: Iterable[int]) -> list[Ownership]:
    """Those of the batch that are still to be flagged, behind their locked clients (in pk order, as everywhere)."""
    found = Ownership.objects.filter(pk__in=ids).values_list("client_id", flat=True)
    locked = Client.objects.select_for_update(of=("self",)).filter(pk__in=list(found)).order_by("pk")
    list(locked.only("pk"))
    rows = unflagged.filter(pk__in=ids).select_related("cycle__client__department", "cycle__segment", "user")
    return list(rows.select_for_update(of=("self", "cycle")))
