from django.db import migrations

FORWARD = """
CREATE FUNCTION planning_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a frozen forecast is never changed' USING ERRCODE = 'insufficient_privilege';
END;
$$;
CREATE TRIGGER planning_forecastsnapshot_frozen BEFORE UPDATE OR DELETE ON planning_forecastsnapshot
    FOR EACH ROW EXECUTE FUNCTION planning_refuse_change();
"""
BACKWARD = """
DROP TRIGGER planning_forecastsnapshot_frozen ON planning_forecastsnapshot;
DROP FUNCTION planning_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("planning", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
