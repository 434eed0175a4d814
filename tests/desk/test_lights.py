"""«Светофор отдела»: exact numbers of a small constructed world, scope, constant queries."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from io import BytesIO

import pytest
from django.utils import translation
from python_calamine import CalamineWorkbook

from clients.choices import Section
from common import clock
from common.text import sort_key
from desk.selectors.lights import lights_of
from desk.views.lights.pages import wait_for
from funnels.models import ColourChange, DepartmentReview, Ownership, SalesCycle
from funnels.selectors import department_funnel
from funnels.services.clocks import fill_clock
from journal.models import AuditEvent
from planning.calculator import Counts
from planning.selectors.ratio import ratio_of
from planning.services import set_month_target
from staffing.models import StaffRow
from tests.budget import MOST_QUERIES
from tests.factories import ClientFactory
from tests.factories.work import on

TODAY = date(2026, 11, 20)
RANKS = {"red": 1, "yellow": 2, "green": 3}
STATES = {"red": "c1", "yellow": "c2", "green": "deal"}


def open_cycles(cast, owner, *, green=0, yellow=0, red=0, started=TODAY, department=None, amount="1000"):
    """Open cycles of these colours, written as the rules would have left them."""
    department, at = department or cast.sales, clock.now()
    made = []
    for colour, number in (("green", green), ("yellow", yellow), ("red", red)):
        for _each in range(number):
            client = ClientFactory(
                department=department,
                segment=cast.medium,
                category=cast.category,
                section=Section.IN_WORK,
                owner=owner,
                state=STATES[colour],
            )
            cycle = SalesCycle.objects.create(
                client=client,
                segment=cast.medium,
                owner=owner,
                opened_on=started,
                opened_at=at,
                state=STATES[colour],
                state_since=started,
                colour=colour,
                expected_amount=Decimal(amount),
            )
            own = Ownership(
                client=client,
                cycle=cycle,
                user=owner,
                reason="take",
                started_on=started,
                started_at=at,
                best_rank=RANKS[colour],
                clock_started_on=started,
                state_started_on=started,
            )
            fill_clock(own, department.rotation_starts_on)
            own.save()
            made.append(cycle)
    return made


def line_of(board, user):
    return next(line for line in board.lines if line.user == user)


def test_a_list_of_74_lacks_seven_green_and_seven_yellow(cast):
    with on(TODAY, 8):
        open_cycles(cast, cast.ivanova, green=6, yellow=14, red=54)
        line = line_of(lights_of(cast.sales), cast.ivanova)
    assert (line.ratio.need_green, line.ratio.need_yellow) == (7, 7)
    assert (line.moves.red_to_yellow, line.moves.yellow_to_green) == (14, 7)
    assert line.moves.is_red_excess


def test_twelve_of_seventy_two_meet_the_floor_exactly(cast):
    with on(TODAY, 8):
        open_cycles(cast, cast.ivanova, green=12, yellow=20, red=40)
        assert line_of(lights_of(cast.sales), cast.ivanova).ratio.is_met


def test_a_raised_floor_asks_for_more():
    floors = {1: (Fraction(1, 4), Fraction(5, 18))}
    ratio = ratio_of({1: Counts(green=12, yellow=20, red=40)}, floors)
    assert (ratio.need_green, ratio.need_yellow, ratio.is_constant) == (6, 0, False)


def test_a_manager_far_from_his_department_is_outlined(cast):
    """8.11/18.92/72.97 % in a department of 16.67/27.78/55.56 %: 17.42 percentage points (666 = 111/185/370)."""
    with on(TODAY, 8):
        open_cycles(cast, cast.ivanova, green=6, yellow=14, red=54)
        open_cycles(cast, cast.petrov, green=105, yellow=171, red=316)
        board = lights_of(cast.sales)
    line = line_of(board, cast.ivanova)
    assert round(float(line.deviation) * 100, 2) == 17.42
    assert line.is_deviating
    assert not line_of(board, cast.petrov).is_deviating


def test_the_department_is_the_sum_of_its_managers_in_count_and_money(cast):
    with on(TODAY, 8):
        open_cycles(cast, cast.ivanova, green=3, yellow=5, red=10, amount="1500.55")
        open_cycles(cast, cast.petrov, green=1, yellow=2, red=4)
        open_cycles(cast, cast.volkov, green=2, red=1, amount="7")
        open_cycles(cast, cast.belov, green=9, red=9, department=cast.other)
        board = lights_of(cast.sales)
        asked = department_funnel([cast.sales.pk])
    for colour in ("green", "yellow", "red"):
        assert sum(getattr(line.counts, colour) for line in board.lines) == asked.cell(colour).count
        assert getattr(board.whole.counts, colour) == asked.cell(colour).count
        assert sum(line.amounts.get(colour, 0) for line in board.lines) == asked.cell(colour).amount
        assert board.whole.amounts.get(colour, 0) == asked.cell(colour).amount
    assert line_of(board, cast.volkov).is_reserve


def test_a_sale_closed_this_week_counts_among_the_changes_whatever_day_its_evidence_names(cast):
    with on(TODAY):
        kept, paid, old = open_cycles(cast, cast.ivanova, red=3)
        (foreign,) = open_cycles(cast, cast.belov, red=1, department=cast.other)
        month_ago = TODAY - timedelta(days=30)
        for cycle, before, after, day in (
            (kept, "yellow", "red", TODAY),
            (kept, "red", "yellow", month_ago),
            (paid, "green", "none", TODAY),
            (old, "red", "none", month_ago),
            (foreign, "yellow", "red", TODAY),
        ):
            ColourChange.objects.create(
                cycle=cycle, owner=cycle.owner, from_colour=before, to_colour=after, rule="R1", rules_version=1, on=day,
                at=clock.now(),
            )  # fmt: skip
        for cycle, closed_at in ((paid, clock.now()), (old, clock.now() - timedelta(days=30))):
            SalesCycle.objects.filter(pk=cycle.pk).update(
                owner=None, colour="none", outcome="won", closed_on=month_ago, closed_at=closed_at
            )
        changes = lights_of(cast.sales).changes
    assert changes == {"yellow": -1, "red": 1, "green": -1, "none": 1}


def test_below_eighteen_only_shares_are_shown(cast):
    with on(TODAY, 8):
        open_cycles(cast, cast.ivanova, red=17)
        line = line_of(lights_of(cast.sales), cast.ivanova)
    assert not line.ratio.is_judged
    assert line.shortage == 0


def test_a_newcomer_is_gathering_his_list(cast):
    cast.petrov.employed_on = TODAY - timedelta(days=29)
    cast.petrov.save()
    with on(TODAY, 8):
        open_cycles(cast, cast.petrov, red=20)
        line = line_of(lights_of(cast.sales), cast.petrov)
    assert line.ratio.is_newcomer
    assert line.shortage == 0


@pytest.mark.parametrize(
    ("started", "column"),
    [
        (date(2026, 11, 14), None),
        (date(2026, 11, 13), "warn"),
        (date(2026, 11, 11), "warn"),
        (date(2026, 11, 10), "last"),
        (date(2026, 11, 9), "over"),
    ],
)
def test_clients_stand_in_the_column_of_their_counted_age(cast, started, column):
    with on(TODAY, 8):
        open_cycles(cast, cast.ivanova, red=1, started=started)
        board = lights_of(cast.sales)
    assert line_of(board, cast.ivanova).aged == (Counter({column: 1}) if column else Counter())


def test_the_queries_do_not_grow_with_the_clients(cast, as_user, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = as_user(cast.volkov)
    with on(TODAY, 8):
        open_cycles(cast, cast.ivanova, green=1, yellow=1, red=1, started=date(2026, 11, 10))
        browser.get("/lights/")
        with CaptureQueriesContext(connection) as few:
            browser.get("/lights/")
        open_cycles(cast, cast.ivanova, green=60, yellow=60, red=90, started=date(2026, 11, 10))
        open_cycles(cast, cast.petrov, green=30, yellow=30, red=30, started=date(2026, 11, 9))
        with CaptureQueriesContext(connection) as many:
            page = browser.get("/lights/")
    assert page.status_code == 200
    assert len(few) == len(many) <= MOST_QUERIES


def test_the_lights_tell_whether_there_are_enough_people(cast, as_user):
    browser = as_user(cast.volkov)
    with on(TODAY, 8):
        assert "/calculators/staffing/" not in browser.get("/lights/").content.decode()
        amount = {"month": date(2026, 11, 1), "amount": Decimal(20_000_000), "actor": cast.director}
        set_month_target(department=cast.sales, user=None, **amount)
        page = browser.get("/lights/").content.decode().replace("\u00a0", " ")
    row = StaffRow.objects.get(department=cast.sales, role="hunter")
    assert row.zone == "red" and f"K = {str(row.k)[:5]}".replace(".", ",") in page
    assert f'href="/calculators/staffing/?department={cast.sales.pk}"' in page
    assert f"искать {row.hires} человек" in page and "узкое место: Встречи" in page


def test_the_head_signs_the_review_once(cast, as_user):
    browser = as_user(cast.volkov)
    with on(TODAY, 8):
        for _each in range(2):
            assert browser.post("/lights/checked/").status_code == 303
    assert DepartmentReview.objects.filter(department=cast.sales, day=TODAY, signed_by=cast.volkov).count() == 1
    assert AuditEvent.objects.filter(action="department.review").count() == 1


def test_the_director_reads_every_department_and_signs_none(cast, as_user):
    browser = as_user(cast.director)
    assert browser.get(f"/lights/?department={cast.other.pk}").status_code == 200
    assert browser.post("/lights/checked/").status_code == 403
    assert not DepartmentReview.objects.exists()


@pytest.mark.parametrize("who", ["ivanova", "orlov", "accountant", "quality", "admin"])
def test_for_other_roles_the_lights_do_not_exist(cast, as_user, who):
    browser = as_user(getattr(cast, who))
    assert browser.get("/lights/").status_code == 404
    assert browser.get("/lights/export/").status_code == 404
    assert browser.post("/lights/checked/").status_code == 404


def test_a_foreign_department_is_not_found(cast, as_user):
    browser = as_user(cast.volkov)
    assert browser.get(f"/lights/?department={cast.other.pk}").status_code == 404
    assert browser.get("/lights/?department=abc").status_code == 404


def test_the_export_holds_the_rows_of_the_screen_and_is_written_down(cast, as_user):
    with on(TODAY, 8):
        cycle = open_cycles(cast, cast.ivanova, green=2, red=5)[0]
        cycle.client.name = "=2+5"
        cycle.client.sort_key = sort_key("=2+5")
        cycle.client.save()
        response = as_user(cast.volkov).get("/lights/export/")
        rows = CalamineWorkbook.from_filelike(BytesIO(response.getvalue())).get_sheet_by_index(0).to_python()
    mine = next(row for row in rows if row[0] == cast.ivanova.full_name)
    assert mine[2:5] == [2.0, 0.0, 5.0]
    assert AuditEvent.objects.filter(action="lights.export").count() == 1


@pytest.mark.parametrize(
    "minutes, told",
    [(48, "48 мин"), (60, "1 ч 0 мин"), (1001, "16 ч 41 мин"), (0, "0 мин"), (-1, ""), (24 * 60 + 1, "")],
)
def test_how_long_the_queue_waits_is_told_in_hours_and_minutes_within_a_day(cast, minutes, told):
    with on(TODAY, 9):
        board = lights_of(cast.sales)
    board.executes_at = board.now + timedelta(minutes=minutes)
    with translation.override("ru"):
        assert wait_for(board) == told


def test_no_wait_is_told_where_nothing_is_queued(cast):
    with on(TODAY, 9):
        assert wait_for(lights_of(cast.sales)) == ""
