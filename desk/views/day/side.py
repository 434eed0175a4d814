"""Plan and fact and the norms of the week, at the side of the day."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import formats, markup, svg
from common.workdays import PeriodKind
from desk.selectors.day import Day
from planning.views.arithmetic import needed_how


def side_of(found: Day, is_own: bool) -> dict[str, Any]:
    norms = {
        "calls": _("Productive calls"),
        "held": _("Held meetings"),
        "productive": _("Productive meetings"),
        "offers": _("Offers"),
        "warm": _("Warm contacts"),
        "visits": _("Visits"),
    }
    first, last = found.week
    query = "" if is_own else f"?manager={found.user.pk}"
    return {
        "plans": _plans(found),
        "plan_say": _plan_say(found),
        "plan_how": _plan_how(found),
        "norm_week": f"{formats.date_num(first)} – {formats.date_num(last)}",
        "norms": [
            {"label": norms[norm.name], "done": norm.done, "norm": norm.norm, "bar": svg.meter(norm.done, norm.norm)}
            for norm in found.norms
        ],
        "today_calls": ngettext("%(n)s call today", "%(n)s calls today", found.calls_today) % {"n": found.calls_today},
        "uncredited": found.uncredited_today,
        "own_contacts_url": reverse("own_contacts") + query,
    }


def _plans(found: Day) -> list[dict[str, Any]]:
    rows = []
    names = {PeriodKind.DAY: _("Today"), PeriodKind.WEEK: _("Week"), PeriodKind.MONTH: _("Month")}
    for kind, figures in found.figures.items():
        if not figures.plan and not figures.fact and not figures.today_fact:
            continue
        is_day = kind == PeriodKind.DAY
        fact = figures.today_fact if is_day else figures.fact
        plan = figures.today_plan if is_day else figures.plan
        period = figures.span.period
        hint = _("plan of the day")
        if kind == PeriodKind.WEEK:
            hint = f"{formats.date_num(period.starts_on)} – {formats.date_num(period.ends_on)}"
        elif kind == PeriodKind.MONTH:
            hint = _month_name(period.starts_on)
        share = figures.attainment
        light = markup.plan_light(float(share * 100) if share is not None else None)
        if share is None and plan:
            light = _muted(_("ahead"))
        rows.append(
            {
                "name": names[kind],
                "hint": hint,
                "light": _muted(_("the day goes on")) if is_day else light,
                "bar": svg.meter(fact, max(plan, fact) or 1, tick=None if is_day else figures.plan_to_date),
                "fact": formats.number(fact, 0),
                "plan": formats.number(plan, 0),
                "url": f"{reverse('plan_fact')}?period={kind}",
            }
        )
    return rows


def _muted(text: str) -> SafeString:
    return markup.piece('<span class="muted">{}</span>', text)


def _month_name(day: Any) -> str:
    return date_format(day, "F").lower()


def _plan_how(found: Day) -> list[str]:
    """The arithmetic of what the month lacks and of what every day left has to bring."""
    month = found.figures.get(PeriodKind.MONTH)
    if month is None or not month.plan:
        return []
    told = {
        "plan": formats.money(month.plan_to_date),
        "fact": formats.money(month.fact),
        "gap": formats.money(month.plan_to_date - month.fact),
    }
    return [_("Plan to this morning %(plan)s − paid %(fact)s = %(gap)s.") % told, needed_how(month)]


def _plan_say(found: Day) -> str:
    """What the month lacks to this morning's plan, and which client would bring it."""
    month = found.figures.get(PeriodKind.MONTH)
    if month is None or not month.plan:
        return _("No plan is set for this month.")
    gap = month.plan_to_date - month.fact
    tick = _("The tick is the plan to this morning.")
    if gap <= 0:
        return tick + " " + _("The month is ahead of it by %(sum)s.") % {"sum": formats.money(-gap)}
    lacks = _("The month lacks %(sum)s.") % {"sum": formats.money(gap)}
    enough = [row for row in found.greens if (row.amount or 0) >= gap]
    if enough:
        row = enough[-1]
        covers = _("One green client alone would bring it: %(client)s, %(sum)s.") % {
            "client": row.name,
            "sum": formats.money_short(row.amount),
        }
        return f"{tick} {lacks} {covers}"
    total = sum((row.amount or 0 for row in found.greens), 0)
    if total:
        return f"{tick} {lacks} " + _("All green clients together hold %(sum)s.") % {"sum": formats.money_short(total)}
    return f"{tick} {lacks} " + _("There is no green client with an amount yet.")
