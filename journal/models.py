"""Where everybody signs. No foreign key to anybody: an actor is an id and a login, an object is a type and an id."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Value
from django.db.models.functions import Upper

from journal.choices import Channel, RunState


class AuditEvent(models.Model):
    """One act on one object. The database itself refuses to change, delete or truncate (triggers in 0002 and 0005)."""

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_login = models.CharField(max_length=64, blank=True)
    via = models.CharField(max_length=8, choices=Channel.choices)
    request_id = models.CharField(max_length=36, blank=True)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.BigIntegerField(null=True, blank=True)
    object_name = models.CharField(max_length=200, blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    run_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            # nothing stands before the first seal
            models.CheckConstraint(condition=models.Q(id__gt=0), name="journal_auditevent_counted_from_one"),
        ]
        # Each ends with the moment, by which the log is read and cut into days.
        indexes = [
            models.Index(fields=["at", "id"], name="journal_audit_by_time"),
            # the history of one object
            models.Index(fields=["object_type", "object_id", "at", "id"], name="journal_audit_of_object"),
            # what one person did
            models.Index(fields=["actor_id", "at", "id"], name="journal_audit_of_actor"),
            models.Index(fields=["action", "at", "id"], name="journal_audit_of_action"),
            models.Index(fields=["via", "at", "id"], name="journal_audit_of_channel"),
            # a part of a name
            GinIndex(OpClass(Upper("object_name"), name="gin_trgm_ops"), name="journal_audit_by_name"),
            # everything one request did
            models.Index(fields=["request_id"], condition=~models.Q(request_id=""), name="journal_audit_of_request"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type}:{self.object_id}"


class AuditSeal(models.Model):
    """Closes the events with `after_id` < id ≤ `upto_id`: their hash, chained to that of the seal before."""

    number = models.BigIntegerField(primary_key=True)  # 1, 2, 3… without a gap
    after_id = models.BigIntegerField()
    upto_id = models.BigIntegerField()
    events = models.PositiveIntegerField()
    prev_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["after_id"], name="journal_auditseal_one_follower"),
            models.CheckConstraint(
                condition=models.Q(upto_id__gt=models.F("after_id"), events__gt=0), name="journal_auditseal_of_events"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.hash}"


class JobRun(models.Model):
    """One run of one daily job for one business date; the unique row, not the timer, decides that it is due."""

    job = models.CharField(max_length=32)
    business_date = models.DateField()
    due_at = models.DateTimeField()  # its wall time on the business date
    state = models.CharField(max_length=8, choices=RunState.choices, default=RunState.DUE)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    # of the newest attempt; a run waits for its turn before it
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    is_late = models.BooleanField(default=False)
    # what is being done right now and what has failed in this run (journal.rules.Trials)
    trials = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)

    class Meta:
        ordering = ["-business_date", "job"]
        constraints = [
            models.UniqueConstraint(fields=["job", "business_date"], name="journal_jobrun_once_a_day"),
        ]
        indexes = [
            # the sweeper looks for what is due or has lost its worker
            models.Index(fields=["state", "lease_until"], name="journal_jobrun_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.business_date} {self.state}"


class Heartbeat(models.Model):
    """The last sign of life of a part: `beat` = a message of the timer came through, `worker` = a task ended."""

    name = models.CharField(max_length=16, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at}"


class JobItem(models.Model):
    """One object handled by one run: the second attempt of a run sees what the first one has done.

    With the result `set_aside` it is one that could not be handled: `error` says why, without personal data.
    """

    run = models.ForeignKey(JobRun, on_delete=models.PROTECT, related_name="items")
    object_type = models.CharField(max_length=64)
    object_id = models.BigIntegerField()
    result = models.CharField(max_length=32, blank=True)
    error = models.CharField(max_length=200, default="", db_default="", blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "object_type", "object_id"], name="journal_jobitem_once_a_run"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.object_type}:{self.object_id}"


class IdempotencyKey(models.Model):
    """The answer already given to a key of one person: a repeated request gets it again, nothing is done twice."""

    user_id = models.BigIntegerField()
    key = models.CharField(max_length=80)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    response = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id", "key"], name="journal_idempotencykey_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.key}"
