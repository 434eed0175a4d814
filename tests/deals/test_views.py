"""The pages of documents: scope, forms, refusals, files, export."""

import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from clients.models import Client
from deals.models import Contract, Invoice, Offer, Payment, PaymentCredit
from deals.services import enter_payment, issue_invoice, register_contract, send_offer
from funnels.models import SalesCycle
from journal.models import AuditEvent
from tests.factories.work import call, on, take

MONDAY = date(2026, 11, 9)
HTMX = {"HTTP_HX_REQUEST": "true"}
TABS = ("offers", "invoices", "contracts", "payments")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday():
    with on(MONDAY, 12):
        yield


@pytest.fixture
def cycle(cast):
    taken = take(cast, cast.ivanova)
    call(taken)
    return SalesCycle.objects.select_related("client", "owner").get(pk=taken.pk)


def invoice_of(cycle, actor, amount="100000"):
    return issue_invoice(
        cycle=cycle, actor=actor, amount=Decimal(amount), issued_on=MONDAY, due_on=MONDAY + timedelta(days=7)
    )


def pdf(content=b"%PDF-1.7 signed", name="договор.pdf"):
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def path(cycle, tail):
    return f"/clients/{cycle.client_id}/{tail}"


def invoice_form(**changed):
    return {
        "key": "form-1",
        "amount": "1 234 567,89 ₽",
        "issued_on": "2026-11-09",
        "due_on": "2026-11-19",
        "vat_rate": "22",
        "subject": "оборудование",
    } | changed


@pytest.mark.parametrize("tail", ["offers/new/", "invoices/new/", "contracts/new/"])
def test_a_document_form_opens_for_the_owner_as_a_page_and_as_a_fragment(as_user, cast, cycle, tail):
    browser = as_user(cast.ivanova)
    page = browser.get(path(cycle, tail))
    fragment = browser.get(path(cycle, tail), **HTMX)
    assert page.status_code == fragment.status_code == 200
    assert b"<html" in page.content and b"<html" not in fragment.content
    assert b'name="key"' in fragment.content


def test_an_invoice_is_issued_once_by_a_double_press(as_user, cast, cycle):
    browser = as_user(cast.ivanova)
    first = browser.post(path(cycle, "invoices/new/"), invoice_form())
    second = browser.post(path(cycle, "invoices/new/"), invoice_form(), **HTMX)
    assert first.status_code == 303
    assert second.headers["HX-Redirect"] == f"/clients/{cycle.client_id}/"
    invoice = Invoice.objects.get()
    assert (invoice.amount, invoice.due_on, invoice.subject) == (
        Decimal("1234567.89"),
        date(2026, 11, 19),
        "оборудование",
    )


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"amount": "-5"}, "amount"),
        ({"amount": "abc"}, "amount"),
        ({"amount": "1000000000000"}, "amount"),
        ({"amount": "9" * 300}, "amount"),
        ({"due_on": "2026-11-08"}, "due_on"),
        ({"issued_on": "2026-11-10"}, "issued_on"),
        ({"issued_on": "32.13.2026"}, "issued_on"),
        ({"vat_rate": "19"}, "vat_rate"),
        ({"subject": "x" * 10_000}, "subject"),
        ({"subject": "a\x00b"}, "subject"),
    ],
)
def test_wrong_input_is_answered_422_beside_its_field(as_user, cast, cycle, changed, field):
    answer = as_user(cast.ivanova).post(path(cycle, "invoices/new/"), invoice_form(**changed), **HTMX)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Invoice.objects.exists()


def test_a_guard_is_answered_422_with_what_is_missing(as_user, cast):
    taken = take(cast, cast.ivanova)
    answer = as_user(cast.ivanova).post(path(taken, "invoices/new/"), invoice_form(), **HTMX)
    assert answer.status_code == 422
    assert 'class="missing"' in answer.content.decode()
    assert not Invoice.objects.exists()


def test_a_client_that_is_not_in_work_takes_no_documents(as_user, cast, cycle):
    from tests.factories.work import make_client

    free = make_client(cast)
    browser = as_user(cast.volkov)
    answer = browser.post(f"/clients/{free.pk}/offers/new/", {"key": "k", "amount": "1", "sent_on": "2026-11-09"})
    assert answer.status_code == 409
    assert not Offer.objects.exists()


def test_a_foreign_client_does_not_exist_and_a_known_one_refuses_the_verb(as_user, cast, cycle):
    tails = ["offers/new/", "invoices/new/", "contracts/new/", "payments/new/"]
    for person in (cast.petrov, cast.boss, cast.belov, cast.quality, cast.admin, cast.accountant):
        for tail in tails:
            assert as_user(person).get(path(cycle, tail)).status_code == 404, (person, tail)
            assert as_user(person).post(path(cycle, tail)).status_code == 404, (person, tail)
    assert as_user(cast.ivanova).get(path(cycle, "payments/new/")).status_code == 403
    assert as_user(cast.director).post(path(cycle, "payments/new/")).status_code == 403
    invoice_of(cycle, cast.ivanova)  # now the accountant sees the client, and still issues nothing
    assert as_user(cast.accountant).get(path(cycle, "invoices/new/")).status_code == 403
    assert as_user(cast.accountant).get(path(cycle, "payments/new/")).status_code == 200


def test_the_accountant_enters_a_payment_from_the_invoice(as_user, cast, cycle):
    invoice = invoice_of(cycle, cast.ivanova)
    browser = as_user(cast.accountant)
    form = browser.get(path(cycle, f"payments/new/?invoice={invoice.pk}")).content.decode()
    assert "100\u00a0000,00" in form
    answer = browser.post(
        path(cycle, "payments/new/"),
        {"key": "p1", "invoice": invoice.pk, "amount": "100 000,00", "paid_on": "2026-11-09", "next": "/documents/"},
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/documents/")
    assert SalesCycle.objects.get(pk=cycle.pk).outcome == "won"
    elsewhere = browser.get(path(cycle, "payments/new/?next=https://evil.example/"), **HTMX).content.decode()
    assert "evil" not in elsewhere
    script = browser.get(path(cycle, "payments/new/?next=javascript:alert(1)"), **HTMX).content.decode()
    assert "javascript" not in script


def test_a_head_without_a_document_is_asked_for_it(as_user, cast, cycle):
    answer = as_user(cast.volkov).post(
        path(cycle, "payments/new/"), {"key": "p1", "amount": "5", "paid_on": "2026-11-09"}, **HTMX
    )
    assert answer.status_code == 422
    assert 'id="id_document_error"' in answer.content.decode()
    assert not Payment.objects.exists()


def test_a_stale_cancellation_is_told_and_a_right_one_works(as_user, cast, cycle):
    invoice = invoice_of(cycle, cast.ivanova)
    browser = as_user(cast.ivanova)
    url = path(cycle, f"invoices/{invoice.pk}/cancel/")
    assert browser.get(url).status_code == 200
    assert browser.post(url, {"reason": "ошибка", "version": 5}).status_code == 409
    assert browser.post(url, {"reason": "", "version": 1}).status_code == 422
    assert browser.post(url, {"reason": "ошибка", "version": 1}).status_code == 303
    assert browser.post(url, {"reason": "ошибка", "version": 2}).status_code == 409
    assert as_user(cast.petrov).post(url, {"reason": "чужой"}).status_code == 404


def test_a_payment_is_cancelled_by_the_accountant_alone_or_the_head(as_user, cast, cycle):
    payment = enter_payment(cycle=cycle, actor=cast.accountant, amount=Decimal("5"), paid_on=MONDAY)
    url = path(cycle, f"payments/{payment.pk}/cancel/")
    assert as_user(cast.ivanova).post(url, {"reason": "не моя"}).status_code == 403
    assert as_user(cast.boss).post(url, {"reason": "не моя"}).status_code == 404
    assert as_user(cast.accountant).post(url, {"reason": ""}).status_code == 422
    assert as_user(cast.accountant).post(url, {"reason": "ошибка"}).status_code == 303
    assert as_user(cast.accountant).post(url, {"reason": "ошибка"}).status_code == 409


def test_a_contract_is_uploaded_and_its_file_only_saved_never_shown(as_user, cast, cycle):
    browser = as_user(cast.ivanova)
    form = {
        "key": "c1",
        "number": "Д-7",
        "amount": "50000",
        "signed_by_us_on": "2026-11-09",
        "signed_by_client_on": "2026-11-09",
    }
    assert browser.post(path(cycle, "contracts/new/"), form | {"file": pdf(b"<svg>")}, **HTMX).status_code == 422
    assert browser.post(path(cycle, "contracts/new/"), form, **HTMX).status_code == 422
    assert browser.post(path(cycle, "contracts/new/"), form | {"file": pdf()}).status_code == 303
    contract = Contract.objects.get()
    url = f"/documents/contracts/{contract.pk}/file/"
    answer = browser.get(url)
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 signed"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    for person in (cast.accountant, cast.volkov, cast.director):
        assert as_user(person).get(url).status_code == 200
    for person in (cast.petrov, cast.boss, cast.quality, cast.admin):
        assert as_user(person).get(url).status_code == 404
    terminate = path(cycle, f"contracts/{contract.pk}/terminate/")
    assert as_user(cast.ivanova).get(terminate).status_code == 200
    done = as_user(cast.ivanova).post(terminate, {"reason": "расторгнут", "on": "2026-11-09", "version": 1})
    assert done.status_code == 303


def fill(cast, cycle, number):
    for _ in range(number):
        send_offer(cycle=cycle, actor=cast.ivanova, amount=Decimal("100"), sent_on=MONDAY, note="=1+1")
        invoice_of(cycle, cast.ivanova, "1000000")
    register_contract(
        cycle=cycle,
        actor=cast.ivanova,
        number=f"Д-{number}",
        amount=Decimal("10"),
        signed_by_us_on=MONDAY,
        signed_by_client_on=MONDAY,
        file=pdf(),
    )
    enter_payment(cycle=cycle, actor=cast.accountant, amount=Decimal("10.50"), paid_on=MONDAY)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_shows_its_documents_to_those_who_see_the_client(as_user, cast, cycle, tab):
    fill(cast, cycle, 1)
    for person in (cast.ivanova, cast.volkov, cast.director, cast.accountant):
        page = as_user(person).get(f"/documents/?tab={tab}")
        assert page.status_code == 200 and cycle.client.name in page.content.decode(), person
        assert page.content.decode().count("<tr data-row") == 1
    for person in (cast.petrov, cast.boss, cast.belov):
        page = as_user(person).get(f"/documents/?tab={tab}")
        assert page.status_code == 200 and cycle.client.name not in page.content.decode(), person
    for person in (cast.quality, cast.admin):
        assert as_user(person).get(f"/documents/?tab={tab}").status_code == 404


def test_filters_narrow_the_list_and_broken_ones_do_no_harm(as_user, cast, cycle):
    fill(cast, cycle, 2)
    Client.objects.filter(pk=cycle.client_id).update(name="ООО «Без чисел»")
    browser = as_user(cast.volkov)

    def rows(query):
        answer = browser.get(f"/documents/?{query}", **HTMX)
        assert answer.status_code == 200, query
        return answer.content.decode().count("<tr data-row")

    assert rows("tab=invoices") == 2
    assert rows("tab=invoices&q=2") == 1
    assert rows("tab=invoices&status=paid") == 0
    assert rows("tab=invoices&status=open&from=2026-11-09&to=2026-11-09") == 2
    assert rows("tab=invoices&from=2026-11-10") == 0
    assert rows(f"tab=invoices&owner={cast.ivanova.pk}") == 2
    assert rows(f"tab=invoices&owner={cast.petrov.pk}") == 0
    assert rows("tab=payments&status=cancelled") == 0
    assert rows("tab=invoices&q=%25_%25") == 0
    for broken in ("from=99.99.9999", "q=%00", "status=none", "cursor=%%%", "owner=abc", "q=" + "я" * 500):
        assert browser.get(f"/documents/?tab=invoices&{broken}").status_code == 200, broken
    assert browser.get("/documents/?tab=secrets").status_code == 404


def test_the_payments_behind_a_figure_are_those_that_count_for_the_person(as_user, cast, cycle):
    payment = enter_payment(cycle=cycle, actor=cast.accountant, amount=Decimal("100.00"), paid_on=MONDAY)
    PaymentCredit.objects.filter(payment=payment).update(amount=Decimal("60.00"))
    PaymentCredit.objects.create(
        payment=payment, user=cast.petrov, department=cast.sales, amount=Decimal("40.00"), paid_on=MONDAY
    )
    own = as_user(cast.petrov).get(f"/documents/?tab=payments&user={cast.petrov.pk}&from=2026-11-01&to=2026-11-30")
    text = own.content.decode()
    assert text.count("<tr data-row") == 1 and "40" in text
    assert f"/clients/{cycle.client_id}/" not in text  # his share stays, the card does not
    whole = as_user(cast.volkov).get(f"/documents/?tab=payments&department={cast.sales.pk}").content.decode()
    assert whole.count("<tr data-row") == 2
    for person, query in [
        (cast.petrov, f"user={cast.ivanova.pk}"),
        (cast.boss, f"user={cast.ivanova.pk}"),
        (cast.petrov, f"department={cast.sales.pk}"),
        (cast.boss, f"department={cast.sales.pk}"),
        (cast.volkov, f"department={cast.other.pk}"),
        (cast.volkov, "user=99999999999999999999"),
        (cast.volkov, "user=-1"),
    ]:
        assert as_user(person).get(f"/documents/?tab=payments&{query}").status_code == 404, (person, query)


def test_export_is_for_director_and_head_and_is_audited_with_its_count(as_user, cast, cycle):
    fill(cast, cycle, 2)
    for person in (cast.ivanova, cast.accountant, cast.quality, cast.admin):
        assert as_user(person).get("/documents/export/?tab=offers").status_code == 404, person
    assert not AuditEvent.objects.filter(action="documents.export").exists()
    for tab in TABS:
        assert as_user(cast.volkov).get(f"/documents/export/?tab={tab}").status_code == 200
    answer = as_user(cast.director).get("/documents/export/?tab=offers")
    book = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    texts = sheet + book.read("xl/sharedStrings.xml").decode() if "xl/sharedStrings.xml" in book.namelist() else sheet
    assert ">=1+1<" in texts and "<f>" not in texts
    assert 'quotePrefix="1"' in book.read("xl/styles.xml").decode()
    event = AuditEvent.objects.filter(action="documents.export").latest("pk")
    assert (event.actor_id, event.after["count"], event.after["tab"]) == (cast.director.pk, 2, "offers")
    empty = as_user(cast.boss).get("/documents/export/?tab=offers")
    assert empty.status_code == 200
    assert AuditEvent.objects.filter(action="documents.export").latest("pk").after["count"] == 0


def test_a_manager_exports_his_own_list_when_the_head_has_switched_it_on(as_user, cast, cycle):
    fill(cast, cycle, 1)
    cast.sales.managers_may_export = True
    cast.sales.save()
    assert as_user(cast.ivanova).get("/documents/export/?tab=offers").status_code == 200
    assert AuditEvent.objects.get(action="documents.export").after["count"] == 1


def many(cast, cycle, number):
    base = {"client": cycle.client, "cycle": cycle, "amount": Decimal("10"), "created_at": "2026-11-09T09:00Z"}
    author = {"created_by": cast.ivanova, "year": 2026}
    Offer.objects.bulk_create([Offer(number=at, sent_on=MONDAY, **base, **author) for at in range(1, number + 1)])
    Invoice.objects.bulk_create(
        [Invoice(number=at, issued_on=MONDAY, due_on=MONDAY, **base, **author) for at in range(1, number + 1)]
    )
    Contract.objects.bulk_create(
        [
            Contract(number=f"Д-{at}", status="terminated", signed_by_client_on=MONDAY, created_by=cast.ivanova, **base)
            for at in range(1, number + 1)
        ]
    )
    payments = Payment.objects.bulk_create(
        [
            Payment(
                client=cycle.client,
                cycle=cycle,
                amount=Decimal("10"),
                paid_on=MONDAY,
                source="accountant",
                entered_by=cast.accountant,
                entered_at="2026-11-09T09:00Z",
            )
            for _ in range(number)
        ]
    )
    PaymentCredit.objects.bulk_create(
        [
            PaymentCredit(payment=one, user=cast.ivanova, department=cast.sales, amount=10, paid_on=MONDAY)
            for one in payments
        ]
    )


@pytest.mark.parametrize(
    "query", ["tab=offers", "tab=invoices", "tab=contracts", "tab=payments", "tab=payments&department={department}"]
)
def test_the_list_costs_the_same_for_three_rows_and_three_hundred(
    as_user, cast, cycle, query, django_assert_max_num_queries
):
    browser = as_user(cast.volkov)
    url = "/documents/?" + query.format(department=cast.sales.pk)
    many(cast, cycle, 3)
    browser.get(url)
    with django_assert_max_num_queries(40) as few:
        assert browser.get(url).content.decode().count("<tr data-row") == 3
    for model in (PaymentCredit, Payment, Contract, Invoice, Offer):
        model.objects.all().delete()
    many(cast, cycle, 300)
    with django_assert_max_num_queries(40) as lots:
        page = browser.get(url).content.decode()
    assert page.count("<tr data-row") == 50
    assert len(lots) <= len(few), [query["sql"][:120] for query in lots.captured_queries]
    assert "cursor=" in page
