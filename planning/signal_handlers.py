"""What planning does when a room below announces something."""

from typing import Any

from deals.models import Payment
from planning.services import correct_past


def reopen_days(sender: type[Payment], **announced: Any) -> None:
    """deals.signals.payment_changed: the figures of the days since the payment are corrected in the same transaction."""
    correct_past(day=announced["day"], departments=announced["departments"], users=announced["users"])
