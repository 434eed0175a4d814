from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from common import clock
from deals.choices import OfferStatus
from deals.constants import NUMBERED_OFFER
from deals.models import Offer
from deals.services.guards import already_saved, check_amount, check_dates, mark_documents, plain, refuse
from deals.services.numbering import next_number
from funnels import services as funnels
from funnels.choices import EvidenceType, FactKind
from funnels.models import SalesCycle
from funnels.services.access import ensure_may_work, ensure_open, lock_cycle
from journal.services import record


@transaction.atomic
def send_offer(
    *,
    cycle: SalesCycle,
    actor: User,
    amount: Decimal,
    sent_on: date,
    sent_to: str = "",
    note: str = "",
    key: str | None = None,
) -> Offer:
    """An offer with a sum was sent: fact F6, from state c1 on (GuardFailed before).

    NotAllowed, Conflict (closed cycle), Invalid by field: amount, sent_on, sent_to, note.
    """
    cycle = lock_cycle(cycle)
    ensure_may_work(actor, cycle.client)
    if (saved := already_saved(Offer, actor=actor, key=key, cycle=cycle)) is not None:
        return saved
    ensure_open(cycle)
    refuse(check_amount(amount) | check_dates({"sent_on": sent_on}, cycle))
    offer = Offer(
        client=cycle.client,
        cycle=cycle,
        amount=amount,
        status=OfferStatus.SENT,
        sent_on=sent_on,
        sent_to=plain("sent_to", sent_to, 254),
        note=plain("note", note, 300),
        year=sent_on.year,
        created_at=clock.now(),
        created_by=actor,
        key=key or None,
    )
    offer.number = next_number(kind=NUMBERED_OFFER, year=offer.year)
    offer.save(force_insert=True)
    mark_documents(cycle.client)
    record(
        action="offer.send",
        obj=offer,
        actor=actor,
        after={"client": cycle.client_id, "amount": amount, "sent_on": sent_on, "sent_to": offer.sent_to},
    )
    funnels.record_fact(
        cycle=cycle,
        kind=FactKind.OFFER_SENT,
        on=sent_on,
        amount=amount,
        evidence_type=EvidenceType.OFFER,
        evidence_id=offer.pk,
        is_evidence_dated=True,
        actor=actor,
    )
    return offer
