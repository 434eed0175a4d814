"""Offers, invoices, contracts and payments as acts: rights, facts, numbers, credits."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from clients.models import Client
from common.errors import Conflict, GuardFailed, Invalid, NotAllowed, StaleVersion
from deals.choices import ContractStatus, InvoiceStatus, PaymentSource
from deals.models import Contract, Invoice, NumberCounter, Offer, Payment, PaymentCredit
from deals.services import (
    cancel_invoice,
    cancel_payment,
    enter_payment,
    issue_invoice,
    register_contract,
    send_offer,
    terminate_contract,
)
from funnels.models import Fact, Movement, Ownership, RotationOrder, SalesCycle, Task
from funnels.services import change_owner, lock_cycle
from journal.models import AuditEvent
from notifications.models import Notice
from tests.factories.work import at, call, on, take

MONDAY = date(2026, 11, 9)
TUESDAY = MONDAY + timedelta(days=1)
MONEY = Decimal("100000.00")

pytestmark = pytest.mark.django_db


def fresh(cycle):
    return SalesCycle.objects.select_related("client", "owner").get(pk=cycle.pk)


@pytest.fixture
def cycle(cast):
    """Taken on Monday, called on Monday: state c1, red."""
    with on(MONDAY):
        taken = take(cast, cast.ivanova)
        call(taken)
    return fresh(taken)


def pdf(name="договор.pdf", content=b"%PDF-1.7 signed"):
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def invoice_of(cycle, actor, amount=MONEY, day=MONDAY, due=None, **fields):
    due = due or day + timedelta(days=10)
    return issue_invoice(cycle=cycle, actor=actor, amount=amount, issued_on=day, due_on=due, **fields)


def contract_of(cycle, actor, **fields):
    values = {
        "number": "Д-1",
        "amount": MONEY,
        "signed_by_us_on": MONDAY,
        "signed_by_client_on": TUESDAY,
        "file": pdf(),
    } | fields
    return register_contract(cycle=cycle, actor=actor, **values)


def test_an_offer_before_the_first_contact_is_refused_and_leaves_nothing(cast):
    with on(MONDAY):
        taken = take(cast, cast.ivanova)
        with pytest.raises(GuardFailed) as refused:
            send_offer(cycle=taken, actor=cast.ivanova, amount=MONEY, sent_on=MONDAY)
    assert "first_contact" in [one.code for one in refused.value.missing]
    assert not Offer.objects.exists()
    assert not NumberCounter.objects.exists()
    assert not Client.objects.get(pk=taken.client_id).has_documents
    assert not AuditEvent.objects.filter(action="offer.send").exists()


def test_an_offer_is_numbered_writes_its_fact_and_one_audit_event(cast, cycle):
    with on(TUESDAY):
        offer = send_offer(cycle=cycle, actor=cast.ivanova, amount=MONEY, sent_on=MONDAY, sent_to="a@b.ru", key="k1")
        again = send_offer(cycle=cycle, actor=cast.ivanova, amount=MONEY, sent_on=MONDAY, sent_to="a@b.ru", key="k1")
    assert again == offer
    assert (offer.number, offer.year) == (1, 2026)
    fact = Fact.objects.get(kind="offer_sent")
    assert (fact.on, fact.amount, fact.evidence_id, fact.is_evidence_dated) == (MONDAY, MONEY, offer.pk, True)
    assert Client.objects.get(pk=cycle.client_id).has_documents
    assert AuditEvent.objects.filter(action="offer.send", object_id=offer.pk).count() == 1


@pytest.mark.parametrize("amount", [Decimal("0"), Decimal("-1"), Decimal("1000000000000"), Decimal("1.001")])
def test_an_offer_needs_a_possible_amount(cast, cycle, amount):
    with on(TUESDAY), pytest.raises(Invalid) as refused:
        send_offer(cycle=cycle, actor=cast.ivanova, amount=amount, sent_on=MONDAY)
    assert set(refused.value.fields) == {"amount"}


def test_a_document_is_not_dated_in_the_future_nor_before_the_client_was_taken(cast, cycle):
    with on(TUESDAY):
        for day in (TUESDAY + timedelta(days=1), MONDAY - timedelta(days=1), date(1, 1, 1)):
            with pytest.raises(Invalid) as refused:
                send_offer(cycle=cycle, actor=cast.ivanova, amount=MONEY, sent_on=day)
            assert set(refused.value.fields) == {"sent_on"}


def test_a_colleague_and_the_accountant_may_not_issue_documents(cast, cycle):
    with on(TUESDAY):
        for actor in (cast.petrov, cast.accountant, cast.boss, cast.quality, cast.admin):
            with pytest.raises(NotAllowed):
                invoice_of(cycle, actor)
    assert not Invoice.objects.exists()


def test_an_invoice_makes_the_client_green_until_its_due_date_and_its_number_follows(cast, cycle):
    with on(MONDAY):
        first = invoice_of(cycle, cast.ivanova)
        second = invoice_of(cycle, cast.ivanova, key="once")
        assert invoice_of(cycle, cast.ivanova, key="once") == second
    assert (first.number, second.number, first.vat_rate) == (1, 2, "22")
    stored = fresh(cycle)
    assert (stored.colour, stored.colour_rule, stored.has_open_invoice) == ("green", "R5", True)
    assert stored.invoiced_amount == 2 * MONEY


def test_the_tax_rate_of_an_invoice_follows_its_year(cast):
    with on(date(2025, 12, 1)):
        taken = take(cast, cast.ivanova)
        call(taken)
        invoice = invoice_of(taken, cast.ivanova, day=date(2025, 12, 1))
    assert (invoice.vat_rate, invoice.year, invoice.number) == ("20", 2025, 1)


def test_an_invoice_due_before_its_issue_or_with_an_unknown_rate_is_refused(cast, cycle):
    with on(MONDAY), pytest.raises(Invalid) as refused:
        invoice_of(cycle, cast.ivanova, due=MONDAY - timedelta(days=1), vat_rate="18")
    assert set(refused.value.fields) == {"due_on", "vat_rate"}


def test_a_refused_invoice_leaves_no_gap_in_the_numbers(cast, cycle):
    with on(MONDAY):
        other = take(cast, cast.ivanova)  # not called: its invoices are refused after the number was drawn
        numbers = []
        for _ in range(3):
            with pytest.raises(GuardFailed):
                invoice_of(other, cast.ivanova)
            numbers.append(invoice_of(cycle, cast.ivanova).number)
    assert numbers == [1, 2, 3]


def test_a_new_invoice_after_an_expired_one_returns_the_colour_but_not_the_clock(cast, cycle):
    with on(MONDAY):
        invoice_of(cycle, cast.ivanova, due=TUESDAY)
    started = Ownership.objects.open().get(cycle=cycle).clock_started_on
    assert started == MONDAY
    later = MONDAY + timedelta(days=4)
    from funnels.services import recheck_colours

    with on(later):
        recheck_colours(day=later)
        assert fresh(cycle).colour == "red"
        second = invoice_of(cycle, cast.ivanova, day=later)
    fact = Fact.objects.get(evidence_type="invoice", evidence_id=second.pk)
    assert fact.replaces is not None
    assert fresh(cycle).colour == "green"
    assert Ownership.objects.open().get(cycle=cycle).clock_started_on == started
    assert Movement.objects.filter(cycle=cycle, kind="upgrade").count() == 1


def test_a_cancelled_invoice_no_longer_makes_green_and_keeps_its_number(cast, cycle):
    with on(MONDAY):
        invoice = invoice_of(cycle, cast.ivanova)
        with pytest.raises(Invalid):
            cancel_invoice(invoice=invoice, actor=cast.ivanova, reason=" ")
        with pytest.raises(StaleVersion):
            cancel_invoice(invoice=invoice, actor=cast.ivanova, reason="ошибка", version=7)
        cancelled = cancel_invoice(invoice=invoice, actor=cast.ivanova, reason="ошибка", version=1)
        with pytest.raises(Conflict):
            cancel_invoice(invoice=invoice, actor=cast.ivanova, reason="ошибка")
        assert invoice_of(cycle, cast.ivanova).number == 2
    assert (cancelled.status, cancelled.version) == (InvoiceStatus.CANCELLED, 2)
    assert Fact.objects.filter(evidence_id=invoice.pk, revokes__isnull=False).exists()


def test_a_paid_invoice_cannot_be_cancelled(cast, cycle):
    with on(MONDAY):
        invoice = invoice_of(cycle, cast.ivanova)
        enter_payment(cycle=cycle, actor=cast.accountant, amount=Decimal("1"), paid_on=MONDAY, invoice=invoice)
        with pytest.raises(Conflict):
            cancel_invoice(invoice=invoice, actor=cast.ivanova, reason="ошибка")
    assert Invoice.objects.get().status == InvoiceStatus.OPEN


def test_a_contract_counts_from_the_later_signature_and_its_file_has_a_name_of_its_own(cast, cycle):
    with on(TUESDAY):
        contract = contract_of(cycle, cast.ivanova)
    fact = Fact.objects.get(kind="contract_signed")
    assert (fact.on, fact.is_evidence_dated) == (TUESDAY, True)
    assert contract.file_name == "договор.pdf"
    assert contract.file.name.startswith("contracts/")
    assert "договор" not in contract.file.name
    assert contract.file.read() == b"%PDF-1.7 signed"
    stored = fresh(cycle)
    assert (stored.colour, stored.colour_rule, stored.contract_amount) == ("green", "R4", MONEY)


@pytest.mark.parametrize(
    "file",
    [
        pdf("договор.svg", b"<svg/>"),
        pdf("договор.pdf.html", b"%PDF-"),
        pdf("договор.pdf", b"<html>"),
        pdf("договор.docx", b"PK\x03\x04 not a document"),
        pdf("договор.pdf", b""),
        pdf("договор", b"%PDF-1.7"),
        pdf("договор.pdf", b"%PDF-" + b"0" * (10 * 1024 * 1024)),
    ],
)
def test_a_file_that_is_no_document_is_refused(cast, cycle, file, settings):
    with on(TUESDAY), pytest.raises(Invalid) as refused:
        contract_of(cycle, cast.ivanova, file=file)
    assert set(refused.value.fields) == {"file"}
    assert not Contract.objects.exists()


def test_a_contract_before_the_first_contact_leaves_no_file_behind(cast, settings):
    with on(TUESDAY):
        taken = take(cast, cast.ivanova)
        with pytest.raises(GuardFailed):
            contract_of(taken, cast.ivanova, signed_by_us_on=TUESDAY)
    assert not list(settings.MEDIA_ROOT.rglob("*.pdf"))


def test_a_terminated_contract_no_longer_makes_green(cast, cycle):
    with on(TUESDAY):
        contract = contract_of(cycle, cast.ivanova)
        terminate_contract(contract=contract, actor=cast.volkov, reason="расторгнут по соглашению", version=1)
        with pytest.raises(Conflict):
            terminate_contract(contract=contract, actor=cast.volkov, reason="ещё раз")
    assert Contract.objects.get().status == ContractStatus.TERMINATED
    stored = fresh(cycle)
    assert (stored.colour, stored.contract_amount) == ("red", 0)


def test_a_manager_cannot_enter_a_payment_nor_can_another_department(cast, cycle):
    with on(MONDAY):
        for actor in (cast.ivanova, cast.petrov, cast.boss, cast.director, cast.quality, cast.admin):
            with pytest.raises(NotAllowed):
                enter_payment(cycle=cycle, actor=actor, amount=MONEY, paid_on=MONDAY, document="п/п 1")
    assert not Payment.objects.exists()


def test_a_head_needs_a_document_and_the_directors_are_told_once(cast, cycle):
    with on(MONDAY):
        with pytest.raises(Invalid) as refused:
            enter_payment(cycle=cycle, actor=cast.volkov, amount=MONEY, paid_on=MONDAY)
        assert set(refused.value.fields) == {"document"}
        payment = enter_payment(
            cycle=cycle, actor=cast.volkov, amount=MONEY, paid_on=MONDAY, document="п/п 15", key="one"
        )
        enter_payment(cycle=cycle, actor=cast.volkov, amount=MONEY, paid_on=MONDAY, document="п/п 15", key="one")
    assert payment.source == PaymentSource.HEAD
    assert Payment.objects.count() == 1
    assert Notice.objects.filter(recipient=cast.director, key__startswith="payment-of-head:").count() == 1


@pytest.mark.parametrize(
    ("amount", "paid_on", "field"),
    [
        (Decimal("0"), MONDAY, "amount"),
        (Decimal("1000000000000.00"), MONDAY, "amount"),
        (Decimal("-1000000000000.00"), MONDAY, "amount"),
        (Decimal("1.005"), MONDAY, "amount"),
        (MONEY, TUESDAY, "paid_on"),
    ],
)
def test_an_impossible_payment_is_refused(cast, cycle, amount, paid_on, field):
    with on(MONDAY), pytest.raises(Invalid) as refused:
        enter_payment(cycle=cycle, actor=cast.accountant, amount=amount, paid_on=paid_on)
    assert set(refused.value.fields) == {field}


def test_a_payment_names_only_an_invoice_of_its_own_sale(cast, cycle):
    with on(MONDAY):
        other = take(cast, cast.ivanova)
        call(other)
        foreign = invoice_of(other, cast.ivanova)
        with pytest.raises(Invalid) as refused:
            enter_payment(cycle=cycle, actor=cast.accountant, amount=MONEY, paid_on=MONDAY, invoice=foreign)
    assert set(refused.value.fields) == {"invoice"}


def test_payments_cover_the_invoice_win_the_cycle_and_are_credited_to_the_owner(cast, cycle):
    with on(MONDAY):
        invoice = invoice_of(cycle, cast.ivanova)
        enter_payment(cycle=cycle, actor=cast.accountant, amount=Decimal("40000.00"), paid_on=MONDAY, invoice=invoice)
    invoice.refresh_from_db()
    stored = fresh(cycle)
    assert (invoice.status, stored.paid_amount, stored.outcome) == (InvoiceStatus.OPEN, Decimal("40000.00"), "")
    with on(TUESDAY):
        enter_payment(cycle=cycle, actor=cast.accountant, amount=Decimal("60000.00"), paid_on=TUESDAY, invoice=invoice)
    invoice.refresh_from_db()
    stored = fresh(cycle)
    assert (invoice.status, stored.outcome, stored.paid_amount) == (InvoiceStatus.PAID, "won", MONEY)
    credits = PaymentCredit.objects.order_by("pk").values_list("user_id", "department_id", "amount", "paid_on")
    assert list(credits) == [
        (cast.ivanova.pk, cast.sales.pk, Decimal("40000.00"), MONDAY),
        (cast.ivanova.pk, cast.sales.pk, Decimal("60000.00"), TUESDAY),
    ]
    assert AuditEvent.objects.filter(action="payment.enter").count() == 2


def test_a_return_is_negative_and_a_won_cycle_takes_it(cast, cycle):
    with on(MONDAY):
        invoice = invoice_of(cycle, cast.ivanova)
        enter_payment(cycle=cycle, actor=cast.accountant, amount=MONEY, paid_on=MONDAY, invoice=invoice)
    with on(TUESDAY):
        back = enter_payment(
            cycle=cycle, actor=cast.accountant, amount=Decimal("-30000.00"), paid_on=TUESDAY, invoice=invoice
        )
    stored = fresh(cycle)
    assert (stored.outcome, stored.paid_amount) == ("won", Decimal("70000.00"))
    assert PaymentCredit.objects.get(payment=back).amount == Decimal("-30000.00")
    invoice.refresh_from_db()
    assert invoice.status == InvoiceStatus.OPEN


def test_a_cancelled_payment_of_a_won_cycle_asks_the_head_and_voids_the_credit(cast, cycle):
    with on(MONDAY):
        invoice = invoice_of(cycle, cast.ivanova)
        payment = enter_payment(cycle=cycle, actor=cast.accountant, amount=MONEY, paid_on=MONDAY, invoice=invoice)
    with on(TUESDAY):
        with pytest.raises(NotAllowed):
            cancel_payment(payment=payment, actor=cast.ivanova, reason="не моя")
        with pytest.raises(Invalid):
            cancel_payment(payment=payment, actor=cast.accountant, reason="")
        cancel_payment(payment=payment, actor=cast.accountant, reason="чужая выписка")
        with pytest.raises(Conflict):
            cancel_payment(payment=payment, actor=cast.accountant, reason="ещё раз")
    stored = fresh(cycle)
    assert (stored.outcome, stored.paid_amount) == ("won", 0)
    assert PaymentCredit.objects.get().is_void
    invoice.refresh_from_db()
    assert invoice.status == InvoiceStatus.OPEN
    task = Task.objects.get(key=f"return-to-deal:{payment.pk}")
    assert (task.assignee, task.kind) == (cast.volkov, "head_decision")
    assert Fact.objects.filter(kind="payment", revokes__isnull=False).count() == 1


def test_a_cancelled_payment_of_an_open_cycle_asks_nobody(cast, cycle):
    with on(MONDAY):
        invoice_of(cycle, cast.ivanova)
        payment = enter_payment(cycle=cycle, actor=cast.accountant, amount=Decimal("1.00"), paid_on=MONDAY)
        cancel_payment(payment=payment, actor=cast.accountant, reason="ошибка")
    assert fresh(cycle).paid_amount == 0
    assert not Task.objects.filter(key__startswith="return-to-deal:").exists()


def rotate_green(cast, cycle, day, share):
    """What the 09:20 job leaves behind for a client rotated GREEN."""
    from django.db import transaction

    moment = at(day, 9, 20)
    with transaction.atomic():
        locked = lock_cycle(cycle)
        old = Ownership.objects.open().get(cycle=cycle)
        change_owner(cycle=locked, to=cast.petrov, reason="rotation", at=moment, day=day)
    return RotationOrder.objects.create(
        department=cast.sales,
        client=cycle.client,
        cycle=cycle,
        ownership=old,
        old_owner=cast.ivanova,
        colour="green",
        age=11,
        flagged_on=day,
        execute_on=day,
        status="executed",
        recipient=cast.petrov,
        share_percent=share,
        executed_at=moment,
        created_at=moment,
    )


def test_a_client_rotated_green_divides_the_sale_to_the_kopeck(cast, cycle):
    day = MONDAY + timedelta(days=11)
    with on(MONDAY):
        invoice_of(cycle, cast.ivanova, amount=Decimal("900000"), due=MONDAY + timedelta(days=20))
    with on(day, 12):
        rotate_green(cast, cycle, day, 50)
        payment = enter_payment(cycle=cycle, actor=cast.accountant, amount=Decimal("100.01"), paid_on=day)
        back = enter_payment(cycle=cycle, actor=cast.accountant, amount=Decimal("-0.01"), paid_on=day)
        early = enter_payment(
            cycle=cycle, actor=cast.accountant, amount=Decimal("10.00"), paid_on=day - timedelta(days=1)
        )
    credits = dict(PaymentCredit.objects.filter(payment=payment).values_list("user_id", "amount"))
    assert credits == {cast.ivanova.pk: Decimal("50.01"), cast.petrov.pk: Decimal("50.00")}
    returned = dict(PaymentCredit.objects.filter(payment=back).values_list("user_id", "amount"))
    assert sum(returned.values()) == Decimal("-0.01")
    # The day before the rotation the old owner was the owner: the whole is his.
    assert dict(PaymentCredit.objects.filter(payment=early).values_list("user_id", "amount")) == {
        cast.ivanova.pk: Decimal("10.00")
    }


def test_a_client_rotated_without_a_share_belongs_wholly_to_the_new_owner(cast, cycle):
    day = MONDAY + timedelta(days=11)
    with on(day, 12):
        rotate_green(cast, cycle, day, 0)
        payment = enter_payment(cycle=cycle, actor=cast.accountant, amount=MONEY, paid_on=day)
    assert dict(PaymentCredit.objects.filter(payment=payment).values_list("user_id", "amount")) == {
        cast.petrov.pk: MONEY
    }
