"""Plan-vs-actual of a person or a department in one of the seven periods."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import Department, User
from accounts.selectors import calendar
from common import clock
from common.api import ApiView, documented
from planning.choices import PeriodKind as PeriodChoice
from planning.rules import PeriodKind, span_of
from planning.selectors import Figures, department_figures, figures_of
from planning.serializers import PlanFactQuery, PlanFactSerializer


class PlanFactView(ApiView):
    @documented("plan_fact", "Plan and fact as of yesterday", answer=PlanFactSerializer, query=PlanFactQuery)
    def get(self, request: Request) -> Response:
        asked = self.asked(PlanFactQuery)
        department, user = self._scope(asked.get("department"), asked.get("user"))
        kind, today = PeriodKind(PeriodChoice(asked["period"]).value), clock.today()
        day, as_of = asked.get("day") or today, today - timedelta(days=1)
        span = span_of(kind, day, calendar())
        found = department_figures(
            department_id=department.pk,
            day=day,
            as_of=as_of,
            today=today,
            kinds=[kind],
            user_id=user.pk if user else None,
        )
        people = {pk: figures[kind] for pk, figures in found.people.items() if user is None or pk == user.pk}
        nothing = figures_of(span, as_of, {}, {}, calendar(), today)
        figures = found.whole[kind] if user is None else people.get(user.pk, nothing)
        return Response(
            {
                "department": department.pk,
                "user": user.pk if user else None,
                "period": str(kind),
                "starts_on": span.period.starts_on,
                "ends_on": span.period.ends_on,
                "as_of": figures.as_of,
                "figures": _told(figures),
                "people": [{"user": pk, **_told(one)} for pk, one in sorted(people.items())],
            }
        )

    def _scope(self, department_id: int | None, user_id: int | None) -> tuple[Department, User | None]:
        """Whose figures; 404 for a role without plans and for everybody else's figures."""
        viewer: User = self.person
        if viewer.role not in (Role.HEAD, Role.DIRECTOR, *MANAGER_ROLES):
            raise Http404
        user = viewer if viewer.is_manager and user_id is None else None
        if user_id is not None:
            people = User.objects.visible_to(viewer).with_clients().select_related("department")
            user = get_object_or_404(people.filter(department__isnull=False), pk=user_id)
        departments = Department.objects.visible_to(viewer).filter(is_active=True)
        wanted = department_id or (user.department_id if user else None)
        department = get_object_or_404(departments, pk=wanted) if wanted else departments.first()
        if department is None or (user is not None and user.department_id != department.pk):
            raise Http404
        return department, user


def _told(figures: Figures) -> dict[str, Any]:
    share = figures.attainment
    percent = None if share is None else Decimal(share.numerator * 100) / Decimal(share.denominator)
    return {
        "plan": _money(figures.plan),
        "plan_to_date": _money(figures.plan_to_date),
        "fact": _money(figures.fact),
        "attainment": None if percent is None else f"{percent:.2f}",
        "zone": str(figures.zone) if figures.zone else None,
        "days_done": figures.days_done,
        "days_left": figures.days_left,
        "needed_per_day": None if figures.needed_per_day is None else _money(figures.needed_per_day),
    }


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"
