from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.db.models import Q

from accounts.choices import MANAGER_ROLES, Role

if TYPE_CHECKING:
    from accounts.models import User


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> UserQuerySet:
        return self.filter(is_active=True)

    def managers(self) -> UserQuerySet:
        """Those who own clients in work: hunters, farmers, interns."""
        return self.filter(role__in=MANAGER_ROLES)

    def with_clients(self) -> UserQuerySet:
        """Managers and heads (a head owns the reserve)."""
        return self.filter(Q(role__in=MANAGER_ROLES) | Q(role=Role.HEAD))

    def visible_to(self, user: User) -> UserQuerySet:
        """Whose name, list and figures a person may read: himself; the department; everybody."""
        if not user.is_active:
            return self.none()
        if user.role in (Role.DIRECTOR, Role.ADMINISTRATOR, Role.QUALITY, Role.ACCOUNTANT):
            return self
        if user.role == Role.HEAD:
            return self.filter(Q(department_id=user.department_id, department__isnull=False) | Q(pk=user.pk))
        return self.filter(pk=user.pk)

    def editable_by(self, user: User) -> UserQuerySet:
        """Whom a person may change on /staff/: a head his managers, the administrator everybody. Nobody himself."""
        if not user.is_active:
            return self.none()
        if user.role == Role.ADMINISTRATOR:
            return self.exclude(pk=user.pk)
        if user.role == Role.HEAD and user.department_id:
            return self.filter(department_id=user.department_id, role__in=MANAGER_ROLES)
        return self.none()


class AbsenceQuerySet(models.QuerySet):
    def covering(self, day: date) -> AbsenceQuerySet:
        return self.filter(starts_on__lte=day).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day))

    def visible_to(self, user: User) -> AbsenceQuerySet:
        if not user.is_active:
            return self.none()
        if user.role in (Role.DIRECTOR, Role.ADMINISTRATOR):
            return self
        if user.role == Role.HEAD:
            return self.filter(user__department_id=user.department_id)
        return self.filter(Q(user=user) | Q(deputy=user))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(login=(username or "").lower())
