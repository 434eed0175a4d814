"""Passwords, API tokens, locks, and the traces of signing in and out."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.choices import TokenScope
from accounts.constants import TOKEN_DAYS_DEFAULT, TOKEN_DAYS_MOST, TOKEN_PREFIX, TOKEN_USED_STEP
from accounts.models import ApiToken, User
from accounts.services.employees import set_checked_password
from accounts.services.guards import refuse_unless_editable
from common import clock
from common.errors import Invalid, NotAllowed
from journal.services import record

_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # pragma: allowlist secret


def new_password() -> str:
    """A random first password, easy to read out: four groups of four, about 79 bits."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))


@transaction.atomic
def change_password(*, user: User, password: str, actor: User) -> User:
    """Sets a new password: every other session and every token of the person dies (AU12).

    The door that lets a person change his own asks for the present one first. Errors: NotAllowed, Invalid.
    """
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if user.pk != actor.pk:
        refuse_unless_editable(user=user, actor=actor)
    set_checked_password(user, password)
    user.save(update_fields=["password"])
    tokens = ApiToken.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=clock.now())
    record(action="user.password", obj=user, actor=actor, after={"revoked_tokens": tokens})
    return user


@transaction.atomic
def create_token(
    *, user: User, name: str, scope: str = TokenScope.READ, days: int = TOKEN_DAYS_DEFAULT, actor: User
) -> tuple[ApiToken, str]:
    """A bearer token and its value, which is told this once: only its SHA-256 is kept. `days` until it expires.

    Errors: NotAllowed for anybody else's, Invalid.
    """
    if user.pk != actor.pk or not user.is_active:
        raise NotAllowed(_("Everybody makes his own tokens."))
    fields: dict[str, str] = {}
    name = name.strip()
    if not name or len(name) > 80:
        fields["name"] = _("Name the token, at most 80 characters.")
    if scope not in TokenScope.values:
        fields["scope"] = _("There is no such right.")
    if not 1 <= days <= TOKEN_DAYS_MOST:
        fields["days"] = _("From 1 to %(n)d days.") % {"n": TOKEN_DAYS_MOST}
    if fields:
        raise Invalid(fields)
    value = TOKEN_PREFIX + secrets.token_urlsafe(32)
    now = clock.now()
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=value[:10],
        digest=token_digest(value),
        scope=scope,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    record(action="token.create", obj=token, actor=actor, after={"scope": scope, "expires_at": token.expires_at})
    return token, value


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: User) -> ApiToken:
    """The token stops working at once; revoking twice writes nothing. NotAllowed for anybody else's."""
    token = ApiToken.objects.select_for_update(of=("self",)).get(pk=token.pk)
    if token.user_id != actor.pk:
        raise NotAllowed(_("Everybody revokes his own tokens."))
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        record(action="token.revoke", obj=token, actor=actor)
    return token


def token_digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def use_token(value: str) -> ApiToken | None:
    """The living token of this value with its active person, marked as used (at most once a minute); else None."""
    now = clock.now()
    token = (
        ApiToken.objects.select_related("user", "user__department")
        .filter(digest=token_digest(value), revoked_at__isnull=True, expires_at__gt=now, user__is_active=True)
        .first()
    )
    if token is None:
        return None
    stale: datetime = now - TOKEN_USED_STEP
    if token.last_used_at is None or token.last_used_at <= stale:
        unmarked = Q(last_used_at__isnull=True) | Q(last_used_at__lte=stale)
        ApiToken.objects.filter(unmarked, pk=token.pk).update(last_used_at=now)
    return token


@transaction.atomic
def unlock_employee(*, user: User, actor: User) -> int:
    """Forgets the wrong passwords typed for this person, so that he may sign in now. NotAllowed out of reach."""
    refuse_unless_editable(user=user, actor=actor)
    count = forget_failures(user)
    if count:
        record(action="user.unlock", obj=user, actor=actor)
    return count


def forget_failures(user: User) -> int:
    """Forgets the wrong passwords and codes typed for this person, from whatever browser; returns how many rows."""
    count, _rows = AccessAttempt.objects.filter(username=user.login).delete()
    return count


@transaction.atomic
def end_sessions(*, user: User) -> User:
    """Ends every session of the person; the door keeps the one that asks for it."""
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    user.session_epoch += 1
    user.save(update_fields=["session_epoch"])
    record(action="user.sessions_ended", obj=user, actor=user)
    return user


def note_login(*, user: User) -> None:
    record(action="user.login", obj=user, actor=user)


def note_logout(*, user: User) -> None:
    record(action="user.logout", obj=user, actor=user)
