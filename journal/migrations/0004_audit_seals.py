from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_due_at_and_heartbeat")]

    operations = [
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("after_id", models.BigIntegerField()),
                ("upto_id", models.BigIntegerField()),
                ("events", models.PositiveIntegerField()),
                ("prev_hash", models.CharField(blank=True, max_length=64)),
                ("hash", models.CharField(max_length=64)),
                ("sealed_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("after_id",), name="journal_auditseal_one_follower"),
                    models.CheckConstraint(
                        condition=models.Q(("events__gt", 0), ("upto_id__gt", models.F("after_id"))),
                        name="journal_auditseal_of_events",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="auditevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("id__gt", 0)), name="journal_auditevent_counted_from_one"
            ),
        ),
    ]
