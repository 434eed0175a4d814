"""Whose figures a person may open: his own, his department's, everybody's; all else does not exist (section 1.1)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import Department, User
from common.prepared import Prepared


@dataclass(frozen=True)
class Scope:
    """`user` None = the whole department. `departments` are what may be chosen instead."""

    department: Department
    user: User | None
    departments: list[Department]


def whole(value: str) -> int | None:
    """An id of the address; 404 for what can be none."""
    if not value:
        return None
    if not value.isdecimal() or len(value) > 18:
        raise Http404
    return int(value)


def departments_of(viewer: User) -> list[Department]:
    """Departments whose figures the person may open."""
    if viewer.role == Role.DIRECTOR:
        return _departments.models("every")
    if viewer.department_id is not None and (viewer.role == Role.HEAD or viewer.role in MANAGER_ROLES):
        return _departments.models("own", department=viewer.department_id)
    return []


def _chosen_of(shape: str, *, department: int = 0) -> QuerySet[Department]:
    if shape == "own":
        return Department.objects.filter(pk=department)
    return Department.objects.filter(is_active=True).order_by("name")


_departments = Prepared(_chosen_of)


def chosen(request: HttpRequest) -> Scope:
    """The scope the address asks for. Http404 for a role without plans and for anybody else's figures."""
    viewer: User = request.user  # type: ignore[assignment]
    departments = departments_of(viewer)
    if not departments:
        raise Http404
    asked_department, asked_user = whole(request.GET.get("department", "")), whole(request.GET.get("user", ""))
    user = None
    if asked_user is not None:
        user = User.objects.visible_to(viewer).with_clients().filter(pk=asked_user).first()
        if user is None or user.department_id is None:
            raise Http404
        if asked_department is None:
            asked_department = user.department_id
    elif viewer.is_manager:
        user = viewer
    department = departments[0]
    if asked_department is not None:
        found = [one for one in departments if one.pk == asked_department]
        if not found or (user is not None and user.department_id != asked_department):
            raise Http404
        department = found[0]
    return Scope(department, user, departments)
