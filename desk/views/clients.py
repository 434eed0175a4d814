"""The client list: sections, filters in the address, fifty rows by keyset, bulk acts, export."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.choices import Role
from accounts.models import User
from accounts.selectors import calendar
from clients.choices import Section
from clients.models import Client
from clients.selectors import can_import
from common import clock, formats, markup
from common.acts import answers_refusals
from common.errors import ActError, Conflict
from common.htmx import redirect, wants_fragment
from common.paging import count_up_to
from common.workdays import Calendar
from desk.constants import BULK_LIMIT, COUNT_LIMIT
from desk.filters import WorkFilter
from desk.selectors import clients as lists
from desk.selectors.rows import Reach, colour_why, last_contact, reaches, state_word
from desk.selectors.work import with_work
from desk.views.books import XLSX, write_book
from funnels.choices import OwnershipReason
from funnels.models import SalesCycle
from funnels.services import take_into_work, transfer
from journal.services import record

CHIP_NAMES = ("colour", "age", "step")
TAKEABLE = (Section.CALL_BASE, Section.SOFT_REFUSAL, Section.STRATEGIC)
TRANSFER_REASONS = (
    OwnershipReason.TRANSFER,
    OwnershipReason.ABSENCE,
    OwnershipReason.DISMISSAL,
    OwnershipReason.HANDOVER,
    OwnershipReason.INTERN,
)


class Asked:
    """The address of the list, read: section, sort, filters, and what they leave of the scope."""

    def __init__(self, request: HttpRequest) -> None:
        self.viewer = cast(User, request.user)
        self.query: QueryDict = request.GET.copy()
        self.section = self.query.get("section", "")
        if self.section not in (*Section.values, "any"):
            reads_only = self.viewer.role in (Role.ACCOUNTANT, Role.QUALITY)
            # A search looks everywhere: what is asked for by name may lie in any section.
            self.section = "any" if reads_only or self.query.get("search") else Section.IN_WORK
        self.sort = self.query.get("sort", "name")
        if self.sort.lstrip("-") not in lists.SORTS:
            self.sort = "name"
        data = self.query.copy()
        data["section"] = "" if self.section == "any" else self.section
        scope = with_work(Client.objects.visible_to(self.viewer))
        self.filter = WorkFilter(data, queryset=scope, request=request)
        plain = data.copy()
        for name in CHIP_NAMES:
            plain.pop(name, None)
        self.unchipped = WorkFilter(plain, queryset=scope, request=request)

    @property
    def is_work(self) -> bool:
        """Rows with colour, age and next step; the other sections hold nobody in work."""
        return self.section in (Section.IN_WORK, Section.CUSTOMERS, "any")

    def address(self, **changes: str | None) -> str:
        """The list's address with these parameters changed (None takes one out); paging starts anew."""
        query = self.query.copy()
        query.pop("cursor", None)
        for name, value in changes.items():
            if value is None:
                query.pop(name, None)
            else:
                query[name] = value
        text = query.urlencode()
        return reverse("client_list") + (f"?{text}" if text else "")


@require_safe
def client_list(request: HttpRequest) -> HttpResponse:
    asked = Asked(request)
    today, clients = clock.today(), asked.filter.qs
    page = lists.list_page(clients, sort=asked.sort, cursor=request.GET.get("cursor", ""))
    whom = reaches((row.pk for row in page.rows), asked.viewer)
    plain = calendar()
    line = _work_line if asked.is_work else _base_line
    if asked.is_work:
        total, amount = lists.totals(clients)
        count, more = total, False
        summary = _("%(shown)s of %(total)s · %(amount)s in work") % {
            "shown": len(page.rows),
            "total": formats.number(total),
            "amount": formats.money_short(amount),
        }
    else:
        capped = count_up_to(clients, COUNT_LIMIT)
        count, more = capped.value, capped.is_capped
        summary = _("%(shown)s of %(total)s") % {
            "shown": len(page.rows),
            "total": f"{formats.number(count)}{'+' if more else ''}",
        }
    bulk = _bulk(asked)
    context = {
        "asked": asked,
        "tabs": _tabs(asked),
        "chips": _chips(asked, today),
        "set_filters": _set_filters(asked),
        "columns": _columns(asked),
        "rows": [line(row, whom[row.pk], today, plain, asked.viewer) for row in page.rows],
        "is_work": asked.is_work,
        "bulk": bulk,
        "total": count,
        "all_count": min(count, BULK_LIMIT),
        "summary": summary,
        "next_url": asked.address(cursor=page.next_cursor) if page.has_next else "",
        "previous_url": asked.address(cursor=page.previous_cursor) if page.has_previous else "",
        "next_count": "50" if page.has_next else "",
        "export_url": reverse("client_export") + _tail(asked) if lists.may_export(asked.viewer) else "",
        "import_url": reverse("import_upload") if can_import(asked.viewer) else "",
        "filters_url": reverse("client_filters") + _tail(asked),
        "bulk_url": reverse("client_bulk") + _tail(asked),
        "empty": _empty(asked),
    }
    return render(request, "desk/clients.html", context)


def _tail(asked: Asked) -> str:
    query = asked.query.copy()
    query.pop("cursor", None)
    query["section"] = asked.section
    return f"?{query.urlencode()}"


def _tabs(asked: Asked) -> list[dict[str, Any]]:
    counts = lists.section_counts(asked.viewer)
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


def _chips(asked: Asked, today: Any) -> list[dict[str, Any]]:
    if not asked.is_work:
        return []
    figures = lists.chip_figures(asked.unchipped.qs, today)
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
    shown = []
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


def _columns(asked: Asked) -> list[dict[str, Any]]:
    """Heads of the table; those that sort carry their address and present direction."""
    if asked.is_work:
        heads = [
            ("name", _("Client"), ""),
            ("", _("Contact person"), ""),
            ("", _("Colour"), ""),
            ("age", _("Days"), ""),
            ("", _("State"), ""),
            ("step", _("Next step"), ""),
            ("", _("Last contact"), ""),
            ("", _("To the term"), "num"),
            ("sum", _("Sum"), "num"),
        ]
    else:
        heads = [
            ("name", _("Client"), ""),
            ("", _("Contact person"), ""),
            ("", _("Phone"), ""),
            ("", _("City"), ""),
            ("", _("State"), ""),
            ("", _("Recall on"), ""),
            ("", _("Responsible before"), ""),
        ]
    columns = []
    for name, label, css in heads:
        active = bool(name) and asked.sort.lstrip("-") == name
        goes_down = active and (asked.sort.startswith("-") != lists.SORTS[name][1])
        url = asked.address(sort=f"-{name}" if active and not asked.sort.startswith("-") else name) if name else ""
        arrow = markup.icon("arrow-down" if goes_down else "arrow-up", size="s") if active else ""
        sort = "descending" if goes_down else "ascending"
        columns.append({"label": label, "css": css, "url": url, "arrow": arrow, "sort": sort if active else ""})
    return columns


def _common(row: Client) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "url": reverse("client_card", args=[row.pk]),
        "contact_url": reverse("contact_form", args=[row.pk]),
        "sub": " · ".join(
            part for part in (str(row.get_size_display() or ""), row.category.name if row.category else "") if part
        ),
    }


def _work_line(row: Client, reach: Reach, today: Any, plain: Calendar, viewer: User) -> dict[str, Any]:
    work: Any = row
    days = max(0, plain.counted_days(work.running_from, today)) if work.running_from else None
    left = lists.days_left(work.term_ends_on, today)
    owner = row.owner.short_name if row.owner and row.owner_id != viewer.pk else ""
    step: Any = formats.DASH
    if viewer.role == Role.ACCOUNTANT:
        step = formats.DASH  # requisites and documents only
    elif work.next_step_at:
        step = format_html(
            '{}<span class="sub">{}</span>', markup.due(work.next_step_at, today=today), work.next_step_text
        )
    elif work.cycle_id:
        url = reverse("client_next_step", args=[row.pk])
        step = format_html(
            '<a class="chip chip-add" href="{0}" hx-get="{0}" hx-target="#dialog-body">{1}{2}</a>',
            url,
            markup.icon("plus", size="s"),
            _("Set the step"),
        )
    lamp = markup.lamp(work.colour, why=colour_why(work.colour, work.colour_rule)) if work.cycle_id else formats.DASH
    return _common(row) | {
        "owner": owner,
        "cells": (
            (
                "",
                _("Contact person"),
                format_html('{}<span class="sub">{}</span>', reach.person or formats.DASH, owner),
            ),
            ("", _("Colour"), lamp),
            ("", _("Days"), markup.age(days, short=True) if days is not None else formats.DASH),
            ("", _("State"), state_word(row.state)),
            ("", _("Next step"), step),
            ("", _("Last contact"), last_contact(work.last_contact_kind, work.last_contact_at)),
            (
                "num",
                _("To the term"),
                _term(left),
            ),
            ("num", _("Sum"), formats.money(work.amount)),
        ),
    }


def _term(left: int | None) -> str:
    if left is None:
        return formats.DASH
    return _("%(n)s d.") % {"n": formats.number(left)} if left >= 0 else _("over")


def _base_line(row: Client, reach: Reach, today: Any, plain: Calendar, viewer: User) -> dict[str, Any]:
    return _common(row) | {
        "owner": "",
        "cells": (
            ("", _("Contact person"), reach.person or formats.DASH),
            ("", _("Phone"), markup.tel(reach.phone) or formats.DASH),
            ("", _("City"), row.city or formats.DASH),
            ("", _("State"), state_word(row.state)),
            ("", _("Recall on"), formats.date_num(row.recall_on, today=today)),
            ("", _("Responsible before"), row.imported_responsible or formats.DASH),
        ),
    }


def _bulk(asked: Asked) -> dict[str, bool]:
    role = asked.viewer.role
    can_take = asked.viewer.is_manager and asked.section in TAKEABLE
    can_transfer = role in (Role.HEAD, Role.DIRECTOR) and asked.is_work
    can_export = lists.may_export(asked.viewer)
    return {
        "take": can_take,
        "transfer": can_transfer,
        "export": can_export,
        "any": can_take or can_transfer or can_export,
    }


def _empty(asked: Asked) -> dict[str, str]:
    narrowed = [name for name in asked.filter.active if name != "section"]
    if narrowed:
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
    asked = Asked(request)
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


def _chosen(request: HttpRequest, asked: Asked) -> list[int]:
    """The ticked clients inside the scope and the filters, or all that the filters leave; at most BULK_LIMIT."""
    rows = asked.filter.qs.order_by("sort_key", "pk")
    if not request.POST.get("all"):
        ids = [int(text) for text in request.POST.getlist("ids") if text.isdecimal() and len(text) < 18]
        rows = rows.filter(pk__in=ids[:BULK_LIMIT])
    return list(rows.values_list("pk", flat=True)[:BULK_LIMIT])


@require_POST
@answers_refusals
def client_bulk(request: HttpRequest) -> HttpResponse:
    asked = Asked(request)
    act = request.POST.get("act", "")
    allowed = _bulk(asked)
    name = act.removesuffix("_form")
    if name not in ("take", "transfer") or not allowed[name]:
        raise Http404
    chosen = _chosen(request, asked)
    if not chosen:
        raise Conflict(_("Choose at least one client."), code="nothing_chosen")
    if act == "transfer_form":
        return _transfer_form(request, asked, chosen)
    if act == "take":
        done, refused = _take(asked.viewer, chosen)
        told = ngettext("%(n)s client taken into work.", "%(n)s clients taken into work.", done) % {"n": done}
    else:
        done, refused = _transfer(request, asked.viewer, chosen)
        told = ngettext("%(n)s client transferred.", "%(n)s clients transferred.", done) % {"n": done}
    if refused:
        first = "; ".join(f"{client}: {text}" for client, text in refused[:3])
        told += " " + _("Refused: %(n)s. %(first)s") % {"n": len(refused), "first": first}
    messages.add_message(request, messages.WARNING if refused else messages.SUCCESS, told)
    return redirect(request, reverse("client_list") + _tail(asked))


def _take(actor: User, chosen: list[int]) -> tuple[int, list[tuple[str, str]]]:
    """Each client is an act of its own: what can be taken is taken; a full list ends it."""
    done, refused = 0, []
    for client in Client.objects.visible_to(actor).filter(pk__in=chosen).order_by("sort_key", "pk"):
        try:
            take_into_work(client=client, owner=actor, actor=actor)
            done += 1
        except ActError as error:
            refused.append((client.name, error.text))
            if getattr(error, "code", "") == "worklist_full":
                break
    return done, refused


def _recipients(viewer: User) -> list[User]:
    people = User.objects.visible_to(viewer).active().with_clients().select_related("department")
    return list(people.order_by("last_name", "first_name", "pk"))


def _transfer_form(request: HttpRequest, asked: Asked, chosen: list[int]) -> HttpResponse:
    context = {
        "ids": chosen,
        "people": _recipients(asked.viewer),
        "reasons": [(reason.value, reason.label) for reason in TRANSFER_REASONS],
        "action": reverse("client_bulk") + _tail(asked),
        "title": _("Transfer clients"),
        "count": len(chosen),
    }
    template = "desk/_bulk_transfer.html" if wants_fragment(request) else "desk/bulk_transfer.html"
    return render(request, template, context)


def _transfer(request: HttpRequest, actor: User, chosen: list[int]) -> tuple[int, list[tuple[str, str]]]:
    asked = request.POST.get("to", "")
    to = next((one for one in _recipients(actor) if str(one.pk) == asked), None)
    if to is None:
        raise Conflict(_("Choose who receives the clients."), code="no_recipient")
    reason, note = request.POST.get("reason", ""), request.POST.get("note", "")[:500]
    done, refused = 0, []
    cycles = SalesCycle.objects.open().visible_to(actor).filter(client__in=chosen).select_related("client")
    for cycle in cycles.order_by("client__sort_key", "pk"):
        try:
            transfer(cycle=cycle, to=to, actor=actor, reason=reason, note=note)
            done += 1
        except ActError as error:
            refused.append((cycle.client.name, error.text))
    return done, refused


@require_http_methods(["GET", "HEAD", "POST"])
def client_export(request: HttpRequest) -> HttpResponse | FileResponse:
    """GET: what the filters leave; POST: the ticked clients. Written to the audit log with its number of rows."""
    asked = Asked(request)
    if not lists.may_export(asked.viewer):
        raise Http404
    rows = asked.filter.qs
    if request.method == "POST" and not request.POST.get("all"):
        rows = with_work(Client.objects.visible_to(asked.viewer)).filter(pk__in=_chosen(request, asked))
    head = (
        _("Client"),
        _("INN"),
        _("Section"),
        _("State"),
        _("Owner"),
        _("Size"),
        _("Category"),
        _("Segment"),
        _("City"),
        _("Colour"),
        _("Sum, ₽"),
        _("Next step"),
        _("What to do"),
        _("Last contact"),
        _("Term ends"),
    )
    colours = {"red": _("Red"), "yellow": _("Yellow"), "green": _("Green"), "none": ""}
    lines = lists.export_lines(lists.exportable(asked.viewer, rows))
    file, count = write_book(head, ([*line[:9], colours.get(line[9], ""), *line[10:]] for line in lines))
    record(
        action="clients.export",
        obj=asked.viewer,
        actor=asked.viewer,
        after={"rows": count, "filter": asked.query.urlencode()[:500]},
    )
    name = f"clients-{clock.today():%Y-%m-%d}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
