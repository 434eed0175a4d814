from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clients.models import Client, ContactPerson
from funnels.choices import ContactKind, ContactResult, Direction, Place, ProgressKind, QuestionKind
from funnels.models.cycles import SalesCycle
from funnels.querysets import ContactQuerySet, OfCycleQuerySet

USER = settings.AUTH_USER_MODEL


class Contact(models.Model):
    """A call, meeting, visit, letter or message. Credited or not, with the reason, by table 1.4 alone."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="contacts")
    cycle = models.ForeignKey(SalesCycle, null=True, blank=True, on_delete=models.PROTECT, related_name="contacts")
    person = models.ForeignKey(ContactPerson, null=True, blank=True, on_delete=models.PROTECT, related_name="contacts")
    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="contacts")
    kind = models.CharField(_("kind"), max_length=8, choices=ContactKind.choices)
    direction = models.CharField(max_length=3, choices=Direction.choices, default=Direction.OUT)
    at = models.DateTimeField()
    day = models.DateField()  # the organisation's day of `at`
    result = models.CharField(_("result"), max_length=10, choices=ContactResult.choices)
    talk_seconds = models.PositiveIntegerField(null=True, blank=True)  # null = entered by hand, without telephony
    is_manual = models.BooleanField(default=True)
    is_personal = models.BooleanField(default=True)  # a meeting face to face
    place = models.CharField(max_length=8, choices=Place.choices, blank=True)
    text = models.TextField(_("what was agreed"), max_length=5000, blank=True)
    has_interest = models.BooleanField(_("interest"), default=False)
    is_offer_discussed = models.BooleanField(_("the offer was discussed"), default=False)
    is_terms_discussed = models.BooleanField(_("terms were discussed"), default=False)
    progress_kind = models.CharField(_("progress"), max_length=20, choices=ProgressKind.choices, blank=True)
    progress_due_on = models.DateField(_("progress due"), null=True, blank=True)
    questionnaire_percent = models.PositiveSmallIntegerField(default=0)
    is_productive_call = models.BooleanField(default=False)
    is_walk = models.BooleanField(default=False)
    is_held_meeting = models.BooleanField(default=False)
    is_productive_meeting = models.BooleanField(default=False)
    is_warm_contact = models.BooleanField(default=False)
    is_visit = models.BooleanField(default=False)
    is_incoming_call = models.BooleanField(default=False)
    is_advancing = models.BooleanField(default=False)
    reason = models.CharField(max_length=32, blank=True)  # why it is not (or not fully) credited
    reason_detail = models.JSONField(default=dict, blank=True)
    key = models.CharField(max_length=80, null=True, blank=True)  # form or call id: a second press saves nothing
    recorded_at = models.DateTimeField()

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "day"],
                condition=Q(is_productive_call=True) | Q(is_walk=True),
                name="funnels_contact_one_credited_call_a_day",
            ),
            models.UniqueConstraint(fields=["user", "key"], name="funnels_contact_saved_once"),
        ]
        indexes = [
            models.Index(fields=["client", "-at"], name="funnels_contact_by_client"),
            models.Index(fields=["user", "day"], name="funnels_contact_by_user_day"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"

    @property
    def is_credited(self) -> bool:
        return (
            self.is_productive_call
            or self.is_walk
            or self.is_held_meeting
            or self.is_productive_meeting
            or self.is_warm_contact
            or self.is_visit
            or self.is_incoming_call
        )


class QuestionnaireTemplate(models.Model):
    name = models.CharField(_("name"), max_length=120)
    version = models.PositiveIntegerField(default=1)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="funnels_template_version_once")]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Question(models.Model):
    template = models.ForeignKey(QuestionnaireTemplate, on_delete=models.CASCADE, related_name="questions")
    section = models.CharField(max_length=80)
    text = models.CharField(max_length=300)
    kind = models.CharField(max_length=8, choices=QuestionKind.choices, default=QuestionKind.TEXT)
    choices = models.JSONField(default=list, blank=True)
    is_required = models.BooleanField(default=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.text


class Questionnaire(models.Model):
    """Answers of one cycle; completeness = answered required / required (R-S3-16)."""

    cycle = models.OneToOneField(SalesCycle, on_delete=models.PROTECT, related_name="questionnaire")
    template = models.ForeignKey(QuestionnaireTemplate, on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField(default=dict, blank=True)  # {question id as text: value}
    answered_required = models.PositiveSmallIntegerField(default=0)
    required = models.PositiveSmallIntegerField(default=0)
    completed_on = models.DateField(null=True, blank=True)
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = OfCycleQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.answered_required}/{self.required}"

    @property
    def percent(self) -> int:
        """Whole per cents, rounded down, so that 100 means every required answer."""
        return 100 if not self.required else self.answered_required * 100 // self.required
