"""A version enters as the draft of a person who is among its authors, or as the first of a shipped rule that nobody has written on; and
one that is to be replaced on a later day may end on an earlier one.

Without the first, one INSERT that names no maker, or a maker who is no author, would go round the second pair of eyes.
"""

from importlib import import_module

from django.db import migrations

GUARD = """
CREATE OR REPLACE FUNCTION lw_rule_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.checked_by_id IS NOT NULL OR NEW.approved_by_id IS NOT NULL OR NEW.state IN ('checked', 'dropped') OR NOT (
            NEW.made_by_id IS NOT NULL AND NEW.state = 'draft' AND NEW.made_by_id = ANY (NEW.authors)
            OR NEW.made_by_id IS NULL AND NEW.authors = '{}' AND NEW.version = 1
                AND (NEW.state <> 'retired' OR NEW.valid_to = NEW.valid_from) AND (NEW.state <> 'live' OR NEW.valid_to IS NULL)
                AND NOT EXISTS (SELECT FROM alerts_ruleversion v WHERE v.rule_id = NEW.rule_id)
        ) THEN
            RAISE EXCEPTION 'a version somebody wrote begins as a draft, and one that nobody wrote is the first of a shipped rule'
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
        OR NEW.valid_to IS DISTINCT FROM OLD.valid_to AND NOT (NEW.state = 'retired'
            AND (OLD.state = 'live' OR OLD.state = 'retired' AND NEW.valid_to < OLD.valid_to AND NEW.valid_to >= OLD.valid_from)) THEN
        RAISE EXCEPTION 'since when and by whose approval a version counts never changes'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'rule_version_keeps_its_dates';
    END IF;
    RETURN NEW;
END $$;
"""
# The text of the guard as it was: its function is the first statement of that migration.
BEFORE = import_module("alerts.migrations.0018_versions_are_guarded").GUARD.partition("CREATE TRIGGER")[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [("alerts", "0023_closures_are_kept")]
    operations = [migrations.RunSQL(GUARD, BEFORE)]
