from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models

from accounts.choices import MANAGER_ROLES, Role

if TYPE_CHECKING:
    from accounts.models import User


class OfDepartmentQuerySet(models.QuerySet):
    """What a department is held against: read by its people, by the director everywhere."""

    def visible_to(self, user: User) -> Self:
        if not user.is_active:
            return self.none()
        if user.role == Role.DIRECTOR:
            return self
        if user.role in MANAGER_ROLES | {Role.HEAD} and user.department_id is not None:
            return self.filter(department_id=user.department_id)
        return self.none()

    def started(self, day: date) -> Self:
        return self.filter(valid_from__lte=day)


class SchemeQuerySet(models.QuerySet):
    """Terms of pay are no secret of those who are paid by them; who edits them sees every version."""

    def visible_to(self, user: User) -> Self:
        known = MANAGER_ROLES | {Role.HEAD, Role.DIRECTOR, Role.ADMINISTRATOR}
        return self if user.is_active and user.role in known else self.none()

    def in_force(self, month: date) -> Self:
        """Newest first: the first row is the one a month is counted by."""
        return self.filter(valid_from__lte=month).order_by("-valid_from", "-version")


class StatementQuerySet(models.QuerySet):
    """Pay is read by the one who is paid, by his head, by the director."""

    def visible_to(self, user: User) -> Self:
        if not user.is_active:
            return self.none()
        if user.role == Role.DIRECTOR:
            return self
        if user.role == Role.HEAD:
            return self.filter(department_id=user.department_id)
        return self.filter(user=user)
