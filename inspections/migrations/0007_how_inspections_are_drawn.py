"""What the database keeps of sampling: a policy in force never changes, a seed is opened late and once, a draw is made once."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from loanwatch.kernel.migrating import in_one_go

POLICY = """
CREATE FUNCTION lw_sampling_policy_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'versions of a sampling policy are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.made_by_id IS NULL AND EXISTS (SELECT 1 FROM inspections_samplingpolicy p WHERE p.lender_id = NEW.lender_id AND p.state = 'approved') THEN
            RAISE EXCEPTION 'a sampling policy is made by a person' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'a sampling policy begins as a draft' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state IN ('approved', 'withdrawn') THEN
        RAISE EXCEPTION 'version % of the sampling policy is % and never changes', OLD.version, OLD.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.id, OLD.lender_id, OLD.version, OLD.made_by_id, OLD.made_at) IS DISTINCT FROM (NEW.id, NEW.lender_id, NEW.version, NEW.made_by_id, NEW.made_at) THEN
        RAISE EXCEPTION 'who made which version of a sampling policy never changes' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- The shipped version, which names no maker, is put in force with its rows when a lender has none.
    IF OLD.state = 'draft' AND NEW.state NOT IN ('draft', 'proposed', 'withdrawn') AND OLD.made_by_id IS NOT NULL THEN
        RAISE EXCEPTION 'version % of the sampling policy was not proposed', OLD.version USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state = 'proposed' AND to_jsonb(OLD) - ARRAY['state', 'approved_by_id', 'approved_at', 'proposed_at', 'text_hash']
        IS DISTINCT FROM to_jsonb(NEW) - ARRAY['state', 'approved_by_id', 'approved_at', 'proposed_at', 'text_hash'] THEN
        RAISE EXCEPTION 'version % of the sampling policy was proposed: it can be approved, returned or withdrawn', OLD.version
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state = 'approved' AND OLD.made_by_id IS NOT NULL AND NEW.text_hash IS DISTINCT FROM OLD.text_hash THEN
        RAISE EXCEPTION 'version % of the sampling policy is approved as it was proposed', OLD.version USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER policy_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_samplingpolicy FOR EACH ROW EXECUTE FUNCTION lw_sampling_policy_guard();

CREATE FUNCTION lw_sampling_row_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    asked bigint;
    policy inspections_samplingpolicy;
BEGIN
    FOREACH asked IN ARRAY CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.policy_id] WHEN 'DELETE' THEN ARRAY[OLD.policy_id] ELSE ARRAY[OLD.policy_id, NEW.policy_id] END LOOP
        SELECT * INTO policy FROM inspections_samplingpolicy WHERE id = asked FOR SHARE;
        IF policy.state <> 'draft' THEN
            RAISE EXCEPTION 'version % of the sampling policy is %: its rows never change', policy.version, policy.state USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER frozen_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_samplingstratum FOR EACH ROW EXECUTE FUNCTION lw_sampling_row_guard();
"""

SEED = """
CREATE FUNCTION lw_sampling_seed_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    ends date;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'seeds are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.seed <> '' THEN
            RAISE EXCEPTION 'a seed begins sealed' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    ends := (OLD.month + interval '1 month')::date;
    IF OLD.seed <> '' OR NEW.seed = '' OR to_jsonb(OLD) - ARRAY['seed', 'opened_by_id', 'opened_on', 'opened_at']
        IS DISTINCT FROM to_jsonb(NEW) - ARRAY['seed', 'opened_by_id', 'opened_on', 'opened_at'] THEN
        RAISE EXCEPTION 'the seed of % is opened once and changes in nothing else', OLD.month USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.opened_on < ends THEN
        RAISE EXCEPTION 'the seed of % is opened after the month is over', OLD.month
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seed_is_opened_after_its_month';
    END IF;
    IF encode(sha256(decode(NEW.seed, 'hex')), 'hex') <> OLD.commitment THEN
        RAISE EXCEPTION 'this is not the seed whose hash was published for %', OLD.month
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seed_is_the_published_one';
    END IF;
    IF EXISTS (SELECT 1 FROM inspections_visit v JOIN inspections_task t ON t.id = v.task_id LEFT JOIN inspections_draw d ON d.visit_id = v.id
               WHERE v.lender_id = OLD.lender_id AND v.submitted_on >= OLD.month AND v.submitted_on < ends AND v.state <> 'draft'
                 AND t.kind <> 'verify' AND d.id IS NULL) THEN
        RAISE EXCEPTION 'inspections of % are not drawn yet', OLD.month
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seed_is_opened_after_its_last_draw';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM people_roleheld r WHERE r.person_id = NEW.opened_by_id AND r.role = 'auditor' AND r.from_on <= NEW.opened_on
                   AND (r.to_on IS NULL OR r.to_on > NEW.opened_on)) THEN
        RAISE EXCEPTION 'only an auditor opens a seed' USING ERRCODE = 'check_violation', CONSTRAINT = 'seed_is_opened_by_an_auditor';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER seed_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_samplingseed FOR EACH ROW EXECUTE FUNCTION lw_sampling_seed_guard();
"""

DRAW = """
CREATE FUNCTION lw_draw_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    visit inspections_visit;
    drawn inspections_samplingseed;
    policy inspections_samplingpolicy;
BEGIN
    SELECT * INTO visit FROM inspections_visit WHERE id = NEW.visit_id FOR SHARE;
    SELECT * INTO drawn FROM inspections_samplingseed WHERE id = NEW.seed_id FOR SHARE;
    SELECT * INTO policy FROM inspections_samplingpolicy WHERE id = NEW.policy_id FOR SHARE;
    IF visit.state = 'draft' OR visit.content_hash <> NEW.content_hash OR visit.lender_id <> NEW.lender_id THEN
        RAISE EXCEPTION 'a draw is made of an inspection as it was handed in' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF drawn.lender_id <> NEW.lender_id OR drawn.month <> date_trunc('month', visit.submitted_on)::date OR drawn.seed <> '' THEN
        RAISE EXCEPTION 'inspection % is drawn with the sealed seed of the month in which it was handed in', visit.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'draw_has_the_sealed_seed_of_its_month';
    END IF;
    IF policy.lender_id <> NEW.lender_id OR policy.state <> 'approved' OR policy.text_hash <> NEW.policy_hash OR policy.id IS DISTINCT FROM
        (SELECT p.id FROM inspections_samplingpolicy p WHERE p.lender_id = NEW.lender_id AND p.state = 'approved' AND p.valid_from <= visit.submitted_on
         ORDER BY p.valid_from DESC LIMIT 1) THEN
        RAISE EXCEPTION 'inspection % is drawn by the sampling policy in force when it was handed in', visit.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'draw_has_the_policy_in_force';
    END IF;
    IF NEW.stratum_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM inspections_samplingstratum s WHERE s.id = NEW.stratum_id AND s.policy_id = NEW.policy_id) THEN
        RAISE EXCEPTION 'the row of a draw is one of its policy' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER draw_guard BEFORE INSERT ON inspections_draw FOR EACH ROW EXECUTE FUNCTION lw_draw_guard();
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON inspections_draw FOR EACH ROW EXECUTE FUNCTION lw_append_only();
"""

BACK = """
DROP TRIGGER policy_guard ON inspections_samplingpolicy; DROP FUNCTION lw_sampling_policy_guard();
DROP TRIGGER frozen_guard ON inspections_samplingstratum; DROP FUNCTION lw_sampling_row_guard();
DROP TRIGGER seed_guard ON inspections_samplingseed; DROP FUNCTION lw_sampling_seed_guard();
DROP TRIGGER draw_guard ON inspections_draw; DROP TRIGGER append_only_guard ON inspections_draw; DROP FUNCTION lw_draw_guard();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('inspections', '0006_what_the_evidence_guard_noticed'),
        ('lenders', '0005_calendars_and_terms_change_under_four_eyes'),
        ('people', '0003_roles_kept_apart'),
    ]

    operations = in_one_go([
        migrations.CreateModel(
            name='SamplingPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.SmallIntegerField(verbose_name='version')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('proposed', 'Proposed'), ('approved', 'Approved'), ('withdrawn', 'Withdrawn')], default='draft', max_length=9, verbose_name='state')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('why', models.CharField(max_length=400, verbose_name='reason for this version')),
                ('base_share', models.DecimalField(decimal_places=2, max_digits=5, verbose_name='share of every inspection at least, %')),
                ('flag_points', models.DecimalField(decimal_places=2, max_digits=5, verbose_name='for each evidence flag, % points')),
                ('alert_points', models.DecimalField(decimal_places=2, max_digits=5, verbose_name='for each open alert, % points')),
                ('class_points', models.DecimalField(decimal_places=2, max_digits=5, verbose_name='for each class below normal, % points')),
                ('exposure_from', models.DecimalField(blank=True, decimal_places=2, max_digits=20, null=True, verbose_name='large exposure from')),
                ('exposure_points', models.DecimalField(decimal_places=2, max_digits=5, verbose_name='for a large exposure, % points')),
                ('most_points', models.DecimalField(decimal_places=2, max_digits=5, verbose_name='for risk together at most, % points')),
                ('last_points', models.IntegerField(verbose_name='disagreement is measured over the last points')),
                ('least_points', models.IntegerField(verbose_name='and says nothing with fewer points than')),
                ('disagree_from', models.DecimalField(decimal_places=2, max_digits=5, verbose_name='high disagreement from, %')),
                ('raised_points', models.DecimalField(decimal_places=2, max_digits=5, verbose_name='for high disagreement, % points')),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('proposed_at', models.DateTimeField(null=True)),
                ('approved_at', models.DateTimeField(null=True)),
                ('text_hash', models.CharField(blank=True, max_length=64)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'ordering': ['-version'],
            },
        ),
        migrations.CreateModel(
            name='SamplingSeed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(verbose_name='month')),
                ('commitment', models.CharField(max_length=64, verbose_name='published hash')),
                ('sealed', models.TextField()),
                ('published_on', models.DateField(verbose_name='published on')),
                ('published_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('seed', models.CharField(blank=True, max_length=64, verbose_name='seed')),
                ('opened_on', models.DateField(null=True, verbose_name='opened on')),
                ('opened_at', models.DateTimeField(null=True)),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('opened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'ordering': ['-month'],
            },
        ),
        migrations.CreateModel(
            name='SamplingStratum',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.SmallIntegerField()),
                ('code', models.CharField(max_length=30, verbose_name='row')),
                ('kinds', models.JSONField(blank=True, default=list, verbose_name='kinds of inspection')),
                ('levels', models.JSONField(blank=True, default=list, verbose_name='worst open alert')),
                ('tiers', models.JSONField(blank=True, default=list, verbose_name='key customer tiers')),
                ('products', models.JSONField(blank=True, default=list, verbose_name='products')),
                ('amount_from', models.DecimalField(blank=True, decimal_places=2, max_digits=20, null=True, verbose_name='amount from')),
                ('amount_below', models.DecimalField(blank=True, decimal_places=2, max_digits=20, null=True, verbose_name='amount below')),
                ('share', models.DecimalField(decimal_places=2, max_digits=5, verbose_name='share, %')),
                ('method', models.CharField(choices=[('visit', 'Own visit'), ('desk', 'Desk check'), ('batch', 'Batch check')], default='visit', max_length=5, verbose_name='those drawn')),
                ('otherwise', models.CharField(choices=[('visit', 'Own visit'), ('desk', 'Desk check'), ('batch', 'Batch check')], default='desk', max_length=5, verbose_name='the rest')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='strata', to='inspections.samplingpolicy')),
            ],
            options={
                'ordering': ['policy', 'position'],
            },
        ),
        migrations.CreateModel(
            name='Draw',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('policy_hash', models.CharField(max_length=64)),
                ('content_hash', models.CharField(max_length=64)),
                ('facts', models.JSONField()),
                ('share', models.DecimalField(decimal_places=2, max_digits=5, verbose_name='share, %')),
                ('number', models.CharField(max_length=64, verbose_name='number')),
                ('method', models.CharField(choices=[('visit', 'Own visit'), ('desk', 'Desk check'), ('batch', 'Batch check')], max_length=5, verbose_name='method')),
                ('reason', models.CharField(choices=[('all', 'All of these'), ('drawn', 'Drawn by the number'), ('not_drawn', 'Not drawn by the number')], max_length=9, verbose_name='reason')),
                ('drawn_on', models.DateField(verbose_name='drawn on')),
                ('drawn_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('visit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='draw', to='inspections.visit')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspections.samplingpolicy')),
                ('seed', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='draws', to='inspections.samplingseed')),
                ('stratum', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspections.samplingstratum')),
            ],
            options={
                'ordering': ['visit'],
            },
        ),
        migrations.AddConstraint(
            model_name='samplingpolicy',
            constraint=models.UniqueConstraint(fields=('lender', 'version'), name='one_sampling_policy_per_version'),
        ),
        migrations.AddConstraint(
            model_name='samplingpolicy',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'approved')), fields=('lender', 'valid_from'), name='one_sampling_policy_per_first_day'),
        ),
        migrations.AddConstraint(
            model_name='samplingpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('made_by__isnull', False), models.Q(('approved_by', models.F('made_by')), _negated=True)), _connector='OR'), name='sampling_policy_approved_by_another_person', violation_error_message="The person who made a sampling policy can't approve it."),
        ),
        migrations.AddConstraint(
            model_name='samplingpolicy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), models.Q(models.Q(('approved_at__isnull', False), ('approved_by__isnull', False)), ('made_by__isnull', True), _connector='OR')), models.Q(models.Q(('state', 'approved'), _negated=True), ('approved_at__isnull', True), ('approved_by__isnull', True)), _connector='OR'), name='sampling_policy_in_force_is_approved'),
        ),
        migrations.AddConstraint(
            model_name='samplingpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'withdrawn']), ('text_hash__regex', '^[0-9a-f]{64}$'), _connector='OR'), name='sampling_policy_is_sealed'),
        ),
        migrations.AddConstraint(
            model_name='samplingpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('alert_points__range', (0, 100)), ('base_share__range', (0, 100)), ('class_points__range', (0, 100)), ('disagree_from__range', (0, 100)), ('exposure_points__range', (0, 100)), ('flag_points__range', (0, 100)), ('last_points__range', (1, 10000)), ('least_points__range', (1, 10000)), ('most_points__range', (0, 100)), ('raised_points__range', (0, 100))), name='sampling_policy_within_bounds'),
        ),
        migrations.AddConstraint(
            model_name='samplingseed',
            constraint=models.UniqueConstraint(fields=('lender', 'month'), name='one_seed_per_month'),
        ),
        migrations.AddConstraint(
            model_name='samplingseed',
            constraint=models.UniqueConstraint(fields=('commitment',), name='one_commitment_per_seed'),
        ),
        migrations.AddConstraint(
            model_name='samplingseed',
            constraint=models.CheckConstraint(condition=models.Q(('month__day', 1)), name='seed_month_is_a_first_day'),
        ),
        migrations.AddConstraint(
            model_name='samplingseed',
            constraint=models.CheckConstraint(condition=models.Q(('commitment__regex', '^[0-9a-f]{64}$')), name='commitment_is_a_hash'),
        ),
        migrations.AddConstraint(
            model_name='samplingseed',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('opened_at__isnull', True), ('opened_by__isnull', True), ('opened_on__isnull', True), ('seed', '')), models.Q(('opened_at__isnull', False), ('opened_by__isnull', False), ('opened_on__isnull', False), ('seed__regex', '^[0-9a-f]{64}$')), _connector='OR'), name='opened_seed_has_its_opener'),
        ),
        migrations.AddConstraint(
            model_name='samplingstratum',
            constraint=models.UniqueConstraint(fields=('policy', 'position'), name='one_sampling_row_per_position'),
        ),
        migrations.AddConstraint(
            model_name='samplingstratum',
            constraint=models.UniqueConstraint(fields=('policy', 'code'), name='one_sampling_row_per_code'),
        ),
        migrations.AddConstraint(
            model_name='samplingstratum',
            constraint=models.CheckConstraint(condition=models.Q(('share__range', (0, 100))), name='sampling_share_is_a_percentage'),
        ),
        migrations.AddConstraint(
            model_name='samplingstratum',
            constraint=models.CheckConstraint(condition=models.Q(('method', models.F('otherwise')), _negated=True), name='sampling_methods_differ'),
        ),
        migrations.AddIndex(
            model_name='draw',
            index=models.Index(fields=['lender', 'drawn_on'], name='draw_by_day'),
        ),
        migrations.AddConstraint(
            model_name='draw',
            constraint=models.CheckConstraint(condition=models.Q(('share__range', (0, 100))), name='drawn_share_is_a_percentage'),
        ),
        migrations.AddConstraint(
            model_name='draw',
            constraint=models.CheckConstraint(condition=models.Q(('number__regex', '^[0-9a-f]{64}$')), name='drawn_number_has_256_bits'),
        ),
        migrations.AddConstraint(
            model_name='draw',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reason', 'all'), _negated=True), ('share', 100), _connector='OR'), name='all_are_drawn_at_a_hundred'),
        ),
        migrations.RunSQL(POLICY + SEED + DRAW, BACK),
    ])
