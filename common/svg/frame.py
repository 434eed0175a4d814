"""What every chart shares: coordinates as text, rectangles, ticks and the frame with its title."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from math import floor, log10

from django.utils.safestring import SafeString

from common.markup import piece

Number = Decimal | int | float


def coordinate(value: Number) -> str:
    """A coordinate: two decimals at most, always with a point, whatever the language."""
    text = f"{float(value):.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def share(value: Number | None, whole: Number | None) -> float:
    """value ÷ whole in per cent, kept within 0–100; 0 without a whole."""
    if not whole or not value or whole < 0:
        return 0.0
    return min(100.0, max(0.0, float(value) / float(whole) * 100))


def stack(values: Sequence[Number]) -> list[tuple[float, float]]:
    """Segments (start, width) in per cent that fill the bar exactly; all zero without values."""
    total = float(sum(values))
    if total <= 0:
        return [(0.0, 0.0) for _ in values]
    edges = [0.0]
    for value in values:
        edges.append(edges[-1] + float(value))
    return [(start / total * 100, (end - start) / total * 100) for start, end in pairwise(edges)]


def rect(css: str, x: float, width: float, *, y: Number = 0, height: str = "100%", radius: Number = 0) -> SafeString:
    round_off = piece(' rx="{}"', coordinate(radius)) if radius else ""
    return piece(
        '<rect class="{}" x="{}%" y="{}" width="{}%" height="{}"{}/>',
        css,
        coordinate(x),
        coordinate(y),
        coordinate(width),
        height,
        round_off,
    )


def tick_mark(x: float, height: Number) -> SafeString:
    """A vertical mark two pixels wide, kept inside the bar at both ends."""
    return piece(
        '<rect class="c-tick" x="{}%" y="0" width="2" height="{}" transform="translate({})"/>',
        coordinate(x),
        coordinate(height),
        coordinate(-2 * x / 100),
    )


def frame(body: str, *, title: str, desc: str = "", height: Number, css: str = "", view: str = "") -> SafeString:
    box = piece(' viewBox="{}"', view) if view else piece(' height="{}"', coordinate(height))
    told = piece("<title>{}</title>", title) if title else ""
    told += piece("<desc>{}</desc>", desc) if desc else ""
    # Without a title the figure stands in the text beside it.
    role = 'role="img"' if title else 'aria-hidden="true"'
    return piece(
        '<svg class="chart{}" width="100%"{} {}>{}{}</svg>',
        f" {css}" if css else "",
        box,
        SafeString(role),
        SafeString(told),
        SafeString(body),
    )


def columns(values: Sequence[Number]) -> list[float]:
    """Widths in per cent relative to the largest value; every value above zero stays visible (2 % at least)."""
    most = max((float(value) for value in values), default=0.0)
    return [max(2.0, share(value, most)) if value > 0 else 0.0 for value in values]


def polyline(
    values: Sequence[Number], width: Number, height: Number, *, low: Number, high: Number
) -> list[tuple[float, float]]:
    """Points spread evenly over the width; `high` lies at the top. One value stands in the middle of its height."""
    span = float(high) - float(low) or 1.0
    step = float(width) / max(1, len(values) - 1)
    return [(index * step, float(height) * (1 - (float(v) - float(low)) / span)) for index, v in enumerate(values)]


def points(pairs: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{coordinate(x)},{coordinate(y)}" for x, y in pairs)


def axis(most: Number, lines: int = 5) -> list[float]:
    """Round marks from 0 to the first one not below `most`: steps of 1, 2, 2.5 or 5 times a power of ten."""
    if most <= 0:
        return [0.0, 1.0]
    raw = float(most) / lines
    power = 10 ** floor(log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw - 1e-12)
    marks = [0.0]
    while marks[-1] < float(most) - 1e-9:
        marks.append(round(marks[-1] + step, 10))
    return marks
