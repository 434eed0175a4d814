"""Reference values: proposed by what the best did, in force only after approval, from the next month (R-S0-A5)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from common.errors import Conflict, Invalid, NotAllowed
from funnels.models import Ownership, SalesCycle
from kpi.calculator import Kpi
from kpi.models import Norm, ReferenceKPI
from kpi.selectors import references_on
from kpi.services import approve_references, propose_now, propose_references, set_reference
from tests.factories.cast import make_user
from tests.factories.clients import ClientFactory
from tests.factories.work import on

TODAY = date(2026, 12, 1)
JANUARY = date(2027, 1, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def first_of_month():
    with on(TODAY, 9):
        yield


def finished(cast, user, won, of=30):
    """So many sales that ended in November, `won` of them paid with 100 000 ₽."""
    at = datetime(2026, 11, 16, 9, tzinfo=UTC)
    clients = [
        ClientFactory(department=user.department, segment=cast.medium, section="call_base", name=f"{user.login} {n}")
        for n in range(of)
    ]
    cycles = SalesCycle.objects.bulk_create(
        SalesCycle(
            client=client, segment=cast.medium, opened_on=date(2026, 10, 5), opened_at=at, closed_on=at.date(),
            closed_at=at, outcome="won" if n < won else "lost", refusal_reason="" if n < won else "no_money",
            state="customer" if n < won else "refusal", state_since=at.date(), colour="none",
            paid_amount=Decimal("100000") if n < won else Decimal(0),
        )
        for n, client in enumerate(clients)
    )  # fmt: skip
    Ownership.objects.bulk_create(
        Ownership(
            client=cycle.client, cycle=cycle, user=user, reason="take", started_on=date(2026, 10, 5),
            started_at=at - timedelta(days=42), ended_on=at.date(), ended_at=at, clock_started_on=date(2026, 10, 5),
            state_started_on=date(2026, 10, 5),
        )
        for cycle in cycles
    )  # fmt: skip


def four_hunters(cast):
    fourth = make_user("sidorov", "hunter", cast.sales)
    for user, won in ((cast.ivanova, 12), (cast.petrov, 9), (cast.kuznetsova, 6), (fourth, 15)):
        finished(cast, user, won)
    return fourth


def conversion(cast, day):
    return references_on(department_id=cast.sales.pk, day=day).value(Kpi.CONVERSION, "hunter", cast.medium.pk)


def test_the_best_quarter_is_proposed_and_nothing_changes_until_it_is_approved(cast):
    best = four_hunters(cast)
    assert propose_references(day=TODAY)["departments"] == 2
    assert propose_references(day=date(2026, 12, 2)) == {"departments": 0, "proposed": 0}
    row = ReferenceKPI.objects.get(kpi="conversion", role="hunter", segment=cast.medium)
    assert (row.value, row.source, row.valid_from) == (Decimal("0.500000"), "own", JANUARY)
    assert row.basis == {"best": [best.pk], "judged": 4, "is_bounded": False}
    assert conversion(cast, JANUARY).source == "default"
    approve_references(department=cast.sales, ids=[row.pk], actor=cast.volkov)
    assert conversion(cast, date(2026, 12, 31)).source == "default"
    assert (conversion(cast, JANUARY).value, conversion(cast, JANUARY).source) == (Decimal("0.5"), "own")
    # what is in force already is not proposed again
    assert "conversion" not in {row.kpi for row in propose_now(department=cast.sales, actor=cast.volkov)}


def test_three_managers_are_luck(cast):
    for user in (cast.ivanova, cast.petrov, cast.kuznetsova):
        finished(cast, user, 15)
    assert propose_now(department=cast.sales, actor=cast.volkov) == []
    assert not ReferenceKPI.objects.exists()


def test_a_proposal_is_approved_once_by_the_head_or_the_director_before_its_month(cast):
    four_hunters(cast)
    rows = propose_now(department=cast.sales, actor=cast.director)
    ids = [row.pk for row in rows]
    for person in (cast.boss, cast.ivanova, cast.admin, cast.accountant):
        with pytest.raises(NotAllowed):
            approve_references(department=cast.sales, ids=ids, actor=person)
        with pytest.raises(NotAllowed):
            propose_now(department=cast.sales, actor=person)
    with pytest.raises(Conflict):
        approve_references(department=cast.other, ids=ids, actor=cast.boss)
    with pytest.raises(Invalid):
        approve_references(department=cast.sales, ids=[], actor=cast.volkov)
    with on(JANUARY, 9), pytest.raises(Conflict):
        approve_references(department=cast.sales, ids=ids, actor=cast.volkov)
    assert not ReferenceKPI.objects.filter(approved_at__isnull=False).exists()
    approve_references(department=cast.sales, ids=ids, actor=cast.director)
    for act in (lambda: ReferenceKPI.objects.update(value=1), lambda: ReferenceKPI.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_a_value_set_by_hand_needs_a_reason_and_stays_inside_the_bounds(cast):
    common = {"department": cast.sales, "role": "hunter", "actor": cast.volkov}
    calls = set_reference(**common, kpi="productive_calls", value=Decimal(70), reason="новый скрипт")
    assert (calls.source, calls.valid_from, calls.approved_by) == ("set", JANUARY, cast.volkov)
    cards = set_reference(**common, kpi="card_completeness", value=Decimal("0.9"), reason="импорт базы")
    assert Norm.objects.get() == cards
    found = references_on(department_id=cast.sales.pk, day=JANUARY)
    assert found.value(Kpi.PRODUCTIVE_CALLS, "hunter").value == 70
    assert found.value(Kpi.CARD_COMPLETENESS, "hunter").value == Decimal("0.9")
    assert found.value(Kpi.PRODUCTIVE_CALLS, "intern").value == 60
    today = references_on(department_id=cast.sales.pk, day=TODAY)
    assert today.value(Kpi.PRODUCTIVE_CALLS, "hunter").value == 60
    wrong = [
        ({"kpi": "conversion", "segment": cast.medium, "value": Decimal("0.19")}, "value"),
        ({"kpi": "t_red", "segment": cast.medium, "value": Decimal(11)}, "value"),
        ({"kpi": "p_red", "segment": cast.medium, "value": Decimal("1.01")}, "value"),
        ({"kpi": "offers", "value": Decimal(-1)}, "value"),
        ({"kpi": "violations", "value": Decimal(1)}, "kpi"),
        ({"kpi": "luck", "value": Decimal(1)}, "kpi"),
        ({"kpi": "p_red", "value": Decimal("0.5")}, "segment"),
        ({"kpi": "offers", "segment": cast.medium, "value": Decimal(5)}, "segment"),
    ]
    for fields, name in wrong:
        with pytest.raises(Invalid) as refused:
            set_reference(**common, **fields, reason="проба")
        assert set(refused.value.fields) == {name}, fields
    with pytest.raises(Invalid):
        set_reference(**common, kpi="offers", value=Decimal(5), reason=" ")
    with pytest.raises(NotAllowed):
        set_reference(**{**common, "actor": cast.boss}, kpi="offers", value=Decimal(5), reason="чужой отдел")
