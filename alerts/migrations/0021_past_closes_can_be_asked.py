"""Back-tests of rules: what was asked, and what a rule would have said at past closes."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from loanwatch.kernel.migrating import in_one_go


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0020_statistics_of_what_is_joined'),
        ('lenders', '0005_calendars_and_terms_change_under_four_eyes'),
        ('people', '0003_roles_kept_apart'),
    ]

    operations = in_one_go([
        migrations.CreateModel(
            name='BacktestRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(verbose_name='rule text')),
                ('tree', models.JSONField()),
                ('target', models.CharField(choices=[('dpd30', '30 days past due'), ('dpd60', '60 days past due'), ('dpd90', '90 days past due'), ('charged_off', 'Charged off or written off')], default='dpd90', max_length=12, verbose_name='target')),
                ('months', models.SmallIntegerField(default=12, verbose_name='within months')),
                ('from_on', models.DateField(verbose_name='from')),
                ('to_on', models.DateField(verbose_name='to')),
                ('pace', models.CharField(choices=[('month', 'The last close of each month'), ('every', 'Every close')], default='month', max_length=5, verbose_name='closes')),
                ('gap', models.SmallIntegerField(default=1, verbose_name='clear closes before it counts as begun anew')),
                ('hours', models.DecimalField(decimal_places=2, max_digits=6, verbose_name='hours that an alert takes')),
                ('cut', models.CharField(blank=True, choices=[('', 'The whole book'), ('product', 'Product'), ('branch', 'Branch'), ('segment', 'Segment'), ('size', 'Size')], default='', max_length=7, verbose_name='by')),
                ('state', models.CharField(choices=[('queued', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('cancelled', 'Cancelled'), ('failed', 'Failed')], default='queued', max_length=9, verbose_name='state')),
                ('asked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('owner', models.CharField(blank=True, max_length=120)),
                ('lease_until', models.DateTimeField(null=True)),
                ('claims', models.IntegerField(default=0)),
                ('lost', models.SmallIntegerField(default=0)),
                ('closes', models.SmallIntegerField(null=True)),
                ('closes_done', models.SmallIntegerField(default=0)),
                ('done_down_to', models.DateField(null=True)),
                ('last_close', models.DateField(null=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('seconds', models.FloatField(default=0)),
                ('error', models.TextField(blank=True)),
                ('result', models.JSONField(null=True)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('cancelled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='backtests', to='alerts.rule')),
                ('version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='backtests', to='alerts.ruleversion')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='BacktestRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateField()),
                ('nth', models.SmallIntegerField()),
                ('subject', models.BigIntegerField()),
                ('part', models.CharField(blank=True, max_length=40)),
                ('level', models.SmallIntegerField()),
                ('in_target', models.BooleanField()),
                ('reached_on', models.DateField(null=True)),
                ('complete', models.BooleanField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='alerts.backtestrun')),
            ],
        ),
        migrations.CreateModel(
            name='BacktestClose',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateField()),
                ('part', models.CharField(blank=True, max_length=40)),
                ('complete', models.BooleanField()),
                ('observed', models.IntegerField()),
                ('not_evaluable', models.IntegerField()),
                ('in_target', models.IntegerField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='alerts.backtestrun')),
            ],
        ),
        migrations.CreateModel(
            name='BacktestTarget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.BigIntegerField()),
                ('on', models.DateField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='alerts.backtestrun')),
            ],
        ),
        migrations.AddIndex(
            model_name='backtestrun',
            index=models.Index(condition=models.Q(('state__in', ['queued', 'running'])), fields=['asked_at'], name='backtest_waiting'),
        ),
        migrations.AddConstraint(
            model_name='backtestrun',
            constraint=models.CheckConstraint(condition=models.Q(('to_on__gte', models.F('from_on'))), name='backtest_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='backtestrun',
            constraint=models.CheckConstraint(condition=models.Q(('gap__range', (1, 400)), ('hours__gt', 0), ('months__in', (1, 3, 6, 12))), name='backtest_in_bounds'),
        ),
        migrations.AddConstraint(
            model_name='backtestrun',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'done'), ('result__isnull', True), _connector='XOR'), name='backtest_done_has_its_result'),
        ),
        migrations.AddConstraint(
            model_name='backtestrun',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'running'), ('lease_until__isnull', True), _connector='XOR'), name='backtest_running_has_a_lease'),
        ),
        migrations.AddConstraint(
            model_name='backtestrow',
            constraint=models.UniqueConstraint(fields=('run', 'subject', 'as_of'), name='one_backtest_row_per_subject_and_close'),
        ),
        migrations.AddConstraint(
            model_name='backtestclose',
            constraint=models.UniqueConstraint(fields=('run', 'as_of', 'part'), name='one_backtest_count_per_part_and_close'),
        ),
        migrations.AddConstraint(
            model_name='backtesttarget',
            constraint=models.UniqueConstraint(fields=('run', 'subject'), name='one_next_target_per_subject'),
        ),
    ])
