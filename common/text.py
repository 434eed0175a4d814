"""Text from outside: what is refused, how cells of an export are made harmless, how names sort. Pure."""

import re
import unicodedata
from typing import Final

# The greatest code point: every text that begins with `x` lies between `x` and `x` + this.
LAST_CHARACTER: Final = "\U0010ffff"


class TextError(ValueError):
    """Text that cannot be stored. `code`: nul, surrogate, too_long."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def clean_text(value: str, max_length: int) -> str:
    """The text stripped and in Unicode form NFC. TextError for NUL, a lone surrogate, or more than `max_length`."""
    # The raw length is looked at first so that a huge value costs nothing; normalising shortens by a few marks only.
    if len(value) > 4 * max_length + 1024:
        raise TextError("too_long")
    if "\x00" in value:
        raise TextError("nul")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise TextError("surrogate")
    text = unicodedata.normalize("NFC", value.strip())
    if len(text) > max_length:
        raise TextError("too_long")
    return text


_FORMULA: Final = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_AT_START: Final = rf"(?='*[{_FORMULA}\t\r\n])"
# A spreadsheet that splits by another separator sees a new cell inside the old one.
_INSIDE: Final = r"[;,\t\r\n]\"*"
_GUARD: Final = re.compile(rf"\A{_AT_START}|{_INSIDE}(?='*[{_FORMULA}])")
_UNGUARD: Final = re.compile(rf"\A'{_AT_START}|({_INSIDE})'(?='*[{_FORMULA}])")
_STRICT_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}(?:[.,][0-9]{1,6})?")
_STRICT_PHONE: Final = re.compile(r"\+[0-9]{7,15}")


def formula_guard(value: str, *, is_typed: bool = False) -> str:
    """A cell of a CSV export that no spreadsheet runs: `'` before each start of a formula.

    `is_typed` marks a column of numbers or telephones: there strict numerics and E.164 numbers stay as they are. In a
    column of text a name `-5` is guarded. `formula_unguard` gives the original back.
    """
    if is_typed and (_STRICT_NUMBER.fullmatch(value) or _STRICT_PHONE.fullmatch(value)):
        return value
    return _GUARD.sub(lambda found: found.group() + "'", value)


def formula_unguard(value: str) -> str:
    """The original of a guarded cell, for the way back through an import."""
    return _UNGUARD.sub(lambda found: found.group(1) or "", value)


# Longer spellings first, so that the short one does not leave a rest.
_LEGAL_FORMS: Final = (
    "общество с ограниченной ответственностью",
    "публичное акционерное общество",
    "непубличное акционерное общество",
    "закрытое акционерное общество",
    "открытое акционерное общество",
    "акционерное общество",
    "индивидуальный предприниматель",
    "крестьянское фермерское хозяйство",
    *("ооо", "пао", "нао", "зао", "оао", "ао", "ип", "тоо", "одо", "нко", "ано", "чоу", "ноу", "фгуп", "гуп", "муп"),
    *("фгбу", "гбу", "мбу", "гку", "мку", "кфх", "тсж", "снт", "спк"),
    *("llc", "ltd", "inc", "jsc"),
)
_LEGAL_FORM: Final = re.compile(rf"\b(?:{'|'.join(_LEGAL_FORMS)})\b")
_PUNCTUATION: Final = re.compile(r"[^\w]+|_+")


def sort_key(name: str) -> str:
    """What a company is sorted and compared by: lower case, ё as е, without legal form, quotes and punctuation.

    A name that is nothing but a legal form keeps it; one without letters and digits keeps its marks.
    """
    lowered = unicodedata.normalize("NFKC", name).lower().replace("ё", "е")
    words = _PUNCTUATION.sub(" ", lowered).strip()
    bare = " ".join(_LEGAL_FORM.sub(" ", words).split())
    return bare or words or lowered.strip()
