import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension
from django.db import migrations
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("journal", "0006_audit_indexes_by_time")]

    operations = [
        TrigramExtension(),
        AddIndexConcurrently(
            "auditevent",
            django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(Upper("object_name"), name="gin_trgm_ops"),
                name="journal_audit_by_name",
            ),
        ),
    ]
