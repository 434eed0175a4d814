"""Reads of indicators: acts, outcomes, references, the board of a scope, the pay of a month."""

from kpi.selectors.board import KINDS, board_of
from kpi.selectors.pay import is_closed, month_pays, own_statements, scheme_of, statements, terms_of
from kpi.selectors.references import may_approve, proposals, references_on
from kpi.selectors.shapes import Board, HeadRow, Line, Numbers, PersonRow, SegmentRow, Week

__all__ = [
    "KINDS",
    "Board",
    "HeadRow",
    "Line",
    "Numbers",
    "PersonRow",
    "SegmentRow",
    "Week",
    "board_of",
    "is_closed",
    "may_approve",
    "month_pays",
    "own_statements",
    "proposals",
    "references_on",
    "scheme_of",
    "statements",
    "terms_of",
]
