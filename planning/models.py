from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from accounts.querysets import ScopedQuerySet
from clients.models import Segment
from planning.choices import PeriodKind, PlanStatus, StageNorm
from planning.querysets import DepartmentQuerySet, YearPlanQuerySet

USER = settings.AUTH_USER_MODEL
MONEY: dict[str, Any] = {"max_digits": 18, "decimal_places": 2}


class MonthTarget(models.Model):
    """The approved money target of one person for one month; immutable: a change is a new version with a reason.

    The department's month is the sum of its people's months, plus its own row without a person when only the whole
    is planned.
    """

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    month = models.DateField(_("month"))  # its first day
    amount = models.DecimalField(_("target, ₽"), **MONEY)
    version = models.PositiveSmallIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    # Day plans (ISO day → roubles) before `elapsed_before`, as they were when the calendar of the month was edited.
    elapsed = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    elapsed_before = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-month", "department", "user"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "user", "month", "version"],
                nulls_distinct=False,
                name="planning_target_version_once",
            ),
            models.UniqueConstraint(
                fields=["department", "user", "month"],
                condition=Q(is_current=True),
                nulls_distinct=False,
                name="planning_target_one_current",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="planning_target_not_negative"),
            models.CheckConstraint(condition=Q(month__day=1), name="planning_target_starts_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.user_id or self.department_id}: {self.amount}"


class YearPlan(models.Model):
    """One version of a year's money plan of the company, a department, a manager or a segment (R-S0-P13).

    Without a department it is the company's, with a segment it is that segment's part of its scope. An approved version
    is immutable, in the database too; a change is the next version with its reason.
    """

    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    segment = models.ForeignKey(Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField(_("year"))
    amount = models.DecimalField(_("plan of the year, ₽"), **MONEY)
    version = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=PlanStatus.choices, default=PlanStatus.DRAFT)
    edition = models.PositiveIntegerField(default=1)  # of the draft: two people who edit one plan are told
    season = models.JSONField(default=dict, blank=True)  # month → coefficient as a decimal text, 1 where not given
    # What a plan is made of, without which it is not approved (R-S4-1).
    leads = models.PositiveIntegerField(_("leads"), null=True, blank=True)
    average_cheque = models.DecimalField(_("average cheque, ₽"), null=True, blank=True, **MONEY)
    rates = models.JSONField(default=dict, blank=True)  # name of the conversion → part of 1 as a decimal text
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    created_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    approved_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    objects = YearPlanQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "department_id", "user_id", "segment_id", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "user", "segment", "year", "version"],
                nulls_distinct=False,
                name="planning_yearplan_version_once",
            ),
            models.UniqueConstraint(
                fields=["department", "user", "segment", "year"],
                condition=Q(status="draft"),
                nulls_distinct=False,
                name="planning_yearplan_one_draft",
            ),
            models.UniqueConstraint(
                fields=["department", "user", "segment", "year"],
                condition=Q(status="approved"),
                nulls_distinct=False,
                name="planning_yearplan_one_approved",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="planning_yearplan_not_negative"),
            models.CheckConstraint(
                condition=Q(user__isnull=True) | Q(department__isnull=False), name="planning_yearplan_person_has_place"
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(approved_at__isnull=False), name="planning_yearplan_approved_when"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} v{self.version} {self.user_id or self.department_id}: {self.amount}"


class PlanMonth(models.Model):
    """One month of a year's plan; the twelve sum to the year to the kopeck."""

    plan = models.ForeignKey(YearPlan, on_delete=models.CASCADE, related_name="months")
    month = models.DateField(_("month"))  # its first day
    amount = models.DecimalField(**MONEY)

    class Meta:
        ordering = ["month"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "month"], name="planning_planmonth_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="planning_planmonth_not_negative"),
            models.CheckConstraint(condition=Q(month__day=1), name="planning_planmonth_starts_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.amount}"


class PlanFact(models.Model):
    """Plan and fact of one scope and period as of the end of `day`; the night writes it, a corrected past is marked."""

    day = models.DateField()
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=8, choices=PeriodKind.choices)
    starts_on = models.DateField()
    ends_on = models.DateField()
    plan = models.DecimalField(**MONEY)
    plan_to_date = models.DecimalField(**MONEY)
    fact = models.DecimalField(**MONEY)
    counts = models.JSONField(default=dict, blank=True)
    is_corrected = models.BooleanField(default=False)
    computed_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "department", "user", "period"], nulls_distinct=False, name="planning_planfact_once"
            ),
        ]
        indexes = [models.Index(fields=["department", "period", "day"], name="planning_planfact_by_dept")]

    def __str__(self) -> str:
        return f"{self.day} {self.period} {self.fact}/{self.plan}"


class ForecastSnapshot(models.Model):
    """The frozen forecast of a period: written once on its first calendar day, never again (3.1.6). No edit door."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=8, choices=PeriodKind.choices)
    starts_on = models.DateField()
    ends_on = models.DateField()
    amount = models.DecimalField(**MONEY)
    details = models.JSONField(default=dict, blank=True)  # conversions used, counts per colour, cycle ids forecast
    frozen_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "user", "period", "starts_on"],
                nulls_distinct=False,
                name="planning_snapshot_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.starts_on}: {self.amount}"


class MonthNorms(models.Model):
    """What every manager of a department owes each working day of a month, by steps of the chain (R-S4-1, 3.1.2).

    Immutable, in the database too: another plan is the next version with its reason, and only then is a row no longer
    current. Target, cheque, people, days and conversions are those the norms were counted from.
    """

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    month = models.DateField(_("month"))  # its first day
    version = models.PositiveSmallIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    payments = models.PositiveIntegerField()
    invoices = models.PositiveIntegerField()
    offers = models.PositiveIntegerField()
    productive_meetings = models.PositiveIntegerField()
    held_meetings = models.PositiveIntegerField()
    appointed_meetings = models.PositiveIntegerField()
    productive_calls = models.PositiveIntegerField()
    target = models.DecimalField(**MONEY)
    average_cheque = models.DecimalField(**MONEY)
    managers = models.PositiveIntegerField()
    working_days = models.PositiveSmallIntegerField()
    rates = models.JSONField(default=dict)  # name of the conversion → part of 1, as text
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    created_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        ordering = ["-month", "department", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["department", "month", "version"], name="planning_norms_version_once"),
            models.UniqueConstraint(
                fields=["department", "month"], condition=Q(is_current=True), name="planning_norms_one_current"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="planning_norms_start_a_month"),
            models.CheckConstraint(condition=Q(managers__gt=0, working_days__gt=0), name="planning_norms_have_people"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.department_id} v{self.version}"


class SegmentNorm(models.Model):
    """A reference p or t of a segment as a department has approved it: what its forecasts stand on from a month on.

    Conversions are parts of 1, stays are days. Rows are neither changed nor deleted, in the database too: of two
    approvals for one month the later one is the higher version, and it counts.
    """

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("indicator"), max_length=8, choices=StageNorm.choices)
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=6)
    valid_from = models.DateField(_("valid from"))  # first day of a month
    version = models.PositiveSmallIntegerField(default=1)
    said_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField()

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        ordering = ["department", "segment", "name", "-valid_from", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "segment", "name", "valid_from", "version"], name="planning_segmentnorm_once"
            ),
            models.CheckConstraint(condition=Q(valid_from__day=1), name="planning_segmentnorm_starts_a_month"),
            models.CheckConstraint(
                condition=Q(value__gte=0) & (Q(value__lte=1) | Q(name__startswith="t_")),
                name="planning_segmentnorm_possible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.value} from {self.valid_from:%Y-%m}"
