"""Acts of telephony: take a delivery, make a call of it, mind the missed ones, keep the connections."""

from telephony.services.connections import (
    NewConnection,
    change_line,
    create_connection,
    rotate_secret,
    set_enabled,
)
from telephony.services.intake import Accepted, accept_event
from telephony.services.missed import escalate_missed
from telephony.services.processing import forget_events, process_event, sweep_calls, waiting_events

__all__ = [
    "Accepted",
    "NewConnection",
    "accept_event",
    "change_line",
    "create_connection",
    "escalate_missed",
    "forget_events",
    "process_event",
    "rotate_secret",
    "set_enabled",
    "sweep_calls",
    "waiting_events",
]
