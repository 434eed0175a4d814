"""Numbers of the neutral telephony contract (section 4): each with the rule it comes from."""

from datetime import timedelta
from typing import Final

SIGNATURE_TOLERANCE_SECONDS: Final = 300  # 4.2: |now - t| at most this
SECRET_OVERLAP: Final = timedelta(hours=24)  # 4.2: the previous secret stays valid while the PBX is being changed over
BODY_LIMIT: Final = 64 * 1024  # 4.2: a longer body is 413
LONGEST_TEXT: Final = 500  # characters of any single text of an event
JSON_DEPTH: Final = 12  # containers inside each other; the contract itself needs three
REQUESTS_PER_SECOND: Final = 100  # one connection in one web process; more is 429
RETRY_AFTER_SECONDS: Final = 1

RANKS: Final = {"call.ringing": 1, "call.answered": 2, "call.finished": 3}  # 4.2.1 life cycle
RINGING: Final = 1
ANSWERED: Final = 2
FINISHED: Final = 3
EVENTS: Final = (*RANKS, "recording.ready", "call.rated")
RINGING_LIMIT: Final = timedelta(hours=4)  # 4.2.1: longer without a finish is closed by the sweeper

CALLBACK_MINUTES: Final = 15  # 4.4: working minutes till a missed call must be returned; then the reminder
ESCALATE_MINUTES: Final = 60  # 4.4: working minutes till the head is told
SPAM_CALLS: Final = 10  # 4.5: so many calls of one number …
SPAM_WINDOW: Final = timedelta(hours=24)  # … within this make no more clients

WAITING_AFTER: Final = timedelta(seconds=60)  # an event not processed by then is put into the queue again
MAX_ATTEMPTS: Final = 8  # after so many failures an event is visibly failed
BATCH: Final = 50
RAW_KEPT: Final = timedelta(days=90)  # 4.2.1: how long deliveries are kept as they were sent
FORGOTTEN_AT_ONCE: Final = 1000  # every five minutes: far more than any PBX sends

DEFAULT_GROUP: Final = "group:sales"
HIDDEN_NUMBERS: Final = ("", "anonymous", "unknown", "private", "restricted", "hidden", "unavailable", "withheld")
MASK: Final = "***"
SECRET_KEYS: Final = ("token", "secret", "password", "api_key", "apikey", "authorization", "signature", "sign")
