"""Whatever people do, the house's laws hold (R-S0-P4, R-S0-P8): checked over random sequences of real acts."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common import clock
from common.errors import ActError
from funnels.models import ColourChange, Ownership, RotationOrder, SalesCycle
from funnels.selectors import Funnel, department_funnel, individual_funnels
from funnels.services import (
    agree_terms,
    park,
    plan_sale,
    recheck_colours,
    record_fact,
    refuse,
    revoke_fact,
    take_into_work,
    transfer,
    verdict_of,
)
from tests.factories.work import answer, call, dm_of, invoice, make_client, make_template, offer, on

START = date(2026, 11, 9)

ACTS = [
    "take", "call", "meeting", "answer", "offer", "discuss", "terms", "invoice", "pay", "return", "plan", "refuse", "park",
    "transfer", "night", "wait",
]  # fmt: skip
steps = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 2), st.integers(1, 40)), min_size=3, max_size=25)


class Undo(Exception):
    pass


@pytest.mark.django_db
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
@given(plan=steps)
def test_laws_hold_after_every_act(cast, plan):
    try:
        with transaction.atomic():
            _live(cast, plan)
            raise Undo
    except Undo:
        return


def _live(cast, plan):
    make_template(2)
    clients = [make_client(cast) for _ in range(3)]
    people = [cast.ivanova, cast.petrov, cast.volkov]
    day = START
    for act, who, number in plan:
        if act == "wait":
            day += timedelta(days=number % 6)
        with on(day):
            before = list(SalesCycle.objects.open().values_list("pk", "colour"))
            changes = ColourChange.objects.count()
            with suppress(ActError), transaction.atomic():  # a refused act must leave nothing behind
                _act(cast, act, clients[who], people[number % 3], number, day)
            _check_laws(cast, day, before, changes)


def _act(cast, act, client, person, number, day):
    client.refresh_from_db()
    cycle = SalesCycle.objects.open().filter(client=client).first()
    if act == "take":
        take_into_work(client=client, owner=person, actor=cast.volkov)
    elif act == "night":
        recheck_colours(day=day)
    elif cycle is None or act == "wait":
        return
    elif act == "call":
        call(cycle)
    elif act == "meeting":
        call(
            cycle,
            kind="meeting",
            has_interest=True,
            progress_kind="survey",
            progress_due_on=day + timedelta(days=number % 25),
        )
    elif act == "answer":
        answer(cycle, 2)
    elif act == "offer":
        offer(cycle)
    elif act == "discuss":
        call(
            cycle,
            kind="visit",
            is_offer_discussed=True,
            progress_kind="survey",
            progress_due_on=day + timedelta(days=9),
        )
    elif act == "terms":
        agree_terms(
            cycle=cycle,
            actor=cycle.owner,
            amount=Decimal(number),
            pay_on=day + timedelta(days=number),
            person=dm_of(client),
        )
    elif act == "invoice":
        invoice(cycle, due=day + timedelta(days=number % 9), number=number)
    elif act == "pay":
        record_fact(
            cycle=cycle,
            kind="payment",
            on=day,
            amount=Decimal(number * 1000),
            evidence_type="payment",
            evidence_id=1,
            actor=None,
        )
    elif act == "return":
        fact = cycle.facts.filter(kind="payment", revokes__isnull=True, revoked_by__isnull=True).first()
        if fact is not None:
            revoke_fact(fact=fact, actor=None)
    elif act == "plan":
        plan_sale(cycle=cycle, actor=cycle.owner, amount=Decimal(number * 900), pay_on=day + timedelta(days=number))
    elif act == "refuse":
        refuse(cycle=cycle, actor=cycle.owner, reason="no_money" if number % 2 else "not_ours")
    elif act == "park":
        park(cycle=cycle, actor=cycle.owner, contact_on=day + timedelta(days=number))
    elif act == "transfer":
        transfer(cycle=cycle, to=person, actor=cast.volkov)


def _check_laws(cast, day, before, changes):
    assert day == clock.today()
    total = sum(individual_funnels([cast.sales.pk]).values(), Funnel())
    assert total == department_funnel([cast.sales.pk]), "the department is the sum of its people, in count and money"
    for cycle in SalesCycle.objects.open().select_related("client"):
        owners = Ownership.objects.open().filter(cycle=cycle)
        assert [item.user_id for item in owners] == [cycle.owner_id] == [cycle.client.owner_id]
        due = cycle.recheck_on is not None and cycle.recheck_on <= day
        if not due:  # the night has not re-asked it yet
            assert cycle.colour == str(verdict_of(cycle, day).colour)
    for cycle in SalesCycle.objects.filter(closed_at__isnull=False):
        assert (cycle.colour, cycle.owner_id) == ("none", None)
        assert not RotationOrder.objects.open().filter(cycle=cycle).exists()
    now = dict(SalesCycle.objects.values_list("pk", "colour"))
    moved = [pk for pk, colour in before if now[pk] != colour]
    fresh = ColourChange.objects.order_by("pk")[changes:]
    assert set(moved) <= {change.cycle_id for change in fresh}, "no colour changes without a rule in the history"
    assert all(change.rule.startswith("R") for change in fresh)
