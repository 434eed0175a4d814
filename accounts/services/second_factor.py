"""The second factor: an authenticator app (RFC 6238) and ten recovery codes. Each code is taken once."""

from __future__ import annotations

import secrets
from base64 import b32encode
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django_otp.oath import hotp

from accounts.choices import Role
from accounts.constants import CODE_GRACE, CODE_STEP, RECOVERY_CODES
from accounts.models import RecoveryCode, SecondFactor, User
from accounts.rules import needs_second_factor
from accounts.services.guards import refuse_unless_editable
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from journal.services import record

_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # pragma: allowlist secret
_GROUP = 4


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator app is told: `uri` as a picture, `secret` in base32 to type."""

    uri: str
    secret: str


def must_enrol(user: User) -> bool:
    """Whether this person may do nothing but set up his second factor."""
    return settings.SECOND_FACTOR_IS_REQUIRED and needs_second_factor(user.role) and user.second_factor_since is None


def enrolment_seed(*, user: User, session_key: str) -> str:
    """The seed this session offers to this person: looking at the page again shows the same, another session another."""
    text = f"{user.pk}:{user.session_epoch}:{session_key}"
    return salted_hmac("accounts.enrolment", text, algorithm="sha256").hexdigest()


def enrolment(*, user: User, seed: str) -> Enrolment:
    secret = b32encode(_secret(user, seed, settings.SECRET_KEY)).decode()
    label = quote(f"Svetofor CRM:{user.login}")
    return Enrolment(f"otpauth://totp/{label}?secret={secret}&issuer=Svetofor%20CRM", secret)


@transaction.atomic
def enable_second_factor(*, user: User, seed: str, code: str) -> tuple[User, list[str]]:
    """Sets the app up, or moves it to another phone, after one right code of it; returns ten new recovery codes.

    The other sessions of the person end. Errors: Invalid {"code"}.
    """
    user = _locked(user)
    step = _step_of(user, seed, code, after=0)
    if step is None:
        raise Invalid({"code": _("This is not the code the app shows now. Check the clock of the phone.")})
    now = clock.now()
    SecondFactor.objects.update_or_create(user=user, defaults={"seed": seed, "last_step": step, "created_at": now})
    was_on = user.second_factor_since is not None
    user.second_factor_since = now
    user.session_epoch += 1
    user.save(update_fields=["second_factor_since", "session_epoch"])
    codes = _write_codes(user)
    record(action="user.second_factor", obj=user, actor=user, before={"is_on": was_on}, after={"is_on": True})
    return user, codes


@transaction.atomic
def disable_second_factor(*, user: User, actor: User) -> User:
    """Takes the second factor away; every session of the person ends. Nothing is written when there is none.

    A person takes away his own where his role does not ask for one; the administrator that of everybody but himself.
    Errors: NotAllowed.
    """
    user = _locked(user)
    if user.pk == actor.pk:
        if settings.SECOND_FACTOR_IS_REQUIRED and needs_second_factor(user.role):
            raise NotAllowed(_("Your role does not work without a second factor."))
    else:
        refuse_unless_editable(user=user, actor=actor)
        if actor.role != Role.ADMINISTRATOR:
            raise NotAllowed(_("Only the administrator resets a second factor."))
    return _remove(user, actor)


@transaction.atomic
def forget_second_factor(*, user: User) -> User:
    """The same from the machine itself, for an administrator who has lost phone and recovery codes."""
    return _remove(_locked(user), None)


@transaction.atomic
def new_recovery_codes(*, user: User) -> list[str]:
    """Ten new codes; the old ones are worth nothing. Conflict without a second factor."""
    user = _locked(user)
    if user.second_factor_since is None:
        raise Conflict(_("There is no second factor: set it up first."))
    codes = _write_codes(user)
    record(action="user.recovery_codes", obj=user, actor=user, after={"count": len(codes)})
    return codes


@transaction.atomic
def take_code(*, user: User, code: str) -> bool:
    """Whether this is the app's code of now or an unused recovery code; whichever it is, it is spent by asking.

    Two requests with one code: one of them is refused, whatever their order.
    """
    factor = SecondFactor.objects.select_for_update().filter(user=user).first()
    if factor is None:
        return False
    text = "".join(character for character in code.lower() if character.isalnum())
    step = _step_of(user, factor.seed, text, after=factor.last_step)
    if step is not None:
        factor.last_step = step
        factor.save(update_fields=["last_step"])
        return True
    return _take_recovery_code(user, text)


def recovery_codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()


def _take_recovery_code(user: User, text: str) -> bool:
    if len(text) != 3 * _GROUP or not text.isascii():
        return False
    prefix, rest = text[:_GROUP], text[_GROUP:]
    row = RecoveryCode.objects.filter(user=user, prefix=prefix, used_at__isnull=True).first()
    if row is None or not check_password(rest, row.digest):
        return False
    row.used_at = clock.now()
    row.save(update_fields=["used_at"])
    record(action="user.recovery_code_used", obj=user, actor=user, after={"left": recovery_codes_left(user)})
    return True


def _write_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes: dict[str, str] = {}
    while len(codes) < RECOVERY_CODES:
        prefix = _group()
        codes[prefix] = f"{prefix}-{_group()}-{_group()}"
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, prefix=prefix, digest=make_password(code[_GROUP:].replace("-", "")))
        for prefix, code in codes.items()
    )
    return list(codes.values())


def _group() -> str:
    return "".join(secrets.choice(_READABLE) for _ in range(_GROUP))


def _secret(user: User, seed: str, key: str | bytes) -> bytes:
    """160 bits, as long as the hash of the codes asks for."""
    return salted_hmac("accounts.second_factor", f"{user.pk}:{seed}", secret=key, algorithm="sha256").digest()[:20]


def _step_of(user: User, seed: str, code: str, *, after: int) -> int | None:
    """The half minute this code belongs to, if it is near now and later than `after`."""
    if len(code) != 6 or not code.isdecimal() or not code.isascii():
        return None
    now = int(clock.now().timestamp()) // CODE_STEP
    found = None
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        secret = _secret(user, seed, key)
        for step in range(now - CODE_GRACE, now + CODE_GRACE + 1):
            if constant_time_compare(f"{hotp(secret, step):06d}", code) and step > after:
                found = step
    return found


def _remove(user: User, actor: User | None) -> User:
    known = SecondFactor.objects.filter(user=user)
    if user.second_factor_since is None and not known.exists():
        return user
    known.delete()
    RecoveryCode.objects.filter(user=user).delete()
    user.second_factor_since = None
    user.session_epoch += 1
    user.save(update_fields=["second_factor_since", "session_epoch"])
    record(action="user.second_factor_removed", obj=user, actor=actor, before={"is_on": True}, after={"is_on": False})
    return user


def _locked(user: User) -> User:
    return User.objects.select_for_update(of=("self",)).select_related("department").get(pk=user.pk)
