"""Facts that a correction never overwrites: a new row says what is now known, the old one stays."""

from django.db import migrations

TABLES = ("borrowers_repayment", "borrowers_position", "borrowers_instalment", "borrowers_loanevent")


class Migration(migrations.Migration):
    dependencies = [("borrowers", "0001_initial"), ("lenders", "0002_guard_functions")]
    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION lw_append_only()",
            f"DROP TRIGGER append_only_guard ON {table}",
        )
        for table in TABLES
    ]
