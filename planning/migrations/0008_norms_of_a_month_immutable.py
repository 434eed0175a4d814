from django.db import migrations

FORWARD = """
CREATE FUNCTION planning_guard_monthnorms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.is_current AND NOT NEW.is_current
       AND to_jsonb(NEW) - 'is_current' = to_jsonb(OLD) - 'is_current' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the norms of a month are never changed' USING ERRCODE = 'insufficient_privilege';
END;
$$;
CREATE TRIGGER planning_monthnorms_immutable BEFORE UPDATE OR DELETE ON planning_monthnorms
    FOR EACH ROW EXECUTE FUNCTION planning_guard_monthnorms();
"""
BACKWARD = """
DROP TRIGGER planning_monthnorms_immutable ON planning_monthnorms;
DROP FUNCTION planning_guard_monthnorms();
"""


class Migration(migrations.Migration):
    dependencies = [("planning", "0007_norms_of_segments")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
