"""What happens whenever somebody signs in or out, by whatever door."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.constants import PROVED_KEY, SEEN_KEY, STARTED_KEY
from accounts.models import User
from accounts.services import note_login, note_logout
from common import clock


@receiver(user_logged_in, dispatch_uid="accounts.login")
def start_session(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    now = int(clock.now().timestamp())
    request.session[SEEN_KEY] = request.session[STARTED_KEY] = request.session[PROVED_KEY] = now
    note_login(user=user)


@receiver(user_logged_out, dispatch_uid="accounts.logout")
def end_session(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        note_logout(user=user)
