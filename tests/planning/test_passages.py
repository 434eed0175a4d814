"""Every conversion of the calculators opens its cases, and the cases add up to it."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deals.models import Offer, Payment
from deals.services import cancel_payment
from funnels.models import Contact, Movement, Ownership, SalesCycle
from journal.models import AuditEvent
from planning.calculator import stage_rates
from planning.constants import Colour
from planning.models import ForecastSnapshot
from planning.selectors import passages as behind
from planning.selectors.forecast import finished_passages
from planning.selectors.references import segment_reference
from planning.selectors.steps import step_rates
from planning.services import freeze_forecasts, set_month_target
from tests.factories.money import open_cycle, paid
from tests.factories.work import on
from tests.planning.test_calculator_pages import NBSP, ask, plain, rows_of
from tests.planning.walking import cases_of, figures_in, number_of, rows_under, walk

PATH = "/calculators/passages/"
AMOUNTS = "/plan/verification/amounts/"
FROZEN = "/plan/verification/forecast/"
PAID = "/plan/verification/paid/"
TODAY = date(2026, 11, 20)
EARLIEST = TODAY - timedelta(days=90)
RANK = {"red": 1, "yellow": 2, "green": 3}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday():
    with on(TODAY, 8):
        yield


def owned(cast, user, best="red", ended=None, segment=None, **fields):
    """A client of `user` whose best colour is `best`; `ended` is the day he left."""
    cycle = open_cycle(cast, user, best, segment=segment, opened=date(2026, 8, 1))
    over = {"ended_on": ended, "ended_at": f"{ended}T09:00Z", "end_reason": "refusal"} if ended else {}
    return Ownership.objects.create(
        client=cycle.client,
        cycle=cycle,
        user=user,
        reason="take",
        started_on=cycle.opened_on,
        started_at=cycle.opened_at,
        clock_started_on=cycle.opened_on,
        state_started_on=cycle.opened_on,
        best_rank=RANK[best],
        **over,
        **fields,
    )


def moved(ownership, kind="upgrade", before="red", after="yellow", day=TODAY - timedelta(days=3)):
    return Movement.objects.create(
        cycle=ownership.cycle,
        ownership=ownership,
        user=ownership.user,
        kind=kind,
        from_colour=before,
        to_colour=after,
        ranks=RANK[after] - RANK[before] if kind == "upgrade" else 1,
        on=day,
        at=f"{day}T09:00Z",
    )


@pytest.fixture
def history(cast):
    """Ninety days of two people with enough cases, one without, a stranger, and what counts for nobody."""
    for number in range(12):
        client = owned(
            cast,
            cast.ivanova,
            best="yellow" if number < 6 else "red",
            ended=None if number < 6 else TODAY - timedelta(days=number),
        )
        if number < 6:
            moved(client, day=EARLIEST + timedelta(days=number))
    for number in range(10):
        client = owned(cast, cast.petrov, best="green", ended=None if number < 4 else EARLIEST)
        moved(client, after="green", day=TODAY - timedelta(days=40))  # red to green at once
        if number < 4:
            moved(client, "full_payment", "green", "green")
    moved(owned(cast, cast.kuznetsova, "yellow", ended=TODAY - timedelta(days=1), segment=cast.large))
    # Out of the ninety days, of today, paid before he left, of another department.
    owned(cast, cast.ivanova, ended=EARLIEST - timedelta(days=1))
    owned(cast, cast.ivanova, ended=TODAY)
    moved(owned(cast, cast.ivanova, "yellow"), day=TODAY)
    moved(owned(cast, cast.belov, "yellow"))
    won = owned(cast, cast.petrov, "green", ended=TODAY - timedelta(days=2))
    SalesCycle.objects.filter(pk=won.cycle_id).update(
        outcome="won", closed_on=won.ended_on, closed_at=won.ended_at, owner=None, colour="none"
    )
    return cast


def test_lists_hold_every_finished_passage_and_nothing_else(history):
    found = finished_passages(history.sales.pk, TODAY)
    for segment in (history.medium, history.large):
        for colour in Colour:
            for user in (history.ivanova, history.petrov, history.kuznetsova, history.belov):
                said = found.get(segment.pk, {}).get(user.pk)
                mine = {"cycle__segment": segment, "user": user}
                asked = {"department_id": history.sales.pk, "day": TODAY, "colour": colour}
                won, lost = behind.succeeded(**asked).filter(**mine), behind.failed(**asked).filter(**mine)
                expected = (said.succeeded[colour], said.finished[colour]) if said else (0, 0)
                assert (won.count(), won.count() + lost.count()) == expected, (segment, colour, user)
    assert found[history.medium.pk][history.petrov.pk].finished == {"red": 10, "yellow": 0, "green": 10}


def test_every_number_of_the_passages_opens_its_cases_and_their_mean_is_the_rate_in_use(as_user, history):
    head, known = as_user(history.volkov), {}
    chosen = finished_passages(history.sales.pk, TODAY)
    for segment, colours in ((None, ["green"]), (history.medium, ["red"])):
        asked = {"segment": segment.pk} if segment else {}
        for colour in colours:
            page = ask(head, PATH, {"stage": colour, **asked})
            people = page.context["people"]
            shares = [
                Fraction(number_of(one["succeeded"]), number_of(one["finished"])) for one in people if one["is_counted"]
            ]
            if segment:
                default = segment_reference(segment).conversion
                rate = stage_rates(chosen.get(segment.pk, {}).values(), default)[colour].rate
                assert (sum(shares) / len(shares) if shares else default[colour]) == rate
                assert page.context["rate"] == behind_text(rate)
            else:
                assert page.context["rate"] == behind_text(step_rates_of(history)["invoice_to_payment"].rate)
            assert walk(head, page, known) == len({url for url, _text in figures_in(page)})
    only = ask(head, PATH, {"stage": "red", "user": history.ivanova.pk})
    assert cases_of(head, only) == 12 and [one["count"] for one in only.context["chips"]] == [6, 6]
    assert {row["days"] for row in only.context["rows"]} == {
        str((EARLIEST - date(2026, 8, 1)).days + n) for n in range(6)
    }


def step_rates_of(cast):
    passages = finished_passages(cast.sales.pk, TODAY)
    return step_rates(department=cast.sales, day=TODAY, passages=passages.values())


def behind_text(rate):
    return f"{float(rate * 100):.2f}".replace(".", ",") + "\u00a0%"


def test_meetings_and_offers_of_the_chain_open_their_lists(as_user, cast):
    cycle = open_cycle(cast, cast.ivanova)
    moment = {"client": cycle.client, "cycle": cycle, "user": cast.ivanova, "kind": "meeting", "result": "held"}
    Contact.objects.bulk_create(
        Contact(
            at=f"{day}T09:00Z",
            day=day,
            recorded_at=f"{day}T09:00Z",
            is_held_meeting=True,
            is_productive_meeting=number < 9,
            **moment,
        )
        for number in range(12)
        for day in [TODAY - timedelta(days=number + 1)]
    )
    Contact.objects.create(
        at=f"{TODAY}T05:00Z", day=TODAY, recorded_at=f"{TODAY}T05:00Z", is_held_meeting=True, **moment
    )
    Offer.objects.create(
        client=cycle.client,
        cycle=cycle,
        number="1",
        year=2026,
        amount=100,
        sent_on=TODAY,
        created_by=cast.ivanova,
        created_at=f"{TODAY}T05:00Z",
    )
    head = as_user(cast.volkov)
    rates = step_rates(department=cast.sales, day=TODAY, passages=[])
    assert rates["held_to_productive"].rate == Fraction(9, 12) and not rates["productive_to_offer"].is_own
    for segment in ({}, {"segment": cast.large.pk}):
        for stage in behind.STEPS:
            page = ask(head, PATH, {"stage": stage, **segment})
            assert walk(head, page) == len(set(figures_in(page)))
        held = ask(head, PATH, {"stage": "held_to_productive", **segment})
        assert held.context["rate"] == behind_text(
            Fraction(9, 12) if segment.get("segment") != cast.large.pk else Fraction(3, 5)
        )


def test_workbook_holds_the_cases_and_is_audited(as_user, history):
    lines = rows_of(ask(as_user(history.volkov), f"{PATH}xlsx/", {"stage": "red"}))[1:]
    assert len(lines) == 23 and sum(line[8] == "да" for line in lines) == 17
    assert {line[3] for line in lines} == {"Красный"}
    steps = rows_of(ask(as_user(history.volkov), f"{PATH}xlsx/", {"stage": "productive_to_offer"}))
    assert steps[0][1:3] == ["Результативные встречи", "КП"] and len(steps) == 1
    assert AuditEvent.objects.filter(action="calculation.export").count() == 2


def test_strangers_and_unknown_stages_find_nothing_and_an_empty_department_says_so(as_user, history):
    for numbers in ({"stage": "blue"}, {"part": "x"}, {"user": history.belov.pk}, {"department": history.other.pk}):
        assert ask(as_user(history.volkov), PATH, numbers).status_code == 404, numbers
    assert as_user(history.ivanova).get(PATH).status_code == 404
    page = ask(as_user(history.boss), PATH, {"stage": "green"})
    assert page.context["people"] == []
    empty = plain(page)
    assert "Никто не завершил" in empty and "Ни у кого нет 10 случаев" in empty


def test_a_page_costs_the_same_for_one_person_and_for_many(as_user, history, django_assert_max_num_queries):
    head = as_user(history.volkov)
    for stage in ("red", "held_to_productive"):
        with django_assert_max_num_queries(15) as many:
            ask(head, PATH, {"stage": stage})
        Movement.objects.filter(user=history.petrov).delete()
        with django_assert_max_num_queries(15) as few:
            ask(head, PATH, {"stage": stage})
        assert len(many) == len(few), stage


def lists_of(page, path=""):
    """The lists beside the sources of the fields: name of the field → address."""
    found = {name: getattr(field, "list_url", "") for name, field in page.context["form"].fields.items()}
    return {name: url for name, url in found.items() if url and url.startswith(path)}


def test_rates_of_every_calculator_open_the_passages_that_make_the_same_rate(as_user, history):
    head = as_user(history.volkov)
    sources = head.get("/calculators/forecast/").context["sources"]
    shown = {stage["url"]: stage["rate"] for one in sources for stage in one["stages"]}
    assert len(shown) == 6
    plan = head.get("/calculators/plan/")
    shown |= {lists_of(plan, PATH)["invoice_to_payment"]: plan.context["form"]["invoice_to_payment"].value()}
    medium = {"segment": history.medium.pk}
    funnel, staff = (ask(head, f"/calculators/{name}/", medium) for name in ("funnel", "staffing"))
    for page in (funnel, staff):
        for name, url in lists_of(page, PATH).items():
            shown.setdefault(url, page.context["form"][name].value())
    assert len(shown) == 7  # those of the funnel and of the staff are among those of the forecast
    for url, rate in shown.items():
        assert number_of_share(head.get(url).context["rate"]) == number_of_share(rate), url
    person = sources[0]["people"][0]
    assert head.get(person["rates"][2]["url"]).context["whole_url"]
    for page in (plan, funnel, staff):
        for name, url in lists_of(page).items():
            assert url.startswith("#") or head.get(url).status_code == 200, (name, url)


def number_of_share(text):
    return float(text.replace("\u00a0", "").replace(" ", "").rstrip("%").replace(",", "."))


def test_an_average_cheque_opens_the_deals_it_is_the_mean_of(as_user, cast):
    for number in range(11):
        cycle = owned(cast, cast.ivanova, "green", ended=TODAY - timedelta(days=9)).cycle
        SalesCycle.objects.filter(pk=cycle.pk).update(
            outcome="won",
            closed_on=TODAY - timedelta(days=9),
            closed_at=f"{TODAY - timedelta(days=9)}T09:00Z",
            owner=None,
            colour="none",
            paid_amount=1000 * number,  # the first was closed as paid without money
        )
    head = as_user(cast.volkov)
    plan = head.get("/calculators/plan/")
    assert plan.context["form"]["average_cheque"].value() == "5\u00a0500"
    deals = head.get(lists_of(plan)["average_cheque"])
    assert deals.context["count"] == len(deals.context["rows"]) == 10
    assert "всего 55 000 ₽, в среднем 5 500 ₽" in plain(deals)


def test_people_of_the_staff_add_up_to_the_full_employees_there_are(as_user, cast):
    cast.petrov.part_time_percent = 50
    cast.petrov.save(update_fields=["part_time_percent"])
    head = as_user(cast.volkov)
    for role in ("hunter", "farmer"):
        page = head.get("/calculators/staffing/", {"role": role})
        total = sum(number_of_share(one["fte"]) for one in page.context["people"])
        assert total == number_of_share(page.context["people_total"]) and 'id="people"' in page.content.decode()


def test_a_frozen_forecast_opens_its_people_whose_money_and_clients_add_up_to_it(
    as_user, cast, django_assert_max_num_queries
):
    october = date(2026, 10, 1)
    with on(october, 0, 30):
        for user, number in ((cast.ivanova, 3), (cast.petrov, 2)):
            for _each in range(number):
                open_cycle(cast, user, "green", expected_amount=100_000, opened=date(2026, 9, 1))
        freeze_forecasts(day=october)
    for user, fact in ((cast.ivanova, "190000"), (cast.petrov, "154000"), (cast.kuznetsova, "26000")):
        paid(cast, user, fact, date(2026, 10, 15))
    head = as_user(cast.volkov)
    month = next(
        row for row in head.get("/plan/verification/").context["rows"] if row.get("forecast_url", "").count("month")
    )
    with django_assert_max_num_queries(15):
        page = head.get(month["forecast_url"])
    rows, total = page.context["rows"], page.context["total"]
    assert total["forecast"] == month["forecast"] == f"350{NBSP}000{NBSP}₽" and total["fact"] == month["fact"]
    assert (
        sum(roubles(row["forecast"]) for row in rows) == 350_000
        and sum(roubles(row["fact"]) for row in rows) == 370_000
    )
    # |210 − 190| + |140 − 154| + |0 − 26|, of 370 paid
    assert sum(roubles(row["error"]) for row in rows) == 60_000
    assert "1 − 60 000 ₽ / 370 000 ₽ = 83,78 %" in plain(page) and str(total["light"]) == str(month["light"])
    assert "Снимок хранит каждого клиента с цветом, суммой и шансом того дня" in plain(page)
    assert sum(bool(row["rest_url"]) for row in rows) >= 2
    for row in rows:
        if row["rest_url"]:
            amounts = head.get(row["rest_url"])
            parts = [
                Decimal(one["expected"].replace(NBSP, "").replace("₽", "").replace(",", "."))
                for one in amounts.context["rows"]
            ]
            assert sum(parts) == roubles(row["rest"]) and amounts.context["total"] == row["rest"]
            assert len(parts) == number_of(row["clients"] or "0")
        assert roubles(row["paid_before"] or "0") + roubles(row["rest"] or "0") == roubles(row["forecast"])
        if row["clients_url"]:
            assert rows_under(head, row["clients_url"]) == number_of(row["clients"])
            assert sum(number_of(one["n"]) for one in row["counts"]) == number_of(row["clients"])
    own = as_user(cast.petrov).get(f"{FROZEN}?period=month")
    assert [row["name"] for row in own.context["rows"]] == [cast.petrov.full_name] and own.context["total"] is None
    assert "1 − 14 000 ₽ / 154 000 ₽ = 90,91 %" in plain(own)
    assert as_user(cast.belov).get(f"{FROZEN}?user={cast.petrov.pk}").status_code == 404
    assert "не замораживали" in plain(as_user(cast.belov).get(f"{FROZEN}?period=month&day=2025-05-01"))


def roubles(text):
    return int(text.replace(NBSP, "").replace("₽", "").replace(" ", ""))


def test_what_is_needed_a_day_tells_its_arithmetic_on_the_plan_and_in_the_day(as_user, cast):
    with on(date(2026, 11, 2), 8):
        set_month_target(
            department=cast.sales,
            user=cast.ivanova,
            month=date(2026, 11, 1),
            amount=Decimal("1000000"),
            actor=cast.director,
        )
    paid(cast, cast.ivanova, "299999.98", date(2026, 11, 10))
    # Seven working days are left, this Friday included.
    told = "План 1 000 000 ₽ − оплачено 299 999,98 ₽ = осталось 700 000,02 ₽. 700 000,02 ₽ / 7 рабочих дней = 100 000 ₽ в день."
    for url in (f"/plan/?user={cast.ivanova.pk}", "/day/"):
        assert told in plain(as_user(cast.ivanova).get(url)), url
    paid(cast, cast.ivanova, "700000.02", date(2026, 11, 11))
    assert "оплачено 1 000 000 ₽: не осталось ничего" in plain(as_user(cast.ivanova).get("/plan/"))
    assert "Как получилось" not in plain(as_user(cast.petrov).get("/day/"))


def test_numbers_of_segments_on_the_indicators_open_their_passages_and_clients(as_user, history):
    head = as_user(history.volkov)
    page = head.get("/kpi/?period=month")
    table = page.context["segments"]
    walked = 0
    for row in table["rows"]:
        for one in row["cells"]:
            if one["url"].startswith(PATH):
                cases = head.get(one["url"])
                is_stay = "Дней" in row["name"]
                chips = {chip["active"]: chip["count"] for chip in cases.context["chips"]}
                assert one["counted"] == (chips[True] if is_stay else sum(chips.values())), one
                assert not is_stay or cases.context["stay"] in one["fact"]
                walked += 1
    assert walked >= 4
    for one in table["names"]:
        assert rows_under(head, one["url"]) == number_of(one["clients"])
    assert PATH not in as_user(history.ivanova).get("/kpi/?period=month").content.decode()


def test_movements_of_the_lights_open_their_list(as_user, history):
    moved(owned(history, history.petrov, "yellow"), day=date(2026, 11, 17))
    head = as_user(history.volkov)
    page = head.get("/lights/").context
    shown = [*page["lines"], page["total"]]
    assert sum(bool(line["rises_url"]) for line in shown) >= 2
    for line in shown:
        if line["rises_url"]:
            assert head.get(line["rises_url"]).context["count"] == number_of(line["rises"]), line


def test_a_forecast_frozen_without_its_parts_shows_dashes_and_says_why(as_user, cast):
    ForecastSnapshot.objects.create(
        department=cast.sales,
        user=cast.ivanova,
        period="month",
        starts_on=date(2026, 10, 1),
        ends_on=date(2026, 10, 31),
        amount=100_000,
        frozen_at="2026-10-01T00:30Z",
    )
    page = as_user(cast.volkov).get(f"{FROZEN}?period=month")
    (row,) = page.context["rows"]
    assert (row["forecast"], row["paid_before"], row["rest"], row["counts"]) == (f"100{NBSP}000{NBSP}₽", "", "", [])
    assert "этот снимок заморожен без них" in plain(page) and row["rest_url"] == ""
    bare = plain(as_user(cast.volkov).get(f"{AMOUNTS}?period=month&user={cast.ivanova.pk}"))
    assert "заморожен без сумм отдельных клиентов" in bare


def test_a_frozen_amount_is_what_the_client_was_expected_to_bring_on_that_day(as_user, cast, django_assert_num_queries):
    cast.petrov.employed_on = date(2026, 9, 20)
    cast.petrov.save(update_fields=["employed_on"])
    with on(date(2026, 10, 1), 0, 30):
        for amount, already in ((100_000, 30_000), (70_000.33, 0), (None, 0), (10_000, 20_000)):
            open_cycle(cast, cast.petrov, "yellow", expected_amount=amount, paid_amount=already)
        open_cycle(cast, cast.ivanova, "green")
        cold = open_cycle(cast, cast.petrov, "red", expected_amount=55_555)
        freeze_forecasts(day=date(2026, 10, 1))
    snapshot = ForecastSnapshot.objects.get(user=cast.petrov, period="month")
    SalesCycle.objects.filter(pk=cold.pk).update(colour="green", expected_amount=999_999)
    head = as_user(cast.volkov)
    page = head.get(f"{AMOUNTS}?period=month&user={cast.petrov.pk}")
    rows = page.context["rows"]
    # 31 days are left: everything fits. Yellow 42 %, red 21 %, a newcomer's first month counts a quarter.
    cheque = Fraction(cast.medium.average_cheque)
    sums = [Fraction(70_000), Fraction("70000.33"), cheque, Fraction(0)]
    expected = Fraction(1, 4) * (Fraction(42, 100) * sum(sums) + Fraction(21, 100) * 55_555)
    assert abs(Fraction(snapshot.amount) - expected) <= Fraction(1, 200)
    assert Decimal(page.context["total"].replace(NBSP, "").replace("₽", "").replace(",", ".")) == snapshot.amount
    red = next(row for row in rows if row["url"] == f"/clients/{cold.client_id}/")
    assert (red["amount"], red["chance"], red["timing"]) == (
        f"55{NBSP}555{NBSP}₽",
        f"21,00{NBSP}%",
        f"100,0{NBSP}%",
    )
    assert "25 %" in page.context["ramp"].replace(NBSP, " ")
    with django_assert_num_queries(page_cost(head, f"{AMOUNTS}?period=month&user={cast.ivanova.pk}")):
        head.get(f"{AMOUNTS}?period=month&user={cast.petrov.pk}")
    assert as_user(cast.belov).get(f"{AMOUNTS}?user={cast.petrov.pk}").status_code == 404
    assert as_user(cast.volkov).get(AMOUNTS).status_code == 404
    assert len(as_user(cast.petrov).get(f"{AMOUNTS}?period=month").context["rows"]) == 5


def kopecks(text):
    return Decimal(text.replace(NBSP, "").replace("₽", "").replace(",", ".").replace("−", "-"))


def test_what_was_paid_by_then_opens_the_payments_that_were_in_and_neither_late_nor_cancelled_ones_change_it(
    as_user, cast
):
    def in_october(user, **money):
        cycle = owned(cast, user).cycle
        return [paid(cast, user, amount, date(2026, 10, int(day[1:])), cycle) for day, amount in money.items()]

    old = {"department": cast.sales, "period": "month", "starts_on": date(2026, 10, 1), "ends_on": date(2026, 10, 31)}
    for user, said in ((cast.kuznetsova, "26000.00"), (cast.smirnova, "5.00")):  # frozen without their payments
        ForecastSnapshot.objects.create(
            user=user, amount=100_000, details={"paid": said, "late_days": 5}, frozen_at="2026-10-06T00:30Z", **old
        )
    with on(date(2026, 10, 6), 0, 30):  # the night comes five days late
        was_wrong = in_october(cast.ivanova, d1="1", d2="100000.10", d3="-20000.05", d5="7.77", d6="333")[0]
        cancel_payment(payment=was_wrong, actor=cast.accountant, reason="ошибка")
        paid(cast, cast.ivanova, "4444", date(2026, 9, 30))
        in_october(cast.petrov, d2="50000")
        stood = in_october(cast.kuznetsova, d3="26000")[0]
        freeze_forecasts(day=date(2026, 10, 1))
    # Money of those days that is entered later, or turns out to be a mistake, was not known then.
    in_october(cast.ivanova, d3="9999")
    late = in_october(cast.kuznetsova, d4="4000")[0]
    Payment.objects.filter(pk=late.pk).update(entered_at="2026-10-07T09:00Z")
    for payment in (stood, Payment.objects.get(amount=Decimal("100000.10"))):
        cancel_payment(payment=payment, actor=cast.accountant, reason="ошибка")
    head = as_user(cast.volkov)
    rows = {row["name"]: row for row in head.get(f"{FROZEN}?period=month").context["rows"]}
    wanted = {cast.ivanova: ("80007.82", 3), cast.petrov: ("50000", 1), cast.kuznetsova: ("26000", 1)}
    for user, (money, number) in wanted.items():
        row = rows[user.full_name]
        listed = head.get(row["paid_url"])
        parts = [kopecks(one["amount"]) for one in listed.context["rows"]]
        assert len(parts) == number and sum(parts) == kopecks(row["paid_before"]) == Decimal(money), user
        assert listed.context["total"] == row["paid_before"] and row["paid_before"] in listed.content.decode()
    notes = [one["note"] for one in head.get(rows[cast.ivanova.full_name]["paid_url"]).context["rows"]]
    assert sorted(bool(note) for note in notes) == [False, False, True]
    told = plain(head.get(rows[cast.kuznetsova.full_name]["paid_url"]))
    assert "Снимок хранит одну сумму; эти платежи тех дней действовали, когда его заморозили." in told
    told = plain(head.get(rows[cast.smirnova.full_name]["paid_url"]))
    assert "Снимок хранит одну сумму, 5 ₽; платежи тех дней, которые по записям тогда действовали, дают 0 ₽." in told
    assert rows[cast.orlov.full_name]["paid_url"] == ""
    assert (
        as_user(cast.petrov).get(f"{PAID}?period=month").context["total"] == rows[cast.petrov.full_name]["paid_before"]
    )
    assert as_user(cast.petrov).get(f"{PAID}?period=month&user={cast.ivanova.pk}").status_code == 404
    assert as_user(cast.belov).get(f"{PAID}?user={cast.petrov.pk}").status_code == 404
    assert as_user(cast.volkov).get(PAID).status_code == 404


def page_cost(browser, url) -> int:
    with CaptureQueriesContext(connection) as found:
        browser.get(url)
    return len(found)
