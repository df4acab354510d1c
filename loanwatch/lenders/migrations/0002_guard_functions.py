"""The functions that guards on tables of all packages call. Hand-written: a session setting can't switch them off."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION lw_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("lenders", "0001_initial")]
    operations = [migrations.RunSQL(APPEND_ONLY, "DROP FUNCTION lw_append_only()")]
