"""Which department a page of figures speaks of: a head's own, any for the director; for others there is no page."""

from __future__ import annotations

from typing import cast

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from accounts.choices import Role
from accounts.models import Department, User


def departments_of(request: HttpRequest) -> list[Department]:
    """Departments the reader may switch between; 404 unless he is a head or the director."""
    viewer = cast(User, request.user)
    if viewer.role not in (Role.HEAD, Role.DIRECTOR):
        raise Http404
    return list(Department.objects.visible_to(viewer).filter(is_active=True))


def department_asked(request: HttpRequest) -> tuple[Department, list[Department]]:
    """The department of `?department=`, else the first; an id outside the scope is 404."""
    found = departments_of(request)
    if not found:
        raise Http404
    asked = request.GET.get("department", "")
    if not asked:
        return found[0], found
    if not asked.isdecimal() or len(asked) > 9:
        raise Http404
    return next((one for one in found if one.pk == int(asked)), None) or _none(), found


def _none() -> Department:
    raise Http404


def employee_asked(request: HttpRequest, name: str = "manager") -> User | None:
    """The seller of `?manager=` inside the reader's scope; None when nobody is asked for, 404 for a stranger."""
    asked = request.GET.get(name, "")
    if not asked:
        return None
    if not asked.isdecimal() or len(asked) > 9:
        raise Http404
    people = User.objects.visible_to(cast(User, request.user)).with_clients().select_related("department")
    return get_object_or_404(people, pk=int(asked))
