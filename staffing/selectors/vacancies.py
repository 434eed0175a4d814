"""Vacancies and who may act on them."""

from __future__ import annotations

from accounts.choices import Role
from accounts.models import Department, User


def may_hire(user: User, department: Department) -> bool:
    """A director for every department, a head for his own (R-S2-12)."""
    if not user.is_active:
        return False
    return user.role == Role.DIRECTOR or (user.role == Role.HEAD and user.department_id == department.pk)
