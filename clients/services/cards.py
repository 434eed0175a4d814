"""Acts on the card itself: create, edit, label by size. The owner, the state and the section have other authors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from clients.choices import Section, SizeLabel
from clients.models import Client, Segment
from clients.selectors import CARD_FIELDS, can_create, describe_duplicate, editable_fields
from clients.services.acts import (
    broken_constraint,
    check_version,
    lock_client,
    lock_for_edit,
    once,
    refuse_colour,
)
from clients.services.emails import attach_email
from clients.services.fields import clean_card, refuse_foreign_keys
from clients.services.people import attach_person
from clients.services.phones import attach_phone
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from common.text import sort_key
from journal.services import differences, record

if TYPE_CHECKING:
    from accounts.models import Department, User

# What a new card may bring along besides its own fields.
_FIRST_CONTACT: Final = frozenset({"phone", "is_shared", "email", "person_name", "person_position", "person_is_dm"})
CREATE_FIELDS: Final = CARD_FIELDS | _FIRST_CONTACT


def snapshot(client: Client) -> dict[str, Any]:
    """The editable values of a card, as a form shows them and as the audit compares them."""
    values: dict[str, Any] = {}
    for field in sorted(CARD_FIELDS):
        values[field] = getattr(client, f"{field}_id" if field in ("category", "segment", "source") else field)
    return values


def create_client(
    *, data: Mapping[str, Any], actor: User, department: Department | None = None, key: str | None = None
) -> Client:
    """A new card in «База для прозвонить» without owner and colour.

    `data`: fields of the card, plus `phone`, `is_shared`, `email`, `person_name`, `person_position`, `person_is_dm`.
    The department is the actor's; a director names one. `key` makes a double submit answer with the first client.
    NotAllowed, Invalid (duplicates of phone and ИНН are field errors in the words the scope allows).
    """
    if not can_create(actor):
        raise NotAllowed(_("You may not add clients."))
    refuse_colour(data, actor=actor)
    refuse_foreign_keys(data, allowed=CREATE_FIELDS)
    with transaction.atomic():
        request = {**data, "department": department.pk if department else None}
        pk, _is_repeated = once(actor=actor, key=key, request=request, act=lambda: _create(data, actor, department).pk)
    return Client.objects.select_related("owner").get(pk=pk)


def _create(data: Mapping[str, Any], actor: User, department: Department | None) -> Client:
    home = _home(actor, department)
    card = {field: data[field] for field in CARD_FIELDS if field in data}
    if not card.get("kind"):
        card.pop("kind", None)
    values = clean_card({"name": "", **card})
    now = clock.now()
    client = Client(
        **values,
        department=home,
        sort_key=sort_key(values["name"])[:200],
        created_at=now,
        updated_at=now,
        created_by=actor,
    )
    _apply_size(client, size=values.get("size", ""), keep_segment=values.get("segment") is not None)
    _save(client, actor, force_insert=True)
    person = None
    if data.get("person_name"):
        person = attach_person(
            client,
            full_name=data["person_name"],
            position=data.get("person_position") or "",
            is_dm=bool(data.get("person_is_dm")),
            prefix="person_",
        )
    phone = (
        attach_phone(client, raw=data["phone"], actor=actor, person=person, is_shared=bool(data.get("is_shared")))
        if data.get("phone")
        else None
    )
    email = attach_email(client, address=data["email"], person=person) if data.get("email") else None
    after = {key: value for key, value in snapshot(client).items() if value not in ("", None)}
    after |= {"department": home.pk, "section": client.section}
    for label, thing in (("person", person), ("phone", phone), ("email", email)):
        if thing is not None:
            after[label] = str(thing)
    record(action="client.create", obj=client, actor=actor, after=after)
    return client


def _home(actor: User, department: Department | None) -> Department:
    own = actor.department
    if department is None:
        if own is None:
            raise Invalid({"department": _("Choose the department.")})
        return own
    if not actor.is_director and department.pk != actor.department_id:
        raise NotAllowed(_("You may add clients to your own department only."))
    if not department.is_active:
        raise Invalid({"department": _("Choose the department.")})
    return department


def update_client(*, client: Client, data: Mapping[str, Any], version: int | None, actor: User) -> Client:
    """Changes fields of the card; nothing else, whatever the keys say. Nothing changed: no version, no audit row.

    NotAllowed; Invalid naming unknown and read-only keys (a written colour is also signed); StaleVersion with the
    values that stand now when `version` is not the card's.
    """
    refuse_colour(data, actor=actor, client=client)
    with transaction.atomic():
        locked = lock_client(client)
        allowed = editable_fields(client=locked, user=actor)
        if not allowed:
            raise NotAllowed(_("You may read this client, not change it."))
        refuse_foreign_keys(data, allowed=allowed)
        before = snapshot(locked)
        check_version(locked, version, before)
        values = clean_card(data, client=locked)
        keep_segment = "segment" in values and getattr(values["segment"], "pk", None) != locked.segment_id
        for field, value in values.items():
            if field != "size":
                setattr(locked, field, value)
        if "name" in values:
            locked.sort_key = sort_key(values["name"])[:200]
        section = locked.section
        if "size" in values and values["size"] != locked.size:
            _apply_size(locked, size=values["size"], keep_segment=keep_segment)
        _save_changes(locked, before, section, actor)
    return locked


def change_size_label(*, client: Client, size: str, actor: User, version: int | None = None) -> Client:
    """Labels the client; the label's segment serves future cycles only, an open cycle keeps its own (R-S2-4).

    «Непрофильный» on a client in work is refused with a hint: that is a refusal and has its own act. A free client
    labelled so goes to «Жёсткий отказ и непрофильные»; one never worked with comes back with another label.
    """
    with transaction.atomic():
        locked = lock_for_edit(client, actor)
        before = snapshot(locked)
        check_version(locked, version, before)
        if size not in SizeLabel.values:
            raise Invalid({"size": _("Choose one of the values.")})
        section = locked.section
        if size != locked.size:
            _apply_size(locked, size=size, keep_segment=False)
        _save_changes(locked, before, section, actor)
    return locked


def fill_gaps(*, client: Client, data: Mapping[str, Any], actor: User) -> Client:
    """What taking into work asks of an imported card: `size` and `category`, only where the card has none (6.7).

    `client` is locked by the act that asks, and that act has decided whether the person may take it. Invalid by field.
    """
    asked = {field: data[field] for field in ("size", "category") if data.get(field)}
    before = snapshot(client)
    values = clean_card({field: value for field, value in asked.items() if not before[field]}, client=client)
    if values.get("category") is not None:
        client.category = values["category"]
    if values.get("size"):
        if values["size"] == SizeLabel.NOT_OURS:
            raise Invalid({"size": _("Choose one of the values.")})
        _apply_size(client, size=values["size"], keep_segment=client.segment_id is not None)
    _save_changes(client, before, client.section, actor)
    return client


def _apply_size(client: Client, *, size: str, keep_segment: bool) -> None:
    if size == SizeLabel.NOT_OURS and client.section == Section.IN_WORK:
        raise Conflict(
            _("The client is in work. End the work with a refusal, reason “not ours”: the label follows by itself."),
            code="in_work",
        )
    client.size = size
    if not keep_segment and size:
        default = Segment.objects.filter(size=size, is_active=True).first()
        if default is not None:
            client.segment = default
    free = (Section.CALL_BASE, Section.SOFT_REFUSAL, Section.STRATEGIC)
    if size == SizeLabel.NOT_OURS and client.section in free:
        client.section = Section.HARD_REFUSAL
        client.recall_on = None
    elif size != SizeLabel.NOT_OURS and client.section == Section.HARD_REFUSAL and client.state is None:
        client.section = Section.CALL_BASE


def _save_changes(client: Client, before: dict[str, Any], section: str, actor: User) -> None:
    old, new = differences({**before, "section": section}, {**snapshot(client), "section": client.section})
    if not new:
        return
    client.version += 1
    client.updated_at = clock.now()
    _save(client, actor)
    record(action="client.edit", obj=client, actor=actor, before=old, after=new)


def _save(client: Client, actor: User, *, force_insert: bool = False) -> None:
    """Saves inside a savepoint and turns the one collision people meet into a field error."""
    try:
        with transaction.atomic():
            client.save(force_insert=force_insert)
    except IntegrityError as problem:
        if broken_constraint(problem) != "clients_client_inn_kpp_unique":
            raise
        other = Client.objects.live().filter(inn=client.inn, kpp=client.kpp).select_related("owner").first()
        text = describe_duplicate(user=actor, client=other) if other else _("This INN is already in the base.")
        raise Invalid({"inn": text}, code="duplicate") from problem
