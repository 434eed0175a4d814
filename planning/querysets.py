from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from accounts.choices import MANAGER_ROLES, Role
from accounts.querysets import ScopedQuerySet
from planning.choices import PlanStatus

if TYPE_CHECKING:
    from accounts.models import Department, User
    from clients.models import Segment


class DepartmentQuerySet(models.QuerySet):
    """What holds for a whole department: its managers work by it too."""

    def visible_to(self, user: User) -> Self:
        if not user.is_active:
            return self.none()
        if user.role == Role.DIRECTOR:
            return self
        works = user.role == Role.HEAD or user.role in MANAGER_ROLES
        return self.filter(department_id=user.department_id) if works else self.none()


class YearPlanQuerySet(ScopedQuerySet):
    """Versions of year plans; whoever does not plan sees what was approved, and of himself only."""

    def visible_to(self, user: User) -> Self:
        found = super().visible_to(user)
        return found if user.role in {Role.DIRECTOR, Role.HEAD} else found.exclude(status=PlanStatus.DRAFT)

    def of_scope(
        self, *, department: Department | None, person: User | None, segment: Segment | None, year: int
    ) -> Self:
        return self.filter(department=department, user=person, segment=segment, year=year)
