"""Versions of a year's plan through the services: who, how, what may never change, and what follows from an approval."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import Error, connection, transaction
from django.db.models import Sum

from common.errors import Conflict, Invalid, NotAllowed, StaleVersion
from journal.models import AuditEvent
from planning.constants import DEFAULT_STEP_RATES
from planning.models import MonthTarget, PlanMonth, YearPlan
from planning.services import (
    PlanData,
    PlanScope,
    approve_year_plan,
    draft_year_plan,
    drop_year_draft,
    split_year_plan,
)
from tests.factories.work import on

JANUARY = date(2026, 1, 12)
NOVEMBER = date(2026, 11, 10)
RATES = {name: Decimal(rate.numerator) / rate.denominator for name, rate in vars(DEFAULT_STEP_RATES).items()}
SEASON = {1: Decimal("0.8"), 8: Decimal("0.9"), 12: Decimal("1.2")}

pytestmark = pytest.mark.django_db


def whole(amount="120000000", **changes) -> PlanData:
    return PlanData(
        **{
            "amount": Decimal(amount),
            "season": SEASON,
            "leads": 7143,
            "average_cheque": Decimal(80_000),
            "rates": RATES,
            **changes,
        }
    )


def of_sales(cast, **changes) -> PlanScope:
    return PlanScope(**{"year": 2026, "department": cast.sales, **changes})


def draft(cast, data=None, *, scope=None, actor="director", edition=None) -> YearPlan:
    return draft_year_plan(
        scope=scope or of_sales(cast), data=data or whole(), actor=getattr(cast, actor), edition=edition
    )


def approved(cast, data=None, *, scope=None) -> YearPlan:
    plan = draft(cast, data, scope=scope)
    return approve_year_plan(plan=plan, actor=cast.director, edition=plan.edition)


def months_of(plan: YearPlan) -> dict[int, Decimal]:
    return {row.month.month: row.amount for row in plan.months.all()}


def refused_by_the_database(act) -> bool:
    try:
        with transaction.atomic():
            act()
    except Error:
        return True
    return False


def test_a_draft_holds_the_months_of_the_worked_year_and_sets_no_target(cast):
    with on(JANUARY):
        plan = draft(cast)
    assert (plan.version, plan.status, plan.edition) == (1, "draft", 1)
    assert months_of(plan)[11] == Decimal("9744214.37") and sum(months_of(plan).values()) == 120_000_000
    assert not MonthTarget.objects.exists()
    assert AuditEvent.objects.filter(action="plan.draft").count() == 1


def test_an_approved_year_becomes_twelve_month_targets(cast):
    with on(JANUARY):
        plan = approved(cast)
    assert (plan.status, plan.approved_by) == ("approved", cast.director)
    targets = MonthTarget.objects.filter(department=cast.sales, user=None, is_current=True)
    assert targets.count() == 12 and targets.aggregate(total=Sum("amount"))["total"] == 120_000_000
    assert targets.get(month=date(2026, 11, 1)).amount == Decimal("9744214.37")
    assert AuditEvent.objects.filter(action="plan.approve").count() == 1


def test_people_share_every_month_to_the_kopeck_and_their_days_make_the_departments(cast):
    with on(JANUARY):
        plan = approved(cast)
        weights = {cast.ivanova: 3, cast.petrov: 2, cast.kuznetsova: 2}
        drafts = split_year_plan(plan=plan, weights=weights, actor=cast.volkov)
        for one in drafts:
            approve_year_plan(plan=one, actor=cast.volkov, edition=one.edition)
    for month, amount in months_of(plan).items():
        assert sum(months_of(one)[month] for one in drafts) == amount
    personal = MonthTarget.objects.filter(is_current=True, user__isnull=False)
    assert personal.count() == 36 and personal.aggregate(total=Sum("amount"))["total"] == 120_000_000


def test_a_new_version_needs_its_reason_keeps_the_past_and_supersedes_the_old(cast):
    with on(JANUARY):
        first = approved(cast)
    with on(NOVEMBER):
        with pytest.raises(Invalid) as refused:
            draft(cast, whole("130000000"))
        assert set(refused.value.fields) == {"reason"}
        second = approved(cast, whole("130000000", reason="новый рынок"))
    first.refresh_from_db()
    assert (first.status, second.version, second.status) == ("superseded", 2, "approved")
    before, after = months_of(first), months_of(second)
    assert {month: after[month] for month in range(1, 11)} == {month: before[month] for month in range(1, 11)}
    assert sum(after.values()) == 130_000_000
    changed = MonthTarget.objects.filter(version=2)
    assert sorted(row.month.month for row in changed) == [11, 12]
    assert {row.reason for row in changed} == {"новый рынок"}


def test_a_version_below_the_months_that_are_over_is_refused(cast):
    with on(JANUARY):
        approved(cast)
    with on(NOVEMBER), pytest.raises(Invalid) as refused:
        draft(cast, whole("1000000", reason="кризис"))
    assert set(refused.value.fields) == {"total"}
    assert YearPlan.objects.count() == 1


def test_an_approved_plan_cannot_be_changed_by_any_door(cast):
    with on(JANUARY):
        plan = approved(cast)
    month = plan.months.first()
    rows = YearPlan.objects.filter(pk=plan.pk)
    assert refused_by_the_database(lambda: rows.update(amount=1))
    assert refused_by_the_database(lambda: rows.update(status="draft"))
    assert refused_by_the_database(lambda: rows.update(status="superseded", reason="иначе"))
    assert refused_by_the_database(lambda: PlanMonth.objects.filter(pk=month.pk).update(amount=1))
    assert refused_by_the_database(month.delete)
    assert refused_by_the_database(plan.delete)
    assert refused_by_the_database(
        lambda: PlanMonth.objects.create(plan=plan, month=date(2027, 1, 1), amount=Decimal(0))
    )
    with on(JANUARY), pytest.raises(Conflict):
        approve_year_plan(plan=plan, actor=cast.director, edition=0)
    with on(JANUARY), pytest.raises(Conflict):
        drop_year_draft(plan=plan, actor=cast.director, edition=0)
    plan.refresh_from_db()
    assert plan.amount == 120_000_000


def test_the_database_refuses_months_that_do_not_sum_to_the_year(cast):
    with on(JANUARY):
        plan = draft(cast)
    PlanMonth.objects.filter(plan=plan, month=date(2026, 5, 1)).update(amount=1)

    def approve_past_the_services():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE planning_yearplan SET status = 'approved', approved_at = now() WHERE id = %s", [plan.pk]
            )

    assert refused_by_the_database(approve_past_the_services)
    assert refused_by_the_database(
        lambda: YearPlan.objects.create(year=2026, amount=1, status="approved", created_at=plan.created_at)
    )


def test_two_who_edit_one_draft_are_told(cast):
    with on(JANUARY):
        first = draft(cast, actor="volkov", edition=0)
        with pytest.raises(StaleVersion):
            draft(cast, whole("5"), edition=0)
        second = draft(cast, whole("130000000"), edition=1)
        with pytest.raises(StaleVersion):
            approve_year_plan(plan=first, actor=cast.director, edition=1)
    assert (second.pk, second.edition, second.version) == (first.pk, 2, 1)
    assert sum(months_of(second).values()) == 130_000_000 and PlanMonth.objects.count() == 12


def test_a_draft_may_be_dropped_and_its_number_is_used_again(cast):
    with on(JANUARY):
        plan = draft(cast)
        drop_year_draft(plan=plan, actor=cast.director, edition=1)
        assert not YearPlan.objects.exists() and not PlanMonth.objects.exists()
        assert draft(cast).version == 1


@pytest.mark.parametrize(
    ("lacking", "fields"),
    [
        ({"leads": None}, {"leads"}),
        ({"average_cheque": None}, {"average_cheque"}),
        ({"rates": {}}, {"rates"}),
        ({"rates": {**RATES, "call_to_appointed": Decimal(0)}}, {"rates"}),
    ],
)
def test_a_plan_without_leads_cheque_or_a_conversion_is_not_approved(cast, lacking, fields):
    with on(JANUARY):
        plan = draft(cast, whole(**lacking))
        with pytest.raises(Invalid) as refused:
            approve_year_plan(plan=plan, actor=cast.director, edition=1)
    assert set(refused.value.fields) == fields
    plan.refresh_from_db()
    assert plan.status == "draft" and not MonthTarget.objects.exists()


class TestWhoPlans:
    def test_nobody_but_the_director_and_the_head_of_the_department_drafts(self, cast):
        with on(JANUARY):
            for actor in ("ivanova", "boss", "accountant", "quality", "admin", "smirnova"):
                with pytest.raises(NotAllowed):
                    draft(cast, actor=actor)
            assert draft(cast, actor="volkov").created_by == cast.volkov

    def test_a_head_drafts_his_department_and_the_director_approves_it(self, cast):
        with on(JANUARY):
            plan = draft(cast, actor="volkov")
            with pytest.raises(NotAllowed):
                approve_year_plan(plan=plan, actor=cast.volkov, edition=1)
            assert approve_year_plan(plan=plan, actor=cast.director, edition=1).approved_by == cast.director

    def test_the_company_is_the_directors_and_sets_no_month_target(self, cast):
        company = PlanScope(2026)
        with on(JANUARY):
            with pytest.raises(NotAllowed):
                draft(cast, scope=company, actor="volkov")
            approved(cast, scope=company)
        assert not MonthTarget.objects.exists()

    def test_a_segments_part_sets_no_month_target(self, cast):
        with on(JANUARY):
            approved(cast, scope=of_sales(cast, segment=cast.large))
        assert not MonthTarget.objects.exists()

    def test_everybody_sees_his_own_and_managers_no_drafts(self, cast):
        with on(JANUARY):
            company = approved(cast, scope=PlanScope(2026))
            sales = approved(cast)
            own, others = split_year_plan(plan=sales, weights={cast.ivanova: 1, cast.petrov: 1}, actor=cast.volkov)

        def seen(user):
            return set(YearPlan.objects.visible_to(user))

        assert seen(cast.ivanova) == set() and seen(cast.boss) == set() and seen(cast.accountant) == set()
        assert seen(cast.volkov) == {sales, own, others}
        assert seen(cast.director) == {company, sales, own, others}
        with on(JANUARY):
            approve_year_plan(plan=own, actor=cast.volkov, edition=1)
        assert seen(cast.ivanova) == {own} and seen(cast.petrov) == set()


@pytest.mark.parametrize(
    ("changes", "scope", "fields"),
    [
        ({"amount": "-1"}, {}, {"total"}),
        ({"amount": "1000000000000"}, {}, {"total"}),
        ({"season": {13: Decimal(1)}}, {}, {"season"}),
        ({"season": {1: Decimal(-1)}}, {}, {"season_1"}),
        ({"leads": -5, "average_cheque": Decimal(0)}, {}, {"leads", "average_cheque"}),
        ({"rates": {"magic": Decimal(1)}}, {}, {"rates"}),
        ({"rates": {"call_to_appointed": Decimal("1.2")}}, {}, {"rates"}),
        ({"reason": "я" * 301}, {}, {"reason"}),
        ({}, {"year": 1999}, {"year"}),
        ({}, {"user": "belov"}, {"user"}),
        ({}, {"user": "accountant"}, {"user"}),
    ],
)
def test_an_impossible_draft_is_refused_by_its_field_and_nothing_is_written(cast, changes, scope, fields):
    where = {key: getattr(cast, value) if key == "user" else value for key, value in scope.items()}
    amount = changes.get("amount", "120000000")
    data = whole(amount, **{key: value for key, value in changes.items() if key != "amount"})
    with on(JANUARY), pytest.raises(Invalid) as refused:
        draft(cast, data, scope=of_sales(cast, **where))
    assert set(refused.value.fields) == fields
    assert not YearPlan.objects.exists() and not AuditEvent.objects.filter(action__startswith="plan.").exists()


def test_only_a_departments_plan_is_divided(cast):
    with on(JANUARY):
        company = approved(cast, scope=PlanScope(2026))
        with pytest.raises(Conflict):
            split_year_plan(plan=company, weights={cast.ivanova: 1}, actor=cast.director)
        sales = approved(cast)
        for weights, fields in (({}, {"weights"}), ({cast.ivanova: 0}, {"weights"}), ({cast.belov: 1}, {"user"})):
            with pytest.raises(Invalid) as refused:
                split_year_plan(plan=sales, weights=weights, actor=cast.director)
            assert set(refused.value.fields) == fields
