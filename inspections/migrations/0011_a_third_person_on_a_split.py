"""Two officers above a limit, a third person on a split, questions to the recorder and results per point, kept by the database.

Hand-written triggers as in 0002: without a switch, with a pinned search path. Who is independent is one function for the
officer and for the person who settles a split. The first decision no longer decides a visit above the limit; a visit
follows its decisions only where all of them say the same, or where a third person has settled it.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from loanwatch.kernel.migrating import in_one_go

INDEPENDENT = """
CREATE FUNCTION lw_parameter(lender bigint, name text, day date) RETURNS jsonb LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT value FROM lenders_parameter WHERE lender_id = lender AND key = name AND valid_from <= day AND (approved_by <> '' OR proposed_by = '')
    ORDER BY valid_from DESC, id DESC LIMIT 1
$$;

CREATE FUNCTION lw_decisions_needed(visit inspections_visit) RETURNS integer LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN l.principal > (lw_parameter(visit.lender_id, 'four_eyes.two_above', visit.submitted_on) ->> l.currency)::numeric THEN 2 ELSE 1 END
    FROM borrowers_loan l WHERE l.id = visit.loan_id
$$;

CREATE FUNCTION lw_not_independent(visit inspections_visit, who bigint) RETURNS text LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    since date := visit.submitted_on - make_interval(months => coalesce((lw_parameter(visit.lender_id, 'four_eyes.cooling_months', visit.submitted_on))::int, 12));
BEGIN
    IF who = visit.recorded_by_id THEN
        RETURN 'officer_is_not_recorder';
    END IF;
    -- Responsible now, within the cooling-off before the visit was handed in, or on the day of the visit.
    IF EXISTS (SELECT 1 FROM borrowers_custody c WHERE c.loan_id = visit.loan_id AND c.person_id = who AND c.capacity = 'lead'
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

VISIT = """
CREATE OR REPLACE FUNCTION lw_visit_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    settled inspections_settlement;
    said record;
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
    SELECT * INTO settled FROM inspections_settlement WHERE visit_id = OLD.id;
    IF settled.id IS NOT NULL THEN
        IF (settled.outcome = 'returned') <> (NEW.state = 'returned')
           OR (NEW.state = 'verified' AND (settled.person_id IS DISTINCT FROM NEW.verified_by_id OR settled.seen_hash <> OLD.content_hash)) THEN
            RAISE EXCEPTION 'inspection % was settled otherwise', OLD.id USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT count(*) AS decisions, count(DISTINCT (decision = 'returned', decided_conclusion)) AS ways, bool_and(seen_hash = OLD.content_hash) AS on_content,
           bool_or(decision = 'returned') AS back, bool_or(officer_id IS NOT DISTINCT FROM NEW.verified_by_id) AS named
    INTO said FROM inspections_verification WHERE visit_id = OLD.id AND decision <> '';
    IF said.decisions < lw_decisions_needed(OLD) OR said.ways <> 1 OR said.back <> (NEW.state = 'returned')
       OR (NEW.state = 'verified' AND NOT (said.named AND said.on_content)) THEN
        RAISE EXCEPTION 'inspection % has no decision of a second person that makes it %', OLD.id, NEW.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""

VERIFICATION = """
CREATE OR REPLACE FUNCTION lw_verification_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    visit inspections_visit;
    seen inspections_visit;
    why text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'verifications are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- Two who decide at once go one after the other.
    IF NEW.decision <> '' THEN
        SELECT * INTO visit FROM inspections_visit WHERE id = NEW.visit_id FOR NO KEY UPDATE;
    ELSE
        SELECT * INTO visit FROM inspections_visit WHERE id = NEW.visit_id FOR SHARE;
    END IF;
    IF visit.state <> 'submitted' THEN
        RAISE EXCEPTION 'inspection % is %, there is nothing to verify', visit.id, visit.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM inspections_task t WHERE t.id = visit.task_id AND t.kind = 'verify') THEN
        RAISE EXCEPTION 'inspection % is itself a verification', visit.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    why := lw_not_independent(visit, NEW.officer_id);
    IF why IS NOT NULL THEN
        RAISE EXCEPTION 'person % can''t verify inspection %', NEW.officer_id, visit.id USING ERRCODE = 'check_violation', CONSTRAINT = why;
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
    IF OLD.own_recorded_at IS NOT NULL AND (OLD.own_recorded_at, OLD.own_conclusion, OLD.own_summary, OLD.method, OLD.own_task_id, OLD.own_visit_id)
        IS DISTINCT FROM (NEW.own_recorded_at, NEW.own_conclusion, NEW.own_summary, NEW.method, NEW.own_task_id, NEW.own_visit_id) THEN
        RAISE EXCEPTION 'the own view of verification % is frozen', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.own_visit_id IS NOT NULL THEN
        SELECT v.* INTO seen FROM inspections_visit v JOIN inspections_task t ON t.id = v.task_id
        WHERE v.id = NEW.own_visit_id AND t.kind = 'verify' AND v.state <> 'draft' AND t.id = NEW.own_task_id;
        IF seen.id IS NULL OR seen.recorded_by_id <> NEW.officer_id OR seen.loan_id <> visit.loan_id THEN
            RAISE EXCEPTION 'inspection % is no visit of the officer to the same place', NEW.own_visit_id USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    IF NEW.method = 'batch' AND NOT EXISTS (SELECT 1 FROM inspections_task t WHERE t.id = visit.task_id AND t.kind = 'off_site') THEN
        RAISE EXCEPTION 'inspection % is no off-site check and is not verified in a batch', visit.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.method = 'batch' AND EXISTS (
        SELECT 1 FROM alerts_alert a WHERE a.loan_id = visit.loan_id AND a.level = 3 AND a.state <> 'closed' AND NOT a.staff_conduct) THEN
        RAISE EXCEPTION 'the loan of inspection % has a red alert and is not verified in a batch', visit.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.decision = '' THEN
        RETURN NEW;
    END IF;
    IF OLD.own_recorded_at IS NULL OR NEW.seen_hash <> visit.content_hash THEN
        RAISE EXCEPTION 'verification % decides without an own view, or on other content than was submitted', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (SELECT count(*) FROM inspections_verification v WHERE v.visit_id = visit.id AND v.id <> OLD.id AND v.decision <> '') >= lw_decisions_needed(visit) THEN
        RAISE EXCEPTION 'inspection % is already decided', visit.id USING ERRCODE = 'unique_violation', CONSTRAINT = 'enough_decisions';
    END IF;
    NEW.decided_conclusion := CASE WHEN NEW.decision = 'returned' THEN '' WHEN NEW.decision = 'overruled' OR visit.conclusion = 'not_given'
                              THEN NEW.own_conclusion ELSE visit.conclusion END;
    RETURN NEW;
END $$;
"""

AROUND = """
CREATE FUNCTION lw_settlement_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    visit inspections_visit;
    why text;
BEGIN
    SELECT * INTO visit FROM inspections_visit WHERE id = NEW.visit_id FOR NO KEY UPDATE;
    IF visit.state <> 'submitted' OR NEW.seen_hash <> visit.content_hash THEN
        RAISE EXCEPTION 'inspection % is not what was settled', visit.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    why := lw_not_independent(visit, NEW.person_id);
    IF why IS NULL AND EXISTS (SELECT 1 FROM inspections_verification v WHERE v.visit_id = visit.id AND v.officer_id = NEW.person_id AND v.decision <> '') THEN
        why := 'a_third_person_settles';
    END IF;
    IF why IS NOT NULL THEN
        RAISE EXCEPTION 'person % can''t settle inspection %', NEW.person_id, visit.id USING ERRCODE = 'check_violation', CONSTRAINT = why;
    END IF;
    IF (SELECT count(DISTINCT (decision = 'returned', decided_conclusion)) FROM inspections_verification WHERE visit_id = visit.id AND decision <> '') < 2 THEN
        RAISE EXCEPTION 'there is no split on inspection %', visit.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_guard BEFORE INSERT ON inspections_settlement FOR EACH ROW EXECUTE FUNCTION lw_settlement_guard();
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON inspections_settlement FOR EACH ROW EXECUTE FUNCTION lw_append_only();

CREATE FUNCTION lw_point_result_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inspections_verification c JOIN inspections_visit v ON v.id = c.visit_id
                   WHERE c.id = NEW.verification_id AND c.own_recorded_at IS NOT NULL AND v.state = 'submitted') THEN
        RAISE EXCEPTION 'results of verification % are written with its decision', NEW.verification_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER point_result_guard BEFORE INSERT ON inspections_pointresult FOR EACH ROW EXECUTE FUNCTION lw_point_result_guard();
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON inspections_pointresult FOR EACH ROW EXECUTE FUNCTION lw_append_only();

CREATE FUNCTION lw_explanation_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
        IF NEW.answer <> '' THEN
            RAISE EXCEPTION 'a question is asked before it is answered' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.answer <> '' OR NEW.answered_by_id IS DISTINCT FROM asked.recorded_by_id
       OR to_jsonb(OLD) - ARRAY['answer', 'answered_by_id', 'answered_at'] IS DISTINCT FROM to_jsonb(NEW) - ARRAY['answer', 'answered_by_id', 'answered_at'] THEN
        RAISE EXCEPTION 'a question is answered once, by who recorded the inspection' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER explanation_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_explanation FOR EACH ROW EXECUTE FUNCTION lw_explanation_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0026_a_borrower_knows_nothing_of_cases"),
        ("inspections", "0010_forms_with_a_life_and_more_answers"),
    ]

    operations = in_one_go([
        migrations.CreateModel(
            name="Explanation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=80)),
                ("question", models.TextField(verbose_name="question")),
                ("asked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("asked_on", models.DateField()),
                ("answer", models.TextField(blank=True, verbose_name="answer")),
                ("answered_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["verification", "id"],
            },
        ),
        migrations.CreateModel(
            name="PointResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=80)),
                (
                    "result",
                    models.CharField(
                        choices=[("same", "Same"), ("differs", "Differs"), ("material", "Material"), ("one_sided", "One side only")],
                        max_length=10,
                    ),
                ),
                ("percent", models.DecimalField(decimal_places=2, max_digits=20, null=True)),
            ],
            options={
                "ordering": ["verification", "id"],
            },
        ),
        migrations.CreateModel(
            name="Settlement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "outcome",
                    models.CharField(
                        choices=[("confirmed", "Confirmed"), ("returned", "Returned"), ("overruled", "Overruled")],
                        max_length=10,
                        verbose_name="decision",
                    ),
                ),
                (
                    "conclusion",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_problem", "No problem found"),
                            ("concern", "Concern, keep watching"),
                            ("problem", "Problem, action needed"),
                            ("not_given", "Material only, no conclusion"),
                        ],
                        max_length=10,
                        verbose_name="conclusion that counts",
                    ),
                ),
                ("explanation", models.TextField(verbose_name="explanation")),
                ("seen_hash", models.CharField(max_length=64)),
                ("settled_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="verification",
            name="one_decision_per_visit",
        ),
        migrations.AddField(
            model_name="verification",
            name="decided_conclusion",
            field=models.CharField(
                blank=True,
                choices=[
                    ("no_problem", "No problem found"),
                    ("concern", "Concern, keep watching"),
                    ("problem", "Problem, action needed"),
                    ("not_given", "Material only, no conclusion"),
                ],
                db_default="",
                default="",
                max_length=10,
                verbose_name="conclusion that counts",
            ),
        ),
        migrations.AddField(
            model_name="verification",
            name="method",
            field=models.CharField(
                choices=[("desk", "At the desk"), ("visit", "Own visit"), ("batch", "In a batch")],
                db_default="desk",
                default="desk",
                max_length=5,
                verbose_name="method",
            ),
        ),
        migrations.AddField(
            model_name="verification",
            name="own_task",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inspections.task"),
        ),
        migrations.AddField(
            model_name="verification",
            name="own_visit",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inspections.visit"),
        ),
        migrations.AddField(
            model_name="verification",
            name="proposed_class",
            field=models.CharField(blank=True, db_default="", default="", max_length=20, verbose_name="class proposed"),
        ),
        migrations.AddField(
            model_name="verification",
            name="review_asked",
            field=models.BooleanField(db_default=False, default=False, verbose_name="review of the account manager asked"),
        ),
        migrations.AlterField(
            model_name="verification",
            name="decision",
            field=models.CharField(
                blank=True,
                choices=[("confirmed", "Confirmed"), ("returned", "Returned"), ("overruled", "Overruled")],
                max_length=10,
                verbose_name="decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="verification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision", "overruled"), _negated=True), models.Q(("explanation", ""), _negated=True), _connector="OR"
                ),
                name="overruling_is_explained",
            ),
        ),
        migrations.AddConstraint(
            model_name="verification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("method", "visit"), _negated=True),
                    ("own_recorded_at__isnull", True),
                    ("own_visit__isnull", False),
                    _connector="OR",
                ),
                name="own_visit_is_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="verification",
            constraint=models.UniqueConstraint(fields=("own_visit",), name="one_verification_per_own_visit"),
        ),
        migrations.AddField(
            model_name="explanation",
            name="answered_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
        ),
        migrations.AddField(
            model_name="explanation",
            name="checkpoint",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inspections.checkpoint"),
        ),
        migrations.AddField(
            model_name="explanation",
            name="verification",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="explanations", to="inspections.verification"
            ),
        ),
        migrations.AddField(
            model_name="pointresult",
            name="checkpoint",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inspections.checkpoint"),
        ),
        migrations.AddField(
            model_name="pointresult",
            name="verification",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="results", to="inspections.verification"),
        ),
        migrations.AddField(
            model_name="settlement",
            name="lender",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lenders.lender"),
        ),
        migrations.AddField(
            model_name="settlement",
            name="person",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
        ),
        migrations.AddField(
            model_name="settlement",
            name="visit",
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="settlement", to="inspections.visit"),
        ),
        migrations.AddConstraint(
            model_name="explanation",
            constraint=models.UniqueConstraint(fields=("verification", "code"), name="one_question_per_point"),
        ),
        migrations.AddConstraint(
            model_name="explanation",
            constraint=models.CheckConstraint(condition=models.Q(("question", ""), _negated=True), name="a_question_has_words"),
        ),
        migrations.AddConstraint(
            model_name="explanation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", ""), ("answered_at__isnull", True), ("answered_by__isnull", True)),
                    models.Q(models.Q(("answer", ""), _negated=True), ("answered_at__isnull", False), ("answered_by__isnull", False)),
                    _connector="OR",
                ),
                name="an_answer_has_its_person_and_time",
            ),
        ),
        migrations.AddIndex(
            model_name="pointresult",
            index=models.Index(fields=["checkpoint", "result"], name="result_of_checkpoint"),
        ),
        migrations.AddConstraint(
            model_name="pointresult",
            constraint=models.UniqueConstraint(fields=("verification", "code"), name="one_result_per_point"),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(condition=models.Q(("explanation", ""), _negated=True), name="settlement_is_explained"),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome", "returned"), models.Q(("conclusion", ""), _negated=True), _connector="OR"),
                name="settlement_has_a_conclusion",
            ),
        ),
        migrations.RunSQL(INDEPENDENT, migrations.RunSQL.noop),
        migrations.RunSQL(VISIT, migrations.RunSQL.noop),
        migrations.RunSQL(VERIFICATION, migrations.RunSQL.noop),
        migrations.RunSQL(AROUND, migrations.RunSQL.noop),
    ])
