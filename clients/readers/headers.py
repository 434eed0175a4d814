"""What the columns of amoCRM, Bitrix24 and of anybody's own table mean. Order, case and spaces do not matter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Several columns may mean the same: all telephones count, of names the first that is filled in this order.
_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "name": (
        "компания",
        "компания контакта",
        "название компании",
        "название организации",
        "организация",
        "наименование",
        "контрагент",
        "клиент",
        "юридическое лицо",
        "company",
        "company name",
        "client",
    ),
    "person": (
        "полное имя контакта",
        "полное имя",
        "контакт",
        "основной контакт",
        "контактное лицо",
        "фио",
        "full name",
        "contact",
    ),
    "last_name": ("фамилия", "last name"),
    "first_name": ("имя", "first name"),
    "patronymic": ("отчество", "second name"),
    "position": ("должность", "должность контакта", "position"),
    "inn": ("инн", "инн компании", "inn"),
    "kpp": ("кпп", "kpp"),
    "ogrn": ("огрн", "огрнип", "огрн/огрнип", "ogrn"),
    "city": ("город", "населенный пункт", "city"),
    "address": ("адрес", "юридический адрес", "адрес компании", "address"),
    "website": ("сайт", "веб-сайт", "корпоративный сайт", "web", "website"),
    "note": ("примечание", "комментарий", "комментарии", "описание", "note", "comment"),
    "responsible": ("ответственный", "responsible"),
    "stage": ("этап сделки", "статус", "стадия", "стадия сделки", "этап", "stage", "status"),
    "budget": ("бюджет", "возможная сумма", "сумма", "сумма сделки", "budget"),
    "source": ("источник", "source"),
    "colour": ("цвет", "цветность", "colour", "color"),
}
_BY_ALIAS: Final = {alias: (field, rank) for field, names in _ALIASES.items() for rank, alias in enumerate(names)}
_PHONE: Final = re.compile(r"телефон|^(?:phone|mobile|тел\.?)\b|\bphone$")
# A fax or a pager is not called; it stays as text with the other columns.
_NOT_PHONE: Final = re.compile(r"факс|пейджер|fax|pager")
_EMAIL: Final = re.compile(r"e-?mail|эл\.? ?почта|электронная почта|^почта$")
_NUMBERED: Final = re.compile(r"(.*\S)\s*\d{1,2}")
_IDENTIFYING: Final = frozenset({"name", "person", "last_name", "first_name"})


@dataclass(frozen=True)
class Header:
    """Column indexes by meaning, in the order they are tried; `extra` are the columns kept as text under their title."""

    columns: dict[str, tuple[int, ...]]
    extra: tuple[tuple[int, str], ...]
    width: int

    @property
    def score(self) -> int:
        """How many columns were recognised."""
        return sum(len(places) for places in self.columns.values())

    @property
    def identifies(self) -> bool:
        """Whether a row can name a client at all."""
        return bool(_IDENTIFYING & self.columns.keys())

    @property
    def has_colour(self) -> bool:
        return "colour" in self.columns


def read_header(cells: Sequence[str]) -> Header:
    """Maps one row of titles; what is not recognised is kept as text."""
    found: dict[str, list[tuple[int, int]]] = {}
    extra: list[tuple[int, str]] = []
    for index, cell in enumerate(cells):
        title = normalised_title(cell)
        if not title:
            continue
        meaning = _meaning(title)
        if meaning is None:
            extra.append((index, " ".join(cell.split())[:80]))
            continue
        field, rank = meaning
        found.setdefault(field, []).append((rank, index))
    columns = {field: tuple(index for _rank, index in sorted(places)) for field, places in found.items()}
    return Header(columns=columns, extra=tuple(extra), width=len(cells))


def normalised_title(cell: str) -> str:
    """«Бюджет », «БЮДЖЕТ» and «\\ufeffбюджет» are one title."""
    text = cell.replace("\ufeff", "").replace("\u00a0", " ").lower().replace("ё", "е")
    return " ".join(text.split()).strip("\"'*: ")


def _meaning(title: str) -> tuple[str, int] | None:
    if title in _BY_ALIAS:
        return _BY_ALIAS[title]
    if _EMAIL.search(title):
        return "email", 0
    if _PHONE.search(title) and not _NOT_PHONE.search(title):
        return "phone", 0
    numbered = _NUMBERED.fullmatch(title)
    if numbered and (meaning := _BY_ALIAS.get(numbered.group(1))) and meaning[0] == "note":
        return meaning
    return None
