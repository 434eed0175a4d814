"""The way of one client through the funnel, act by act (domain 1.2–2.4)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from clients.choices import Section
from clients.models import RetakeBan
from common import clock
from common.errors import Conflict, GuardFailed, Invalid, NotAllowed
from funnels.models import ColourChange, Contact, Movement, Ownership, SalesCycle, Task
from funnels.services import (
    ContactData,
    accept_handover,
    advance,
    agree_terms,
    correct_state,
    log_contact,
    park,
    plan_sale,
    recheck_colours,
    record_fact,
    refuse,
    revoke_fact,
    set_money,
    set_next_step,
    sign_closing,
    take_into_work,
    transfer,
)
from journal.models import AuditEvent
from tests.factories.work import answer, at, call, dm_of, invoice, make_client, make_template, offer, on, take

MONDAY = date(2026, 11, 9)

pytestmark = pytest.mark.django_db


def fresh(cycle):
    return SalesCycle.objects.select_related("client", "owner").get(pk=cycle.pk)


def clock_of(cycle):
    return Ownership.objects.open().get(cycle=cycle)


def test_taking_a_client_opens_a_red_cycle_with_both_clocks_and_the_term(cast):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    client = cycle.client
    assert (client.section, client.state, client.owner) == (Section.IN_WORK, "new", cast.ivanova)
    assert (cycle.colour, cycle.colour_rule, cycle.term_ends_on) == ("red", "R10", date(2026, 12, 9))
    ownership = clock_of(cycle)
    assert (ownership.warn_on, ownership.last_day_on, ownership.flag_on) == (
        date(2026, 11, 16),
        date(2026, 11, 19),
        date(2026, 11, 20),
    )
    assert AuditEvent.objects.filter(action="client.take", object_id=client.pk).count() == 1


def test_a_card_without_size_category_and_phone_is_not_taken_and_the_list_says_why(cast):
    client = make_client(cast, size="")
    client.phones.all().delete()
    with pytest.raises(GuardFailed) as refused:
        take_into_work(client=client, owner=cast.ivanova, actor=cast.ivanova)
    assert [item.code for item in refused.value.missing] == ["missing_phone_or_email", "missing_size"]
    assert not SalesCycle.objects.exists()


def test_a_taken_client_cannot_be_taken_by_another(cast):
    cycle = take(cast, cast.ivanova)
    with pytest.raises(Conflict) as refused:
        take_into_work(client=cycle.client, owner=cast.petrov, actor=cast.petrov)
    assert refused.value.code == "already_in_work"


def test_the_ninety_first_client_is_refused(cast):
    for _ in range(50):
        take(cast, cast.orlov)  # an intern's cap is 50
    with pytest.raises(Conflict) as refused:
        take(cast, cast.orlov)
    assert refused.value.code == "worklist_full"
    assert SalesCycle.objects.open().filter(owner=cast.orlov).count() == 50


def test_a_manager_does_not_take_for_another_nor_from_another_department(cast):
    with pytest.raises(NotAllowed):
        take_into_work(client=make_client(cast), owner=cast.petrov, actor=cast.ivanova)
    with pytest.raises(NotAllowed):
        take_into_work(client=make_client(cast, department=cast.other), owner=cast.ivanova, actor=cast.ivanova)


def test_a_productive_call_with_a_next_step_moves_to_contact_one_and_stays_red(cast):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
        contact = call(cycle)
    assert contact.is_productive_call
    assert contact.is_advancing
    assert (fresh(cycle).state, fresh(cycle).colour) == ("c1", "red")
    assert clock_of(cycle).clock_started_on == MONDAY


def test_a_call_without_a_next_step_leaves_the_client_new_until_the_step_is_set(cast):
    cycle = take(cast, cast.ivanova)
    call(cycle, next_step_at=None)
    assert fresh(cycle).state == "new"
    set_next_step(cycle=cycle, at=at(date.today() + timedelta(days=1)), text="Звонок", actor=cast.ivanova)
    assert fresh(cycle).state == "c1"


def test_second_call_of_the_day_and_a_call_to_a_secretary_are_stored_with_the_reason(cast):
    """Scenario 30."""
    cycle = take(cast, cast.ivanova)
    first, second = call(cycle), call(cycle)
    secretary = cycle.client.people.create(full_name="Алла", position="секретарь", created_at=first.at)
    third = call(cycle, person=secretary)
    assert [item.is_productive_call for item in (first, second, third)] == [True, False, False]
    assert [item.reason for item in (first, second, third)] == ["", "second_today", "not_dm"]


def test_short_telephone_talk_is_not_credited(cast):
    cycle = take(cast, cast.ivanova)
    contact = call(cycle, talk_seconds=22, is_manual=False)
    assert (contact.is_credited, contact.reason, contact.reason_detail) == (False, "too_short", {"value": 22})


def test_the_same_form_sent_twice_is_one_contact(cast):
    cycle = take(cast, cast.ivanova)
    assert call(cycle, key="form-1") == call(cycle, key="form-1")
    assert Contact.objects.count() == 1


def test_held_meeting_with_full_questionnaire_interest_and_progress_turns_yellow(cast):
    """Scenario 2."""
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
        call(cycle)
    with on(MONDAY + timedelta(days=2)):
        answer(cycle)
        contact = call(
            cycle,
            kind="meeting",
            has_interest=True,
            progress_kind="offer_preparation",
            progress_due_on=MONDAY + timedelta(days=22),
        )
    assert contact.is_held_meeting
    assert contact.is_productive_meeting
    cycle = fresh(cycle)
    assert (cycle.colour, cycle.colour_rule, cycle.state) == ("yellow", "R8", "c2")
    change = ColourChange.objects.get(cycle=cycle, to_colour="yellow")
    kinds = sorted(cycle.facts.filter(pk__in=change.fact_ids).values_list("kind", flat=True))
    assert kinds == ["interest", "progress", "questionnaire_full"]
    assert change.is_movement
    assert clock_of(cycle).clock_started_on == MONDAY + timedelta(days=2)
    assert cycle.recheck_on == MONDAY + timedelta(days=23)


@pytest.mark.parametrize(
    ("answered", "days_ahead", "held", "productive", "reason"),
    [
        (19, 20, False, False, "questionnaire_incomplete"),
        (20, 32, True, False, "progress_too_late"),
        (20, 30, True, True, ""),
    ],
)
def test_meeting_is_held_by_questionnaire_and_productive_by_progress(
    cast, answered, days_ahead, held, productive, reason
):
    """Scenario 31."""
    make_template()
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
        call(cycle)
        answer(cycle, answered)
        contact = call(
            cycle,
            kind="meeting",
            has_interest=True,
            progress_kind="survey",
            progress_due_on=MONDAY + timedelta(days=days_ahead),
        )
    assert (contact.is_held_meeting, contact.is_productive_meeting, contact.reason) == (held, productive, reason)
    assert (fresh(cycle).colour == "yellow") == productive


@pytest.mark.parametrize(("days", "colour", "rule"), [(30, "green", "R7"), (31, "yellow", "R8")])
def test_terms_with_a_pay_date_within_thirty_days_turn_green(cast, days, colour, rule):
    """Scenario 3."""
    cycle = yellow(cast)
    with on(MONDAY):
        offer(cycle)
        agree_terms(
            cycle=cycle,
            actor=cast.ivanova,
            amount=Decimal(100000),
            pay_on=MONDAY + timedelta(days=days),
            person=dm_of(cycle.client),
        )
    assert (fresh(cycle).colour, fresh(cycle).colour_rule) == (colour, rule)


def yellow(cast, owner=None, day=MONDAY):
    with on(day):
        cycle = take(cast, owner or cast.ivanova)
        call(cycle)
        answer(cycle)
        call(
            cycle,
            kind="meeting",
            has_interest=True,
            progress_kind="survey",
            progress_due_on=day + timedelta(days=28),
        )
    assert fresh(cycle).colour == "yellow"
    return cycle


def test_pay_date_that_comes_near_by_the_calendar_turns_green_without_a_movement(cast):
    cycle = yellow(cast)
    with on(MONDAY):
        offer(cycle)
        agree_terms(
            cycle=cycle,
            actor=cast.ivanova,
            amount=Decimal(100000),
            pay_on=MONDAY + timedelta(days=33),
            person=dm_of(cycle.client),
        )
    start = clock_of(cycle).clock_started_on
    later = MONDAY + timedelta(days=3)
    with on(later, 0, 10):
        assert recheck_colours(day=later)["changed"] == 1
    assert fresh(cycle).colour == "green"
    assert clock_of(cycle).clock_started_on == start
    assert clock_of(cycle).best_rank == 2
    with on(later):
        invoice(cycle, due=later + timedelta(days=5))
    assert clock_of(cycle).clock_started_on == later, "the next recorded cause of green is the movement"


def test_expired_invoice_falls_to_yellow_and_its_replacement_resets_no_clock(cast):
    """Scenario 7."""
    cycle = yellow(cast)
    with on(MONDAY):
        invoice(cycle, due=MONDAY + timedelta(days=3))
    start = clock_of(cycle).clock_started_on
    moves = Movement.objects.filter(cycle=cycle).count()
    lapse = MONDAY + timedelta(days=4)
    with on(lapse, 0, 10):
        recheck_colours(day=lapse)
    assert fresh(cycle).colour == "yellow"
    with on(MONDAY + timedelta(days=6)):
        invoice(cycle, due=MONDAY + timedelta(days=12), number=2)
    assert fresh(cycle).colour == "green"
    assert clock_of(cycle).clock_started_on == start
    assert Movement.objects.filter(cycle=cycle).count() == moves
    assert list(ColourChange.objects.filter(cycle=cycle).values_list("to_colour", flat=True))[-2:] == [
        "yellow",
        "green",
    ]


def test_comments_failed_calls_tasks_and_amounts_reset_nothing(cast):
    """Scenario 6, first half."""
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
        call(cycle)
    with on(MONDAY + timedelta(days=9)):
        for text in ("раз", "два", "три", "четыре", "пять"):
            call(cycle, kind="message", text=text)
        call(cycle, result="no_answer")
        set_next_step(cycle=cycle, at=at(MONDAY + timedelta(days=10)), text="Звонок", actor=cast.ivanova)
        plan_sale(cycle=cycle, actor=cast.ivanova, amount=Decimal(500), pay_on=MONDAY + timedelta(days=20))
    ownership = clock_of(cycle)
    assert ownership.clock_started_on == MONDAY
    assert ownership.last_day_on == date(2026, 11, 19)
    assert fresh(cycle).colour == "red"


def test_skipping_from_new_to_deal_is_refused_with_every_missing_fact(cast):
    """Scenario 17."""
    cycle = take(cast, cast.ivanova)
    with pytest.raises(GuardFailed) as refused:
        advance(cycle=cycle, to_state="deal", actor=cast.ivanova)
    codes = [item.code for item in refused.value.missing]
    assert codes == [
        "step_skipped",
        "first_contact",
        "next_action",
        "questionnaire_or_offer",
        "offer_sent",
        "terms_discussed",
        "binding_step",
    ]
    assert all(item.text for item in refused.value.missing)
    assert fresh(cycle).state == "new"


def test_documents_before_the_first_contact_are_refused(cast):
    cycle = take(cast, cast.ivanova)
    with pytest.raises(GuardFailed):
        offer(cycle)
    assert not cycle.facts.exists()


def test_full_payment_wins_the_cycle_and_asks_a_farmer(cast):
    cycle = yellow(cast)
    with on(MONDAY + timedelta(days=1)):
        invoice(cycle, due=MONDAY + timedelta(days=6), amount="100000")
        cycle = fresh(cycle)
        set_money(
            cycle=cycle,
            actor=cast.accountant,
            invoiced=Decimal(100000),
            contract=Decimal(0),
            has_open_invoice=True,
            settled_invoice_ids=[],
        )
        pay(cycle, "40000", cast)
    cycle = fresh(cycle)
    assert (cycle.colour, cycle.paid_amount, cycle.is_open) == ("green", Decimal(40000), True)
    with on(MONDAY + timedelta(days=2)):
        pay(cycle, "60000", cast)
    cycle = fresh(cycle)
    assert (cycle.outcome, cycle.state, cycle.colour, cycle.colour_rule, cycle.owner) == (
        "won",
        "support",
        "none",
        "R3",
        None,
    )
    client = cycle.client
    assert (client.section, client.owner, client.state) == (Section.CUSTOMERS, cast.ivanova, "support")
    assert list(Movement.objects.filter(cycle=cycle).values_list("kind", flat=True)) == [
        "upgrade",
        "upgrade",
        "payment",
        "full_payment",
    ]
    assert Task.objects.open().get(kind="handover").assignee == cast.smirnova
    with on(MONDAY + timedelta(days=3)):
        accept_handover(client=client, actor=cast.smirnova)
        sign_closing(client=client, actor=cast.smirnova, on=MONDAY + timedelta(days=3))
        client.refresh_from_db()
        assert (client.owner, client.state) == (cast.smirnova, "customer")
        repeat = take_into_work(client=client, owner=cast.smirnova, actor=cast.smirnova, kind="repeat")
    assert (repeat.term_ends_on, repeat.colour, repeat.client.section) == (None, "red", Section.CUSTOMERS)


def pay(cycle, amount, cast):
    return record_fact(
        cycle=cycle,
        kind="payment",
        on=clock.today(),
        amount=Decimal(amount),
        evidence_type="payment",
        evidence_id=1,
        actor=cast.accountant,
        is_evidence_dated=True,
    )


def test_a_payment_cancelled_and_entered_again_moves_nothing_twice(cast):
    cycle = yellow(cast)
    with on(MONDAY + timedelta(days=1)):
        plan_sale(cycle=cycle, actor=cast.ivanova, amount=Decimal(100000), pay_on=MONDAY + timedelta(days=20))
        fact = pay(cycle, "30000", cast)
    count = Movement.objects.filter(cycle=cycle).count()
    with on(MONDAY + timedelta(days=2)):
        revoke_fact(fact=fact, actor=cast.accountant)
        assert fresh(cycle).colour == "yellow"
        pay(cycle, "30000", cast)
    assert fresh(cycle).colour == "green"
    assert Movement.objects.filter(cycle=cycle).count() == count
    assert clock_of(cycle).clock_started_on == MONDAY + timedelta(days=1)


@pytest.mark.parametrize(("reason", "section"), [("not_ours", "hard_refusal"), ("no_money", "soft_refusal")])
def test_the_reason_of_a_refusal_decides_the_section(cast, reason, section):
    """Scenario 16."""
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
        refuse(cycle=cycle, actor=cast.ivanova, reason=reason)
    cycle = fresh(cycle)
    assert (cycle.outcome, cycle.colour, cycle.colour_rule, cycle.client.section) == ("lost", "none", "R1", section)
    assert cycle.client.owner is None
    assert cycle.client.recall_on == (None if section == "hard_refusal" else date(2027, 2, 7))
    assert not Ownership.objects.open().filter(client=cycle.client).exists()
    if section == "hard_refusal":
        with pytest.raises(Conflict):
            take_into_work(client=cycle.client, owner=cast.petrov, actor=cast.petrov)


def test_a_refusal_within_a_contact_needs_its_reason_and_writes_nothing_without_it(cast):
    cycle = take(cast, cast.ivanova)
    with pytest.raises(Invalid) as refused:
        call(cycle, result="refused")
    assert "refusal_reason" in refused.value.fields
    assert not Contact.objects.exists()
    call(cycle, result="refused", refusal_reason="no_money")
    assert fresh(cycle).outcome == "lost"


def test_reserve_needs_a_future_date_and_goes_to_the_strategic_archive(cast):
    with on(MONDAY):
        cycle = yellow(cast)
        with pytest.raises(Invalid):
            park(cycle=cycle, actor=cast.ivanova, contact_on=MONDAY)
        park(cycle=cycle, actor=cast.ivanova, contact_on=MONDAY + timedelta(days=40))
    client = fresh(cycle).client
    assert (client.section, client.state, client.recall_on) == ("strategic", "reserve", MONDAY + timedelta(days=40))
    with on(MONDAY + timedelta(days=1)), pytest.raises(Conflict) as refused:
        take_into_work(client=client, owner=cast.petrov, actor=cast.petrov)
    assert refused.value.code == "recall_not_due"


def test_who_lost_the_client_may_not_take_it_for_180_days(cast):
    client = make_client(cast)
    with on(MONDAY):
        RetakeBan.objects.create(client=client, user=cast.ivanova, until_on=MONDAY)
        with pytest.raises(Conflict):
            take_into_work(client=client, owner=cast.ivanova, actor=cast.ivanova)
    with on(MONDAY + timedelta(days=1)):
        assert take_into_work(client=client, owner=cast.ivanova, actor=cast.ivanova).is_open


@pytest.mark.parametrize(("days", "clock_start", "violations"), [(6, MONDAY, 0), (7, MONDAY + timedelta(days=7), 1)])
def test_a_decreed_transfer_carries_a_young_clock_and_is_a_rotation_from_day_seven(cast, days, clock_start, violations):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    day = MONDAY + timedelta(days=days)
    with on(day):
        transfer(cycle=cycle, to=cast.petrov, actor=cast.volkov)
    ownership = clock_of(cycle)
    assert (ownership.user, ownership.clock_started_on) == (cast.petrov, clock_start)
    assert cast.ivanova.violations.count() == violations
    assert RetakeBan.objects.filter(user=cast.ivanova).exists() == bool(violations)
    assert fresh(cycle).client.owner == cast.petrov


def test_only_the_head_transfers_and_corrects(cast):
    cycle = take(cast, cast.ivanova)
    with pytest.raises(NotAllowed):
        transfer(cycle=cycle, to=cast.petrov, actor=cast.ivanova)
    with pytest.raises(NotAllowed):
        correct_state(cycle=cycle, to_state="c2", actor=cast.ivanova, reason="хочу")
    start = clock_of(cycle).state_started_on
    correct_state(cycle=cycle, to_state="c2", actor=cast.volkov, reason="ошибка ввода")
    assert fresh(cycle).state == "c2"
    assert clock_of(cycle).state_started_on == start


def test_a_stranger_and_the_former_owner_cannot_work_the_client(cast):
    cycle = take(cast, cast.ivanova)
    for actor in (cast.petrov, cast.belov, cast.boss, cast.accountant, cast.quality, cast.admin):
        with pytest.raises(NotAllowed):
            log_contact(client=cycle.client, actor=actor, data=ContactData(kind="call", result="talked"))
    transfer(cycle=cycle, to=cast.petrov, actor=cast.volkov)
    with pytest.raises(NotAllowed):
        call(cycle, actor=cast.ivanova)


def test_late_document_counts_by_its_date_within_three_counted_days_only(cast):
    cycle = yellow(cast)
    with on(MONDAY + timedelta(days=5)):
        invoice(cycle, due=MONDAY + timedelta(days=12), on_day=MONDAY + timedelta(days=2))
    assert clock_of(cycle).clock_started_on == MONDAY + timedelta(days=2)
    other = yellow(cast, owner=cast.petrov)
    with on(MONDAY + timedelta(days=6)):
        invoice(other, due=MONDAY + timedelta(days=12), on_day=MONDAY + timedelta(days=2), number=2)
    assert clock_of(other).clock_started_on == MONDAY + timedelta(days=6)


def test_an_exchange_proves_a_talk_of_a_colleague_and_of_a_client_nobody_works(cast):
    cycle = take(cast, cast.ivanova)
    data = ContactData(
        kind="call", result="talked", person=dm_of(cycle.client), direction="in", talk_seconds=120, is_manual=False
    )
    proven = log_contact(client=cycle.client, actor=cast.petrov, data=data, is_proven=True)
    assert (proven.user, proven.is_productive_call, proven.is_incoming_call) == (cast.petrov, True, True)
    free = make_client(cast)
    stray = log_contact(
        client=free,
        actor=cast.petrov,
        data=ContactData(kind="call", result="talked", direction="in", talk_seconds=9),
        is_proven=True,
    )
    assert (stray.cycle, stray.is_incoming_call, stray.is_productive_call) == (None, True, False)
    with pytest.raises(NotAllowed):
        log_contact(client=free, actor=cast.petrov, data=data)
