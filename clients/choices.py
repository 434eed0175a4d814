from django.db import models
from django.utils.translation import gettext_lazy as _


class Section(models.TextChoices):
    """The six sections of the base (C7); a client is always in exactly one. Values mirror clients.constants."""

    CALL_BASE = "call_base", _("Base to call")
    IN_WORK = "in_work", _("In work")
    CUSTOMERS = "customers", _("Customers")
    SOFT_REFUSAL = "soft_refusal", _("Refusal with further work")
    STRATEGIC = "strategic", _("Strategic archive")
    HARD_REFUSAL = "hard_refusal", _("Hard refusal and not ours")


class SizeLabel(models.TextChoices):
    LARGE = "large", _("Large")
    MEDIUM = "medium", _("Medium")
    SMALL = "small", _("Small")
    NOT_OURS = "not_ours", _("Not our client")


class ClientKind(models.TextChoices):
    ORGANISATION = "organisation", _("Organisation")
    PERSON = "person", _("Person")


class ClientState(models.TextChoices):
    """The ten states of R-S2-6; the cached state of the open, else of the last cycle."""

    NEW = "new", _("New client")
    C1 = "c1", _("Contact 1")
    C2 = "c2", _("Contact 2")
    C3 = "c3", _("Contact 3")
    DEAL = "deal", _("Deal")
    REFUSAL = "refusal", _("Refusal")
    RESERVE = "reserve", _("Strategic reserve")
    RECALL = "recall", _("Recall")
    SUPPORT = "support", _("Deal support")
    CUSTOMER = "customer", _("Customer")


class ImportState(models.TextChoices):
    RECEIVED = "received", _("Received")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")


class RowState(models.TextChoices):
    CREATED = "created", _("Created")
    DUPLICATE = "duplicate", _("Duplicate")
    ERROR = "error", _("Error")
