"""Bars: meter, stacked light bar, bullet, funnel columns."""

from collections.abc import Sequence

from django.utils.safestring import SafeString

from common import formats
from common.markup import piece
from common.svg.frame import Number, columns, coordinate, frame, rect, share, stack, tick_mark

# A figure inside a bar needs this many per cent of a usual 200 px cell per character, plus the padding.
_CHARACTER = 3.6
_PADDING = 3.0


def meter(
    value: Number | None, whole: Number | None = 100, *, tick: Number | None = None, tone: str = "fact", title: str = ""
) -> SafeString:
    """One bar 8 px high: `value` of `whole`, with an optional mark at `tick` (same unit as `whole`).

    `tone`: fact, plan, now, red, yellow, green.
    """
    filled = share(value, whole)
    body = rect("c-track", 0, 100, y=1, height="6", radius=2)
    if filled:
        body += rect(f"c-{tone}", 0, filled, y=1, height="6", radius=2)
    if tick is not None:
        body += tick_mark(share(tick, whole), 8)
    return frame(body, title=title, height=8)


def light_bar(
    green: int,
    yellow: int,
    red: int,
    *,
    green_floor: Number | None = None,
    yellow_floor: Number | None = None,
    title: str = "",
    height: int = 22,
    thin: bool = False,
) -> SafeString:
    """Green, yellow and red counts as one stacked bar with their figures.

    Floors are shares in per cent: the first tick stands where green should end, the second where green and yellow
    together should. `thin` drops the figures and is 5 px high.
    """
    counts = (("green", green), ("yellow", yellow), ("red", red))
    if thin:
        height = 5
    inset = 0 if thin else 2
    body = SafeString("")
    if not green + yellow + red:
        body += rect("c-track", 0, 100, y=inset, height=coordinate(height - 2 * inset), radius=2)
    for (colour, count), (start, width) in zip(counts, stack([green, yellow, red]), strict=True):
        if not count:
            continue
        body += rect(f"c-{colour}", start, width, y=inset, height=coordinate(height - 2 * inset), radius=2)
        if not thin and width >= len(str(count)) * _CHARACTER + _PADDING:
            body += piece(
                '<text class="on-{}" x="{}%" y="{}" text-anchor="middle">{}</text>',
                colour,
                coordinate(start + width / 2),
                coordinate(height / 2 + 4),
                count,
            )
    if not thin and green_floor is not None:
        body += tick_mark(share(green_floor, 100), height)
        if yellow_floor is not None:
            body += tick_mark(share(float(green_floor) + float(yellow_floor), 100), height)
    return frame(body, title=title, height=height)


def bullet(
    fact: Number | None, plan: Number | None, *, forecast: Number | None = None, title: str = "", height: int = 12
) -> SafeString:
    """Fact in full ink, forecast lighter behind it, the edge of the track is the plan. A tick marks a plan exceeded."""
    whole = max(float(plan or 0), float(fact or 0), float(forecast or 0))
    body = rect("c-track", 0, 100, height=coordinate(height), radius=2)
    if forecast and float(forecast) > float(fact or 0):
        body += rect("c-forecast", 0, share(forecast, whole), height=coordinate(height), radius=2)
    if fact:
        body += rect("c-fact", 0, share(fact, whole), height=coordinate(height), radius=2)
    if plan and whole > float(plan):
        body += tick_mark(share(plan, whole), height)
    return frame(body, title=title, height=height)


def funnel(steps: Sequence[tuple[str, Number]], *, title: str, desc: str = "") -> SafeString:
    """Steps of a funnel from the top down: name, figure and a bar relative to the largest step."""
    line = 30
    body = SafeString("")
    for index, ((name, value), width) in enumerate(zip(steps, columns([value for _, value in steps]), strict=True)):
        y = index * line
        body += piece('<text x="0" y="{}">{}</text>', coordinate(y + 17), name)
        body += rect("c-fact", 36, width * 0.52, y=y + 6, height="14", radius=2) if width else SafeString("")
        body += piece(
            '<text class="t-strong" x="100%" y="{}" text-anchor="end">{}</text>',
            coordinate(y + 17),
            formats.number(value),
        )
    return frame(body, title=title, desc=desc, height=line * max(1, len(steps)))
