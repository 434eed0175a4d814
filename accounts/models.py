from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.choices import MANAGER_ROLES, AbsenceKind, DayKind, Role, TokenScope
from accounts.querysets import (
    AbsenceQuerySet,
    CalendarQuerySet,
    DepartmentQuerySet,
    OwnQuerySet,
    UserManager,
    calendar_edited,
)


class Organisation(models.Model):
    """One row: the company that uses this installation."""

    name = models.CharField(_("name"), max_length=200)
    pause_on_public_holidays = models.BooleanField(_("clocks pause on public holidays"), default=True)
    knowledge_required = models.BooleanField(_("knowledge test required for yellow and green"), default=False)
    old_owner_share_percent = models.PositiveSmallIntegerField(
        _("share of the old owner in a sale rotated green, %"), default=50, validators=[MaxValueValidator(50)]
    )

    objects = CalendarQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="accounts_organisation_single_row"),
            models.CheckConstraint(
                condition=Q(old_owner_share_percent__lte=50), name="accounts_organisation_share_at_most_half"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        calendar_edited()


class Department(models.Model):
    name = models.CharField(_("name"), max_length=120, unique=True)
    rotation_starts_on = models.DateField(_("rotation starts on"), null=True, blank=True)
    managers_may_export = models.BooleanField(_("managers may export their own list"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class User(AbstractBaseUser):
    """An employee is a user; there is no second person record."""

    login = models.CharField(
        _("login"),
        max_length=64,
        unique=True,
        validators=[
            RegexValidator(r"^[a-z0-9][a-z0-9._-]*\Z", _("Latin lower-case letters, digits, dot, dash, underscore."))
        ],
    )
    last_name = models.CharField(_("last name"), max_length=80)
    first_name = models.CharField(_("first name"), max_length=80)
    patronymic = models.CharField(_("patronymic"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    department = models.ForeignKey(
        Department, verbose_name=_("department"), null=True, blank=True, on_delete=models.PROTECT, related_name="users"
    )
    extension = models.CharField(
        _("extension"), max_length=8, blank=True, validators=[RegexValidator(r"^\d{1,6}\Z", _("Up to six digits."))]
    )
    worklist_cap = models.PositiveSmallIntegerField(
        _("work list cap"), default=90, validators=[MinValueValidator(50), MaxValueValidator(90)]
    )
    is_active = models.BooleanField(_("active"), default=True)
    employed_on = models.DateField(_("employed on"), null=True, blank=True)
    # Of a full working day; staffing counts people by it (R-S0-A3).
    part_time_percent = models.PositiveSmallIntegerField(
        _("part of a full day, %"),
        default=100,
        db_default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    knowledge_valid_until = models.DateField(_("knowledge test valid until"), null=True, blank=True)
    has_shortcuts = models.BooleanField(_("keyboard shortcuts"), default=True)
    language = models.CharField(
        _("language"), max_length=2, default="ru", choices=[("ru", "Русский"), ("en", "English")]
    )
    deactivated_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    session_epoch = models.PositiveIntegerField(default=0)  # one more ends every session of the person
    # Told here too, so that no request asks another table for it; written with SecondFactor in one transaction.
    second_factor_since = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "login"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    objects = UserManager()

    class Meta:
        ordering = ["last_name", "first_name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(worklist_cap__gte=50) & Q(worklist_cap__lte=90), name="accounts_user_cap_between_50_and_90"
            ),
            models.CheckConstraint(
                condition=~Q(role__in=sorted([*MANAGER_ROLES, Role.HEAD])) | Q(department__isnull=False),
                name="accounts_user_seller_has_department",
            ),
            models.CheckConstraint(
                condition=Q(part_time_percent__gte=1) & Q(part_time_percent__lte=100),
                name="accounts_user_part_of_a_day",
            ),
            models.UniqueConstraint(
                fields=["extension"],
                condition=Q(is_active=True) & ~Q(extension=""),
                name="accounts_user_extension_is_unique",
                violation_error_message=_("This extension already belongs to another employee."),
            ),
        ]

    def __str__(self) -> str:
        return self.short_name

    def get_session_auth_hash(self) -> str:
        """Sessions die with the password and with the epoch (deactivation, another role)."""
        return self._session_hash(None)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret)

    def _session_hash(self, secret: str | bytes | None) -> str:
        text = f"{self.password}:{self.session_epoch}"
        return salted_hmac("accounts.session", text, secret=secret, algorithm="sha256").hexdigest()

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.last_name, self.first_name, self.patronymic) if part)

    @property
    def short_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def initials(self) -> str:
        return f"{self.first_name[:1]}{self.last_name[:1]}".upper()

    @property
    def is_manager(self) -> bool:
        return self.role in MANAGER_ROLES

    @property
    def is_head(self) -> bool:
        return self.role == Role.HEAD

    @property
    def is_director(self) -> bool:
        return self.role == Role.DIRECTOR

    @property
    def is_administrator(self) -> bool:
        return self.role == Role.ADMINISTRATOR


class SecondFactor(models.Model):
    """The authenticator app of a person. The secret itself is kept nowhere: it is derived from `seed` and SECRET_KEY."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    seed = models.CharField(max_length=64)
    last_step = models.BigIntegerField()  # of the last code taken: neither it nor an older one is taken again
    created_at = models.DateTimeField()

    objects = OwnQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user_id}"


class RecoveryCode(models.Model):
    """Lets a person in once without the app. Shown once; the first group finds the row, the rest is hashed."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    prefix = models.CharField(max_length=4)
    digest = models.CharField(max_length=160)
    used_at = models.DateTimeField(null=True, blank=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "prefix"], name="accounts_recovery_code_prefix")]

    def __str__(self) -> str:
        return f"{self.prefix}…"


class Absence(models.Model):
    user = models.ForeignKey(User, verbose_name=_("employee"), on_delete=models.PROTECT, related_name="absences")
    kind = models.CharField(_("kind"), max_length=10, choices=AbsenceKind.choices, default=AbsenceKind.VACATION)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)
    deputy = models.ForeignKey(User, verbose_name=_("deputy"), on_delete=models.PROTECT, related_name="deputising")
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="accounts_absence_ends_after_start",
            ),
            models.CheckConstraint(condition=~Q(user=F("deputy")), name="accounts_absence_deputy_is_another"),
        ]
        indexes = [models.Index(fields=["user", "starts_on"], name="accounts_absence_by_user")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.starts_on}–{self.ends_on or '…'}"

    def covers(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


class CalendarDay(models.Model):
    """A day of the production calendar; a date without a row follows the plain week (R-S4-4, section 6.4)."""

    day = models.DateField(primary_key=True)
    kind = models.CharField(_("kind"), max_length=8, choices=DayKind.choices)
    is_edited = models.BooleanField(default=False)

    objects = CalendarQuerySet.as_manager()

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        calendar_edited()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*args, **kwargs)
        calendar_edited()
        return deleted


class ApiToken(models.Model):
    """Shown once, stored as a SHA-256 digest; dies with its person."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scope = models.CharField(_("rights"), max_length=5, choices=TokenScope.choices, default=TokenScope.READ)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"
