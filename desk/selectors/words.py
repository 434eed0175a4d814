"""The colour and its clock in words: which facts gave it, what would turn it, until when (sections 2.3, 2.4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from clients.choices import Section
from clients.models import Client
from common import clock, formats
from common.workdays import Calendar
from funnels.constants import CLOCK_LIMIT_DAYS
from funnels.models import Ownership
from funnels.rules import FactRow, Verdict, Way, invoice_speaks_until
from funnels.services.texts import MISSING_TEXTS

ROTATION_TIME = time(9, 20)


def cause_words(verdict: Verdict, rows: Sequence[FactRow], client: Client, day: date) -> str:
    """«Анкета 100 %, интерес есть, прогресс до 10.12.2026»: the facts that gave the colour."""
    causes = {row.kind: row for row in rows if row.id in verdict.fact_ids}
    until = causes["progress"].until if "progress" in causes else None
    if verdict.rule == "R4":
        return _("Contract signed on %(day)s.") % {"day": _day(causes["contract_signed"].on)}
    if verdict.rule == "R5":
        return _("An invoice is open till %(day)s.") % {"day": _day(invoice_speaks_until(causes["invoice_issued"]))}
    if verdict.rule == "R6":
        paid = sum(row.amount or 0 for row in rows if row.id in verdict.fact_ids)
        return _("Paid in part: %(amount)s.") % {"amount": formats.money(paid)}
    if verdict.rule == "R7":
        terms = causes["terms_agreed"]
        return _("Terms agreed on %(day)s, payment by %(until)s.") % {"day": _day(terms.on), "until": _day(terms.until)}
    if verdict.rule == "R8":
        return _("Questionnaire 100 %%, interest, progress till %(until)s.") % {"until": _day(until)}
    if verdict.rule == "R9":
        sent = causes["offer_sent"]
        return _("Offer sent on %(day)s and discussed, progress till %(until)s.") % {
            "day": _day(sent.on),
            "until": _day(until),
        }
    if verdict.rule == "R10":
        return _lapsed_words(rows, day) or _("In work; neither the need nor the payment is confirmed yet.")
    if verdict.rule == "R3":
        return _("Paid in full.")
    if client.section == Section.CUSTOMERS:
        return _("A customer without an open sale.")
    if verdict.rule == "R2":
        return _("Nobody works with the client.")
    return _("Section “%(section)s”: the client has left the funnel.") % {"section": client.get_section_display()}


def _lapsed_words(rows: Sequence[FactRow], day: date) -> str:
    lapsed = []
    for row in rows:
        if row.revoked or row.closed:
            continue
        if row.kind == "progress" and row.until and row.until < day:
            lapsed.append((row.until, _("The progress ran out on %(day)s.")))
        elif row.kind == "invoice_issued" and invoice_speaks_until(row) < day:
            lapsed.append((invoice_speaks_until(row), _("The invoice ran out on %(day)s.")))
        elif row.kind == "terms_agreed" and row.until and row.until < day:
            lapsed.append((row.until, _("The agreed pay date passed on %(day)s.")))
    if not lapsed:
        return ""
    when, text = max(lapsed)
    return text % {"day": _day(when)}


def way_words(ways: Sequence[Way]) -> str:
    """«Станет зелёным: счёт, подписанный договор или первая оплата»; the shortest ways first, at most four."""
    if not ways:
        return ""
    nearest = len(ways[0].missing)
    options = [" + ".join(str(MISSING_TEXTS[code]) for code in way.missing) for way in ways if way.missing]
    if nearest > 1:
        options = options[:2]
    became = {
        "yellow": pgettext("the colour will become", "yellow"),
        "green": pgettext("the colour will become", "green"),
    }[str(ways[0].colour)]
    listed = (
        options[0]
        if len(options) == 1
        else _("%(first)s or %(last)s")
        % {
            "first": ", ".join(options[:-1]),
            "last": options[-1],
        }
    )
    return _("Will become %(colour)s by: %(ways)s.") % {"colour": became, "ways": listed}


def fall_words(verdict: Verdict, day: date) -> str:
    """«Без новых фактов изменится 25.11»: the day on which the calendar alone asks again."""
    if verdict.recheck_on is None or verdict.rule in ("R1", "R2", "R3", "R10"):
        return ""
    return _("Without new facts it changes on %(day)s.") % {"day": _day(verdict.recheck_on)}


def clock_words(ownership: Ownership, go_live: date | None, days: int, day: date, calendar: Calendar) -> list[str]:
    """The clock's own dates: since when, the last day, the rotation. Empty while no clock runs."""
    since = _("In this colour's clock since %(day)s.") % {"day": _day(ownership.clock_started_on)}
    if go_live is None or go_live > day:
        return [since, _("The rotation of the department is not switched on yet: the clock only shows.")]
    if ownership.flag_on is None or ownership.last_day_on is None:
        return [since]
    executed_on = calendar.working_day_on_or_after(ownership.flag_on)
    moment = f"{_day(executed_on)} {ROTATION_TIME:%H:%M}"
    if days > CLOCK_LIMIT_DAYS:
        return [since, _("More than ten days without movement: the rotation is at %(moment)s.") % {"moment": moment}]
    return [
        since,
        _("Last day %(last)s; without movement the rotation is on %(moment)s.")
        % {
            "last": _day(ownership.last_day_on),
            "moment": moment,
        },
    ]


def rotation_moment(ownership: Ownership, calendar: Calendar):
    """When a flagged client is handed over; None without a flag day."""
    if ownership.flag_on is None:
        return None
    return clock.local_moment(calendar.working_day_on_or_after(ownership.flag_on), ROTATION_TIME)


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else formats.DASH
