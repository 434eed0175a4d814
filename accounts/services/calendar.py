from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import signals
from accounts.choices import DayKind
from accounts.models import CalendarDay, User
from accounts.rules import may_edit_calendar
from common.errors import Invalid, NotAllowed
from common.production_calendar import seeded_kinds
from common.workdays import Calendar
from journal.services import record


def seed_calendar(*, years: Iterable[int]) -> int:
    """Writes the days of the years that differ from the plain week (section 6.4); returns how many were new.

    Days edited by hand, and days already known, stay as they are. Part of the act that calls it: audited there.
    """
    kinds = seeded_kinds(years)
    known = set(CalendarDay.objects.filter(day__in=kinds).values_list("day", flat=True))
    fresh = [CalendarDay(day=day, kind=str(kind)) for day, kind in kinds.items() if day not in known]
    CalendarDay.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


@transaction.atomic
def set_calendar_day(*, day: date, kind: str, actor: User) -> CalendarDay:
    """Says what a day is; the row is marked as edited. The same kind again writes nothing.

    Announces `calendar_changed`: clocks and future plans are computed anew by those who keep them. Errors: NotAllowed
    (administrator only), Invalid.
    """
    if not actor.is_active or not may_edit_calendar(actor.role):
        raise NotAllowed(_("Only the administrator edits the calendar."))
    if kind not in DayKind.values:
        raise Invalid({"kind": _("There is no such kind of day.")})
    row = CalendarDay.objects.select_for_update().filter(day=day).first()
    before = row.kind if row else str(Calendar().kind(day))
    if before == kind:
        return row or CalendarDay(day=day, kind=kind)
    if row is None:
        row = CalendarDay(day=day)
    row.kind = kind
    row.is_edited = True
    row.save()
    record(
        action="calendar.day",
        object_type=CalendarDay._meta.label_lower,
        object_name=day.isoformat(),
        actor=actor,
        before={"kind": before},
        after={"kind": kind},
    )
    signals.calendar_changed.send(sender=CalendarDay, day=day, before=before, after=kind, actor=actor)
    return row
