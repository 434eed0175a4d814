"""Reads of the client base: search, duplicates, and who may change what."""

from clients.selectors.access import (
    CARD_FIELDS,
    REQUISITES,
    can_create,
    can_edit_dictionaries,
    can_import,
    can_raise_floors,
    can_share_phones,
    editable_fields,
)
from clients.selectors.duplicates import (
    DuplicateHint,
    describe_duplicate,
    duplicate_hints,
    hidden_hint,
    phone_owner,
)
from clients.selectors.search import readable, search, search_q

__all__ = [
    "CARD_FIELDS",
    "REQUISITES",
    "DuplicateHint",
    "can_create",
    "can_edit_dictionaries",
    "can_import",
    "can_raise_floors",
    "can_share_phones",
    "describe_duplicate",
    "duplicate_hints",
    "editable_fields",
    "hidden_hint",
    "phone_owner",
    "readable",
    "search",
    "search_q",
]
