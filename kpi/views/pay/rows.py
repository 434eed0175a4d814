"""Pay in words: rows of statements, the chain of factors, indicators, terms."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _

from accounts.models import User
from common import clock, formats
from common.money import Exact
from common.workdays import month_end
from kpi.calculator import PayScheme as Terms
from kpi.models import PayStatement
from kpi.selectors.pay import WEIGHED, MonthPay, MonthPays
from kpi.views.cells import label, list_url
from planning.views.calculators import address_of, number_text, share_text


def month_words(month: date) -> str:
    return date_format(month, "F Y").lower()


def live_row(live: MonthPays, line: MonthPay) -> dict[str, Any]:
    pay = line.pay
    return {
        "name": line.user.full_name,
        "role": line.user.get_role_display(),
        "url": address_of("/kpi/pay/", {"user": line.user.pk, "month": live.month.isoformat()}),
        "fact": formats.money(pay.fact),
        "fact_url": payments(line.user, live.month, live.as_of),
        "plan": formats.money(pay.plan),
        "light": attained_text(pay.attainment),
        "multiplier": number_text(pay.multiplier, 2, short=True),
        "kpi": _kpi(pay.kpi, pay.kpi_factor),
        "amount": formats.money(pay.amount),
        "step": _step(line),
    }


def attained_text(share: Fraction | None) -> str:
    return _("no plan") if share is None else share_text(share)


def _kpi(kpi: Exact | None, factor: Exact) -> str:
    """As it was counted, and what of it goes into the pay where a bound cuts it."""
    if kpi is None:
        return _("no norm")
    if Fraction(kpi) == Fraction(factor):
        return share_text(kpi)
    return _("%(kpi)s, paid as %(factor)s") % {"kpi": share_text(kpi), "factor": share_text(factor, 2, short=True)}


def _step(line: MonthPay) -> str:
    if not line.steps:
        return ""
    step = line.steps[0]
    return _("%(extra)s more → %(pay)s") % {"extra": formats.money(step.extra), "pay": formats.money(step.pay.amount)}


def closed_row(row: PayStatement) -> dict[str, Any]:
    return {
        "name": row.user.full_name,
        "role": row.user.get_role_display(),
        "url": address_of("/kpi/pay/", {"user": row.user_id, "month": row.month.isoformat()}),
        "fact": formats.money(row.fact),
        "fact_url": payments(row.user, row.month, month_end(row.month.year, row.month.month)),
        "plan": formats.money(row.plan),
        "light": share_text(row.attainment) if row.attainment is not None else _("no plan"),
        "multiplier": number_text(row.multiplier, 2, short=True),
        "kpi": _kpi(row.kpi, row.kpi_factor),
        "amount": formats.money(row.amount),
        "step": "",
    }


def payments(user: User, first: date, last: date) -> str:
    stretch = {"from": first.isoformat(), "to": last.isoformat()}
    return address_of("/documents/", {"tab": "payments", "user": user.pk}, stretch)


def differs(row: PayStatement, live: MonthPays) -> bool:
    """Whether the month has changed since it was closed: the statement stands, the reader is told."""
    now = next((line.pay for line in live.people if line.user.pk == row.user_id), None)
    return now is not None and (now.fact, now.plan, now.amount) != (row.fact, row.plan, row.amount)


def chain_live(line: MonthPay) -> list[dict[str, str]]:
    pay = line.pay
    return _chain(pay.fact, pay.plan, pay.rate, pay.attainment, pay.multiplier, pay.kpi, pay.kpi_factor)


def chain_closed(row: PayStatement) -> list[dict[str, str]]:
    return _chain(
        row.fact,
        row.plan,
        Fraction(row.terms["rate"]),
        Fraction(row.attainment) if row.attainment is not None else None,
        Fraction(row.multiplier),
        Fraction(row.kpi) if row.kpi is not None else None,
        Fraction(row.kpi_factor),
    )


def _chain(
    fact: Decimal,
    plan: Decimal,
    rate: Fraction,
    attained: Fraction | None,
    multiplier: Fraction,
    kpi: Fraction | None,
    factor: Fraction,
) -> list[dict[str, str]]:
    """Every factor of the pay in its order."""
    return [
        {
            "name": _("Fact of the month"),
            "value": formats.money(fact),
            "what": _("plan %(plan)s") % {"plan": formats.money(plan)},
        },
        {"name": _("Rate"), "value": share_text(rate, 2, short=True), "what": ""},
        {
            "name": _("Multiplier"),
            "value": number_text(multiplier, 2, short=True),
            "what": _("plan done by %(share)s") % {"share": share_text(attained)}
            if attained is not None
            else _("no plan"),
        },
        {
            "name": _("KPI"),
            "value": share_text(factor),
            "what": _("no norm, so it neither raises nor lowers")
            if kpi is None
            else _("counted %(kpi)s, kept inside its bounds") % {"kpi": share_text(kpi)}
            if kpi != factor
            else "",
        },
    ]


def indicators_live(line: MonthPay, live: MonthPays) -> list[dict[str, Any]]:
    last = min(live.as_of, clock.today() - timedelta(days=1))
    return [
        {
            "name": label(name),
            "fact": number_text(Fraction(one.fact), 0),
            "norm": number_text(Fraction(one.norm), 0),
            "share": share_text(line.kpis.shares.get(name)),
            "weight": share_text(line.kpis.weights.get(name), 0) if name in line.kpis.weights else _("no norm"),
            "url": list_url(name, live.month, last, user=line.user) if one.fact else "",
        }
        for name, one in line.indicators.items()
    ]


def indicators_closed(row: PayStatement) -> list[dict[str, Any]]:
    last = month_end(row.month.year, row.month.month)
    return [
        {
            "name": label(name),
            "fact": number_text(Decimal(one["fact"]), 0),
            "norm": number_text(Decimal(one["norm"]), 0),
            "share": share_text(Decimal(one["share"])) if one["share"] is not None else formats.DASH,
            "weight": share_text(Decimal(one["weight"]), 0) if one["weight"] is not None else _("no norm"),
            "url": list_url(name, row.month, last, user=row.user),
        }
        for name, one in row.indicators.items()
    ]


def terms_rows(terms: Terms) -> list[dict[str, str]]:
    """The terms in words, for whoever is paid by them."""
    steps = "; ".join(
        _("from %(share)s × %(times)s")
        % {"share": share_text(start, 2, short=True), "times": number_text(times, 2, short=True)}
        for start, times in terms.steps
    )
    weights = "; ".join(
        f"{label(kpi).lower()} {share_text(terms.weights[kpi], 0)}"
        for kpi in WEIGHED
        if Fraction(terms.weights.get(kpi, 0))
    )
    return [
        {"name": _("Rate"), "value": share_text(terms.rate, 2, short=True)},
        {"name": _("Multiplier by the plan"), "value": steps},
        {"name": _("KPI, weights"), "value": weights},
        {
            "name": _("KPI, bounds"),
            "value": _("%(least)s to %(most)s, one indicator at most %(cap)s")
            % {
                "least": number_text(terms.kpi_least, 2, short=True),
                "most": number_text(terms.kpi_most, 2, short=True),
                "cap": number_text(terms.cap, 2, short=True),
            },
        },
    ]
