"""How the outbox is emptied."""

from typing import Final

# Longer than the slowest conversation with a mail server: every step of it may take EMAIL_TIMEOUT.
SEND_LEASE_SECONDS: Final = 180
MAX_SEND_ATTEMPTS: Final = 8
RETRY_MINUTES: Final = (1, 5, 15, 60)  # the last one repeats
PAGE: Final = 50
