"""What a rule version says is frozen once it left draft, its moves are those of alerts.rulebook.life, and no writer approves.

Hand-written: a session setting can't switch it off. Snoozes and test runs may only be ended earlier, once.
"""

from django.db import migrations

# Shipped versions of earlier releases carried no confidence; their limits were proposals.
SHIPPED = "UPDATE alerts_ruleversion SET confidence = 'low' WHERE made_by_id IS NULL"

GUARD = """
CREATE FUNCTION lw_rule_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state NOT IN ('draft', 'checked') AND NEW.made_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'a version somebody wrote begins as a draft'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'rule_version_begins_as_draft';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'versions of a rule are never deleted'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'rule_version_stays';
    END IF;
    IF (NEW.rule_id, NEW.version, NEW.made_by_id, NEW.made_at) IS DISTINCT FROM (OLD.rule_id, OLD.version, OLD.made_by_id, OLD.made_at)
        OR NOT NEW.authors @> OLD.authors THEN
        RAISE EXCEPTION 'who made a version, and its number, never change'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'rule_version_keeps_its_makers';
    END IF;
    IF (OLD.state <> 'draft' OR NEW.state <> 'draft') AND
        (NEW.text, NEW.tree, NEW.fingerprint, NEW.handling_days, NEW.products, NEW.segments, NEW.branches, NEW.cure_days, NEW.hold_days,
         NEW.confidence, NEW.name, NEW.why, NEW.look_at, NEW.basis, NEW.authors) IS DISTINCT FROM
        (OLD.text, OLD.tree, OLD.fingerprint, OLD.handling_days, OLD.products, OLD.segments, OLD.branches, OLD.cure_days, OLD.hold_days,
         OLD.confidence, OLD.name, OLD.why, OLD.look_at, OLD.basis, OLD.authors) THEN
        RAISE EXCEPTION 'what version % of a rule says is frozen: it is no draft', OLD.version
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'rule_version_is_frozen';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
        (('draft', 'checked'), ('draft', 'dropped'), ('checked', 'live'), ('checked', 'draft'), ('live', 'retired')) THEN
        RAISE EXCEPTION 'a rule version does not move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'rule_version_moves';
    END IF;
    IF NEW.state = 'live' AND OLD.state = 'checked' AND (NEW.approved_by_id IS NULL OR NEW.checked_by_id IS NULL OR NEW.approved_by_id = ANY (NEW.authors)) THEN
        RAISE EXCEPTION 'a version goes live only when somebody who did not write it approves it'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'rule_approved_by_no_author';
    END IF;
    IF OLD.state IN ('live', 'retired', 'dropped') AND (NEW.valid_from, NEW.approved_by_id, NEW.checked_by_id)
        IS DISTINCT FROM (OLD.valid_from, OLD.approved_by_id, OLD.checked_by_id)
        OR NEW.valid_to IS DISTINCT FROM OLD.valid_to AND NOT (OLD.state = 'live' AND NEW.state = 'retired') THEN
        RAISE EXCEPTION 'since when and by whose approval a version counts never changes'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'rule_version_keeps_its_dates';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_guard BEFORE INSERT OR UPDATE OR DELETE ON alerts_ruleversion FOR EACH ROW EXECUTE FUNCTION lw_rule_version_guard();

CREATE FUNCTION lw_snooze_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.lifted_by_id IS NULL AND NEW.lifted_by_id IS NOT NULL AND NEW.until <= OLD.until AND
        (NEW.id, NEW.lender_id, NEW.rule_id, NEW.borrower_id, NEW.from_on, NEW.reason, NEW.by_id, NEW.made_at) IS NOT DISTINCT FROM
        (OLD.id, OLD.lender_id, OLD.rule_id, OLD.borrower_id, OLD.from_on, OLD.reason, OLD.by_id, OLD.made_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a snooze is never changed but lifted, once' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'snooze_is_frozen';
END $$;
CREATE TRIGGER snooze_guard BEFORE UPDATE OR DELETE ON alerts_rulesnooze FOR EACH ROW EXECUTE FUNCTION lw_snooze_guard();

CREATE FUNCTION lw_trial_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.stopped_by_id IS NULL AND NEW.stopped_by_id IS NOT NULL AND NEW.to_on <= OLD.to_on AND
        (NEW.id, NEW.lender_id, NEW.rule_version_id, NEW.from_on, NEW.text, NEW.tree, NEW.by_id, NEW.made_at) IS NOT DISTINCT FROM
        (OLD.id, OLD.lender_id, OLD.rule_version_id, OLD.from_on, OLD.text, OLD.tree, OLD.by_id, OLD.made_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a test run is never changed but stopped, once' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'trial_is_frozen';
END $$;
CREATE TRIGGER trial_guard BEFORE UPDATE OR DELETE ON alerts_ruletrial FOR EACH ROW EXECUTE FUNCTION lw_trial_guard();
"""

BACK = """
DROP TRIGGER trial_guard ON alerts_ruletrial; DROP FUNCTION lw_trial_guard();
DROP TRIGGER snooze_guard ON alerts_rulesnooze; DROP FUNCTION lw_snooze_guard();
DROP TRIGGER version_guard ON alerts_ruleversion; DROP FUNCTION lw_rule_version_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("alerts", "0017_life_of_a_rule")]
    operations = [migrations.RunSQL(SHIPPED, migrations.RunSQL.noop), migrations.RunSQL(GUARD, BACK)]
