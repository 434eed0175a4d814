from django.db import migrations

FORWARD = """
CREATE FUNCTION planning_guard_yearplan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'draft' THEN
            RAISE EXCEPTION 'a plan begins as a draft' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.status <> 'draft' THEN
        IF TG_OP = 'UPDATE' AND OLD.status = 'approved' AND NEW.status = 'superseded'
           AND to_jsonb(NEW) - 'status' = to_jsonb(OLD) - 'status' THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'an approved plan is never changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NEW.status <> 'draft' AND NOT EXISTS (
        SELECT 1 FROM planning_planmonth WHERE plan_id = NEW.id HAVING count(*) = 12 AND sum(amount) = NEW.amount
    ) THEN
        RAISE EXCEPTION 'the months of a plan sum to its year' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER planning_yearplan_immutable BEFORE INSERT OR UPDATE OR DELETE ON planning_yearplan
    FOR EACH ROW EXECUTE FUNCTION planning_guard_yearplan();

CREATE FUNCTION planning_guard_planmonth() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM planning_yearplan
        WHERE id IN (CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE OLD.plan_id END,
                     CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE NEW.plan_id END) AND status <> 'draft'
    ) THEN
        RAISE EXCEPTION 'an approved plan is never changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END;
$$;
CREATE TRIGGER planning_planmonth_immutable BEFORE INSERT OR UPDATE OR DELETE ON planning_planmonth
    FOR EACH ROW EXECUTE FUNCTION planning_guard_planmonth();
"""
BACKWARD = """
DROP TRIGGER planning_planmonth_immutable ON planning_planmonth;
DROP FUNCTION planning_guard_planmonth();
DROP TRIGGER planning_yearplan_immutable ON planning_yearplan;
DROP FUNCTION planning_guard_yearplan();
"""


class Migration(migrations.Migration):
    dependencies = [("planning", "0003_year_plans")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
