"""Rules of all grains, versions with scope, life and history, snoozes and silent test runs."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from loanwatch.kernel.migrating import in_one_go


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0016_every_family_is_looked_at_on_its_own_day'),
        ('borrowers', '0017_what_the_night_allocates_anew'),
        ('lenders', '0005_calendars_and_terms_change_under_four_eyes'),
        ('people', '0003_roles_kept_apart'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = in_one_go([
        migrations.CreateModel(
            name='RuleSnooze',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_on', models.DateField(verbose_name='from')),
                ('until', models.DateField(verbose_name='until')),
                ('reason', models.TextField(verbose_name='reason')),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('lifted_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='RuleTrial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_on', models.DateField(verbose_name='from')),
                ('to_on', models.DateField(verbose_name='until')),
                ('text', models.TextField()),
                ('tree', models.JSONField()),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='RuleVersionEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('checked', 'Checked'), ('live', 'Live'), ('retired', 'Retired'), ('dropped', 'Dropped')], default='draft', max_length=8, verbose_name='state')),
                ('text', models.TextField(verbose_name='rule text')),
                ('authors', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)), default=list, size=None)),
                ('valid_from', models.DateField(null=True, verbose_name='live from')),
                ('valid_to', models.DateField(null=True, verbose_name='live until')),
                ('reason', models.TextField(blank=True, db_default='', default='', verbose_name='reason')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TrialHit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateField()),
                ('bucket', models.SmallIntegerField(db_default=0, default=0)),
                ('subject', models.BigIntegerField()),
                ('level', models.SmallIntegerField()),
                ('live_level', models.SmallIntegerField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='authors',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)), default=list, size=None),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='basis',
            field=models.CharField(blank=True, db_default='', default='', max_length=120, verbose_name='basis'),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='branches',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), blank=True, db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), size=None)), default=list, size=None, verbose_name='branches'),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='checked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='confidence',
            field=models.CharField(choices=[('high', 'high'), ('medium', 'medium'), ('low', 'low'), ('own', 'set by the lender')], db_default='own', default='own', max_length=6, verbose_name='confidence'),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='cure_days',
            field=models.SmallIntegerField(db_default=0, default=0, verbose_name='closes that stay clear before it is cleared'),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='hold_days',
            field=models.SmallIntegerField(db_default=0, default=0, verbose_name='days before a level falls'),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='look_at',
            field=models.TextField(blank=True, db_default='', default='', verbose_name='what to look at on a visit'),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='name',
            field=models.CharField(blank=True, db_default='', default='', max_length=120, verbose_name='name'),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='products',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), blank=True, db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), size=None)), default=list, size=None, verbose_name='products'),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='reason',
            field=models.TextField(blank=True, db_default='', default='', verbose_name='reason'),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='segments',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), blank=True, db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), size=None)), default=list, size=None, verbose_name='segments'),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='why',
            field=models.TextField(blank=True, db_default='', default='', verbose_name='why it matters'),
        ),
        migrations.AlterField(
            model_name='rule',
            name='grain',
            field=models.CharField(choices=[('loan', 'Loan'), ('borrower', 'Borrower'), ('branch', 'Branch'), ('staff', 'Staff')], max_length=8, verbose_name='grain'),
        ),
        migrations.AlterField(
            model_name='ruleversion',
            name='state',
            field=models.CharField(choices=[('draft', 'Draft'), ('checked', 'Checked'), ('live', 'Live'), ('retired', 'Retired'), ('dropped', 'Dropped')], default='draft', max_length=8, verbose_name='state'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ruleversion',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "alerts_ruleversionevent" ("approved_by_id", "authors", "checked_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "state", "text", "valid_from", "valid_to") SELECT new_values."approved_by_id", new_values."authors", new_values."checked_by_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."reason", new_values."state", new_values."text", new_values."valid_from", new_values."valid_to" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."approved_by_id" IS DISTINCT FROM (new_values."approved_by_id") OR old_values."authors" IS DISTINCT FROM (new_values."authors") OR old_values."checked_by_id" IS DISTINCT FROM (new_values."checked_by_id") OR old_values."reason" IS DISTINCT FROM (new_values."reason") OR old_values."state" IS DISTINCT FROM (new_values."state") OR old_values."text" IS DISTINCT FROM (new_values."text") OR old_values."valid_from" IS DISTINCT FROM (new_values."valid_from") OR old_values."valid_to" IS DISTINCT FROM (new_values."valid_to")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='e0b2b25f9160117def78a2ba521a5bea339557f1', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_ace99', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='alerts_ruleversion', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='ruleversion',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['draft', 'checked'])), fields=('rule',), name='one_open_version_per_rule'),
        ),
        migrations.AddConstraint(
            model_name='ruleversion',
            constraint=models.CheckConstraint(condition=models.Q(('checked_by__isnull', True), ('approved_by__isnull', True), models.Q(('approved_by', models.F('checked_by')), _negated=True), _connector='OR'), name='rule_approved_by_who_did_not_check', violation_error_message="Whoever has checked a rule can't approve it."),
        ),
        migrations.AddConstraint(
            model_name='ruleversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'retired'), _negated=True), models.Q(('valid_from__isnull', False), ('valid_to__isnull', False)), _connector='OR'), name='retired_rule_has_dates'),
        ),
        migrations.AddConstraint(
            model_name='ruleversion',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='rule_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='ruleversion',
            constraint=models.CheckConstraint(condition=models.Q(('cure_days__range', (0, 400)), ('hold_days__range', (0, 400))), name='rule_days_in_bounds'),
        ),
        migrations.AddConstraint(
            model_name='ruleversion',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state__in', ['live', 'retired'])), expressions=[('rule', '='), (models.Func(models.F('valid_from'), models.F('valid_to'), function='daterange'), '&&')], name='one_version_in_force_per_rule_and_day'),
        ),
        migrations.AddField(
            model_name='rulesnooze',
            name='borrower',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.borrower'),
        ),
        migrations.AddField(
            model_name='rulesnooze',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='rulesnooze',
            name='lender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender'),
        ),
        migrations.AddField(
            model_name='rulesnooze',
            name='lifted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='rulesnooze',
            name='rule',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='snoozes', to='alerts.rule'),
        ),
        migrations.AddField(
            model_name='ruletrial',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='ruletrial',
            name='lender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender'),
        ),
        migrations.AddField(
            model_name='ruletrial',
            name='rule_version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='trials', to='alerts.ruleversion'),
        ),
        migrations.AddField(
            model_name='ruletrial',
            name='stopped_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='ruleversionevent',
            name='approved_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='ruleversionevent',
            name='checked_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='ruleversionevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='ruleversionevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='state_text_authors_checked_by_approved_by_valid_from_valid_to_reason_events', to='alerts.ruleversion'),
        ),
        migrations.AddField(
            model_name='trialhit',
            name='trial',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hits', to='alerts.ruletrial'),
        ),
        migrations.AddConstraint(
            model_name='rulesnooze',
            constraint=models.CheckConstraint(condition=models.Q(('until__gte', models.F('from_on')), ('lifted_by__isnull', False), _connector='OR'), name='snooze_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='rulesnooze',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='snooze_has_a_reason', violation_error_message='Say why.'),
        ),
        migrations.AddConstraint(
            model_name='rulesnooze',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('lifted_by__isnull', True)), expressions=[('rule', '='), ('borrower', '='), (models.Func(models.F('from_on'), django.db.models.expressions.CombinedExpression(models.F('until'), '+', models.Value(1)), function='daterange'), '&&')], name='one_snooze_per_rule_and_borrower'),
        ),
        migrations.AddConstraint(
            model_name='ruletrial',
            constraint=models.CheckConstraint(condition=models.Q(('to_on__gte', models.F('from_on')), ('stopped_by__isnull', False), _connector='OR'), name='trial_ends_after_it_begins'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ruleversionevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6be2351c81cb966bb0387740dd29bb7a8d7e70c1', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_3a9e7', table='alerts_ruleversionevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='trialhit',
            constraint=models.UniqueConstraint(fields=('trial', 'as_of', 'subject'), name='one_trial_hit_per_subject_and_day'),
        ),
    ])
