"""A class is decided once, by somebody who does not answer for the loan: the database says so too."""

from django.db import migrations, models

GUARD = """
CREATE FUNCTION lw_class_proposal_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.state IN ('confirmed', 'overruled') THEN
        RAISE EXCEPTION 'class proposal % is decided and can no longer change', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state = 'overruled' AND NEW.reason = '' THEN
        RAISE EXCEPTION 'class proposal % is overruled without a reason', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'overruled_class_has_a_reason';
    END IF;
    IF NEW.state IN ('confirmed', 'overruled') AND EXISTS (
        SELECT 1 FROM borrowers_custody c WHERE c.loan_id = NEW.loan_id AND c.person_id = NEW.decided_by_id AND c.from_on <= NEW.decided_on
        AND (c.to_on IS NULL OR c.to_on > NEW.decided_on)) THEN
        RAISE EXCEPTION 'who answers for the loan can''t decide class proposal %', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'class_is_not_decided_by_the_account_manager';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER class_proposal_guard BEFORE UPDATE ON alerts_classproposal FOR EACH ROW EXECUTE FUNCTION lw_class_proposal_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("alerts", "0006_staff_are_observed"), ("borrowers", "0016_decided_classes_and_receipts")]

    operations = [
        migrations.AddField(model_name="classproposal", name="before_days_past_due", field=models.IntegerField(null=True)),
        migrations.RunSQL(GUARD, "DROP TRIGGER class_proposal_guard ON alerts_classproposal; DROP FUNCTION lw_class_proposal_guard();"),
    ]
