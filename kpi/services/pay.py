"""Terms of pay as versions, and months that are closed once (section 3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department, User
from common import clock
from common.errors import Conflict, Invalid, NotAllowed, StaleVersion
from common.text import TextError, clean_text
from common.workdays import month_end
from journal.services import record
from kpi.calculator import PayScheme as Terms
from kpi.models import PayScheme, PayStatement
from kpi.selectors.pay import WEIGHED, MonthPay, month_pays
from planning.calculator import WrongInput
from planning.services.locks import lock_figures
from planning.services.problems import invalid_of

_PAY = 0x50415920  # the number space of this room's lock


def may_edit_scheme(user: User) -> bool:
    """Money is the director's decision, settings are the administrator's (section 1.1)."""
    return user.is_active and user.role in {Role.DIRECTOR, Role.ADMINISTRATOR}


def may_close(user: User) -> bool:
    """A month is closed for good: the director does it, a head only reads (section 1.1: he edits the plans)."""
    return user.is_active and user.role == Role.DIRECTOR


@transaction.atomic
def save_scheme(
    *, terms: Terms, valid_from: date, actor: User, reason: str = "", version: int | None = None
) -> PayScheme:
    """A new version of the terms, in force from a month on. `version` is the newest one the person saw (0: none).

    NotAllowed: director, administrator. StaleVersion. Invalid by field: rate, steps, weights, cap, kpi_least, kpi_most,
    valid_from (no first of a month, past, or closed somewhere), reason (missing from the second version on).
    """
    if not may_edit_scheme(actor):
        raise NotAllowed(_("The terms of pay are set by the director or the administrator."))
    _lock(0)
    newest = PayScheme.objects.aggregate(last=Max("version"))["last"] or 0
    if version is not None and version != newest:
        raise StaleVersion(_("The terms were changed meanwhile."), current={"version": newest})
    _check(terms)
    told = _plain(reason)
    errors = {}
    if valid_from.day != 1 or valid_from < clock.today().replace(day=1):
        errors["valid_from"] = _("From the first of this month or of a later one.")
    elif PayStatement.objects.filter(month__gte=valid_from).exists():
        errors["valid_from"] = _("The month is closed: its pay stays as it was counted.")
    if newest and not told:
        errors["reason"] = _("Say why the terms change.")
    if errors:
        raise Invalid(errors)
    row = PayScheme.objects.create(
        valid_from=valid_from,
        version=newest + 1,
        rate=_decimal(terms.rate),
        steps=[[str(_decimal(start)), str(_decimal(times))] for start, times in terms.steps],
        weights={str(name): str(_decimal(weight)) for name, weight in terms.weights.items() if Fraction(weight)},
        cap=_decimal(terms.cap),
        kpi_least=_decimal(terms.kpi_least),
        kpi_most=_decimal(terms.kpi_most),
        reason=told,
        created_by=actor,
        created_at=clock.now(),
    )
    after = {"version": row.version, "valid_from": valid_from, "reason": told, **terms_said(terms)}
    record(action="pay.scheme", obj=row, actor=actor, after=after)
    return row


def _check(terms: Terms) -> None:
    if set(terms.weights) - {str(kpi) for kpi in WEIGHED}:
        raise Invalid({"weights": _("There is no such indicator.")})
    try:
        terms.check()
    except WrongInput as error:
        raise invalid_of(error) from error


def terms_said(terms: Terms) -> dict[str, object]:
    """The terms as decimal texts: what a statement and the audit log keep."""
    return {
        "rate": str(_decimal(terms.rate)),
        "steps": [[str(_decimal(start)), str(_decimal(times))] for start, times in terms.steps],
        "weights": {str(name): str(_decimal(weight)) for name, weight in terms.weights.items()},
        "cap": str(_decimal(terms.cap)),
        "kpi_least": str(_decimal(terms.kpi_least)),
        "kpi_most": str(_decimal(terms.kpi_most)),
    }


@transaction.atomic
def close_month(*, department: Department, month: date, actor: User) -> list[PayStatement]:
    """Freezes the pay of everybody in the department for a month that is over; nobody recalculates it.

    A second call finds the rows of the first. NotAllowed: director. Invalid: month. Conflict: the month is not over, or
    nobody is paid.
    """
    if not may_close(actor):
        raise NotAllowed(_("The director closes the month."))
    if month.day != 1:
        raise Invalid({"month": _("A target belongs to a whole month.")})
    _lock(0)  # nobody changes the terms meanwhile
    _lock(department.pk)
    lock_figures(department.pk)  # a payment or target entered at this moment waits for the frozen rows
    closed = list(PayStatement.objects.filter(department=department, month=month).order_by("pk"))
    if closed:
        return closed
    today = clock.today()
    if month_end(month.year, month.month) >= today:
        raise Conflict(_("The month is not over yet."))
    found = month_pays(department=department, month=month, today=today)
    if not found.people:
        raise Conflict(_("Nobody in the department is paid for this month."))
    at = clock.now()
    rows = PayStatement.objects.bulk_create(
        PayStatement(
            department=department,
            user=line.user,
            month=month,
            scheme=found.scheme,
            terms=terms_said(found.terms),
            fact=line.pay.fact,
            plan=line.pay.plan,
            attainment=None if line.pay.attainment is None else _decimal(line.pay.attainment, 12),
            multiplier=_decimal(line.pay.multiplier),
            kpi=None if line.pay.kpi is None else _decimal(line.pay.kpi, 12),
            kpi_factor=_decimal(line.pay.kpi_factor, 12),
            indicators=_indicators(line),
            amount=line.pay.amount,
            closed_by=actor,
            closed_at=at,
        )
        for line in found.people
    )
    total = sum((row.amount for row in rows), Decimal("0.00"))
    after = {"month": month, "people": len(rows), "amount": total}
    record(action="pay.close", obj=department, actor=actor, after=after)
    return rows


def _indicators(line: MonthPay) -> dict[str, dict[str, str | None]]:
    return {
        name: {
            "fact": str(_decimal(one.fact)),
            "norm": str(_decimal(one.norm)),
            "weight": _maybe(line.kpis.weights, name),
            "share": _maybe(line.kpis.shares, name),
        }
        for name, one in line.indicators.items()
    }


def _maybe(values: Mapping[str, Fraction], name: str) -> str | None:
    return str(_decimal(values[name], 12)) if name in values else None


def _decimal(value: Fraction | Decimal | int, places: int = 6) -> Decimal:
    """Half away from zero, without the 28 digits of a context in between."""
    exact = Fraction(value) * 10**places
    size = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return Decimal((int(exact < 0), tuple(map(int, str(size))), -places))


def _plain(reason: str) -> str:
    try:
        return clean_text(reason or "", 300)
    except TextError as error:
        raise Invalid({"reason": _("At most 300 characters.")}) from error


def _lock(number: int) -> None:
    """One writer of a department's pay (0: of the terms) at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_PAY, number])
