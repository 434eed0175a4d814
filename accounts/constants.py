"""Limits of signing in, sessions and tokens (our choice; see docs/business-rules.md)."""

from datetime import timedelta
from typing import Final

# Wrong passwords within the cool-off before a bucket closes: one person from one address, one person, one address.
LOCK_AFTER_PERSON_AND_ADDRESS: Final = 5
LOCK_AFTER_PERSON: Final = 15
LOCK_AFTER_ADDRESS: Final = 25
COOL_OFF: Final = timedelta(minutes=15)

SESSION_IDLE: Final = timedelta(hours=8)
SESSION_IDLE_PRIVILEGED: Final = timedelta(minutes=60)
SESSION_LONGEST: Final = timedelta(hours=12)
# How coarse «last seen» is: a session is written at most once in this time.
SESSION_SEEN_STEP: Final = timedelta(minutes=1)
# Where a session keeps both moments, in seconds since 1970.
SEEN_KEY: Final = "seen_at"
STARTED_KEY: Final = "started_at"

LONGEST_PASSWORD: Final = 128
TOKEN_PREFIX: Final = "svt_"  # noqa: S105
TOKEN_USED_STEP: Final = timedelta(minutes=1)
TOKEN_DAYS_DEFAULT: Final = 90
TOKEN_DAYS_MOST: Final = 365

WORKLIST_CAP_LEAST: Final = 50
WORKLIST_CAP_MOST: Final = 90
# An intern never has more (R-S2-7, domain 2.5).
WORKLIST_CAP_INTERN: Final = 50

# The seconds after which a process asks the database again for the production calendar.
CALENDAR_SECONDS: Final = 30.0
CALENDAR_YEARS: Final = (2025, 2026, 2027)

DEMO_PASSWORD: Final = "svetofor-demo"  # noqa: S105
DEMO_LOGINS: Final = (
    "director",
    "head",
    "ivanova",
    "petrov",
    "kuznetsova",
    "smirnova",
    "orlov",
    "accountant",
    "quality",
    "admin",
    "head2",
)
