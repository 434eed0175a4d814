"""Words and numbers of the sales method that no screen, API or setting can change."""

from enum import StrEnum
from fractions import Fraction
from typing import Final

COLOUR_RULES_VERSION: Final = 1  # R-S0-P4: the criteria live in code and are versioned

CLOCK_LIMIT_DAYS: Final = 10  # R-S0-P7, R-S0-P16: the last day in one state, in one colour
CLOCK_WARN_DAYS: Final = 7  # R-S0-P7: «3 дня до ротации»
CLOCK_FLAG_DAYS: Final = CLOCK_LIMIT_DAYS + 1  # R-S0-P16: more than ten is the breach

DEAL_TERMS: Final = (14, 30, 40)  # R-S2-8: no other term exists
DEAL_TERM_WARN_BEFORE_DAYS: Final = 3  # R-S2-8: warned at age T−3
RETAKE_BAN_DAYS: Final = 180  # R-S2-7, R-S0-P16: a lost client is not re-taken to reset the clocks
RECALL_AFTER_REFUSAL_DAYS: Final = 90  # R-S2-6, R-S2-8: «Обзвон» after a soft refusal
RECALL_FROM_ARCHIVE_DAYS: Final = 30  # R-S2-8: return from the strategic archive

MIN_TALK_SECONDS: Final = 30  # R-S3-5: a shorter talk is no productive call
MIN_INCOMING_SECONDS: Final = 1  # R-S3-15: answered by an employee
PROGRESS_MONTHS: Final = 1  # R-S3-8: «в течение ближайшего месяца»
PAY_HORIZON_DAYS: Final = 30  # R-S3-8: agreed payment is near within the same month (colour rule R7)
INVOICE_LOOK_DAYS: Final = 30  # R-S0-P4: an invoice speaks at most thirty days past its issue (colour rule R5)

WORKLIST_MIN: Final = 50  # R-S2-7
WORKLIST_TARGET: Final = 70  # R-S2-7
WORKLIST_CAP: Final = 90  # R-S2-7: the 91st is refused
INTERN_CAP: Final = 50  # R-S2-7: no lower bound for an intern

DAILY_ROTATION_QUOTA: Final = 10  # R-S0-P16: received by one manager per day
TRIAL_MONTHS: Final = 3  # R-S0-P3: trial = employed less than this and without valid knowledge
STAGNATION_LIMIT: Final = 3  # R-S0-P16: the third stagnation of a cycle is not rotated any more
LATE_FACT_COUNTED_DAYS: Final = 3  # R-S0-P15: a fact entered later counts by its entry date
PAYMENT_STEPS_PERCENT: Final = (25, 50, 75)  # R-S0-P14: shares whose first reaching is a movement
OLD_OWNER_SHARE_PERCENT: Final = 50  # R-S0-P16: default and upper bound for a client rotated GREEN

LONG_ABSENCE_DAYS: Final = 28  # R-S0-P16: up to this the deputy works the list and it comes back by itself

FLOOD_GUARD_MIN: Final = 20  # R-S0-P16: more flags of one night than this …
FLOOD_GUARD_SHARE: Final = Fraction(25, 100)  # … and than this share of the open cycles are held

LEAST_CONVERSION: Final = Fraction(20, 100)  # R-S1-5: paid of finished cycles, per manager and department
CONVERSION_DAYS: Final = 90  # R-S1-5: rolling
CONVERSION_LEAST_FINISHED: Final = 30  # R-S1-5: fewer finished cycles raise no alert

FLOOR_GREEN: Final = Fraction(3, 18)  # R-S0-P5
FLOOR_YELLOW: Final = Fraction(5, 18)  # R-S0-P5
FLOOR_RED: Final = Fraction(0)  # R-S0-P5: red is the remainder


class Colour(StrEnum):
    """Warmth of a client. Computed by `funnels.rules.colour_on`, typed in by nobody (R-S0-P4)."""

    NONE = "none"
    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"

    @property
    def rank(self) -> int:
        """RED 1, YELLOW 2, GREEN 3; no colour 0."""
        return _COLOUR_RANK[self]

    @classmethod
    def of_rank(cls, rank: int) -> "Colour":
        """The colour of a stored rank. ValueError for a rank that does not exist."""
        for colour in cls:
            if colour.rank == rank:
                return colour
        raise ValueError(f"no colour has rank {rank}")


_COLOUR_RANK: Final = {Colour.NONE: 0, Colour.RED: 1, Colour.YELLOW: 2, Colour.GREEN: 3}

FLOORS: Final = {Colour.GREEN: FLOOR_GREEN, Colour.YELLOW: FLOOR_YELLOW, Colour.RED: FLOOR_RED}  # R-S0-P5


class State(StrEnum):
    """The ten states of the method (R-S2-6)."""

    NEW = "new"
    C1 = "c1"
    C2 = "c2"
    C3 = "c3"
    DEAL = "deal"
    REFUSAL = "refusal"
    RESERVE = "reserve"
    RECALL = "recall"
    SUPPORT = "support"
    CUSTOMER = "customer"


class CycleKind(StrEnum):
    NEW = "new"
    REPEAT = "repeat"


class Outcome(StrEnum):
    """How a closed cycle ended."""

    WON = "won"
    LOST = "lost"
    PARKED = "parked"
    EXPIRED = "expired"


class FactKind(StrEnum):
    """Evidence a technology step leaves behind; the only input of a colour (R-S0-P15)."""

    FIRST_CONTACT = "first_contact"
    QUESTIONNAIRE_FULL = "questionnaire_full"
    INTEREST = "interest"
    PROGRESS = "progress"
    OFFER_SENT = "offer_sent"
    OFFER_DISCUSSED = "offer_discussed"
    TERMS_DISCUSSED = "terms_discussed"
    CALCULATION_ACCEPTED = "calculation_accepted"
    TERMS_AGREED = "terms_agreed"
    INVOICE_ISSUED = "invoice_issued"
    CONTRACT_SIGNED = "contract_signed"
    PAYMENT = "payment"
    CLOSING_SIGNED = "closing_signed"


class ContactKind(StrEnum):
    CALL = "call"
    MEETING = "meeting"
    VISIT = "visit"
    LETTER = "letter"
    MESSAGE = "message"


class ContactResult(StrEnum):
    TALKED = "talked"
    NO_ANSWER = "no_answer"
    CALLBACK = "callback"
    REFUSED = "refused"


class ProgressKind(StrEnum):
    """The four agreed next actions of the method (R-S3-7)."""

    DESIGN_TASK = "design_task"
    SURVEY = "survey"
    OFFER_PREPARATION = "offer_preparation"
    REPEAT_MEETING = "repeat_meeting"


class RefusalReason(StrEnum):
    """Why a client left; the reason alone decides the section (R-S2-6, R-S4-7, R-S4-8)."""

    NOT_OURS = "not_ours"
    NO_MONEY = "no_money"
    CRISIS = "crisis"
    SECURITY_REPUTATION = "security_reputation"
    COMPETITOR = "competitor"
    OTHER = "other"


class SalesRole(StrEnum):
    """The role in which an employee owns clients (R-S3-3)."""

    HUNTER = "hunter"
    FARMER = "farmer"
    INTERN = "intern"
