"""One answer per key of a person: a request repeated by a nervous finger or a lost connection does nothing twice."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from common import clock
from common.errors import Conflict
from journal.models import IdempotencyKey


def claim_key(*, user_id: int, key: str, request_hash: str) -> IdempotencyKey:
    """The row of this key, inside the transaction of the act: `status` is None for the first caller, who must act and
    `keep_answer`; for everybody later it holds the answer already given. A second caller waits until the first one's
    transaction ends. Raises Conflict when the key came with another request before.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a key is claimed in the transaction of its act")
    row = IdempotencyKey(user_id=user_id, key=key, request_hash=request_hash, created_at=clock.now())
    IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
    found = IdempotencyKey.objects.select_for_update().get(user_id=user_id, key=key)
    if found.request_hash != request_hash:
        raise Conflict(_("This key was already used for another request."), code="key_reused")
    return found


def keep_answer(row: IdempotencyKey, *, status: int, response: Any) -> None:
    """Keeps the answer with the act: both are committed, or neither is."""
    row.status = status
    row.response = response
    row.save(update_fields=["status", "response"])
