from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from accounts.models import Department
from clients.models import Segment
from kpi.choices import Indicator, Source
from kpi.querysets import OfDepartmentQuerySet, SchemeQuerySet, StatementQuerySet

USER = settings.AUTH_USER_MODEL
MONEY: dict[str, Any] = {"max_digits": 18, "decimal_places": 2}
# Parts of 1, days, minutes, acts a week or roubles: whatever the indicator is counted in.
VALUE: dict[str, Any] = {"max_digits": 20, "decimal_places": 6}
EXACT: dict[str, Any] = {"max_digits": 24, "decimal_places": 12}


class ReferenceKPI(models.Model):
    """The value one indicator is held against from a month on (R-S0-A5); without `approved_at` only a proposal.

    No segment: the indicator counts the whole working time of a person. Approved rows are never changed, in the database
    too; another value is another row.
    """

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    segment = models.ForeignKey(Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    kpi = models.CharField(_("indicator"), max_length=24, choices=Indicator.choices)
    value = models.DecimalField(_("value"), **VALUE)
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    valid_from = models.DateField(_("valid from"))  # first day of a month
    basis = models.JSONField(default=dict, blank=True)  # ids of the best, how many were judged, whether bounded
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    created_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    approved_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    objects = OfDepartmentQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_from", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "segment", "role", "kpi", "valid_from"],
                condition=Q(approved_at__isnull=True),
                nulls_distinct=False,
                name="kpi_reference_one_proposal",
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="kpi_reference_not_negative"),
            models.CheckConstraint(condition=Q(valid_from__day=1), name="kpi_reference_starts_a_month"),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True) | Q(approved_by__isnull=False), name="kpi_reference_approved_by"
            ),
        ]
        indexes = [models.Index(fields=["department", "valid_from"], name="kpi_reference_in_force")]

    def __str__(self) -> str:
        return f"{self.kpi} {self.role} {self.value} from {self.valid_from:%Y-%m}"


class Norm(models.Model):
    """A norm that no statistics give (quality of cards, first reaction …): set by a person from a month on."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    segment = models.ForeignKey(Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    kpi = models.CharField(_("indicator"), max_length=24, choices=Indicator.choices)
    value = models.DecimalField(_("value"), **VALUE)
    valid_from = models.DateField(_("valid from"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    created_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = OfDepartmentQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_from", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(value__gte=0), name="kpi_norm_not_negative"),
            models.CheckConstraint(condition=Q(valid_from__day=1), name="kpi_norm_starts_a_month"),
        ]
        indexes = [models.Index(fields=["department", "valid_from"], name="kpi_norm_in_force")]

    def __str__(self) -> str:
        return f"{self.kpi} {self.role} {self.value} from {self.valid_from:%Y-%m}"


class PayScheme(models.Model):
    """One version of the terms of pay, in force from a month on (section 3.6); never changed: a change is a new row."""

    valid_from = models.DateField(_("valid from"))
    version = models.PositiveSmallIntegerField()
    rate = models.DecimalField(_("rate"), max_digits=9, decimal_places=6)  # part of 1
    steps = models.JSONField()  # [[attainment from, multiplier], …] as decimal texts
    weights = models.JSONField()  # indicator → part of 1 as a decimal text
    cap = models.DecimalField(max_digits=9, decimal_places=6)
    kpi_least = models.DecimalField(max_digits=9, decimal_places=6)
    kpi_most = models.DecimalField(max_digits=9, decimal_places=6)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    created_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = SchemeQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_from", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["version"], name="kpi_scheme_version_once"),
            models.CheckConstraint(condition=Q(valid_from__day=1), name="kpi_scheme_starts_a_month"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=1), name="kpi_scheme_rate_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"v{self.version} from {self.valid_from:%Y-%m}"


class PayStatement(models.Model):
    """The pay of one person for one closed month with everything it was made of; nobody recalculates it.

    `attainment` and `kpi` are parts of 1, empty without a plan and without norms; `indicators` hold fact, norm, weight
    and share by indicator as decimal texts. Rows are neither changed nor deleted, in the database too.
    """

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    month = models.DateField()
    scheme = models.ForeignKey(PayScheme, null=True, blank=True, on_delete=models.PROTECT, related_name="statements")
    terms = models.JSONField()  # the terms in force, so that a row explains itself
    fact = models.DecimalField(**MONEY)
    plan = models.DecimalField(**MONEY)
    attainment = models.DecimalField(null=True, blank=True, **EXACT)
    multiplier = models.DecimalField(max_digits=9, decimal_places=6)
    kpi = models.DecimalField(null=True, blank=True, **EXACT)
    kpi_factor = models.DecimalField(**EXACT)
    indicators = models.JSONField(default=dict, blank=True)
    amount = models.DecimalField(**MONEY)
    closed_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField()

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering = ["-month", "user__last_name", "user__first_name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["department", "user", "month"], name="kpi_statement_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="kpi_statement_starts_a_month"),
        ]
        indexes = [models.Index(fields=["user", "month"], name="kpi_statement_by_user")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.user_id}: {self.amount}"
