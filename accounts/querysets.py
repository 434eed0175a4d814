from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.db.models import Q

from accounts.choices import MANAGER_ROLES, Role

if TYPE_CHECKING:
    from accounts.models import User

# Counts the edits of the production calendar made by this process; accounts.selectors.calendar compares it.
_calendar_edition = 0


def calendar_edition() -> int:
    return _calendar_edition


def calendar_edited() -> None:
    global _calendar_edition  # noqa: PLW0603
    _calendar_edition += 1


class CalendarQuerySet(models.QuerySet):
    """Rows the calendar is made of: however they are written, the calendar kept by this process is stale."""

    def bulk_create(self, *args, **kwargs):
        calendar_edited()
        return super().bulk_create(*args, **kwargs)

    def bulk_update(self, *args, **kwargs):
        calendar_edited()
        return super().bulk_update(*args, **kwargs)

    def update(self, **kwargs):
        calendar_edited()
        return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self):
        calendar_edited()
        return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def managers(self) -> Self:
        """Those who own clients in work: hunters, farmers, interns."""
        return self.filter(role__in=MANAGER_ROLES)

    def with_clients(self) -> Self:
        """Managers and heads (a head owns the reserve)."""
        return self.filter(Q(role__in=MANAGER_ROLES) | Q(role=Role.HEAD))

    def visible_to(self, user: User) -> Self:
        """Whose name, list and figures a person may read: himself; the department; everybody."""
        if not user.is_active:
            return self.none()
        if user.role in (Role.DIRECTOR, Role.ADMINISTRATOR, Role.QUALITY, Role.ACCOUNTANT):
            return self
        if user.role == Role.HEAD:
            return self.filter(Q(department_id=user.department_id, department__isnull=False) | Q(pk=user.pk))
        return self.filter(pk=user.pk)

    def listed_for(self, user: User) -> Self:
        """Whom the page of people shows: the administrator everybody, a head his department; nobody else has it."""
        if user.is_active and user.role == Role.ADMINISTRATOR:
            return self
        if user.is_active and user.role == Role.HEAD and user.department_id:
            return self.filter(department_id=user.department_id)
        return self.none()

    def editable_by(self, user: User) -> Self:
        """Whom a person may change on /staff/: a head his managers, the administrator everybody. Nobody himself."""
        if not user.is_active:
            return self.none()
        if user.role == Role.ADMINISTRATOR:
            return self.exclude(pk=user.pk)
        if user.role == Role.HEAD and user.department_id:
            return self.filter(department_id=user.department_id, role__in=MANAGER_ROLES)
        return self.none()


class AbsenceQuerySet(models.QuerySet):
    def covering(self, day: date) -> Self:
        return self.filter(starts_on__lte=day).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day))

    def overlapping(self, day_from: date, day_to: date | None) -> Self:
        """Absences that share a day with the span; without an end the span never ends."""
        found = self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day_from))
        return found if day_to is None else found.filter(starts_on__lte=day_to)

    def visible_to(self, user: User) -> Self:
        if not user.is_active:
            return self.none()
        if user.role in (Role.DIRECTOR, Role.ADMINISTRATOR):
            return self
        if user.role == Role.HEAD:
            return self.filter(user__department_id=user.department_id)
        return self.filter(Q(user=user) | Q(deputy=user))


class DepartmentQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        """Director and administrator: all; everybody else his own."""
        if not user.is_active:
            return self.none()
        if user.role in (Role.DIRECTOR, Role.ADMINISTRATOR):
            return self
        return self.filter(pk=user.department_id) if user.department_id else self.none()


class LedQuerySet(models.QuerySet):
    """What a head knows of his own department and the director of all; for others it does not exist."""

    department_path = "department_id"

    def visible_to(self, user: User) -> Self:
        if not user.is_active:
            return self.none()
        if user.role == Role.DIRECTOR:
            return self
        if user.role == Role.HEAD and user.department_id is not None:
            return self.filter(**{self.department_path: user.department_id})
        return self.none()


class ScopedQuerySet(models.QuerySet):
    """What is one person's, or (user = null) a whole department's: read by himself, his head, the director."""

    department_path = "department_id"

    def visible_to(self, user: User) -> Self:
        if not user.is_active:
            return self.none()
        if user.role == Role.DIRECTOR:
            return self
        if user.role == Role.HEAD:
            return self.filter(**{self.department_path: user.department_id})
        return self.filter(user=user)


class OwnQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        """Only one's own."""
        return self.filter(user_id=user.pk) if user.is_active else self.none()


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(login=(username or "").lower())
