from django.db import migrations

FORWARD = """
CREATE FUNCTION kpi_guard_reference() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.approved_at IS NOT NULL THEN
        RAISE EXCEPTION 'an approved reference value is never changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END;
$$;
CREATE TRIGGER kpi_reference_immutable BEFORE UPDATE OR DELETE ON kpi_referencekpi
    FOR EACH ROW EXECUTE FUNCTION kpi_guard_reference();

CREATE FUNCTION kpi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % is never changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END;
$$;
CREATE TRIGGER kpi_statement_immutable BEFORE UPDATE OR DELETE ON kpi_paystatement
    FOR EACH ROW EXECUTE FUNCTION kpi_refuse_change();
CREATE TRIGGER kpi_scheme_immutable BEFORE UPDATE OR DELETE ON kpi_payscheme
    FOR EACH ROW EXECUTE FUNCTION kpi_refuse_change();
CREATE TRIGGER kpi_norm_immutable BEFORE UPDATE OR DELETE ON kpi_norm
    FOR EACH ROW EXECUTE FUNCTION kpi_refuse_change();
"""
BACKWARD = """
DROP TRIGGER kpi_norm_immutable ON kpi_norm;
DROP TRIGGER kpi_scheme_immutable ON kpi_payscheme;
DROP TRIGGER kpi_statement_immutable ON kpi_paystatement;
DROP FUNCTION kpi_refuse_change();
DROP TRIGGER kpi_reference_immutable ON kpi_referencekpi;
DROP FUNCTION kpi_guard_reference();
"""


class Migration(migrations.Migration):
    dependencies = [("kpi", "0001_references_and_pay")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
