"""A number nobody knows calls in: one client in «База для прозвонить», however many events say so at once (4.5)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from clients.choices import ClientKind, Section
from clients.models import Client, Phone
from common import clock
from common.phones import format_phone
from common.text import sort_key
from journal.services import record
from telephony.choices import CallDirection
from telephony.constants import SPAM_CALLS, SPAM_WINDOW
from telephony.models import Call, Line


def lock_number(e164: str) -> None:
    """Everything that follows from one number happens one after the other, till the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"telephony:{e164}"])


def is_spam(call: Call, now: datetime) -> bool:
    """Whether the number had called in ten times already within 24 hours before this call (4.5)."""
    earlier = Call.objects.filter(e164=call.e164, direction=CallDirection.IN, created_at__gt=now - SPAM_WINDOW)
    return earlier.exclude(pk=call.pk).order_by()[:SPAM_CALLS].count() >= SPAM_CALLS


def create_caller(*, e164: str, line: Line) -> Client | None:
    """The client «Новый звонок +7…» of the line's department and source: no owner, no state, no colour.

    None when somebody else wrote the number down at the same moment: the caller looks for it again.
    """
    now = clock.now()
    with translation.override(settings.LANGUAGE_CODE):
        name = _("New call %(number)s") % {"number": format_phone(e164).replace("\u00a0", " ")}
    try:
        with transaction.atomic():
            client = Client.objects.create(
                department=line.department,
                kind=ClientKind.ORGANISATION,
                name=name,
                sort_key=sort_key(name)[:200],
                section=Section.CALL_BASE,
                source=line.source,
                has_calls=True,
                created_at=now,
                updated_at=now,
            )
            Phone.objects.create(client=client, raw=e164, e164=e164, last10=e164[-10:].lstrip("+"))
    except IntegrityError:
        return None
    record(
        action="client.create",
        obj=client,
        after={"department": line.department_id, "section": client.section, "phone": e164, "line": line.number},
    )
    return client
