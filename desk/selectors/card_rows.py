"""The rows a card is made of: questions that are the same for every client of a role, compiled once (decision 0011)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.choices import MANAGER_ROLES
from accounts.models import User
from accounts.selectors import ScopeShape, scope_of, viewer_of
from clients.choices import Section
from clients.models import Client, ContactPerson, Email, Phone
from clients.querysets import free_to_take_q
from common.ids import LARGEST_ID
from common.prepared import Prepared
from funnels.choices import TaskKind
from funnels.models import (
    ColourChange,
    Contact,
    Fact,
    Ownership,
    Question,
    Questionnaire,
    RotationOrder,
    SalesCycle,
    StateChange,
    Task,
)
from telephony.models import Call

PAGE_SIZE = 30  # of the history


def client_of(viewer: User, pk: int) -> Client | None:
    """The client, if the person may see him; any number may stand in an address."""
    if pk > LARGEST_ID:
        return None
    shape, values = scope_of(viewer)
    return next(iter(_clients.models(shape, client=pk, **values)), None)


def last_cycle(client: Client) -> SalesCycle | None:
    """The open sale, else the last one, with its segment and owner."""
    return next(iter(_cycles.models(None, client=client.pk)), None)


def ownerships(client: Client) -> list[Ownership]:
    """Newest first, with their people."""
    return _ownerships.models(None, client=client.pk)


def facts(client: Client) -> list[Fact]:
    return _facts.models(None, client=client.pk)


def states(client: Client) -> list[StateChange]:
    return _states.models(None, client=client.pk)


def open_order(cycle: SalesCycle) -> RotationOrder | None:
    return next(iter(_orders.models(None, cycle=cycle.pk)), None)


def questionnaire(cycle: SalesCycle) -> Questionnaire | None:
    return next(iter(_answers.models(None, cycle=cycle.pk)), None)


def questions(answers: Questionnaire | None) -> list[Question]:
    """Of the template answered, else of the active one."""
    if answers is None:
        return _questions.models("active")
    return _questions.models("answered", template=answers.template_id)


def next_step(cycle: SalesCycle) -> tuple[datetime, bool] | None:
    """When it is due, and whether its hour matters."""
    return next(iter(_steps(None, cycle=cycle.pk)), None)  # type: ignore[return-value]


def people(client: Client, viewer: User) -> list[ContactPerson]:
    shape, mine = scope_of(viewer)
    return _people.models(shape, client=client.pk, **mine)


def phones(client: Client, viewer: User) -> list[Phone]:
    shape, mine = scope_of(viewer)
    return _phones.models(shape, client=client.pk, **mine)


def emails(client: Client, viewer: User) -> list[Email]:
    shape, mine = scope_of(viewer)
    return _emails.models(shape, client=client.pk, **mine)


def first_contacts(client: Client) -> list[Contact]:
    """The newest of the history, one more than a page; so the next two."""
    return _contacts.models(None, client=client.pk)


def first_calls(client: Client, viewer: User) -> list[Call]:
    """Calls of the exchange that no contact was written about."""
    shape, mine = scope_of(viewer)
    return _calls.models(shape, client=client.pk, **mine)


def first_colours(client: Client) -> list[ColourChange]:
    return _colours.models(None, client=client.pk)


def neighbours(client: Client, viewer: User, day: date) -> dict[str, int]:
    """The client before and after in the owner's list, by name; in one query."""
    shape, mine = scope_of(viewer)
    where: dict[str, Any] = {"pk": client.pk, "key": client.sort_key, **mine}
    more: dict[str, Any]
    if client.owner_id is not None:
        kind, more = "owned", {"owner": client.owner_id}
    elif viewer.role in MANAGER_ROLES:
        kind, more = "free", {"day": day}
    else:
        kind, more = client.section, {"of": client.department_id}
    found = {}
    for pk, key in _beside((shape, kind), **where, **more):
        found["next" if (key, pk) > (client.sort_key, client.pk) else "previous"] = pk
    return found


def contacts_of(client: int) -> QuerySet[Contact]:
    return Contact.objects.filter(client=client).select_related("person", "user")


def colours_of(client: int) -> QuerySet[ColourChange]:
    return ColourChange.objects.filter(cycle__client=client)


def calls_of(client: int, viewer: User) -> QuerySet[Call]:
    rows = Call.objects.visible_to(viewer).filter(client=client, contact__isnull=True)
    return rows.select_related("person", "user")


def _beside_of(
    shape: tuple[ScopeShape, str], *, pk: int, key: str, user: int, department: int, **more: Any
) -> QuerySet:
    scope, kind = shape
    viewer = viewer_of(scope, user, department)
    rows = Client.objects.visible_to(viewer, (Section.IN_WORK, Section.CUSTOMERS) if kind == "owned" else ())
    if kind == "owned":
        rows = rows.filter(owner_id=more["owner"])
    elif kind == "free":
        rows = rows.filter(free_to_take_q(more["day"]))
    else:
        rows = rows.filter(owner__isnull=True, department_id=more["of"], section=kind)
    after = Q(sort_key__gt=key) | Q(sort_key=key, pk__gt=pk)
    before = Q(sort_key__lt=key) | Q(sort_key=key, pk__lt=pk)
    following = rows.filter(after).order_by("sort_key", "pk").values_list("pk", "sort_key")[:1]
    previous = rows.filter(before).order_by("-sort_key", "-pk").values_list("pk", "sort_key")[:1]
    return following.union(previous)


def newest(rows: QuerySet, moment: str) -> QuerySet:
    """Newest first, one more than a page of the history."""
    return rows.order_by(F(moment).desc(), "-pk")[: PAGE_SIZE + 1]


def _of_viewer(model: Any, shape: ScopeShape, user: int, department: int) -> QuerySet:
    return model.objects.visible_to(viewer_of(shape, user, department))


_clients = Prepared(
    lambda shape, *, client, user, department: (
        _of_viewer(Client, shape, user, department)
        .filter(pk=client)
        .select_related("department", "owner", "category", "segment", "source")
    )
)
_cycles = Prepared(
    lambda _shape, *, client: (
        SalesCycle.objects.filter(client=client).select_related("segment", "owner").order_by("-pk")[:1]
    )
)
_ownerships = Prepared(
    lambda _shape, *, client: (
        Ownership.objects.filter(client=client).select_related("user").order_by("-started_at", "-pk")
    )
)
_facts = Prepared(lambda _shape, *, client: Fact.objects.filter(cycle__client=client).order_by("pk"))
_states = Prepared(lambda _shape, *, client: StateChange.objects.filter(cycle__client=client).order_by("pk"))
_orders = Prepared(
    lambda _shape, *, cycle: RotationOrder.objects.open().filter(cycle=cycle).select_related("suggested")[:1]
)
_answers = Prepared(lambda _shape, *, cycle: Questionnaire.objects.filter(cycle=cycle)[:1])
_questions = Prepared(
    lambda shape, **template: Question.objects.filter(
        **({"template_id": template["template"]} if shape == "answered" else {"template__is_active": True})
    ).order_by("order", "pk")
)
_steps = Prepared(
    lambda _shape, *, cycle: (
        Task.objects.open().filter(cycle=cycle, kind=TaskKind.NEXT_STEP).values_list("due_at", "has_time")[:1]
    )
)
_people = Prepared(
    lambda shape, *, client, user, department: _of_viewer(ContactPerson, shape, user, department).filter(
        client=client, is_active=True
    )
)
_phones = Prepared(
    lambda shape, *, client, user, department: (
        _of_viewer(Phone, shape, user, department).filter(client=client).select_related("person")
    )
)
_emails = Prepared(
    lambda shape, *, client, user, department: (
        _of_viewer(Email, shape, user, department).filter(client=client).select_related("person")
    )
)
_contacts = Prepared(lambda _shape, *, client: newest(contacts_of(client), "at"))
_calls = Prepared(
    lambda shape, *, client, user, department: newest(
        calls_of(client, viewer_of(shape, user, department)), "created_at"
    )
)
_colours = Prepared(lambda _shape, *, client: newest(colours_of(client), "at"))
_beside = Prepared(_beside_of)
