"""Values of the client base that pure rules of higher rooms need without the framework."""

from enum import StrEnum


class Section(StrEnum):
    """The one section a client is in: four of the method and two of the system (R-S2-3')."""

    CALL_BASE = "call_base"
    HARD_REFUSAL = "hard_refusal"
    SOFT_REFUSAL = "soft_refusal"
    STRATEGIC = "strategic"
    IN_WORK = "in_work"
    CUSTOMERS = "customers"


class SizeLabel(StrEnum):
    """The size label of a client (R-S2-4)."""

    LARGE = "large"
    MEDIUM = "medium"
    SMALL = "small"
    NOT_OURS = "not_ours"
