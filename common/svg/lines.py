"""Lines: sparkline and the cumulative line in the plan corridor."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString

from common import formats
from common.markup import piece
from common.svg.frame import Number, axis, coordinate, frame, points, polyline


def sparkline(values: Sequence[Number], *, title: str = "", width: int = 96, height: int = 24) -> SafeString:
    """A line of a few values without axes; the last one carries a dot."""
    if not values:
        return SafeString("")
    low, high = min(values), max(values)
    drawn = [(x + 3, y + 3) for x, y in polyline(values, width - 6, height - 6, low=low, high=high)]
    dot = drawn[-1]
    body = piece('<polyline class="c-line" points="{}"/>', points(drawn))
    body += piece('<circle class="c-dot" cx="{}" cy="{}" r="3"/>', coordinate(dot[0]), coordinate(dot[1]))
    told = piece("<title>{}</title>", title) if title else ""
    return piece(
        '<svg class="chart" width="{}" height="{}" {}>{}{}</svg>',
        width,
        height,
        SafeString('role="img"' if title else 'aria-hidden="true"'),
        told,
        body,
    )


@dataclass(frozen=True)
class CumulativeDay:
    """One working day of a cumulative chart; amounts are totals since the period began, in one unit.

    `fact` is None after the last known day; `forecast` is None before it. `week_start` draws a vertical rule.
    """

    label: str
    plan: Number
    fact: Number | None = None
    forecast: Number | None = None
    week_start: bool = False


def cumulative(
    days: Sequence[CumulativeDay],
    *,
    title: str,
    desc: str = "",
    corridor_from: Number = 80,
    unit: Number = 1_000_000,
    fact_label: str = "",
) -> SafeString:
    """Payments as a growing total in the corridor between `corridor_from` per cent of the plan and the plan.

    The first point is the zero before the first day. Axis figures are divided by `unit` (the caption names it).
    """
    if not days:
        return SafeString("")
    left, top, width, height, foot = 44, 14, 860, 220, 26
    totals = [0.0] + [float(d.plan) for d in days]
    facts = [0.0] + [float(d.fact) for d in days if d.fact is not None]
    ahead = [(i + 1, float(d.forecast)) for i, d in enumerate(days) if d.forecast is not None]
    most = max([*totals, *facts, *(value for _, value in ahead)])
    marks = axis(most)
    step = width / len(days)

    def at(index: int, value: float) -> tuple[float, float]:
        return left + index * step, top + height * (1 - value / marks[-1])

    body = SafeString("")
    for mark in marks:
        _, y = at(0, mark)
        body += piece('<line class="c-grid" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/>', left, left + width, coordinate(y))
        label = formats.number(round(mark / float(unit), 6))
        body += piece('<text x="{}" y="{}" text-anchor="end">{}</text>', left - 10, coordinate(y + 4), label)
    plan = [at(i, value) for i, value in enumerate(totals)]
    lower = [at(i, value * float(corridor_from) / 100) for i, value in enumerate(totals)]
    body += piece('<polygon class="c-corridor" points="{}"/>', points([*plan, *reversed(lower)]))
    # With more than 24 working days every second label stays readable.
    every = 1 + len(days) // 24
    for index, one in enumerate(days, start=1):
        x, _ = at(index, 0)
        if one.week_start:
            edge = at(index - 1, 0)[0]
            body += piece(
                '<line class="c-week" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>', coordinate(edge), top, top + height
            )
        if (index - 1) % every == 0:
            body += piece(
                '<text x="{}" y="{}" text-anchor="middle">{}</text>', coordinate(x), top + height + 18, one.label
            )
    drawn = [at(i, value) for i, value in enumerate(facts)]
    floor_y = top + height
    body += piece(
        '<polygon class="c-area" points="{}"/>', points([*drawn, (drawn[-1][0], floor_y), (drawn[0][0], floor_y)])
    )
    body += piece('<polyline class="c-line-plan" points="{}"/>', points(plan))
    body += piece('<polyline class="c-line" points="{}"/>', points(drawn))
    if ahead:
        body += piece(
            '<polyline class="c-line-forecast" points="{}"/>',
            points([drawn[-1], *(at(i, v) for i, v in ahead if i >= len(facts))]),
        )
    x, y = drawn[-1]
    body += piece('<circle class="c-dot" cx="{}" cy="{}" r="4.5"/>', coordinate(x), coordinate(y))
    if fact_label:
        body += piece(
            '<text class="t-fact" x="{}" y="{}">{}</text>', coordinate(x + 10), coordinate(y + 18), fact_label
        )
    body += _end_labels([(plan[-1], "t-strong", totals[-1])] + [(at(i, v), "t-fact", v) for i, v in ahead[-1:]], unit)
    view = f"0 0 {left + width + 52} {top + height + foot}"
    picture = frame(body, title=title, desc=desc, height=0, css="chart-wide", view=view)
    # On a phone the chart keeps its size and scrolls inside its own region.
    return piece('<div class="scroll-x" tabindex="0" role="region" aria-label="{}">{}</div>', title, picture)


def _end_labels(ends: list[tuple[tuple[float, float], str, float]], unit: Number) -> SafeString:
    """Figures at the right end of lines, pushed apart so that they never overlap."""
    body, last = SafeString(""), float("-inf")
    for (x, y), css, value in sorted(ends, key=lambda end: end[0][1]):
        last = max(y + 4, last + 15)
        label = formats.number(Decimal(str(value)) / Decimal(str(unit)), 2)
        body += piece('<text class="{}" x="{}" y="{}">{}</text>', css, coordinate(x + 8), coordinate(last), label)
    return body
