"""The history of rotations as a workbook: a mass read, so it is signed with its count (R-S1-0)."""

from __future__ import annotations

from typing import IO

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.books import write_book
from common.errors import NotAllowed
from funnels.selectors import (
    RotationFilter,
    destination_text,
    excluded_texts,
    history_export,
    outcome_text,
    sees_whole_queue,
    why_text,
)
from journal.services import record


@transaction.atomic
def export_history(*, actor: User, wanted: RotationFilter) -> IO[bytes]:
    """A workbook of the closed orders in the actor's scope. Raises NotAllowed for everybody but head and director."""
    if not sees_whole_queue(actor) or not actor.is_active:
        raise NotAllowed(_("Only the head and the director export rotations."))
    heads = [_("Flagged"), _("Client"), _("Colour"), _("Days"), _("Amount, ₽")]
    heads += [_("From"), _("To"), _("Why"), _("Excluded"), _("Outcome")]
    lines = (
        [
            order.flagged_on,
            order.client.name,
            order.get_colour_display(),
            order.age,
            order.amount,
            order.old_owner.short_name,
            destination_text(order),
            why_text(order),
            "; ".join(f"{name}: {reason}" for name, reason in excluded_texts(order)),
            outcome_text(order),
        ]
        for order in history_export(actor, wanted)
    )
    book, count = write_book(heads, lines, sheet=_("Rotation"), widths=(12, 24))
    record(action="rotation.export", obj=actor, actor=actor, after={"rows": count, "filter": _plain(wanted)})
    return book


def _plain(wanted: RotationFilter) -> dict[str, str]:
    return {name: str(value) for name, value in vars(wanted).items() if value}
