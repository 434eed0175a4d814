from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Segment
from funnels.choices import (
    Colour,
    CycleKind,
    EvidenceType,
    FactKind,
    MovementKind,
    Outcome,
    OwnershipReason,
    RefusalReason,
    State,
)
from funnels.querysets import CycleQuerySet, FactQuerySet, OfCycleQuerySet, OwnershipQuerySet

USER = settings.AUTH_USER_MODEL


class SalesCycle(models.Model):
    """One passage of a client through the algorithm. `colour` and `recheck_on` store the verdict of the rules."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="cycles")
    kind = models.CharField(max_length=6, choices=CycleKind.choices, default=CycleKind.NEW)
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="+")
    # Cache of the open ownership's person; null once the cycle is closed.
    owner = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="cycles")
    opened_on = models.DateField()
    opened_at = models.DateTimeField()
    closed_on = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    refusal_reason = models.CharField(max_length=20, choices=RefusalReason.choices, blank=True)
    close_note = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEW)
    state_since = models.DateField()
    colour = models.CharField(max_length=6, choices=Colour.choices, default=Colour.RED)
    colour_rule = models.CharField(max_length=3, default="R10")
    colour_fact_ids = models.JSONField(default=list, blank=True)
    recheck_on = models.DateField(null=True, blank=True)
    best_rank = models.PositiveSmallIntegerField(default=1)  # over the whole cycle: "ever yellow" (R-S2-8)
    expected_amount = models.DecimalField(_("expected amount"), max_digits=18, decimal_places=2, null=True, blank=True)
    planned_pay_on = models.DateField(_("planned pay date"), null=True, blank=True)
    planned_at = models.DateTimeField(null=True, blank=True)
    invoiced_amount = models.DecimalField(max_digits=18, decimal_places=2, default=Decimal(0))  # not cancelled invoices
    contract_amount = models.DecimalField(max_digits=18, decimal_places=2, default=Decimal(0))  # signed, not terminated
    paid_amount = models.DecimalField(max_digits=18, decimal_places=2, default=Decimal(0))  # not cancelled payments
    has_open_invoice = models.BooleanField(default=False)
    settled_invoice_ids = models.JSONField(default=list, blank=True)  # paid in full: they speak no longer (R5)
    closed_as_paid_reason = models.CharField(max_length=300, blank=True)  # head: «больше не будет»
    term_ends_on = models.DateField(null=True, blank=True)  # day T; null = no term (repeat cycles)
    term_warn_on = models.DateField(null=True, blank=True)
    stagnation_count = models.PositiveSmallIntegerField(default=0)
    # Caches for rows of lists, written with the contact and the task.
    last_contact_at = models.DateTimeField(null=True, blank=True)
    last_contact_kind = models.CharField(max_length=8, blank=True)
    next_step_at = models.DateTimeField(null=True, blank=True)
    next_step_text = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = CycleQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            # What a list counts of its clients' open sales stands in the index: the chips of a whole company read nothing else.
            models.UniqueConstraint(
                fields=["client"],
                include=["id", "colour", "next_step_at", "expected_amount"],
                condition=Q(closed_at__isnull=True),
                name="funnels_cycle_one_open_per_client",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, owner__isnull=False)
                | Q(closed_at__isnull=False, owner__isnull=True, colour=Colour.NONE),
                name="funnels_cycle_open_is_owned_closed_is_colourless",
            ),
            models.CheckConstraint(
                condition=Q(expected_amount__isnull=True) | Q(expected_amount__gte=0),
                name="funnels_cycle_amount_not_negative",
            ),
        ]
        indexes = [
            # a manager's funnel by colour and by state
            models.Index(
                fields=["owner", "colour", "state"],
                condition=Q(closed_at__isnull=True),
                name="funnels_cycle_open_by_owner",
            ),
            # the queue of a manager's day: next step first
            models.Index(
                fields=["owner", "next_step_at"], condition=Q(closed_at__isnull=True), name="funnels_cycle_by_next_step"
            ),
            # the first cards of a column of the board
            models.Index(
                fields=["state", "next_step_at", "id"],
                condition=Q(closed_at__isnull=True),
                name="funnels_cycle_board",
            ),
            # the sums of a whole board
            models.Index(
                fields=["state", "colour"],
                include=["expected_amount", "client"],
                condition=Q(closed_at__isnull=True),
                name="funnels_cycle_sums",
            ),
            # what the night re-asks
            models.Index(fields=["recheck_on"], condition=Q(closed_at__isnull=True), name="funnels_cycle_to_recheck"),
            # deal terms that end
            models.Index(fields=["term_ends_on"], condition=Q(closed_at__isnull=True), name="funnels_cycle_by_term"),
            # conversions of finished cycles
            models.Index(
                fields=["closed_on", "outcome"],
                include=["id", "client", "segment", "refusal_reason", "paid_amount"],
                name="funnels_cycle_finished",
            ),
            # what was closed lately, whatever day its evidence names
            models.Index(
                fields=["closed_at"],
                include=["id", "client"],
                condition=Q(closed_at__isnull=False),
                name="funnels_cycle_by_closing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} {self.state} {self.colour}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class Ownership(models.Model):
    """Client × person × period; the colour clock lives here. A customer without an open cycle has one with cycle = null."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="ownerships")
    cycle = models.ForeignKey(SalesCycle, null=True, blank=True, on_delete=models.PROTECT, related_name="ownerships")
    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="ownerships")
    reason = models.CharField(max_length=10, choices=OwnershipReason.choices)
    started_on = models.DateField()
    started_at = models.DateTimeField()
    ended_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=10, blank=True)
    # Highest colour reached by recorded facts; a rise by the calendar alone does not raise it (section 2.4).
    best_rank = models.PositiveSmallIntegerField(default=1)
    clock_started_on = models.DateField()
    state_started_on = models.DateField()
    # Stored dates of ages 7, 10 and 11 from max(clock start, go-live); recomputed when either moves.
    warn_on = models.DateField(null=True, blank=True)
    last_day_on = models.DateField(null=True, blank=True)
    flag_on = models.DateField(null=True, blank=True)
    state_warn_on = models.DateField(null=True, blank=True)
    state_last_day_on = models.DateField(null=True, blank=True)
    state_flag_on = models.DateField(null=True, blank=True)

    objects = OwnershipQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["client"],
                include=["clock_started_on"],
                condition=Q(ended_at__isnull=True),
                name="funnels_ownership_one_open_per_client",
            ),
            ExclusionConstraint(
                name="funnels_ownership_no_overlap",
                expressions=[
                    ("client", RangeOperators.EQUAL),
                    (
                        Func(
                            "started_at",
                            "ended_at",
                            RangeBoundary(),
                            function="TSTZRANGE",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        indexes = [
            models.Index(fields=["user", "ended_at"], name="funnels_ownership_by_user"),
            # what a person's periods of ninety days came to
            models.Index(
                fields=["user", "ended_on"], condition=Q(cycle__isnull=False), name="funnels_ownership_by_end"
            ),
            # who is 7, 10, 11 days old: an index scan by date
            models.Index(
                fields=["flag_on"],
                condition=Q(ended_at__isnull=True, cycle__isnull=False),
                name="funnels_ownership_by_flag",
            ),
            models.Index(
                fields=["warn_on"],
                condition=Q(ended_at__isnull=True, cycle__isnull=False),
                name="funnels_ownership_by_warn",
            ),
            models.Index(
                fields=["state_flag_on"],
                condition=Q(ended_at__isnull=True, cycle__isnull=False),
                name="funnels_ownership_state_flag",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client_id}/{self.user_id} since {self.started_on}"


class Fact(models.Model):
    """Append-only evidence, the only input of a colour. Never updated; taken back by another row that names it."""

    cycle = models.ForeignKey(SalesCycle, on_delete=models.PROTECT, related_name="facts")
    kind = models.CharField(max_length=20, choices=FactKind.choices)
    on = models.DateField()  # the fact date
    until = models.DateField(null=True, blank=True)  # progress due, invoice due, agreed pay date
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    evidence_type = models.CharField(max_length=16, choices=EvidenceType.choices)
    evidence_id = models.BigIntegerField()
    is_evidence_dated = models.BooleanField(default=False)  # the evidence itself carries the fact date
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    revokes = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="revoked_by")
    effective_on = models.DateField()  # the day that counts for the clock (late facts, section 2.4)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = FactQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["cycle", "kind"], name="funnels_fact_by_cycle")]

    def __str__(self) -> str:
        return f"{self.kind} {self.on}"


class StateChange(models.Model):
    cycle = models.ForeignKey(SalesCycle, on_delete=models.PROTECT, related_name="state_changes")
    from_state = models.CharField(max_length=10, blank=True, choices=State.choices)
    to_state = models.CharField(max_length=10, choices=State.choices)
    on = models.DateField()
    at = models.DateTimeField()
    user = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    fact_ids = models.JSONField(default=list, blank=True)
    is_correction = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)

    objects = OfCycleQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["cycle", "-id"], name="funnels_statechange_by_cycle")]

    def __str__(self) -> str:
        return f"{self.from_state}→{self.to_state}"


class ColourChange(models.Model):
    cycle = models.ForeignKey(SalesCycle, on_delete=models.PROTECT, related_name="colour_changes")
    ownership = models.ForeignKey(Ownership, null=True, on_delete=models.PROTECT, related_name="colour_changes")
    owner = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    from_colour = models.CharField(max_length=6, choices=Colour.choices)
    to_colour = models.CharField(max_length=6, choices=Colour.choices)
    rule = models.CharField(max_length=3)
    rules_version = models.PositiveSmallIntegerField()
    fact_ids = models.JSONField(default=list, blank=True)
    on = models.DateField()
    at = models.DateTimeField()
    is_movement = models.BooleanField(default=False)
    is_by_calendar = models.BooleanField(default=False)

    objects = OfCycleQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["cycle", "-id"], name="funnels_colourchange_by_cycle"),
            models.Index(fields=["owner", "on"], name="funnels_colourchange_by_owner"),
            # what changed lately, whoever owned it
            models.Index(fields=["on", "cycle"], name="funnels_colourchange_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.from_colour}→{self.to_colour} {self.rule}"


class Movement(models.Model):
    """A colour upgrade, a counted payment or full payment; only these restart the clock (section 2.4)."""

    cycle = models.ForeignKey(SalesCycle, on_delete=models.PROTECT, related_name="movements")
    ownership = models.ForeignKey(Ownership, on_delete=models.PROTECT, related_name="movements")
    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=12, choices=MovementKind.choices)
    from_colour = models.CharField(max_length=6, choices=Colour.choices)
    to_colour = models.CharField(max_length=6, choices=Colour.choices)
    ranks = models.PositiveSmallIntegerField(default=1)
    on = models.DateField()
    at = models.DateTimeField()
    fact_ids = models.JSONField(default=list, blank=True)

    objects = OfCycleQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["user", "on"], name="funnels_movement_by_user")]

    def __str__(self) -> str:
        return f"{self.kind} {self.from_colour}→{self.to_colour}"
