"""Inspections on their way from a phone: the database keeps whose they are, and freezes what is received."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from loanwatch.kernel.migrating import in_one_go

GUARD = """
CREATE FUNCTION lw_sending_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'what a phone has sent is never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'receiving' THEN
            RAISE EXCEPTION 'a sending begins with nothing received' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state = 'received' THEN
        RAISE EXCEPTION 'sending % was received and is frozen', OLD.client_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.id, OLD.client_id, OLD.lender_id, OLD.person_id, OLD.task_id, OLD.begun_at)
        IS DISTINCT FROM (NEW.id, NEW.client_id, NEW.lender_id, NEW.person_id, NEW.task_id, NEW.begun_at) THEN
        RAISE EXCEPTION 'whose sending % is never changes', OLD.client_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.revision < OLD.revision THEN
        RAISE EXCEPTION 'sending % has a newer revision already', OLD.client_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state = 'received' AND EXISTS (SELECT 1 FROM inspections_sentfile f WHERE f.sending_id = NEW.id AND NOT f.whole) THEN
        RAISE EXCEPTION 'sending % lacks pieces', OLD.client_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sending_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_sending FOR EACH ROW EXECUTE FUNCTION lw_sending_guard();

CREATE FUNCTION lw_sent_file_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    found_state text;
    asked bigint;
BEGIN
    FOREACH asked IN ARRAY CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.sending_id] WHEN 'DELETE' THEN ARRAY[OLD.sending_id] ELSE ARRAY[OLD.sending_id, NEW.sending_id] END LOOP
        SELECT state INTO found_state FROM inspections_sending WHERE id = asked FOR SHARE;
        IF found_state IS NOT DISTINCT FROM 'received' THEN
            RAISE EXCEPTION 'the sending was received: its files can''t change' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END LOOP;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_sentfile FOR EACH ROW EXECUTE FUNCTION lw_sent_file_guard();
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON inspections_carried FOR EACH ROW EXECUTE FUNCTION lw_append_only();
"""

DROP = """
DROP TRIGGER append_only_guard ON inspections_carried; DROP TRIGGER frozen_guard ON inspections_sentfile; DROP FUNCTION lw_sent_file_guard();
DROP TRIGGER sending_guard ON inspections_sending; DROP FUNCTION lw_sending_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inspections", "0004_what_the_phone_said"),
        ("lenders", "0005_calendars_and_terms_change_under_four_eyes"),
        ("people", "0003_roles_kept_apart"),
    ]

    operations = in_one_go([
        migrations.CreateModel(
            name="Sending",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("client_id", models.UUIDField(unique=True)),
                ("template", models.IntegerField()),
                ("revision", models.IntegerField()),
                ("manifest", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("finished", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("receiving", "On its way"), ("received", "Received"), ("refused", "Refused")],
                        default="receiving",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=30, verbose_name="reason")),
                ("faults", models.JSONField(default=dict)),
                ("device_started_at", models.DateTimeField(null=True)),
                ("device_time", models.DateTimeField(null=True)),
                ("clock_off", models.IntegerField(null=True)),
                ("begun_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("heard_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("received_at", models.DateTimeField(null=True)),
                ("branch", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.branch")),
                ("lender", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lenders.lender")),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person")),
                ("task", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inspections.task")),
                (
                    "visit",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="sending", to="inspections.visit"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="SentFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file_id", models.UUIDField()),
                ("code", models.CharField(max_length=80)),
                (
                    "what",
                    models.CharField(choices=[("photo", "Photo"), ("signature", "Signature"), ("document", "Document")], max_length=9),
                ),
                ("type", models.CharField(max_length=20)),
                ("size", models.IntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("received", models.IntegerField(default=0)),
                ("whole", models.BooleanField(default=False)),
                ("path", models.CharField(max_length=120, unique=True)),
                ("taken_at", models.DateTimeField(null=True)),
                ("latitude", models.DecimalField(decimal_places=6, max_digits=9, null=True)),
                ("longitude", models.DecimalField(decimal_places=6, max_digits=9, null=True)),
                ("accuracy", models.IntegerField(null=True)),
                ("sending", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="files", to="inspections.sending")),
            ],
            options={
                "ordering": ["sending", "id"],
            },
        ),
        migrations.CreateModel(
            name="Carried",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lender", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lenders.lender")),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person")),
                ("task", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inspections.task")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("person", "task"), name="carried_once_per_person_and_task")],
            },
        ),
        migrations.AddIndex(
            model_name="sending",
            index=models.Index(
                condition=models.Q(("state", "received"), _negated=True), fields=["person", "heard_at"], name="sending_open_of_person"
            ),
        ),
        migrations.AddIndex(
            model_name="sending",
            index=models.Index(
                condition=models.Q(("state", "received"), _negated=True), fields=["branch", "heard_at"], name="sending_open_of_branch"
            ),
        ),
        migrations.AddIndex(
            model_name="sending",
            index=models.Index(fields=["task"], name="sending_of_task"),
        ),
        migrations.AddConstraint(
            model_name="sending",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished", True), ("received_at__isnull", False), ("state", "received"), ("visit__isnull", False)),
                    models.Q(models.Q(("state", "received"), _negated=True), ("received_at__isnull", True), ("visit__isnull", True)),
                    _connector="OR",
                ),
                name="received_sending_has_its_visit",
            ),
        ),
        migrations.AddConstraint(
            model_name="sending",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "refused"), ("reason", ""), _connector="XOR"), name="refused_sending_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="sending",
            constraint=models.CheckConstraint(condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="manifest_has_its_hash"),
        ),
        migrations.AddConstraint(
            model_name="sending",
            constraint=models.CheckConstraint(condition=models.Q(("revision__gte", 0)), name="revision_counts_up"),
        ),
        migrations.AddConstraint(
            model_name="sentfile",
            constraint=models.UniqueConstraint(fields=("sending", "file_id"), name="sent_file_once_per_sending"),
        ),
        migrations.AddConstraint(
            model_name="sentfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("received__gte", 0), ("received__lte", models.F("size")), ("size__gt", 0)),
                name="sent_file_is_no_longer_than_said",
            ),
        ),
        migrations.AddConstraint(
            model_name="sentfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("whole", False), ("received", models.F("size")), _connector="OR"), name="whole_file_has_all_bytes"
            ),
        ),
        migrations.AddConstraint(
            model_name="sentfile",
            constraint=models.CheckConstraint(condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="sent_file_has_its_hash"),
        ),
        migrations.RunSQL(GUARD, DROP),
    ])
