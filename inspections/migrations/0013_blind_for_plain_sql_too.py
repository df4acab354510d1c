"""Blind verification in the database: rows of the recorder that a risk officer must not see yet are not there for plain SQL either.

`lw.reader` names who reads (see loanwatch.people.reader); without it nothing of these tables is seen. The owner sees all:
migrations, the triggers that run with the owner's rights and the checks of foreign keys. Conclusion, summary and score of a
visit lie beside its row until it is verified, because a policy hides rows, not columns.
"""

import django.db.models.deletion
from django.db import migrations, models

READER = """
CREATE FUNCTION lw_reader_sees_all() RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    reader text := coalesce(current_setting('lw.reader', true), '');
BEGIN
    IF reader = 'house' THEN
        RETURN true;
    END IF;
    IF reader !~ '^[0-9]{1,18}$' THEN
        RETURN false;
    END IF;
    -- A day wide on both sides: the lender's calendar day is not the server's.
    RETURN NOT EXISTS (SELECT 1 FROM people_roleheld h WHERE h.person_id = reader::bigint AND h.role = 'risk_officer'
                       AND h.from_on <= current_date + 1 AND (h.to_on IS NULL OR h.to_on > current_date - 1));
END $$;

CREATE FUNCTION lw_reader_sees_visit(asked bigint) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    reader text := coalesce(current_setting('lw.reader', true), '');
BEGIN
    IF reader !~ '^[0-9]{1,18}$' THEN
        RETURN false;
    END IF;
    RETURN EXISTS (
        SELECT 1 FROM inspections_visit v WHERE v.id = asked AND (v.recorded_by_id = reader::bigint OR (v.state <> 'draft' AND (
            EXISTS (SELECT 1 FROM inspections_task t WHERE t.id = v.task_id AND t.state = 'done')
            OR EXISTS (SELECT 1 FROM inspections_reading r WHERE r.visit_id = v.id AND r.person_id = reader::bigint)))));
END $$;

CREATE FUNCTION lw_reader_sees_view(asked bigint) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    reader text := coalesce(current_setting('lw.reader', true), '');
BEGIN
    IF reader !~ '^[0-9]{1,18}$' THEN
        RETURN false;
    END IF;
    RETURN EXISTS (SELECT 1 FROM inspections_verification c JOIN inspections_visit v ON v.id = c.visit_id
                   WHERE c.id = asked AND (c.officer_id = reader::bigint OR v.state <> 'submitted'));
END $$;
"""

POLICIES = """
ALTER TABLE inspections_visitwords ENABLE ROW LEVEL SECURITY;
ALTER TABLE inspections_answer ENABLE ROW LEVEL SECURITY;
ALTER TABLE inspections_photo ENABLE ROW LEVEL SECURITY;
ALTER TABLE inspections_ownanswer ENABLE ROW LEVEL SECURITY;
CREATE POLICY blind ON inspections_visitwords USING ((SELECT lw_reader_sees_all()) OR lw_reader_sees_visit(visit_id));
CREATE POLICY blind ON inspections_answer USING ((SELECT lw_reader_sees_all()) OR lw_reader_sees_visit(visit_id));
CREATE POLICY blind ON inspections_photo USING ((SELECT lw_reader_sees_all()) OR lw_reader_sees_visit(visit_id));
CREATE POLICY blind ON inspections_ownanswer USING ((SELECT lw_reader_sees_all()) OR lw_reader_sees_view(verification_id));
"""

WORDS = """
CREATE FUNCTION lw_visit_words() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    told inspections_visitwords;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state <> 'draft' THEN
        RETURN NEW;
    END IF;
    SELECT * INTO told FROM inspections_visitwords WHERE visit_id = NEW.id;
    told.visit_id := NEW.id;
    IF TG_ARGV[0] IN ('all', 'conclusion') AND NEW.conclusion <> 'kept' THEN
        told.conclusion := NEW.conclusion;
        NEW.conclusion := CASE NEW.conclusion WHEN '' THEN '' ELSE 'kept' END;
    END IF;
    IF TG_ARGV[0] IN ('all', 'summary') THEN
        told.summary := NEW.summary;
        NEW.summary := '';
    END IF;
    IF TG_ARGV[0] IN ('all', 'position_reason') THEN
        told.position_reason := NEW.position_reason;
        NEW.position_reason := '';
    END IF;
    IF TG_ARGV[0] IN ('all', 'score') THEN
        told.score := NEW.score;
        NEW.score := NULL;
    END IF;
    INSERT INTO inspections_visitwords (visit_id, conclusion, summary, position_reason, score)
    VALUES (NEW.id, coalesce(told.conclusion, ''), coalesce(told.summary, ''), coalesce(told.position_reason, ''), told.score)
    ON CONFLICT (visit_id) DO UPDATE SET conclusion = EXCLUDED.conclusion, summary = EXCLUDED.summary,
        position_reason = EXCLUDED.position_reason, score = EXCLUDED.score;
    RETURN NEW;
END $$;

CREATE FUNCTION lw_visit_words_back() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SELECT w.conclusion, w.summary, w.position_reason, w.score INTO NEW.conclusion, NEW.summary, NEW.position_reason, NEW.score
    FROM inspections_visitwords w WHERE w.visit_id = NEW.id;
    RETURN NEW;
END $$;

-- Named to come after visit_guard, which compares the row as it was with the row as it is written.
CREATE TRIGGER words_all BEFORE INSERT ON inspections_visit FOR EACH ROW EXECUTE FUNCTION lw_visit_words('all');
CREATE TRIGGER words_conclusion BEFORE UPDATE OF conclusion ON inspections_visit FOR EACH ROW EXECUTE FUNCTION lw_visit_words('conclusion');
CREATE TRIGGER words_summary BEFORE UPDATE OF summary ON inspections_visit FOR EACH ROW EXECUTE FUNCTION lw_visit_words('summary');
CREATE TRIGGER words_position BEFORE UPDATE OF position_reason ON inspections_visit FOR EACH ROW EXECUTE FUNCTION lw_visit_words('position_reason');
CREATE TRIGGER words_score BEFORE UPDATE OF score ON inspections_visit FOR EACH ROW EXECUTE FUNCTION lw_visit_words('score');
CREATE TRIGGER words_verified BEFORE UPDATE OF state ON inspections_visit FOR EACH ROW
    WHEN (OLD.state = 'submitted' AND NEW.state = 'verified') EXECUTE FUNCTION lw_visit_words_back();
"""

# What is there already. The verified ones keep theirs in the row.
MOVE = """
ALTER TABLE inspections_visit DISABLE TRIGGER USER;
INSERT INTO inspections_visitwords (visit_id, conclusion, summary, position_reason, score)
    SELECT id, conclusion, summary, position_reason, score FROM inspections_visit;
UPDATE inspections_visit SET conclusion = CASE conclusion WHEN '' THEN '' ELSE 'kept' END, summary = '', position_reason = '', score = NULL
    WHERE state <> 'verified';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
ALTER TABLE inspections_visit ENABLE TRIGGER USER;
"""

# The conclusion that counts is derived by the owner's rights: whoever decides can't see it in the row.
VERIFICATION = """
CREATE FUNCTION lw_decided_conclusion() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    recorded text;
BEGIN
    SELECT w.conclusion INTO recorded FROM inspections_visitwords w WHERE w.visit_id = NEW.visit_id;
    NEW.decided_conclusion := CASE WHEN NEW.decision IN ('', 'returned') THEN '' WHEN NEW.decision = 'overruled' OR recorded = 'not_given'
                              THEN NEW.own_conclusion ELSE recorded END;
    RETURN NEW;
END $$;
CREATE TRIGGER verification_word BEFORE INSERT OR UPDATE ON inspections_verification FOR EACH ROW EXECUTE FUNCTION lw_decided_conclusion();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inspections", "0012_outsourced_visits"),
        ("people", "0003_roles_kept_apart"),
    ]
    operations = [
        migrations.CreateModel(
            name="VisitWords",
            fields=[
                (
                    "visit",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name="words", serialize=False, to="inspections.visit"
                    ),
                ),
                ("conclusion", models.CharField(blank=True, db_default="", max_length=10)),
                ("summary", models.TextField(blank=True, db_default="")),
                ("position_reason", models.TextField(blank=True, db_default="")),
                ("score", models.SmallIntegerField(null=True)),
            ],
        ),
        migrations.RunSQL(READER, migrations.RunSQL.noop),
        migrations.RunSQL(POLICIES, migrations.RunSQL.noop),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        migrations.RunSQL(WORDS, migrations.RunSQL.noop),
        migrations.RunSQL(VERIFICATION, migrations.RunSQL.noop),
    ]
