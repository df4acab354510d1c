"""Views of the list of alerts that people keep, and what a branch head leaves undone for a week."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from loanwatch.kernel.migrating import in_one_go

GUARD = "CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON alerts_lineaccepted FOR EACH ROW EXECUTE FUNCTION lw_append_only();"


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0021_past_closes_can_be_asked'),
        ('borrowers', '0018_what_inspections_found'),
        ('lenders', '0005_calendars_and_terms_change_under_four_eyes'),
        ('people', '0003_roles_kept_apart'),
    ]

    operations = in_one_go([
        migrations.CreateModel(
            name='LineAccepted',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.DateField(verbose_name='week from')),
                ('nth', models.SmallIntegerField()),
                ('hours', models.DecimalField(decimal_places=2, max_digits=8, verbose_name='hours of the week')),
                ('alerts', models.IntegerField(verbose_name='alerts below the line')),
                ('exposure', models.DecimalField(decimal_places=2, max_digits=20, verbose_name='exposure below the line')),
                ('expected_loss', models.DecimalField(decimal_places=2, max_digits=20, verbose_name='expected loss below the line')),
                ('currency', models.CharField(max_length=3)),
                ('reason', models.TextField(verbose_name='reason')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'ordering': ['-week', '-nth'],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name of the view')),
                ('query', models.CharField(max_length=1000)),
                ('is_default', models.BooleanField(default=False, verbose_name='opens first')),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('dropped_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(condition=models.Q(('state', 'closed'), _negated=True), fields=['due_on', '-level', 'id'], name='alert_by_deadline'),
        ),
        migrations.AddField(
            model_name='lineaccepted',
            name='branch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.branch'),
        ),
        migrations.AddField(
            model_name='lineaccepted',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='lineaccepted',
            name='lender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender'),
        ),
        migrations.AddField(
            model_name='savedview',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='savedview',
            name='shared_with',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.branch'),
        ),
        migrations.AddConstraint(
            model_name='lineaccepted',
            constraint=models.UniqueConstraint(fields=('branch', 'week', 'nth'), name='one_acceptance_per_branch_week_and_turn'),
        ),
        migrations.AddConstraint(
            model_name='lineaccepted',
            constraint=models.CheckConstraint(condition=models.Q(('alerts__gt', 0), ('hours__gte', 0), ('nth__gt', 0), models.Q(('reason', ''), _negated=True)), name='something_is_accepted_for_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='lineaccepted',
            constraint=models.CheckConstraint(condition=models.Q(('week__iso_week_day', 1)), name='a_week_begins_on_monday'),
        ),
        migrations.AddConstraint(
            model_name='lineaccepted',
            constraint=models.CheckConstraint(condition=models.Q(('exposure__gte', models.F('expected_loss'))), name='no_more_is_lost_than_lent'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(condition=models.Q(('dropped_at__isnull', True)), fields=('person', 'name'), name='one_view_per_person_and_name'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(condition=models.Q(('dropped_at__isnull', True), ('is_default', True)), fields=('person',), name='one_view_opens_first'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='a_view_has_a_name'),
        ),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ])
