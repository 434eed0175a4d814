"""Segments, who serves them, categories and sources: the dictionaries a card chooses from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.choices import MANAGER_ROLES
from clients.choices import SizeLabel
from clients.constants import DEAL_TERMS_DAYS, LOWEST_GREEN_FLOOR_PERCENT, LOWEST_YELLOW_FLOOR_PERCENT
from clients.models import Category, Segment, SegmentServer, Source
from clients.selectors import can_edit_dictionaries, can_raise_floors
from clients.services.acts import broken_constraint
from clients.services.fields import text_value
from common import clock
from common.errors import Invalid, NotAllowed, StaleVersion
from journal.services import differences, record

if TYPE_CHECKING:
    from accounts.models import User

FLOORS: Final = {
    "green_floor_percent": LOWEST_GREEN_FLOOR_PERCENT,
    "yellow_floor_percent": LOWEST_YELLOW_FLOOR_PERCENT,
}
_SHARES: Final = frozenset({"p_red", "p_yellow", "p_green"})
_DAYS: Final = frozenset({"t_red", "t_yellow", "t_green"})
SEGMENT_FIELDS: Final = (
    frozenset({"name", "size", "term_days", "average_cheque", "is_active"}) | _SHARES | _DAYS | frozenset(FLOORS)
)
_BIGGEST_MONEY: Final = Decimal("999999999999.99")


def create_segment(*, data: Mapping[str, Any], actor: User) -> Segment:
    """NotAllowed for all but administrator and director; Invalid by field (term 14, 30 or 40; floors not lowered)."""
    _guard(actor)
    with transaction.atomic():
        values = _clean_segment({"name": "", **data})
        segment = Segment(started_on=clock.today(), **values)
        _save_entry(segment)
        record(action="segment.create", obj=segment, actor=actor, after=_segment_values(segment))
    return segment


def update_segment(*, segment: Segment, data: Mapping[str, Any], version: int | None, actor: User) -> Segment:
    """Changes a segment; open cycles keep the term they started with. A head may raise the floors and nothing else.

    NotAllowed, Invalid, StaleVersion.
    """
    if not can_raise_floors(actor):
        raise NotAllowed(_("You may not change dictionaries."))
    with transaction.atomic():
        current = Segment.objects.select_for_update().get(pk=segment.pk)
        before = _segment_values(current)
        if not can_edit_dictionaries(actor):
            _refuse_head(data)
        if version is not None and version != current.version:
            raise StaleVersion(
                _("Somebody saved this segment while you were editing it. Compare the values and save again."),
                current=before,
            )
        values = _clean_segment(data)
        if not can_edit_dictionaries(actor):
            _refuse_lowering(current, values)
        for field, value in values.items():
            setattr(current, field, value)
        old, new = differences(before, _segment_values(current))
        if not new:
            return current
        current.version += 1
        _save_entry(current)
        record(action="segment.edit", obj=current, actor=actor, before=old, after=new)
    return current


def set_segment_servers(*, segment: Segment, users: Collection[User], actor: User) -> None:
    """Who serves the segment. A person without any row serves all segments (section 2.5)."""
    _guard(actor)
    with transaction.atomic():
        Segment.objects.select_for_update().get(pk=segment.pk)
        if any(user.role not in MANAGER_ROLES for user in users):
            raise Invalid({"users": _("Only managers serve segments.")})
        before = sorted(SegmentServer.objects.filter(segment=segment).values_list("user_id", flat=True))
        after = sorted({user.pk for user in users})
        if before == after:
            return
        SegmentServer.objects.filter(segment=segment).exclude(user_id__in=after).delete()
        SegmentServer.objects.bulk_create(
            [SegmentServer(segment=segment, user_id=pk) for pk in after if pk not in before], ignore_conflicts=True
        )
        record(action="segment.servers", obj=segment, actor=actor, before={"users": before}, after={"users": after})


def create_category(*, name: str, actor: User) -> Category:
    return _create_entry(Category, name, actor)


def update_category(*, category: Category, actor: User, name: str | None = None, is_active: bool | None = None) -> None:
    _update_entry(category, name, is_active, actor)


def create_source(*, name: str, actor: User) -> Source:
    return _create_entry(Source, name, actor)


def update_source(*, source: Source, actor: User, name: str | None = None, is_active: bool | None = None) -> None:
    _update_entry(source, name, is_active, actor)


def _create_entry(model: type, name: str, actor: User) -> Any:
    _guard(actor)
    with transaction.atomic():
        entry = model(name=_entry_name(name))
        _save_entry(entry)
        record(action=f"{model.__name__.lower()}.create", obj=entry, actor=actor, after={"name": entry.name})
    return entry


def _update_entry(entry: Category | Source, name: str | None, is_active: bool | None, actor: User) -> None:
    _guard(actor)
    with transaction.atomic():
        current = type(entry).objects.select_for_update().get(pk=entry.pk)
        before = {"name": current.name, "is_active": current.is_active}
        if name is not None:
            current.name = _entry_name(name)
        if is_active is not None:
            current.is_active = is_active
        old, new = differences(before, {"name": current.name, "is_active": current.is_active})
        if not new:
            return
        _save_entry(current)
        record(action=f"{type(entry).__name__.lower()}.edit", obj=current, actor=actor, before=old, after=new)


def _guard(actor: User) -> None:
    if not can_edit_dictionaries(actor):
        raise NotAllowed(_("You may not change dictionaries."))


def _entry_name(name: str) -> str:
    try:
        text = " ".join(text_value(name, 80).split())
    except ValueError as problem:
        raise Invalid({"name": str(problem)}) from problem
    if not text:
        raise Invalid({"name": _("Enter the name.")})
    return text


def _save_entry(entry: Segment | Category | Source) -> None:
    try:
        with transaction.atomic():
            entry.save()
    except IntegrityError as problem:
        if broken_constraint(problem) == "clients_segment_one_default_per_size":
            raise Invalid({"size": _("Another active segment is already the default for this size.")}) from problem
        raise Invalid({"name": _("There is already an entry with this name.")}, code="duplicate") from problem


def _refuse_head(data: Mapping[str, Any]) -> None:
    foreign = {key: _("A head may raise the floors only.") for key in data if key not in FLOORS}
    if foreign:
        raise Invalid(foreign, code="read_only")


def _refuse_lowering(segment: Segment, values: Mapping[str, Any]) -> None:
    problems = {}
    for field, lowest in FLOORS.items():
        if field in values and (values[field] or lowest) < (getattr(segment, field) or lowest):
            problems[field] = _("A head may raise a floor, not lower it.")
    if problems:
        raise Invalid(problems)


def _clean_segment(data: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for key, value in data.items():
        try:
            if key not in SEGMENT_FIELDS:
                raise ValueError(_("There is no such field."))
            values[key] = _segment_value(key, value)
        except Invalid as problem:
            problems[key] = problem.text
        except ValueError as problem:
            problems[str(key)[:80]] = str(problem)
    if problems:
        raise Invalid(problems)
    return values


def _segment_value(key: str, value: Any) -> Any:
    if key == "name":
        return _entry_name(value)
    if key == "size":
        if value and value not in SizeLabel.values:
            raise ValueError(_("Choose one of the values."))
        return value or ""
    if key == "is_active":
        return bool(value)
    if key == "term_days":
        term = _number(value)
        if term not in DEAL_TERMS_DAYS:
            raise ValueError(_("The deal term is 14, 30 or 40 days."))
        return int(term)
    if key in FLOORS:
        if value in (None, ""):
            return None
        floor = _number(value)
        if not FLOORS[key] <= floor <= 100:
            raise ValueError(_("A floor may be raised, never lowered below %(n)s %%.") % {"n": FLOORS[key]})
        return floor
    number = _number(value)
    if key in _DAYS:
        if not 1 <= number <= 10 or number != int(number):
            raise ValueError(_("From 1 to 10 days."))
        return int(number)
    if key in _SHARES and not 0 < number <= 100:
        raise ValueError(_("More than 0 and at most 100 %."))
    if key == "average_cheque" and not 0 < number <= _BIGGEST_MONEY:
        raise ValueError(_("Enter an amount above zero."))
    return number


def _number(value: Any) -> Decimal:
    try:
        number = Decimal(str(value).replace(",", ".").replace("\u00a0", "").replace(" ", ""))
    except InvalidOperation as problem:
        raise ValueError(_("Enter a number.")) from problem
    if not number.is_finite() or abs(number) >= Decimal("1e16"):
        raise ValueError(_("Enter a number."))
    return number.quantize(Decimal("0.01"))


def _segment_values(segment: Segment) -> dict[str, Any]:
    return {field: getattr(segment, field) for field in sorted(SEGMENT_FIELDS)}


_SEGMENTS: Final = (("small", "Маленький", 14), ("medium", "Средний", 30), ("large", "Крупный", 40))
_CATEGORIES: Final = ("Производство", "Торговля", "Строительство", "Услуги", "Логистика", "Другое")
_SOURCES: Final = ("Сайт", "Звонок", "Выставка", "Рекомендация", "Реклама", "Холодная база")


@transaction.atomic
def seed_dictionaries() -> None:
    """The dictionaries of a fresh installation; what is already there, or was renamed, stays (R-S2-4, R-S2-5)."""
    today = clock.today()
    for size, name, term in _SEGMENTS:
        if not Segment.objects.filter(size=size).exists():
            Segment.objects.get_or_create(name=name, defaults={"size": size, "term_days": term, "started_on": today})
    for model, names in ((Category, _CATEGORIES), (Source, _SOURCES)):
        if not model.objects.exists():
            model.objects.bulk_create([model(name=name) for name in names])
