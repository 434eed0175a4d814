"""A forgotten password is replaced through the mailbox the company knows. Nothing tells who exists (AU7–AU10)."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import signals
from accounts.choices import Role
from accounts.models import User
from accounts.services.access import change_password, forget_failures
from common import clock
from common.errors import Conflict
from journal.services import record


class ResetTokens(PasswordResetTokenGenerator):
    """Dies with a new password, another address, another role, a sign-in, and after PASSWORD_RESET_TIMEOUT."""

    key_salt = "accounts.reset"

    def _make_hash_value(self, user: User, timestamp: int) -> str:  # type: ignore[override]
        return f"{super()._make_hash_value(user, timestamp)}:{user.session_epoch}:{user.is_active}"

    def _now(self) -> datetime:
        return clock.now().replace(tzinfo=None)


_tokens = ResetTokens()


@transaction.atomic
def ask_password_reset(*, text: str) -> None:
    """Has a letter written to the stored address of the active person with this login or e-mail, if there is one.

    For nobody the same work is done and taken back: neither the answer nor its time tells the difference.
    """
    name = text.strip().lower()
    people = User.objects.active().exclude(email="").filter(Q(login=name) | Q(email__iexact=name))
    # Whose login it is comes before whose mailbox it is.
    user = min(people[:20], key=lambda person: (person.login != name, person.pk), default=None)
    with transaction.atomic():
        recipient = user or User(pk=0, login="nobody", email="nobody@example.org", role=Role.HUNTER)
        path = reverse("password_reset_link", args=[recipient.pk, _tokens.make_token(recipient)])
        signals.password_reset_asked.send(sender=User, user=recipient, path=path)
        if user is None:
            transaction.set_rollback(True)
    record(
        action="user.reset_asked",
        obj=user,
        object_type=User._meta.label_lower,
        after={"is_known": user is not None},
    )


def may_reset(*, pk: int, token: str) -> bool:
    """Whether the link still works."""
    return _tokens.check_token(User.objects.active().filter(pk=pk).first(), token)


@transaction.atomic
def reset_password(*, pk: int, token: str, password: str) -> User:
    """Sets the password by a living link, once; sessions, tokens and the lock end, the second factor stays (AU14).

    Errors: Conflict for a dead link, Invalid {"password"}.
    """
    user = User.objects.select_for_update(of=("self",)).filter(pk=pk, is_active=True).first()
    if user is None or not _tokens.check_token(user, token):
        raise Conflict(_("This link does not work any more: ask for a new one."), code="dead_link")
    user = change_password(user=user, password=password, actor=user)
    forget_failures(user)
    return user
