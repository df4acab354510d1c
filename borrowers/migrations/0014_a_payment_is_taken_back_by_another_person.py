"""Who entered a payment does not take it back: the page says so, and now the database as well."""

from django.db import migrations

GUARD = """
CREATE FUNCTION lw_reversal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM borrowers_repayment p WHERE p.id = NEW.reverses_id AND p.entered_by_id IS NOT NULL
               AND p.entered_by_id IS NOT DISTINCT FROM NEW.entered_by_id) THEN
        RAISE EXCEPTION 'the person who entered a payment does not take it back' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reversal_guard BEFORE INSERT ON borrowers_repayment
    FOR EACH ROW WHEN (NEW.reverses_id IS NOT NULL) EXECUTE FUNCTION lw_reversal_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("borrowers", "0013_who_corrected_a_row_may_reject_it")]
    operations = [migrations.RunSQL(GUARD, "DROP TRIGGER reversal_guard ON borrowers_repayment; DROP FUNCTION lw_reversal_guard()")]
