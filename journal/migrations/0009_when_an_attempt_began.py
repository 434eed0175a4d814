from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0008_rows_set_aside")]

    operations = [
        migrations.AddField("jobrun", "started_at", models.DateTimeField(blank=True, null=True)),
    ]
