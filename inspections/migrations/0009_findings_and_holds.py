"""Findings and holds: what is put right until when, what a borrower does not get until then, and what lending systems were told of it."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from loanwatch.kernel.migrating import in_one_go

FINDING = """
CREATE FUNCTION lw_finding_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'findings are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' THEN
            RAISE EXCEPTION 'a finding begins open' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.repeats_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM inspections_finding f WHERE f.id = NEW.repeats_id AND f.borrower_id = NEW.borrower_id AND f.state = 'verified') THEN
            RAISE EXCEPTION 'a finding repeats a verified one of the same borrower' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state = 'verified' OR (to_jsonb(OLD) - '{state,owner_id,due_on,submitted_by_id,submitted_on,verified_by_id,verified_on}'::text[])
        IS DISTINCT FROM (to_jsonb(NEW) - '{state,owner_id,due_on,submitted_by_id,submitted_on,verified_by_id,verified_on}'::text[]) THEN
        RAISE EXCEPTION 'what finding % says never changes, and a verified one is frozen', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state <> NEW.state AND NOT ((OLD.state || '>' || NEW.state) = ANY ('{open>remedied,remedied>verified,remedied>returned,returned>remedied}')) THEN
        RAISE EXCEPTION 'finding % is %, it can''t become % from there', OLD.id, OLD.state, NEW.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state = 'remedied' AND OLD.state <> 'remedied' AND NOT EXISTS (
        SELECT FROM inspections_findingnote n WHERE n.finding_id = NEW.id AND n.kind = 'remedy' AND n.by_id = NEW.submitted_by_id) THEN
        RAISE EXCEPTION 'nobody has said what was done about finding %', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state = OLD.state AND (OLD.submitted_by_id, OLD.submitted_on) IS DISTINCT FROM (NEW.submitted_by_id, NEW.submitted_on)
        OR NEW.state IN ('verified', 'returned') AND (OLD.submitted_by_id, OLD.submitted_on) IS DISTINCT FROM (NEW.submitted_by_id, NEW.submitted_on) THEN
        RAISE EXCEPTION 'who handed in the remedy of finding % is written once', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.due_on <> OLD.due_on AND NOT EXISTS (
        SELECT FROM inspections_findingextension e WHERE e.finding_id = NEW.id AND e.agreed AND e.before_on = OLD.due_on AND e.until_on = NEW.due_on) THEN
        RAISE EXCEPTION 'the due date of finding % moves only when another person has agreed', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- Whoever once owned it, or handed in one of its remedies, does not see to it that it is put right: whatever stands in the row by now.
    IF NEW.state = 'verified' AND (
        EXISTS (SELECT FROM inspections_findingevent e WHERE e.pgh_obj_id = NEW.id AND e.owner_id = NEW.verified_by_id)
        OR OLD.owner_id = NEW.verified_by_id
        OR EXISTS (SELECT FROM inspections_findingnote n WHERE n.finding_id = NEW.id AND n.kind = 'remedy' AND n.by_id = NEW.verified_by_id)) THEN
        RAISE EXCEPTION 'finding % is verified by somebody who neither owned it nor handed in a remedy', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'finding_is_verified_by_another_person';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER finding_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_finding FOR EACH ROW EXECUTE FUNCTION lw_finding_guard();

CREATE FUNCTION lw_finding_holds() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO inspections_hold (lender_id, bucket, borrower_id, kind, finding_id, placed_by_id, placed_on, state)
        SELECT NEW.lender_id, NEW.bucket, NEW.borrower_id, b.kind, NEW.id, NEW.raised_by_id, NEW.raised_on, 'standing'
        FROM (SELECT DISTINCT unnest(NEW.blocks) AS kind) b;
    ELSE
        UPDATE inspections_hold SET state = 'lifted', cause = 'verified', lifted_by_id = NEW.verified_by_id, lifted_on = NEW.verified_on, lifted_at = now()
        WHERE finding_id = NEW.id AND state = 'standing';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER finding_places_holds AFTER INSERT ON inspections_finding FOR EACH ROW
    WHEN (NEW.blocks <> '{}') EXECUTE FUNCTION lw_finding_holds();
CREATE TRIGGER finding_lifts_holds AFTER UPDATE ON inspections_finding FOR EACH ROW
    WHEN (NEW.state = 'verified' AND OLD.state <> 'verified') EXECUTE FUNCTION lw_finding_holds();

CREATE FUNCTION lw_finding_extension_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'extensions are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.answered_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'an extension begins unanswered' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    ELSIF OLD.answered_by_id IS NOT NULL OR (OLD.id, OLD.finding_id, OLD.before_on, OLD.until_on, OLD.reason, OLD.asked_by_id, OLD.asked_on)
        IS DISTINCT FROM (NEW.id, NEW.finding_id, NEW.before_on, NEW.until_on, NEW.reason, NEW.asked_by_id, NEW.asked_on) THEN
        RAISE EXCEPTION 'extension % is answered once and stays as it was asked', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER finding_extension_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_findingextension
    FOR EACH ROW EXECUTE FUNCTION lw_finding_extension_guard();
"""

HOLD = """
CREATE FUNCTION lw_hold_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    finding inspections_finding;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'holds are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.finding_id IS NOT NULL THEN
        SELECT * INTO finding FROM inspections_finding WHERE id = NEW.finding_id;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'standing' OR NEW.asked_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'a hold begins standing' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.finding_id IS NOT NULL AND (finding.state = 'verified' OR finding.borrower_id <> NEW.borrower_id OR NOT NEW.kind = ANY (finding.blocks)) THEN
            RAISE EXCEPTION 'finding % brings no such hold', NEW.finding_id USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state = 'lifted' OR (to_jsonb(OLD) - '{state,asked_by_id,asked_on,asked_reason,cause,lifted_by_id,lifted_on,lifted_at}'::text[])
        IS DISTINCT FROM (to_jsonb(NEW) - '{state,asked_by_id,asked_on,asked_reason,cause,lifted_by_id,lifted_on,lifted_at}'::text[]) THEN
        RAISE EXCEPTION 'hold % is kept as it was placed, and a lifted one is frozen', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.cause = 'verified' AND finding.state <> 'verified' THEN
        RAISE EXCEPTION 'finding % of hold % is not verified', finding.id, OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- First somebody asks, in a write of its own; then another agrees to just that.
    IF NEW.cause = 'agreed' AND (OLD.asked_by_id IS NULL OR (OLD.asked_by_id, OLD.asked_on, OLD.asked_reason)
        IS DISTINCT FROM (NEW.asked_by_id, NEW.asked_on, NEW.asked_reason)) THEN
        RAISE EXCEPTION 'hold % is lifted by hand after one person has asked and another agreed', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.asked_by_id IS NOT NULL AND NEW.asked_by_id IS NOT NULL AND OLD.asked_by_id <> NEW.asked_by_id THEN
        RAISE EXCEPTION 'who asked for hold % to be lifted is not replaced', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hold_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_hold FOR EACH ROW EXECUTE FUNCTION lw_hold_guard();

CREATE FUNCTION lw_signing_key_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.to_at IS NOT NULL OR (to_jsonb(OLD) - 'to_at') IS DISTINCT FROM (to_jsonb(NEW) - 'to_at') THEN
        RAISE EXCEPTION 'a signing key stays as it was made; it ends once' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER signing_key_guard BEFORE UPDATE OR DELETE ON inspections_signingkey FOR EACH ROW EXECUTE FUNCTION lw_signing_key_guard();
"""

KEPT = ("findingnote", "findingfile", "findingdismissal", "findingreminder", "holdnote", "holdanswer", "certificate")
APPEND_ONLY = "".join(
    f"CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON inspections_{name} FOR EACH ROW EXECUTE FUNCTION lw_append_only();\n" for name in KEPT
)
DROP = (
    "DROP TRIGGER finding_guard ON inspections_finding; DROP TRIGGER finding_places_holds ON inspections_finding;"
    "DROP TRIGGER finding_lifts_holds ON inspections_finding; DROP TRIGGER finding_extension_guard ON inspections_findingextension;"
    "DROP TRIGGER hold_guard ON inspections_hold; DROP TRIGGER signing_key_guard ON inspections_signingkey;"
    "DROP FUNCTION lw_finding_guard(); DROP FUNCTION lw_finding_holds(); DROP FUNCTION lw_finding_extension_guard();"
    "DROP FUNCTION lw_hold_guard(); DROP FUNCTION lw_signing_key_guard();"
    + "".join(f"DROP TRIGGER append_only_guard ON inspections_{name};" for name in KEPT)
)


class Migration(migrations.Migration):

    dependencies = [
        ('borrowers', '0018_what_inspections_found'),
        ('inspections', '0008_a_plan_with_versions'),
        ('lenders', '0005_calendars_and_terms_change_under_four_eyes'),
        ('people', '0003_roles_kept_apart'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = in_one_go([
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bucket', models.SmallIntegerField()),
                ('source', models.CharField(choices=[('visit', 'Inspection'), ('verification', 'Verification'), ('audit', 'Audit'), ('alert', 'Alert'), ('hand', 'Entered by hand')], max_length=12, verbose_name='source')),
                ('reference', models.CharField(blank=True, db_default='', default='', max_length=60)),
                ('points', models.JSONField(db_default=[], default=list)),
                ('text', models.TextField(verbose_name='what was found')),
                ('severity', models.SmallIntegerField(choices=[(1, 'Minor'), (2, 'Serious'), (3, 'Critical')], verbose_name='severity')),
                ('measure', models.TextField(verbose_name='what is to be done')),
                ('blocks', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), blank=True, db_default=[], default=list, size=None, verbose_name='holds')),
                ('raised_on', models.DateField(verbose_name='raised on')),
                ('due_on', models.DateField(verbose_name='due on')),
                ('state', models.CharField(choices=[('open', 'Open'), ('remedied', 'Remedy handed in'), ('returned', 'Remedy not enough'), ('verified', 'Verified')], default='open', max_length=8, verbose_name='state')),
                ('submitted_on', models.DateField(null=True)),
                ('verified_on', models.DateField(null=True, verbose_name='verified on')),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('borrower', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.borrower')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.branch')),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('loan', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.loan')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person', verbose_name='owner')),
                ('raised_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('repeats', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspections.finding')),
                ('submitted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('verified_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'ordering': ['due_on', 'id'],
            },
        ),
        migrations.CreateModel(
            name='FindingDismissal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField(verbose_name='reason')),
                ('on', models.DateField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('visit_finding', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='dismissal', to='borrowers.visitfinding')),
            ],
        ),
        migrations.CreateModel(
            name='FindingEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('state', models.CharField(choices=[('open', 'Open'), ('remedied', 'Remedy handed in'), ('returned', 'Remedy not enough'), ('verified', 'Verified')], default='open', max_length=8, verbose_name='state')),
                ('due_on', models.DateField(verbose_name='due on')),
                ('owner', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person', verbose_name='owner')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='state_owner_due_on_submitted_by_verified_by_events', to='inspections.finding')),
                ('submitted_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person')),
                ('verified_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='FindingExtension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before_on', models.DateField()),
                ('until_on', models.DateField(verbose_name='until')),
                ('reason', models.TextField(verbose_name='reason')),
                ('asked_on', models.DateField()),
                ('answered_on', models.DateField(null=True)),
                ('agreed', models.BooleanField(null=True)),
                ('answer', models.TextField(blank=True, db_default='', default='')),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('finding', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='extensions', to='inspections.finding')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='FindingNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('raised', 'Raised'), ('remedy', 'Remedy handed in'), ('returned', 'Remedy returned'), ('verified', 'Verified'), ('owner', 'Given to another owner'), ('asked', 'More time asked for'), ('agreed', 'More time agreed'), ('refused', 'More time refused')], max_length=8)),
                ('text', models.TextField(blank=True)),
                ('on', models.DateField(verbose_name='on')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('finding', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='inspections.finding')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='FindingFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('filename', models.CharField(max_length=200, verbose_name='file')),
                ('sha256', models.CharField(max_length=64)),
                ('stored_sha256', models.CharField(max_length=64)),
                ('size', models.BigIntegerField(verbose_name='size')),
                ('content_type', models.CharField(max_length=80)),
                ('stored_as', models.CharField(max_length=200, unique=True)),
                ('note', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='inspections.findingnote')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='FindingReminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_on', models.DateField()),
                ('stage', models.SmallIntegerField(choices=[(1, 'Owner reminded before the due date'), (2, 'Owner reminded on the due date'), (3, 'Owner told that it is late'), (4, 'Branch head told'), (5, 'Credit administration told')], verbose_name='stage')),
                ('on', models.DateField(verbose_name='on')),
                ('finding', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='inspections.finding')),
            ],
            options={
                'ordering': ['finding', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bucket', models.SmallIntegerField()),
                ('kind', models.CharField(choices=[('new_disbursement', 'New disbursement'), ('limit_increase', 'Higher limit'), ('extension', 'Extension'), ('new_credit', 'New credit')], max_length=16, verbose_name='stops')),
                ('placed_on', models.DateField(verbose_name='placed on')),
                ('placed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('reason', models.TextField(blank=True, db_default='', default='', verbose_name='reason')),
                ('ends_on', models.DateField(null=True, verbose_name='last day')),
                ('state', models.CharField(choices=[('standing', 'Standing'), ('lifted', 'Lifted')], default='standing', max_length=8, verbose_name='state')),
                ('asked_on', models.DateField(null=True)),
                ('asked_reason', models.TextField(blank=True, db_default='', default='', verbose_name='why it is to be lifted')),
                ('cause', models.CharField(blank=True, choices=[('verified', 'The finding was put right and verified'), ('agreed', 'Two people lifted it by hand')], db_default='', default='', max_length=8, verbose_name='cause')),
                ('lifted_on', models.DateField(null=True, verbose_name='lifted on')),
                ('lifted_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('borrower', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.borrower')),
                ('finding', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='inspections.finding')),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('lifted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('placed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='HoldNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('placed', 'Placed'), ('asked', 'Lifting asked for'), ('refused', 'Lifting refused'), ('agreed', 'Lifted')], max_length=8)),
                ('text', models.TextField(blank=True)),
                ('on', models.DateField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('hold', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='inspections.hold')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='SigningKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=24, unique=True)),
                ('public', models.CharField(max_length=44)),
                ('sealed', models.BinaryField()),
                ('from_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('to_at', models.DateTimeField(null=True)),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='HoldAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField()),
                ('as_of', models.DateField()),
                ('blocked', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), default=list, size=None)),
                ('nonce', models.CharField(max_length=32, unique=True)),
                ('said', models.TextField()),
                ('signature', models.CharField(max_length=88)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('borrower', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.borrower')),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspections.signingkey')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Certificate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, verbose_name='number')),
                ('as_of', models.DateField()),
                ('valid_until', models.DateField(verbose_name='valid until')),
                ('blocked', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), default=list, size=None)),
                ('said', models.TextField()),
                ('signature', models.CharField(max_length=88)),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('issued_at', models.DateTimeField()),
                ('borrower', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.borrower')),
                ('issued_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspections.signingkey')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(condition=models.Q(('state__in', frozenset(['open', 'returned']))), fields=['owner', 'due_on'], name='finding_of_person'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(condition=models.Q(('state__in', frozenset(['open', 'remedied', 'returned']))), fields=['branch', 'due_on'], name='finding_of_branch'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(condition=models.Q(('state__in', frozenset(['open', 'returned']))), fields=['lender', 'due_on'], name='finding_falling_due'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['borrower', '-id'], name='finding_of_borrower'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(condition=models.Q(('loan__isnull', False)), fields=['loan', '-id'], name='finding_of_loan'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(condition=models.Q(('reference', ''), _negated=True), fields=['reference'], name='finding_by_reference'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.CheckConstraint(condition=models.Q(('severity__range', (1, 3))), name='finding_has_a_severity'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('text', ''), _negated=True), models.Q(('measure', ''), _negated=True)), name='finding_says_what_and_what_to_do'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.CheckConstraint(condition=models.Q(('blocks__contained_by', ['new_disbursement', 'limit_increase', 'extension', 'new_credit'])), name='finding_blocks_known_kinds'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.CheckConstraint(condition=models.Q(('due_on__gte', models.F('raised_on'))), name='finding_due_after_it_was_raised'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'open'), ('submitted_by__isnull', True), ('submitted_on__isnull', True)), models.Q(models.Q(('state', 'open'), _negated=True), ('submitted_by__isnull', False), ('submitted_on__isnull', False)), _connector='OR'), name='remedy_was_handed_in_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'verified'), ('verified_by__isnull', False), ('verified_on__isnull', False)), models.Q(models.Q(('state', 'verified'), _negated=True), ('verified_by__isnull', True), ('verified_on__isnull', True)), _connector='OR'), name='verified_finding_names_its_verifier'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.CheckConstraint(condition=models.Q(('verified_by__isnull', True), models.Q(models.Q(('verified_by', models.F('owner')), _negated=True), models.Q(('verified_by', models.F('submitted_by')), _negated=True)), _connector='OR'), name='finding_is_verified_by_another_person', violation_error_message='Neither the owner of a finding nor whoever handed in its remedy can verify it.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='finding',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inspections_findingevent" ("due_on", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "state", "submitted_by_id", "verified_by_id") SELECT new_values."due_on", new_values."owner_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."state", new_values."submitted_by_id", new_values."verified_by_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='5c414ec27ae84cd864e18b5047c45c84c3ce8ea4', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_6f287', referencing='REFERENCING NEW TABLE AS new_values ', table='inspections_finding', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='finding',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inspections_findingevent" ("due_on", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "state", "submitted_by_id", "verified_by_id") SELECT new_values."due_on", new_values."owner_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."state", new_values."submitted_by_id", new_values."verified_by_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."due_on" IS DISTINCT FROM (new_values."due_on") OR old_values."owner_id" IS DISTINCT FROM (new_values."owner_id") OR old_values."state" IS DISTINCT FROM (new_values."state") OR old_values."submitted_by_id" IS DISTINCT FROM (new_values."submitted_by_id") OR old_values."verified_by_id" IS DISTINCT FROM (new_values."verified_by_id")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='5bf5e21db86fe209935675ef6f9134ed4dd4bd1f', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_edce6', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='inspections_finding', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='findingdismissal',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='dismissal_has_a_reason'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='findingevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='bbf8ae1dccb9acb5375af02454459ed631b467ee', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_37b82', table='inspections_findingevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='findingextension',
            constraint=models.UniqueConstraint(condition=models.Q(('answered_by__isnull', True)), fields=('finding',), name='one_open_extension_per_finding'),
        ),
        migrations.AddConstraint(
            model_name='findingextension',
            constraint=models.CheckConstraint(condition=models.Q(('until_on__gt', models.F('before_on'))), name='extension_gives_more_time'),
        ),
        migrations.AddConstraint(
            model_name='findingextension',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='extension_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='findingextension',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('agreed__isnull', True), ('answered_by__isnull', True), ('answered_on__isnull', True)), models.Q(('agreed__isnull', False), ('answered_by__isnull', False), ('answered_on__isnull', False)), _connector='OR'), name='extension_answered_as_a_whole'),
        ),
        migrations.AddConstraint(
            model_name='findingextension',
            constraint=models.CheckConstraint(condition=models.Q(('answered_by__isnull', True), models.Q(('answered_by', models.F('asked_by')), _negated=True), _connector='OR'), name='extension_agreed_by_another_person', violation_error_message="Whoever asks for more time can't agree to it."),
        ),
        migrations.AddConstraint(
            model_name='findingnote',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['raised', 'verified', 'agreed']), models.Q(('text', ''), _negated=True), _connector='OR'), name='finding_note_says_something'),
        ),
        migrations.AddConstraint(
            model_name='findingfile',
            constraint=models.UniqueConstraint(fields=('note', 'sha256'), name='same_file_once_per_remedy'),
        ),
        migrations.AddIndex(
            model_name='findingreminder',
            index=models.Index(fields=['on'], name='finding_reminder_by_day'),
        ),
        migrations.AddConstraint(
            model_name='findingreminder',
            constraint=models.UniqueConstraint(fields=('finding', 'due_on', 'stage'), name='one_reminder_per_stage_and_due_date'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('state', 'standing')), fields=['borrower', 'kind'], name='hold_standing'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(fields=['borrower', '-id'], name='hold_of_borrower'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.UniqueConstraint(condition=models.Q(('finding__isnull', False)), fields=('finding', 'kind'), name='one_hold_per_finding_and_kind'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['new_disbursement', 'limit_increase', 'extension', 'new_credit'])), name='hold_stops_something_known'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ends_on__isnull', True), ('finding__isnull', False)), models.Q(('ends_on__gte', models.F('placed_on')), ('finding__isnull', True), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='hold_by_hand_has_a_reason_and_an_end'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('asked_by__isnull', True), ('asked_on__isnull', True), ('asked_reason', '')), models.Q(('asked_by__isnull', False), ('asked_on__isnull', False), models.Q(('asked_reason', ''), _negated=True)), _connector='OR'), name='lifting_is_asked_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cause', ''), ('lifted_at__isnull', True), ('lifted_by__isnull', True), ('lifted_on__isnull', True), ('state', 'standing')), models.Q(('cause', 'verified'), ('finding__isnull', False), ('lifted_at__isnull', False), ('lifted_by__isnull', False), ('lifted_on__isnull', False), ('state', 'lifted')), models.Q(('asked_by__isnull', False), ('cause', 'agreed'), ('lifted_at__isnull', False), ('lifted_by__isnull', False), ('lifted_on__isnull', False), ('state', 'lifted')), _connector='OR'), name='hold_is_lifted_by_a_verification_or_by_two_people'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cause', 'agreed'), _negated=True), models.Q(('lifted_by', models.F('asked_by')), _negated=True), _connector='OR'), name='hold_is_lifted_by_another_person', violation_error_message="Whoever asks for a hold to be lifted can't agree to it."),
        ),
        migrations.AddConstraint(
            model_name='signingkey',
            constraint=models.UniqueConstraint(condition=models.Q(('to_at__isnull', True)), fields=('lender',), name='one_signing_key_in_use'),
        ),
        migrations.AddIndex(
            model_name='holdanswer',
            index=models.Index(fields=['borrower', '-id'], name='hold_answer_of_borrower'),
        ),
        migrations.AddIndex(
            model_name='certificate',
            index=models.Index(fields=['borrower', '-id'], name='certificate_of_borrower'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.UniqueConstraint(fields=('lender', 'number'), name='one_certificate_per_number'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__gte', models.F('as_of'))), name='certificate_is_valid_for_a_day_at_least'),
        ),
        migrations.RunSQL(FINDING + HOLD + APPEND_ONLY, DROP),
    ])
