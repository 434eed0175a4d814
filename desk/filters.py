"""The client list's filters that ask the funnel: colour, age in the colour, next step, department."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import django_filters
from django.db.models import Case, F, FilteredRelation, Q, QuerySet, When
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from accounts.selectors import calendar
from clients.filters import ClientFilter
from clients.models import Client
from common import clock
from funnels.choices import Colour
from funnels.constants import CLOCK_FLAG_DAYS, CLOCK_LIMIT_DAYS, CLOCK_WARN_DAYS

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
_SPANS = {
    "7-10": (CLOCK_WARN_DAYS, CLOCK_LIMIT_DAYS),
    "7plus": (CLOCK_WARN_DAYS, None),
    "7-9": (CLOCK_WARN_DAYS, CLOCK_LIMIT_DAYS - 1),
    "11plus": (CLOCK_FLAG_DAYS, None),
}


def with_work(clients: QuerySet[Client]) -> QuerySet[Client]:
    """The clients with their open cycle and open ownership joined: at most one row of each, kept so by the database."""
    return clients.alias(
        open_cycle=FilteredRelation("cycles", condition=Q(cycles__closed_at__isnull=True)),
        open_own=FilteredRelation("ownerships", condition=Q(ownerships__ended_at__isnull=True)),
    ).annotate(
        cycle_id=F("open_cycle__pk"),
        colour=F("open_cycle__colour"),
        colour_rule=F("open_cycle__colour_rule"),
        amount=F("open_cycle__expected_amount"),
        next_step_at=F("open_cycle__next_step_at"),
        next_step_text=F("open_cycle__next_step_text"),
        last_contact_at=F("open_cycle__last_contact_at"),
        last_contact_kind=F("open_cycle__last_contact_kind"),
        term_ends_on=F("open_cycle__term_ends_on"),
        # The clock runs from the later of its start and the department's go-live (GREATEST leaves nulls out).
        running_from=Case(
            When(
                open_cycle__pk__isnull=False,
                then=Greatest(F("open_own__clock_started_on"), F("department__rotation_starts_on")),
            )
        ),
        flag_on=F("open_own__flag_on"),
    )


def aged_q(value: str, day: date) -> Q:
    """Open cycles whose colour age on `day` lies in the span, by the day their clock started."""
    least, most = _SPANS.get(value) or (int(value), int(value))
    plain = calendar()
    found = Q(running_from__lte=plain.latest_start_with_age(day, least))
    if most is not None:
        found &= Q(running_from__gt=plain.latest_start_with_age(day, most + 1))
    return found


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
