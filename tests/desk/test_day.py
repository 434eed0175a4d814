"""«Мой день»: the block of the hour, the queue, what is near the rotation, norms, own contacts."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common import clock
from common.workdays import PeriodKind
from desk.constants import FARMER_WEEK, HUNTER_WEEK
from desk.selectors.day import day_of
from funnels.services import transfer
from kpi.calculator import Kpi
from kpi.selectors import board_of
from kpi.selectors.acts import acts_asked, acts_references
from kpi.selectors.references import PERSON_KPIS
from kpi.services import set_reference
from planning.calculator import PlanInput
from planning.selectors.proposal import propose
from planning.services import make_month_plan
from tests.desk.test_lights import open_cycles
from tests.factories.work import call, make_client, on, take

TUESDAY, FRIDAY = date(2026, 11, 17), date(2026, 11, 20)


def test_the_week_of_a_hunter_has_twelve_meeting_slots_and_a_farmers_eight():
    for week, slots in ((HUNTER_WEEK, 12), (FARMER_WEEK, 8)):
        assert sum(block.kind == "meetings" for day in week for block in day) == slots
        assert all(day[0].start == time(9, 0) and day[-1].end == time(18, 0) for day in week)
        assert all(len([block for block in day if block.is_rest]) == 1 for day in week)


@pytest.mark.parametrize(
    ("week", "calls", "meetings", "documents"), [(HUNTER_WEEK, 500, 1200, 360), (FARMER_WEEK, 1100, 720, 240)]
)
def test_the_minutes_of_the_week_are_those_of_the_method(week, calls, meetings, documents):
    found = {"calls": 0, "meetings": 0, "documents": 0}
    for block in (block for day in week for block in day if block.kind in found):
        found[block.kind] += (block.end.hour - block.start.hour) * 60 + block.end.minute - block.start.minute
    assert found == {"calls": calls, "meetings": meetings, "documents": documents}


def test_on_tuesday_at_ten_a_hunter_is_in_the_telemarketing_block_with_the_call_queue(cast, as_user):
    with on(TUESDAY, 10):
        call(take(cast, cast.ivanova, client=make_client(cast, name="ООО «Очередь»")))
        page = as_user(cast.ivanova).get("/day/").content.decode()
        block = day_of(cast.ivanova).block
    assert str(block.label) in ("Телемаркетинг", "Telemarketing")
    assert (block.start, block.end) == (time(9, 20), time(11, 0))
    assert "ООО «Очередь»" in page


@pytest.mark.parametrize(("hour", "minute"), [(8, 59), (18, 0)])
def test_there_is_no_block_outside_the_working_hours(cast, hour, minute):
    with on(TUESDAY, hour, minute):
        assert day_of(cast.ivanova).block is None


def test_a_day_off_has_no_time_table(cast):
    with on(date(2026, 11, 21), 10):
        assert day_of(cast.ivanova).blocks == ()


def test_the_queue_holds_what_is_due_today_and_late_first(cast):
    with on(FRIDAY, 10):
        late, today, later = open_cycles(cast, cast.ivanova, red=3)
        for cycle, step in ((late, -2), (today, 0), (later, 1)):
            cycle.next_step_at = clock.local_moment(FRIDAY + timedelta(days=step), time(12))
            cycle.save()
        found = day_of(cast.ivanova)
    assert [row.cycle_id for row in found.queue] == [late.pk, today.pk]
    assert [row.cycle_id for row in found.late] == [late.pk]


@pytest.mark.parametrize(("started", "is_pinned"), [(date(2026, 11, 14), False), (date(2026, 11, 13), True)])
def test_a_client_is_pinned_from_the_seventh_counted_day(cast, started, is_pinned):
    with on(FRIDAY, 10):
        open_cycles(cast, cast.ivanova, red=1, started=started)
        assert bool(day_of(cast.ivanova).pinned) is is_pinned


def test_the_norms_count_credited_contacts_of_the_calendar_week(cast):
    with on(date(2026, 11, 13), 10):
        before = take(cast, cast.ivanova)
        call(before)
    with on(TUESDAY, 10):
        cycle = take(cast, cast.ivanova)
        call(cycle)
        call(cycle)  # the same person on the same day: not credited twice
        found = day_of(cast.ivanova)
    calls = next(norm for norm in found.norms if norm.name == "calls")
    assert (calls.done, calls.norm) == (1, 60)
    assert (found.calls_today, found.uncredited_today) == (2, 1)


def test_a_short_week_asks_for_less(cast):
    with on(date(2026, 11, 3), 10):  # 4 November is a holiday: four working days
        assert {norm.name: norm.norm for norm in day_of(cast.ivanova).norms} == {
            "calls": 48,
            "held": 8,
            "productive": 5,
            "offers": 4,
        }


def norms_on(user, day):
    with on(day, 10):
        found = day_of(user)
    return {norm.name: norm.norm for norm in found.norms}, found.calls_norm


def agreed(user, day):
    """What «Мой день» asks for that week and day, having asked as the indicators do over the day and the control week."""
    for kind, today in ((PeriodKind.DAY, day), (PeriodKind.WEEK, day + timedelta(days=10))):
        with on(today, 10):
            found = board_of(department=user.department, user=user, kind=kind, day=day, today=today)
            lines = {kpi: line.norm for kpi, line in found.rows[0].lines.items() if kpi in PERSON_KPIS}
            asked = acts_asked(user, acts_references(user, found.first, found.as_of), found.first, found.as_of)
        assert {kpi: norm for kpi, norm in asked.items() if norm} == {kpi: norm for kpi, norm in lines.items() if norm}
    return norms_on(user, day)


def test_a_norm_the_head_has_set_is_on_the_day_and_among_the_indicators_from_its_month_on(cast):
    common = {"department": cast.sales, "actor": cast.volkov, "reason": "новый скрипт"}
    with on(FRIDAY, 9):
        set_reference(**common, role="hunter", kpi="productive_calls", value=Decimal(72))
        set_reference(**common, role="hunter", kpi="visits", value=Decimal(2))
        set_reference(**common, role="hunter", kpi="offers", value=Decimal(0))
        set_reference(**common, role="farmer", kpi="productive_calls", value=Decimal(30))
    defaults = {"calls": 60, "held": 10, "productive": 6, "offers": 5}
    assert agreed(cast.ivanova, FRIDAY) == (defaults, 12)
    # 72 / 5 = 14.4 a day
    assert agreed(cast.ivanova, date(2026, 12, 11)) == ({"calls": 72, "held": 10, "productive": 6, "visits": 2}, 14)
    assert agreed(cast.orlov, date(2026, 12, 11)) == ({"calls": 60}, 12)  # an intern
    assert norms_on(cast.belov, date(2026, 12, 11)) == (defaults, 12)  # another department


def test_the_plan_of_the_month_goes_before_the_weeks_norm_for_hunters(cast):
    plan = PlanInput(target=Decimal(3_000_000), average_cheque=Decimal(60_000), managers=2, working_days=23)
    month = date(2026, 12, 1)
    with on(FRIDAY, 9):
        seen = propose(department=cast.sales, month=month, plan=plan, day=FRIDAY).mark
        norms = make_month_plan(department=cast.sales, month=month, plan=plan, actor=cast.volkov, seen=seen)
    acts = (norms.productive_calls, norms.held_meetings, norms.productive_meetings, norms.offers)
    week = dict(zip(("calls", "held", "productive", "offers"), (number * 5 for number in acts), strict=True))
    assert agreed(cast.ivanova, date(2026, 12, 11)) == (week, norms.productive_calls)
    # The week of 30 November: Monday by the method's norms of November, four days by the plan of December.
    mixed = {"calls": 12, "held": 2, "productive": Fraction(6, 5), "offers": 1}
    across = {
        name: int(a_day + number * 4 + Fraction(1, 2))
        for (name, a_day), number in zip(mixed.items(), acts, strict=True)
    }
    assert agreed(cast.ivanova, date(2026, 11, 30)) == (across, 12)
    assert agreed(cast.ivanova, date(2026, 12, 4)) == (across, norms.productive_calls)
    with on(date(2026, 12, 4), 10):
        # The same days as the indicators ask for them: the last control week of November and the first of December.
        boards = [
            board_of(
                department=cast.sales,
                user=cast.ivanova,
                kind=PeriodKind.DAY,
                day=date(2026, 11, 30),
                today=clock.today(),
            ),
            board_of(
                department=cast.sales,
                user=cast.ivanova,
                kind=PeriodKind.WEEK,
                day=date(2026, 12, 4),
                today=date(2026, 12, 5),
            ),
        ]
        calls = [one.rows[0].lines[Kpi.PRODUCTIVE_CALLS].norm for one in boards]
    assert sum(calls) == across["calls"]
    assert agreed(cast.ivanova, FRIDAY)[0]["calls"] == 60
    assert agreed(cast.orlov, date(2026, 12, 11)) == ({"calls": 60}, 12)


def test_a_day_off_asks_for_nothing_and_a_short_week_for_a_whole_day_as_ever(cast):
    assert norms_on(cast.ivanova, date(2026, 11, 4))[1] == 0
    assert norms_on(cast.ivanova, date(2026, 11, 3))[1] == 12


def test_the_queries_do_not_grow_with_the_clients(cast, as_user):
    browser = as_user(cast.ivanova)
    with on(FRIDAY, 10):
        open_cycles(cast, cast.ivanova, red=3, started=date(2026, 11, 12))
        browser.get("/day/")
        with CaptureQueriesContext(connection) as few:
            browser.get("/day/")
        open_cycles(cast, cast.ivanova, green=50, yellow=80, red=167, started=date(2026, 11, 12))
        with CaptureQueriesContext(connection) as many:
            page = browser.get("/day/")
    assert len(few) == len(many) <= 25
    assert len(page.content) <= 120 * 1024


def test_a_head_reads_the_day_of_his_manager_and_of_nobody_else(cast, as_user):
    browser = as_user(cast.volkov)
    assert browser.get(f"/day/?manager={cast.ivanova.pk}").status_code == 200
    for address in (f"/day/?manager={cast.belov.pk}", f"/day/?manager={cast.boss.pk}", "/day/?manager=x", "/day/"):
        assert browser.get(address).status_code == 404


@pytest.mark.parametrize("who", ["accountant", "quality", "admin"])
def test_others_have_no_day(cast, as_user, who):
    browser = as_user(getattr(cast, who))
    assert browser.get("/day/").status_code == 404
    assert browser.get(f"/day/?manager={cast.ivanova.pk}").status_code == 404


def test_a_manager_does_not_read_the_day_of_a_colleague(cast, as_user):
    assert as_user(cast.ivanova).get(f"/day/?manager={cast.petrov.pk}").status_code == 404


def test_own_contacts_stay_readable_as_text_after_the_client_has_left(cast, as_user):
    with on(TUESDAY, 10):
        cycle = take(cast, cast.ivanova, client=make_client(cast, name="ООО «Ушедший»"))
        call(cycle)

        browser = as_user(cast.ivanova)
        address = f'href="/clients/{cycle.client_id}/"'
        assert address in browser.get("/day/contacts/").content.decode()
        transfer(cycle=cycle, to=cast.petrov, actor=cast.volkov)
        page = browser.get("/day/contacts/").content.decode()
        assert browser.get(f"/clients/{cycle.client_id}/").status_code == 404
    assert "ООО «Ушедший»" in page
    assert address not in page


def test_nobody_reads_the_contacts_of_a_stranger(cast, as_user):
    assert as_user(cast.ivanova).get(f"/day/contacts/?manager={cast.petrov.pk}").status_code == 404
    assert as_user(cast.volkov).get(f"/day/contacts/?manager={cast.belov.pk}").status_code == 404


def test_an_empty_day_offers_the_base(cast, as_user):
    with on(TUESDAY, 10):
        make_client(cast)
        page = as_user(cast.ivanova).get("/day/").content.decode()
    assert "section=call_base" in page
