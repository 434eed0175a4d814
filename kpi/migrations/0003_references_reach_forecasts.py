"""References approved before forecasts knew of them are handed down, in the order of their approval."""

from collections import Counter

from django.db import migrations

NAMES = ("p_red", "p_yellow", "p_green", "t_red", "t_yellow", "t_green")


def hand_down(apps, schema_editor):
    database = schema_editor.connection.alias
    references = apps.get_model("kpi", "ReferenceKPI").objects.using(database)
    norms = apps.get_model("planning", "SegmentNorm")
    approved = references.filter(approved_at__isnull=False, role="hunter", kpi__in=NAMES, segment__isnull=False)
    versions = Counter()
    rows = []
    for row in approved.order_by("valid_from", "approved_at", "pk"):
        key = (row.department_id, row.segment_id, row.kpi, row.valid_from)
        versions[key] += 1
        rows.append(
            norms(
                department_id=row.department_id,
                segment_id=row.segment_id,
                name=row.kpi,
                value=row.value,
                valid_from=row.valid_from,
                version=versions[key],
                said_by_id=row.approved_by_id,
                said_at=row.approved_at,
            )
        )
    # Gone back and come again, the same rows are there already.
    norms.objects.using(database).bulk_create(rows, ignore_conflicts=True, batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("kpi", "0002_closed_pay_immutable"), ("planning", "0007_norms_of_segments")]
    operations = [migrations.RunPython(hand_down, migrations.RunPython.noop)]
