from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from accounts.choices import Role
from notifications.choices import OutboxState

if TYPE_CHECKING:
    from accounts.models import User


class MailQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        """Letters are read by their recipient; the director, who sees every client, sees every letter."""
        if not user.is_active:
            return self.none()
        return self if user.role == Role.DIRECTOR else self.filter(recipient=user)

    def sendable(self, now: datetime) -> Self:
        """Waiting for its time, or taken by a sender that has not come back."""
        return self.filter(
            Q(state=OutboxState.QUEUED, run_after__lte=now) | Q(state=OutboxState.SENDING, lease_until__lt=now)
        )

    def failed_for(self, user: User) -> Self:
        """Letters that were given up: for those who look after the installation, the director and the administrator."""
        if not user.is_active or user.role not in (Role.ADMINISTRATOR, Role.DIRECTOR):
            return self.none()
        return self.filter(state=OutboxState.FAILED)

    def waiting(self) -> Self:
        return self.filter(state__in=[OutboxState.QUEUED, OutboxState.SENDING])

    def matching(self, text: str) -> Self:
        """By subject, address or words of the letter."""
        return self.filter(Q(subject__icontains=text) | Q(to_address__icontains=text) | Q(text__icontains=text))


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        """The bell rings for one person."""
        return self.filter(recipient=user) if user.is_active else self.none()

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)
