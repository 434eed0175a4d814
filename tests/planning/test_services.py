"""Targets, plan-fact rows, frozen forecasts, norms: to the kopeck, through the services."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import InternalError, ProgrammingError, connection, transaction
from django.db.models import Sum

from common.errors import Invalid, NotAllowed, StaleVersion
from deals.services import cancel_payment, enter_payment
from funnels.models import ColourNorm, SalesCycle
from journal.models import AuditEvent
from planning.models import ForecastSnapshot, MonthTarget, PlanFact
from planning.rules import span_of
from planning.selectors import plan_fact_for, verify_period
from planning.services import freeze_forecasts, set_month_target, write_colour_norms, write_plan_fact
from tests.factories.money import open_cycle, paid
from tests.factories.work import on

NOVEMBER = date(2026, 11, 1)
TARGET = Decimal("9744214.37")

pytestmark = pytest.mark.django_db


def target(cast, amount=TARGET, user="ivanova", month=NOVEMBER, actor="volkov", **fields):
    return set_month_target(
        department=cast.sales,
        user=getattr(cast, user) if user else None,
        month=month,
        amount=Decimal(amount),
        actor=getattr(cast, actor),
        **fields,
    )


def row(day, period, user=None, department=None):
    return PlanFact.objects.get(
        day=day,
        period=period,
        user=user,
        **({"department": department} if department else {"department__name": "Отдел продаж"}),
    )


def test_november_splits_into_control_weeks_and_triads_to_the_kopeck(cast):
    with on(date(2026, 10, 30)):
        target(cast)
    weeks, triads, days = {}, {}, {}
    for number in range(1, 31):
        day = date(2026, 11, number)
        with on(day + timedelta(days=1), 0, 30):
            write_plan_fact(day=day)
        week, triad, one = row(day, "week"), row(day, "triad"), row(day, "day")
        weeks[week.starts_on], triads[triad.starts_on], days[day] = week.plan, triad.plan, one.plan
        assert row(day, "month").plan == TARGET
    assert list(weeks.values()) == [
        Decimal("1948842.88"),
        Decimal("2436053.60"),
        Decimal("2436053.60"),
        Decimal("2923264.29"),
    ]
    assert list(triads.values()) == [Decimal("1461632.16")] * 5 + [Decimal("1461632.15"), Decimal("974421.42")]
    assert sum(days.values()) == TARGET
    assert len([plan for plan in days.values() if plan]) == 20
    assert {plan for plan in days.values() if plan} == {Decimal("487210.72"), Decimal("487210.71")}
    assert row(date(2026, 11, 19), "month").plan_to_date == Decimal("6333739.36")


def test_the_day_of_the_department_is_the_sum_of_its_people(cast):
    day = date(2026, 11, 10)
    with on(NOVEMBER):
        target(cast, "1000000.01", "ivanova")
        target(cast, "700000.03", "petrov")
        target(cast, "5000000.00", None)  # the whole is planned by its people: this one is not added
    with on(day + timedelta(days=1), 0, 30):
        write_plan_fact(day=day)
    for period in ("day", "triad", "week", "month"):
        people = PlanFact.objects.filter(day=day, period=period, department=cast.sales, user__isnull=False)
        assert row(day, period).plan == people.aggregate(total=Sum("plan"))["total"]
    assert row(day, "month").plan == Decimal("1700000.04")
    assert row(day, "day", cast.ivanova).plan == Decimal("50000.00")


def test_a_department_without_personal_targets_has_its_own(cast):
    day = date(2026, 11, 10)
    with on(NOVEMBER):
        target(cast, "2000000.00", None)
    with on(day + timedelta(days=1), 0, 30):
        write_plan_fact(day=day)
    assert row(day, "month").plan == Decimal("2000000.00")
    assert row(day, "month", cast.ivanova).plan == 0
    assert row(day, "month", None, cast.other).plan == 0


def test_facts_count_by_payment_date_and_the_night_repeats_without_change(cast):
    with on(NOVEMBER):
        target(cast)
        paid(cast, cast.ivanova, "100000.10", date(2026, 11, 2))
        paid(cast, cast.ivanova, "-40000.05", date(2026, 11, 9))
        paid(cast, cast.petrov, "5.00", date(2026, 11, 9))
        paid(cast, cast.petrov, "7.00", date(2026, 11, 10))  # not yet on the day of the row
        paid(cast, cast.belov, "9999.00", date(2026, 11, 9))
    day = date(2026, 11, 9)
    with on(date(2026, 11, 10), 0, 30):
        first = write_plan_fact(day=day)
        second = write_plan_fact(day=day)
    assert first["written"] and second["written"] == second["changed"] == 0
    assert row(day, "month").fact == Decimal("60005.05")
    assert row(day, "day").fact == Decimal("-40000.05") + 5
    assert row(day, "month", cast.ivanova).fact == Decimal("60000.05")
    assert row(day, "month", cast.ivanova).counts["payments"] == 1
    assert row(day, "month", None, cast.other).fact == Decimal("9999.00")
    assert not PlanFact.objects.filter(is_corrected=True).exists()


def test_a_row_written_before_its_day_was_over_is_finished_by_the_next_night(cast):
    day = date(2026, 11, 9)
    with on(day, 0, 30):
        write_plan_fact(day=day)
    with on(day, 15):
        paid(cast, cast.ivanova, "100.00", day)
    with on(day + timedelta(days=1), 0, 30):
        write_plan_fact(day=day + timedelta(days=1))
    assert row(day, "day", cast.ivanova).fact == Decimal("100.00")
    assert not row(day, "day", cast.ivanova).is_corrected


def test_a_late_and_a_cancelled_payment_re_open_the_days_and_mark_them(cast):
    from tests.factories.work import call, take

    day = date(2026, 11, 9)
    with on(date(2026, 11, 5)):
        cycle = take(cast, cast.ivanova)
        call(cycle)
        cycle = SalesCycle.objects.get(pk=cycle.pk)
        cycle.expected_amount = Decimal("1000000")
        cycle.save(update_fields=["expected_amount"])
    for number in range(6, 13):
        one = date(2026, 11, number)
        with on(one + timedelta(days=1), 0, 30):
            write_plan_fact(day=one)
    with on(date(2026, 11, 13)):
        payment = enter_payment(cycle=cycle, actor=cast.accountant, amount=Decimal("300.00"), paid_on=day)
    assert row(day, "day", cast.ivanova).fact == Decimal("300.00")
    assert row(date(2026, 11, 12), "month").fact == Decimal("300.00")
    assert row(date(2026, 11, 12), "month").is_corrected
    assert not row(date(2026, 11, 12), "day").is_corrected  # another day: not concerned
    assert not row(date(2026, 11, 6), "month").is_corrected  # before the payment
    assert not row(date(2026, 11, 12), "month", cast.petrov).is_corrected
    with on(date(2026, 11, 13), 12):
        cancel_payment(payment=payment, actor=cast.accountant, reason="ошибка банка")
    assert row(date(2026, 11, 12), "month").fact == 0
    assert row(day, "day", cast.ivanova).fact == 0


def test_four_control_weeks_done_are_the_month_done(cast):
    with on(NOVEMBER):
        target(cast)
        for day, amount in [(6, "1948842.88"), (13, "2436053.60"), (20, "2436053.60"), (30, "2923264.29")]:
            paid(cast, cast.ivanova, amount, date(2026, 11, day))
    with on(date(2026, 12, 1), 0, 30):
        write_plan_fact(day=date(2026, 11, 30))
        figures = plan_fact_for(cast.ivanova, day=date(2026, 11, 30), kinds=["month", "week"])
    assert row(date(2026, 11, 30), "month").fact == row(date(2026, 11, 30), "month").plan == TARGET
    assert {one.attainment for one in figures.values()} == {1}


def test_live_figures_count_to_yesterday_and_show_today_apart(cast):
    today = date(2026, 11, 20)
    with on(today):
        target(cast)
        paid(cast, cast.ivanova, "5813650.00", date(2026, 11, 10))
        paid(cast, cast.ivanova, "1000.00", today)
        month = plan_fact_for(cast.ivanova, kinds=["month"])["month"]
        whole = plan_fact_for(cast.sales, kinds=["month"])["month"]
    assert month == whole
    assert (month.fact, month.plan_to_date) == (Decimal("5813650.00"), Decimal("6333739.36"))
    assert (month.today_fact, month.today_plan) == (Decimal("1000.00"), Decimal("487210.72"))
    assert (month.days_done, month.days_left) == (13, 7)
    assert month.needed_per_day == Decimal("561509.20")
    assert str(month.zone) == "yellow"


def test_before_the_first_working_day_there_is_no_light(cast):
    with on(date(2026, 11, 2)):
        target(cast)
        month = plan_fact_for(cast.ivanova, kinds=["month"])["month"]
    assert month.attainment is None and month.zone is None
    assert month.needed_per_day == Decimal("487210.72")


def test_a_target_is_a_version_and_a_change_needs_its_reason(cast):
    with on(NOVEMBER):
        first = target(cast, "100.00")
        assert target(cast, "100.00") == first
        with pytest.raises(Invalid) as refused:
            target(cast, "200.00")
        assert set(refused.value.fields) == {"reason"}
        with pytest.raises(StaleVersion):
            target(cast, "200.00", reason="рост", version=0)
        second = target(cast, "200.00", reason="рост", version=1)
    assert (second.version, second.is_current) == (2, True)
    first.refresh_from_db()
    assert (first.amount, first.is_current) == (Decimal("100.00"), False)
    assert AuditEvent.objects.filter(action="target.set").count() == 2


def test_a_finished_month_keeps_its_target(cast):
    with on(NOVEMBER):
        target(cast, "100.00")
    with on(date(2026, 12, 1)), pytest.raises(Invalid) as refused:
        target(cast, "200.00", reason="задним числом")
    assert set(refused.value.fields) == {"month"}


def test_targets_are_set_by_the_head_of_the_department_or_the_director(cast):
    with on(NOVEMBER):
        for actor in ("ivanova", "boss", "accountant", "quality", "admin", "smirnova"):
            with pytest.raises(NotAllowed):
                target(cast, actor=actor)
        assert target(cast, actor="director").created_by == cast.director
    assert MonthTarget.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amount": "-1"}, "amount"),
        ({"amount": "1000000000000"}, "amount"),
        ({"amount": "0.001"}, "amount"),
        ({"month": date(2026, 11, 2)}, "month"),
        ({"user": "belov"}, "user"),
        ({"user": "accountant"}, "user"),
    ],
)
def test_an_impossible_target_is_refused(cast, fields, field):
    with on(NOVEMBER), pytest.raises(Invalid) as refused:
        target(cast, **fields)
    assert set(refused.value.fields) == {field}


def example_one(cast):
    """Section 3.1.1, example 1, without history: conversions are the segment's own."""
    cast.medium.p_red, cast.medium.p_yellow, cast.medium.p_green = Decimal(49), Decimal(58), Decimal(68)
    cast.medium.save()
    for user, cheque, counts in [
        (cast.ivanova, "85000", (12, 20, 38)),
        (cast.petrov, "78000", (9, 15, 30)),
        (cast.kuznetsova, "92000", (6, 14, 36)),
    ]:
        for colour, number in zip(("green", "yellow", "red"), counts, strict=True):
            for _ in range(number):
                open_cycle(cast, user, colour, expected_amount=Decimal(cheque))


def test_the_frozen_forecast_is_the_sum_of_individual_funnels_to_the_kopeck(cast):
    december = date(2026, 12, 1)
    with on(december, 0, 30):
        example_one(cast)
        target(cast, "6000000.00", None, month=december)
        counts = freeze_forecasts(day=december)
    frozen = dict(
        ForecastSnapshot.objects.filter(period="month", department=cast.sales).values_list("user_id", "amount")
    )
    assert frozen[cast.ivanova.pk] == Decimal("1988296.88")
    assert frozen[cast.petrov.pk] == Decimal("1391027.04")
    assert frozen[cast.kuznetsova.pk] == Decimal("1523411.07")
    assert frozen[None] == Decimal("4902734.99")
    assert frozen[cast.orlov.pk] == 0
    kinds = set(ForecastSnapshot.objects.filter(department=cast.sales).values_list("period", flat=True))
    assert kinds == {"month", "week", "triad", "day"}
    assert counts["periods"] == 4
    details = ForecastSnapshot.objects.get(period="month", user=cast.ivanova).details
    assert details["counts"] == {"green": 12, "yellow": 20, "red": 38}
    assert len(details["cycles"]) == 70 and details["days_left"] == 31


def test_a_frozen_forecast_is_never_written_again_and_has_no_edit_door(cast):
    december = date(2026, 12, 1)
    with on(december, 0, 30):
        freeze_forecasts(day=december)
        before = list(ForecastSnapshot.objects.order_by("pk").values())
        example_one(cast)
        assert freeze_forecasts(day=december)["frozen"] == 0
    assert list(ForecastSnapshot.objects.order_by("pk").values()) == before
    one = ForecastSnapshot.objects.first()
    for change in (
        lambda: ForecastSnapshot.objects.filter(pk=one.pk).update(amount=1),
        lambda: ForecastSnapshot.objects.filter(pk=one.pk).delete(),
        one.save,
        lambda: connection.cursor().execute("UPDATE planning_forecastsnapshot SET amount = 1"),
    ):
        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
            change()
    assert list(ForecastSnapshot.objects.order_by("pk").values()) == before


def test_a_day_that_begins_no_longer_period_freezes_only_itself(cast):
    with on(date(2026, 11, 10), 0, 30):
        freeze_forecasts(day=date(2026, 11, 10))
    assert set(ForecastSnapshot.objects.values_list("period", flat=True)) == {"day"}


def test_a_late_run_says_how_late_it_was_and_a_period_that_is_over_gets_none(cast):
    with on(date(2026, 11, 10), 0, 30):
        freeze_forecasts(day=date(2026, 11, 8))
    assert set(ForecastSnapshot.objects.values_list("period", flat=True)) == {"week"}
    assert ForecastSnapshot.objects.filter(user=cast.ivanova).get().details["late_days"] == 2


def test_verification_compares_the_frozen_forecast_with_what_was_paid(cast):
    october = date(2026, 10, 1)
    for user, forecast in [(cast.ivanova, "2000000"), (cast.petrov, "1400000"), (cast.kuznetsova, "1200000")]:
        ForecastSnapshot.objects.create(
            department=cast.sales,
            user=user,
            period="month",
            starts_on=october,
            ends_on=date(2026, 10, 31),
            amount=Decimal(forecast),
            frozen_at="2026-10-01T00:30Z",
        )
    for user, fact in [(cast.ivanova, "1900000"), (cast.petrov, "1540000"), (cast.kuznetsova, "780000")]:
        paid(cast, user, fact, date(2026, 10, 15))
    paid(cast, cast.ivanova, "999", date(2026, 11, 1))
    from accounts.selectors import calendar

    found = verify_period(department_id=cast.sales.pk, span=span_of("month", october, calendar()))

    def shown(value):
        return f"{float(value * 100):.2f}"

    assert [shown(found.people[one.pk].value) for one in (cast.ivanova, cast.petrov, cast.kuznetsova)] == [
        "95.00",
        "90.91",
        "65.00",
    ]
    assert shown(found.department.value) == "84.36"
    assert shown(found.department.bias) == "9.00"
    assert str(found.people[cast.kuznetsova.pk].systematic) == "overstated"


def test_finished_passages_replace_the_reference_once_there_are_ten(cast):
    """Ten clients of Иванова that turned yellow or left red, all within 90 days: her conversion becomes the mean."""
    from funnels.models import Movement, Ownership
    from planning.selectors import forecast_inputs

    day = date(2026, 11, 20)
    for number in range(10):
        cycle = open_cycle(cast, cast.ivanova, "yellow" if number < 4 else "red")
        ended = {} if number < 4 else {"ended_on": day - timedelta(days=5), "ended_at": "2026-11-15T09:00Z"}
        ownership = Ownership.objects.create(
            client=cycle.client,
            cycle=cycle,
            user=cast.ivanova,
            reason="take",
            started_on=cycle.opened_on,
            started_at=cycle.opened_at,
            clock_started_on=cycle.opened_on,
            state_started_on=cycle.opened_on,
            best_rank=2 if number < 4 else 1,
            **ended,
        )
        if number < 4:
            Movement.objects.create(
                cycle=cycle,
                ownership=ownership,
                user=cast.ivanova,
                kind="upgrade",
                from_colour="red",
                to_colour="yellow",
                ranks=1,
                on=day - timedelta(days=3),
                at="2026-11-17T09:00Z",
            )
    rates = forecast_inputs(department_id=cast.sales.pk, day=day).references[cast.medium.pk].conversion
    assert (float(rates.red), float(rates.yellow), float(rates.green)) == (0.4, 0.6, 0.7)
    with on(day):
        Ownership.objects.filter(ended_on__isnull=False).update(ended_on=day - timedelta(days=91))
    rates = forecast_inputs(department_id=cast.sales.pk, day=day).references[cast.medium.pk].conversion
    assert float(rates.red) == 0.5


def test_norms_follow_the_month_plan_and_stay_away_without_one(cast):
    """Section 3.3.2, example 1: 1 200 000 in a month of 30 days, cheque 80 000: 8, 12 and 24 clients."""
    day = date(2026, 11, 2)
    with on(day, 0, 30):
        target(cast, "1200000.00")
        open_cycle(cast, cast.ivanova, "red", expected_amount=Decimal("1"))
        first = write_colour_norms(day=day)
        assert write_colour_norms(day=day) == first
    norms = dict(ColourNorm.objects.filter(user=cast.ivanova, segment=cast.medium).values_list("colour", "required"))
    assert norms == {"green": 8, "yellow": 12, "red": 24}
    assert not ColourNorm.objects.exclude(user=cast.ivanova).exists()
    others = ColourNorm.objects.filter(user=cast.ivanova).exclude(segment=cast.medium)
    assert set(others.values_list("required", flat=True)) == {0}
