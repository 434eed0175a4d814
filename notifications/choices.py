from django.db import models
from django.utils.translation import pgettext_lazy


class OutboxState(models.TextChoices):
    QUEUED = "queued", pgettext_lazy("letter", "Queued")
    SENDING = "sending", pgettext_lazy("letter", "Sending")
    SENT = "sent", pgettext_lazy("letter", "Sent")
    FAILED = "failed", pgettext_lazy("letter", "Failed")
