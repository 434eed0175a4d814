from __future__ import annotations

import pytest

from journal.models import AuditEvent
from notifications.models import Notice, OutboxMail
from notifications.services import notify, ring


@pytest.fixture
def letter(cast):
    context = {"subject": "Ротация на 20.11.2026", "text": "<b>Ромашка</b>", "url": "/rotation/"}
    return notify(recipient=cast.ivanova, key="digest:1", template="plain", context=context)


@pytest.fixture
def demo(settings):
    settings.DEMO = True


def test_the_mail_box_does_not_exist_outside_a_demo(cast, as_user, letter, settings):
    settings.DEMO = False
    browser = as_user(cast.ivanova)
    for path in ("/dev/mail/", f"/dev/mail/{letter.pk}/", f"/dev/mail/{letter.pk}/html/"):
        assert browser.get(path).status_code == 404


def test_a_letter_is_seen_by_its_recipient_and_the_director_alone(cast, as_user, letter, demo):
    for person in cast.everybody:
        browser = as_user(person)
        allowed = person in (cast.ivanova, cast.director)
        page = browser.get("/dev/mail/").content.decode()
        assert ("Ротация на 20.11.2026" in page) is allowed
        for path in (f"/dev/mail/{letter.pk}/", f"/dev/mail/{letter.pk}/html/"):
            assert browser.get(path).status_code == (200 if allowed else 404)


def test_nobody_reads_letters_without_signing_in(client, letter, demo):
    for path in ("/dev/mail/", f"/dev/mail/{letter.pk}/", f"/dev/mail/{letter.pk}/html/", "/notices/"):
        assert client.get(path).status_code in (302, 401)


def test_a_letter_is_shown_as_text_and_as_html_that_cannot_act(cast, as_user, letter, demo):
    browser = as_user(cast.ivanova)
    assert "&lt;b&gt;Ромашка&lt;/b&gt;" in browser.get(f"/dev/mail/{letter.pk}/").content.decode()
    shown = browser.get(f"/dev/mail/{letter.pk}/html/")
    policy = shown["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert "script-src" not in policy


def test_letters_are_found_by_words_newest_first(cast, as_user, letter, demo):
    context = {"subject": "Другое письмо", "text": "Про план", "url": ""}
    notify(recipient=cast.ivanova, key="digest:2", template="plain", context=context)
    browser = as_user(cast.ivanova)
    page = browser.get("/dev/mail/").content.decode()
    assert page.index("Другое письмо") < page.index("Ротация на")
    found = browser.get("/dev/mail/", {"q": "Ромашка"}).content.decode()
    assert "Ротация на" in found
    assert "Другое письмо" not in found
    assert browser.get("/dev/mail/", {"q": "a\x00b"}).status_code == 200
    assert browser.get("/dev/mail/", {"before_id": "10" * 20}).status_code == 200


@pytest.mark.parametrize("rows", [3, 60])
def test_lists_cost_the_same_for_few_and_many_rows(cast, as_user, demo, rows, django_assert_max_num_queries):
    for number in range(rows):
        ring(recipient=cast.ivanova, key=f"n:{number}", text=f"Звонок {number}")
        context = {"subject": "Тема", "text": "Текст", "url": ""}
        notify(recipient=cast.ivanova, key=f"m:{number}", template="plain", context=context)
    browser = as_user(cast.ivanova)
    for path in ("/notices/", "/dev/mail/"):
        with django_assert_max_num_queries(12):
            assert browser.get(path).status_code == 200


def test_the_bell_lists_own_notices_and_marks_them_read(cast, as_user):
    ring(recipient=cast.ivanova, key="a", text="Осталось 3 дня до ротации", url="/clients/5/")
    ring(recipient=cast.petrov, key="b", text="Чужое дело")
    browser = as_user(cast.ivanova)
    page = browser.get("/notices/").content.decode()
    assert "Осталось 3 дня" in page
    assert 'href="/clients/5/"' in page
    assert "Чужое дело" not in page
    assert browser.get("/notices/read/").status_code == 405
    fragment = browser.post("/notices/read/", headers={"HX-Request": "true"})
    assert fragment.status_code == 200
    assert "<html" not in fragment.content.decode()
    assert Notice.objects.get(key="a").read_at is not None
    assert Notice.objects.get(key="b").read_at is None
    assert browser.post("/notices/read/").status_code == 303
    assert OutboxMail.objects.count() == 0


@pytest.fixture
def undelivered(letter):
    letter.state, letter.attempts, letter.last_error = "failed", 8, "550 no such user"
    letter.save()
    return letter


def test_whoever_looks_after_the_installation_sees_what_was_not_delivered_and_nothing_of_its_words(
    cast, as_user, undelivered
):
    for person in cast.everybody:
        response = as_user(person).get("/settings/mail/")
        assert response.status_code == (200 if person in (cast.admin, cast.director) else 403)
        text = response.content.decode()
        assert ("550 no such user" in text) is (response.status_code == 200)
        assert "Ротация на 20.11.2026" not in text and "Ромашка" not in text


def test_an_undelivered_letter_is_sent_again_to_the_corrected_address_once_and_audited(cast, as_user, undelivered):
    cast.ivanova.email = "new@example.org"
    cast.ivanova.save()
    path = f"/settings/mail/{undelivered.pk}/resend/"
    assert as_user(cast.volkov).post(path).status_code == 403
    assert as_user(cast.admin).post(path).status_code == 303
    undelivered.refresh_from_db()
    assert (undelivered.state, undelivered.attempts, undelivered.to_address) == ("queued", 0, "new@example.org")
    event = AuditEvent.objects.get(action="mail.resend")
    assert (event.actor_id, event.object_id, event.after) == (cast.admin.pk, undelivered.pk, {"to": "new@example.org"})
    assert "20.11.2026" not in event.object_name
    assert as_user(cast.admin).post(path).status_code == 404
    assert AuditEvent.objects.filter(action="mail.resend").count() == 1


def test_a_letter_to_somebody_who_left_stays_where_it_is_and_says_why(cast, as_user, undelivered):
    cast.ivanova.is_active = False
    cast.ivanova.save()
    response = as_user(cast.admin).post(f"/settings/mail/{undelivered.pk}/resend/")
    assert response.status_code == 409
    undelivered.refresh_from_db()
    assert undelivered.state == "failed"
