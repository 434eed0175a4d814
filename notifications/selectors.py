"""The state of the outbox and of a person's bell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count, Min, Q

from common import clock
from notifications.choices import OutboxState
from notifications.models import Notice, OutboxMail

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class OutboxStatus:
    """`oldest_at`: since when the oldest letter has been ready to go; None when nothing waits."""

    waiting: int
    failed: int
    oldest_at: datetime | None


def outbox_status() -> OutboxStatus:
    now = clock.now()
    ready = Q(state=OutboxState.SENDING) | Q(state=OutboxState.QUEUED, run_after__lte=now)
    found = OutboxMail.objects.exclude(state=OutboxState.SENT).aggregate(
        waiting=Count("pk", filter=~Q(state=OutboxState.FAILED)),
        failed=Count("pk", filter=Q(state=OutboxState.FAILED)),
        oldest_at=Min("run_after", filter=ready),
    )
    return OutboxStatus(**found)


def unread_count(user: User) -> int:
    return Notice.objects.visible_to(user).unread().count()
