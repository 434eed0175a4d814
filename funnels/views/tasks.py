"""/tasks/: what has to be done by whom, overdue first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.choices import Role
from accounts.models import User
from clients.models import Client
from common import clock, formats, markup
from common.acts import answers_refusals, attempt, done
from common.fields import moment
from common.htmx import wants_fragment
from common.paging import counts_up_to, keyset_page
from funnels.choices import TaskKind
from funnels.forms import TaskFilterForm, TaskForm
from funnels.forms.tasks import PERIODS
from funnels.models import Task
from funnels.services import complete_task, create_task, ensure_may_work
from funnels.views.fetching import chosen, person_of

TASKS_CHANGED = "tasksChanged"
COUNT_LIMIT = 999
_SHOWN = [
    *("kind", "text", "due_at", "has_time", "done_at", "client__name"),
    *("assignee__first_name", "assignee__last_name", "done_by__first_name", "done_by__last_name"),
]


@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    people = _people(person)
    filters = TaskFilterForm(request.GET, people=people)
    wanted = filters.wanted()
    period = request.GET.get("period", "")
    period = period if period in PERIODS else ""
    rows = Task.objects.visible_to(person)
    if "kind" in wanted:
        rows = rows.filter(kind=wanted["kind"])
    if "assignee" in wanted:
        rows = rows.filter(assignee_id=wanted["assignee"])
    is_done = period == "done"
    page = keyset_page(
        _in_period(rows, period).select_related("client", "assignee", "done_by").only(*_SHOWN),
        field="done_at" if is_done else "due_at",
        cursor=request.GET.get("cursor", ""),
        is_descending=is_done,
    )
    kept = {name: str(value) for name, value in wanted.items()}
    context = {
        "rows": _rows(page.rows, person),
        "filters": filters,
        "period": period,
        "is_done": is_done,
        "is_filtered": bool(kept or period),
        "chips": _chips(rows, period, kept),
        "next_url": _url(kept, period, page.next_cursor) if page.next_cursor else "",
        "previous_url": _url(kept, period, page.previous_cursor) if page.previous_cursor else "",
        "has_people": bool(people),
        "here": request.get_full_path(),
    }
    return render(request, "funnels/_tasks.html" if wants_fragment(request) else "funnels/tasks.html", context)


@require_http_methods(["GET", "POST"])
@answers_refusals
def task_new(request: HttpRequest) -> HttpResponse:
    """A task for oneself; a head gives it to his people. `?client=` ties it to a client."""
    person = person_of(request)
    asked = request.GET.get("client", "")
    client = None
    if asked:
        wanted = int(asked) if asked.isdecimal() and len(asked) < 19 else 0
        client = get_object_or_404(Client.objects.visible_to(person), pk=wanted)
        ensure_may_work(person, client)
    people = _people(person)
    form = TaskForm(
        request.POST if request.method == "POST" else None,
        people=people,
        initial={"assignee": person.pk},
        auto_id="task_%s",
    )
    refusal = None
    if request.method == "POST":

        def act(data: dict[str, Any]) -> None:
            due_at = moment(data["due_on"], data["due_time"])
            assert due_at is not None  # noqa: S101 - the field is required
            assignee = chosen(data["assignee"], "assignee") if people else person
            create_task(
                kind=TaskKind.OTHER,
                text=data["text"],
                due_at=due_at,
                has_time=data["due_time"] is not None,
                assignee=assignee,
                client=client,
                actor=person,
                key=f"form:{person.pk}:{data['key']}",
            )

        refusal = attempt(form, act)
        if refusal is None:
            url = reverse("client_card", args=[client.pk]) if client else reverse("tasks")
            event = "clientChanged" if client else TASKS_CHANGED
            return done(request, _("The task is set."), url, event=event)
    context = {"form": form, "client": client, "refusal": refusal, "action_url": request.get_full_path()}
    context |= {"title": _("New task"), "action": _("Set the task")}
    template = "funnels/_act.html" if wants_fragment(request) else "funnels/act_page.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


@require_POST
@answers_refusals
def task_done(request: HttpRequest, pk: int) -> HttpResponse:
    person = person_of(request)
    task = get_object_or_404(Task.objects.visible_to(person), pk=pk)
    complete_task(task=task, actor=person)
    told = _("Done: %(text)s") % {"text": task.text}
    if task.kind == TaskKind.NEXT_STEP:
        told = f"{told}\n{_('The client has no next step now: set one.')}"
    return done(request, told, reverse("tasks"), event=TASKS_CHANGED)


def _people(person: User) -> list[tuple[int, str]]:
    """Whose tasks a head or the director may filter by and give out."""
    if person.role not in (Role.HEAD, Role.DIRECTOR):
        return []
    people = User.objects.active().visible_to(person).order_by("last_name", "first_name", "pk")
    return [(user.pk, f"{user.last_name} {user.first_name}") for user in people]


def _period_labels() -> list[tuple[str, str]]:
    return [
        ("", _("Open")),
        ("overdue", _("Overdue")),
        ("today", _("Today")),
        ("week", _("7 days")),
        ("done", _("Done")),
    ]


def _in_period(rows: QuerySet[Task], period: str) -> QuerySet[Task]:
    today = clock.today()
    start = clock.local_moment(today, time.min)
    if period == "done":
        return rows.filter(done_at__isnull=False, is_cancelled=False)
    rows = rows.filter(done_at__isnull=True)
    if period == "overdue":
        return rows.filter(due_at__lt=start)
    if period == "today":
        return rows.filter(due_at__gte=start, due_at__lt=start + timedelta(days=1))
    if period == "week":
        return rows.filter(due_at__gte=start, due_at__lt=start + timedelta(days=7))
    return rows


def _chips(rows: QuerySet[Task], period: str, kept: dict[str, str]) -> list[dict[str, Any]]:
    labels = _period_labels()
    # Done tasks pile up for years; their number tells nobody anything.
    counts = counts_up_to(
        {name or "all": _in_period(rows, name) for name, _label in labels if name != "done"}, COUNT_LIMIT
    )
    return [
        {
            "label": label,
            "url": _url(kept, name),
            "count": None if name == "done" else counts[name or "all"].value,
            "active": name == period,
        }
        for name, label in labels
    ]


def _url(kept: dict[str, str], period: str, cursor: str = "") -> str:
    pairs = kept | ({"period": period} if period else {}) | ({"cursor": cursor} if cursor else {})
    return f"{reverse('tasks')}?{urlencode(pairs)}" if pairs else reverse("tasks")


@dataclass(frozen=True)
class TaskRow:
    """One line of the list, formatted."""

    id: int
    text: str
    kind: str
    due: SafeString | str
    client_id: int | None
    client: str
    is_client_open: bool
    assignee: str
    done: str
    accept_url: str


def _rows(found: list[Task], person: User) -> list[TaskRow]:
    today = clock.today()
    ids = {task.client_id for task in found if task.client_id}
    seen = set(Client.objects.visible_to(person).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    kinds = {value: str(label) for value, label in TaskKind.choices}
    rows = []
    for task in found:
        is_handover = task.kind == TaskKind.HANDOVER and person.role == Role.FARMER and task.done_at is None
        due = task.due_at if task.has_time else clock.day_of(task.due_at)
        rows.append(
            TaskRow(
                id=task.pk,
                text=task.text,
                kind=kinds[task.kind],
                due=markup.due(due, today=today) if task.done_at is None else formats.day(due, today=today),
                client_id=task.client_id,
                client=task.client.name if task.client else "",
                is_client_open=task.client_id in seen,
                assignee=task.assignee.short_name,
                done=_done_words(task),
                accept_url=reverse("client_handover", args=[task.client_id]) if is_handover and task.client_id else "",
            )
        )
    return rows


def _done_words(task: Task) -> str:
    if task.done_at is None:
        return ""
    who = task.done_by.short_name if task.done_by else ""
    return " · ".join(part for part in (formats.day_time(task.done_at), who) if part)
