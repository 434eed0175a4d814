from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Reverse, Upper
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from clients.choices import ClientKind, ClientState, ImportState, RowState, Section, SizeLabel
from clients.querysets import ClientQuerySet, DealingsQuerySet, ImportRowQuerySet, ImportRunQuerySet, PersonQuerySet

USER = settings.AUTH_USER_MODEL


class Segment(models.Model):
    """A set of parameters: deal term, reference conversions and speeds, average cheque, floors (R-S0-P2)."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    size = models.CharField(_("default for size"), max_length=10, choices=SizeLabel.choices, blank=True)
    term_days = models.PositiveSmallIntegerField(
        _("deal term, days"), choices=[(14, "14"), (30, "30"), (40, "40")], default=30
    )
    average_cheque = models.DecimalField(
        _("average cheque, ₽"), max_digits=18, decimal_places=2, default=Decimal("80000")
    )
    p_red = models.DecimalField(_("red to yellow, %"), max_digits=5, decimal_places=2, default=Decimal("50"))
    p_yellow = models.DecimalField(_("yellow to green, %"), max_digits=5, decimal_places=2, default=Decimal("60"))
    p_green = models.DecimalField(_("green to paid, %"), max_digits=5, decimal_places=2, default=Decimal("70"))
    t_red = models.PositiveSmallIntegerField(
        _("days in red"), default=10, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    t_yellow = models.PositiveSmallIntegerField(
        _("days in yellow"), default=10, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    t_green = models.PositiveSmallIntegerField(
        _("days in green"), default=10, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    # A raised floor; empty means the constant 3/18 and 5/18 (R-S0-P5).
    green_floor_percent = models.DecimalField(
        _("green floor, %"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    yellow_floor_percent = models.DecimalField(
        _("yellow floor, %"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    started_on = models.DateField(_("live since"))
    is_active = models.BooleanField(_("active"), default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(term_days__in=[14, 30, 40]), name="clients_segment_term_14_30_40"),
            models.CheckConstraint(
                condition=Q(green_floor_percent__isnull=True)
                | (Q(green_floor_percent__gte=Decimal("16.67")) & Q(green_floor_percent__lte=100)),
                name="clients_segment_green_floor_not_lowered",
            ),
            models.CheckConstraint(
                condition=Q(yellow_floor_percent__isnull=True)
                | (Q(yellow_floor_percent__gte=Decimal("27.78")) & Q(yellow_floor_percent__lte=100)),
                name="clients_segment_yellow_floor_not_lowered",
            ),
            models.UniqueConstraint(
                fields=["size"], condition=Q(is_active=True) & ~Q(size=""), name="clients_segment_one_default_per_size"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SegmentServer(models.Model):
    """Who serves which segment; a person without a row serves all of them (section 2.5)."""

    user = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="served_segments")
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="servers")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "segment"], name="clients_segmentserver_once")]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.segment_id}"


class Category(models.Model):
    name = models.CharField(_("name"), max_length=80, unique=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Source(models.Model):
    name = models.CharField(_("name"), max_length=80, unique=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Client(models.Model):
    """A company or a person. `owner` and `state` are caches written by funnels' services alone."""

    department = models.ForeignKey(Department, verbose_name=_("department"), on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=12, choices=ClientKind.choices, default=ClientKind.ORGANISATION)
    name = models.CharField(_("name"), max_length=200)
    sort_key = models.CharField(max_length=200, editable=False)
    inn = models.CharField(_("INN"), max_length=12, blank=True)
    kpp = models.CharField(_("KPP"), max_length=9, blank=True)
    ogrn = models.CharField(_("OGRN"), max_length=15, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    website = models.CharField(_("website"), max_length=200, blank=True)
    note = models.TextField(_("note"), max_length=5000, blank=True)
    section = models.CharField(_("section"), max_length=14, choices=Section.choices, default=Section.CALL_BASE)
    size = models.CharField(_("size label"), max_length=10, choices=SizeLabel.choices, blank=True)
    category = models.ForeignKey(Category, verbose_name=_("category"), null=True, blank=True, on_delete=models.PROTECT)
    segment = models.ForeignKey(Segment, verbose_name=_("segment"), null=True, blank=True, on_delete=models.PROTECT)
    source = models.ForeignKey(Source, verbose_name=_("source"), null=True, blank=True, on_delete=models.PROTECT)
    owner = models.ForeignKey(
        USER, verbose_name=_("owner"), null=True, blank=True, on_delete=models.PROTECT, related_name="clients"
    )
    state = models.CharField(_("state"), max_length=10, choices=ClientState.choices, null=True, blank=True)
    recall_on = models.DateField(_("recall on"), null=True, blank=True)
    # Written down by the rooms above, so that the scope needs no look upwards.
    has_documents = models.BooleanField(default=False, editable=False)
    has_calls = models.BooleanField(default=False, editable=False)
    # Imported history is kept as text and is a filter; it creates no colour (R-S0-P4).
    imported_responsible = models.CharField(max_length=120, blank=True)
    imported_stage = models.CharField(max_length=120, blank=True)
    imported_budget = models.CharField(max_length=40, blank=True)
    imported_extra = models.JSONField(default=dict, blank=True)
    is_live = models.BooleanField(default=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ClientQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["inn", "kpp"],
                condition=Q(is_live=True) & ~Q(inn=""),
                name="clients_client_inn_kpp_unique",
                violation_error_message=_("A client with this INN and KPP already exists."),
            ),
            models.CheckConstraint(
                condition=~Q(section=Section.IN_WORK) | Q(owner__isnull=False), name="clients_client_in_work_has_owner"
            ),
            models.CheckConstraint(
                condition=Q(owner__isnull=True) | Q(section__in=[Section.IN_WORK, Section.CUSTOMERS]),
                name="clients_client_owner_only_in_work_or_customer",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="clients_client_has_name"),
        ]
        indexes = [
            # a manager's list, by name
            models.Index(fields=["owner", "sort_key", "id"], name="clients_client_by_owner"),
            # a section of the department's base, by name; the free ones are counted without reading the clients
            models.Index(
                fields=["department", "section", "sort_key", "id"],
                include=["is_live", "owner", "recall_on"],
                name="clients_client_by_section",
            ),
            # the director's whole base, by name; counted and joined with the departments without reading the clients
            models.Index(
                fields=["section", "sort_key", "id"],
                include=["department"],
                condition=Q(is_live=True),
                name="clients_client_all_by_section",
            ),
            # next to nobody: whom to leave out of what is counted without reading the clients
            models.Index(fields=["id"], condition=Q(is_live=False), name="clients_client_not_live"),
            models.Index(fields=["sort_key", "id"], name="clients_client_by_name"),
            # those who left the funnel, by state; nobody ever worked with the rest of the base
            models.Index(
                fields=["state", "department", "section"],
                include=["id", "is_live"],
                condition=Q(state__isnull=False),
                name="clients_client_by_state",
            ),
            # search by INN
            models.Index(fields=["inn"], condition=~Q(inn=""), name="clients_client_by_inn"),
            # recall and archive that come due
            models.Index(fields=["recall_on"], condition=Q(recall_on__isnull=False), name="clients_client_by_recall"),
            # search by a fragment of the name
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="clients_client_name_trgm"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        # A fixed address; the page itself belongs to a higher room.
        return f"/clients/{self.pk}/"


class ContactPerson(models.Model):
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="people")
    full_name = models.CharField(_("full name"), max_length=160)
    position = models.CharField(_("position"), max_length=120, blank=True)
    is_dm = models.BooleanField(_("decision maker"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    created_at = models.DateTimeField(editable=False)

    objects = PersonQuerySet.as_manager()

    class Meta:
        ordering = ["-is_dm", "full_name", "pk"]
        indexes = [models.Index(fields=["client", "is_active"], name="clients_person_by_client")]

    def __str__(self) -> str:
        return self.full_name


class Phone(models.Model):
    """A number as E.164 plus its last ten digits; what cannot be parsed is kept as text and never matched."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="phones")
    person = models.ForeignKey(ContactPerson, null=True, blank=True, on_delete=models.PROTECT, related_name="phones")
    raw = models.CharField(_("phone"), max_length=64)
    e164 = models.CharField(max_length=16, blank=True, editable=False)
    last10 = models.CharField(max_length=10, blank=True, editable=False)
    extension = models.CharField(max_length=10, blank=True, editable=False)
    is_shared = models.BooleanField(_("shared number"), default=False)
    is_live = models.BooleanField(default=True, editable=False)

    objects = DealingsQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["e164"],
                condition=Q(is_live=True, is_shared=False) & ~Q(e164=""),
                name="clients_phone_unique_unless_shared",
                violation_error_message=_("This number already belongs to another client."),
            ),
        ]
        indexes = [
            models.Index(fields=["e164"], condition=~Q(e164=""), name="clients_phone_by_e164"),
            models.Index(fields=["last10"], condition=~Q(last10=""), name="clients_phone_by_last10"),
            # search by the last digits of a number
            models.Index(OpClass(Reverse("last10"), name="text_pattern_ops"), name="clients_phone_by_suffix"),
        ]

    def __str__(self) -> str:
        return self.e164 or self.raw


class Email(models.Model):
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="emails")
    person = models.ForeignKey(ContactPerson, null=True, blank=True, on_delete=models.PROTECT, related_name="emails")
    address = models.CharField(_("e-mail"), max_length=254)

    objects = DealingsQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["client", "address"], name="clients_email_once_per_client")]
        indexes = [
            models.Index(fields=["address"], name="clients_email_by_address"),
            GinIndex(OpClass(Upper("address"), name="gin_trgm_ops"), name="clients_email_trgm"),
        ]

    def __str__(self) -> str:
        return self.address


class RetakeBan(models.Model):
    """Who lost the client by rotation or by term may not take it again before this day (section 1.2); funnels writes it."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="retake_bans")
    user = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="retake_bans")
    until_on = models.DateField()  # inclusive: day 180 is still banned

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "user"], name="clients_retakeban_one_per_person")]
        indexes = [models.Index(fields=["user", "until_on"], name="clients_retakeban_by_user")]

    def __str__(self) -> str:
        return f"{self.client_id}/{self.user_id} until {self.until_on}"


class ImportRun(models.Model):
    """One file, read once: bound to the hash of its content and to its person."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    started_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="imports/", max_length=200, blank=True)
    is_dry = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=ImportState.choices, default=ImportState.RECEIVED)
    mapping = models.JSONField(default=dict, blank=True)
    counts = models.JSONField(default=dict, blank=True)  # rows, created, duplicates, errors, warnings
    error = models.CharField(max_length=300, blank=True)
    # what is being read right now and which rows have failed (journal.rules.Trials)
    trials = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(models.Model):
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows")
    row_no = models.PositiveIntegerField()  # as a spreadsheet numbers it: the header is row 1
    state = models.CharField(max_length=10, choices=RowState.choices)
    name = models.CharField(max_length=200, blank=True)
    codes = models.JSONField(default=list, blank=True)  # codes of errors and warnings
    client = models.ForeignKey(Client, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        ordering = ["row_no"]
        constraints = [models.UniqueConstraint(fields=["run", "row_no"], name="clients_importrow_once")]

    def __str__(self) -> str:
        return f"{self.run_id}:{self.row_no} {self.state}"
