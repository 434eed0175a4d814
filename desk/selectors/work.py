"""Clients joined with the work on them: the open cycle, the open ownership and its running clock."""

from __future__ import annotations

from datetime import date

from django.db.models import Case, F, FilteredRelation, Q, QuerySet, When
from django.db.models.functions import Greatest

from accounts.selectors import calendar
from clients.models import Client
from funnels.constants import CLOCK_FLAG_DAYS, CLOCK_LIMIT_DAYS, CLOCK_WARN_DAYS

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
        state_flag_on=F("open_own__state_flag_on"),
    )


def aged_q(value: str, day: date) -> Q:
    """Open cycles whose colour age on `day` lies in the span, by the day their clock started."""
    latest, after = starts_of(value, day)
    found = Q(running_from__lte=latest)
    return found if after is None else found & Q(running_from__gt=after)


def starts_of(value: str, day: date) -> tuple[date, date | None]:
    """The latest day a clock of that age on `day` started on, and the day it started after (None: any)."""
    least, most = _SPANS.get(value) or (int(value), int(value))
    plain = calendar()
    after = None if most is None else plain.latest_start_with_age(day, most + 1)
    return plain.latest_start_with_age(day, least), after
