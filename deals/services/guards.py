"""What every document asks before it is written: who, which amount, which dates, and whether the key was used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.db.models import Model
from django.utils.translation import gettext as _

from accounts.models import User
from clients.models import Client
from common import clock
from common.errors import Conflict, Invalid
from common.text import TextError, clean_text
from deals.constants import LARGEST_AMOUNT
from funnels.models import Fact, SalesCycle

D = TypeVar("D", bound=Model)


def already_saved(model: type[D], *, actor: User, key: str | None, cycle: SalesCycle) -> D | None:
    """What this form has already created: a second press of the same button gets it again."""
    if not key:
        return None
    found = model._default_manager.filter(**{_author(model): actor, "key": key}).first()
    if found is not None and found.cycle_id != cycle.pk:  # type: ignore[attr-defined]
        raise Conflict(_("This form has already been used for another client. Open it again."), code="key_used")
    return found


def _author(model: type[Model]) -> str:
    return "entered_by" if model._meta.model_name == "payment" else "created_by"


def check_amount(amount: Decimal, *, may_be_negative: bool = False) -> dict[str, str]:
    """Errors by field of a sum: whole kopecks, within the limit of section 6.3, more than 0 (or not 0)."""
    if not isinstance(amount, Decimal) or not amount.is_finite() or amount != amount.quantize(Decimal("0.01")):
        return {"amount": _("An amount in roubles and kopecks is needed.")}
    if abs(amount) > LARGEST_AMOUNT:
        return {"amount": _("At most 999,999,999,999.99.")}
    if amount == 0 or (amount < 0 and not may_be_negative):
        return {"amount": _("The amount cannot be zero.") if amount == 0 else _("The amount must be more than zero.")}
    return {}


def check_dates(dates: Mapping[str, date], cycle: SalesCycle) -> dict[str, str]:
    """Errors by field: a document is dated within its sales cycle and not in the future."""
    today = clock.today()
    errors = {}
    for field, day in dates.items():
        if day > today:
            errors[field] = _("The date is in the future.")
        elif day < cycle.opened_on:
            errors[field] = _("The client was taken into work on %(day)s; the date cannot be earlier.") % {
                "day": f"{cycle.opened_on:%d.%m.%Y}"
            }
    return errors


def refuse(errors: Mapping[str, str]) -> None:
    """Raises Invalid when there is anything to say."""
    if errors:
        raise Invalid(dict(errors))


def plain(field: str, value: str, most: int) -> str:
    """One line of text as it is stored. Invalid when it cannot be."""
    try:
        return clean_text(value or "", most)
    except TextError as error:
        text = _("At most %(most)s characters.") % {"most": most} if error.code == "too_long" else _("Unreadable text.")
        raise Invalid({field: text}) from error


def mark_documents(client: Client) -> None:
    """The accountant sees clients that have a document; the flag is written down for the rooms below."""
    if not client.has_documents:
        Client.objects.filter(pk=client.pk).update(has_documents=True)
        client.has_documents = True


def fact_of(*, cycle: SalesCycle, evidence_type: str, evidence_id: int) -> Fact | None:
    """The fact that a document wrote and that still stands."""
    return (
        Fact.objects.filter(
            cycle=cycle,
            evidence_type=evidence_type,
            evidence_id=evidence_id,
            revokes__isnull=True,
            revoked_by__isnull=True,
        )
        .order_by("pk")
        .last()
    )
