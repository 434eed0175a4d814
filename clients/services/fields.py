"""Values of a card as they arrive from a form or the API: which keys may be written, what a value must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Model
from django.utils.translation import gettext as _

from clients.choices import ClientKind, SizeLabel
from clients.models import Category, Client, Segment, Source
from clients.selectors import CARD_FIELDS
from common.errors import Invalid
from common.ids import LARGEST_ID
from common.requisites import check_inn, check_kpp, check_ogrn
from common.text import TextError, clean_text

LONGEST: Final = {
    "name": 200,
    "inn": 12,
    "kpp": 9,
    "ogrn": 15,
    "city": 120,
    "address": 300,
    "website": 200,
    "note": 5000,
}
_DICTIONARIES: Final[dict[str, type[Model]]] = {"category": Category, "segment": Segment, "source": Source}
_CHOICES: Final = {"kind": ClientKind, "size": SizeLabel}
# Columns of the card that exist but are written by other acts or by the system.
READ_ONLY: Final = (
    frozenset(
        {field.name for field in Client._meta.concrete_fields}
        | {field.attname for field in Client._meta.concrete_fields}
        | {"id", "pk"}
    )
    - CARD_FIELDS
)


def colour_refusal() -> str:
    return _("The colour is computed by the system.")


def text_value(value: object, longest: int) -> str:
    """The cleaned text. ValueError with the sentence for the person."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(_("Text was expected."))
    try:
        return clean_text(value, longest)
    except TextError as problem:
        if problem.code == "too_long":
            raise ValueError(_("At most %(n)d characters.") % {"n": longest}) from problem
        raise ValueError(_("The text holds characters that cannot be stored.")) from problem


def email_value(value: object) -> str:
    """A valid address in lower case. ValueError with the sentence for the person."""
    address = text_value(value, 254).lower()
    try:
        validate_email(address)
    except ValidationError as problem:
        raise ValueError(_("This is not an e-mail address.")) from problem
    return address


def refuse_foreign_keys(data: Mapping[str, Any], *, allowed: frozenset[str]) -> None:
    """Names every key that does not exist or may not be written. Invalid."""
    problems = {}
    for key in data:
        if key in allowed:
            continue
        known = key in READ_ONLY or key in CARD_FIELDS
        problems[str(key)[:80]] = _("This field is read-only.") if known else _("There is no such field.")
    if problems:
        raise Invalid(problems, code="unknown_field")


def clean_card(data: Mapping[str, Any], *, client: Client | None = None) -> dict[str, Any]:
    """Cleaned values of the keys given. Invalid with every bad field at once.

    `client` tells the ИНН that a lone КПП belongs to, and the dictionary entries that may stay although retired.
    """
    cleaned: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for key, value in data.items():
        try:
            cleaned[key] = _value(key, value, client)
        except ValueError as problem:
            problems[key] = str(problem)
    if not problems:
        problems = _cross_checks(cleaned, client)
    if problems:
        raise Invalid(problems)
    return cleaned


def _value(key: str, value: Any, client: Client | None) -> Any:
    if key in _DICTIONARIES:
        return _entry(key, value, client)
    if key in _CHOICES:
        text = "" if value is None else str(value)
        if text and text not in _CHOICES[key].values:
            raise ValueError(_("Choose one of the values."))
        if key == "kind" and not text:
            raise ValueError(_("Choose one of the values."))
        return text
    text = text_value(value, LONGEST[key])
    check = _CHECKS.get(key)
    return check(text) if check else text


def _name(text: str) -> str:
    if not text:
        raise ValueError(_("Enter the name."))
    return " ".join(text.split())


def _inn(text: str) -> str:
    if text and check_inn(text) is not None:
        raise ValueError(_("This INN does not exist: its check digits do not match."))
    return text


def _ogrn(text: str) -> str:
    if text and check_ogrn(text) is not None:
        raise ValueError(_("This OGRN does not exist: its check digits do not match."))
    return text


def _website(text: str) -> str:
    # Only an ordinary address may become a link on the card.
    scheme, separator, _rest = text.partition("://")
    if separator and scheme.lower() not in ("http", "https"):
        raise ValueError(_("Enter an address like example.ru."))
    if text and ((not separator and ":" in text.split("/", 1)[0]) or any(mark.isspace() for mark in text)):
        raise ValueError(_("Enter an address like example.ru."))
    return text


_CHECKS: Final[dict[str, Callable[[str], str]]] = {"name": _name, "inn": _inn, "ogrn": _ogrn, "website": _website}


def _entry(key: str, value: Any, client: Client | None) -> Any:
    if value in (None, ""):
        return None
    model = _DICTIONARIES[key]
    pk = value.pk if isinstance(value, model) else value
    if isinstance(pk, str) and pk.isascii() and pk.isdigit() and len(pk) < 19:
        pk = int(pk)
    if not isinstance(pk, int) or isinstance(pk, bool) or not 0 < pk <= LARGEST_ID:
        raise ValueError(_("Choose one of the values."))
    entry = model._default_manager.filter(pk=pk).first()
    is_kept = client is not None and getattr(client, f"{key}_id") == pk
    if entry is None or not (entry.is_active or is_kept):  # type: ignore[attr-defined]
        raise ValueError(_("Choose one of the values."))
    return entry


def _cross_checks(cleaned: Mapping[str, Any], client: Client | None) -> dict[str, str]:
    inn = cleaned.get("inn", client.inn if client else "")
    kpp = cleaned.get("kpp", client.kpp if client else "")
    if kpp and ("kpp" in cleaned or "inn" in cleaned):
        problem = check_kpp(kpp, inn=inn)
        if problem == "not_for_person":
            return {"kpp": _("Only organisations have a KPP; this INN belongs to a person.")}
        if problem is not None:
            return {"kpp": _("A KPP has nine characters, like 773601001.")}
    return {}
