"""Acts sign here: audit events and their seals, job runs with a lease, idempotency keys."""

from journal.services.audit import Act, acting, current_act, differences, draft, name_actor, new_request_id, record
from journal.services.idempotency import claim_key, keep_answer
from journal.services.items import add_items
from journal.services.rows import Rows, TooManySetAside, do_rows, is_nobodys_fault, reason_of
from journal.services.runs import (
    WORKER_LOST,
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
    life_of_server,
    open_run,
    release_run,
    reopen_run,
)
from journal.services.seals import seal_audit

__all__ = [
    "WORKER_LOST",
    "Act",
    "Lease",
    "LeaseLost",
    "Rows",
    "TooManySetAside",
    "acting",
    "add_item",
    "add_items",
    "beat",
    "claim_key",
    "claim_run",
    "current_act",
    "differences",
    "do_rows",
    "draft",
    "extend_lease",
    "fail_run",
    "finish_run",
    "holding",
    "in_batch",
    "is_nobodys_fault",
    "keep_answer",
    "life_of_server",
    "name_actor",
    "new_request_id",
    "open_run",
    "reason_of",
    "record",
    "release_run",
    "reopen_run",
    "seal_audit",
]
