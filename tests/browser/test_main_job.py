"""The main job from an exported table to a customer, through the pages, each role at its own browser."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import expect

from clients.models import Client, ImportRun
from clients.tasks import process_import
from deals.models import Payment
from funnels.models import ColourChange, Contact, SalesCycle
from tests.browser import tables
from tests.browser.cards import Head, head_of_card
from tests.factories.work import make_template, on

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

REAL = Path(settings.BASE_DIR).parent / "shared" / "data"


def upload(head, name: str, content: bytes) -> ImportRun:
    """The head uploads and the worker imports."""
    head.goto("/clients/import/")
    page = head.page
    page.set_input_files("[name=file]", {"name": name, "mimeType": "text/csv", "buffer": content})
    page.uncheck("[name=is_dry]")
    page.click("main [data-default]")
    page.wait_for_url("**/clients/import/*/")
    run = ImportRun.objects.get()
    process_import(run.pk)
    page.reload()
    return run


def shown_counts(page) -> dict[str, int]:
    """The figures of the tabs: rows, errors, warnings, duplicates, created."""
    names = ("rows", "errors", "warnings", "duplicates", "created")
    found = {}
    for link in page.locator("main .tabs a").all():
        key = (link.get_attribute("href").partition("show=")[2]) or "rows"
        found[key] = int("".join(mark for mark in link.inner_text() if mark.isdigit()))
    return {name: found[name] for name in names}


def test_an_export_becomes_a_paid_customer_with_exact_colours_and_clocks(cast, enter):
    make_template(3)
    with on(date(2026, 11, 9), 10):
        head = enter("volkov", "/clients/import/")
        upload(head, "amocrm.csv", tables.as_csv(tables.amocrm_rows()))
        assert shown_counts(head.page) == {"rows": 40, "errors": 2, "warnings": 2, "duplicates": 4, "created": 34}
        client = Client.objects.get(name=tables.FIRST_NAME)
        assert (client.section, client.owner, client.imported_budget) == ("call_base", None, "1000")

    card = f"/clients/{client.pk}/"
    with on(date(2026, 11, 9), 11):
        seller = enter("ivanova")
        page = seller.page
        for words in ("северный вет", "+7 926 5550101", "zakaz@veter"):
            page.locator("body").click(position={"x": 4, "y": 400})
            page.keyboard.press("/")
            expect(page.locator("#q")).to_be_focused()
            page.fill("#q", words)
            page.keyboard.press("Enter")
            page.wait_for_url("**/search/**")
            page.wait_for_load_state()
            expect(page.locator("main").get_by_text(tables.FIRST_NAME).first).to_be_visible()
        page.locator("main").get_by_role("link", name=tables.FIRST_NAME).first.click()
        page.wait_for_url(f"**/clients/{client.pk}/**")
        assert head_of_card(page) == Head("none", "R2", None, None, None, None, None)
        page.click("main a[href$='/take/']")
        dialog = page.locator("#dialog[open]")
        dialog.locator("[name=size]").select_option("medium")
        dialog.locator("[name=category]").select_option(str(cast.category.pk))
        dialog.locator("[data-default]").click()
        expect(page.locator(".head-card .lamp-red")).to_be_visible()
        assert head_of_card(page) == Head(
            "red", "R10", "0 из 10", "09.11.2026", "19.11.2026", "20.11.2026 09:20", "Новый клиент"
        )
        make_decision_maker(page)

    with on(date(2026, 11, 10), 10):
        seller.sign_in("ivanova", card)
        log_a_call_by_keyboard(page)
        assert head_of_card(page) == Head(
            "red", "R10", "1 из 10", "09.11.2026", "19.11.2026", "20.11.2026 09:20", "1 контакт"
        )
        assert Contact.objects.get().is_productive_call

    with on(date(2026, 11, 11), 10):
        seller.sign_in("ivanova", card)
        page.click("main a[href$='/questionnaire/']")
        dialog = page.locator("#dialog[open]")
        boxes = dialog.locator("textarea, input[type=text]")
        expect(boxes).to_have_count(3)
        for box in boxes.all():
            box.fill("да")
        dialog.locator("[data-default]").click()
        expect(page.locator("[aria-current=step]")).to_contain_text("2 контакт")
        assert head_of_card(page) == Head(
            "red", "R10", "2 из 10", "09.11.2026", "19.11.2026", "20.11.2026 09:20", "2 контакт"
        )

    with on(date(2026, 11, 12), 10):
        seller.sign_in("ivanova", card)
        form = full_form(page)
        form.locator("[name=kind][value=meeting]").check()
        form.locator("[name=place]").select_option(index=1)
        form.locator("[name=has_interest][value='1']").check()
        form.locator("[name=progress_kind]").select_option(index=1)
        form.locator("[name=progress_due_on]").fill("2026-11-26")
        form.locator("[name=next_on]").fill("2026-11-13")
        form.locator("[data-default]").click()
        expect(page.locator(".head-card .lamp-yellow")).to_be_visible()
        assert head_of_card(page) == Head(
            "yellow", "R8", "0 из 10", "12.11.2026", "22.11.2026", "23.11.2026 09:20", "2 контакт"
        )

    with on(date(2026, 11, 13), 10):
        seller.sign_in("ivanova", f"{card}offers/new/")
        page.fill("[name=amount]", "500 000,00")
        page.click("main [data-default]")
        page.wait_for_url(f"**/clients/{client.pk}/")
        assert head_of_card(page) == Head(
            "yellow", "R8", "1 из 10", "12.11.2026", "22.11.2026", "23.11.2026 09:20", "2 контакт"
        )

    with on(date(2026, 11, 16), 10):
        seller.sign_in("ivanova", card)
        form = full_form(page)
        form.locator("[name=is_offer_discussed]").check()
        form.locator("[name=is_terms_discussed]").check()
        form.locator("[name=next_on]").fill("2026-11-17")
        form.locator("[data-default]").click()
        expect(page.locator("[aria-current=step]")).to_contain_text("3 контакт")
        assert head_of_card(page) == Head(
            "yellow", "R8", "4 из 10", "12.11.2026", "22.11.2026", "23.11.2026 09:20", "3 контакт"
        )

    with on(date(2026, 11, 17), 10):
        seller.sign_in("ivanova", f"{card}invoices/new/")
        page.fill("[name=amount]", "500000")
        page.fill("[name=due_on]", "2026-11-27")
        page.click("main [data-default]")
        page.wait_for_url(f"**/clients/{client.pk}/")
        assert head_of_card(page) == Head(
            "green", "R5", "0 из 10", "17.11.2026", "27.11.2026", "30.11.2026 09:20", "Сделка"
        )
        assert seller.status(f"/clients/{client.pk}/payments/new/") == 403

    money = enter_payment_from_documents(enter, date(2026, 11, 18), client, "100 000")
    with on(date(2026, 11, 18), 12):
        seller.sign_in("ivanova", card)
        assert head_of_card(page) == Head(
            "green", "R5", "0 из 10", "18.11.2026", "28.11.2026", "30.11.2026 09:20", "Сделка"
        )

    enter_payment_from_documents(enter, date(2026, 11, 19), client, None, person=money)
    with on(date(2026, 11, 19), 12):
        seller.sign_in("ivanova", card)
        shown = head_of_card(page)
        assert (shown.colour, shown.rule, shown.age, shown.state) == ("none", "R3", None, "Сопровождение сделки")
    client.refresh_from_db()
    cycle = SalesCycle.objects.get()
    assert (client.section, client.state) == ("customers", "support")
    assert (cycle.outcome, cycle.paid_amount, cycle.closed_on) == ("won", 500_000, date(2026, 11, 19))
    assert list(Payment.objects.order_by("pk").values_list("amount", flat=True)) == [100_000, 400_000]
    colours = ColourChange.objects.filter(cycle=cycle).order_by("pk").values_list("to_colour", "rule", "on")
    assert list(colours) == [
        ("red", "R10", date(2026, 11, 9)),
        ("yellow", "R8", date(2026, 11, 12)),
        ("green", "R5", date(2026, 11, 17)),
        ("none", "R3", date(2026, 11, 19)),
    ]


def make_decision_maker(page) -> None:
    """The imported contact gets what a productive call needs."""
    page.locator("#people li a.btn-icon[href*='/people/']").first.click()
    dialog = page.locator("#dialog[open]")
    dialog.locator("[name=position]").fill("директор")
    dialog.locator("[name=is_dm]").check()
    dialog.locator("[data-default]").click()
    expect(page.locator("#people")).to_contain_text("директор")


def log_a_call_by_keyboard(page) -> None:
    """C, 1, the text, the date of the next step, Ctrl+Enter: no mouse."""
    page.keyboard.press("c")
    expect(page.locator("#log-line [name=kind]:checked")).to_be_focused()
    page.keyboard.press("1")
    for _step in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "text":
            break
    page.keyboard.type("Рассказал, ждут предложения")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "next_on"
    page.keyboard.type("11112026")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[aria-current=step]")).to_contain_text("1 контакт")


def full_form(page):
    """The long contact form in place of the line."""
    page.locator("#log-line a[hx-get$='/contact/']").click()
    form = page.locator("form.contact-form")
    expect(form).to_be_visible()
    return form


def enter_payment_from_documents(enter, day, client, amount, person=None):
    """The accountant finds the invoice among the documents and enters money; no amount: what the invoice lacks."""
    with on(day, 11):
        path = "/documents/?tab=invoices"
        if person is None:
            person = enter("accountant", path)
        else:
            person.sign_in("accountant", path)
        row = person.page.locator("main tbody tr", has_text=tables.FIRST_NAME)
        row.locator("a[href*='/payments/new/']").click()
        if amount:
            person.page.fill("[name=amount]", amount)
        person.page.click("main [data-default]")
        expect(person.page.locator("#toasts")).to_contain_text("₽")
    return person


@pytest.mark.skipif(not (REAL / "amocrm_export_cp1251.csv").exists(), reason="no export beside the checkout")
def test_the_whole_export_is_uploaded_and_counted_as_its_answer_key_says(cast, enter):
    key = json.loads((REAL / "answer_key.json").read_text())
    with on(date(2026, 11, 9), 10):
        head = enter("volkov", "/clients/import/")
        upload(head, "amocrm_export_cp1251.csv", (REAL / "amocrm_export_cp1251.csv").read_bytes())
        counts = shown_counts(head.page)
    assert counts == {"rows": 2000, "created": 1744, "duplicates": 212, "errors": 44, "warnings": 126}
    assert counts["created"] == sum(key[name] for name in ("new", "warning_phone", "warning_inn", "formula", "html"))
    assert counts["duplicates"] == key["duplicate_phone"] + key["duplicate_inn"]
    assert (
        Client.objects.filter(section="call_base", owner=None).count()
        + Client.objects.filter(section="customers", owner=None).count()
        == 1744
    )
