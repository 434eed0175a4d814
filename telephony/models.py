from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from clients.models import Client, ContactPerson, Source
from funnels.models import Contact, Task
from telephony.choices import CallDirection, CallResult, EventState
from telephony.querysets import CallQuerySet, ConnectionQuerySet, EventQuerySet, LineQuerySet, MissedCallQuerySet

USER = settings.AUTH_USER_MODEL


class TelephonyConnection(models.Model):
    """One PBX account. The token is stored as a digest; the signing secret must be readable to check signatures."""

    name = models.CharField(_("name"), max_length=80)
    provider = models.CharField(max_length=20, default="neutral")
    token_digest = models.CharField(max_length=64, unique=True)
    token_prefix = models.CharField(max_length=12)
    secret = models.CharField(max_length=128)
    previous_secret = models.CharField(max_length=128, blank=True)  # valid during a rotation of secrets
    previous_secret_until = models.DateTimeField(null=True, blank=True)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    ip_allowlist = models.JSONField(default=list, blank=True)
    time_zone = models.CharField(max_length=64, default="Europe/Moscow")
    created_at = models.DateTimeField()

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Line(models.Model):
    connection = models.ForeignKey(TelephonyConnection, on_delete=models.CASCADE, related_name="lines")
    number = models.CharField(_("number"), max_length=16)  # E.164
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    default_extension = models.CharField(max_length=8, blank=True)  # the duty employee
    group = models.CharField(max_length=40, default="group:sales")

    objects = LineQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["connection", "number"], name="telephony_line_once")]

    def __str__(self) -> str:
        return self.number


class WebhookEvent(models.Model):
    """A delivery stored raw before anything is done with it."""

    uuid = models.UUIDField(unique=True)
    connection = models.ForeignKey(TelephonyConnection, on_delete=models.PROTECT, related_name="events")
    event_key = models.CharField(max_length=120)
    call_id = models.CharField(max_length=120, blank=True)
    body_sha256 = models.CharField(max_length=64)
    raw = models.JSONField()
    state = models.CharField(max_length=10, choices=EventState.choices, default=EventState.RECEIVED)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "event_key"], name="telephony_event_once")]
        indexes = [
            models.Index(
                fields=["received_at"], condition=Q(state=EventState.RECEIVED), name="telephony_event_waiting"
            ),
            # a call is read from all of its events, in whatever order they came
            models.Index(fields=["connection", "call_id"], name="telephony_event_by_call"),
        ]

    def __str__(self) -> str:
        return f"{self.event_key} {self.state}"


class Call(models.Model):
    connection = models.ForeignKey(TelephonyConnection, on_delete=models.PROTECT, related_name="calls")
    call_id = models.CharField(max_length=120)
    rank = models.PositiveSmallIntegerField(default=0)  # 1 ringing, 2 answered, 3 finished
    direction = models.CharField(max_length=8, choices=CallDirection.choices, blank=True)
    client_number = models.CharField(max_length=64, blank=True)
    e164 = models.CharField(max_length=16, blank=True)
    line = models.ForeignKey(Line, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    line_number = models.CharField(max_length=64, blank=True)
    extension = models.CharField(max_length=8, blank=True)
    user = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="calls")
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, null=True, blank=True, on_delete=models.PROTECT, related_name="calls")
    person = models.ForeignKey(ContactPerson, null=True, blank=True, on_delete=models.PROTECT, related_name="calls")
    is_ambiguous = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    talk_seconds = models.PositiveIntegerField(null=True, blank=True)
    wait_seconds = models.PositiveIntegerField(null=True, blank=True)
    result = models.CharField(max_length=10, choices=CallResult.choices, blank=True)
    hangup_cause = models.CharField(max_length=40, blank=True)
    recording_state = models.CharField(max_length=10, blank=True)
    recording_id = models.CharField(max_length=200, blank=True)
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    is_synthetic = models.BooleanField(default=False)  # closed by the sweeper
    missed_call = models.ForeignKey("MissedCall", null=True, blank=True, on_delete=models.PROTECT, related_name="calls")
    contact = models.OneToOneField(Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="call")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["connection", "call_id"], name="telephony_call_once")]
        indexes = [
            models.Index(fields=["client", "-id"], name="telephony_call_by_client"),
            models.Index(fields=["user", "-id"], name="telephony_call_by_user"),
            models.Index(fields=["department", "-id"], name="telephony_call_by_department"),
            models.Index(fields=["e164", "-id"], condition=~Q(e164=""), name="telephony_call_by_number"),
            # what rings too long
            models.Index(fields=["created_at"], condition=Q(rank=1), name="telephony_call_ringing"),
        ]

    def __str__(self) -> str:
        return self.call_id


class MissedCall(models.Model):
    """One task «Перезвонить» per number; further misses within 30 minutes only raise its counter (4.4)."""

    e164 = models.CharField(max_length=16)
    client = models.ForeignKey(Client, null=True, blank=True, on_delete=models.PROTECT, related_name="missed_calls")
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    task = models.OneToOneField(Task, null=True, blank=True, on_delete=models.PROTECT, related_name="missed_call")
    counter = models.PositiveSmallIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    due_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by_call = models.ForeignKey(Call, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = MissedCallQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["e164"], condition=Q(closed_at__isnull=True), name="telephony_missed_one_open_per_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.e164} ×{self.counter}"
