"""One row of a table as a client in the making: values checked, bad ones kept as text with a warning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from clients.choices import RowCode
from clients.constants import IMPORT_CELL_CHARACTERS
from clients.readers.headers import Header
from common.phones import PhoneNumber, normalise
from common.requisites import check_inn, check_kpp, check_ogrn
from common.text import TextError, clean_text, sort_key

_WON: Final = frozenset({"успешно реализовано", "сделка успешна", "успешно завершена", "won"})
_PHONE_BREAK: Final = re.compile(r"[;\n|/]|,(?=\s*(?:\+|8|7)[\s(-]*\d)")
_EMAIL_BREAK: Final = re.compile(r"[,;\s]+")
_NATIONAL: Final = re.compile(r"(?:\+?7|8)?([3489][0-9]{9})")
_MOST_EXTRA: Final = 40
_LONGEST_EXTRA: Final = 500


@dataclass(frozen=True)
class ParsedRow:
    """`row_no` as a spreadsheet numbers it. `error` is empty for a row that can become a client.

    `phones` hold valid numbers and, with an empty `e164`, the text of bad ones. `shaped_phones` are the ten digits of
    every well-formed number: a number of no known range is still the same number in two rows.
    """

    row_no: int
    name: str = ""
    error: str = ""
    codes: tuple[str, ...] = ()
    is_person: bool = False
    person: str = ""
    position: str = ""
    inn: str = ""
    kpp: str = ""
    ogrn: str = ""
    phones: tuple[PhoneNumber, ...] = ()
    shaped_phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    city: str = ""
    address: str = ""
    website: str = ""
    note: str = ""
    source: str = ""
    responsible: str = ""
    stage: str = ""
    budget: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def name_key(self) -> str:
        return sort_key(self.name)[:200]

    @property
    def is_won(self) -> bool:
        return " ".join(self.stage.lower().split()) in _WON


def parse_row(row_no: int, cells: Sequence[str], header: Header) -> ParsedRow:
    """Never raises: what cannot become a client says so in `error` (a code of `RowCode`)."""
    row = _Row(cells, header)
    if any(len(cell) > IMPORT_CELL_CHARACTERS for cell in cells):
        return ParsedRow(row_no=row_no, error=RowCode.ERROR_CELL)
    company = next(row.values("name"), "")
    person = next(row.values("person"), "") or " ".join(
        part for name in ("last_name", "first_name", "patronymic") if (part := next(row.values(name), ""))
    )
    name = company or person
    if not name:
        return ParsedRow(row_no=row_no, error=RowCode.ERROR_NAME)
    try:
        name = clean_text(name, 200)
        person = clean_text(person, 100_000)
        for cell in cells:
            clean_text(cell, IMPORT_CELL_CHARACTERS)
    except TextError as problem:
        shown = name.replace("\x00", "").encode("utf-8", "replace").decode()[:200]
        error = RowCode.ERROR_LONG if problem.code == "too_long" else RowCode.ERROR_TEXT
        return ParsedRow(row_no=row_no, name=shown, error=error)
    return row.parsed(row_no, name=name, company=company, person=person)


class _Row:
    def __init__(self, cells: Sequence[str], header: Header) -> None:
        self.cells = cells
        self.header = header
        self.codes: list[str] = []
        self.extra: dict[str, str] = {}

    def values(self, meaning: str) -> Iterator[str]:
        """The filled cells of one meaning, in order. «—» and other marks without a letter or digit are nothing."""
        for index in self.header.columns.get(meaning, ()):
            if index < len(self.cells):
                text = self.cells[index].replace("\u00a0", " ").strip()
                if any(mark.isalnum() for mark in text):
                    yield " ".join(text.split()) if meaning != "note" else text

    def parsed(self, row_no: int, *, name: str, company: str, person: str) -> ParsedRow:
        for index, title in self.header.extra:
            if index < len(self.cells) and (text := self.cells[index].strip()) and len(self.extra) < _MOST_EXTRA:
                self.extra[title] = text[:_LONGEST_EXTRA]
        if any(cell.strip() for cell in self.cells[self.header.width :]):
            self.warn(RowCode.WARNING_EXTRA_CELLS)
        inn = self._inn()
        kpp = self._requisite("kpp", RowCode.WARNING_KPP, bad=lambda text: check_kpp(text, inn=inn) is not None)
        ogrn = self._requisite("ogrn", RowCode.WARNING_OGRN, bad=lambda text: check_ogrn(text) is not None)
        phones, shaped = self._phones()
        return ParsedRow(
            row_no=row_no,
            name=name,
            is_person=not company,
            person=self.cut(person, 160),
            position=self.one("position", 120),
            inn=inn,
            kpp=kpp,
            ogrn=ogrn,
            phones=phones,
            shaped_phones=shaped,
            emails=self._emails(),
            city=self.one("city", 120),
            address=self.one("address", 300),
            website=self._website(),
            note=self.cut("\n".join(self.values("note")), 5000),
            source=self.one("source", 80),
            responsible=self.one("responsible", 120),
            stage=self.one("stage", 120),
            budget=self.one("budget", 40),
            codes=tuple(dict.fromkeys(self.codes)),
            extra=self.extra,
        )

    def warn(self, code: str) -> None:
        self.codes.append(code)

    def cut(self, text: str, longest: int) -> str:
        if len(text) > longest:
            self.warn(RowCode.NOTE_CUT)
        return text[:longest].strip()

    def one(self, meaning: str, longest: int) -> str:
        return self.cut(next(self.values(meaning), ""), longest)

    def keep(self, title: str, text: str) -> None:
        """A bad value stays readable on the card."""
        before = self.extra.get(title)
        self.extra[title] = (f"{before}, {text}" if before else text)[:_LONGEST_EXTRA]

    def _inn(self) -> str:
        text = next(self.values("inn"), "").replace(" ", "")
        if not text:
            return ""
        # A spreadsheet that took the number for a figure has lost its leading zero.
        padded = text.zfill({9: 10, 11: 12}.get(len(text), 0)) if text.isascii() and text.isdigit() else text
        if check_inn(padded) is None:
            return padded
        self.warn(RowCode.WARNING_INN)
        self.keep("ИНН", text)
        return ""

    def _requisite(self, meaning: str, code: str, *, bad) -> str:
        text = next(self.values(meaning), "").replace(" ", "").upper()
        if text and bad(text):
            self.warn(code)
            self.keep({"kpp": "КПП", "ogrn": "ОГРН"}[meaning], text)
            return ""
        return text

    def _website(self) -> str:
        text = self.one("website", 200)
        scheme, separator, _rest = text.partition(":")
        if separator and scheme.lower() not in ("http", "https") and not scheme.count("."):
            self.keep("Сайт", text)
            return ""
        return text

    def _phones(self) -> tuple[tuple[PhoneNumber, ...], tuple[str, ...]]:
        kept: dict[str, PhoneNumber] = {}
        shaped: dict[str, None] = {}
        for cell in self.values("phone"):
            for part in _PHONE_BREAK.split(cell):
                text = part.strip()
                if not any(mark.isalnum() for mark in text):
                    continue
                number = normalise(text)
                national = _NATIONAL.fullmatch(re.sub(r"[^0-9+]", "", text))
                if number.e164 is not None:
                    kept.setdefault(number.e164, number)
                    shaped[number.last10] = None
                    continue
                kept.setdefault(text, number)
                if national:
                    # The tables of ranges age: a number of the right shape is no mistake of the person who typed it.
                    self.warn(RowCode.NOTE_PHONE_RANGE)
                    shaped[national.group(1)] = None
                else:
                    self.warn(RowCode.WARNING_PHONE)
        return tuple(kept.values()), tuple(shaped)

    def _emails(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for cell in self.values("email"):
            for part in _EMAIL_BREAK.split(cell.lower()):
                if not part:
                    continue
                try:
                    validate_email(part)
                    if len(part) > 254:
                        raise ValidationError("too long")
                except ValidationError:
                    self.warn(RowCode.WARNING_EMAIL)
                    self.keep("E-mail", part)
                else:
                    found[part] = None
        return tuple(found)
