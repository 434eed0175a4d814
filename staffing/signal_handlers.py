"""What staffing does when a room below announces something."""

from typing import Any

from common import clock
from planning.models import MonthTarget
from staffing.services import refresh_staff


def count_anew(sender: type[MonthTarget], **announced: Any) -> None:
    """planning.signals.target_changed: another plan of this month needs other people (R-S0-A3)."""
    today = clock.today()
    if announced["month"] == today.replace(day=1):
        refresh_staff(department=announced["department"], day=today)
