"""The deal term (R-S2-8, scenario 14), the recall, the audit of lists (scenario 35) and the daily alerts."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.models import Absence
from clients.choices import Section
from clients.models import Client, RetakeBan
from common import clock
from common.errors import Conflict
from funnels.models import Contact, Movement, Ownership, SalesCycle, Task
from funnels.rules import WorklistRow, flags_of, worklist_index
from funnels.services import (
    alert_low_worklists,
    alert_no_movement,
    audit_of,
    audit_worklists,
    create_task,
    expire_terms,
    flag_stagnant,
    take_into_work,
)
from notifications.models import Notice
from tests.factories.work import call, invoice, make_client, on, take

START = date(2026, 11, 9)
LAST = date(2026, 12, 9)  # day 30
EXIT = date(2026, 12, 10)

pytestmark = pytest.mark.django_db


def night(day):
    with on(day, 0, 15):
        return expire_terms(day=day)


def fresh(cycle):
    return SalesCycle.objects.select_related("client").get(pk=cycle.pk)


@pytest.fixture
def cycle(cast):
    with on(START):
        return take(cast, cast.ivanova)


def test_a_client_once_yellow_goes_to_the_strategic_archive_on_day_thirty_one(cast, cycle):
    """Scenario 14, first half."""
    SalesCycle.objects.filter(pk=cycle.pk).update(state="c3", best_rank=2)
    assert night(LAST)["expired"] == 0
    assert fresh(cycle).is_open
    assert night(EXIT)["expired"] == 1
    assert night(EXIT)["expired"] == 0
    cycle = fresh(cycle)
    client = cycle.client
    assert (cycle.outcome, cycle.owner_id, cycle.colour, client.owner_id) == ("expired", None, "none", None)
    assert (client.section, client.recall_on, client.state) == (Section.STRATEGIC, date(2027, 1, 9), "reserve")
    assert RetakeBan.objects.get(client=client).user == cast.ivanova
    assert not Ownership.objects.open().filter(client=client).exists()


def test_a_client_never_above_red_goes_to_soft_refusal_with_a_recall_in_ninety_days(cast, cycle):
    """Scenario 14, second half; he who lost it may not take it back for 180 days."""
    night(EXIT)
    client = fresh(cycle).client
    assert (client.section, client.recall_on, client.state) == (Section.SOFT_REFUSAL, date(2027, 3, 10), "refusal")
    due = date(2027, 3, 10)
    assert night(due - timedelta(days=1))["recall"] == 0
    assert night(due)["recall"] == 1
    assert night(due)["recall"] == 0
    client.refresh_from_db()
    assert (client.state, client.section) == ("recall", Section.SOFT_REFUSAL)
    with on(due):
        assert Client.objects.visible_to(cast.petrov).filter(pk=client.pk).exists()
        assert not Client.objects.visible_to(cast.ivanova).filter(pk=client.pk).exists()
        with pytest.raises(Conflict):
            take_into_work(client=client, owner=cast.ivanova, actor=cast.ivanova)
        assert take_into_work(client=client, owner=cast.petrov, actor=cast.petrov).owner == cast.petrov


def test_a_client_marked_not_ours_goes_to_hard_refusal(cast, cycle):
    Client.objects.filter(pk=cycle.client_id).update(size="not_ours")
    night(EXIT)
    client = fresh(cycle).client
    assert (client.section, client.recall_on) == (Section.HARD_REFUSAL, None)


@pytest.mark.parametrize(
    "values",
    [{"state": "deal"}, {"paid_amount": Decimal(1)}, {"has_open_invoice": True}, {"contract_amount": Decimal(5)}],
)
def test_a_deal_or_a_binding_document_has_no_term(cast, cycle, values):
    SalesCycle.objects.filter(pk=cycle.pk).update(**values)
    assert night(EXIT) == {"expired": 0, "warned": 0, "recall": 0}
    assert fresh(cycle).is_open


def test_the_term_is_told_three_days_before_and_on_the_last_day_once(cast, cycle):
    for day in (START + timedelta(days=n) for n in range(25, 31)):
        night(day)
        night(day)
    keys = sorted(Notice.objects.filter(key__startswith="term").values_list("key", flat=True))
    pk = cycle.pk
    assert keys == sorted(
        [f"term0:{pk}:{cast.ivanova.pk}", f"term0:{pk}:{cast.volkov.pk}", f"term3:{pk}:{cast.ivanova.pk}"]
    )
    three = Notice.objects.get(key__startswith="term3")
    assert three.created_at.date() == date(2026, 12, 5)


def test_an_expired_term_cancels_a_queued_rotation(cast, cycle):
    Ownership.objects.filter(cycle=cycle).update(flag_on=LAST)
    with on(LAST, 0, 20):
        flag_stagnant(day=LAST)
    night(EXIT)
    order = cycle.rotation_orders.get()
    assert (order.status, order.outcome_code) == ("cancelled", "term")


def test_departments_without_rotation_lose_nobody_by_term(cast, cycle):
    cast.sales.rotation_starts_on = None
    cast.sales.save()
    assert night(date(2027, 2, 1))["expired"] == 0


def test_sixty_six_of_seventy_in_order_is_an_index_of_94_29():
    """Scenario 35, the arithmetic: 3 without next action, 2 overdue, 1 both."""
    rows = [WorklistRow(client_id=n, state="new") for n in range(66)]
    rows += [WorklistRow(client_id=n, state="new", has_next_action=False) for n in (66, 67)]
    rows += [WorklistRow(client_id=68, state="new", has_next_action=False, has_overdue_task=True)]
    rows += [WorklistRow(client_id=69, state="new", has_overdue_task=True)]
    index = worklist_index(rows)
    assert (index.clients, index.clean, index.percent, index.is_below) == (70, 66, Decimal("94.29"), True)
    assert index.flagged == {"no_next_action": 3, "overdue_task": 2}
    assert worklist_index([]).percent == Decimal(100)
    assert not worklist_index(rows[:19] * 5 + rows[66:67] * 5).is_below  # 95 of 100 is still good


def test_a_state_without_its_facts_is_out_of_step():
    assert flags_of(WorklistRow(client_id=1, state="c3", fact_kinds=frozenset({"first_contact"}))) == ("step_order",)
    kinds = frozenset({"first_contact", "offer_sent"})
    assert flags_of(WorklistRow(client_id=1, state="c3", fact_kinds=kinds, has_required_fields=False)) == (
        "missing_required",
    )


def test_a_list_below_95_percent_is_told_to_the_head_once(cast):
    """Scenario 35 on real rows."""
    with on(START):
        cycles = [take(cast, cast.ivanova) for _ in range(70)]
        tomorrow = clock.local_moment(START + timedelta(days=30), clock.now().time())
        SalesCycle.objects.update(next_step_at=tomorrow)
        SalesCycle.objects.filter(pk__in=[each.pk for each in cycles[:3]]).update(next_step_at=None)
        for each in cycles[2:4]:
            create_task(
                kind="other", text="Отправить прайс", due_at=clock.now(), assignee=cast.ivanova, client=each.client
            )
    day = START + timedelta(days=1)
    with on(day, 0, 50):
        index = audit_of(cast.ivanova, day)
        assert (index.clean, index.percent) == (66, Decimal("94.29"))
        assert audit_worklists(day=day) == {"lists": 1, "below": 1}
        audit_worklists(day=day)
    notice = Notice.objects.get(key__startswith=f"audit:{cast.ivanova.pk}:")
    assert notice.recipient == cast.volkov
    assert "94" in notice.text


def test_hunters_below_fifty_are_asked_for_more_and_interns_are_not(cast):
    """Scenario 13, second half."""
    with on(START):
        for _ in range(49):
            take(cast, cast.ivanova)
        for _ in range(50):
            take(cast, cast.petrov)
        Absence.objects.create(
            user=cast.kuznetsova, starts_on=START, ends_on=START, deputy=cast.petrov, created_at=clock.now()
        )
    for hour in (9, 10):
        with on(START, hour):
            alert_low_worklists(day=START)
    told = Notice.objects.filter(key__startswith="low-list:")
    assert {notice.recipient for notice in told} == {cast.ivanova, cast.belov}
    assert "1" in told.get(recipient=cast.ivanova).text
    with on(date(2026, 11, 14), 9):
        assert alert_low_worklists(day=date(2026, 11, 14)) == {"told": 0}


def test_a_day_without_an_upgrade_is_told_to_the_seller_and_the_head(cast):
    with on(START):
        take(cast, cast.ivanova)
        moved = take(cast, cast.petrov)
        call(moved)
        invoice(fresh(moved), due=START + timedelta(days=5))
    assert Movement.objects.get().user == cast.petrov
    for _twice in range(2):
        with on(START, 16):
            alert_no_movement(day=START)
    told = Notice.objects.filter(key__startswith="no-movement:")
    assert {notice.recipient for notice in told} == {cast.ivanova, cast.volkov}
    assert Contact.objects.count() == 1
    assert not Task.objects.filter(kind="head_decision").exists()


def test_the_ninety_first_client_is_refused(cast):
    """Scenario 13, first half."""
    with on(START):
        for _ in range(90):
            take(cast, cast.ivanova)
        client = make_client(cast)
        with pytest.raises(Conflict) as refused:
            take_into_work(client=client, owner=cast.ivanova, actor=cast.ivanova)
    assert refused.value.code == "worklist_full"
