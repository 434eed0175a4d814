from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from accounts.models import User


class OwnQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> OwnQuerySet:
        """A post box is read by its owner alone."""
        return self.filter(recipient=user) if user.is_active else self.none()


class NoticeQuerySet(OwnQuerySet):
    def unread(self) -> NoticeQuerySet:
        return self.filter(read_at__isnull=True)
