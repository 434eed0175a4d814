"""When an order is executed, and until when its recipient may be changed (section 2.5)."""

from __future__ import annotations

from datetime import datetime, time
from typing import Final

from common import clock
from funnels.models import RotationOrder

EXECUTES_AT: Final = time(9, 20)


def executes_at(order: RotationOrder) -> datetime:
    """The moment until which the recipient may be changed."""
    return clock.local_moment(order.execute_on, EXECUTES_AT)
