"""Acts sign here: audit events and their seals, job runs with a lease, idempotency keys."""

from journal.services.audit import Act, acting, current_act, differences, draft, name_actor, new_request_id, record
from journal.services.idempotency import claim_key, keep_answer
from journal.services.runs import (
    Lease,
    LeaseLost,
    add_item,
    beat,
    claim_run,
    extend_lease,
    fail_run,
    finish_run,
    holding,
    in_batch,
    open_run,
    release_run,
    reopen_run,
)
from journal.services.seals import seal_audit

__all__ = [
    "Act",
    "Lease",
    "LeaseLost",
    "acting",
    "add_item",
    "beat",
    "claim_key",
    "claim_run",
    "current_act",
    "differences",
    "draft",
    "extend_lease",
    "fail_run",
    "finish_run",
    "holding",
    "in_batch",
    "keep_answer",
    "name_actor",
    "new_request_id",
    "open_run",
    "record",
    "release_run",
    "reopen_run",
    "seal_audit",
]
