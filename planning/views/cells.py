"""Figures of /plan/ in words: lights, cards, lines of people, and the addresses of the payments behind them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from common import formats, markup, svg
from common.addresses import query
from common.workdays import PeriodKind
from planning.calculator import Verification, attainment
from planning.constants import Zone
from planning.rules import Span
from planning.selectors.board import Board, PersonLine
from planning.selectors.counts import SHOWN_ACTS, Counts
from planning.views.arithmetic import needed_how

ACT_LABELS = {
    "calls": gettext_lazy("Productive calls"),
    "meetings": gettext_lazy("Held meetings"),
    "productive": gettext_lazy("Productive meetings"),
    "offers": gettext_lazy("Offers"),
    "upgrades": gettext_lazy("Colour upgrades"),
}


def percent_of(share: Fraction | None) -> Decimal | None:
    return None if share is None else Decimal(share.numerator * 100) / Decimal(share.denominator)


def light_of(share: Fraction | None, zone: Zone | None, word: str | None = None) -> SafeString:
    return markup.plan_light(percent_of(share), colour=str(zone) if zone else None, word=word)


def payments_url(span: Span, until: date, *, user: User | None = None, department: int | None = None) -> str:
    """The payments behind a figure."""
    who = {"user": user.pk} if user else {}
    where = {"department": department} if department else {}
    stretch = {"from": span.facts_from.isoformat(), "to": min(until, span.facts_to).isoformat()}
    return "/documents/?" + query({"tab": "payments", **who, **where, **stretch})


def payments_between(first: date, last: date, *, user: int | None = None, department: int | None = None) -> str:
    """The payments of any days, both ends included, of a person or a department."""
    who = {"user": user} if user else {"department": department}
    stretch = {"from": first.isoformat(), "to": last.isoformat()}
    return "/documents/?" + query({"tab": "payments", **who, **stretch})


def payments_of_board(board: Board, first: date, last: date) -> str:
    """The same for whom the page speaks of."""
    if board.user is not None:
        return payments_between(first, last, user=board.user.pk)
    return payments_between(first, last, department=board.department.pk)


def acts_url(board: Board, name: str, user: User | None) -> str:
    """The calls, meetings, offers or upgrades behind a count."""
    who = {"user": user.pk} if user else {"department": board.department.pk}
    until = min(board.figures.as_of, board.span.facts_to)
    stretch = {"from": board.span.facts_from.isoformat(), "to": until.isoformat()}
    return "/plan/acts/?" + query({"what": name, **who, **stretch})


def corrected_mark(at: datetime | None) -> SafeString | str:
    """«исправлено 21.11»: the past was written anew after its night (3.1.4)."""
    if at is None:
        return ""
    text = _("corrected %(day)s") % {"day": formats.date_num(at)}
    return markup.piece('<span class="tag tag-line tag-warn">{}</span>', text)


_COUNT: Final = '<td class="num" data-label="{}">{}</td>'
_LINK: Final = '<a class="figure" href="{}">{}</a>'


def count_cells(board: Board, counts: Counts, user: User | None) -> SafeString:
    """Cells of the counts of the period, each with its list; nothing done has no list."""
    nothing = markup.piece('<span class="muted">0</span>') if user is not None else "0"
    return markup.join(
        [
            markup.piece(
                _COUNT,
                str(ACT_LABELS[name]),
                markup.piece(_LINK, acts_url(board, name, user), formats.number(counts[name]))
                if counts[name]
                else nothing,
            )
            for name in SHOWN_ACTS
        ],
        "",
    )


def target_url(board: Board, user: User | None) -> str:
    who = {"user": user.pk} if user else {}
    month = board.span.period.starts_on.isoformat()
    return "/plan/target/?" + query({"department": board.department.pk, **who, "day": month})


def stats_of(board: Board, viewer: User) -> list[dict[str, Any]]:
    figures = board.figures
    link = payments_url(
        board.span, figures.as_of, user=board.user, department=None if board.user else board.department.pk
    )
    stats: list[dict[str, Any]] = [
        {
            "label": _("Fact to plan as of the morning") if board.is_running else _("Fact to plan"),
            "value": formats.percent(percent_of(figures.attainment)),
            "light": light_of(None, figures.zone),
            "foot": _("%(fact)s of %(plan)s")
            % {"fact": formats.money(figures.fact), "plan": formats.money(figures.plan_to_date)},
            "mark": corrected_mark(board.corrected_at),
            "url": link,
        },
        {
            "label": _("Plan of the period"),
            "value": formats.money_short(figures.plan),
            "foot": _plan_foot(board),
            "url": "#plan-days" if board.points else "",
            "more": _today(board) if board.is_running else None,
        },
    ]
    if board.is_running:
        needed = figures.needed_per_day
        stats.append(
            {
                "label": _("Needed a day to make it"),
                "value": formats.money(needed),
                "foot": ngettext(
                    "%(days)s working day left, today included; beside the plan, not instead of it",
                    "%(days)s working days left, today included; beside the plan, not instead of it",
                    figures.days_left,
                )
                % {"days": figures.days_left},
                "how": needed_how(figures),
            }
        )
    if board.forecast is not None:
        share = attainment(board.forecast, figures.plan)
        stats.append(
            {
                "label": _("Forecast of the period"),
                "value": formats.money_short(board.forecast),
                "light": markup.plan_light(percent_of(share)) if share is not None else "",
                "foot": formats.money(board.forecast),
                "url": forecast_url(board, viewer),
            }
        )
    stats.append(_verification_stat(board))
    return stats


def _plan_foot(board: Board) -> str:
    """The exact plan, and what is done of it."""
    figures = board.figures
    return _("%(plan)s, done %(share)s") % {
        "share": formats.percent(percent_of(figures.done_share)),
        "plan": formats.money(figures.plan),
    }


def _today(board: Board) -> dict[str, str]:
    """The running day apart from the rest, with its payments."""
    figures = board.figures
    text = _("today %(fact)s of the day's plan %(plan)s") % {
        "fact": formats.money(figures.today_fact),
        "plan": formats.money(figures.today_plan),
    }
    return {"text": text, "url": payments_of_board(board, board.today, board.today)}


def _verification_stat(board: Board) -> dict[str, Any]:
    label = _("Verification of the forecast, the period before")
    verified = board.verification
    url = verification_url(board)
    if verified is None:
        return {"label": label, "value": formats.DASH, "foot": _("no forecast was frozen for that period"), "url": url}
    return {
        "label": label,
        "url": url,
        "value": formats.percent(percent_of(verified.value)),
        "light": light_of(None, verified.zone, trust(verified)),
        "foot": _("bias %(bias)s") % {"bias": bias_text(verified)},
    }


def forecast_url(board: Board, viewer: User) -> str:
    """The clients and chances a forecast is made of; the calculator knows the running month, and no managers."""
    if viewer.is_manager or board.kind is not PeriodKind.MONTH or not board.is_running:
        return ""
    return "/calculators/forecast/?" + query({"department": board.department.pk})


def verification_url(board: Board) -> str:
    who = {"user": board.user.pk} if board.user else {"department": board.department.pk}
    return "/plan/verification/?" + query({**who, "day": board.span.period.starts_on.isoformat()})


def frozen_url(board: Board, user: User | None) -> str:
    """The forecast frozen for the period before, which V and bias compare with what came."""
    who = {"user": user.pk} if user else {"department": board.department.pk}
    asked = {"period": str(board.kind), "day": board.span.period.starts_on.isoformat()}
    return "/plan/verification/forecast/?" + query({**who, **asked})


def trust(verified: Verification) -> str:
    return {
        Zone.GREEN: _("the forecast can be trusted"),
        Zone.YELLOW: _("take the forecast with care"),
        Zone.RED: _("the forecast cannot be trusted"),
    }[verified.zone]


def bias_text(verified: Verification, places: int = 1) -> str:
    if verified.bias is None:
        return formats.DASH
    text = f"{formats.signed(percent_of(verified.bias), places)}{formats.SPACE}%"
    if verified.systematic is None:
        return text
    word = (
        _("systematically overstated") if str(verified.systematic) == "overstated" else _("systematically understated")
    )
    return f"{text}, {word}"


def person_line(board: Board, line: PersonLine, *, may_set: bool, viewer: User) -> dict[str, Any]:
    figures, user = line.figures, line.user
    verified = line.verification
    return {
        "name": user.full_name,
        "url": ""
        if viewer.is_manager
        else f"/plan/?period={board.kind}&user={user.pk}&day={board.span.period.starts_on}",
        "plan": formats.money(figures.plan),
        "fact": formats.money(figures.fact),
        "fact_url": payments_url(board.span, figures.as_of, user=user),
        "light": light_of(figures.attainment, figures.zone),
        "bar": svg.bullet(figures.fact, figures.plan, forecast=line.forecast, title=_bar_title(line)),
        "forecast": formats.money(line.forecast),
        "forecast_url": forecast_url(board, viewer),
        "forecast_share": formats.percent(percent_of(attainment(line.forecast, figures.plan)), 0)
        if line.forecast is not None and figures.plan
        else "",
        "needed": formats.money(figures.needed_per_day) if board.is_running else formats.DASH,
        "needed_how": needed_how(figures) if board.is_running else "",
        "verification": light_of(verified.value, verified.zone, "") if verified else formats.DASH,
        "verification_url": frozen_url(board, user) if verified else "",
        "bias": bias_text(verified) if verified else formats.DASH,
        "mark": corrected_mark(line.corrected_at),
        "counts": count_cells(board, line.counts, user),
        "target_url": target_url(board, user) if may_set and board.kind is PeriodKind.MONTH and user.is_active else "",
    }


def _bar_title(line: PersonLine) -> str:
    return _("%(name)s: fact %(fact)s, plan %(plan)s") % {
        "name": line.user.short_name,
        "fact": formats.money(line.figures.fact),
        "plan": formats.money(line.figures.plan),
    }


def total_line(board: Board, viewer: User) -> dict[str, Any] | None:
    if board.user is not None:
        return None
    figures, verified = board.figures, board.verification
    return {
        "plan": formats.money(figures.plan),
        "fact": formats.money(figures.fact),
        "fact_url": payments_url(board.span, figures.as_of, department=board.department.pk),
        "light": light_of(figures.attainment, figures.zone),
        "forecast": formats.money(board.forecast),
        "forecast_url": forecast_url(board, viewer),
        "needed": formats.money(figures.needed_per_day) if board.is_running else formats.DASH,
        "needed_how": needed_how(figures) if board.is_running else "",
        "verification": light_of(verified.value, verified.zone, "") if verified else formats.DASH,
        "verification_url": frozen_url(board, None) if verified else "",
        "bias": bias_text(verified) if verified else formats.DASH,
        "mark": corrected_mark(board.corrected_at),
        "counts": count_cells(board, board.counts, None),
    }
