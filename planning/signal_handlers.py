"""What planning does when a room below announces something."""

from typing import Any

from accounts.models import CalendarDay
from deals.models import Payment
from planning.services import correct_past, keep_elapsed_days


def reopen_days(sender: type[Payment], **announced: Any) -> None:
    """deals.signals.payment_changed: the figures of the days since the payment are corrected in the same transaction."""
    correct_past(day=announced["day"], departments=announced["departments"], users=announced["users"])


def keep_the_past(sender: type[CalendarDay], **announced: Any) -> None:
    """accounts.signals.calendar_changed: an edited calendar recalculates the future of plans only."""
    keep_elapsed_days(day=announced["day"], before=announced["before"])
