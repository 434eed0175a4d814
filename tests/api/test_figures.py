"""Aggregates add up, and a list costs the same with three rows and with three hundred."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
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


def _more(cast, many: int) -> None:
    """Rows of every list, written in bulk."""
    pattern = take(cast, cast.ivanova)
    client, ownership = pattern.client, pattern.ownerships.get()
    for number in range(many):
        copy = Client.objects.get(pk=client.pk)
        copy.pk, copy.inn = None, ""
        copy.name = copy.sort_key = f"клиент {number}"
        copy._state.adding = True
        copy.save()
        cycle = pattern.__class__.objects.get(pk=pattern.pk)
        cycle.pk, cycle.client = None, copy
        cycle._state.adding = True
        cycle.save()
        held = ownership.__class__.objects.get(pk=ownership.pk)
        held.pk, held.client, held.cycle = None, copy, cycle
        held._state.adding = True
        held.save()
        RotationOrder.objects.create(
            department=cast.sales,
            client=copy,
            cycle=cycle,
            ownership=held,
            old_owner=cast.ivanova,
            suggested=cast.petrov,
            colour="red",
            age=11,
            flagged_on=DAY,
            execute_on=DAY,
            created_at=clock.now(),
        )
        Contact.objects.create(
            client=copy,
            cycle=cycle,
            user=cast.ivanova,
            kind="call",
            at=clock.now(),
            day=DAY,
            result="talked",
            recorded_at=clock.now(),
        )
        Task.objects.create(client=copy, assignee=cast.ivanova, text="x", due_at=clock.now(), created_at=clock.now())
        Offer.objects.create(
            client=client,
            cycle=pattern,
            amount=1,
            number=1000 + Offer.objects.count(),
            year=2026,
            sent_on=DAY,
            created_at=clock.now(),
            created_by=cast.ivanova,
        )


@pytest.mark.parametrize(
    "path",
    ["clients/", "contacts/", "cycles/", "tasks/", "rotation-orders/", "users/", "lights/", "plan-fact/", "offers"],
)
def test_queries_do_not_grow_with_the_rows(cast, calls_as, path):
    caller = calls_as(cast.volkov)
    counts = []
    for many in (3, 297):
        _more(cast, many)
        first = take(cast, cast.petrov) if path == "offers" else None
        address = f"cycles/{Offer.objects.first().cycle_id}/offers/" if first else path
        query = {} if path in ("lights/", "plan-fact/") else {"page_size": 200}
        caller.get(address, **query)
        with CaptureQueriesContext(connection) as found:
            response = caller.get(address, **query)
        assert response.status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1] <= 14, counts


def test_the_schema_is_told_and_names_the_problem_form(cast, calls_as):
    response = calls_as(cast.ivanova).get("schema/", format="json")
    schema = response.json()
    assert schema["openapi"].startswith("3.1")
    assert any(path.endswith("/take/") for path in schema["paths"])
    for path, operations in schema["paths"].items():
        for verb, operation in operations.items():
            if "/telephony/" not in path and verb in ("get", "post", "patch"):
                assert "application/problem+json" in operation["responses"]["404"]["content"], path
