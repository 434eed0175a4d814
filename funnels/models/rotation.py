from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Department
from clients.models import Client, Segment
from funnels.choices import OPEN_ORDER_STATUSES, Colour, OrderKind, OrderStatus, ViolationKind
from funnels.models.cycles import Ownership, SalesCycle
from funnels.querysets import OrderQuerySet, ViolationQuerySet

USER = settings.AUTH_USER_MODEL


class RotationOrder(models.Model):
    """The queue and its record: who was suggested and why, who was excluded and why, what happened (section 2.5)."""

    kind = models.CharField(max_length=10, choices=OrderKind.choices, default=OrderKind.STAGNATION)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="rotation_orders")
    cycle = models.ForeignKey(SalesCycle, on_delete=models.PROTECT, related_name="rotation_orders")
    ownership = models.ForeignKey(Ownership, on_delete=models.PROTECT, related_name="rotation_orders")
    old_owner = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    colour = models.CharField(max_length=6, choices=Colour.choices)
    amount = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    age = models.PositiveSmallIntegerField()  # counted days in the colour on the flag day
    stagnation_no = models.PositiveSmallIntegerField(default=1)
    flagged_on = models.DateField()
    execute_on = models.DateField()  # working day, 09:20
    status = models.CharField(max_length=14, choices=OrderStatus.choices, default=OrderStatus.QUEUED)
    suggested = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    choice = models.JSONField(default=dict, blank=True)  # the criterion that decided, with its figures
    excluded = models.JSONField(default=list, blank=True)  # [{"user": id, "name": str, "code": str}]
    chosen_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField(null=True, blank=True)
    recipient = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_reserve = models.BooleanField(default=False)  # nobody was eligible: the head owns it
    outcome_code = models.CharField(max_length=32, blank=True)  # why cancelled, why replaced
    share_percent = models.PositiveSmallIntegerField(default=0)  # of the old owner in the sale, rotated green
    executed_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle"], condition=Q(status__in=OPEN_ORDER_STATUSES), name="funnels_order_one_open_per_cycle"
            ),
            models.UniqueConstraint(
                fields=["ownership"],
                condition=~Q(status=OrderStatus.CANCELLED),
                name="funnels_order_one_per_ownership",
            ),
            models.CheckConstraint(
                condition=~Q(status=OrderStatus.EXECUTED) | Q(recipient__isnull=False, executed_at__isnull=False),
                name="funnels_order_executed_has_recipient",
            ),
        ]
        indexes = [
            models.Index(fields=["department", "status", "execute_on"], name="funnels_order_queue"),
            models.Index(fields=["recipient", "executed_at"], name="funnels_order_by_recipient"),
            models.Index(fields=["old_owner", "flagged_on"], name="funnels_order_by_old_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} {self.status}"


class Violation(models.Model):
    kind = models.CharField(max_length=14, choices=ViolationKind.choices)
    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="violations")
    cycle = models.ForeignKey(SalesCycle, on_delete=models.PROTECT, related_name="violations")
    ownership = models.ForeignKey(Ownership, on_delete=models.PROTECT, related_name="violations")
    since_on = models.DateField()  # start of the clock that ran out
    on = models.DateField()
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=32, blank=True)

    objects = ViolationQuerySet.as_manager()

    class Meta:
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "ownership", "since_on"], name="funnels_violation_once"),
        ]
        indexes = [models.Index(fields=["user", "on"], name="funnels_violation_by_user")]

    def __str__(self) -> str:
        return f"{self.kind} {self.user_id} {self.on}"


class ColourNorm(models.Model):
    """How many clients of a colour a manager needs; planning writes it nightly, rotation reads the newest (section 2.5)."""

    user = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="+")
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="+")
    colour = models.CharField(max_length=6, choices=Colour.choices)
    required = models.PositiveIntegerField()
    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "segment", "colour", "day"], name="funnels_colournorm_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.colour} {self.required}"


class DepartmentReview(models.Model):
    """The head's morning signature «Проверено» (R-S0-P17)."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    signed_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["department", "day"], name="funnels_review_once_a_day")]

    def __str__(self) -> str:
        return f"{self.department_id} {self.day}"
