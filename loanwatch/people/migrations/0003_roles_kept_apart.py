"""Nobody is account manager and risk officer over the same loans, and a role is ended, never deleted or rewritten.

Hand-written: a session setting can't switch these off. The functions run with the rights of whoever writes.
"""

from django.db import migrations

KEPT_APART = """
CREATE FUNCTION lw_roles_kept_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.role NOT IN ('account_manager', 'risk_officer') THEN
        RETURN NEW;
    END IF;
    -- Two roles for one person written at the same moment wait for each other here.
    PERFORM 1 FROM people_person WHERE id = NEW.person_id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT 1
        FROM people_roleheld other
        JOIN people_branchreach reach
          ON (reach.ancestor_id = other.branch_id AND reach.descendant_id = NEW.branch_id)
          OR (reach.ancestor_id = NEW.branch_id AND reach.descendant_id = other.branch_id)
        WHERE other.person_id = NEW.person_id
          AND other.id <> NEW.id
          AND other.role = CASE NEW.role WHEN 'account_manager' THEN 'risk_officer' ELSE 'account_manager' END
          AND NOT isempty(daterange(other.from_on, other.to_on) * daterange(NEW.from_on, NEW.to_on) * daterange(reach.from_on, reach.to_on))
    ) THEN
        RAISE EXCEPTION 'person % would be account manager and risk officer over the same branches', NEW.person_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'manager_and_officer_kept_apart';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER kept_apart_guard BEFORE INSERT OR UPDATE ON people_roleheld
    FOR EACH ROW EXECUTE FUNCTION lw_roles_kept_apart();

-- A branch that moves may bring two roles of one person together as well.
CREATE FUNCTION lw_moves_kept_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1
        FROM people_roleheld upper
        JOIN people_roleheld lower ON lower.person_id = upper.person_id
        WHERE upper.branch_id = NEW.ancestor_id AND lower.branch_id = NEW.descendant_id
          AND (upper.role, lower.role) IN (('account_manager', 'risk_officer'), ('risk_officer', 'account_manager'))
          AND NOT isempty(daterange(upper.from_on, upper.to_on) * daterange(lower.from_on, lower.to_on) * daterange(NEW.from_on, NEW.to_on))
    ) THEN
        RAISE EXCEPTION 'branch % below branch % would make one person account manager and risk officer over the same branches',
            NEW.descendant_id, NEW.ancestor_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'manager_and_officer_kept_apart';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER kept_apart_guard BEFORE INSERT OR UPDATE ON people_branchreach
    FOR EACH ROW EXECUTE FUNCTION lw_moves_kept_apart();
"""

ENDED_NOT_DELETED = """
CREATE FUNCTION lw_role_is_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a role is ended, not deleted' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'role_is_ended_not_deleted';
    END IF;
    IF (NEW.person_id, NEW.role, NEW.branch_id, NEW.from_on, NEW.granted_by_id)
        IS DISTINCT FROM (OLD.person_id, OLD.role, OLD.branch_id, OLD.from_on, OLD.granted_by_id)
       OR (OLD.to_on IS NOT NULL AND (NEW.to_on IS NULL OR NEW.to_on > OLD.to_on)) THEN
        RAISE EXCEPTION 'a role that is held can only be ended; grant it anew instead'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'role_is_ended_not_rewritten';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ended_guard BEFORE UPDATE OR DELETE ON people_roleheld FOR EACH ROW EXECUTE FUNCTION lw_role_is_ended();
"""

BACK = """
DROP TRIGGER ended_guard ON people_roleheld;
DROP FUNCTION lw_role_is_ended();
DROP TRIGGER kept_apart_guard ON people_branchreach;
DROP FUNCTION lw_moves_kept_apart();
DROP TRIGGER kept_apart_guard ON people_roleheld;
DROP FUNCTION lw_roles_kept_apart();
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0002_roles_over_the_whole_installation")]
    operations = [migrations.RunSQL(KEPT_APART + ENDED_NOT_DELETED, BACK)]
