from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Concurrently: people go on writing while a long log is indexed.
    atomic = False
    dependencies = [("journal", "0005_audit_refuses_truncate")]

    operations = [
        AddIndexConcurrently("auditevent", models.Index(fields=["at", "id"], name="journal_audit_by_time")),
        AddIndexConcurrently(
            "auditevent",
            models.Index(fields=["object_type", "object_id", "at", "id"], name="journal_audit_of_object"),
        ),
        AddIndexConcurrently(
            "auditevent", models.Index(fields=["actor_id", "at", "id"], name="journal_audit_of_actor")
        ),
        AddIndexConcurrently("auditevent", models.Index(fields=["action", "at", "id"], name="journal_audit_of_action")),
        AddIndexConcurrently("auditevent", models.Index(fields=["via", "at", "id"], name="journal_audit_of_channel")),
        AddIndexConcurrently(
            "auditevent",
            models.Index(
                fields=["request_id"],
                condition=models.Q(("request_id", ""), _negated=True),
                name="journal_audit_of_request",
            ),
        ),
        RemoveIndexConcurrently("auditevent", "journal_audit_by_object"),
        RemoveIndexConcurrently("auditevent", "journal_audit_by_actor"),
    ]
