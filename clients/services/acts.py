"""What every act on a card does: lock, guard, one version, one audit row; a form sent twice acts once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from clients.models import Client
from clients.selectors import editable_fields
from clients.services.fields import colour_refusal
from common import clock
from common.errors import Conflict, Invalid, NotAllowed, StaleVersion
from journal.models import IdempotencyKey
from journal.services import record

if TYPE_CHECKING:
    from accounts.models import User


def lock_client(client: Client) -> Client:
    """The row as it stands, locked. The first lock of every act (client → cycle → ownership → tasks)."""
    return Client.objects.select_for_update(of=("self",)).select_related("owner").get(pk=client.pk)


def lock_for_edit(client: Client, actor: User) -> Client:
    """Locks the client for a person who may edit the whole card. NotAllowed for others, under the lock."""
    locked = lock_client(client)
    if "name" not in editable_fields(client=locked, user=actor):
        raise NotAllowed(_("You may read this client, not change it."))
    return locked


def bump(client: Client, *fields: str) -> None:
    """One version per act, whatever it changed."""
    client.version += 1
    client.updated_at = clock.now()
    client.save(update_fields=[*fields, "version", "updated_at"])


def refuse_colour(data: Mapping[str, Any], *, actor: User, client: Client | None = None) -> None:
    """A written colour is refused and the attempt signed (R-S0-P4, scenario 1).

    Called before the act opens its transaction, so that the row is committed although the act is refused; a caller
    that wraps the act in a transaction of his own must not roll it back.
    """
    for key in ("colour", "color", "цвет"):
        if key in data:
            with transaction.atomic():
                record(
                    action="client.colour_write_refused",
                    obj=client,
                    object_type=Client._meta.label_lower,
                    actor=actor,
                    after={"colour": str(data[key])[:40].replace("\x00", "").encode("utf-8", "replace").decode()},
                )
            raise Invalid({key: colour_refusal()}, code="colour_read_only")


def check_version(client: Client, version: int | None, current: Mapping[str, Any]) -> None:
    """StaleVersion with the values that stand now; None means the caller did not see a form (import, API patch)."""
    if version is not None and version != client.version:
        raise StaleVersion(
            _("Somebody saved this client while you were editing it. Compare the values and save again."),
            current=current,
        )


def once(*, actor: User, key: str | None, request: Mapping[str, Any], act: Callable[[], int]) -> tuple[int, bool]:
    """Runs `act` (returns a primary key) once per form key: `(primary key, is_repeated)`.

    Must be called inside the act's transaction. A second form with the same key waits for the first and gets its
    answer; Conflict when the same key comes with other values.
    """
    if not key:
        return act(), False
    digest = hashlib.sha256(json.dumps(_plain(request), sort_keys=True).encode("utf-8", "replace")).hexdigest()
    try:
        with transaction.atomic():
            slot = IdempotencyKey.objects.create(
                user_id=actor.pk, key=key[:80], request_hash=digest, created_at=clock.now()
            )
    except IntegrityError:
        slot = IdempotencyKey.objects.select_for_update().filter(user_id=actor.pk, key=key[:80]).get()
        if slot.request_hash != digest:
            raise Conflict(_("This form was already sent with other values. Open it again.")) from None
        if slot.response:
            return int(slot.response["id"]), True
    pk = act()
    slot.response = {"id": pk}
    slot.status = 200
    slot.save(update_fields=["response", "status"])
    return pk, False


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(getattr(value, "pk", value))


def broken_constraint(problem: IntegrityError) -> str:
    """The name of the constraint that refused the row; '' when the database does not tell."""
    diagnosis = getattr(problem.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""
