"""Aggregates add up, and a list costs the same with three rows and with three hundred."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from common import clock
from deals.models import Offer
from funnels.models import Contact, RotationOrder, Task
from planning.models import MonthTarget
from tests.api.conftest import DAY
from tests.factories.money import open_cycle, paid
from tests.factories.work import take


def test_the_department_is_the_sum_of_its_people(cast, calls_as):
    for owner, colour, amount in [
        (cast.ivanova, "green", "100000.50"),
        (cast.ivanova, "red", None),
        (cast.petrov, "yellow", "20000"),
        (cast.volkov, "red", "1"),
        (cast.belov, "green", "5"),
    ]:
        open_cycle(cast, owner, colour, expected_amount=amount and Decimal(amount))
    body = calls_as(cast.volkov).get("lights/").json()
    assert [one["department"] for one in body["departments"]] == [cast.sales.pk]
    sales = body["departments"][0]
    for colour in ("green", "yellow", "red"):
        assert sales[colour]["count"] == sum(row[colour]["count"] for row in sales["people"])
        amounts = [Decimal(row[colour]["amount"]) for row in sales["people"]]
        assert Decimal(sales[colour]["amount"]) == sum(amounts)
    assert (sales["count"], sales["amount"]) == (4, "120001.50")
    assert {row["user"]: row["is_reserve"] for row in sales["people"]}[cast.volkov.pk] is True
    both = calls_as(cast.director).get("lights/").json()["departments"]
    assert sum(one["count"] for one in both) == 5
    assert calls_as(cast.volkov).get("lights/", department=cast.other.pk).status_code == 404
    for person in (cast.ivanova, cast.accountant, cast.admin, cast.quality):
        assert calls_as(person).get("lights/").status_code == 404


def test_plan_and_fact_are_told_to_the_kopeck_and_to_those_they_concern(cast, calls_as):
    MonthTarget.objects.create(
        department=cast.sales,
        user=cast.ivanova,
        month=date(2026, 3, 1),
        amount=Decimal("1000000.00"),
        created_by=cast.volkov,
        created_at=clock.now(),
    )
    paid(cast, cast.ivanova, "250000.25", date(2026, 3, 5))
    paid(cast, cast.petrov, "10", date(2026, 3, 5))
    mine = calls_as(cast.ivanova).get("plan-fact/").json()
    assert (mine["user"], mine["figures"]["plan"], mine["figures"]["fact"]) == (
        cast.ivanova.pk,
        "1000000.00",
        "250000.25",
    )
    assert [row["user"] for row in mine["people"]] == [cast.ivanova.pk]
    whole = calls_as(cast.volkov).get("plan-fact/", period="month").json()
    assert whole["figures"]["fact"] == "250010.25"
    assert sum(Decimal(row["fact"]) for row in whole["people"]) == Decimal(whole["figures"]["fact"])
    for period in ("year", "half", "quarter", "week", "triad", "day"):
        assert calls_as(cast.volkov).get("plan-fact/", period=period).status_code == 200
    assert calls_as(cast.ivanova).get("plan-fact/", user=cast.petrov.pk).status_code == 404
    assert calls_as(cast.volkov).get("plan-fact/", user=cast.belov.pk).status_code == 404
    assert calls_as(cast.volkov).get("plan-fact/", department=cast.other.pk).status_code == 404
    assert calls_as(cast.accountant).get("plan-fact/").status_code == 404


def _copied(row, **changed):
    """The same row once more, not written yet."""
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**{**fields, row._meta.pk.attname: None, **changed})


def _more(cast, many: int) -> None:
    """Rows of every list."""
    pattern = take(cast, cast.ivanova)
    client, held, now = pattern.client, pattern.ownerships.get(), clock.now()
    names = [f"клиент {number}" for number in range(many)]
    clients = Client.objects.bulk_create(_copied(client, inn="", name=name, sort_key=name) for name in names)
    cycles = type(pattern).objects.bulk_create(_copied(pattern, client_id=one.pk) for one in clients)
    ownerships = type(held).objects.bulk_create(
        _copied(held, client_id=one.client_id, cycle_id=one.pk) for one in cycles
    )
    said = {"user": cast.ivanova, "kind": "call", "at": now, "day": DAY, "result": "talked", "recorded_at": now}
    Contact.objects.bulk_create(Contact(client_id=one.client_id, cycle=one, **said) for one in cycles)
    due = {"assignee": cast.ivanova, "text": "x", "due_at": now, "created_at": now}
    Task.objects.bulk_create(Task(client=one, **due) for one in clients)
    RotationOrder.objects.bulk_create(
        RotationOrder(
            department=cast.sales,
            client_id=one.client_id,
            cycle_id=one.cycle_id,
            ownership=one,
            old_owner=cast.ivanova,
            suggested=cast.petrov,
            colour="red",
            age=11,
            flagged_on=DAY,
            execute_on=DAY,
            created_at=now,
        )
        for one in ownerships
    )
    first = 1000 + Offer.objects.count()
    sent = {"amount": 1, "year": 2026, "sent_on": DAY, "created_at": now, "created_by": cast.ivanova}
    Offer.objects.bulk_create(
        Offer(client=client, cycle=pattern, number=first + number, **sent) for number in range(many)
    )


PAGED = ["clients/", "contacts/", "cycles/", "tasks/", "rotation-orders/", "users/"]


def test_queries_do_not_grow_with_the_rows(cast, calls_as):
    caller = calls_as(cast.volkov)
    counts: dict[str, list[int]] = {}
    for many in (3, 297):
        _more(cast, many)
        asked = {path: {"page_size": 200} for path in PAGED} | {"lights/": {}, "plan-fact/": {}}
        asked[f"cycles/{Offer.objects.latest('pk').cycle_id}/offers/"] = {"page_size": 200}
        for path, query in asked.items():
            caller.get(path, **query)
            with CaptureQueriesContext(connection) as found:
                response = caller.get(path, **query)
            assert response.status_code == 200
            rows = response.json().get("results")
            assert rows is None or path == "users/" or len(rows) >= min(many, 200), path
            counts.setdefault("offers" if "offers" in path else path, []).append(len(found))
    assert all(few == lots <= 14 for few, lots in counts.values()), counts


def test_the_schema_is_told_and_names_the_problem_form(cast, calls_as):
    response = calls_as(cast.ivanova).get("schema/", format="json")
    schema = response.json()
    assert schema["openapi"].startswith("3.1")
    assert any(path.endswith("/take/") for path in schema["paths"])
    for path, operations in schema["paths"].items():
        for verb, operation in operations.items():
            if "/telephony/" not in path and verb in ("get", "post", "patch"):
                assert "application/problem+json" in operation["responses"]["404"]["content"], path
