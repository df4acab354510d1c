"""Days of a national calendar are written by the library's list or by an approved change; decided changes and terms are frozen.

Hand-written: a session setting can't switch it off.
"""

from django.db import migrations

GUARDS = """
CREATE FUNCTION lw_calendar_day_is_approved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE told lenders_dayexception;
BEGIN
    told := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    IF TG_OP = 'INSERT' AND told.source LIKE 'holidays %' THEN
        RETURN NEW;  -- the published holidays, which only fill days that the table lacks
    END IF;
    IF NOT EXISTS (
        SELECT FROM lenders_calendarchange c, jsonb_array_elements(c.days) d
        WHERE c.calendar = told.calendar AND c.approved_by <> '' AND NOT c.rejected AND d->>'on' = told."on"::text
          AND (d->>'is_business')::boolean IS NOT DISTINCT FROM (CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE told.is_business END)
    ) THEN
        RAISE EXCEPTION 'the calendar % changes on % only by a change that another person approved', told.calendar, told."on"
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'calendar_day_is_approved';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER approved_guard BEFORE INSERT OR UPDATE OR DELETE ON lenders_dayexception
    FOR EACH ROW EXECUTE FUNCTION lw_calendar_day_is_approved();

CREATE FUNCTION lw_calendar_change_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.decided_at IS NOT NULL
        OR (NEW.calendar, NEW.days, NEW.source, NEW.proposed_by, NEW.proposed_at)
            IS DISTINCT FROM (OLD.calendar, OLD.days, OLD.source, OLD.proposed_by, OLD.proposed_at) THEN
        RAISE EXCEPTION 'a change of the calendar is decided once and never rewritten'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'calendar_change_is_frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_guard BEFORE UPDATE OR DELETE ON lenders_calendarchange FOR EACH ROW EXECUTE FUNCTION lw_calendar_change_is_frozen();

CREATE FUNCTION lw_terms_are_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.approved_by <> '' OR OLD.proposed_by = '' THEN
        RAISE EXCEPTION 'terms of product % in force from % are never changed; propose new ones', OLD.product_id, OLD.valid_from
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'terms_in_force_are_frozen';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF (NEW.product_id, NEW.valid_from, NEW.convention, NEW.grace_days, NEW.materiality_minor, NEW.materiality_percent, NEW.day_count,
        NEW.source, NEW.proposed_by, NEW.proposed_at)
        IS DISTINCT FROM (OLD.product_id, OLD.valid_from, OLD.convention, OLD.grace_days, OLD.materiality_minor, OLD.materiality_percent,
        OLD.day_count, OLD.source, OLD.proposed_by, OLD.proposed_at) THEN
        RAISE EXCEPTION 'proposed terms can only be approved or withdrawn'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'proposed_terms_are_frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_guard BEFORE UPDATE OR DELETE ON lenders_productterms FOR EACH ROW EXECUTE FUNCTION lw_terms_are_frozen();
"""

BACK = """
DROP TRIGGER frozen_guard ON lenders_productterms; DROP FUNCTION lw_terms_are_frozen();
DROP TRIGGER frozen_guard ON lenders_calendarchange; DROP FUNCTION lw_calendar_change_is_frozen();
DROP TRIGGER approved_guard ON lenders_dayexception; DROP FUNCTION lw_calendar_day_is_approved();
"""


class Migration(migrations.Migration):
    dependencies = [("lenders", "0004_terms_and_calendar_changes")]
    operations = [migrations.RunSQL(GUARDS, BACK)]
