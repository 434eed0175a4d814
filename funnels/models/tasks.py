from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from funnels.choices import TaskKind
from funnels.models.cycles import SalesCycle
from funnels.querysets import TaskQuerySet

USER = settings.AUTH_USER_MODEL


class Task(models.Model):
    """What somebody has to do by when. The open `next_step` task of a cycle is the client's next action."""

    kind = models.CharField(max_length=14, choices=TaskKind.choices, default=TaskKind.OTHER)
    client = models.ForeignKey(Client, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks")
    cycle = models.ForeignKey(SalesCycle, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks")
    assignee = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="tasks")
    text = models.CharField(_("what to do"), max_length=300)
    due_at = models.DateTimeField(_("due"))
    has_time = models.BooleanField(default=False)  # False: due by the end of the day
    key = models.CharField(max_length=120, null=True, blank=True, unique=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_cancelled = models.BooleanField(default=False)  # closed by the system: the client left the funnel

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle"],
                condition=Q(kind=TaskKind.NEXT_STEP, done_at__isnull=True),
                name="funnels_task_one_next_step_per_cycle",
            ),
        ]
        indexes = [
            models.Index(fields=["assignee", "due_at"], condition=Q(done_at__isnull=True), name="funnels_task_open"),
            models.Index(fields=["client", "done_at"], name="funnels_task_by_client"),
        ]

    def __str__(self) -> str:
        return self.text
