from django.db import migrations

# ALWAYS: a session that plays a replica (session_replication_role) is refused too. What remains is the owner of the
# tables, who may switch a trigger off; the seals tell that he did (docs/decisions/0008).
FORWARD = """
ALTER TABLE journal_auditevent ENABLE ALWAYS TRIGGER journal_auditevent_append_only;
CREATE TRIGGER journal_auditevent_no_truncate BEFORE TRUNCATE ON journal_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse_change();
ALTER TABLE journal_auditevent ENABLE ALWAYS TRIGGER journal_auditevent_no_truncate;
CREATE TRIGGER journal_auditseal_append_only BEFORE UPDATE OR DELETE ON journal_auditseal
    FOR EACH ROW EXECUTE FUNCTION journal_refuse_change();
ALTER TABLE journal_auditseal ENABLE ALWAYS TRIGGER journal_auditseal_append_only;
CREATE TRIGGER journal_auditseal_no_truncate BEFORE TRUNCATE ON journal_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse_change();
ALTER TABLE journal_auditseal ENABLE ALWAYS TRIGGER journal_auditseal_no_truncate;
"""
BACKWARD = """
DROP TRIGGER journal_auditseal_no_truncate ON journal_auditseal;
DROP TRIGGER journal_auditseal_append_only ON journal_auditseal;
DROP TRIGGER journal_auditevent_no_truncate ON journal_auditevent;
ALTER TABLE journal_auditevent ENABLE TRIGGER journal_auditevent_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0004_audit_seals")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
