"""The history of rotations as a workbook: a mass read, so it is signed with its count (R-S1-0)."""

from __future__ import annotations

from io import BytesIO

import xlsxwriter
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
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
def export_history(*, actor: User, wanted: RotationFilter) -> bytes:
    """XLSX of the closed orders in the actor's scope. Raises NotAllowed for everybody but head and director."""
    if not sees_whole_queue(actor) or not actor.is_active:
        raise NotAllowed(_("Only the head and the director export rotations."))
    buffer = BytesIO()
    # Text of people stays text: «=2+2» in a name is no formula.
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "constant_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet(_("Rotation"))
    day, money = book.add_format({"num_format": "dd.mm.yyyy"}), book.add_format({"num_format": "#,##0.00"})
    heads = [_("Flagged"), _("Client"), _("Colour"), _("Days"), _("Amount, ₽")]
    heads += [_("From"), _("To"), _("Why"), _("Excluded"), _("Outcome")]
    for column, title in enumerate(heads):
        sheet.write_string(0, column, title)
    count = 0
    for order in history_export(actor, wanted):
        count += 1
        sheet.write_datetime(count, 0, order.flagged_on, day)
        sheet.write_string(count, 1, order.client.name)
        sheet.write_string(count, 2, order.get_colour_display())
        sheet.write_number(count, 3, order.age)
        sheet.write_number(count, 4, order.amount, money)
        sheet.write_string(count, 5, order.old_owner.short_name)
        sheet.write_string(count, 6, destination_text(order))
        sheet.write_string(count, 7, why_text(order))
        sheet.write_string(count, 8, "; ".join(f"{name}: {reason}" for name, reason in excluded_texts(order)))
        sheet.write_string(count, 9, outcome_text(order))
    book.close()
    record(action="rotation.export", obj=actor, actor=actor, after={"rows": count, "filter": _plain(wanted)})
    return buffer.getvalue()


def _plain(wanted: RotationFilter) -> dict[str, str]:
    return {name: str(value) for name, value in vars(wanted).items() if value}
