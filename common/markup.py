"""Small pieces of markup that many rows repeat: written as functions, so that a list of rows includes no template.

Every function returns a SafeString whose variable parts are escaped.
"""

import datetime as dt
import html
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache, lru_cache, wraps
from typing import Any, Final, ParamSpec, TypeVar

from django.db.models import Field, Model
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from common import formats
from common.icons import icon_href

LAMPS = ("red", "yellow", "green", "none")

# Plan and staff lights: full plan is green, 80 % and more is yellow, less is red (R-S0-B3).
PLAN_GREEN = Decimal(100)
PLAN_YELLOW = Decimal(80)

# Shape first, mark second: octagon ×, triangle !, circle ✓ are told apart without colour.
_SIGNS = {
    "red": ("M5.2 1h5.6L15 5.2v5.6L10.8 15H5.2L1 10.8V5.2z", "M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4"),
    "yellow": ("M8 1.4 15.2 14.4H.8z", "M8 6.2v3.4M8 12h.01"),
    "green": ("M8 1a7 7 0 1 0 0 14A7 7 0 1 0 8 1z", "M5 8.2l2.1 2.1L11 6.2"),
}


ANY_PK: Final = 2**60  # stands for a row's number in what is drawn once for all rows; replaced by the real one

P = ParamSpec("P")
R = TypeVar("R")


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """Draws the same piece once a language and process: rows of a list repeat each other.

    For functions of their arguments and the language alone, with arguments that hash.
    """

    # typed: a SafeString equals its text, and must not answer for a plain one.
    @lru_cache(maxsize=4096, typed=True)
    def drawn(_language: str | None, *args: Any, **kwargs: Any) -> R:
        return function(*args, **kwargs)

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        return drawn(get_language(), *args, **kwargs)  # type: ignore[arg-type]

    return wrapper


def escaped(value: object) -> str:
    """`conditional_escape` that first looks for what nearly every value is: text, marked safe or not."""
    kind = type(value)
    if kind is SafeString:
        return value  # type: ignore[return-value]
    return html.escape(value) if kind is str else conditional_escape(value)  # type: ignore[arg-type]


def piece(pattern: str, *values: object) -> SafeString:
    """`format_html(pattern, *values)`, four times as fast: rows are made of hundreds of pieces."""
    return SafeString(pattern.format(*[escaped(value) for value in values]))


def label_of(row: Model, name: str) -> str:
    """`row.get_<name>_display()`, which translates every choice of the field anew to find one."""
    return _label(row._meta.get_field(name), getattr(row, name))  # type: ignore[arg-type]


@remembered
def _label(field: Field, value: Any) -> str:
    return str(dict(field.flatchoices).get(value, "" if value is None else value))


@cache
def _icon(name: str, size: str) -> SafeString:
    extra = f" icon-{size}" if size else ""
    return piece('<svg class="icon{}" aria-hidden="true"><use href="{}"></use></svg>', extra, icon_href(name))


def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """One icon of the sprite, decorative unless `label` names it. `size`: "s" 14 px, "" 16 px, "l" 20 px."""
    drawn = _icon(name, size)
    return piece('{}<span class="sr">{}</span>', drawn, label) if label else drawn


@remembered
def colour_word(colour: str | None) -> str:
    """The client colour in words: «Красный», «Жёлтый», «Зелёный», «Без цвета»."""
    words = {"red": gettext("Red"), "yellow": gettext("Yellow"), "green": gettext("Green")}
    return words.get((colour or "").lower(), gettext("No colour"))


@remembered
def lamp(
    colour: str | None, *, word: str | None = None, why: str = "", size: str = "", silent: bool = False
) -> SafeString:
    """A three-lamp traffic light with one lamp lit and the word beside it.

    `why` is shown on hover and focus: rule, facts, what would turn it next. `size`: "", "mid", "big".
    `silent` leaves the word to screen readers, for a lamp that stands beside its own caption.
    """
    key = (colour or "none").lower()
    if key not in LAMPS:
        raise ValueError(f"{colour!r} is not a client colour")
    text = colour_word(key) if word is None else word
    classes = f"lamp lamp-{key}" + (f" lamp-{size}" if size else "")
    inner = piece('<span class="sr">{}</span>', text) if silent else conditional_escape(text)
    drawn = piece('<span class="{}">{}</span>', classes, inner)
    return tip(drawn, why) if why else drawn


def tip(content: str, text: str) -> SafeString:
    """Content that tells more on hover and focus; Escape hides it."""
    return piece(
        '<span class="tip" tabindex="0">{}<span class="tip-text" role="tooltip">{}</span></span>', content, text
    )


def age(
    days: int | None,
    *,
    limit: int = 10,
    last: bool = False,
    rotation_at: dt.datetime | None = None,
    short: bool = False,
    why: str = "",
) -> SafeString:
    """The age chip: neutral to 6, outlined 7–9, filled on the last day, inverted from the eleventh on.

    `days`: counted days in the colour; `limit`: the last counted day; `rotation_at`: moment of the hand-over, told
    from the eleventh day on; `last` (or not `short`) spells the last day out; `why` answers what resets the clock.
    """
    if days is None:
        return SafeString("")
    if days > limit:
        kind, text = " age-over", ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
        if not short:
            text = ngettext("stagnant for %(days)d day", "stagnant for %(days)d days", days) % {"days": days}
            if rotation_at is not None:
                when = f"{formats.date_num(rotation_at)} {formats.time(rotation_at).zfill(5)}"
                text = gettext("%(age)s · rotation %(when)s") % {"age": text, "when": when}
    elif days == limit:
        kind, text = " age-last", gettext("%(days)d of %(limit)d") % {"days": days, "limit": limit}
        if last:
            text = gettext("%(days)d · last day") % {"days": days}
    else:
        kind = " age-warn" if days >= limit - 3 else ""
        text = gettext("%(days)d of %(limit)d") % {"days": days, "limit": limit}
    return _chip(kind, text, why)


@remembered
def _chip(kind: str, text: str, why: str) -> SafeString:
    chip = piece('<span class="age{}">{}</span>', kind, text)
    return tip(chip, why) if why else chip


def plan_colour(percent: Decimal | float | None) -> str:
    """Light of plan execution to date, in per cent: green ≥ 100, yellow ≥ 80, else red (R-S0-B3); "" without a plan."""
    if percent is None:
        return ""
    exact = Decimal(str(percent))
    return "green" if exact >= PLAN_GREEN else "yellow" if exact >= PLAN_YELLOW else "red"


@remembered
def sign(colour: str) -> SafeString:
    """The bare shape of a plan light; decorative, the word stands beside it."""
    shape, mark = _SIGNS[colour.lower()]
    return piece(
        '<svg class="sign sign-{}" viewBox="0 0 16 16" aria-hidden="true"><path d="{}"/><path d="{}"/></svg>',
        colour.lower(),
        shape,
        mark,
    )


def plan_light(
    percent: Decimal | float | None, *, colour: str | None = None, word: str | None = None, places: int = 1
) -> SafeString:
    """Plan or staff light: shape, per cent and word. `colour`: a rule has already judged."""
    light = (colour or plan_colour(percent)).lower()
    if light not in _SIGNS:
        return piece('<span class="plan-light">{}</span>', word or gettext("no plan"))
    return _plan_light(light, word, formats.percent(percent, places) if percent is not None else "")


@remembered
def _plan_light(light: str, word: str | None, percent: str) -> SafeString:
    if word is None:
        word = {"red": gettext("failing"), "yellow": gettext("behind"), "green": gettext("on plan")}[light]
    figure = piece("<b>{}</b> ", percent) if percent else ""
    return piece('<span class="plan-light">{}<span>{}{}</span></span>', sign(light), figure, word)


def menu(content: SafeString, label: str = "", name: str = "", side: str = "") -> SafeString:
    """A menu behind a button; without a label it is the ⋯ button, named by `name` for screen readers."""
    arrow = piece("{}{}", label, icon("chevron-down", size="s")) if label else None
    dots = icon("ellipsis", name or gettext("More actions"))
    return piece(
        '<details class="menu{}"><summary class="btn btn-sm{}">{}</summary><div class="float">{}</div></details>',
        f" menu-{side}" if side else "",
        "" if label else " btn-icon",
        arrow or dots,
        content,
    )


def tel(number: str | None, *, box: bool = False, url: str = "") -> SafeString:
    """A telephone number as a button that dials; `url` posts a click-to-call instead of `tel:`, by app.js."""
    if not number:
        return SafeString("")
    shown = formats.phone(number)
    return piece(
        '<a class="tel{}" href="tel:{}"{}>{}{}</a>',
        " tel-box" if box else "",
        number,
        piece(' data-dial="{}"', url) if url else "",
        icon("phone"),
        shown,
    )


def due(value: dt.date | dt.datetime | None, *, today: dt.date | None = None) -> SafeString:
    """A next step's day as text; a passed one in ink that says late."""
    return _due(formats.due(value, today=today), formats.is_late(value, today=today))


@remembered
def _due(text: str, is_late: bool) -> SafeString:
    return piece('<span class="late">{}</span>', text) if is_late else piece("{}", text)


def join(parts: Iterable[str], separator: str = " · ") -> SafeString:
    """Non-empty parts, escaped, joined by a middle dot (or by what `separator` says)."""
    return SafeString(separator.join(escaped(part) for part in parts if part))
