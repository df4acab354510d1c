"""Audit events are written once: UPDATE and DELETE are refused for everybody, TRUNCATE for all but the owner."""

from django.db import migrations

GUARD = """
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON trail_auditevent FOR EACH ROW EXECUTE FUNCTION lw_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("trail", "0001_initial"), ("lenders", "0002_guard_functions")]
    operations = [migrations.RunSQL(GUARD, "DROP TRIGGER append_only_guard ON trail_auditevent")]
