"""Letters about what the rooms below announce."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.constants import RESET_STEP
from accounts.models import User
from accounts.signals import password_reset_asked
from common import clock
from notifications.services import notify


@receiver(password_reset_asked, dispatch_uid="notifications.password_reset")
def write_reset_letter(sender: Any, user: User, path: str, **kwargs: Any) -> None:
    """One letter per person and RESET_STEP while nothing changes; a link already used is followed by a new letter."""
    slot = int(clock.now().timestamp() // RESET_STEP.total_seconds())
    state = user.get_session_auth_hash()[:12]
    notify(recipient=user, key=f"reset:{user.pk}:{state}:{slot}", template="password_reset", context={"path": path})
