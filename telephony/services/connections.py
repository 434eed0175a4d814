"""Accounts of the PBX: tokens and secrets are made here, shown once, and never read back by a page."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department, User
from clients.models import Source
from common import clock, phones
from common.errors import Invalid, NotAllowed
from common.text import TextError, clean_text
from journal.services import differences, record
from telephony.constants import DEFAULT_GROUP, SECRET_OVERLAP
from telephony.models import Line, TelephonyConnection

OPENING = "svtel_"  # tells a telephony token from a person's at a glance


@dataclass(frozen=True)
class NewConnection:
    """What the administrator copies into the PBX; the token exists nowhere else after this."""

    connection: TelephonyConnection
    token: str
    secret: str


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@transaction.atomic
def create_connection(
    *, name: str, actor: User, ip_allowlist: list[str] | None = None, time_zone: str = "Europe/Moscow"
) -> NewConnection:
    """A PBX account with a fresh token and signing secret. Raises Invalid and NotAllowed (administrators only)."""
    _ensure_administrator(actor)
    values = {
        "name": _name(name),
        "ip_allowlist": clean_allowlist(ip_allowlist or []),
        "time_zone": _zone(time_zone),
    }
    token, secret = OPENING + secrets.token_urlsafe(32), "whsec_" + secrets.token_urlsafe(32)
    connection = TelephonyConnection.objects.create(
        token_digest=digest_of(token),
        token_prefix=token[:12],
        secret=secret,
        created_at=clock.now(),
        **values,
    )
    record(action="telephony.connect", obj=connection, actor=actor, after=values)
    return NewConnection(connection, token, secret)


@transaction.atomic
def rotate_secret(*, connection: TelephonyConnection, actor: User) -> str:
    """A new signing secret; the former one is accepted for 24 hours more, so that no call is lost meanwhile."""
    _ensure_administrator(actor)
    locked = TelephonyConnection.objects.select_for_update(of=("self",)).filter(pk=connection.pk).get()
    locked.previous_secret = locked.secret
    locked.previous_secret_until = clock.now() + SECRET_OVERLAP
    locked.secret = "whsec_" + secrets.token_urlsafe(32)  # pragma: allowlist secret
    locked.save(update_fields=["secret", "previous_secret", "previous_secret_until"])
    record(
        action="telephony.rotate_secret",
        obj=locked,
        actor=actor,
        after={"former_valid_until": locked.previous_secret_until},
    )
    return locked.secret


@transaction.atomic
def set_enabled(*, connection: TelephonyConnection, is_enabled: bool, actor: User) -> TelephonyConnection:
    """Switches a connection on or off; a disabled one is answered 403 and stores nothing."""
    _ensure_administrator(actor)
    locked = TelephonyConnection.objects.select_for_update(of=("self",)).filter(pk=connection.pk).get()
    if locked.is_enabled != is_enabled:
        record(
            action="telephony.enable" if is_enabled else "telephony.disable",
            obj=locked,
            actor=actor,
            before={"is_enabled": locked.is_enabled},
            after={"is_enabled": is_enabled},
        )
        locked.is_enabled = is_enabled
        locked.save(update_fields=["is_enabled"])
    return locked


@transaction.atomic
def change_line(
    *,
    connection: TelephonyConnection,
    actor: User,
    number: str,
    department: Department,
    source: Source | None = None,
    default_extension: str = "",
    group: str = DEFAULT_GROUP,
    line: Line | None = None,
) -> Line:
    """Adds a line, or changes `line`. Raises Invalid by field: no number, a number already there, no such extension."""
    _ensure_administrator(actor)
    e164 = phones.normalise(number).e164
    if e164 is None:
        raise Invalid({"number": _("This is not a phone number. Write it like +7 916 123-45-67.")})
    if default_extension and not User.objects.active().filter(extension=default_extension).exists():
        raise Invalid({"default_extension": _("Nobody has this extension.")})
    before = _line_values(line) if line is not None else {}
    target = line or Line(connection=connection)
    target.number, target.department, target.source = e164, department, source
    target.default_extension, target.group = default_extension, group.strip() or DEFAULT_GROUP
    try:
        with transaction.atomic():
            target.save()
    except IntegrityError:
        raise Invalid({"number": _("This line is already there.")}, code="duplicate") from None
    old, new = differences(before, _line_values(target))
    if new:
        record(action="telephony.line", obj=target, actor=actor, before=old, after=new)
    return target


def _line_values(line: Line) -> dict[str, object]:
    return {
        "number": line.number,
        "department": line.department_id,
        "source": line.source_id,
        "default_extension": line.default_extension,
        "group": line.group,
    }


def _ensure_administrator(actor: User) -> None:
    if not actor.is_active or actor.role != Role.ADMINISTRATOR:
        raise NotAllowed(_("Only an administrator may change telephony."))


def _name(name: str) -> str:
    try:
        cleaned = clean_text(name, 80)
    except TextError:
        raise Invalid({"name": _("Write a name of at most 80 characters.")}) from None
    if not cleaned:
        raise Invalid({"name": _("Write a name of at most 80 characters.")})
    return cleaned


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Invalid({"time_zone": _("There is no such time zone.")}) from None
    return name


def clean_allowlist(entries: list[str]) -> list[str]:
    """Addresses and networks in their usual spelling. Invalid names the first that is none."""
    cleaned: list[str] = []
    for entry in entries:
        try:
            cleaned.append(str(ipaddress.ip_network(entry.strip(), strict=False)))
        except ValueError:
            raise Invalid({"ip_allowlist": _("“%(text)s” is no address.") % {"text": entry[:40]}}) from None
    return cleaned
