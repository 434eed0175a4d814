from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from accounts.choices import Role
from staffing.choices import VacancyStatus

if TYPE_CHECKING:
    from accounts.models import User


class OfDepartmentQuerySet(models.QuerySet):
    """What a head knows of his own department and a director of all; for others it does not exist."""

    def visible_to(self, user: User) -> Self:
        if not user.is_active:
            return self.none()
        if user.role == Role.DIRECTOR:
            return self
        if user.role == Role.HEAD and user.department_id is not None:
            return self.filter(department_id=user.department_id)
        return self.none()


class VacancyQuerySet(OfDepartmentQuerySet):
    def not_closed(self) -> Self:
        return self.exclude(status=VacancyStatus.CLOSED)
