from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from accounts.choices import MANAGER_ROLES, Role
from clients.querysets import visibility_q
from telephony.choices import EventState

if TYPE_CHECKING:
    from accounts.models import User


class CallQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        """Calls of visible clients, and one's own; a head also his department's lines; director and quality all."""
        if not user.is_active:
            return self.none()
        if user.role in (Role.DIRECTOR, Role.QUALITY):
            return self
        if user.role == Role.HEAD:
            return self.filter(Q(department_id=user.department_id))
        if user.role in MANAGER_ROLES:
            return self.filter(Q(user=user, client__isnull=True) | visibility_q(user, "client__"))
        return self.none()


class MissedCallQuerySet(models.QuerySet):
    def open(self) -> Self:
        return self.filter(closed_at__isnull=True)

    def visible_to(self, user: User) -> Self:
        """Who has to call back sees it, and whoever sees its client; a head the department's; director, quality all."""
        if not user.is_active:
            return self.none()
        if user.role in (Role.DIRECTOR, Role.QUALITY):
            return self
        if user.role == Role.HEAD:
            return self.filter(department_id=user.department_id)
        if user.role in MANAGER_ROLES:
            return self.filter(Q(task__assignee=user, client__isnull=True) | visibility_q(user, "client__"))
        return self.none()


class ConnectionQuerySet(models.QuerySet):
    def enabled(self) -> Self:
        return self.filter(is_enabled=True)

    def visible_to(self, user: User) -> Self:
        """Accounts of the PBX are the administrator's."""
        return self if user.is_active and user.role == Role.ADMINISTRATOR else self.none()


class LineQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self if user.is_active and user.role == Role.ADMINISTRATOR else self.none()


class EventQuerySet(models.QuerySet):
    def waiting(self, before: datetime) -> Self:
        """Received before `before` and still not processed."""
        return self.filter(state=EventState.RECEIVED, received_at__lte=before)
