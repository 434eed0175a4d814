from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models

from accounts.choices import MANAGER_ROLES, Role
from accounts.querysets import ScopedQuerySet
from planning.querysets import DepartmentQuerySet

if TYPE_CHECKING:
    from accounts.models import User


class OfDepartmentQuerySet(DepartmentQuerySet):
    """What a department is held against: read by its people, by the director everywhere."""

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


class StatementQuerySet(ScopedQuerySet):
    """Pay is read by the one who is paid, by his head, by the director: as the figures it is made of."""
