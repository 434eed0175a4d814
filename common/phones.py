"""Telephone numbers: any Russian spelling to E.164. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

import phonenumbers

LONGEST_INPUT: Final = 64
# Fewer digits than this are an extension of the own PBX, not a public number.
SHORTEST_PUBLIC: Final = 7

_EXTENSION = re.compile(r"(?:доб(?:авочный)?|доп|вн(?:утр)?|ext(?:ension)?|,|;|#)", re.IGNORECASE)
_LEADING_LABEL = re.compile(r"^[^0-9+(]*")
_TRAILING_LABEL = re.compile(r"[^0-9]*$")
# «+8 495 …»: a Russian trunk 8 after a plus; read literally it is a valid number of Vietnam.
_PLUS_EIGHT = re.compile(r"8[3489][0-9]{9}")


@dataclass(frozen=True)
class PhoneNumber:
    """A number as written and as understood.

    `e164` is None for an extension and for text that is no valid number (kept in `raw`, never matched). `last10` are
    the last ten digits of `e164`, '' without it. `extension` is what followed the number, or the internal number.
    """

    raw: str
    e164: str | None
    extension: str
    last10: str
    is_internal: bool

    @property
    def is_valid(self) -> bool:
        return self.e164 is not None


def normalise(raw: str | None) -> PhoneNumber:
    """Reads any spelling (domain rules 6.2, region RU). Never raises; longer than 64 characters is no number."""
    text = raw or ""
    if len(text) > LONGEST_INPUT:
        return _unknown(text[:LONGEST_INPUT])
    shown = text.strip()
    # Full-width digits and plus signs of other keyboards become plain ones.
    number, extension = _without_extension(unicodedata.normalize("NFKC", shown))
    body = _TRAILING_LABEL.sub("", _LEADING_LABEL.sub("", number))
    digits = re.sub(r"[^0-9]", "", body)
    if any(character.isalpha() for character in body):
        return _unknown(shown)
    has_plus = body.lstrip("( ").startswith("+")
    if 0 < len(digits) < SHORTEST_PUBLIC and not has_plus:
        is_bare = not any(character.isalpha() for character in number)
        return PhoneNumber(shown, None, digits, "", True) if is_bare else _unknown(shown)
    e164 = _valid_e164(_international(digits, has_plus=has_plus))
    if e164 is None:
        return _unknown(shown)
    return PhoneNumber(shown, e164, extension, e164[1:][-10:], False)


def _unknown(raw: str) -> PhoneNumber:
    return PhoneNumber(raw, None, "", "", False)


def _without_extension(text: str) -> tuple[str, str]:
    for mark in _EXTENSION.finditer(text):
        head, tail = text[: mark.start()], text[mark.end() :]
        # A mark before the first digit is no extension («#31#», «внутренний 101»).
        if re.search(r"[0-9]", head):
            digits = re.sub(r"[^0-9]", "", tail)
            return head, digits if len(digits) <= SHORTEST_PUBLIC else ""
    return text, ""


def _international(digits: str, *, has_plus: bool) -> str:
    """The number with its plus, by the first rule that fits; '' when none does."""
    if has_plus:
        return "+7" + digits[1:] if _PLUS_EIGHT.fullmatch(digits) else "+" + digits
    if digits.startswith("810") and len(digits) > 11:
        return "+" + digits[3:]
    if digits.startswith("00"):
        return "+" + digits[2:]
    if len(digits) == 11 and digits[0] in "78":
        return "+7" + digits[1:]
    if len(digits) == 10 and digits[0] in "3489":
        return "+7" + digits
    return ""


def _valid_e164(number: str) -> str | None:
    try:
        parsed = phonenumbers.parse(number, "RU")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def format_phone(e164: str | None) -> str:
    """«+7 916 123-45-67»; foreign numbers in their international spelling, anything else as it is."""
    if not e164:
        return ""
    if re.fullmatch(r"\+7[0-9]{10}", e164):
        return f"+7 {e164[2:5]} {e164[5:8]}-{e164[8:10]}-{e164[10:]}"
    try:
        parsed = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
