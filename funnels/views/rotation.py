"""/rotation/: who is handed over at 09:20, to whom and why; what was handed over; from which day it happens."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.choices import MANAGER_ROLES
from accounts.models import Department, User
from accounts.selectors import calendar
from accounts.views.proof import ask_proof_for_rows
from common import clock
from common.acts import answers_refusals, attempt, done
from common.books import book_response
from common.errors import NotAllowed
from common.htmx import wants_fragment
from funnels.forms import DistributionForm, RecipientForm, RotationFilterForm, RotationStartForm
from funnels.models import RotationOrder
from funnels.selectors import (
    dry_departments,
    held_departments,
    history_orders,
    history_page,
    long_absences,
    queue_page,
    queue_summary,
    recipients_of,
    rotation_departments,
    rotation_managers,
    rotation_rows,
    sees_whole_queue,
)
from funnels.services import (
    EXECUTES_AT,
    change_recipient,
    count_clients,
    distribute_list,
    executes_at,
    export_history,
    preview_dry_run,
    release_held,
    set_rotation_start,
)
from funnels.views.fetching import person_of

ROTATION_CHANGED = "rotationChanged"


@require_GET
@answers_refusals
def rotation_queue(request: HttpRequest) -> HttpResponse:
    person = _reader(request)
    today, now = clock.today(), clock.now()
    filters = _filters(request, person)
    wanted = filters.wanted()
    page = queue_page(person, today, wanted, request.GET.get("cursor", ""))
    next_at = clock.local_moment(calendar().working_day_on_or_after(today), EXECUTES_AT)
    if now >= next_at:
        next_at = clock.local_moment(calendar().next_working_day(today), EXECUTES_AT)
    context = {
        "rows": rotation_rows(person, page.rows, now, executes_at),
        "summary_row": queue_summary(person, today, wanted),
        "filters": filters,
        "is_whole": sees_whole_queue(person),
        "is_director": person.is_director,
        "held": held_departments(person) if sees_whole_queue(person) else [],
        "dry": dry_departments(person, today),
        "away": long_absences(person, today) if sees_whole_queue(person) else [],
        "next_at": next_at,
        "is_filtered": bool(filters.kept()),
        "here": request.get_full_path(),
        **_pager("rotation_queue", filters, page),
    }
    return render(request, _template(request, "rotation"), context)


@require_GET
@answers_refusals
def rotation_history(request: HttpRequest) -> HttpResponse:
    person = _reader(request)
    filters = _filters(request, person, is_history=True)
    page = history_page(person, filters.wanted(), request.GET.get("cursor", ""))
    kept = filters.kept()
    context = {
        "rows": rotation_rows(person, page.rows, clock.now(), executes_at),
        "filters": filters,
        "is_whole": sees_whole_queue(person),
        "is_filtered": bool(kept),
        "export_url": f"{reverse('rotation_export')}?{urlencode(kept)}",
        **_pager("rotation_history", filters, page),
    }
    return render(request, _template(request, "rotation_history"), context)


@require_GET
@answers_refusals
def rotation_export(request: HttpRequest) -> HttpResponse | FileResponse:
    person = _reader(request)
    wanted = _filters(request, person, is_history=True).wanted()
    if sees_whole_queue(person) and (asked := ask_proof_for_rows(request, wanted.narrow(history_orders(person)))):
        return asked
    book = export_history(actor=person, wanted=wanted)
    return book_response(book, f"rotation-{clock.today():%Y-%m-%d}")


@require_http_methods(["GET", "POST"])
@answers_refusals
def rotation_recipient(request: HttpRequest, pk: int) -> HttpResponse:
    person = _reader(request)
    order = get_object_or_404(
        RotationOrder.objects.visible_to(person).select_related("client", "cycle", "old_owner", "department"), pk=pk
    )
    if not sees_whole_queue(person):
        raise NotAllowed(_("Only the head or the director changes the recipient."))
    people = User.objects.active().managers().filter(department_id=order.department_id)
    form = RecipientForm(request.POST or None, people=[(user.pk, user.short_name) for user in people])
    refusal = None
    if request.method == "POST":
        by_id = {user.pk: user for user in people}

        def act(data: dict[str, Any]) -> None:
            change_recipient(order=order, to=by_id[data["to"]], actor=person, version=data["version"])

        refusal = attempt(form, act)
        if refusal is None:
            told = _("The recipient has been changed.")
            return done(request, told, reverse("rotation_queue"), event=ROTATION_CHANGED)
        order.refresh_from_db()
    context = {
        "order": order,
        "form": form,
        "refusal": refusal,
        "found": recipients_of(order, clock.today()) if order.status in ("queued", "held", "waiting_quota") else None,
    }
    template = "funnels/_rotation_recipient.html" if wants_fragment(request) else "funnels/rotation_recipient.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


@require_POST
@answers_refusals
def rotation_release(request: HttpRequest, pk: int) -> HttpResponse:
    person = _reader(request)
    department = get_object_or_404(Department.objects.visible_to(person), pk=pk)
    n = release_held(department=department, actor=person)
    told = ngettext("%(n)d rotation released.", "%(n)d rotations released.", n) % {"n": n}
    return done(request, told, reverse("rotation_queue"), event=ROTATION_CHANGED)


@require_http_methods(["GET", "POST"])
@answers_refusals
def rotation_distribute(request: HttpRequest, pk: int) -> HttpResponse:
    """«Распределить список» of somebody who left or is away for more than 28 days."""
    person = _decider(request)
    user = get_object_or_404(User.objects.visible_to(person).with_clients().select_related("department"), pk=pk)
    form = DistributionForm(request.POST or None)
    counts: dict[str, int] = {}

    def act(data: dict[str, Any]) -> None:
        counts.update(distribute_list(user=user, actor=person, reason=data["reason"]))

    refusal = attempt(form, act) if request.method == "POST" else None
    if request.method == "POST" and refusal is None:
        told = _("Handed over: %(handed_over)d, to the reserve: %(reserve)d.") % counts
        return done(request, told, reverse("rotation_queue"), event=ROTATION_CHANGED)
    context = {"employee": user, "form": form, "refusal": refusal, "n": count_clients(user)}
    template = "funnels/_rotation_distribute.html" if wants_fragment(request) else "funnels/rotation_distribute.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


@require_GET
@answers_refusals
def rotation_settings(request: HttpRequest) -> HttpResponse:
    return _settings(request, _decider(request))


@require_POST
@answers_refusals
def rotation_start(request: HttpRequest, pk: int) -> HttpResponse:
    person = _decider(request)
    department = get_object_or_404(Department.objects.visible_to(person), pk=pk)
    form = RotationStartForm(request.POST, prefix=f"d{department.pk}")

    def act(data: dict[str, Any]) -> None:
        set_rotation_start(department=department, on=data["rotation_starts_on"], actor=person)

    refusal = attempt(form, act)
    if refusal is None:
        return done(request, _("The start of rotation is set."), reverse("rotation_settings"))
    return _settings(request, person, department, form, refusal)


def _settings(
    request: HttpRequest,
    person: User,
    edited: Department | None = None,
    form: RotationStartForm | None = None,
    refusal: Any = None,
) -> HttpResponse:
    today = clock.today()
    rows = []
    for department in rotation_departments(person):
        is_live = department.rotation_starts_on is not None and department.rotation_starts_on <= today
        mine = form if edited is not None and edited.pk == department.pk else None
        start = {"rotation_starts_on": department.rotation_starts_on}
        rows.append(
            {
                "department": department,
                "is_live": is_live,
                "form": mine or RotationStartForm(initial=start, prefix=f"d{department.pk}"),
                "refusal": refusal if mine is not None else None,
                # The first night's size is what the director decides by; a page shows its beginning.
                "dry": [] if is_live else preview_dry_run(department, today),
            }
        )
    context = {"rows": rows, "is_director": person.is_director}
    return render(request, "funnels/rotation_settings.html", context, status=refusal.status if refusal else 200)


def _reader(request: HttpRequest) -> User:
    """Managers see what leaves them or comes to them, heads the department, the director all; others nothing."""
    person = person_of(request)
    if not sees_whole_queue(person) and person.role not in MANAGER_ROLES:
        raise NotAllowed(_("Your role does not include rotation."))
    return person


def _decider(request: HttpRequest) -> User:
    person = person_of(request)
    if not sees_whole_queue(person):
        raise NotAllowed(_("Only heads and the director see these settings."))
    return person


def _filters(request: HttpRequest, person: User, *, is_history: bool = False) -> RotationFilterForm:
    is_whole = sees_whole_queue(person)
    return RotationFilterForm(
        request.GET,
        people=[(user.pk, user.short_name) for user in rotation_managers(person)] if is_whole else (),
        departments=[(each.pk, each.name) for each in rotation_departments(person)] if is_whole else (),
        is_history=is_history,
    )


def _pager(name: str, filters: RotationFilterForm, page: Any) -> dict[str, str]:
    def url(cursor: str) -> str:
        return f"{reverse(name)}?{urlencode({**filters.kept(), 'cursor': cursor})}" if cursor else ""

    return {"next_url": url(page.next_cursor), "previous_url": url(page.previous_cursor)}


def _template(request: HttpRequest, name: str) -> str:
    return f"funnels/_{name}.html" if wants_fragment(request) else f"funnels/{name}.html"
