"""Reference values and norms: proposed by statistics, approved or set by a person, in force from the next month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department, User
from accounts.selectors import calendar
from clients.models import Segment
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from common.text import TextError, clean_text
from journal.models import JobRun
from journal.services import in_batch, record
from kpi.calculator import NATURES, Kpi, ManagerValue, ReferenceValue, effective_from, reference_value
from kpi.choices import Source
from kpi.constants import NORM_WEEK_DAYS, REFERENCE_DAYS
from kpi.models import Norm, ReferenceKPI
from kpi.selectors.counts import Done, done_between
from kpi.selectors.outcomes import Outcomes, outcomes_of
from kpi.selectors.references import (
    PERSON_KPIS,
    ROLES,
    SEGMENT_KPIS,
    SEGMENT_ROLES,
    SET_NORMS,
    References,
    default_of,
    may_approve,
    references_on,
    stored,
)
from planning.choices import StageNorm
from planning.services import ApprovedValue, put_references_in_force

# Shares are parts of 1; nobody is asked for more than these in a week, a stay or a cheque.
_MOST_ACTS, _MOST_MINUTES = 1000, 24 * 60


def propose_references(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """On the first of a month: what the best of the ninety days before showed, proposed for the next month (job 00:30).

    Nothing changes without approval. Repeating a day writes the proposals anew. Returns departments and proposals.
    """
    counts = {"departments": 0, "proposed": 0}
    if day.day != 1:
        return counts
    for department in Department.objects.filter(is_active=True).order_by("pk"):
        with in_batch(run), transaction.atomic():
            counts["proposed"] += len(_propose(department, day, at or clock.now(), None))
        counts["departments"] += 1
    return counts


@transaction.atomic
def propose_now(*, department: Department, actor: User) -> list[ReferenceKPI]:
    """The same at a person's wish, with what is known today. NotAllowed: head of the department, director."""
    _guard(actor, department)
    rows = _propose(department, clock.today(), clock.now(), actor)
    record(action="reference.propose", obj=department, actor=actor, after={"rows": len(rows)})
    return rows


def _propose(department: Department, day: date, at: datetime, actor: User | None) -> list[ReferenceKPI]:
    """Rows for the next month that differ from what will be in force then; earlier proposals for it are replaced."""
    starts = effective_from(day)
    _stand_in_line(department)
    ReferenceKPI.objects.filter(department=department, valid_from=starts, approved_at__isnull=True).delete()
    as_of = day - timedelta(days=1)
    first = as_of - timedelta(days=REFERENCE_DAYS - 1)
    outcomes = outcomes_of(department_id=department.pk, day=as_of)
    done = done_between(department_id=department.pk, first=first, last=as_of)
    in_force = references_on(department_id=department.pk, day=starts)
    people = {user.pk: user for user in User.objects.active().managers().filter(department=department)}
    rows = []
    for kpi, role, segment_id, found in _values(people, outcomes, done, in_force, first, as_of):
        now = in_force.value(kpi, role, segment_id)
        # Too few managers to judge by: a value somebody set stays, an own one goes back to the default.
        if stored(found.value) == stored(now.value) or (not found.is_own and now.source != Source.OWN):
            continue
        rows.append(
            ReferenceKPI(
                department=department,
                segment_id=segment_id,
                role=role,
                kpi=kpi,
                value=stored(found.value),
                source=Source.OWN if found.is_own else Source.DEFAULT,
                valid_from=starts,
                basis={"best": list(found.best), "judged": found.judged, "is_bounded": found.is_bounded},
                created_by=actor,
                created_at=at,
            )
        )
    return ReferenceKPI.objects.bulk_create(rows)


def _values(
    people: dict[int, User],
    outcomes: Mapping[int, Mapping[int, Outcomes]],
    done: Done,
    references: References,
    first: date,
    last: date,
) -> Iterator[tuple[Kpi, str, int | None, ReferenceValue]]:
    finished: dict[int, int] = defaultdict(int)
    for of_people in outcomes.values():
        for pk, one in of_people.items():
            finished[pk] += one.finished
    for role in ROLES:
        mine = [user for user in people.values() if user.role == role]
        for kpi in PERSON_KPIS:
            default = default_of(kpi, role, None)
            if not default:
                continue  # the role is not asked for it
            shown = [
                ManagerValue(user.pk, value, finished[user.pk])
                for user in mine
                if (value := _a_week(done, kpi, user, first, last)) is not None
            ]
            yield kpi, role, None, reference_value(kpi, shown, default)
        if role not in SEGMENT_ROLES:
            continue
        for segment in references.segments.values():
            of_people = outcomes.get(segment.pk, {})
            for kpi in SEGMENT_KPIS:
                shown = [
                    ManagerValue(user.pk, value, of_people[user.pk].finished)
                    for user in mine
                    if user.pk in of_people and (value := of_people[user.pk].value(kpi)) is not None
                ]
                yield kpi, role, segment.pk, reference_value(kpi, shown, default_of(kpi, role, segment))


def _a_week(done: Done, kpi: Kpi, user: User, first: date, last: date) -> Fraction | None:
    """Acts in a week of five working days since he was employed; None without a working day."""
    start = max(first, user.employed_on) if user.employed_on else first
    days = len(calendar().working_days(start, last)) if start <= last else 0
    return Fraction(done.of(kpi, start, last, {user.pk}) * NORM_WEEK_DAYS, days) if days else None


@transaction.atomic
def approve_references(*, department: Department, ids: list[int], actor: User) -> list[ReferenceKPI]:
    """Proposals become the values of their month. Those approved already stay as they are.

    NotAllowed: head of the department, director. Invalid: ids (nothing chosen). Conflict: gone, or its month has begun.
    """
    _guard(actor, department)
    if not ids:
        raise Invalid({"ids": _("Choose what to approve.")})
    _stand_in_line(department)
    rows = list(ReferenceKPI.objects.select_for_update().filter(department=department, pk__in=ids).order_by("pk"))
    if len(rows) != len(set(ids)):
        raise Conflict(_("A proposal was replaced meanwhile: look at the new ones."))
    waiting = [row for row in rows if row.approved_at is None]
    if any(row.valid_from <= clock.today() for row in waiting):
        raise Conflict(_("The month of the proposal has begun: its values stay as they are."))
    at = clock.now()
    for row in waiting:
        row.approved_by, row.approved_at = actor, at
        row.save(update_fields=["approved_by", "approved_at"])
        record(action="reference.approve", obj=row, actor=actor, after=_said(row))
    _hand_down(department, waiting, actor, at)
    return rows


@transaction.atomic
def set_reference(
    *,
    department: Department,
    role: str,
    kpi: str,
    value: Decimal | Fraction,
    reason: str,
    actor: User,
    segment: Segment | None = None,
) -> ReferenceKPI | Norm:
    """A value set by hand with its reason, in force from the next month; unit of the indicator (shares: parts of 1).

    NotAllowed: head of the department, director. Invalid by field: kpi, role, segment, value, reason.
    """
    _guard(actor, department)
    known = _check_place(role, kpi, segment)
    told = _reason(reason)
    exact = Fraction(value)
    if (fault := _fault(known, exact)) is not None:
        raise Invalid({"value": fault})
    _stand_in_line(department)
    at = clock.now()
    common = {
        "department": department,
        "segment": segment,
        "role": role,
        "kpi": known,
        "value": stored(exact),
        "valid_from": effective_from(clock.today()),
        "reason": told,
        "created_by": actor,
        "created_at": at,
    }
    row: ReferenceKPI | Norm
    if known in SET_NORMS:
        row = Norm.objects.create(**common)
    else:
        row = ReferenceKPI.objects.create(**common, source=Source.SET, approved_by=actor, approved_at=at)
        _hand_down(department, [row], actor, at)
    record(action="reference.set", obj=row, actor=actor, after={**_said(row), "reason": told})
    return row


def _stand_in_line(department: Department) -> None:
    """The night and the heads who propose, approve and set values of one department: the later one counts."""
    Department.objects.select_for_update(of=("self",), no_key=True).filter(pk=department.pk).first()


def _hand_down(department: Department, rows: list[ReferenceKPI], actor: User, at: datetime) -> None:
    """Forecasts stand on the hunters' p and t of each segment; they are counted below, where this room is not known."""
    names = set(StageNorm.values)
    values = [
        ApprovedValue(row.segment_id, StageNorm(row.kpi), row.value, row.valid_from)
        for row in rows
        if row.segment_id is not None and row.role == Role.HUNTER and row.kpi in names
    ]
    put_references_in_force(department=department, values=values, actor=actor, at=at)


def _check_place(role: str, kpi: str, segment: Segment | None) -> Kpi:
    try:
        known = Kpi(kpi)
    except ValueError as error:
        raise Invalid({"kpi": _("There is no such indicator.")}) from error
    if known not in SET_NORMS and known not in PERSON_KPIS and known not in SEGMENT_KPIS:
        raise Invalid({"kpi": _("This indicator has no value to set.")})
    if role not in ROLES:
        raise Invalid({"role": _("Choose a role.")})
    if (known in SEGMENT_KPIS) != (segment is not None):
        raise Invalid({"segment": _("Conversions, days and the cheque belong to a segment, everything else to none.")})
    return known


def _fault(kpi: Kpi, value: Fraction) -> str | None:
    nature = NATURES[kpi]
    if value < 0:
        return _("Not less than 0.")
    if nature.least is not None and value < nature.least:
        return _("The method allows no less than %(least)s %%.") % {"least": int(nature.least * 100)}
    if nature.most is not None and value > nature.most:
        return _("The method allows no more than %(most)s days.") % {"most": int(nature.most)}
    most = {Kpi.AVERAGE_CHEQUE: Fraction("999999999999.99"), Kpi.FIRST_REACTION: Fraction(_MOST_MINUTES)}.get(
        kpi, Fraction(_MOST_ACTS) if kpi in PERSON_KPIS else Fraction(1) if nature.most is None else nature.most
    )
    return _("The number is too large.") if value > most else None


def _reason(text: str) -> str:
    try:
        told = clean_text(text or "", 300)
    except TextError as error:
        raise Invalid({"reason": _("At most 300 characters.")}) from error
    if not told:
        raise Invalid({"reason": _("Say why the value is changed.")})
    return told


def _said(row: ReferenceKPI | Norm) -> dict[str, object]:
    return {
        "kpi": row.kpi,
        "role": row.role,
        "segment": row.segment_id,
        "value": row.value,
        "valid_from": row.valid_from,
    }


def _guard(actor: User, department: Department) -> None:
    if not may_approve(actor, department):
        raise NotAllowed(_("Reference values are approved by the head of the department or the director."))
