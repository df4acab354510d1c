"""How an alert was closed is kept when it opens again; a rise has its day; notes and cases are guarded."""

import django.db.models.deletion
from django.db import migrations, models

LEVELS = [(1, "Yellow"), (2, "Orange"), (3, "Red")]
OUTCOMES = [("resolved", "Resolved"), ("false_alarm", "False alarm"), ("accepted", "Accepted with approval"), ("recovery", "Moved to recovery")]

# The alert forgets its closing when it opens again, so that the next one can be told apart; here it stays.
GUARD = """
CREATE FUNCTION lw_keep_closure() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO alerts_alertclosure (alert_id, round, began_on, level, outcome, acknowledged_at, submitted_by_id, closed_by_id, closed_on)
    VALUES (NEW.id, NEW.reopened, greatest(NEW.opened_on, NEW.reopened_on), NEW.level, NEW.outcome, NEW.acknowledged_at, NEW.submitted_by_id,
            NEW.closed_by_id, coalesce(NEW.closed_on, greatest(NEW.opened_on, NEW.reopened_on)));
    RETURN NULL;
END $$;
CREATE TRIGGER keep_closure AFTER UPDATE ON alerts_alert FOR EACH ROW WHEN (NEW.state = 'closed' AND OLD.state <> 'closed')
    EXECUTE FUNCTION lw_keep_closure();
CREATE TRIGGER keep_closure_of_new AFTER INSERT ON alerts_alert FOR EACH ROW WHEN (NEW.state = 'closed') EXECUTE FUNCTION lw_keep_closure();
INSERT INTO alerts_alertclosure (alert_id, round, began_on, level, outcome, acknowledged_at, submitted_by_id, closed_by_id, closed_on)
SELECT id, reopened, greatest(opened_on, reopened_on), level, outcome, acknowledged_at, submitted_by_id, closed_by_id,
       coalesce(closed_on, greatest(opened_on, reopened_on))
FROM alerts_alert WHERE state = 'closed';
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON alerts_alertclosure FOR EACH ROW EXECUTE FUNCTION lw_append_only();

CREATE FUNCTION lw_note_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'notes on an alert are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- once, a measure is said to be done
    IF OLD.done_on IS NOT NULL
       OR to_jsonb(NEW) - 'done_on' - 'done_by_id' <> to_jsonb(OLD) - 'done_on' - 'done_by_id' THEN
        RAISE EXCEPTION 'a note on an alert can no longer change' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER note_stays BEFORE UPDATE OR DELETE ON alerts_alertnote FOR EACH ROW EXECUTE FUNCTION lw_note_stays();

CREATE FUNCTION lw_case_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'cases and what was in them are never deleted' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER case_stays BEFORE DELETE ON alerts_case FOR EACH ROW EXECUTE FUNCTION lw_case_stays();
CREATE TRIGGER case_stays BEFORE DELETE ON alerts_casealert FOR EACH ROW EXECUTE FUNCTION lw_case_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0022_views_of_the_list_and_the_workload_line"),
        ("people", "0003_roles_kept_apart"),
    ]

    operations = [
        migrations.AddField(model_name="alert", name="risen_on", field=models.DateField(null=True, verbose_name="level rose on")),
        migrations.RemoveConstraint(model_name="alertevidence", name="one_evidence_per_alert_and_day"),
        migrations.AddConstraint(
            model_name="alertevidence",
            constraint=models.UniqueConstraint(fields=("alert", "as_of", "level"), name="one_evidence_per_alert_day_and_level"),
        ),
        migrations.CreateModel(
            name="AlertClosure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("round", models.SmallIntegerField()),
                ("began_on", models.DateField()),
                ("level", models.SmallIntegerField(choices=LEVELS)),
                ("outcome", models.CharField(choices=OUTCOMES, max_length=12, verbose_name="outcome")),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("closed_on", models.DateField(verbose_name="closed on")),
                ("alert", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="closures", to="alerts.alert")),
                ("closed_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person")),
                ("submitted_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person")),
            ],
            options={"ordering": ["alert", "round"]},
        ),
        migrations.AddIndex(model_name="alertclosure", index=models.Index(fields=["closed_on"], name="alert_closure_by_day")),
        migrations.AddConstraint(
            model_name="alertclosure",
            constraint=models.UniqueConstraint(fields=("alert", "round"), name="one_closure_per_alert_and_round"),
        ),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
