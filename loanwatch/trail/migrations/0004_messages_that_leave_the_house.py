"""The outbox: messages that leave the house each once, guarded so that none is forged, repeated or lost."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from loanwatch.kernel.migrating import in_one_go

# Hand-written guards: no session setting switches them off.
# The key is made here, so that nobody can write a message under a key of another; it must be the same for the same cause.
BORN = """
CREATE FUNCTION lw_outbox_born() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.key := NEW.lender_id || ':' || NEW.kind || ':' || NEW.subject || ':' || to_char(NEW.business_date, 'YYYY-MM-DD') || ':' || NEW.channel
               || ':' || left(md5(NEW.recipient), 12);
    IF NEW.state NOT IN ('waiting', 'dropped') OR NEW.attempts <> 0 OR NEW.receipt <> '' OR NEW.sent_at IS NOT NULL THEN
        RAISE EXCEPTION 'a message begins as waiting or dropped, not as %', NEW.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER outbox_born BEFORE INSERT ON trail_outboxmessage FOR EACH ROW EXECUTE FUNCTION lw_outbox_born();
"""

MOVED = """
CREATE FUNCTION lw_outbox_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a message is never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (NEW.id, NEW.key, NEW.lender_id, NEW.kind, NEW.subject, NEW.business_date, NEW.channel, NEW.recipient, NEW.lane, NEW.headline, NEW.body,
        NEW.language, NEW.send_on, NEW.not_before, NEW.made_at, NEW.about)
       IS DISTINCT FROM
       (OLD.id, OLD.key, OLD.lender_id, OLD.kind, OLD.subject, OLD.business_date, OLD.channel, OLD.recipient, OLD.lane, OLD.headline, OLD.body,
        OLD.language, OLD.send_on, OLD.not_before, OLD.made_at, OLD.about) THEN
        RAISE EXCEPTION 'what a message says and to whom is never changed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state IN ('sent', 'dropped') THEN
        RAISE EXCEPTION 'message % is %: nothing of it changes any more', OLD.id, OLD.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state || '>' || NEW.state = ANY (ARRAY[
        'waiting>sending', 'waiting>dropped', 'sending>sent', 'sending>waiting', 'sending>failed', 'sending>uncertain',
        'uncertain>sent', 'uncertain>waiting', 'uncertain>dropped', 'failed>waiting', 'failed>dropped'])) THEN
        RAISE EXCEPTION 'message % is %, it can''t become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state = 'sending' AND OLD.state = 'waiting' AND NEW.attempts <> OLD.attempts + 1 THEN
        RAISE EXCEPTION 'a claim counts as one attempt' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER outbox_moved BEFORE UPDATE OR DELETE ON trail_outboxmessage FOR EACH ROW EXECUTE FUNCTION lw_outbox_moved();
"""

# A person's word moves the message in the same statement. As the owner's: the web log-in can't touch messages in any other way.
SETTLED = """
CREATE FUNCTION lw_outbox_settled() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE was text;
BEGIN
    SELECT state INTO was FROM trail_outboxmessage WHERE id = NEW.message_id AND lender_id = NEW.lender_id FOR UPDATE;
    IF was IS NULL OR NOT (NEW.verdict || '<' || was = ANY (ARRAY[
        'arrived<uncertain', 'again<uncertain', 'again<failed', 'drop<waiting', 'drop<uncertain', 'drop<failed'])) THEN
        RAISE EXCEPTION 'message % is %: the decision % does not fit', NEW.message_id, was, NEW.verdict USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    UPDATE trail_outboxmessage SET
        state = CASE NEW.verdict WHEN 'arrived' THEN 'sent' WHEN 'again' THEN 'waiting' ELSE 'dropped' END,
        receipt = CASE NEW.verdict WHEN 'arrived' THEN 'settled by a person' ELSE receipt END,
        sent_at = CASE NEW.verdict WHEN 'arrived' THEN clock_timestamp() ELSE sent_at END,
        reason = CASE NEW.verdict WHEN 'drop' THEN 'by_hand' ELSE reason END,
        attempts = CASE NEW.verdict WHEN 'again' THEN 0 ELSE attempts END,
        expires_at = CASE NEW.verdict WHEN 'again' THEN NULL ELSE expires_at END,
        next_try_at = NULL, lease_until = NULL, claimed_by = ''
    WHERE id = NEW.message_id;
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_settled AFTER INSERT ON trail_outboxsettlement FOR EACH ROW EXECUTE FUNCTION lw_outbox_settled();
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON trail_outboxsettlement FOR EACH ROW EXECUTE FUNCTION lw_append_only();
"""

FORWARDS = BORN + MOVED + SETTLED
BACKWARDS = """
DROP TRIGGER outbox_settled ON trail_outboxsettlement;
DROP TRIGGER append_only_guard ON trail_outboxsettlement;
DROP TRIGGER outbox_moved ON trail_outboxmessage;
DROP TRIGGER outbox_born ON trail_outboxmessage;
DROP FUNCTION lw_outbox_settled();
DROP FUNCTION lw_outbox_moved();
DROP FUNCTION lw_outbox_born();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("lenders", "0005_calendars_and_terms_change_under_four_eyes"),
        ("people", "0003_roles_kept_apart"),
        ("trail", "0003_when_the_scheduler_was_heard"),
    ]

    operations = in_one_go([
        migrations.CreateModel(
            name="OutboxMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(editable=False, max_length=240, unique=True, verbose_name="key")),
                ("kind", models.CharField(max_length=40, verbose_name="kind")),
                ("subject", models.CharField(max_length=100, verbose_name="about")),
                ("business_date", models.DateField(verbose_name="business date")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("sms", "Text message"),
                            ("email", "E-mail"),
                            ("messenger", "Messenger"),
                            ("robot", "Group robot"),
                            ("webhook", "Webhook"),
                        ],
                        max_length=10,
                        verbose_name="channel",
                    ),
                ),
                ("recipient", models.CharField(max_length=200, verbose_name="recipient")),
                ("lane", models.CharField(max_length=60)),
                ("bucket", models.SmallIntegerField(null=True)),
                ("about", models.JSONField(db_default={}, default=dict)),
                ("language", models.CharField(blank=True, max_length=10, verbose_name="language")),
                ("headline", models.CharField(blank=True, max_length=200, verbose_name="subject line")),
                ("body", models.TextField(verbose_name="text")),
                ("send_on", models.DateField(verbose_name="to be sent on")),
                ("not_before", models.DateTimeField(verbose_name="not before")),
                ("expires_at", models.DateTimeField(null=True, verbose_name="worthless after")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("uncertain", "Uncertain"),
                            ("failed", "Failed"),
                            ("dropped", "Dropped"),
                        ],
                        default="waiting",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.SmallIntegerField(db_default=0, default=0, verbose_name="attempts")),
                ("next_try_at", models.DateTimeField(null=True, verbose_name="next attempt")),
                ("lease_until", models.DateTimeField(null=True)),
                ("claimed_by", models.CharField(blank=True, db_default="", max_length=80)),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent at")),
                ("receipt", models.CharField(blank=True, db_default="", max_length=200, verbose_name="receipt")),
                ("error", models.CharField(blank=True, db_default="", max_length=400, verbose_name="last error")),
                ("reason", models.CharField(blank=True, db_default="", max_length=60, verbose_name="dropped because")),
                ("tries", models.JSONField(db_default=[], default=list)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="OutboxSettlement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verdict",
                    models.CharField(
                        choices=[("arrived", "It arrived"), ("again", "Send it again"), ("drop", "Don't send it")],
                        max_length=7,
                        verbose_name="decision",
                    ),
                ),
                ("reason", models.CharField(max_length=200, verbose_name="reason")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="lender",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lenders.lender"),
        ),
        migrations.AddField(
            model_name="outboxsettlement",
            name="by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
        ),
        migrations.AddField(
            model_name="outboxsettlement",
            name="lender",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lenders.lender"),
        ),
        migrations.AddField(
            model_name="outboxsettlement",
            name="message",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="settlements", to="trail.outboxmessage"),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["not_before", "id"], name="outbox_waiting"),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(condition=models.Q(("state__in", ["waiting", "sending"])), fields=["lane", "id"], name="outbox_lane_open"),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["lender", "bucket"], name="outbox_waiting_by_bucket"),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("state__in", ["sending", "uncertain", "failed"])),
                fields=["state", "lease_until"],
                name="outbox_unsettled",
            ),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(fields=["lane", "send_on"], name="outbox_by_lane"),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(fields=["lender", "business_date", "kind"], name="outbox_by_day"),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(fields=["subject"], name="outbox_by_subject", opclasses=["varchar_pattern_ops"]),
        ),
        migrations.AddConstraint(
            model_name="outboxmessage",
            constraint=models.UniqueConstraint(
                fields=("lender", "kind", "subject", "business_date", "channel", "recipient"), name="one_message_per_cause_and_recipient"
            ),
        ),
        migrations.AddConstraint(
            model_name="outboxmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "sent"), _negated=True),
                    models.Q(models.Q(("receipt", ""), _negated=True), ("sent_at__isnull", False)),
                    _connector="OR",
                ),
                name="sent_has_a_receipt",
            ),
        ),
        migrations.AddConstraint(
            model_name="outboxmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("state", "dropped"), _negated=True), models.Q(("reason", ""), _negated=True), _connector="OR"),
                name="dropped_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="outboxmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("state", "failed"), _negated=True), models.Q(("error", ""), _negated=True), _connector="OR"),
                name="failed_has_an_error",
            ),
        ),
        migrations.AddConstraint(
            model_name="outboxmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "sending"), _negated=True),
                    models.Q(models.Q(("claimed_by", ""), _negated=True), ("attempts__gt", 0), ("lease_until__isnull", False)),
                    _connector="OR",
                ),
                name="sending_is_claimed",
            ),
        ),
        migrations.AddConstraint(
            model_name="outboxmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__isnull", True), ("expires_at__gt", models.F("not_before")), _connector="OR"),
                name="message_expires_after_it_may_leave",
            ),
        ),
        migrations.AddConstraint(
            model_name="outboxsettlement",
            constraint=models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="settlement_has_a_reason"),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ])
