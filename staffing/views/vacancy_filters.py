"""Which vacancies the address asks for: state, role and department, within the reader's sight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department, User
from planning.views.calculators import address_of
from planning.views.scope import departments_of, whole
from staffing.choices import StaffRole, VacancyStatus
from staffing.models import Vacancy

LIST = "/staffing/vacancies/"


@dataclass(frozen=True)
class Asked:
    """`role` and `department` None: any. `departments` are what may be chosen."""

    viewer: User
    is_closed: bool
    role: StaffRole | None
    department: Department | None
    departments: list[Department]
    rows: QuerySet[Vacancy]

    @property
    def address(self) -> dict[str, Any]:
        """The filters as they stand in an address."""
        pairs = {
            "state": VacancyStatus.CLOSED.value if self.is_closed else None,
            "role": self.role.value if self.role else None,
            "department": self.department.pk if self.department else None,
        }
        return {name: value for name, value in pairs.items() if value is not None}

    @property
    def is_filtered(self) -> bool:
        return self.role is not None or self.department is not None

    def url(self, **changed: Any) -> str:
        """The list with other filters; None drops one."""
        return address_of(LIST, {**self.address, **changed})


def asked_vacancies(request: HttpRequest) -> Asked:
    """`?state=closed&role=&department=`. Http404 unless head or director, and for a foreign department."""
    viewer = vacancy_reader(request)
    departments = departments_of(viewer)
    key, said = whole(request.GET.get("department", "")), request.GET.get("role", "")
    department = next((one for one in departments if one.pk == key), None)
    if key is not None and department is None:
        raise Http404
    if said and said not in StaffRole.values:
        raise Http404
    role = StaffRole(said) if said else None
    is_closed = request.GET.get("state", "") == VacancyStatus.CLOSED
    rows = Vacancy.objects.visible_to(viewer).select_related("department", "created_by")
    rows = rows.filter(status=VacancyStatus.CLOSED) if is_closed else rows.not_closed()
    if role is not None:
        rows = rows.filter(role=role)
    if department is not None:
        rows = rows.filter(department=department)
    return Asked(viewer, is_closed, role, department, departments, rows)


def role_chips(asked: Asked) -> list[dict[str, Any]]:
    choices = [(None, _("All roles")), *((one, one.label) for one in StaffRole)]
    return [
        {"url": asked.url(role=one.value if one else None), "label": label, "active": one == asked.role}
        for one, label in choices
    ]


def department_menu(asked: Asked) -> list[dict[str, Any]]:
    """Nothing to choose for whoever sees one department."""
    if len(asked.departments) < 2:
        return []
    return [
        {"url": asked.url(department=None), "label": _("All departments"), "active": asked.department is None},
        *(
            {"url": asked.url(department=one.pk), "label": one.name, "active": one == asked.department}
            for one in asked.departments
        ),
    ]


def vacancy_reader(request: HttpRequest) -> User:
    """Head or director; for everybody else the page does not exist."""
    viewer: User = request.user  # type: ignore[assignment]
    if viewer.role not in (Role.HEAD, Role.DIRECTOR):
        raise Http404
    return viewer
