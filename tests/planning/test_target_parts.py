"""A target and its parts: the company by departments, any scope by segments; children make the parent to the kopeck."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from html import unescape
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from accounts.models import Department
from accounts.services import set_calendar_day
from clients.models import Segment
from common.errors import Conflict, Invalid, NotAllowed
from common.workdays import PeriodKind
from journal.models import AuditEvent
from planning.models import MonthTarget, YearPlan
from planning.selectors.parts import parts_of
from planning.services import PlanScope, approve_year_plan, draft_year_plan, split_year_plan
from tests.factories.money import open_cycle, paid
from tests.factories.work import on
from tests.planning.test_plan_numbers import listed, roubles
from tests.planning.test_year_plans import months_of, whole

JANUARY = date(2026, 1, 12)
NOVEMBER = date(2026, 11, 23)

pytestmark = pytest.mark.django_db


def approve(cast, *drafts):
    return [approve_year_plan(plan=one, actor=cast.director, edition=one.edition) for one in drafts]


def of_company(cast, amount="120000000.01", **scope) -> YearPlan:
    return approve(cast, draft_year_plan(scope=PlanScope(2026, **scope), data=whole(amount), actor=cast.director))[0]


def sums_to(parent: YearPlan, parts: list[YearPlan]) -> bool:
    return all(sum(months_of(one)[month] for one in parts) == amount for month, amount in months_of(parent).items())


def month(cast, *, department=None, user=None, kind=PeriodKind.MONTH):
    return parts_of(department=department, user=user, kind=kind, day=NOVEMBER, today=NOVEMBER)


def test_the_companys_year_becomes_month_targets_of_its_departments_to_the_kopeck(as_user, cast):
    with on(JANUARY):
        plan = of_company(cast)
        assert not MonthTarget.objects.exists()
        browser = as_user(cast.director)
        url = f"/plan/year/{plan.pk}/divide/?into=departments"
        assert url in unescape(browser.get(f"/plan/year/{plan.pk}/").content.decode())
        assert all(browser.get(f"{url}&by={way}").status_code == 200 for way in ("approved", "past", "time", "evenly"))
        typed = {f"weight_{cast.sales.pk}": "3", f"weight_{cast.other.pk}": "4"}
        assert browser.post(url, {**typed, "act": "preview"}).status_code == 200 and YearPlan.objects.count() == 1
        assert browser.post(url, typed).status_code == 303
        drafts = list(YearPlan.objects.filter(status="draft"))
        assert {one.department_id for one in drafts} == {cast.sales.pk, cast.other.pk}
        assert sums_to(plan, drafts) and sum(one.leads for one in drafts) == plan.leads == 7143
        approve(cast, *drafts)
    targets = MonthTarget.objects.filter(is_current=True, user=None)
    for at, amount in months_of(plan).items():
        assert sum(row.amount for row in targets if row.month.month == at) == amount
    with on(NOVEMBER):
        for kind in PeriodKind:
            found = month(cast, kind=kind)
            assert found.own == found.whole.plan == found.departments_plan > 0, kind
        answer = as_user(cast.director).get("/plan/parts/?day=2026-11-23")
        assert "в сумме дают целое до копейки" in unescape(answer.content.decode())
        sent = b"".join(as_user(cast.director).get(answer.context["export_url"]).streaming_content)
        rows = CalamineWorkbook.from_filelike(BytesIO(sent)).get_sheet_by_index(0).to_python()
        plan_of = {row[1]: [Decimal(str(one[6])) for one in rows if one[1] == row[1]] for row in rows[1:]}
        assert plan_of["Целое"] == [sum(plan_of["Отдел"])] == [months_of(plan)[11]]
        assert AuditEvent.objects.get(action="plan.export").after["period"] == "month"


def test_a_plan_is_divided_between_segments_whose_months_are_shown_beside_their_payments(as_user, cast):
    with on(JANUARY):
        plan = of_company(cast, department=cast.sales)
        weights = {cast.small: 1, cast.medium: 3, cast.large: 3}
        parts = split_year_plan(plan=plan, weights=weights, actor=cast.volkov)
        assert sums_to(plan, parts) and sum(one.leads for one in parts) == plan.leads
        approve(cast, *parts)
    assert MonthTarget.objects.filter(is_current=True, user__isnull=False).count() == 0
    with on(NOVEMBER):
        for owner, segment, amount in (
            (cast.ivanova, cast.small, "100000.10"),
            (cast.petrov, cast.small, "-500"),
            (cast.petrov, cast.large, "7000.07"),
            (cast.belov, cast.large, "999"),
        ):
            paid(cast, owner, amount, date(2026, 11, 10), open_cycle(cast, owner, segment=segment))
        for kind in PeriodKind:
            found = month(cast, department=cast.sales, kind=kind)
            assert found.segments_plan == found.whole.plan == found.own > 0, kind
            assert found.whole.fact == sum(line.figures.fact for line in found.segments)
        for reader, query, fact in (
            (cast.volkov, "", "106500.17"),
            (cast.director, "", "107499.17"),
            (cast.petrov, "", "6500.07"),
            (cast.director, f"&user={cast.ivanova.pk}", "100000.10"),
        ):
            browser = as_user(reader)
            page = unescape(browser.get(f"/plan/parts/?day=2026-11-23{query}").content.decode())
            facts = re.findall(r'href="(/documents/[^"]+)">([^<]+)</a>', page)
            whole_url, whole_text = facts[0]
            assert roubles(whole_text) == listed(browser, whole_url)[1] == Decimal(fact), reader.login
            of_segments = [(url, text) for url, text in facts[1:] if "segment=" in url]
            assert len(of_segments) == 3
            assert all(listed(browser, url)[1] == roubles(text) for url, text in of_segments)
            assert sum(roubles(text) for _url, text in of_segments) == Decimal(fact)
        assert as_user(cast.ivanova).get(f"/plan/parts/?user={cast.petrov.pk}").status_code == 404
        assert as_user(cast.boss).get(f"/plan/parts/?department={cast.sales.pk}").status_code == 404
        assert as_user(cast.volkov).get("/documents/?tab=payments&segment=999999").status_code == 404


def test_what_the_departments_lack_to_the_companys_target_is_said(as_user, cast):
    with on(JANUARY):
        plan = of_company(cast, "100000000")
        approve(cast, *split_year_plan(plan=plan, weights={cast.sales: 1}, actor=cast.director))
        of_company(cast, "130000000", department=cast.other)
    with on(NOVEMBER):
        found = month(cast, kind=PeriodKind.YEAR)
        page = unescape(as_user(cast.director).get("/plan/parts/?period=year&day=2026-11-23").content.decode())
    assert (found.own, found.whole.plan) == (Decimal(100_000_000), Decimal(230_000_000))
    assert "на 130\u00a0000\u00a0000\u00a0₽ больше" in page


def test_a_department_without_a_plan_leaves_the_companys_months_as_they_were_approved(cast):
    with on(JANUARY):
        plan = of_company(cast)
    with on(NOVEMBER):
        found = month(cast)
    assert found.whole.plan == found.own == months_of(plan)[11] and found.departments_plan == 0


def test_days_gone_by_of_a_segment_stand_when_the_calendar_is_edited(cast):
    with on(JANUARY):
        plan = of_company(cast, department=cast.sales)
        approve(cast, *split_year_plan(plan=plan, weights={cast.small: 1, cast.medium: 2}, actor=cast.director))
    with on(NOVEMBER):
        before = month(cast, department=cast.sales)
        set_calendar_day(day=date(2026, 11, 25), kind="holiday", actor=cast.admin)
        after = month(cast, department=cast.sales)
    pairs = list(zip(before.segments, after.segments, strict=True))
    assert any(one.figures.plan_to_date for one, _other in pairs)
    for one, other in pairs:
        assert one.figures.plan == other.figures.plan
        assert one.figures.plan_to_date == other.figures.plan_to_date


def test_a_plan_has_only_the_parts_of_its_floor_and_only_the_director_divides_the_company(as_user, cast):
    with on(JANUARY):
        company, sales = of_company(cast), of_company(cast, department=cast.sales)
        segment = of_company(cast, department=cast.sales, segment=cast.small)
        for plan, weights in (
            (company, {cast.ivanova: 1}),
            (sales, {cast.other: 1}),
            (segment, {cast.medium: 1}),
        ):
            with pytest.raises(Conflict):
                split_year_plan(plan=plan, weights=weights, actor=cast.director)
        with pytest.raises(NotAllowed):
            split_year_plan(plan=company, weights={cast.sales: 1}, actor=cast.volkov)
        with pytest.raises(Invalid):
            split_year_plan(plan=company, weights={cast.sales: 0}, actor=cast.director)
        browser = as_user(cast.director)
        assert browser.get(f"/plan/year/{segment.pk}/divide/?into=segments").status_code == 404
        assert browser.get(f"/plan/year/{segment.pk}/divide/").status_code == 200
        assert as_user(cast.volkov).get(f"/plan/year/{company.pk}/divide/").status_code == 404
    assert YearPlan.objects.count() == 3


def test_the_page_of_parts_costs_the_same_for_few_parts_and_for_many(as_user, cast):
    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            assert browser.get("/plan/parts/?day=2026-11-23").status_code == 200
        return len(found)

    with on(NOVEMBER):
        of_company(cast, department=cast.sales)
        browser = as_user(cast.director)
        browser.get("/plan/parts/")
        few = cost()
        for number in range(4):
            department = Department.objects.create(name=f"Отдел {number}")
            Segment.objects.create(name=f"Сегмент {number}", average_cheque=1000, started_on=JANUARY)
            of_company(cast, department=department)
            paid(cast, cast.ivanova, "100", date(2026, 11, 10))
        assert cost() == few
