"""The panel «Конверсия за 90 дней» of the department's lights (R-S1-5)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from desk.selectors.lights import Lights, Line
from funnels.services.texts import conversion_words


def conversion_rows(board: Lights) -> list[dict[str, Any]]:
    """The department first, then every manager with anything finished: judged ones by rising share, then the rest."""
    lines = sorted((line for line in board.lines if line.conversion.finished), key=_lowest_first)
    whole = [board.whole] if board.whole is not None and board.whole.conversion.finished else []
    return [
        {
            "name": line.user.short_name if line.user else board.department.name,
            "text": conversion_words(line.conversion),
            "paid": line.conversion.paid,
            "finished": line.conversion.finished,
            "is_below": line.conversion.is_below,
            "is_judged": line.conversion.is_judged,
        }
        for line in [*whole, *lines]
    ]


def _lowest_first(line: Line) -> tuple[bool, Fraction, str]:
    return not line.conversion.is_judged, line.conversion.share or Fraction(0), line.user.last_name if line.user else ""
