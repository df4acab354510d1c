"""A message that nobody can deliver is given up after its last attempt, and what comes too late is found without looking at all."""

from django.db import migrations, models
from django.db.models import Q

GUARD = """
CREATE OR REPLACE FUNCTION lw_outbox_moved() RETURNS trigger LANGUAGE plpgsql AS $$
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
        {moves}, 'failed>waiting', 'failed>dropped'])) THEN
        RAISE EXCEPTION 'message % is %, it can''t become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state = 'sending' AND OLD.state = 'waiting' AND NEW.attempts <> OLD.attempts + 1 THEN
        RAISE EXCEPTION 'a claim counts as one attempt' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""
BEFORE = "'uncertain>sent', 'uncertain>waiting', 'uncertain>dropped'"


class Migration(migrations.Migration):
    dependencies = [("trail", "0006_hours_in_which_a_message_may_disturb")]
    operations = [
        migrations.RunSQL(GUARD.replace("{moves}", BEFORE + ", 'uncertain>failed'"), GUARD.replace("{moves}", BEFORE)),
        migrations.AddIndex("outboxmessage", models.Index(fields=["expires_at"], condition=Q(state="waiting"), name="outbox_expiring")),
    ]
