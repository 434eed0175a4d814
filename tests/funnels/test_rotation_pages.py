"""The rotation pages through HTTP: who sees what, another recipient, release, start, export."""

import io
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from accounts.models import Department
from funnels.models import Ownership, RotationOrder, SalesCycle
from funnels.services import execute_rotations, flag_stagnant
from journal.models import AuditEvent
from tests.factories.work import on, take

MONDAY = date(2026, 11, 9)
FRIDAY = date(2026, 11, 20)
HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(cast):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova, name="ООО «Вектор-Снаб»")
        SalesCycle.objects.filter(pk=cycle.pk).update(expected_amount=Decimal("960000"))
    with on(FRIDAY, 0, 20):
        flag_stagnant(day=FRIDAY)
    return RotationOrder.objects.get()


def other_than(cast, order):
    return cast.kuznetsova if order.suggested != cast.kuznetsova else cast.petrov


def test_the_head_sees_client_days_recipient_reason_and_the_excluded(cast, as_user, order):
    with on(FRIDAY, 8, 46):
        page = as_user(cast.volkov).get("/rotation/")
    text = page.content.decode()
    assert page.status_code == 200
    for words in ("ООО «Вектор-Снаб»", "960", order.suggested.short_name, "Мария Иванова", "Елена Смирнова"):
        assert words in text, words
    assert f"/rotation/{order.pk}/recipient/" in text
    assert "data-countdown" in text


def test_a_manager_sees_what_leaves_him_without_the_others_loads(cast, as_user, order):
    with on(FRIDAY, 8, 46):
        text = as_user(cast.ivanova).get("/rotation/").content.decode()
        assert "ООО «Вектор-Снаб»" in text
        assert "Елена Смирнова" not in text
        assert "/recipient/" not in text
        third = next(who for who in (cast.petrov, cast.kuznetsova) if who != order.suggested)
        assert "ООО «Вектор-Снаб»" not in as_user(third).get("/rotation/").content.decode()


def test_after_execution_the_old_owner_reads_the_name_but_has_no_link(cast, as_user, order):
    with on(FRIDAY, 9, 20):
        execute_rotations(day=FRIDAY)
        client = as_user(cast.ivanova)
        text = client.get("/rotation/history/").content.decode()
        assert "ООО «Вектор-Снаб»" in text
        assert f"/clients/{order.client_id}/" not in text
        order.refresh_from_db()
        assert f"/clients/{order.client_id}/" in as_user(order.recipient).get("/rotation/history/").content.decode()
        assert "ООО «Вектор-Снаб»" not in as_user(order.recipient).get("/rotation/").content.decode()


def test_the_other_department_sees_nothing_and_its_head_gets_404(cast, as_user, order):
    with on(FRIDAY, 8, 46):
        client = as_user(cast.boss)
        assert "ООО «Вектор-Снаб»" not in client.get("/rotation/").content.decode()
        url = f"/rotation/{order.pk}/recipient/"
        assert client.get(url).status_code == 404
        assert client.post(url, {"to": cast.petrov.pk, "version": 1}).status_code == 404
        assert as_user(cast.ivanova).get(url).status_code == 403
        assert as_user(cast.kuznetsova).get("/rotation/999999/recipient/").status_code == 404


@pytest.mark.parametrize("who", ["accountant", "quality", "admin"])
def test_roles_without_rotation_are_refused(cast, as_user, who):
    for url in ("/rotation/", "/rotation/history/", "/rotation/history/export/", "/rotation/settings/"):
        assert as_user(getattr(cast, who)).get(url).status_code == 403, url


def test_the_recipient_is_changed_in_a_dialog_and_the_second_head_is_told(cast, as_user, order):
    """Scenario: two heads with one order on two screens."""
    to = other_than(cast, order)
    url = f"/rotation/{order.pk}/recipient/"
    with on(FRIDAY, 9, 0):
        client = as_user(cast.volkov)
        shown = client.get(url, headers=HTMX).content.decode()
        assert f'value="{to.pk}"' in shown
        assert f'value="{cast.ivanova.pk}"' not in shown
        answer = client.post(url, {"to": to.pk, "version": 1}, headers=HTMX)
        assert answer.status_code == 204
        assert "rotationChanged" in answer.headers["HX-Trigger"]
        late = as_user(cast.director).post(url, {"to": cast.orlov.pk, "version": 1}, headers=HTMX)
        assert late.status_code == 409
        assert 'name="version" value="2"' in late.content.decode()
        order.refresh_from_db()
        assert (order.suggested, order.chosen_by) == (to, cast.volkov)
        refused = as_user(cast.volkov).post(url, {"to": cast.ivanova.pk, "version": 2})
        assert refused.status_code == 409
        assert as_user(cast.volkov).post(url, {"to": cast.belov.pk, "version": 2}).status_code == 422
        assert as_user(cast.volkov).post(url, {"to": "", "version": "x"}).status_code == 422
    with on(FRIDAY, 9, 20):
        assert as_user(cast.volkov).post(url, {"to": cast.orlov.pk, "version": 2}).status_code == 409
        execute_rotations(day=FRIDAY)
    order.refresh_from_db()
    assert order.recipient == to


def test_without_javascript_the_recipient_is_a_page_and_the_answer_leads_back(cast, as_user, order):
    url = f"/rotation/{order.pk}/recipient/"
    with on(FRIDAY, 9, 0):
        client = as_user(cast.volkov)
        assert client.get(url).status_code == 200
        answer = client.post(url, {"to": other_than(cast, order).pk, "version": 1})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/rotation/")


def test_there_is_no_address_that_cancels_or_postpones_a_rotation(cast, as_user, order):
    with on(FRIDAY, 9, 0):
        client = as_user(cast.director)
        for verb in ("cancel", "postpone", "delete"):
            assert client.post(f"/rotation/{order.pk}/{verb}/").status_code == 404
    order.refresh_from_db()
    assert order.status == "queued"


def test_the_director_releases_what_the_flood_guard_holds(cast, as_user, order):
    RotationOrder.objects.update(status="held")
    url = f"/rotation/release/{cast.sales.pk}/"
    with on(FRIDAY, 8, 0):
        assert url not in as_user(cast.volkov).get("/rotation/").content.decode()
        assert as_user(cast.volkov).post(url).status_code == 403
        assert as_user(cast.boss).post(url).status_code == 404
        client = as_user(cast.director)
        assert url in client.get("/rotation/").content.decode()
        assert client.post(url, headers=HTMX).status_code == 204
        assert client.post(url, headers=HTMX).status_code == 409
    order.refresh_from_db()
    assert order.status == "queued"


def test_the_director_sets_the_start_and_the_dry_run_shows_who_would_go(cast, as_user):
    cast.sales.rotation_starts_on = None
    cast.sales.save()
    with on(MONDAY):
        take(cast, cast.ivanova, name="ООО «Мир упаковки»")
    url = f"/rotation/settings/{cast.sales.pk}/"
    name = f"d{cast.sales.pk}-rotation_starts_on"
    with on(FRIDAY):
        assert "/rotation/settings/" in as_user(cast.volkov).get("/rotation/").content.decode()
        assert "ООО «Мир упаковки»" in as_user(cast.volkov).get("/rotation/settings/").content.decode()
        assert as_user(cast.volkov).post(url, {name: "2026-11-23"}).status_code == 403
        assert as_user(cast.ivanova).get("/rotation/settings/").status_code == 403
        client = as_user(cast.director)
        assert client.post(url, {name: "2026-11-19"}).status_code == 422
        assert client.post(url, {name: "не дата"}).status_code == 422
        assert client.post(url, {name: "2026-11-23"}).status_code == 303
    assert Department.objects.get(pk=cast.sales.pk).rotation_starts_on == date(2026, 11, 23)
    with on(date(2026, 11, 23)):
        assert as_user(cast.director).post(url, {name: "2026-12-01"}).status_code == 409


def test_the_history_is_exported_by_head_and_director_alone_and_signed(cast, as_user, order):
    SalesCycle.objects.update(expected_amount=None)
    order.client.name = "=2+2"
    order.client.save()
    with on(FRIDAY, 9, 20):
        execute_rotations(day=FRIDAY)
        answer = as_user(cast.volkov).get("/rotation/history/export/")
        assert as_user(cast.ivanova).get("/rotation/history/export/").status_code == 403
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.getvalue())).get_sheet_by_index(0).to_python()
    assert [row[1] for row in sheet[1:]] == ["=2+2"]
    event = AuditEvent.objects.get(action="rotation.export")
    assert (event.actor_id, event.after["rows"]) == (cast.volkov.pk, 1)


def test_history_is_filtered_by_colour_manager_status_and_period(cast, as_user, order):
    with on(FRIDAY, 9, 20):
        execute_rotations(day=FRIDAY)
        client = as_user(cast.volkov)

        def shows(query):
            return "ООО «Вектор-Снаб»" in client.get(f"/rotation/history/?{query}").content.decode()

        assert shows(f"colour=red&manager={cast.ivanova.pk}&status=executed&since=2026-11-20&until=2026-11-20")
        for query in ("colour=green", f"manager={cast.smirnova.pk}", "status=cancelled", "since=2026-11-21"):
            assert not shows(query), query
        assert shows("colour=pink&manager=abc&since=yesterday&cursor=xxx")


def test_queue_and_history_cost_the_same_for_three_rows_and_for_three_hundred(cast, as_user):
    def build(n):
        with on(MONDAY):
            for _ in range(n):
                take(cast, cast.ivanova)

    def cost(url):
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get(url).status_code == 200
        return len(found)

    cast.ivanova.worklist_cap = 90
    cast.ivanova.save()
    build(3)
    with on(FRIDAY, 0, 20):
        flag_stagnant(day=FRIDAY)
    client = as_user(cast.director)
    with on(FRIDAY, 8):
        client.get("/rotation/")
        few = [cost("/rotation/"), cost("/rotation/history/")]
        pattern = RotationOrder.objects.first()
        ownership = Ownership.objects.get(pk=pattern.ownership_id)
        for _ in range(99):
            for _each in range(3):
                make_order(cast, pattern, ownership)
        many = [cost("/rotation/"), cost("/rotation/history/")]
    assert many == few


def make_order(cast, pattern, ownership):
    """A queued order beside the others: rows written as the services write them, in bulk."""
    from tests.factories.work import make_client

    client = make_client(cast)
    client.owner, client.section, client.state = cast.ivanova, "in_work", "new"
    client.save()
    cycle = SalesCycle.objects.get(pk=pattern.cycle_id)
    cycle.pk, cycle.client = None, client
    cycle.save(force_insert=True)
    own = Ownership.objects.get(pk=ownership.pk)
    own.pk, own.client, own.cycle = None, client, cycle
    own.save(force_insert=True)
    order = RotationOrder.objects.get(pk=pattern.pk)
    order.pk, order.client, order.cycle, order.ownership = None, client, cycle, own
    order.save(force_insert=True)
