"""How a check is made follows the draw, findings wait for the last decision, and a question can be withdrawn.

The draw's word on the method is kept beside the guard of the verification: a batch holds only what was drawn for a batch and has no red
alert on the loan or its borrower; what was drawn for an own visit is checked at the desk only with a reason. Whoever handles a loan, or
is responsible for it, is as little independent as its lead.
"""

from django.db import migrations, models

from loanwatch.kernel.migrating import in_one_go

INDEPENDENT = """
CREATE OR REPLACE FUNCTION lw_not_independent(visit inspections_visit, who bigint) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp AS $$
DECLARE
    since date := visit.submitted_on - make_interval(months => coalesce((lw_parameter(visit.lender_id, 'four_eyes.cooling_months', visit.submitted_on))::int, 12));
BEGIN
    IF who = visit.recorded_by_id THEN
        RETURN 'officer_is_not_recorder';
    END IF;
    -- In whatever capacity: now, within the cooling-off before the visit was handed in, or on the day of the visit.
    IF EXISTS (SELECT 1 FROM borrowers_custody c WHERE c.loan_id = visit.loan_id AND c.person_id = who
               AND (c.to_on IS NULL OR c.to_on > since OR (c.from_on <= visit.visited_on AND c.to_on > visit.visited_on))) THEN
        RETURN 'officer_is_not_account_manager';
    END IF;
    IF EXISTS (SELECT 1 FROM people_person a JOIN people_person b ON a.agency = b.agency WHERE a.id = who AND b.id = visit.recorded_by_id AND a.agency <> '') THEN
        RETURN 'officer_is_not_of_the_agency';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM people_roleheld h WHERE h.person_id = who AND h.role IN ('risk_officer', 'credit_admin')) THEN
        RETURN 'officer_holds_the_role';
    END IF;
    RETURN NULL;
END $$;
"""

METHOD = """
CREATE FUNCTION lw_method_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    drawn text;
BEGIN
    IF OLD.own_recorded_at IS NOT NULL AND OLD.desk_reason <> NEW.desk_reason THEN
        RAISE EXCEPTION 'the own view of verification % is frozen', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT d.method INTO drawn FROM inspections_draw d WHERE d.visit_id = NEW.visit_id;
    IF NEW.method = 'batch' AND drawn IS DISTINCT FROM 'batch' THEN
        RAISE EXCEPTION 'inspection % was not drawn for a batch', NEW.visit_id USING ERRCODE = 'check_violation', CONSTRAINT = 'method_follows_the_draw';
    END IF;
    IF NEW.method = 'batch' AND NEW.decision = '' AND EXISTS (
        SELECT 1 FROM inspections_visit v JOIN borrowers_loan l ON l.id = v.loan_id
        JOIN alerts_alert a ON a.borrower_id = l.borrower_id AND (a.loan_id = l.id OR a.loan_id IS NULL)
        WHERE v.id = NEW.visit_id AND a.level = 3 AND a.state <> 'closed' AND NOT a.staff_conduct) THEN
        RAISE EXCEPTION 'the borrower of inspection % has a red alert: it is not verified in a batch', NEW.visit_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'method_follows_the_draw';
    END IF;
    IF drawn = 'visit' AND NEW.own_recorded_at IS NOT NULL AND OLD.own_recorded_at IS NULL AND NEW.own_visit_id IS NULL AND NEW.desk_reason = '' THEN
        RAISE EXCEPTION 'inspection % was drawn for an own visit', NEW.visit_id USING ERRCODE = 'check_violation', CONSTRAINT = 'method_follows_the_draw';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER method_guard BEFORE UPDATE ON inspections_verification FOR EACH ROW EXECUTE FUNCTION lw_method_guard();
"""

QUESTIONS = """
CREATE OR REPLACE FUNCTION lw_explanation_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    asked record;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'questions are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT c.own_recorded_at, c.decision, v.state, v.recorded_by_id INTO asked
    FROM inspections_verification c JOIN inspections_visit v ON v.id = c.visit_id WHERE c.id = NEW.verification_id;
    IF asked.own_recorded_at IS NULL OR asked.decision <> '' OR asked.state <> 'submitted' THEN
        RAISE EXCEPTION 'questions are asked and answered between the own view and the decision' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.answer <> '' OR NEW.withdrawn <> '' THEN
            RAISE EXCEPTION 'a question is asked before it is answered' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.answer <> '' OR OLD.withdrawn <> '' OR (NEW.answer <> '' AND NEW.answered_by_id IS DISTINCT FROM asked.recorded_by_id)
       OR to_jsonb(OLD) - ARRAY['answer', 'answered_by_id', 'answered_at', 'withdrawn', 'withdrawn_at']
          IS DISTINCT FROM to_jsonb(NEW) - ARRAY['answer', 'answered_by_id', 'answered_at', 'withdrawn', 'withdrawn_at'] THEN
        RAISE EXCEPTION 'a question is answered once, by who recorded the inspection, or withdrawn' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("inspections", "0019_as_strictly_as_before")]
    operations = in_one_go([
        migrations.AddField(
            model_name="verification",
            name="desk_reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=400, verbose_name="why at the desk after all"),
        ),
        migrations.AddField(
            model_name="verification",
            name="finding",
            field=models.JSONField(blank=True, null=True, verbose_name="finding that follows"),
        ),
        migrations.AddField(
            model_name="explanation",
            name="withdrawn",
            field=models.CharField(blank=True, db_default="", default="", max_length=400, verbose_name="why the question was withdrawn"),
        ),
        migrations.AddField(model_name="explanation", name="withdrawn_at", field=models.DateTimeField(null=True)),
        migrations.AddConstraint(
            model_name="explanation",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn", ""), ("withdrawn_at__isnull", True))
                | models.Q(models.Q(("withdrawn", ""), _negated=True), ("answer", ""), ("withdrawn_at__isnull", False)),
                name="a_withdrawal_has_its_words_and_time",
            ),
        ),
        migrations.RunSQL(INDEPENDENT, migrations.RunSQL.noop),
        migrations.RunSQL(METHOD, migrations.RunSQL.noop),
        migrations.RunSQL(QUESTIONS, migrations.RunSQL.noop),
    ])
