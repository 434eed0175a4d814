"""/plan/year/: who plans whose year, the unfolded year to the kopeck, two who edit one draft, division, versions."""

from datetime import date
from decimal import Decimal

import pytest

from planning.models import MonthTarget, YearPlan
from planning.services import PlanData, PlanScope, approve_year_plan, draft_year_plan
from tests.factories.money import paid
from tests.factories.work import on
from tests.planning.test_year_plans import RATES, SEASON, months_of

JANUARY = date(2026, 1, 12)
NOVEMBER = date(2026, 11, 10)
NBSP = "\u00a0"
HTMX = {"HTTP_HX_REQUEST": "true"}
TYPED = {
    "amount": "120 000 000 ₽",
    "season_1": "0,8",
    "season_8": "0,9",
    "season_12": "1,2",
    "leads": "7143",
    "average_cheque": "80 000",
    "call_to_appointed": "20 %",
    "appointed_to_held": "83",
    "held_to_productive": "60 %",
    "productive_to_offer": "80 %",
    "offer_to_invoice": "60 %",
    "invoice_to_payment": "70 %",
    "edition": "0",
}

pytestmark = pytest.mark.django_db


def rub(text):
    return text.replace(" ", NBSP)


def address(cast, **pairs):
    return f"/plan/year/draft/?year=2026&department={cast.sales.pk}" + "".join(f"&{k}={v}" for k, v in pairs.items())


def approved(cast, amount="120000000", reason="", **scope):
    data = PlanData(Decimal(amount), SEASON, 7143, Decimal(80_000), RATES, reason)
    draft = draft_year_plan(scope=PlanScope(2026, cast.sales, **scope), data=data, actor=cast.director)
    return approve_year_plan(plan=draft, actor=cast.director, edition=draft.edition)


def test_the_year_of_the_worked_example_is_typed_unfolded_saved_and_approved(as_user, cast):
    with on(JANUARY):
        browser = as_user(cast.director)
        preview = browser.post(address(cast), {**TYPED, "act": "preview"}, **HTMX)
        told = preview.content.decode()
        assert preview.status_code == 200 and "<html" not in told and not YearPlan.objects.exists()
        for text in (
            "120 000 000 ₽",
            "55 542 021,93 ₽",
            "25 334 957,37 ₽",
            "9 744 214,37 ₽",
            "1 948 842,88 ₽",
            "2 923 264,29 ₽",
            "1 461 632,16 ₽",
            "974 421,42 ₽",
            "487 210,72 ₽",
            "487 210,71 ₽",
        ):
            assert rub(text) in told, text
        assert browser.post(address(cast), TYPED).status_code == 303
        plan = YearPlan.objects.get()
        assert months_of(plan)[11] == Decimal("9744214.37") and plan.season["1"] == "0.8" and plan.leads == 7143
        assert plan.rates["call_to_appointed"] == "0.2"
        page = browser.get(f"/plan/year/{plan.pk}/").content.decode()
        assert rub("9 744 214,37 ₽") in page and "style=" not in page
        assert browser.post(f"/plan/year/{plan.pk}/approve/", {"edition": 1}).status_code == 303
        assert MonthTarget.objects.filter(is_current=True, department=cast.sales).count() == 12
        listed = browser.get("/plan/year/?year=2026").content.decode()
        assert f'<a class="figure" href="/plan/year/{plan.pk}/">{rub("120 000 000 ₽")}</a>' in listed


def test_wrong_numbers_are_told_beside_their_fields_and_nothing_is_written(as_user, cast):
    wrong = {
        "amount": "много",
        "season_1": "-1",
        "leads": "1,5",
        "average_cheque": "0",
        "call_to_appointed": "120 %",
    }
    with on(JANUARY):
        browser = as_user(cast.volkov)
        for name, value in wrong.items():
            answer = browser.post(address(cast), {**TYPED, name: value})
            page = answer.content.decode()
            shown = f'id="id_{name}_error"' in page or (name == "call_to_appointed" and "100" in page)
            assert answer.status_code == 422 and shown, name
        for value in ("1000000000000", "0", "9" * 60):
            assert browser.post(address(cast), {**TYPED, "amount": value, "act": "preview"}, **HTMX).status_code in (
                200,
                422,
            )
    assert not YearPlan.objects.exists()


def test_two_who_edit_one_draft_see_what_differs_and_decide(as_user, cast):
    with on(JANUARY):
        as_user(cast.director).post(address(cast), TYPED)
        late = as_user(cast.volkov).post(address(cast), {**TYPED, "amount": "130000000"})
        page = late.content.decode()
        assert late.status_code == 409 and 'id="merge"' in page
        assert "130000000" in page and rub("120 000 000") in page and 'name="edition" value="1"' in page
        assert YearPlan.objects.get().amount == 120_000_000
        assert (
            as_user(cast.volkov).post(address(cast), {**TYPED, "amount": "130000000", "edition": 1}).status_code == 303
        )
    assert YearPlan.objects.get().amount == 130_000_000


def test_a_head_plans_his_department_and_the_director_approves_it(as_user, cast):
    with on(JANUARY):
        as_user(cast.volkov).post(address(cast), TYPED)
        plan = YearPlan.objects.get()
        approve, drop = f"/plan/year/{plan.pk}/approve/", f"/plan/year/{plan.pk}/drop/"
        assert as_user(cast.volkov).post(approve, {"edition": 1}).status_code == 403
        for stranger in (cast.boss, cast.ivanova, cast.accountant, cast.admin):
            browser = as_user(stranger)
            for url in (f"/plan/year/{plan.pk}/", f"/plan/year/{plan.pk}/divide/", address(cast)):
                assert browser.get(url).status_code == 404, (stranger, url)
            assert browser.post(approve, {"edition": 1}).status_code == 404
            assert browser.post(drop, {"edition": 1}).status_code == 404
            assert browser.post(address(cast), {**TYPED, "edition": 1}).status_code == 404
        for foreign in (f"department={cast.other.pk}", f"department={cast.other.pk}&user={cast.belov.pk}", "user=abc"):
            assert as_user(cast.volkov).get(f"/plan/year/draft/?{foreign}").status_code == 404, foreign
        assert as_user(cast.director).post(approve, {"edition": 7}).status_code == 409
        assert as_user(cast.volkov).post(drop, {"edition": 1}).status_code == 303
    assert not YearPlan.objects.exists()


def test_a_plan_without_its_parts_is_not_approved_and_the_page_says_so(as_user, cast):
    with on(JANUARY):
        browser = as_user(cast.director)
        browser.post(address(cast), {**TYPED, "leads": ""})
        plan = YearPlan.objects.get()
        refused = browser.post(f"/plan/year/{plan.pk}/approve/", {"edition": 1})
    assert refused.status_code == 422 and "средним чеком" in refused.content.decode()
    assert not MonthTarget.objects.exists()


def test_a_year_is_divided_by_typed_weights_to_the_kopeck(as_user, cast):
    with on(JANUARY):
        plan = approved(cast)
        browser = as_user(cast.volkov)
        url = f"/plan/year/{plan.pk}/divide/"
        assert {one for one in ("forecast", "time", "evenly") if browser.get(f"{url}?by={one}").status_code == 200} == {
            "forecast",
            "time",
            "evenly",
        }
        weights = {
            f"weight_{cast.ivanova.pk}": "3",
            f"weight_{cast.petrov.pk}": "2",
            f"weight_{cast.kuznetsova.pk}": "2",
        }
        assert browser.post(url, {**weights, "act": "preview"}).status_code == 200
        assert browser.post(url, {}).status_code == 422 and YearPlan.objects.count() == 1
        assert browser.post(url, weights).status_code == 303
    drafts = list(YearPlan.objects.filter(user__isnull=False))
    assert len(drafts) == 3
    for month, amount in months_of(plan).items():
        assert sum(months_of(one)[month] for one in drafts) == amount


def test_a_next_version_keeps_the_months_over_and_is_compared_with_the_one_before(as_user, cast):
    with on(JANUARY):
        first = approved(cast)
    with on(NOVEMBER):
        browser = as_user(cast.director)
        assert browser.post(address(cast), {**TYPED, "amount": "130000000"}).status_code == 422, "no reason"
        tight = browser.post(address(cast), {**TYPED, "amount": "1000000", "reason": "кризис"})
        assert tight.status_code == 422 and 'id="id_amount_error"' in tight.content.decode()
        second = approved(cast, "130000000", "новый рынок")
        page = browser.get(f"/plan/year/{second.pk}/compare/").content.decode()
        history = browser.get(f"/plan/year/{second.pk}/").content.decode()
    difference = months_of(second)[11] - months_of(first)[11]
    assert rub(f"+{difference:,.2f} ₽".replace(",", " ").replace(".", ",")) in page
    assert rub("+10 000 000 ₽") in page and page.count(">—<") >= 10
    assert "новый рынок" in history and history.count("прошёл") >= 10
    with on(NOVEMBER):
        assert browser.get(f"/plan/year/{first.pk}/compare/").status_code == 404, "there is none before"


def test_a_season_is_suggested_only_by_two_whole_years_of_payments(as_user, cast):
    with on(date(2026, 11, 20)):
        browser = as_user(cast.director)
        url = address(cast).replace("2026", "2027", 1)
        paid(cast, cast.ivanova, "900000", date(2026, 3, 10))
        paid(cast, cast.ivanova, "700000", date(2025, 3, 10))
        assert 'value="season"' not in browser.get(url).content.decode(), "this year is not over"
        paid(cast, cast.ivanova, "300000", date(2024, 3, 12))
        assert 'value="season"' in browser.get(url).content.decode()
        filled = browser.post(url, {**TYPED, "act": "season"}).content.decode()
    # All the money of both years came in March: 21 of 247 working days of 2025, 21 of 262 weekdays of 2024.
    expected = 1 / ((21 / 247 + 21 / 262) / 2)
    assert f'name="season_3" value="{expected:.2f}"'.replace(".", ",") in filled
    assert 'name="season_4" value="0"' in filled and not YearPlan.objects.exists()


def test_the_list_of_years_costs_the_same_for_two_people_and_for_six(as_user, cast, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.factories.cast import make_user

    with on(JANUARY):
        approved(cast)
        approved(cast, "1000000", user=cast.ivanova)
        browser = as_user(cast.director)
        browser.get("/plan/year/?year=2026")
        with CaptureQueriesContext(connection) as few:
            browser.get("/plan/year/?year=2026")
        for number in range(4):
            approved(cast, "1000000", user=make_user(f"seller{number}", "hunter", cast.sales))
        with django_assert_num_queries(len(few)):
            browser.get("/plan/year/?year=2026")
