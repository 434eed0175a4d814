"""/audit/: filters, paging, words, export; how much it costs does not depend on how much there is."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.views import audit
from journal.models import AuditEvent
from journal.services import acting, draft, record, seal_audit
from tests.factories import ClientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_of_ivanova(cast):
    return ClientFactory(name="ООО «Еловый бор»", department=cast.sales, segment=cast.small)


@pytest.fixture
def log(cast, client_of_ivanova):
    """Three channels, three days, three people."""
    with acting(via="pbx", actor=cast.ivanova, request_id="aaaaaaaa-1"):
        record(
            action="contact.log",
            obj=client_of_ivanova,
            after={"owner": cast.ivanova.pk, "client": client_of_ivanova.pk},
        )
    with acting(via="api", actor=cast.belov, request_id="bbbbbbbb-2"):
        record(action="cycle.refuse", object_type="funnels.salescycle", object_id=5, object_name="Сосна")
    with acting(via="web", actor=cast.volkov, request_id="cccccccc-3"):
        record(action="client.edit", obj=client_of_ivanova, before={"name": "=cmd|'x'!A0"}, after={"name": "+7"})
        AuditEvent.objects.bulk_create(
            [
                draft(action="list.distribute", object_type="accounts.user", object_id=n, object_name=f"день {n}")
                for n in (1, 2)
            ]
        )
    return http_codes


def http_codes(http, **query) -> list[str]:
    return [row["code"] for row in http.get("/audit/", query).context["rows"]]


def test_each_filter_finds_its_own(cast, as_user, log, client_of_ivanova):
    http = as_user(cast.director)
    assert log(http, actor=cast.ivanova.last_name) == ["contact.log"]
    assert log(http, action="list.distribute") == ["list.distribute"] * 2
    assert log(http, action="cycle.") == ["cycle.refuse"]
    assert log(http, kind="clients.client") == ["client.edit", "contact.log"]
    assert log(http, kind="clients.client", object=str(client_of_ivanova.pk)) == ["client.edit", "contact.log"]
    assert log(http, object="еловый") == ["client.edit", "contact.log"]
    assert log(http, object="ел") == log(http), "two letters are no filter"
    assert log(http, via="api") == ["cycle.refuse"]
    assert log(http, request="cccccccc-3") == ["list.distribute"] * 2 + ["client.edit"]
    assert log(http, via="pbx", actor="belov") == []


def test_days_are_those_of_the_organisation(cast, as_user, time_machine):
    time_machine.move_to(datetime(2026, 11, 19, 21, 0, tzinfo=UTC), tick=False)  # 00:00 of the 20th in Moscow
    record(action="client.take", object_type="clients.client")
    time_machine.move_to(datetime(2026, 11, 20, 20, 59, 59, tzinfo=UTC), tick=False)
    record(action="client.edit", object_type="clients.client")
    time_machine.move_to(datetime(2026, 11, 20, 21, 0, tzinfo=UTC), tick=False)
    record(action="phone.add", object_type="clients.phone")
    http = as_user(cast.director)
    on_that_day = http_codes(http, day_from="2026-11-20", day_to="2026-11-20", kind="clients.client")
    assert on_that_day == ["client.edit", "client.take"]
    assert http_codes(http, day_from="2026-11-21", kind="clients.phone") == ["phone.add"]
    assert http_codes(http, day_to="2026-11-19", kind="clients.client") == []


def test_nothing_found_says_so(cast, as_user, log):
    page = as_user(cast.director).get("/audit/", {"via": "import"}).content.decode()
    assert "Под этот отбор ничего не подходит" in page


def test_a_row_is_read_in_words_and_leads_to_its_object_and_its_request(cast, as_user, log, client_of_ivanova):
    page = as_user(cast.director).get("/audit/", {"action": "contact.log"}).content.decode()
    assert "контакт записан" in page
    assert cast.ivanova.short_name in page
    assert f"?kind=clients.client&amp;object={client_of_ivanova.pk}" in page
    assert "?request=aaaaaaaa-1" in page


def test_a_head_reads_no_name_of_a_client_he_may_not_see(cast, as_user):
    foreign = ClientFactory(name="ООО «Чужая сосна»", department=cast.other, segment=cast.small)
    record(
        action="contact.log",
        object_type="funnels.contact",
        object_id=1,
        actor=cast.ivanova,
        after={"client": foreign.pk},
    )
    page = as_user(cast.volkov).get("/audit/", {"action": "contact.log"}).content.decode()
    assert "Чужая сосна" not in page
    assert f"№ {foreign.pk}" in page
    assert "Чужая сосна" in as_user(cast.director).get("/audit/", {"action": "contact.log"}).content.decode()


def test_the_cost_does_not_grow_with_the_log(cast, as_user, log, client_of_ivanova):
    http = as_user(cast.director)
    http.get("/audit/")

    def cost(query: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert http.get(f"/audit/?{query}").status_code == 200
        return len(queries)

    few = cost("kind=clients.client")
    people = [cast.ivanova, cast.petrov, cast.volkov]
    for n in range(60):
        record(
            action="client.edit",
            obj=client_of_ivanova,
            actor=people[n % 3],
            before={"owner": people[n % 3].pk},
            after={"owner": people[(n + 1) % 3].pk, "client": client_of_ivanova.pk},
        )
    assert cost("kind=clients.client") == few
    assert few <= 12


def test_the_log_says_up_to_when_it_is_sealed(cast, as_user, log):
    assert "Запечатано" not in as_user(cast.director).get("/audit/").content.decode()
    seal_audit(wait=0)
    assert "Запечатано" in as_user(cast.director).get("/audit/").content.decode()


# Export


def exported(response) -> list[list[str]]:
    text = response.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_the_export_holds_what_the_filter_shows_and_no_formula(cast, as_user, log):
    response = as_user(cast.director).get("/audit/?kind=clients.client&csv=1")
    assert response["Content-Type"].startswith("text/csv")
    assert "attachment" in response["Content-Disposition"]
    head, *rows = exported(response)
    assert head[0] == "Когда"
    assert [row[3] for row in rows] == ["карточка изменена", "контакт записан"]
    for row in rows:
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    event = AuditEvent.objects.get(action="journal.export")
    assert (event.actor_login, event.via, event.after["rows"]) == ("director", "web", 2)
    assert event.after["filter"] == {"kind": "clients.client"}


def test_an_administrator_exports_nothing(cast, as_user, log):
    response = as_user(cast.admin).get("/audit/?csv=1")
    assert response.status_code == 403
    assert not AuditEvent.objects.filter(action="journal.export").exists()
    assert "csv=1" not in as_user(cast.admin).get("/audit/").content.decode()


def test_a_head_exports_the_acts_of_his_people_only(cast, as_user, log):
    _head, *rows = exported(as_user(cast.volkov).get("/audit/?csv=1"))
    assert {row[1] for row in rows} <= {"ivanova", "petrov", "volkov"}
    assert "cycle.refuse" not in str(rows) and "belov" not in str(rows)


def test_too_much_is_not_exported(cast, as_user, log, monkeypatch):
    monkeypatch.setattr(audit, "EXPORT_MOST", 2)
    http = as_user(cast.director)
    response = http.get("/audit/?csv=1&kind=clients.client", follow=True)
    assert len(exported(http.get("/audit/?csv=1&kind=clients.client"))) == 3, "two acts and the head of the table"
    response = http.get("/audit/?csv=1", follow=True)
    assert "Больше 2 действий" in response.content.decode()
    assert AuditEvent.objects.filter(action="journal.export").count() == 2
