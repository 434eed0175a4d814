"""Acts on the rotation queue: another recipient, release of held orders, execution at 09:20 (section 2.5)."""

from funnels.services.rotation.due import EXECUTES_AT, executes_at
from funnels.services.rotation.execution import execute_rotations
from funnels.services.rotation.handover import Handover, hand_over
from funnels.services.rotation.held import release_held
from funnels.services.rotation.recipients import change_recipient

__all__ = [
    "EXECUTES_AT",
    "Handover",
    "change_recipient",
    "execute_rotations",
    "executes_at",
    "hand_over",
    "release_held",
]
