"""Letters and bells. Both are rows written in the transaction of the act that causes them; a rollback un-sends them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import User as Employee
from common import clock
from common.errors import Conflict, NotAllowed
from journal.services import record
from notifications.choices import OutboxState
from notifications.constants import MAX_SEND_ATTEMPTS, SEND_LEASE_SECONDS
from notifications.delivery import Refused, Sender, next_attempt_at
from notifications.models import Notice, OutboxMail

if TYPE_CHECKING:
    from accounts.models import User

_KEY = re.compile(r"[!-~]{1,120}")  # printable ASCII without spaces: it becomes the Message-ID


def notify(*, recipient: User, key: str, template: str, context: Mapping[str, Any]) -> OutboxMail | None:
    """Writes the letter `templates/emails/<template>.{subject.txt,txt,html}` in the recipient's language.

    One letter per key, whoever repeats the act: the letter already written is returned unchanged. None for a person
    without an address or no longer active. Raises ValueError for a key that is no Message-ID or a subject of two lines.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a key of a letter: {key!r}")
    if not recipient.email or not recipient.is_active:
        return None
    known = OutboxMail.objects.filter(dedupe_key=key).first()
    if known is not None:
        return known
    values = {"recipient": recipient, "base_url": settings.BASE_URL, **context}
    with translation.override(recipient.language), timezone.override(clock.zone()):
        # No request: what a letter says must not depend on who happens to be signed in.
        subject = render_to_string(f"emails/{template}.subject.txt", values).strip()
        text = render_to_string(f"emails/{template}.txt", values)
        html = render_to_string(f"emails/{template}.html", values)
    if "\n" in subject or "\r" in subject:
        raise ValueError("a subject is one line")
    now = clock.now()
    mail = OutboxMail(
        dedupe_key=key,
        recipient=recipient,
        to_address=recipient.email,
        subject=subject[:200],
        text=_without_blank_runs(text),
        html=html,
        run_after=now,
        created_at=now,
        message_id=_message_id(key),
    )
    OutboxMail.objects.bulk_create([mail], ignore_conflicts=True)
    return OutboxMail.objects.filter(dedupe_key=key).first()


def ring(*, recipient: User, key: str, text: str, url: str = "") -> Notice:
    """A line under the bell, once per key. `url` is a path of this site. Raises ValueError for another address."""
    ring_all([bell(recipient=recipient, key=key, text=text, url=url)])
    return Notice.objects.get(key=key)


def bell(*, recipient: User, key: str, text: str, url: str = "") -> Notice:
    """A line not yet rung, for `ring_all`. Raises ValueError for an address that is no path of this site."""
    if url and (not url.startswith("/") or url.startswith("//")):
        raise ValueError(f"not a path of this site: {url!r}")
    return Notice(key=key, recipient_id=recipient.pk, text=text[:300], url=url, created_at=clock.now())


def ring_all(bells: Iterable[Notice]) -> None:
    """Many lines at once, each once per key: a key already rung stays as it is."""
    Notice.objects.bulk_create(bells, ignore_conflicts=True, batch_size=1000)


def mark_read(*, user: User, notices: Iterable[int] | None = None) -> int:
    """Marks the person's own notices as read, all of them without ids; returns how many changed."""
    unread = Notice.objects.visible_to(user).unread()
    if notices is not None:
        unread = unread.filter(pk__in=list(notices))
    return unread.update(read_at=clock.now())


def alert_operators(*, key: str, text: str, url: str = "") -> None:
    """Rings for everybody who looks after the installation."""
    for operator in Employee.objects.active().filter(role__in=[Role.ADMINISTRATOR, Role.DIRECTOR]):
        ring(recipient=operator, key=f"{key}:{operator.pk}", text=text, url=url)


@transaction.atomic
def resend(*, mail: OutboxMail, actor: User) -> OutboxMail:
    """A letter that was given up is sent again from its first attempt, to the address the person has now, with its old
    Message-ID. Raises NotAllowed (director and administrator only), Conflict (not given up, or nobody to send it to).
    """
    if actor.role not in (Role.ADMINISTRATOR, Role.DIRECTOR) or not actor.is_active:
        raise NotAllowed(_("Only the administrator and the director send letters again."))
    mail = OutboxMail.objects.select_for_update(of=("self",)).select_related("recipient").get(pk=mail.pk)
    if mail.state != OutboxState.FAILED:
        raise Conflict(_("This letter is already on its way."), code="not_failed")
    if not mail.recipient.email or not mail.recipient.is_active:
        raise Conflict(_("This person has no address or no longer works here."), code="no_address")
    before = {"to": mail.to_address, "error": mail.last_error}
    mail.to_address = mail.recipient.email
    mail.state, mail.attempts, mail.run_after, mail.lease_until = OutboxState.QUEUED, 0, clock.now(), None
    mail.save(update_fields=["to_address", "state", "attempts", "run_after", "lease_until"])
    # No subject: it may name a client, whom the administrator's log does not know.
    record(
        action="mail.resend",
        obj=mail,
        object_name=mail.message_id,
        actor=actor,
        before=before,
        after={"to": mail.to_address},
    )
    return mail


def deliver(*, limit: int = 50) -> dict[str, int]:
    """Sends what waits, at most `limit` letters: claim → commit → send → mark. Counts sent, retried and failed.

    Any number of senders may run. A letter whose sender died is sent again with the same Message-ID after its lease:
    none is lost, and a double is only possible when the death came between the server's yes and the mark.
    """
    counts = {"sent": 0, "retried": 0, "failed": 0}
    with Sender() as sender:
        for _number in range(limit):
            mail = _claim()
            if mail is None:
                break
            try:
                sender.send(mail)
            except Refused as refusal:
                if _give_back(mail, refusal):
                    counts["retried" if mail.state == OutboxState.QUEUED else "failed"] += 1
                if refusal.is_server_away:
                    break  # the others would only lose an attempt each
                continue
            counts["sent"] += _mark(mail, state=OutboxState.SENT, sent_at=clock.now(), last_error="")
    return counts


def _claim() -> OutboxMail | None:
    while True:
        with transaction.atomic():
            now = clock.now()
            waiting = OutboxMail.objects.select_for_update(skip_locked=True).sendable(now)
            mail = waiting.order_by("run_after", "pk").first()
            if mail is None:
                return None
            if mail.attempts < MAX_SEND_ATTEMPTS:
                mail.state = OutboxState.SENDING
                mail.attempts += 1
                mail.lease_until = now + timedelta(seconds=SEND_LEASE_SECONDS)
                mail.save(update_fields=["state", "attempts", "lease_until"])
                return mail
            # Its sender died in the last attempt; one letter must not kill senders for ever.
            _fail(mail, mail.last_error or _("The sender was lost."))


def _give_back(mail: OutboxMail, refusal: Refused) -> int:
    again_at = None if refusal.is_permanent else next_attempt_at(mail.attempts, clock.now())
    if again_at is not None:
        return _mark(mail, state=OutboxState.QUEUED, run_after=again_at, last_error=refusal.text)
    return _fail(mail, refusal.text)


@transaction.atomic
def _fail(mail: OutboxMail, reason: str) -> int:
    changed = _mark(mail, state=OutboxState.FAILED, last_error=reason)
    if changed:
        text = _("A letter to %(address)s was not delivered: %(reason)s")
        alert_operators(
            key=f"mail-failed:{mail.pk}",
            text=text % {"address": mail.to_address, "reason": reason},
            url=reverse("failed_mail"),
        )
    return changed


def _mark(mail: OutboxMail, *, state: str, **fields: Any) -> int:
    """The number of the attempt is the token: a sender that comes back after its lease changes nothing."""
    held = OutboxMail.objects.filter(pk=mail.pk, state=OutboxState.SENDING, attempts=mail.attempts)
    mail.state = state
    return held.update(state=state, lease_until=None, **fields)


def _message_id(key: str) -> str:
    """<key@host>; RFC 5322 has no colon there, and mail programs cut the id at one."""
    return f"<{re.sub(r'[^A-Za-z0-9_+=-]', '.', key)}@{urlsplit(settings.BASE_URL).hostname}>"


def _without_blank_runs(text: str) -> str:
    """Template tags leave empty lines behind; two in a row are never meant."""
    return re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"
