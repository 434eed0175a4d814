"""Approved p and t of a department stand under its forecasts from the first of their month, and nowhere else (3.5, 3)."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from importlib import import_module

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from desk.selectors.lights import lights_of
from funnels.models import ColourNorm
from kpi.models import ReferenceKPI
from kpi.selectors import references_on
from kpi.services import approve_references, set_reference
from planning.calculator import Passages, mean_conversions
from planning.models import ForecastSnapshot, SegmentNorm
from planning.selectors import forecast_inputs
from planning.selectors.sufficiency import funnels_of
from planning.services import freeze_forecasts, set_month_target, write_colour_norms
from staffing.selectors import staff_inputs
from tests.factories.money import open_cycle
from tests.factories.work import on
from tests.planning.test_calculator_pages import ask, plain

NOVEMBER_20, DECEMBER = date(2026, 11, 20), date(2026, 12, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday():
    with on(NOVEMBER_20, 9):
        yield


def say(cast, kpi="p_green", value="0.8", role="hunter", segment=None):
    return set_reference(
        department=cast.sales,
        role=role,
        kpi=kpi,
        value=Decimal(value),
        reason="лучшие так работают",
        actor=cast.volkov,
        segment=segment or cast.medium,
    )


def in_use(cast, day, department=None, segment=None):
    inputs = forecast_inputs(department_id=(department or cast.sales).pk, day=day)
    return inputs.references[(segment or cast.medium).pk]


def forecast_of_month(department, first):
    """Frozen on the first day, when the whole month is left: one green client of 100 000 ₽ brings π_G of it."""
    with on(first, 0, 30):
        freeze_forecasts(day=first)
    return ForecastSnapshot.objects.get(department=department, user=None, period="month", starts_on=first).amount


def test_eighty_percent_of_the_next_month_are_forecast_from_its_first_day_and_not_before(cast):
    open_cycle(cast, cast.ivanova, "green", cast.medium, expected_amount=Decimal(100_000))
    open_cycle(cast, cast.belov, "green", cast.medium, expected_amount=Decimal(100_000))
    frozen = forecast_of_month(cast.sales, date(2026, 11, 1))
    say(cast)
    for day in (NOVEMBER_20, DECEMBER - timedelta(days=1)):
        assert in_use(cast, day).conversion.green == Fraction(70, 100)
    for day in (DECEMBER, DECEMBER + timedelta(days=45)):
        assert in_use(cast, day).conversion.green == Fraction(80, 100)
        assert in_use(cast, day, cast.other).conversion.green == Fraction(70, 100)
        assert in_use(cast, day, segment=cast.large).conversion.green == Fraction(cast.large.p_green) / 100
    assert forecast_of_month(cast.sales, DECEMBER) == Decimal("80000.00")
    assert forecast_of_month(cast.other, DECEMBER) == Decimal("70000.00")
    kept = ForecastSnapshot.objects.get(department=cast.sales, user=None, period="month", starts_on=date(2026, 11, 1))
    assert kept.amount == frozen


def test_days_and_the_weaker_roles_value_do_not_mix(cast):
    say(cast, "t_red", "6")
    say(cast, "p_green", "0.9", role="farmer")
    say(cast, "conversion", "0.3")
    found = in_use(cast, DECEMBER)
    assert (found.days.red, found.days.yellow, found.conversion.green) == (6, 10, Fraction(70, 100))
    assert SegmentNorm.objects.values_list("name", flat=True).get() == "t_red"


def test_of_two_approvals_for_one_month_the_later_one_counts_in_both_rooms(cast):
    say(cast, value="0.8")
    with on(NOVEMBER_20, 10):
        say(cast, value="0.75")
    assert list(SegmentNorm.objects.order_by("version").values_list("version", "value")) == [
        (1, Decimal("0.800000")),
        (2, Decimal("0.750000")),
    ]
    above = references_on(department_id=cast.sales.pk, day=DECEMBER).reference(cast.medium.pk, "hunter")
    assert in_use(cast, DECEMBER) == above and above.conversion.green == Fraction(3, 4)


def test_a_proposal_changes_nothing_until_it_is_approved(cast):
    row = ReferenceKPI.objects.create(
        department=cast.sales, segment=cast.medium, role="hunter", kpi="p_yellow", value=Decimal("0.65"),
        source="own", valid_from=DECEMBER, created_at="2026-11-01T00:30Z",
    )  # fmt: skip
    assert in_use(cast, DECEMBER).conversion.yellow == Fraction(60, 100)
    approve_references(department=cast.sales, ids=[row.pk], actor=cast.volkov)
    approve_references(department=cast.sales, ids=[row.pk], actor=cast.volkov)
    assert in_use(cast, DECEMBER).conversion.yellow == Fraction(65, 100)
    norm = SegmentNorm.objects.get()
    assert (norm.version, norm.said_by) == (1, cast.volkov)
    for act in (lambda: SegmentNorm.objects.update(value=1), lambda: SegmentNorm.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_own_statistics_still_go_before_and_the_funnels_norms_follow(cast):
    say(cast, "p_green", "1")
    set_month_target(
        department=cast.sales, user=cast.ivanova, month=DECEMBER, amount=Decimal("3100000.00"), actor=cast.volkov
    )
    cheque = cast.medium.average_cheque
    with on(DECEMBER, 0, 30):
        write_colour_norms(day=DECEMBER)
        funnels = funnels_of(department=cast.sales, day=DECEMBER)
    assert funnels.rates(cast.medium)["green"].rate == 1
    assert funnels.default(cast.medium).since == {"p_green": DECEMBER}
    plan = funnels.part(cast.medium, cast.ivanova).plan
    # thr_G = deals / p_G, required_G = ceil(thr_G · 10 / 31): with p_G = 1 no more than the deals ask for.
    green = ColourNorm.objects.get(user=cast.ivanova, segment=cast.medium, colour="green", day=DECEMBER).required
    assert green == -(-Fraction(plan) / Fraction(cheque) * 10 // 31)
    own = Passages(finished={"green": 10}, succeeded={"green": 4})
    default = funnels.default(cast.medium).reference.conversion
    assert mean_conversions([own], default).green == Fraction(4, 10)


def test_the_pages_say_that_a_reference_of_the_department_stands(as_user, cast):
    open_cycle(cast, cast.ivanova, "green", cast.medium, expected_amount=Decimal(100_000))
    say(cast)
    client = as_user(cast.volkov)
    words = "утверждённый эталон отдела с 01.12.2026"
    assert words not in plain(ask(client, "/calculators/forecast/", {})) + plain(
        ask(client, "/calculators/funnel/", {})
    )
    with on(DECEMBER, 9):
        client = as_user(cast.volkov)
        text = plain(ask(client, "/calculators/forecast/", {}))
        assert f"{words}: ни у кого нет 10 случаев" in text and "80,00 %" in text
        text = plain(ask(client, "/calculators/funnel/", {"segment": str(cast.medium.pk)}))
        assert words in text and "настройка сегмента" in text
        other = plain(ask(as_user(cast.boss), "/calculators/forecast/", {}))
        assert words not in other


def test_references_approved_before_are_handed_down_in_the_order_of_their_approval(cast):
    """What the migration does to a database that approved first and learned to hand down later; safe to repeat."""
    approved = [
        ("p_green", "hunter", "0.75", 12, cast.volkov),
        ("p_green", "hunter", "0.8", 11, cast.director),
        ("t_green", "hunter", "7", 11, cast.volkov),
        ("p_green", "farmer", "0.9", 11, cast.volkov),
        ("conversion", "hunter", "0.3", 11, cast.volkov),
        ("p_red", "hunter", "0.6", None, None),
    ]
    ReferenceKPI.objects.bulk_create(
        ReferenceKPI(
            department=cast.sales, segment=cast.medium, role=role, kpi=kpi, value=Decimal(value), source="set",
            valid_from=DECEMBER, created_at="2026-11-01T00:30Z", approved_by=person,
            approved_at=hour and f"2026-11-19T{hour}:00Z",
        )
        for kpi, role, value, hour, person in approved
    )  # fmt: skip
    migration = import_module("kpi.migrations.0003_references_reach_forecasts")
    for _ in range(2):
        with connection.schema_editor() as editor:
            migration.hand_down(apps, editor)
    found = SegmentNorm.objects.order_by("name", "version").values_list("name", "version", "value", "said_by")
    assert list(found) == [
        ("p_green", 1, Decimal("0.800000"), cast.director.pk),
        ("p_green", 2, Decimal("0.750000"), cast.volkov.pk),
        ("t_green", 1, Decimal("7.000000"), cast.volkov.pk),
    ]
    above = references_on(department_id=cast.sales.pk, day=DECEMBER).reference(cast.medium.pk, "hunter")
    assert in_use(cast, DECEMBER) == above and above.conversion.green == Fraction(3, 4)


def rises_asked(cast, day):
    with on(day, 9):
        board = lights_of(cast.sales)
    return next(line.rises_norm for line in board.lines if line.user == cast.ivanova)


def test_staffing_the_lights_and_the_chain_stand_on_the_same_reference(as_user, cast):
    open_cycle(cast, cast.ivanova, "green", cast.medium)
    say(cast, value="0.25")
    say(cast, "t_green", "5")
    words, segment = "утверждённый эталон отдела с 01.12.2026", {"segment": str(cast.medium.pk)}

    def held(department, day):
        (row,) = (one for one in staff_inputs(department, day).segments if one.segment == cast.medium)
        return row.reference.conversion.green, row.reference.days.green

    assert held(cast.sales, NOVEMBER_20) == held(cast.other, DECEMBER) == (Fraction(7, 10), 10)
    assert held(cast.sales, DECEMBER) == (Fraction(1, 4), 5)
    for _ in range(29):
        open_cycle(cast, cast.ivanova, "green", cast.medium)
    # 30 · p_G / 10 · 7/5 a working day: 2.94 on each of four days, 1.05 on one.
    assert [rises_asked(cast, NOVEMBER_20), rises_asked(cast, DECEMBER)] == [12, 1]
    before = plain(ask(as_user(cast.volkov), "/calculators/plan/", segment))
    assert words not in before and "норма метода" in before
    with on(DECEMBER, 9):
        client = as_user(cast.volkov)
        chain = plain(ask(client, "/calculators/plan/", segment))
        assert words in chain and 'value="25 %"' in chain
        assert words not in plain(ask(client, "/calculators/plan/", {}))
        staffing = plain(ask(client, "/calculators/staffing/", segment))
        assert staffing.count(words) == 2 and 'value="25 %"' in staffing
