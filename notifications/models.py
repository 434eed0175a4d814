from django.conf import settings
from django.db import models

from notifications.choices import OutboxState
from notifications.querysets import MailQuerySet, NoticeQuerySet


class OutboxMail(models.Model):
    """A letter written in the transaction of the act that causes it; sent later, at least once, with one Message-ID."""

    dedupe_key = models.CharField(max_length=120, unique=True)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    to_address = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    state = models.CharField(max_length=8, choices=OutboxState.choices, default=OutboxState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    run_after = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    message_id = models.CharField(max_length=200)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            # the sender asks for what is waiting or has lost its sender
            models.Index(
                fields=["run_after"],
                condition=models.Q(state__in=[OutboxState.QUEUED, OutboxState.SENDING]),
                name="notifications_outbox_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dedupe_key} {self.state}"


class Notice(models.Model):
    """A line under the bell."""

    key = models.CharField(max_length=120, unique=True)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["recipient", "-id"], name="notifications_notice_recent")]

    def __str__(self) -> str:
        return self.text

    @property
    def link(self) -> str:
        """`url` when it is a page of ours, else ''."""
        return self.url if self.url.startswith("/") and not self.url.startswith(("//", "/\\")) else ""
