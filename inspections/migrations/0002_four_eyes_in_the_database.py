"""Four eyes and frozen records, kept by the database itself.

Hand-written triggers without a switch: no session setting turns them off, and no log-in but the owner's can drop them. Each
function pins its search path, so that a temporary table of the caller's making can't stand in for a real one. They run with
the rights of whoever writes. A row that another one depends on is locked while it is asked, so that two writers can't pass
each other: an answer can't slip into a visit that is being submitted.
"""

from django.db import migrations

VISIT = """
CREATE FUNCTION lw_visit_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    decided inspections_verification;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'inspections are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'an inspection begins as a draft' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.id, OLD.task_id, OLD.attempt, OLD.lender_id, OLD.bucket, OLD.loan_id, OLD.template_id, OLD.recorded_by_id, OLD.started_at)
        IS DISTINCT FROM (NEW.id, NEW.task_id, NEW.attempt, NEW.lender_id, NEW.bucket, NEW.loan_id, NEW.template_id, NEW.recorded_by_id, NEW.started_at) THEN
        RAISE EXCEPTION 'who recorded which inspection never changes' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state = 'draft' AND NEW.state IN ('draft', 'submitted') THEN
        RETURN NEW;
    END IF;
    IF OLD.state <> 'submitted' OR NEW.state NOT IN ('returned', 'verified') THEN
        RAISE EXCEPTION 'inspection % is % and can''t become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF to_jsonb(OLD) - ARRAY['state', 'verified_by_id', 'verified_at'] IS DISTINCT FROM to_jsonb(NEW) - ARRAY['state', 'verified_by_id', 'verified_at'] THEN
        RAISE EXCEPTION 'inspection % was submitted and is frozen', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT * INTO decided FROM inspections_verification WHERE visit_id = OLD.id AND decision <> '';
    IF decided.id IS NULL OR decided.decision <> (CASE NEW.state WHEN 'verified' THEN 'confirmed' ELSE 'returned' END)
       OR (NEW.state = 'verified' AND (decided.officer_id IS DISTINCT FROM NEW.verified_by_id OR decided.seen_hash <> OLD.content_hash)) THEN
        RAISE EXCEPTION 'inspection % has no decision of a second person that makes it %', OLD.id, NEW.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER visit_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_visit FOR EACH ROW EXECUTE FUNCTION lw_visit_guard();
"""

CONTENT = """
CREATE FUNCTION lw_visit_content_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    found_state text;
    asked bigint;
BEGIN
    FOREACH asked IN ARRAY CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.visit_id] WHEN 'DELETE' THEN ARRAY[OLD.visit_id] ELSE ARRAY[OLD.visit_id, NEW.visit_id] END LOOP
        SELECT state INTO found_state FROM inspections_visit WHERE id = asked FOR SHARE;
        IF found_state IS DISTINCT FROM 'draft' THEN
            RAISE EXCEPTION 'inspection % was submitted: its % can''t change', asked, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END LOOP;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_answer FOR EACH ROW EXECUTE FUNCTION lw_visit_content_guard();
CREATE TRIGGER frozen_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_photo FOR EACH ROW EXECUTE FUNCTION lw_visit_content_guard();
"""

VERIFICATION = """
CREATE FUNCTION lw_verification_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    visit inspections_visit;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'verifications are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT * INTO visit FROM inspections_visit WHERE id = NEW.visit_id FOR SHARE;
    IF visit.state <> 'submitted' THEN
        RAISE EXCEPTION 'inspection % is %, there is nothing to verify', visit.id, visit.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.officer_id = visit.recorded_by_id THEN
        RAISE EXCEPTION 'the person who recorded inspection % can''t verify it', visit.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'officer_is_not_recorder';
    END IF;
    -- Responsible for the loan now, or on the day of the visit. The longer cooling-off is a parameter, asked in the action.
    IF EXISTS (SELECT 1 FROM borrowers_custody c WHERE c.loan_id = visit.loan_id AND c.person_id = NEW.officer_id AND c.capacity = 'lead'
               AND (c.to_on IS NULL OR (c.from_on <= visit.visited_on AND c.to_on > visit.visited_on))) THEN
        RAISE EXCEPTION 'the account manager of the loan can''t verify inspection %', visit.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'officer_is_not_account_manager';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.own_recorded_at IS NOT NULL OR NEW.decision <> '' OR NEW.decided_at IS NOT NULL THEN
            RAISE EXCEPTION 'a verification begins without a view and without a decision' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.decision <> '' OR (OLD.id, OLD.lender_id, OLD.visit_id, OLD.officer_id, OLD.opened_at)
        IS DISTINCT FROM (NEW.id, NEW.lender_id, NEW.visit_id, NEW.officer_id, NEW.opened_at) THEN
        RAISE EXCEPTION 'verification % is frozen', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.own_recorded_at IS NOT NULL AND (OLD.own_recorded_at, OLD.own_conclusion, OLD.own_summary)
        IS DISTINCT FROM (NEW.own_recorded_at, NEW.own_conclusion, NEW.own_summary) THEN
        RAISE EXCEPTION 'the own view of verification % is frozen', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.decision <> '' AND (OLD.own_recorded_at IS NULL OR NEW.seen_hash <> visit.content_hash) THEN
        RAISE EXCEPTION 'verification % decides without an own view, or on other content than was submitted', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER verification_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_verification
    FOR EACH ROW EXECUTE FUNCTION lw_verification_guard();

CREATE FUNCTION lw_own_answer_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    recorded timestamptz;
    asked bigint;
BEGIN
    FOREACH asked IN ARRAY CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.verification_id] WHEN 'DELETE' THEN ARRAY[OLD.verification_id]
                           ELSE ARRAY[OLD.verification_id, NEW.verification_id] END LOOP
        SELECT own_recorded_at INTO recorded FROM inspections_verification WHERE id = asked FOR SHARE;
        IF recorded IS NOT NULL THEN
            RAISE EXCEPTION 'the own view of verification % is frozen', asked USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END LOOP;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_ownanswer FOR EACH ROW EXECUTE FUNCTION lw_own_answer_guard();
"""

READING = """
CREATE FUNCTION lw_reading_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inspections_verification v WHERE v.visit_id = NEW.visit_id AND v.officer_id = NEW.person_id AND v.own_recorded_at IS NOT NULL) THEN
        RAISE EXCEPTION 'inspection % is read after the own view is recorded', NEW.visit_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reading_guard BEFORE INSERT ON inspections_reading FOR EACH ROW EXECUTE FUNCTION lw_reading_guard();
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON inspections_reading FOR EACH ROW EXECUTE FUNCTION lw_append_only();
"""

TEMPLATE = """
CREATE FUNCTION lw_template_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(OLD) - 'state' IS DISTINCT FROM to_jsonb(NEW) - 'state' THEN
        RAISE EXCEPTION 'template % is frozen: make a new version', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER template_guard BEFORE UPDATE OR DELETE ON inspections_template FOR EACH ROW EXECUTE FUNCTION lw_template_guard();
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON inspections_section FOR EACH ROW EXECUTE FUNCTION lw_append_only();
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON inspections_checkpoint FOR EACH ROW EXECUTE FUNCTION lw_append_only();

CREATE FUNCTION lw_template_in_use_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM inspections_section s JOIN inspections_visit v ON v.template_id = s.template_id WHERE s.id = NEW.section_id) THEN
        RAISE EXCEPTION 'the template of section % is in use: make a new version', NEW.section_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER in_use_guard BEFORE INSERT ON inspections_checkpoint FOR EACH ROW EXECUTE FUNCTION lw_template_in_use_guard();
"""

DROP = {
    "visit": "DROP TRIGGER visit_guard ON inspections_visit; DROP FUNCTION lw_visit_guard();",
    "content": "DROP TRIGGER frozen_guard ON inspections_answer; DROP TRIGGER frozen_guard ON inspections_photo; DROP FUNCTION lw_visit_content_guard();",
    "verification": "DROP TRIGGER verification_guard ON inspections_verification; DROP FUNCTION lw_verification_guard();"
    "DROP TRIGGER frozen_guard ON inspections_ownanswer; DROP FUNCTION lw_own_answer_guard();",
    "reading": "DROP TRIGGER reading_guard ON inspections_reading; DROP TRIGGER append_only_guard ON inspections_reading; DROP FUNCTION lw_reading_guard();",
    "template": "DROP TRIGGER template_guard ON inspections_template; DROP FUNCTION lw_template_guard();"
    "DROP TRIGGER append_only_guard ON inspections_section; DROP TRIGGER append_only_guard ON inspections_checkpoint;"
    "DROP TRIGGER in_use_guard ON inspections_checkpoint; DROP FUNCTION lw_template_in_use_guard();",
}


class Migration(migrations.Migration):
    dependencies = [("inspections", "0001_initial"), ("lenders", "0002_guard_functions")]
    operations = [
        migrations.RunSQL(VISIT, DROP["visit"]),
        migrations.RunSQL(CONTENT, DROP["content"]),
        migrations.RunSQL(VERIFICATION, DROP["verification"]),
        migrations.RunSQL(READING, DROP["reading"]),
        migrations.RunSQL(TEMPLATE, DROP["template"]),
    ]
