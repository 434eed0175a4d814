"""Reads of calls: whose number it is, whom to ring, what the screens list."""

from telephony.selectors.calls import (
    Callback,
    call_rows,
    callback_figures,
    callback_of,
    callback_rows,
    callbacks,
    listed_calls,
)
from telephony.selectors.matching import Match, is_internal, match_number, user_by_extension
from telephony.selectors.routing import duty_of, find_contact, line_of

__all__ = [
    "Callback",
    "Match",
    "call_rows",
    "callback_figures",
    "callback_of",
    "callback_rows",
    "callbacks",
    "duty_of",
    "find_contact",
    "is_internal",
    "line_of",
    "listed_calls",
    "match_number",
    "user_by_extension",
]
