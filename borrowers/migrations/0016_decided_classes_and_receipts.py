"""The class that people decided on, as a dated fact; and what each close of a day found of the feeds."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('borrowers', '0015_facts_for_every_indicator'),
        ('lenders', '0005_calendars_and_terms_change_under_four_eyes'),
        ('people', '0003_roles_kept_apart'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClassDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('known_from', models.DateField(verbose_name='known from')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('bucket', models.SmallIntegerField()),
                ('risk_class', models.CharField(max_length=16)),
                ('proposed', models.CharField(max_length=16)),
                ('reason', models.CharField(blank=True, max_length=2000)),
                ('subject', models.CharField(max_length=60)),
                ('delivery', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.delivery')),
                ('entered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('loan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='class_decisions', to='borrowers.loan')),
            ],
            options={
                'ordering': ['loan', 'id'],
                'indexes': [models.Index(fields=['lender', 'bucket', 'known_from'], name='class_decision_by_bucket'), models.Index(fields=['loan', 'id'], name='class_decision_by_loan')],
                'constraints': [models.UniqueConstraint(fields=('lender', 'subject'), name='one_class_decision_per_subject'), models.CheckConstraint(condition=models.Q(('proposed__in', ('normal', 'special_mention', 'substandard', 'doubtful', 'loss')), ('risk_class__in', ('normal', 'special_mention', 'substandard', 'doubtful', 'loss'))), name='class_decision_knows_its_class'), models.CheckConstraint(condition=models.Q(('risk_class', models.F('proposed')), models.Q(('reason', ''), _negated=True), _connector='OR'), name='overruled_class_has_a_reason'), models.CheckConstraint(condition=models.Q(('entered_by__isnull', False)), name='class_is_decided_by_a_person')],
            },
        ),
        migrations.CreateModel(
            name='DayReceipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('format', models.CharField(max_length=60, verbose_name='feed')),
                ('business_date', models.DateField(verbose_name='business date')),
                ('deliveries', models.IntegerField(default=0, verbose_name='deliveries applied')),
                ('not_applied', models.IntegerField(default=0, verbose_name='deliveries not applied')),
                ('rows_applied', models.BigIntegerField(default=0, verbose_name='rows applied')),
                ('rows_unchanged', models.BigIntegerField(default=0, verbose_name='rows that say nothing new')),
                ('rows_quarantined', models.BigIntegerField(default=0, verbose_name='rows set aside')),
                ('waited_seconds', models.IntegerField(default=0, verbose_name='waited, seconds')),
                ('let_go', models.BooleanField(default=False, verbose_name='closed without it')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason given')),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='lenders.lender')),
                ('let_go_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'ordering': ['business_date', 'format'],
                'constraints': [models.UniqueConstraint(fields=('lender', 'business_date', 'format'), name='one_receipt_per_feed_and_date')],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON borrowers_classdecision FOR EACH ROW EXECUTE FUNCTION lw_append_only()",
            "DROP TRIGGER append_only_guard ON borrowers_classdecision",
        ),
    ]
