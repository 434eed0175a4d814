"""«Сделать планом»: what is shown is what is written, once, by whoever may, with a reason where a plan already stands."""

import re
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.db import transaction

from accounts.choices import Role
from accounts.models import User
from journal.models import AuditEvent
from planning.calculator import Step
from planning.models import MonthNorms, MonthTarget
from planning.selectors import norms_for
from planning.services import set_month_target
from tests.factories.money import open_cycle, paid
from tests.factories.work import on
from tests.planning.test_calculator_pages import EXAMPLE, HTMX, TODAY, plain
from tests.planning.test_year_plans import refused_by_the_database

DECEMBER = date(2026, 12, 1)
NUMBERS = EXAMPLE | {"month": "2026-12", "working_days": "19"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday():
    with on(TODAY, 8):
        yield


def address(**changes):
    return f"/calculators/plan/make/?{urlencode(NUMBERS | changes)}"


def seen_on(page):
    return re.search(r'name="seen" value="(\w+)"', page).group(1)


def look(client, **changes):
    return plain(client.get(address(**changes), **HTMX))


def confirm(client, url=None, *, seen=None, reason=""):
    url = url or address()
    seen = seen or seen_on(plain(client.get(url, **HTMX)))
    return client.post(url, {"seen": seen, "reason": reason})


def targets():
    rows = MonthTarget.objects.filter(month=DECEMBER, is_current=True).order_by("user_id")
    return {row.user_id: row.amount for row in rows}


def test_the_dialog_says_what_is_written_and_the_button_writes_it(as_user, cast):
    for owner, number in ((cast.ivanova, 3), (cast.petrov, 1)):
        for _ in range(number):
            open_cycle(cast, owner, "green")
    client = as_user(cast.volkov)
    dialog = look(client)
    assert "Делится по прогнозам" in dialog and "2 250 000 ₽" in dialog and "750 000 ₽" in dialog
    assert "Результативные звонки" in dialog and "<dd>40</dd>" in dialog
    assert "хантеров нужно 5,5, есть 2" in dialog
    assert not MonthTarget.objects.exists() and not MonthNorms.objects.exists()
    answer = confirm(client)
    assert answer.status_code == 303
    assert answer["Location"] == f"/plan/?period=month&department={cast.sales.pk}&day=2026-12-01"
    written = targets()
    assert sum(written.values()) == Decimal("3000000.00") and None not in written
    assert written[cast.ivanova.pk] == Decimal("2250000.00") and written[cast.petrov.pk] == Decimal("750000.00")
    norms = norms_for(cast.ivanova, date(2026, 12, 15))
    assert norms[Step.PRODUCTIVE_CALLS] == 40 and norms[Step.HELD_MEETINGS] == 7 and norms[Step.PAYMENTS] == 2
    assert norms_for(cast.ivanova, TODAY) is None and norms_for(cast.belov, date(2026, 12, 15)) is None
    acts = list(AuditEvent.objects.filter(actor_id=cast.volkov.pk).values_list("action", flat=True))
    assert acts.count("norms.set") == 1 and acts.count("target.set") == len(written)


def test_without_a_forecast_the_target_is_divided_by_capacity(as_user, cast):
    client = as_user(cast.volkov)
    assert "Прогноза ещё нет" in plain(client.get(address()))  # the page of those without JavaScript
    assert confirm(client).status_code == 303
    written = targets()
    assert set(written) == {one.pk for one in (cast.ivanova, cast.petrov, cast.kuznetsova, cast.smirnova, cast.orlov)}
    assert sum(written.values()) == Decimal("3000000.00") and len(set(written.values())) <= 2


def test_a_second_press_writes_nothing_and_a_change_asks_for_its_reason(as_user, cast):
    client = as_user(cast.volkov)
    seen = seen_on(look(client))
    assert confirm(client, seen=seen).status_code == 303
    assert confirm(client, seen=seen).status_code == 303
    assert MonthNorms.objects.count() == 1 and MonthTarget.objects.count() == 5
    more = address(target="4 000 000")
    refused = confirm(client, more)
    assert refused.status_code == 422 and MonthNorms.objects.count() == 1
    assert confirm(client, more, reason="Вырос спрос").status_code == 303
    assert sum(targets().values()) == Decimal("4000000.00")
    assert list(MonthNorms.objects.filter(is_current=True).values_list("version", "reason")) == [(2, "Вырос спрос")]
    assert "ничего записано не будет" in plain(client.get(more, **HTMX))


def test_the_database_refuses_to_change_the_norms_of_a_month(as_user, cast):
    client = as_user(cast.volkov)
    for target, reason in (("3 000 000", ""), ("4 000 000", "Вырос спрос")):
        assert confirm(client, address(target=target), reason=reason).status_code == 303
    before = list(MonthNorms.objects.order_by("version").values())
    assert [(row["version"], row["is_current"]) for row in before] == [(1, False), (2, True)]
    old, current = MonthNorms.objects.filter(version=1), MonthNorms.objects.filter(version=2)
    for rows, changed in (
        (current, {"productive_calls": 1}),
        (current, {"is_current": False, "reason": "иначе"}),
        (current, {"department_id": cast.other.pk}),
        (old, {"productive_calls": 1}),
        (old, {"created_at": "2026-11-01T09:00Z"}),
    ):
        assert refused_by_the_database(lambda rows=rows, changed=changed: rows.update(**changed)), changed
    for rows in (old, current):
        assert refused_by_the_database(rows.delete)
    with transaction.atomic():
        assert current.update(is_current=False) == 1  # as the next version does, and nobody takes it back
        assert refused_by_the_database(lambda: current.update(is_current=True))
        transaction.set_rollback(True)
    assert list(MonthNorms.objects.order_by("version").values()) == before


def test_what_has_changed_since_the_dialog_is_shown_and_not_written(as_user, cast):
    client = as_user(cast.volkov)
    seen = seen_on(look(client))
    set_month_target(department=cast.sales, user=cast.petrov, month=DECEMBER, amount=Decimal(5), actor=cast.director)
    answer = confirm(client, seen=seen, reason="Всё равно")
    page = plain(answer)
    assert answer.status_code == 409 and "Числа тем временем изменились" in page and "сейчас 5 ₽" in page
    assert targets() == {cast.petrov.pk: Decimal("5.00")} and not MonthNorms.objects.exists()
    assert confirm(client, seen=seen_on(page), reason="Всё равно").status_code == 303


def test_targets_of_people_who_left_stay_and_count(as_user, cast):
    set_month_target(
        department=cast.sales, user=cast.petrov, month=DECEMBER, amount=Decimal(1_000_000), actor=cast.director
    )
    User.objects.filter(pk=cast.petrov.pk).update(is_active=False)
    client = as_user(cast.volkov)
    assert "здесь больше не планирует" in look(client)
    assert confirm(client).status_code == 303
    assert sum(targets().values()) == Decimal("3000000.00") and targets()[cast.petrov.pk] == Decimal(1_000_000)
    small = look(client, target="500 000")
    assert "уже больше этого" in small and "Утвердить план" not in small


def test_numbers_that_make_no_plan_are_refused_in_words(as_user, cast):
    client = as_user(cast.volkov)
    for changes, sentence in [
        ({"target": "0"}, "План 0 утвердить нельзя."),
        ({"invoice_to_payment": "0"}, "План утверждают с лидами, средним чеком и всеми конверсиями."),
        ({"managers": "0"}, "Нет менеджеров."),
        ({"working_days": "0"}, "В периоде нет рабочего времени."),
        ({"month": "2026-10"}, "Месяц закончился"),
        ({"call_to_appointed": "0,0001"}, "Норма дня больше"),
        ({"target": "много"}, "Нужна сумма"),
    ]:
        page = plain(client.get(address(**changes), **HTMX))
        assert sentence in page and "Утвердить план" not in page, changes
    assert client.post(address(target="0"), {"seen": "x"}, **HTMX).status_code == 422
    assert not MonthTarget.objects.exists() and not MonthNorms.objects.exists()


def test_a_department_without_managers_is_planned_as_a_whole(as_user, cast):
    User.objects.filter(department=cast.sales, role__in=[Role.HUNTER, Role.FARMER, Role.INTERN]).update(is_active=False)
    client = as_user(cast.director)
    assert confirm(client, address(department=cast.sales.pk)).status_code == 303
    assert targets() == {None: Decimal("3000000.00")}


def test_whose_plan_it_may_be(as_user, cast):
    assert as_user(cast.boss).get(address(department=cast.sales.pk)).status_code == 404
    assert as_user(cast.ivanova).post(address(), {"seen": "x"}).status_code == 404
    # A segment's part is no plan of the department.
    assert as_user(cast.volkov).get(address(segment=cast.medium.pk)).status_code == 404
    assert "plan/make" not in plain(as_user(cast.volkov).get("/calculators/plan/", {"segment": cast.medium.pk}))
    paid(cast, cast.ivanova, "100.00", date(2026, 11, 10))
    assert not MonthNorms.objects.visible_to(cast.quality).exists()
