"""Warnings at ages 7 and 10 of both clocks: one bell each per ownership (section 2.4, timeline)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Department, User
from accounts.selectors import calendar, head_of
from funnels.constants import CLOCK_LIMIT_DAYS
from funnels.models import Ownership
from funnels.rules import age, is_announced_as_last_day
from funnels.selectors import live_departments
from funnels.services.bells import Telling, tell_all
from funnels.services.states import WORKING_STATES
from journal.models import JobRun
from journal.services import do_rows
from notifications.models import Notice

# What a warning names; whole clients and people would cost more than the warnings.
_TOLD = (
    "clock_started_on",
    "state_started_on",
    "client__name",
    "client__department__rotation_starts_on",
    "user__language",
    "user__is_active",
)
BATCH = 200  # a batch only rings bells: it locks nothing


def warn_ages(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """«3 дня до ротации» to the owner from age 7, «последний день» to owner and head at age 10 (R-S0-P7, R-S0-P16).

    Before a non-working stretch the last day is told on the last working day before it. Once per ownership, whenever
    and however often this runs.
    """
    counts = {"warned": 0, "last_day": 0, "state_warned": 0, "state_last_day": 0}
    for department in live_departments(day):
        head = head_of(department)
        for clock_name, is_state in (("age", False), ("state", True)):
            prefix = "state_" if is_state else ""
            for kind, told in (("warned", 7), ("last_day", 10)):
                rows = _due(department, day, prefix, is_last=told == CLOCK_LIMIT_DAYS)
                counts[prefix + kind] += _tell_all(rows, day, f"{clock_name}{told}", head, is_state, run)
    return counts


def _due(department: Department, day: date, prefix: str, *, is_last: bool) -> list[Ownership]:
    rows = Ownership.objects.open().filter(client__department=department, cycle__closed_at__isnull=True)
    if prefix:
        rows = rows.filter(cycle__state__in=WORKING_STATES)
    warn, last, flag = f"{prefix}warn_on", f"{prefix}last_day_on", f"{prefix}flag_on"
    if not is_last:
        rows = rows.filter(Q(**{f"{warn}__lte": day}) & Q(**{f"{last}__gt": day}))
    else:
        tomorrow = day + timedelta(days=1)
        until = day if calendar().is_working(tomorrow) else calendar().next_working_day(day)
        # Between day 10 and the flag there may be uncounted days: still the last day.
        rows = rows.filter(Q(**{f"{last}__lte": until}) & Q(**{f"{flag}__gt": day}))
    rows = rows.select_related("user", "client__department").only(*_TOLD).order_by("pk").annotate(last_on=F(last))
    if not is_last:
        return list(rows)
    return [row for row in rows if row.last_on <= day or is_announced_as_last_day(row.last_on, day, calendar())]


def _tell_all(
    rows: Sequence[Ownership], day: date, key: str, head: User | None, is_state: bool, run: JobRun | None
) -> int:
    found = {row.pk: row for row in rows}

    def tell_batch(ids: Sequence[int]) -> dict[str, int]:
        wanted = {f"{key}:{pk}:{found[pk].user_id}": found[pk] for pk in ids}
        known = set(Notice.objects.filter(key__in=wanted).values_list("key", flat=True))
        new = [row for name, row in wanted.items() if name not in known]
        tell_all(_telling_of(row, day, key, head, is_state) for row in new)
        return {"told": len(new)}

    return do_rows(run, what=f"funnels.ownership#{key}", ids=found, size=BATCH, act=tell_batch)["told"]


def _telling_of(row: Ownership, day: date, key: str, head: User | None, is_state: bool) -> Telling:
    is_last = key.endswith("10")
    name, url = row.client.name, f"/clients/{row.client_id}/"
    start = row.state_started_on if is_state else row.clock_started_on
    left = CLOCK_LIMIT_DAYS - age(start, row.client.department.rotation_starts_on, day, calendar())
    if is_state:
        last_text = _last_state_text
        early_text = _early_state_text
    else:
        last_text, early_text = _last_text, _early_text
    return Telling(
        people=[row.user, head] if is_last else [row.user],
        key=f"{key}:{row.pk}",
        text=(lambda: last_text(name)) if is_last else (lambda: early_text(name, left)),
        url=url,
    )


def _early_text(name: str, left: int) -> str:
    return ngettext("%(n)d day till rotation: %(client)s", "%(n)d days till rotation: %(client)s", left) % {
        "n": left,
        "client": name,
    }


def _last_text(name: str) -> str:
    return _("Last day before rotation: %(client)s") % {"client": name}


def _early_state_text(name: str, left: int) -> str:
    return ngettext(
        "%(n)d day till stagnation in the state: %(client)s",
        "%(n)d days till stagnation in the state: %(client)s",
        left,
    ) % {"n": left, "client": name}


def _last_state_text(name: str) -> str:
    return _("Last day in the state: %(client)s") % {"client": name}
