"""Bad input at the doors people use: told in words, nothing half-written, nothing run, never a 500."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date

import pytest
from playwright.sync_api import expect

from clients.models import Client, ImportRow, ImportRun
from clients.tasks import process_import
from deals.models import Invoice, Offer, Payment
from funnels.models import Contact, SalesCycle
from tests.browser import tables
from tests.factories.work import call, make_client, on, take

pytestmark = pytest.mark.django_db(transaction=True)

MONDAY = date(2026, 11, 9)
HTML_NAME = '<b>ООО</b> <img src=x onerror="alert(1)">'


def zip_bomb() -> bytes:
    """A workbook of some kilobytes that unpacks into 150 MB of one sheet."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _chunk in range(150):
                sheet.write(b"0" * (1 << 20))
    return buffer.getvalue()


BAD_FILES = {
    "zero bytes": ("empty.csv", b""),
    "spaces only": ("blank.csv", b" \r\n \r\n"),
    "header without a name column": ("wrong.csv", "ID;Сумма\r\n1;2\r\n".encode()),
    "undecodable": ("noise.csv", bytes(range(128, 256)) * 40),
    "two encodings in one file": ("mixed.csv", tables.as_csv(tables.amocrm_rows()[:2]) + b"\x00\x98\x98\xff\xfe\x00"),
    "a picture": ("picture.xlsx", b"\x89PNG\r\n\x1a\n" + b"\x00" * 500),
    "a broken book": ("broken.xlsx", b"PK\x03\x04" + b"\x00" * 500),
    "a zip bomb": ("bomb.xlsx", None),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_file_that_is_no_table_is_refused_in_words_and_nothing_is_written(cast, enter, kind):
    name, content = BAD_FILES[kind]
    with on(MONDAY):
        head = enter("volkov", "/clients/import/")
        page = head.page
        page.set_input_files(
            "[name=file]", {"name": name, "mimeType": "text/csv", "buffer": zip_bomb() if content is None else content}
        )
        page.uncheck("[name=is_dry]")
        page.click("main [data-default]")
        page.wait_for_load_state()
        for run in ImportRun.objects.all():
            process_import(run.pk)
            page.goto(f"{head.address}/clients/import/{run.pk}/")
        told = page.locator("main .errors, main .note-bad, main .note-warn").first
        expect(told).to_be_visible()
        assert re.search(r"[а-я]{3}", told.inner_text())
    assert not Client.objects.exists()


def test_a_file_over_the_limit_is_refused_before_it_is_kept(cast, enter, monkeypatch, settings):
    monkeypatch.setattr("clients.services.imports.receiving.IMPORT_FILE_BYTES", 20_000)
    with on(MONDAY):
        head = enter("volkov", "/clients/import/")
        head.page.set_input_files(
            "[name=file]", {"name": "big.csv", "mimeType": "text/csv", "buffer": b"a;b\r\n" * 5000}
        )
        with head.page.expect_response(lambda answer: answer.request.method == "POST") as told:
            head.page.click("main [data-default]")
        assert told.value.status in (413, 422)
        expect(head.page.locator("main .errors")).to_be_visible()
    assert not ImportRun.objects.exists()
    assert not list(settings.MEDIA_ROOT.rglob("*.table"))


def test_formulas_and_html_of_a_file_are_shown_as_text_and_run_nothing(cast, enter):
    with on(MONDAY):
        head = enter("volkov", "/clients/import/")
        page = head.page
        dialogs = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.set_input_files(
            "[name=file]",
            {
                "name": "<script>alert(3)</script>.csv",
                "mimeType": "text/csv",
                "buffer": tables.as_csv(tables.amocrm_rows()),
            },
        )
        page.uncheck("[name=is_dry]")
        page.click("main [data-default]")
        page.wait_for_url("**/clients/import/*/")
        process_import(ImportRun.objects.get().pk)
        page.goto(f"{page.url}?show=created")
        assert ImportRow.objects.filter(name__startswith="=HYPERLINK").exists()
        for client in Client.objects.filter(name__in=["=HYPERLINK(1)", "@SUM(A1)", "ООО «Вёрстка 33»"]):
            head.goto(f"/clients/{client.pk}/")
            assert client.name in head.text("h1")
            if client.note:
                assert tables.HTML_TEXT in head.text("main")
        head.goto("/clients/?section=any")
        assert page.locator("main script, main img").count() == 0
        assert dialogs == []


def test_a_name_of_html_is_text_on_every_page_that_shows_it(cast, enter):
    with on(MONDAY):
        client = take(cast, cast.ivanova, name=HTML_NAME).client
        person = enter("ivanova", f"/clients/{client.pk}/")
        dialogs = []
        person.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        for path in (f"/clients/{client.pk}/", "/clients/", "/day/", "/funnel/", "/search/?q=ООО", "/tasks/"):
            assert person.goto(path) == 200, path
            assert person.page.locator("img[src=x]").count() == 0, path
        assert dialogs == []


def test_impossible_values_of_a_card_are_told_beside_the_field_and_change_nothing(cast, enter):
    with on(MONDAY):
        client = take(cast, cast.ivanova, name="ООО «Мера»").client
        person = enter("ivanova", f"/clients/{client.pk}/edit/")
        page = person.page
        page.fill("[name=name]", "Я" * 10_000)
        page.fill("[name=inn]", "0000000000")
        page.click("main [data-default]")
        expect(page.locator("[name=name][aria-invalid=true]")).to_be_visible()
        assert page.locator("main .errors").count() == 2
        client.refresh_from_db()
        assert (client.name, client.inn, client.version) == ("ООО «Мера»", "", 2)


def test_a_sum_or_a_day_that_cannot_be_is_refused_beside_its_field(cast, enter):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
        call(cycle)
        path = f"/clients/{cycle.client_id}/offers/new/"
        person = enter("ivanova", path)
        bad = [("amount", "-5"), ("amount", "много"), ("amount", "1" * 40), ("amount", "1,234"), ("sent_on", "")]
        for field, value in bad:
            person.goto(path)
            person.page.fill("[name=amount]", "100")
            person.page.fill(f"[name={field}]", value)
            person.page.eval_on_selector("main form.form", "form => form.noValidate = true")
            person.page.click("main [data-default]")
            expect(person.page.locator(f"[name={field}][aria-invalid=true]")).to_be_visible()
    assert not Offer.objects.exists()


def post(person, path: str, /, **fields: str) -> int:
    """A POST past the page: the cookie, the token and whatever is sent besides."""
    token = person.page.locator("meta[name=csrf-token]").get_attribute("content")
    answer = person.context.request.post(
        f"{person.address}{path}",
        form=fields,
        headers={"X-CSRFToken": token, "Referer": person.address},
        max_redirects=0,
    )
    assert answer.status < 500, (path, fields, answer.status)
    return answer.status


def test_forged_posts_are_refused_and_write_nothing(cast, enter):
    with on(MONDAY):
        own = take(cast, cast.ivanova)
        call(own)
        foreign = take(cast, cast.petrov).client
        person = enter("ivanova", f"/clients/{own.client_id}/")
        mine, theirs = f"/clients/{own.client_id}/", f"/clients/{foreign.pk}/"
        before = (Contact.objects.count(), SalesCycle.objects.count(), Client.objects.count())
        refused = {400, 403, 404, 409, 413, 422}
        for path, fields in (
            (f"{mine}edit/", {"name": "X", "colour": "green", "version": "2"}),
            (f"{mine}edit/", {"name": "X", "owner": str(cast.petrov.pk), "version": "2"}),
            (f"{mine}edit/", {"name": "Нулевой\x00знак", "version": "2"}),
            (f"{mine}contact/", {"kind": "call", "result": "talked", "key": "k" * 200}),
            (f"{mine}contact/", {"kind": "telepathy", "result": "talked", "key": "a"}),
            (f"{mine}contact/", {"kind": "call", "result": "talked", "key": "b", "on": "31.02.2026"}),
            (f"{mine}contact/", {"kind": "call", "result": "talked", "key": "c", "on": "9999-99-99"}),
            (f"{mine}contact/", {"kind": "call", "result": "talked", "key": "d", "person": "999999999999999999999"}),
            (
                f"{mine}invoices/new/",
                {"amount": "10", "issued_on": "0001-01-01", "due_on": "9999-12-31", "vat_rate": "22", "key": "e"},
            ),
            (f"{mine}payments/new/", {"amount": "10", "paid_on": "2026-11-09", "key": "f"}),
            (f"{mine}refuse/", {"refusal_reason": "надоело"}),
            (f"{mine}reserve/", {"contact_on": "2020-01-01"}),
            (f"{mine}terms/", {"amount": "-1", "pay_on": "2026-02-30", "person": "0"}),
            (f"{mine}transfer/", {"to": str(cast.ivanova.pk), "reason": "transfer"}),
        ):
            assert post(person, path, **fields) in refused, (path, fields)
        for path in (
            "edit/",
            "contact/",
            "take/",
            "refuse/",
            "offers/new/",
            "invoices/new/",
            "payments/new/",
            "people/new/",
        ):
            assert post(person, f"{theirs}{path}", key="z") in (403, 404), path
            assert person.status(f"{theirs}{path}") in (403, 404), path
        assert post(person, "/staff/new/", login="evil", role="administrator") in (403, 404)
        assert post(person, "/clients/import/") == 404
    assert before == (Contact.objects.count(), SalesCycle.objects.count(), Client.objects.count())
    assert not Invoice.objects.exists() and not Payment.objects.exists()
    own.client.refresh_from_db()
    assert own.client.owner == cast.ivanova


ODD_ADDRESSES = [
    "/clients/?page=%00", "/clients/?section=../etc", "/clients/?cursor=%F0%9F%92%A9", "/search/?q=%00",
    "/search/?q=" + "а" * 3000, "/documents/?cursor=xxx&from=31.02.2026", "/rotation/?cursor=%00&colour=pink",
    "/plan/?day=0000-00-00", "/plan/?scope=u999999999999999999999", "/tasks/?page=-1", "/funnel/?by=%27",
    "/calls/?cursor=%00", "/clients/99999999999999999999/", "/clients/0/", "/notices/?before_id=abc", "/day/?block=%00",
]  # fmt: skip


def test_addresses_nobody_would_write_are_answered_in_words(cast, enter):
    with on(MONDAY):
        person = enter("ivanova")
        answers = {
            (path, is_fragment): person.status(path, is_fragment=is_fragment)
            for path in ODD_ADDRESSES
            for is_fragment in (False, True)
        }
    assert not {key: status for key, status in answers.items() if status >= 500}


def test_a_double_click_takes_logs_and_bills_once(cast, enter):
    with on(MONDAY):
        client = make_client(cast)
        person = enter("ivanova", f"/clients/{client.pk}/")
        page = person.page
        page.click("main a[href$='/take/']")
        page.locator("#dialog[open] [data-default]").dblclick()
        expect(page.locator(".head-card .lamp-red")).to_be_visible()
        page.fill("#log_text", "Один раз")
        page.fill("#log-line [name=next_on]", "2026-11-10")
        page.locator("#log_save").dblclick()
        expect(page.locator("[aria-current=step]")).to_contain_text("1 контакт")
        for kind, extra in (("offers", {}), ("invoices", {"due_on": "2026-11-20"})):
            person.goto(f"/clients/{client.pk}/{kind}/new/")
            page.fill("[name=amount]", "700")
            for name, value in extra.items():
                page.fill(f"[name={name}]", value)
            page.locator("main [data-default]").dblclick()
            page.wait_for_url(f"**/clients/{client.pk}/")
    counts = [model.objects.count() for model in (SalesCycle, Contact, Offer, Invoice)]
    assert counts == [1, 1, 1, 1]
