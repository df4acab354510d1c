"""A parameter that is in force, shipped or approved, is never changed or deleted: a new value is a new row from a new date.

Hand-written: a session setting can't switch it off. A proposal may be withdrawn, and approved once.
"""

from django.db import migrations

FROZEN = """
CREATE FUNCTION lw_parameter_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.approved_by <> '' OR OLD.proposed_by = '' THEN
        RAISE EXCEPTION 'parameter % in force from % is never changed; propose a new value', OLD.key, OLD.valid_from
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'parameter_in_force_is_frozen';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF (NEW.lender_id, NEW.key, NEW.value, NEW.valid_from, NEW.source, NEW.confidence, NEW.proposed_by, NEW.proposed_at)
        IS DISTINCT FROM (OLD.lender_id, OLD.key, OLD.value, OLD.valid_from, OLD.source, OLD.confidence, OLD.proposed_by, OLD.proposed_at) THEN
        RAISE EXCEPTION 'a proposed parameter can only be approved or withdrawn'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'proposed_parameter_is_frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_guard BEFORE UPDATE OR DELETE ON lenders_parameter FOR EACH ROW EXECUTE FUNCTION lw_parameter_is_frozen();
"""

BACK = "DROP TRIGGER frozen_guard ON lenders_parameter; DROP FUNCTION lw_parameter_is_frozen();"


class Migration(migrations.Migration):
    dependencies = [("lenders", "0002_guard_functions")]
    operations = [migrations.RunSQL(FROZEN, BACK)]
