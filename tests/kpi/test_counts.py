"""What is counted for whom: steps in order, exits, violations, late tasks, reactions, references of a person's week."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from deals.models import Offer
from funnels.models import Movement, Ownership, StateChange, Task, Violation
from kpi.calculator import Kpi, held_against, scaled_norm
from kpi.selectors import references_on
from kpi.selectors.counts import EXITS, SOURCES, STEPS, STEPS_IN_ORDER, done_between, overdue_by_person, reactions
from kpi.selectors.funnels import Expected
from kpi.selectors.lines import person_norm
from kpi.selectors.outcomes import outcomes_of
from kpi.selectors.references import PERSON_KPIS
from planning.constants import Zone
from planning.models import MonthNorms
from telephony.models import MissedCall
from tests.factories.money import open_cycle
from tests.factories.work import at, on

TODAY = date(2026, 11, 20)
FIRST = date(2026, 11, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday():
    with on(TODAY, 9):
        yield


def owned(cast, user, cycle, **fields):
    return Ownership.objects.create(
        client=cycle.client, cycle=cycle, user=user, reason="take", started_on=date(2026, 11, 2),
        started_at=at(date(2026, 11, 2)), clock_started_on=date(2026, 11, 2), state_started_on=date(2026, 11, 2), **fields
    )  # fmt: skip


def moved(cycle, ownership, day, old, new, kind="upgrade"):
    return Movement.objects.create(
        cycle=cycle,
        ownership=ownership,
        user=ownership.user,
        kind=kind,
        from_colour=old,
        to_colour=new,
        on=day,
        at=at(day),
    )


def step(cycle, user, day, old, new, **fields):
    return StateChange.objects.create(
        cycle=cycle, from_state=old, to_state=new, on=day, at=at(day), user=user, **fields
    )


def test_a_resolution_is_a_movement_or_an_exit_by_decision_and_a_rise_is_an_upgrade(cast):
    cycle = open_cycle(cast, cast.ivanova, "yellow")
    mine = owned(cast, cast.ivanova, cycle)
    moved(cycle, mine, date(2026, 11, 6), "red", "yellow")
    moved(cycle, mine, date(2026, 11, 10), "green", "green", kind="payment")
    ended = at(date(2026, 11, 12))
    for outcome in ("lost", "parked", "expired"):
        gone = open_cycle(cast, cast.ivanova)
        type(gone).objects.filter(pk=gone.pk).update(
            owner=None, colour="none", outcome=outcome, closed_at=ended, closed_on=ended.date()
        )
        owned(cast, cast.ivanova, gone, ended_at=ended, ended_on=ended.date())
    done = done_between(department_id=cast.sales.pk, first=FIRST, last=TODAY)
    people = {cast.ivanova.pk}
    assert done.of(Kpi.UPGRADES, FIRST, TODAY, people) == 1
    assert done.of(EXITS, FIRST, TODAY, people) == 2  # a term that ran out is no decision
    assert done.of(Kpi.RESOLUTIONS, FIRST, TODAY, people) == 4
    assert done.of(Kpi.RESOLUTIONS, FIRST, date(2026, 11, 9), people) == 1
    assert done.of(Kpi.RESOLUTIONS, FIRST, TODAY, {cast.petrov.pk}) == 0
    # four days in red from the taking
    assert outcomes_of(department_id=cast.sales.pk, day=TODAY)[cast.medium.pk][cast.ivanova.pk].value(Kpi.DAYS_RED) == 4


def test_a_step_is_out_of_order_when_the_head_corrected_it_or_ten_days_had_passed(cast):
    cycle = open_cycle(cast, cast.ivanova, opened=date(2026, 10, 1))
    mine = owned(cast, cast.ivanova, cycle)
    step(cycle, cast.ivanova, date(2026, 10, 5), "new", "c1")
    Violation.objects.create(
        kind="state_10_days", user=cast.ivanova, cycle=cycle, ownership=mine, since_on=date(2026, 10, 5),
        on=date(2026, 10, 20), recorded_at=at(TODAY),
    )  # fmt: skip
    step(cycle, cast.ivanova, date(2026, 11, 3), "c1", "c2")  # late
    step(cycle, cast.ivanova, date(2026, 11, 5), "c2", "c3")  # in time again
    step(cycle, cast.ivanova, date(2026, 11, 6), "c3", "deal", is_correction=True)
    done = done_between(department_id=cast.sales.pk, first=FIRST, last=TODAY)
    people = {cast.ivanova.pk}
    assert (done.of(STEPS, FIRST, TODAY, people), done.of(STEPS_IN_ORDER, FIRST, TODAY, people)) == (3, 1)
    listed = SOURCES[Kpi.TECHNOLOGY](cast.sales.pk, FIRST, TODAY).rows
    assert set(listed.values_list("to_state", flat=True)) == {"c2", "deal"}


def test_withdrawn_violations_cancelled_tasks_and_other_departments_do_not_count(cast):
    cycle = open_cycle(cast, cast.ivanova)
    mine = owned(cast, cast.ivanova, cycle)
    for since, withdrawn in ((1, None), (2, at(TODAY))):
        Violation.objects.create(
            kind="10_days", user=cast.ivanova, cycle=cycle, ownership=mine, since_on=date(2026, 10, since),
            on=date(2026, 11, 3), recorded_at=at(TODAY), withdrawn_at=withdrawn,
        )  # fmt: skip
    day = date(2026, 11, 10)
    common = {"assignee": cast.ivanova, "text": "Позвонить", "created_at": at(date(2026, 11, 2)), "due_at": at(day)}
    Task.objects.create(**common)
    Task.objects.create(**common, done_at=at(date(2026, 11, 12)))
    Task.objects.create(**common, done_at=at(day), is_cancelled=True)
    Task.objects.create(**common | {"assignee": cast.belov})
    Offer.objects.create(
        client=cycle.client,
        cycle=cycle,
        amount=1,
        created_at=at(day),
        created_by=cast.belov,
        number=1,
        year=2026,
        sent_on=day,
    )
    done = done_between(department_id=cast.sales.pk, first=FIRST, last=TODAY)
    assert done.of(Kpi.VIOLATIONS, FIRST, TODAY, {cast.ivanova.pk}) == 1
    assert done.of(Kpi.OFFERS, FIRST, TODAY, {cast.ivanova.pk, cast.belov.pk}) == 0
    # late on the 11th were both, today the one that is still open; on its own day nothing is late
    late = {on: overdue_by_person(department_id=cast.sales.pk, day=on)[cast.ivanova.pk] for on in (day, TODAY)}
    assert late == {day: 0, TODAY: 1}
    assert overdue_by_person(department_id=cast.sales.pk, day=day + timedelta(days=1))[cast.ivanova.pk] == 2


def test_a_reaction_is_counted_in_working_minutes(cast):
    def missed(first, due, closed, number):
        task = Task.objects.create(
            assignee=cast.ivanova, text="Перезвонить", kind="callback", created_at=first, due_at=due
        )
        MissedCall.objects.create(
            e164=f"+7900000000{number}", department=cast.sales, task=task, first_at=first, last_at=first, due_at=due,
            closed_at=closed,
        )  # fmt: skip

    day, next_day = date(2026, 11, 18), date(2026, 11, 19)
    missed(at(day, 12, 0), at(day, 12, 15), at(day, 12, 6), 1)
    missed(at(day, 17, 55), at(next_day, 9, 30), at(next_day, 9, 25), 2)  # five minutes of each day
    missed(at(day, 19, 0), at(next_day, 9, 35), at(day, 19, 2), 3)  # called back at once, after hours
    missed(at(day, 13, 0), at(day, 13, 15), None, 4)
    found = reactions(department_id=cast.sales.pk, first=FIRST, last=TODAY)
    assert sorted(found[cast.ivanova.pk]) == [2, 6, 10]


def test_the_plan_of_the_month_goes_before_the_norm_of_the_week_for_hunters(cast):
    MonthNorms.objects.create(
        department=cast.sales, month=FIRST, payments=2, invoices=2, offers=4, productive_meetings=4, held_meetings=7,
        appointed_meetings=8, productive_calls=40, target=3_000_000, average_cheque=60_000, managers=2, working_days=20,
        created_by=cast.director, created_at=at(TODAY),
    )  # fmt: skip
    found = references_on(department_id=cast.sales.pk, day=TODAY)
    assert found.of_plan(Kpi.PRODUCTIVE_CALLS, "hunter") == 40
    assert found.of_plan(Kpi.PRODUCTIVE_CALLS, "intern") is None
    assert found.of_plan(Kpi.UPGRADES, "hunter") is None
    assert references_on(department_id=cast.sales.pk, day=date(2026, 12, 1)).planned == {}


def test_a_head_with_a_reserve_owes_decisions_but_no_calls(cast):
    found = references_on(department_id=cast.sales.pk, day=TODAY)
    expected = Expected(resolutions=Fraction(1, 2), upgrades=Fraction(1, 4))
    norms = {kpi: person_norm(cast.volkov, kpi, 5, found, expected) for kpi in (*PERSON_KPIS, Kpi.RESOLUTIONS)}
    assert norms.pop(Kpi.RESOLUTIONS) == 3  # 2.5, half up
    assert set(norms.values()) == {0}
    assert person_norm(cast.ivanova, Kpi.PRODUCTIVE_CALLS, 5, found, expected) == 60


@pytest.mark.parametrize(
    ("kpi", "fact", "norm", "share", "zone"),
    [
        (Kpi.OFFERS, 4, 5, Fraction(4, 5), Zone.YELLOW),
        (Kpi.OFFERS, Decimal("3.9999"), 5, Fraction(39999, 50000), Zone.RED),
        (Kpi.OFFERS, 5, 5, Fraction(1), Zone.GREEN),
        (Kpi.OFFERS, 5, 0, None, None),
        (Kpi.OFFERS, None, 5, None, None),
        (Kpi.DAYS_RED, 12, 10, Fraction(5, 6), Zone.YELLOW),
        (Kpi.DAYS_RED, 0, 10, None, Zone.GREEN),
        (Kpi.VIOLATIONS, 0, 0, None, Zone.GREEN),
        (Kpi.VIOLATIONS, 1, 0, None, Zone.RED),
    ],
)
def test_less_is_better_for_days_and_faults(kpi, fact, norm, share, zone):
    held = held_against(kpi, fact, norm)
    assert (held.share, held.zone) == (share, zone)


@pytest.mark.parametrize(("norm", "days", "scaled"), [(60, 4, 48), (6, 22, 26), (Decimal("2.5"), 1, 1), (60, 0, 0)])
def test_a_norm_of_the_week_is_scaled_to_any_stretch(norm, days, scaled):
    assert scaled_norm(norm, days) == scaled
