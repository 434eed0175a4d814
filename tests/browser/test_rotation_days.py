"""Eleven days without movement as people see them: bells, the queue, the letter, the hand-over, the closed door."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from desk.services import run_day
from funnels.models import RotationOrder
from notifications.models import OutboxMail
from notifications.services import deliver
from tests.browser.cards import head_of_card
from tests.factories.work import on, take

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

NAME = "ООО «Северный ветер»"
MONDAY = date(2026, 11, 9)
FRIDAY = date(2026, 11, 20)
NIGHT = {"colours", "terms", "flags", "plan", "audit"}


def jobs(day: date, *names: str) -> None:
    """The timer at this moment of the day; twice, since a doubled ring must change nothing."""
    for _ring in range(2):
        assert all(line.result in ("done", "already", "day_off") for line in run_day(day=day, only=names))
    deliver()


def bells(person) -> list[str]:
    """What the bell lists about the client's rotation; the days in one state have bells of their own."""
    person.goto("/notices/")
    return [
        text
        for text in person.page.locator("#notices .row .name").all_inner_texts()
        if NAME in text and "ротации" in text
    ]


@pytest.fixture
def letters(settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "letters")


def test_eleven_days_without_movement_as_the_people_see_them(cast, enter, letters):
    with on(MONDAY):
        client = take(cast, cast.ivanova, name=NAME).client
        card = f"/clients/{client.pk}/"
        old = enter("ivanova", card)
        assert head_of_card(old.page).age == "0 из 10"
    for offset in range(1, 11):
        day = MONDAY + timedelta(days=offset)
        with on(day, 0, 31):
            jobs(day, *NIGHT)
        with on(day, 7, 31):
            jobs(day, "digest")
        assert not RotationOrder.objects.exists(), day

    with on(MONDAY + timedelta(days=7), 10):
        old.sign_in("ivanova", card)
        assert head_of_card(old.page).age == "7 из 10"
    with on(date(2026, 11, 19), 10):
        old.sign_in("ivanova", card)
        shown = head_of_card(old.page)
        assert (shown.age, shown.last_day, shown.rotation) == ("10 · последний день", "19.11.2026", "20.11.2026 09:20")
        # Once at seven and once at ten, though every job ran twice; the head is told of the last day only.
        assert len(bells(old)) == 2
        head = enter("volkov")
        assert len(bells(head)) == 1

    with on(FRIDAY, 0, 31):
        jobs(FRIDAY, *NIGHT)
    order = RotationOrder.objects.get()
    with on(FRIDAY, 7, 31):
        jobs(FRIDAY, "digest")
        keys = [f"digest:{person.pk}:2026-11-20" for person in (cast.ivanova, order.suggested, cast.volkov)]
        assert OutboxMail.objects.filter(dedupe_key__in=keys, state="sent", text__contains=NAME).count() == 3
        for reader, login in ((old, "ivanova"), (head, "volkov")):
            reader.sign_in(login, "/dev/mail/")
            reader.page.get_by_role("link", name="Ротация на 20.11.2026").first.click()
            reader.page.wait_for_url("**/dev/mail/*/")
            expect(reader.page.locator("body")).to_contain_text(NAME)

    with on(FRIDAY, 8, 46):
        old.sign_in("ivanova", card)
        assert head_of_card(old.page).age == "застой 11 дней · ротация 20.11 09:20"
        head.sign_in("volkov", "/rotation/")
        row = head.page.locator("main tbody tr", has_text=NAME)
        expect(row).to_have_count(1)
        first = order.suggested
        for words in (first.short_name, "Елена Смирнова", "Мария Иванова"):
            expect(row).to_contain_text(words)
        other = cast.kuznetsova if first != cast.kuznetsova else cast.petrov
        row.locator(f"[href='/rotation/{order.pk}/recipient/']").click()
        dialog = head.page.locator("#dialog[open]")
        choose(dialog.locator("[name=to]"), str(other.pk))
        dialog.locator("[data-default]").click()
        expect(head.page.locator("main tbody tr", has_text=NAME)).to_contain_text(other.short_name)
        assert old.status(card) == 200

    with on(FRIDAY, 9, 20):
        jobs(FRIDAY, "rotation")
    order.refresh_from_db()
    assert (order.status, order.recipient, order.suggested) == ("executed", other, other)

    with on(FRIDAY, 9, 30):
        new = enter(other.login, card)
        shown = head_of_card(new.page)
        assert (shown.colour, shown.age, shown.since) == ("red", "0 из 10", "20.11.2026")
        assert "застой" not in new.text(".head-card")
        for path in (card, f"{card}contact/", f"{card}edit/", f"{card}questionnaire/", f"{card}people/"):
            assert old.status(path) == 404, path
            assert old.status(path, is_fragment=True) == 404, path
        old.goto("/search/?q=Северный")
        assert old.page.locator(f"main a[href*='{card}']").count() == 0
        old.goto("/rotation/history/")
        assert NAME in old.text() and old.page.locator(f"main a[href*='{card}']").count() == 0
        head.goto("/rotation/history/")
        assert other.short_name in head.text()
    # A second execution of the day changes nothing any more.
    with on(FRIDAY, 9, 40):
        jobs(FRIDAY, "rotation")
    assert RotationOrder.objects.count() == 1


def choose(field, value: str) -> None:
    """One recipient, whether they are listed or drawn as radio buttons."""
    expect(field.first).to_be_attached()
    if field.first.evaluate("one => one.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.and_(field.page.locator(f"[value='{value}']")).check()
