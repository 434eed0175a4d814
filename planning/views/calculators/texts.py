"""Exact figures of the calculators as text, and the sentence of every figure that does not exist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.utils.dateformat import format as date_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common import formats, markup
from common.money import Exact, format_number
from planning.calculator import Code, Figure, Why
from planning.constants import Zone
from planning.services import PROBLEM_TEXTS, WHY_TEXTS


def rounded(value: Exact, places: int) -> Decimal:
    """To `places` decimals, half away from zero, without the 28 digits of a context in between."""
    above, below = value.as_integer_ratio()
    size = (2 * abs(above) * 10**places + below) // (2 * below)
    return Decimal(f"{'-' if above < 0 else ''}{size}E-{places}")


def number_text(value: Exact | None, places: int = 2, *, short: bool = False) -> str:
    """«1 234,56»; `short` drops zeros at the end: «5,5», «12». None is a dash."""
    return formats.DASH if value is None else formats.number(rounded(value, places), None if short else places)


def share_text(value: Exact | None, places: int = 2, *, short: bool = False) -> str:
    """A part of 1 in per cent: 7/10 → «70,00 %», or «70 %» when `short`."""
    if value is None:
        return formats.DASH
    return f"{number_text(Fraction(value) * 100, places, short=short)}{formats.SPACE}%"


def money_text(value: Exact | None) -> str:
    """«157 894,74 ₽», kopecks only when there are any."""
    return formats.DASH if value is None else formats.money(rounded(value, 2))


def typed_number(value: Exact, places: int = 2) -> str:
    """A number as it stands in a field and in the address: «1 234,5», in English «1 234.5».

    Groups are parted by spaces in every language: a comma would be read back as the decimal one.
    """
    text = format_number(value, places)
    if places:
        text = text.rstrip("0").rstrip(",")
    return text if (get_language() or "ru").startswith("ru") else text.replace(",", ".")


def typed_share(value: Exact, places: int = 2) -> str:
    """A part of 1 as it stands in a field: «70 %»."""
    return f"{typed_number(Fraction(value) * 100, places)}{formats.SPACE}%"


def setting_source(since: date | None) -> str:
    """Where a number that is no own statistics comes from: approved by the department from that day on, or a setting."""
    if since is None:
        return _("setting of the segment")
    return _("approved reference of the department from %(day)s") % {"day": date_format(since, "d.m.Y")}


def problem_text(code: Code) -> str:
    """The sentence beside a wrong field."""
    return str(PROBLEM_TEXTS[code])


def because(why: Why) -> str:
    """Why there is no figure, a whole sentence."""
    return str(WHY_TEXTS[why])


def figure_text(figure: Figure, shown: Callable[[Exact], str] = number_text) -> str:
    """The figure as `shown` writes it, or a dash with the reason of its absence: «— (Плана нет.)»."""
    if figure.value is not None:
        return shown(figure.value)
    assert figure.why is not None  # noqa: S101 - a figure is a number or a reason
    return f"{formats.DASH} ({because(figure.why)})"


def light(share: Exact | None, zone: Zone | None, word: str | None = None, *, places: int = 1) -> SafeString:
    """The light a rule has judged: shape, per cent (a part of 1, None leaves it out) and word."""
    percent = None if share is None else rounded(Fraction(share) * 100, places)
    return markup.plan_light(percent, colour=str(zone) if zone else None, word=word, places=places)
