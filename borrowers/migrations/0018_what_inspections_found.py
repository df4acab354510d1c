"""What confirmed inspections found amiss, kept as facts on which the next close warns."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('borrowers', '0017_what_the_night_allocates_anew'),
        ('lenders', '0005_calendars_and_terms_change_under_four_eyes'),
        ('people', '0003_roles_kept_apart'),
    ]

    operations = [
        migrations.CreateModel(
            name='VisitFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('known_from', models.DateField(verbose_name='known from')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('bucket', models.SmallIntegerField()),
                ('subject', models.CharField(max_length=60)),
                ('points', models.JSONField()),
                ('level', models.SmallIntegerField()),
                ('text', models.TextField()),
                ('delivery', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.delivery')),
                ('entered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('loan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visit_findings', to='borrowers.loan')),
            ],
            options={
                'ordering': ['loan', 'id'],
                'indexes': [models.Index(fields=['lender', 'bucket', 'known_from'], name='visit_finding_by_bucket')],
                'constraints': [models.UniqueConstraint(fields=('lender', 'subject'), name='one_finding_per_visit'), models.CheckConstraint(condition=models.Q(('level__range', (1, 3))), name='finding_has_a_level')],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON borrowers_visitfinding FOR EACH ROW EXECUTE FUNCTION lw_append_only()",
            migrations.RunSQL.noop,
        ),
    ]
