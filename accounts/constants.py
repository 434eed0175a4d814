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
# How long a typed password or code stands for rights, tokens, second factors and large exports (AU15).
PROOF_LASTS: Final = timedelta(minutes=15)
# An export of more rows than this asks for a fresh proof.
EXPORT_ROWS_FREE: Final = 1000
# How coarse «last seen» is: a session is written at most once in this time.
SESSION_SEEN_STEP: Final = timedelta(minutes=1)
# Where a session keeps both moments, in seconds since 1970.
SEEN_KEY: Final = "seen_at"
STARTED_KEY: Final = "started_at"

# When the password or a code was last typed in this session, in seconds since 1970.
PROVED_KEY: Final = "proved_at"

# The second factor: six digits, a new one every half a minute, one step of grace to either side.
CODE_STEP: Final = 30
CODE_GRACE: Final = 1
# Between the right password and the code.
CODE_WAIT: Final = timedelta(minutes=10)
PENDING_KEY: Final = "second_factor"
RECOVERY_CODES: Final = 10
RECOVERY_CODES_FEW: Final = 4
LONGEST_CODE: Final = 32

# A browser somebody has signed in with before: it has a bucket of its own, which strangers cannot fill (AU4).
DEVICE_COOKIE: Final = "device"
DEVICE_LASTS: Final = timedelta(days=180)
DEVICE_PEOPLE: Final = 5
LOCK_AFTER_DEVICE: Final = 5

# At most one letter about a forgotten password in this time, per person.
RESET_STEP: Final = timedelta(minutes=10)

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
