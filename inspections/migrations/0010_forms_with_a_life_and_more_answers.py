"""Inspection forms have a life - draft, proposed, live, retired - and more kinds of answers; visits keep conditions of the approval.

A draft is written in freely. What it says is frozen from its proposal on, by the triggers below: they know no switch.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models
from django.db.models import F, Q

from loanwatch.kernel.migrating import in_one_go

DROP_OLD = """
DROP TRIGGER template_guard ON inspections_template; DROP FUNCTION lw_template_guard();
DROP TRIGGER append_only_guard ON inspections_section; DROP TRIGGER append_only_guard ON inspections_checkpoint;
DROP TRIGGER in_use_guard ON inspections_checkpoint; DROP FUNCTION lw_template_in_use_guard();
"""

TEMPLATE = """
CREATE FUNCTION lw_template_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    moves text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' OR NEW.approved_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'an inspection form begins as a draft' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'template % is frozen: make a new version', OLD.id USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF (OLD.id, OLD.lender_id, OLD.code, OLD.version, OLD.loan_id, OLD.shipped)
        IS DISTINCT FROM (NEW.id, NEW.lender_id, NEW.code, NEW.version, NEW.loan_id, NEW.shipped) THEN
        RAISE EXCEPTION 'which form template % is never changes', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    moves := CASE OLD.state
        WHEN 'draft' THEN ARRAY['draft', 'proposed'] WHEN 'proposed' THEN ARRAY['draft', 'live'] WHEN 'live' THEN ARRAY['retired'] ELSE ARRAY[]::text[] END;
    IF OLD.state = 'draft' AND NEW.state = 'live' AND (NEW.loan_id IS NOT NULL OR (NEW.shipped AND NEW.made_by_id IS NULL AND NOT EXISTS (
            SELECT 1 FROM inspections_template t WHERE t.lender_id = NEW.lender_id AND t.code = NEW.code AND t.id <> NEW.id))) THEN
        RETURN NEW;  -- what ships, and what only repeats an approval of the loan, needs no second person
    END IF;
    IF NOT NEW.state = ANY (moves) THEN
        RAISE EXCEPTION 'template % is % and can''t become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state <> 'draft' AND to_jsonb(OLD) - ARRAY['state', 'approved_by_id', 'approved_at', 'valid_from', 'retired_on', 'return_reason']
        IS DISTINCT FROM to_jsonb(NEW) - ARRAY['state', 'approved_by_id', 'approved_at', 'valid_from', 'retired_on', 'return_reason'] THEN
        RAISE EXCEPTION 'template % is frozen: make a new version', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state = 'live' AND (OLD.approved_by_id, OLD.approved_at, OLD.valid_from, OLD.return_reason)
        IS DISTINCT FROM (NEW.approved_by_id, NEW.approved_at, NEW.valid_from, NEW.return_reason) THEN
        RAISE EXCEPTION 'who approved template % never changes', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER template_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_template FOR EACH ROW EXECUTE FUNCTION lw_template_guard();

CREATE FUNCTION lw_template_part_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    asked bigint;
    found_state text;
BEGIN
    IF TG_TABLE_NAME = 'inspections_section' THEN
        FOREACH asked IN ARRAY CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.template_id] WHEN 'DELETE' THEN ARRAY[OLD.template_id]
                               ELSE ARRAY[OLD.template_id, NEW.template_id] END LOOP
            SELECT t.state INTO found_state FROM inspections_template t WHERE t.id = asked FOR SHARE;
            EXIT WHEN found_state IS DISTINCT FROM 'draft';
        END LOOP;
    ELSE
        FOREACH asked IN ARRAY CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.section_id] WHEN 'DELETE' THEN ARRAY[OLD.section_id]
                               ELSE ARRAY[OLD.section_id, NEW.section_id] END LOOP
            SELECT t.state INTO found_state FROM inspections_section s JOIN inspections_template t ON t.id = s.template_id
                WHERE s.id = asked FOR SHARE OF t;
            EXIT WHEN found_state IS DISTINCT FROM 'draft';
        END LOOP;
    END IF;
    IF found_state IS DISTINCT FROM 'draft' THEN
        RAISE EXCEPTION 'the form is % and frozen: make a new version', found_state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER draft_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_section FOR EACH ROW EXECUTE FUNCTION lw_template_part_guard();
CREATE TRIGGER draft_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_checkpoint FOR EACH ROW EXECUTE FUNCTION lw_template_part_guard();
"""

STATES = [("draft", "Draft"), ("proposed", "Proposed"), ("live", "Live"), ("retired", "Retired")]
KINDS = [
    ("yes_no", "Yes or no"),
    ("choice", "Choice"),
    ("number", "Number"),
    ("money", "Amount"),
    ("percent", "Percent"),
    ("date", "Date"),
    ("text", "Text"),
    ("photo", "Photo"),
    ("document", "Document"),
    ("position", "Position"),
    ("signature", "Signature"),
    ("items", "Counted items"),
]


def person(**more):
    return models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person", **more)


def add(model, name, field):
    return migrations.AddField(model_name=model, name=name, field=field)


class Migration(migrations.Migration):
    dependencies = [
        ("inspections", "0009_findings_and_holds"),
        ("borrowers", "0001_initial"),
        ("people", "0001_initial"),
    ]

    operations = in_one_go([
        migrations.RunSQL(DROP_OLD, migrations.RunSQL.noop),
        migrations.AlterField("template", "state", models.CharField(choices=STATES, default="draft", max_length=8, verbose_name="state")),
        add("template", "security", models.CharField(blank=True, choices=[("guarantee", "Guaranteed, without a pledge"), ("stock", "Pledged stock")], default="", max_length=10, verbose_name="security")),
        migrations.AlterField("template", "security", models.CharField(blank=True, choices=[("guarantee", "Guaranteed, without a pledge"), ("stock", "Pledged stock")], max_length=10, verbose_name="security")),
        add("template", "loan", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="borrowers.loan")),
        # What is there came with the software; what comes later says whether it did.
        add("template", "shipped", models.BooleanField(default=True)),
        migrations.AlterField("template", "shipped", models.BooleanField(default=False)),
        add("template", "change_note", models.CharField(blank=True, default="", max_length=300, verbose_name="what changes and why")),
        migrations.AlterField("template", "change_note", models.CharField(blank=True, max_length=300, verbose_name="what changes and why")),
        add("template", "made_by", person()),
        add("template", "made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
        add("template", "approved_by", person()),
        add("template", "approved_at", models.DateTimeField(null=True)),
        add("template", "valid_from", models.DateField(null=True, verbose_name="valid from")),
        add("template", "retired_on", models.DateField(null=True, verbose_name="retired on")),
        add("template", "return_reason", models.CharField(blank=True, default="", max_length=300, verbose_name="why it was returned")),
        migrations.AlterField("template", "return_reason", models.CharField(blank=True, max_length=300, verbose_name="why it was returned")),
        migrations.RemoveConstraint("template", "one_live_template_per_use"),
        migrations.AddConstraint(
            "template",
            models.UniqueConstraint(
                fields=["lender", "kind", "product_kind", "security"],
                condition=Q(state="live", loan__isnull=True),
                name="one_live_template_per_use",
            ),
        ),
        migrations.AddConstraint(
            "template",
            models.UniqueConstraint(
                fields=["lender", "code"], condition=Q(state__in=["draft", "proposed"]), name="one_open_template_version_per_code"
            ),
        ),
        migrations.AddConstraint(
            "template",
            models.CheckConstraint(
                condition=Q(state__in=["draft", "proposed"])
                | Q(shipped=True)
                | Q(loan__isnull=False)
                | (Q(made_by__isnull=False, approved_by__isnull=False, approved_at__isnull=False) & ~Q(made_by=F("approved_by"))),
                name="template_is_approved_by_another",
                violation_error_message="The person who wrote an inspection form can't approve it.",
            ),
        ),
        migrations.AddIndex(
            "template", models.Index(fields=["loan", "-version"], condition=Q(loan__isnull=False), name="conditions_of_loan")
        ),
        migrations.RemoveConstraint("section", "one_section_per_position"),
        migrations.AddConstraint(
            "section",
            models.UniqueConstraint(
                fields=["template", "position"], name="one_section_per_position", deferrable=models.Deferrable.DEFERRED
            ),
        ),
        migrations.AlterField("checkpoint", "code", models.CharField(max_length=40, verbose_name="code")),
        migrations.AlterField("checkpoint", "kind", models.CharField(choices=KINDS, max_length=10, verbose_name="answer")),
        migrations.AlterField("checkpoint", "required", models.BooleanField(default=True, verbose_name="mandatory")),
        migrations.AlterField("checkpoint", "tolerance", models.SmallIntegerField(default=10, verbose_name="tolerance, %")),
        migrations.AlterField("checkpoint", "at_desk", models.BooleanField(default=False, verbose_name="judged at the desk")),
        add("checkpoint", "columns", models.JSONField(default=list)),
        add("checkpoint", "unit", models.CharField(blank=True, default="", max_length=20, verbose_name="unit")),
        migrations.AlterField("checkpoint", "unit", models.CharField(blank=True, max_length=20, verbose_name="unit")),
        add("checkpoint", "evidence", models.JSONField(default=list)),
        add("checkpoint", "score", models.JSONField(default=dict)),
        add("checkpoint", "prefill", models.CharField(blank=True, default="", max_length=40, verbose_name="filled in with")),
        migrations.AlterField("checkpoint", "prefill", models.CharField(blank=True, max_length=40, verbose_name="filled in with")),
        add("checkpoint", "material", models.SmallIntegerField(null=True, verbose_name="material from, %")),
        add("checkpoint", "key_point", models.BooleanField(default=False, verbose_name="key point")),
        add("visit", "conditions", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inspections.template")),
        add("visit", "score", models.SmallIntegerField(null=True, verbose_name="score")),
        migrations.RunSQL(
            TEMPLATE,
            "DROP TRIGGER template_guard ON inspections_template; DROP FUNCTION lw_template_guard();"
            "DROP TRIGGER draft_guard ON inspections_section; DROP TRIGGER draft_guard ON inspections_checkpoint;"
            "DROP FUNCTION lw_template_part_guard();",
        ),
    ])
