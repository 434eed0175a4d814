"""Targets of a year from a table: drafts of year plans or targets of months, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department, User
from accounts.selectors import calendar
from clients.models import Segment
from common import clock
from common.errors import ActError, Invalid, NotAllowed
from common.text import sort_key
from common.workdays import month_end
from journal.choices import Channel
from journal.services import acting, record
from planning.calculator import WrongInput, revise_year
from planning.choices import PlanStatus
from planning.models import MonthTarget, YearPlan
from planning.readers import MONTH_TITLES, Fault, TargetRow
from planning.selectors.year_plans import people_to_plan
from planning.services.problems import invalid_of
from planning.services.targets import plain_reason, set_month_target
from planning.services.year_plans import PlanData, PlanScope, draft_year_plan

_FIELD_COLUMNS: Final = {"total": "Год", "amount": "Год"}
_COMPANY: Final = frozenset(map(sort_key, ("компания", "company")))
_LEAST_REASON: Final = 3


class Into(StrEnum):
    """What a table becomes."""

    DRAFTS = "drafts"
    TARGETS = "targets"


@dataclass(frozen=True)
class Planned:
    """One row as it is understood: whose it is, the months in roubles."""

    row_no: int
    scope: PlanScope
    months: Mapping[int, Decimal]

    @property
    def amount(self) -> Decimal:
        return sum(self.months.values(), Decimal("0.00"))


@dataclass
class Imported:
    """What a table says, and what is wrong with it; with any fault nothing was written."""

    planned: list[Planned] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    written: int = 0


class _Undone(Exception):
    """Takes everything of the rehearsal back."""


def import_targets(
    *, rows: Sequence[TargetRow], year: int, into: Into, reason: str, actor: User, is_dry: bool
) -> Imported:
    """Writes every row through the services of targets, or tells by row and column why not; a rehearsal writes nothing.

    NotAllowed (director all, head his department); Invalid: reason.
    """
    if not actor.is_active or actor.role not in (Role.DIRECTOR, Role.HEAD):
        raise NotAllowed(_("Targets are set by the director, or by the head for his department."))
    reason = plain_reason(reason)
    if len(reason) < _LEAST_REASON:
        raise Invalid({"reason": _("Say why the targets change.")})
    found = _understood(rows, year, actor)
    try:
        with transaction.atomic(), acting(via=Channel.IMPORT):
            for one in found.planned:
                _write(one, into, reason, actor, found)
            if is_dry or found.faults:
                raise _Undone
            record(
                action="target.import",
                actor=actor,
                object_type="planning.yearplan",
                after={"year": year, "rows": len(found.planned), "reason": reason},
            )
    except _Undone:
        found.written = 0
    return found


def _understood(rows: Iterable[TargetRow], year: int, actor: User) -> Imported:
    """Names become people and departments, a year alone becomes its months."""
    found = Imported()
    names = _Names(actor)
    seen: dict[tuple[int | None, int | None, int | None], int] = {}
    for row in rows:
        scope = names.scope(row, year, found.faults)
        if scope is None:
            continue
        department, user, segment = (one.pk if one else None for one in (scope.department, scope.user, scope.segment))
        key = department, user, segment
        if key in seen:
            text = _("The same person or department stands in row %(row)s already.") % {"row": seen[key]}
            found.faults.append(Fault(row.row_no, "", text))
            continue
        seen[key] = row.row_no
        try:
            months = row.months or revise_year(row.year or Decimal(0), calendar(), year)
        except WrongInput as error:
            found.faults.append(Fault(row.row_no, "Год", invalid_of(error).text))
            continue
        found.planned.append(Planned(row.row_no, scope, months))
    return found


def _write(one: Planned, into: Into, reason: str, actor: User, found: Imported) -> None:
    """One row; its refusal is kept as faults, and the others are tried all the same."""
    try:
        with transaction.atomic():
            if into is Into.DRAFTS:
                draft_year_plan(scope=one.scope, data=_data(one, reason), actor=actor)
                found.written += 1
            elif one.scope.department is None or one.scope.segment is not None:
                text = _("Months of the company and of a segment follow from their year: write drafts.")
                found.faults.append(Fault(one.row_no, "", text))
            else:
                found.written += _set_months(one, reason, actor)
    except Invalid as error:
        for name, texts in error.fields.items():
            found.faults += [Fault(one.row_no, _column(name), text) for text in texts]
    except ActError as error:
        found.faults.append(Fault(one.row_no, "", error.text))


def _set_months(one: Planned, reason: str, actor: User) -> int:
    """Targets of the months that are not over; returns how many. Those over keep theirs."""
    assert one.scope.department is not None  # noqa: S101 - asked for departments and people alone
    written = 0
    for month, amount in one.months.items():
        first = date(one.scope.year, month, 1)
        if month_end(first.year, month) < clock.today():
            continue
        before = MonthTarget.objects.filter(
            department=one.scope.department, user=one.scope.user, month=first, is_current=True
        ).first()
        try:
            target = set_month_target(
                department=one.scope.department,
                user=one.scope.user,
                month=first,
                amount=amount,
                actor=actor,
                reason=reason,
            )
        except Invalid as error:
            raise Invalid({f"month_{month}": error.text}) from error
        written += before is None or before.pk != target.pk
    return written


def _data(one: Planned, reason: str) -> PlanData:
    """The months of the table; what the plan is made of is taken over from the plan that stands, or the department's."""
    scope = one.scope
    known = _newest(scope) or _newest(PlanScope(scope.year, scope.department))
    # Leads are of the very scope: a part has its own, a person none.
    is_own = known is not None and scope == PlanScope(known.year, known.department, known.user, known.segment)
    return PlanData(
        amount=one.amount,
        leads=known.leads if known is not None and is_own else None,
        average_cheque=known.average_cheque if known else None,
        rates={name: Decimal(value) for name, value in known.rates.items()} if known else None,
        reason=reason,
        months=one.months,
    )


def _newest(scope: PlanScope) -> YearPlan | None:
    plans = YearPlan.objects.of_scope(
        department=scope.department, person=scope.user, segment=scope.segment, year=scope.year
    )
    return plans.exclude(status=PlanStatus.SUPERSEDED).order_by("-version").first()


def _column(name: str) -> str:
    """The title of the column that a refused field came from."""
    if name.startswith("month_") and name.removeprefix("month_").isdecimal():
        return MONTH_TITLES[int(name.removeprefix("month_")) - 1]
    return _FIELD_COLUMNS.get(name, "")


class _Names:
    """People, departments and segments the actor may plan, by login and by name in either order."""

    def __init__(self, actor: User) -> None:
        departments = Department.objects.visible_to(actor).filter(is_active=True)
        if actor.role != Role.DIRECTOR:
            departments = departments.filter(pk=actor.department_id)
        self._departments = {sort_key(one.name): one for one in departments}
        self._is_director = actor.role == Role.DIRECTOR
        self._segments = {sort_key(one.name): one for one in Segment.objects.filter(is_active=True)}
        self._people: dict[str, list[User]] = {}
        for user in people_to_plan(self._departments.values()):
            names = {user.full_name, user.short_name, f"{user.last_name} {user.first_name}"}
            for key in {sort_key(name) for name in names} | {user.login.lower()}:
                self._people.setdefault(key, []).append(user)

    def scope(self, row: TargetRow, year: int, faults: list[Fault]) -> PlanScope | None:
        segment = self._segments.get(sort_key(row.segment)) if row.segment else None
        if row.segment and segment is None:
            faults.append(Fault(row.row_no, "Сегмент", _("There is no such segment.")))
            return None
        department = None
        if not row.department and not row.manager:
            # A segment alone: of the company to a director, of his department to a head.
            department = None if self._is_director else next(iter(self._departments.values()), None)
        elif self._is_company(row.department):
            if row.manager:
                faults.append(Fault(row.row_no, "Менеджер", _("The company has no manager of its own.")))
                return None
        elif row.department:
            department = self._departments.get(sort_key(row.department))
            if department is None:
                faults.append(Fault(row.row_no, "Отдел", _("There is no such department among yours.")))
                return None
        if not row.manager:
            return PlanScope(year, department, None, segment)
        found = {
            user.pk: user for key in (row.manager.lower(), sort_key(row.manager)) for user in self._people.get(key, [])
        }
        people = [user for user in found.values() if department is None or user.department_id == department.pk]
        if not people:
            text = _("There is no such manager: write the login or the surname and name.")
            faults.append(Fault(row.row_no, "Менеджер", text))
            return None
        if len(people) > 1:
            logins = ", ".join(sorted(user.login for user in people))
            text = _("There are several people of that name, write the login: %(logins)s.") % {"logins": logins}
            faults.append(Fault(row.row_no, "Менеджер", text))
            return None
        return PlanScope(year, people[0].department, people[0], segment)

    def _is_company(self, name: str) -> bool:
        """«Компания» in place of a department, unless one is called so; a head has no such word."""
        return self._is_director and sort_key(name) in _COMPANY and sort_key(name) not in self._departments
