from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from accounts.querysets import LedQuerySet
from staffing.choices import BottleneckName, StaffRole, VacancyStatus, ZoneName
from staffing.querysets import VacancyQuerySet

USER = settings.AUTH_USER_MODEL
MOST_PEOPLE = 1000


class StaffRow(models.Model):
    """Sufficiency of one role of a department on one day (R-S0-A3); the night writes it, a changed plan writes it anew.

    Full employees to four digits. `k` is empty when nothing is required or nothing can be computed (`why`); a row that
    is not `is_counted` (nobody in the role, and less than one person's work) has no say in the department's light.
    """

    day = models.DateField()
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(_("role"), max_length=10, choices=StaffRole.choices)
    k = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    zone = models.CharField(max_length=6, choices=ZoneName.choices, blank=True)
    why = models.CharField(max_length=20, blank=True)
    bottleneck = models.CharField(max_length=14, choices=BottleneckName.choices, blank=True)
    fte_required = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    fte_available = models.DecimalField(max_digits=18, decimal_places=4)
    headcount = models.PositiveIntegerField(null=True)
    people = models.PositiveIntegerField()
    gap = models.DecimalField(max_digits=18, decimal_places=4, null=True)  # at the usual horizon
    hires = models.PositiveIntegerField(null=True)  # people to search for now
    is_counted = models.BooleanField(default=True)
    inputs = models.JSONField(default=dict, blank=True)  # what it was computed from, as text
    computed_at = models.DateTimeField()

    objects = LedQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "department", "role"]
        constraints = [
            models.UniqueConstraint(fields=["department", "day", "role"], name="staffing_staffrow_once"),
            models.CheckConstraint(
                condition=Q(k__isnull=True) | ~Q(zone=""), name="staffing_staffrow_known_k_has_a_light"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.department_id} {self.role}: {self.k}"


class Vacancy(models.Model):
    """People to be found for one role of a department (R-S2-12). Until it is closed it is the only one of its role.

    `reason`: the figures that opened it, as text. `created_by` is empty when the night did.
    """

    department = models.ForeignKey(Department, verbose_name=_("department"), on_delete=models.PROTECT, related_name="+")
    role = models.CharField(_("role"), max_length=10, choices=StaffRole.choices)
    status = models.CharField(_("status"), max_length=8, choices=VacancyStatus.choices, default=VacancyStatus.DRAFT)
    headcount = models.PositiveIntegerField(
        _("people"), validators=[MinValueValidator(1), MaxValueValidator(MOST_PEOPLE)]
    )
    wanted_on = models.DateField(_("wanted by month"))  # its first day
    text = models.TextField(_("text of the vacancy"), max_length=5000, blank=True)
    reason = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = VacancyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "role"],
                condition=~Q(status="closed"),
                name="staffing_vacancy_one_not_closed",
            ),
            models.CheckConstraint(
                condition=Q(headcount__gte=1) & Q(headcount__lte=MOST_PEOPLE), name="staffing_vacancy_people"
            ),
            models.CheckConstraint(condition=Q(wanted_on__day=1), name="staffing_vacancy_wanted_by_a_month"),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False)
                | (~Q(status="closed") & Q(closed_at__isnull=True)),
                name="staffing_vacancy_closed_when",
            ),
        ]
        indexes = [models.Index(fields=["department", "-created_at"], name="staffing_vacancy_by_dept")]

    def __str__(self) -> str:
        return f"{self.get_role_display()} × {self.headcount}"
