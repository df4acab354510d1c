"""What an agency has stays with it, ends with its inspection, and is not reviewed by whoever made the log-in it was recorded with."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION lw_task_of_agency_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM inspections_orderedvisit v JOIN inspections_order o ON o.id = v.order_id
               WHERE v.task_id = NEW.id AND v.state = 'taken' AND NOT EXISTS
                   (SELECT 1 FROM inspections_agent a WHERE a.agency_id = o.agency_id AND a.person_id = NEW.assigned_to_id AND a.to_on IS NULL)) THEN
        RAISE EXCEPTION 'inspection % is ordered from an agency and goes to nobody else', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'task_stays_with_its_agency';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER task_of_agency_guard BEFORE UPDATE OF assigned_to_id ON inspections_task FOR EACH ROW
    WHEN (OLD.assigned_to_id IS DISTINCT FROM NEW.assigned_to_id) EXECUTE FUNCTION lw_task_of_agency_guard();

-- An inspection that is cancelled is dropped from its order; one that its verification returns is graded and reckoned anew.
CREATE FUNCTION lw_order_follows_task() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state = 'cancelled' THEN
        UPDATE inspections_orderedvisit SET state = 'dropped' WHERE task_id = NEW.id AND state IN ('asked', 'taken');
    ELSE
        UPDATE inspections_orderedvisit SET state = 'taken', quality = NULL, note = '', reviewed_by_id = NULL, reviewed_on = NULL,
            late_days = NULL, reworks = NULL, owed = NULL WHERE task_id = NEW.id AND state IN ('accepted', 'rejected');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER order_follows_task AFTER UPDATE OF state ON inspections_task FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('cancelled', 'returned')) EXECUTE FUNCTION lw_order_follows_task();

CREATE OR REPLACE FUNCTION lw_ordered_visit_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    reviewer_agency text;
    made inspections_visit;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'ordered visits are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'asked' THEN
            RAISE EXCEPTION 'an ordered visit begins by being asked for' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.id, OLD.order_id, OLD.task_id, OLD.fee, OLD.currency) IS DISTINCT FROM (NEW.id, NEW.order_id, NEW.task_id, NEW.fee, NEW.currency)
        OR OLD.state = 'dropped' OR (OLD.state IN ('accepted', 'rejected') AND (NEW.state <> 'taken' OR (OLD.agent_id IS DISTINCT FROM NEW.agent_id)
            OR NOT EXISTS (SELECT 1 FROM inspections_task t WHERE t.id = OLD.task_id AND t.state = 'returned'))) THEN
        RAISE EXCEPTION 'ordered visit % is frozen', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state IN ('accepted', 'rejected') THEN
        SELECT agency INTO reviewer_agency FROM people_person WHERE id = NEW.reviewed_by_id;
        IF reviewer_agency <> '' OR OLD.state <> 'taken' THEN
            RAISE EXCEPTION 'what an agency delivered is reviewed by somebody of the bank' USING ERRCODE = 'check_violation', CONSTRAINT = 'reviewer_is_of_the_bank';
        END IF;
        SELECT * INTO made FROM inspections_visit v WHERE v.task_id = NEW.task_id AND v.state <> 'draft' ORDER BY v.attempt DESC LIMIT 1;
        IF made.id IS NULL OR NOT EXISTS (SELECT 1 FROM inspections_agent a JOIN inspections_order o ON o.agency_id = a.agency_id
                                          WHERE o.id = NEW.order_id AND a.person_id = made.recorded_by_id) THEN
            RAISE EXCEPTION 'the agency did not record inspection %', NEW.task_id USING ERRCODE = 'check_violation', CONSTRAINT = 'the_agency_made_the_visit';
        END IF;
        IF EXISTS (SELECT 1 FROM inspections_phonelink l WHERE l.person_id = made.recorded_by_id AND l.made_by_id = NEW.reviewed_by_id
                   AND l.used_at <= made.submitted_at) THEN
            RAISE EXCEPTION 'whoever made the link that an agent logged in with reviews nothing recorded since'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'reviewer_made_no_link';
        END IF;
    END IF;
    RETURN NEW;
END $$;

-- The same for the verification: who can log in as the recorder is no second person.
CREATE FUNCTION lw_verifier_made_no_link() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM inspections_visit v JOIN inspections_phonelink l ON l.person_id = v.recorded_by_id
               WHERE v.id = NEW.visit_id AND l.made_by_id = NEW.officer_id AND l.used_at <= v.submitted_at) THEN
        RAISE EXCEPTION 'whoever made the link that an agent logged in with verifies nothing recorded since'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'verifier_made_no_link';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER verifier_made_no_link BEFORE INSERT OR UPDATE OF officer_id ON inspections_verification
    FOR EACH ROW EXECUTE FUNCTION lw_verifier_made_no_link();

UPDATE inspections_orderedvisit v SET state = 'dropped' FROM inspections_task t WHERE t.id = v.task_id AND t.state = 'cancelled' AND v.state IN ('asked', 'taken');
"""


class Migration(migrations.Migration):
    dependencies = [("inspections", "0021_what_blocks_is_freed_with_evidence")]
    operations = [migrations.RunSQL(GUARDS, migrations.RunSQL.noop)]
