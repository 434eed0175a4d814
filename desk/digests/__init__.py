"""The letters of the working day: the morning digest, the changes after 09:20, the evening's figures."""

from desk.digests.evening import preview_day
from desk.digests.morning import send_digests
from desk.digests.outcomes import send_rotation_outcomes

__all__ = ["preview_day", "send_digests", "send_rotation_outcomes"]
