"""The client list's filters that ask the funnel: colour, age in the colour, next step, department."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from accounts.models import Department
from clients.filters import ClientFilter
from clients.models import Client
from common import clock
from desk.selectors.work import aged_q
from funnels.choices import Colour

AGES = [
    ("7-10", _("7 to 10 days")),
    ("7plus", _("7 days and more")),
    ("7-9", _("7 to 9 days")),
    ("7", "7"),
    ("8", "8"),
    ("9", "9"),
    ("10", _("the last day")),
    ("11plus", _("stagnant")),
]
STEPS = [
    ("late", _("overdue")),
    ("today", _("today")),
    ("due", _("today and overdue")),
    ("none", _("without a next step")),
]


def _departments(request: Any) -> QuerySet[Department]:
    return Department.objects.none() if request is None else Department.objects.visible_to(request.user)


class WorkFilter(ClientFilter):
    """`WorkFilter(request.GET, queryset=with_work(Client.objects.visible_to(user)), request=request).qs`."""

    colour = django_filters.ChoiceFilter(label=_("colour"), choices=[row for row in Colour.choices if row[0] != "none"])
    age = django_filters.ChoiceFilter(label=_("days in the colour"), choices=AGES, method="by_age")
    step = django_filters.ChoiceFilter(label=_("next step"), choices=STEPS, method="by_step")
    open = django_filters.ChoiceFilter(
        label=_("in the funnel"), choices=[("yes", _("in the funnel"))], method="by_open"
    )
    department = django_filters.ModelChoiceFilter(label=_("department"), queryset=_departments)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = getattr(self.request, "user", None)
        # Everybody else sees one department: there is nothing to choose.
        if user is None or not user.is_director:
            self.filters.pop("department", None)
        if user is not None and user.role == Role.ACCOUNTANT:
            # What he may not read he may not ask by either.
            for name in set(self.filters) - {"search"}:
                self.filters.pop(name)

    def by_age(self, queryset: QuerySet[Client], _name: str, value: str) -> QuerySet[Client]:
        return queryset.filter(aged_q(value, clock.today()))

    def by_step(self, queryset: QuerySet[Client], _name: str, value: str) -> QuerySet[Client]:
        today = clock.today()
        starts = clock.local_moment(today, time(0))
        ends = clock.local_moment(today + timedelta(days=1), time(0))
        if value == "none":
            return queryset.filter(cycle_id__isnull=False, next_step_at__isnull=True)
        if value == "late":
            return queryset.filter(next_step_at__lt=starts)
        if value == "today":
            return queryset.filter(next_step_at__gte=starts, next_step_at__lt=ends)
        return queryset.filter(next_step_at__lt=ends)

    def by_open(self, queryset: QuerySet[Client], _name: str, value: str) -> QuerySet[Client]:
        return queryset.filter(cycle_id__isnull=False)
