"""Letters and bells are rows of the act's transaction; the outbox loses none and doubles none."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction

from notifications.choices import OutboxState
from notifications.constants import MAX_SEND_ATTEMPTS, SEND_LEASE_SECONDS
from notifications.models import Notice, OutboxMail
from notifications.services import deliver, mark_read, notify, ring
from tests.notifications.conftest import free_port

NOON = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def write(recipient, key: str = "letter:1", **context) -> OutboxMail | None:
    values = {"subject": "Ротация на 20.11.2026", "text": "Клиент «Ромашка» уходит.", "url": "/rotation/", **context}
    return notify(recipient=recipient, key=key, template="plain", context=values)


def test_a_letter_is_written_once_per_key(cast):
    first = write(cast.ivanova)
    again = write(cast.ivanova, text="другое")
    assert again.pk == first.pk
    assert OutboxMail.objects.count() == 1
    assert "Ромашка" in again.text


def test_a_letter_has_a_text_and_a_page_with_links_of_this_site(cast, settings):
    mail = write(cast.ivanova)
    assert mail.subject == "Ротация на 20.11.2026"
    assert "<" not in mail.text
    assert f"{settings.BASE_URL}/rotation/" in mail.text
    assert f'href="{settings.BASE_URL}/rotation/"' in mail.html
    assert mail.to_address == "ivanova@example.org"


def test_html_in_a_name_stays_text(cast):
    mail = write(cast.ivanova, text="<script>alert(1)</script> & Ко")
    assert "<script>alert(1)</script> & Ко" in mail.text
    assert "<script>" not in mail.html
    assert "&lt;script&gt;" in mail.html


def test_nobody_writes_to_a_person_without_an_address_or_no_longer_there(cast):
    cast.petrov.email = ""
    cast.petrov.save()
    cast.orlov.is_active = False
    cast.orlov.save()
    assert write(cast.petrov) is None
    assert write(cast.orlov) is None
    assert not OutboxMail.objects.exists()


@pytest.mark.parametrize("subject", ["Тема\r\nBcc: thief@example.org", "Тема\nещё"])
def test_a_subject_of_two_lines_is_refused(cast, subject):
    with pytest.raises(ValueError, match="one line"):
        write(cast.ivanova, subject=subject)
    assert not OutboxMail.objects.exists()


@pytest.mark.parametrize("key", ["", "a b", "ключ", "a\nb", "x" * 121])
def test_a_key_that_cannot_be_a_message_id_is_refused(cast, key):
    with pytest.raises(ValueError, match="not a key"):
        write(cast.ivanova, key=key)


def test_a_rollback_unsends_letter_and_bell(cast, post_office):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write(cast.ivanova)
        ring(recipient=cast.ivanova, key="bell:1", text="Звонок")
        raise ZeroDivisionError
    deliver()
    assert post_office.letters == []
    assert not Notice.objects.exists()


def test_a_letter_leaves_as_text_and_html_with_its_message_id(cast, post_office, settings):
    mail = write(cast.ivanova)
    assert deliver() == {"sent": 1, "retried": 0, "failed": 0}
    [letter] = post_office.letters
    assert letter["Message-ID"] == mail.message_id == "<letter.1@127.0.0.1>"
    assert letter["Subject"] == "Ротация на 20.11.2026"
    assert letter["To"] == "ivanova@example.org"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert "Ромашка" in letter.get_body(("plain",)).get_content()
    mail.refresh_from_db()
    assert mail.state == OutboxState.SENT
    assert mail.sent_at is not None
    assert deliver() == {"sent": 0, "retried": 0, "failed": 0}
    assert len(post_office.letters) == 1


@pytest.mark.django_db(transaction=True)
def test_four_senders_at_once_send_every_letter_once(cast, post_office):
    for number in range(40):
        write(cast.ivanova, key=f"letter:{number}")

    def send(_):
        try:
            return deliver()["sent"]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(send, range(4)))
    assert sum(sent) == 40
    assert len(post_office.ids) == len(set(post_office.ids)) == 40
    assert not OutboxMail.objects.exclude(state=OutboxState.SENT).exists()


def test_a_server_that_refuses_the_connection_costs_one_letter_one_attempt(cast, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    first, second = write(cast.ivanova, key="a"), write(cast.petrov, key="b")
    assert deliver()["retried"] == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.attempts) == (OutboxState.QUEUED, 1)
    assert first.last_error
    assert (second.state, second.attempts) == (OutboxState.QUEUED, 0)


def test_an_address_refused_for_good_fails_at_once_and_the_operators_are_told(cast, post_office):
    post_office.answers["ivanova@example.org"] = "550 no such user"
    bad, good = write(cast.ivanova, key="a"), write(cast.petrov, key="b")
    assert deliver() == {"sent": 1, "retried": 0, "failed": 1}
    bad.refresh_from_db()
    good.refresh_from_db()
    assert bad.state == OutboxState.FAILED
    assert "550" in bad.last_error
    assert good.state == OutboxState.SENT
    assert {notice.recipient for notice in Notice.objects.all()} == {cast.admin, cast.director}
    assert deliver() == {"sent": 0, "retried": 0, "failed": 0}


def test_an_address_refused_for_now_is_tried_at_growing_intervals_and_given_up(cast, post_office):
    post_office.answers["ivanova@example.org"] = "421 try later"
    with time_machine.travel(NOON, tick=False) as moved:
        mail = write(cast.ivanova)
        pauses = []
        for _ in range(MAX_SEND_ATTEMPTS):
            deliver()
            mail.refresh_from_db()
            if mail.state == OutboxState.FAILED:
                break
            pauses.append((mail.run_after - datetime.now(tz=UTC)).total_seconds() / 60)
            moved.move_to(mail.run_after - timedelta(seconds=1))
            assert deliver()["retried"] == 0
            moved.move_to(mail.run_after)
    assert pauses == [1, 5, 15, 60, 60, 60, 60]
    assert mail.attempts == MAX_SEND_ATTEMPTS
    assert mail.state == OutboxState.FAILED
    assert Notice.objects.filter(key__startswith="mail-failed:").count() == 2


def test_a_line_cut_after_the_letter_means_the_same_message_id_again(cast, post_office):
    post_office.after_data = lambda letter: "drop"
    with time_machine.travel(NOON, tick=False) as moved:
        mail = write(cast.ivanova)
        assert deliver()["retried"] == 1
        post_office.after_data = lambda letter: "250 OK"
        moved.shift(61)
        assert deliver()["sent"] == 1
    assert post_office.ids == [mail.message_id, mail.message_id]


def test_a_server_that_hangs_is_left_after_the_time_out(cast, post_office, settings):
    settings.EMAIL_TIMEOUT = 1
    post_office.after_data = lambda letter: time.sleep(4) or "250 OK"
    mail = write(cast.ivanova)
    started = time.monotonic()
    assert deliver()["retried"] == 1
    assert time.monotonic() - started < 4
    mail.refresh_from_db()
    assert mail.state == OutboxState.QUEUED


def test_a_letter_whose_sender_died_is_sent_after_its_lease(cast, post_office):
    with time_machine.travel(NOON, tick=False) as moved:
        mail = write(cast.ivanova)
        lease_until = NOON + timedelta(seconds=SEND_LEASE_SECONDS)
        OutboxMail.objects.update(state=OutboxState.SENDING, attempts=1, lease_until=lease_until)
        moved.shift(SEND_LEASE_SECONDS)
        assert deliver()["sent"] == 0
        moved.shift(1)
        assert deliver()["sent"] == 1
    mail.refresh_from_db()
    assert mail.attempts == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("answer", ["250 OK", "451 later"])
def test_a_sender_that_comes_back_after_its_lease_changes_nothing(cast, post_office, answer):
    mail = write(cast.ivanova)

    def take_over():
        OutboxMail.objects.update(attempts=2)
        connection.close()

    def meanwhile(_letter):
        with ThreadPoolExecutor(1) as another:  # the server's own thread waits for letters
            another.submit(take_over).result()
        return answer

    post_office.after_data = meanwhile
    assert set(deliver(limit=1).values()) == {0}
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == (OutboxState.SENDING, 2)
    assert mail.lease_until and not mail.last_error


def test_a_letter_that_kills_every_sender_is_given_up(cast, post_office):
    with time_machine.travel(NOON, tick=False):
        mail = write(cast.ivanova)
        OutboxMail.objects.update(
            state=OutboxState.SENDING, attempts=MAX_SEND_ATTEMPTS, lease_until=NOON - timedelta(seconds=1)
        )
        other = write(cast.petrov, key="b")
        assert deliver()["sent"] == 1
    mail.refresh_from_db()
    other.refresh_from_db()
    assert mail.state == OutboxState.FAILED
    assert other.state == OutboxState.SENT


def test_a_bell_rings_once_per_key_and_is_read_by_its_person_alone(cast):
    ring(recipient=cast.ivanova, key="warn:1", text="3 дня до ротации", url="/clients/1/")
    ring(recipient=cast.ivanova, key="warn:1", text="ещё раз")
    ring(recipient=cast.petrov, key="warn:2", text="Чужое")
    assert Notice.objects.count() == 2
    assert mark_read(user=cast.ivanova) == 1
    assert mark_read(user=cast.ivanova) == 0
    assert Notice.objects.get(key="warn:2").read_at is None
    assert mark_read(user=cast.ivanova, notices=[Notice.objects.get(key="warn:2").pk]) == 0


@pytest.mark.parametrize("url", ["https://example.org/", "//example.org/", "javascript:alert(1)"])
def test_a_bell_leads_nowhere_else(cast, url):
    with pytest.raises(ValueError, match="path of this site"):
        ring(recipient=cast.ivanova, key="k", text="x", url=url)
