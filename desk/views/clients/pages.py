"""The list itself and the form of its filters."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.selectors import calendar
from clients.choices import Section
from clients.selectors import can_import
from common import clock, formats, markup
from common.htmx import wants_fragment
from common.paging import CappedCount, count_up_to
from desk.constants import BULK_LIMIT, COUNT_LIMIT
from desk.selectors import clients as lists
from desk.selectors.rows import reaches
from desk.views.clients.asked import CHIP_NAMES, Asked
from desk.views.clients.rows import base_line, columns_of, papers_line, work_line


@require_safe
def client_list(request: HttpRequest) -> HttpResponse:
    asked = Asked(request)
    today = clock.today()
    cursor = request.GET.get("cursor", "")
    if asked.is_plain and not cursor:
        page = lists.opening_page(asked.viewer, asked.section, sort=asked.sort)
    else:
        page = lists.list_page(asked.clients, sort=asked.sort, cursor=cursor)
    whom = reaches((row.pk for row in page.rows), asked.viewer)
    plain = calendar()
    line = work_line if asked.is_work else papers_line if asked.reads_papers else base_line
    counts = {} if asked.reads_papers else lists.section_counts(asked.viewer)
    figures = None
    if asked.is_work:
        figures = (
            lists.plain_figures(asked.viewer, asked.section, today)
            if asked.is_plain
            else lists.chip_figures(asked.unchipped.qs, today)
        )
        total, amount = lists.totals(asked.clients) if asked.is_chipped else (figures.total, figures.in_work)
        count, more = total, False
        summary = _("%(shown)s of %(total)s · %(amount)s in work") % {
            "shown": len(page.rows),
            "total": formats.number(total),
            "amount": formats.money_short(amount),
        }
    else:
        known = None if asked.is_narrowed else counts.get(asked.section)
        capped = known or count_up_to(asked.clients, COUNT_LIMIT)
        count, more = capped.value, capped.is_capped
        summary = _("%(shown)s of %(total)s") % {
            "shown": len(page.rows),
            "total": f"{formats.number(count)}{'+' if more else ''}",
        }
    context = {
        "asked": asked,
        "tabs": [] if asked.reads_papers else _tabs(asked, counts),
        "chips": _chips(asked, figures),
        "set_filters": _set_filters(asked),
        "columns": columns_of(asked),
        "rows": [line(row, whom[row.pk], today, plain, asked) for row in page.rows],
        "bulk": asked.acts,
        "total": count,
        "all_count": min(count, BULK_LIMIT),
        "summary": summary,
        "next_url": asked.address(cursor=page.next_cursor) if page.has_next else "",
        "previous_url": asked.address(cursor=page.previous_cursor) if page.has_previous else "",
        "next_count": "50" if page.has_next else "",
        "export_url": reverse("client_export") + asked.tail if lists.may_export(asked.viewer) else "",
        "import_url": reverse("import_upload") if can_import(asked.viewer) else "",
        "filters_url": reverse("client_filters") + asked.tail,
        "bulk_url": reverse("client_bulk") + asked.tail,
        "empty": _empty(asked),
    }
    return render(request, "desk/clients.html", context)


def _tabs(asked: Asked, counts: dict[str, CappedCount]) -> list[dict[str, Any]]:
    order = (
        Section.IN_WORK,
        Section.CALL_BASE,
        Section.CUSTOMERS,
        Section.STRATEGIC,
        Section.SOFT_REFUSAL,
        Section.HARD_REFUSAL,
    )
    tabs = [
        {
            "url": asked.address(section=section, colour=None, age=None, step=None, open=None, state=None),
            "label": Section(section).label,
            "count": f"{formats.number(counts[section].value)}{'+' if counts[section].is_capped else ''}",
            "active": asked.section == section,
        }
        for section in order
    ]
    tabs.append({"url": asked.address(section="any"), "label": _("All"), "count": "", "active": asked.section == "any"})
    return tabs


def _chips(asked: Asked, figures: lists.Figures | None) -> list[dict[str, Any]]:
    if figures is None:
        return []
    rows = [
        ("colour", "green", _("Green"), figures.green),
        ("colour", "yellow", _("Yellow"), figures.yellow),
        ("colour", "red", _("Red"), figures.red),
        ("age", "7-10", _("Age 7–10"), figures.aged),
        ("step", "late", _("Overdue"), figures.late),
        ("step", "none", _("No next step"), figures.stepless),
    ]
    chips = []
    for name, value, label, count in rows:
        active = asked.query.get(name) == value
        chips.append(
            {
                "url": asked.address(**{name: None if active else value}),
                "label": label,
                "count": formats.number(count),
                "active": active,
                "lamp": markup.lamp(value, word=str(label)) if name == "colour" else "",
            }
        )
    return chips


def _set_filters(asked: Asked) -> list[dict[str, str]]:
    """Every other filter that is set, as a chip that takes it out."""
    shown: list[dict[str, str]] = []
    if not asked.is_narrowed:
        return shown
    for name, value in asked.filter.active.items():
        if name == "section" or (asked.is_work and any(name == key and _is_chip(key, value) for key in CHIP_NAMES)):
            continue
        field = asked.filter.form.fields[name]
        choices = dict(getattr(field, "choices", [])) if isinstance(value, str) and hasattr(field, "choices") else {}
        words = choices.get(value, value)
        label = str(field.label or asked.filter.filters[name].label or name)
        shown.append({"url": asked.address(**{name: None}), "label": f"{capfirst(label)}: {words}"})
    return shown


def _is_chip(name: str, value: str) -> bool:
    return name == "colour" or (name, value) in (("age", "7-10"), ("step", "late"), ("step", "none"))


def _empty(asked: Asked) -> dict[str, str]:
    if asked.is_narrowed:
        return {
            "title": _("Nothing fits these filters"),
            "text": "",
            "url": reverse("client_list") + f"?section={asked.section}",
            "action": _("Show the whole section"),
        }
    if asked.section == Section.IN_WORK and asked.viewer.is_manager:
        return {
            "title": _("The work list is empty"),
            "text": _("The method asks for 50 to 90 clients at once."),
            "url": asked.address(section=Section.CALL_BASE),
            "action": _("Take from the base"),
        }
    return {"title": _("Nobody is in this section"), "text": "", "url": "", "action": ""}


@require_safe
def client_filters(request: HttpRequest) -> HttpResponse:
    """The filters as a form: in a dialog, or a page of its own without JavaScript."""
    asked = Asked(request, has_form=True)
    names = [name for name in asked.filter.form.fields if name not in ("section", "open")]
    for name in names:
        field = asked.filter.form.fields[name]
        field.label = capfirst(str(field.label or asked.filter.filters[name].label))
    context = {
        "fields": [asked.filter.form[name] for name in names],
        "section": asked.section,
        "sort": asked.sort,
        "action": reverse("client_list"),
        "title": _("Filter"),
    }
    template = "desk/_client_filters.html" if wants_fragment(request) else "desk/client_filters.html"
    return render(request, template, context)
