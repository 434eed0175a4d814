"""The strip of a working day's time blocks."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from common import formats
from common.markup import piece
from common.svg.frame import coordinate, frame, rect


@dataclass(frozen=True)
class Block:
    """One block of the working day: [start, end) of the day's clock; `rest` marks a break."""

    start: dt.time
    end: dt.time
    label: str
    rest: bool = False


def _minutes(time: dt.time) -> float:
    return time.hour * 60 + time.minute + time.second / 60


def day_scale(blocks: Sequence[Block], at: dt.time) -> list[tuple[float, float, str, float]]:
    """(start %, width %, kind, done %) of every block: kind past, now, ahead or rest."""
    first, last = _minutes(blocks[0].start), _minutes(blocks[-1].end)
    whole, now = last - first, _minutes(at)
    scale = []
    for block in blocks:
        start, end = _minutes(block.start), _minutes(block.end)
        done = min(100.0, max(0.0, (now - start) / (end - start) * 100))
        kind = "now" if start <= now < end else "rest" if block.rest else "past" if now >= end else "ahead"
        scale.append(((start - first) / whole * 100, (end - start) / whole * 100, kind, done))
    return scale


def day_strip(blocks: Sequence[Block], at: dt.time, *, title: str, desc: str = "") -> SafeString:
    """The day's time blocks with the present one in the accent, its elapsed part darker; labels under wide blocks."""
    if not blocks:
        return SafeString("")
    classes = {"past": "c-plan", "ahead": "c-track", "rest": "c-rest"}
    body = SafeString("")
    for block, (start, width, kind, done) in zip(blocks, day_scale(blocks, at), strict=True):
        inner = width - 0.3
        if kind == "now":
            body += rect("c-left", start, inner, height="9", radius=2)
            body += rect("c-now", start, inner * done / 100, height="9", radius=2)
        else:
            body += rect(classes[kind], start, inner, height="9", radius=2)
        # A label needs about 1.3 % of the strip per letter; a narrow block keeps its name in the title only.
        room = int(width / 1.3)
        if room < 5:
            continue
        name = block.label if len(block.label) <= room else f"{block.label[: room - 1]}…"
        strong = SafeString(' class="t-strong"') if kind == "now" else ""
        body += piece(
            '<text{0} x="{1}%" y="25">{2}</text><text{0} x="{1}%" y="42">{3}</text>',
            strong,
            coordinate(start),
            formats.time(block.start),
            name,
        )
    return frame(body, title=title, desc=desc, height=48)
