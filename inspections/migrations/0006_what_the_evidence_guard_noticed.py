"""What the evidence guard noticed. Flags and judgements are never changed; nobody judges a flag about himself, in the database too."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from loanwatch.kernel.migrating import in_one_go

GUARD = """
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON inspections_examination FOR EACH ROW EXECUTE FUNCTION lw_append_only();
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON inspections_flag FOR EACH ROW EXECUTE FUNCTION lw_append_only();
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON inspections_flagjudgement FOR EACH ROW EXECUTE FUNCTION lw_append_only();

CREATE FUNCTION lw_flag_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    visit inspections_visit;
BEGIN
    SELECT * INTO visit FROM inspections_visit WHERE id = NEW.visit_id;
    IF visit.state = 'draft' OR visit.recorded_by_id IS DISTINCT FROM NEW.person_id OR visit.lender_id IS DISTINCT FROM NEW.lender_id THEN
        RAISE EXCEPTION 'a flag is about a submitted inspection and the person who recorded it' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER flag_guard BEFORE INSERT ON inspections_flag FOR EACH ROW EXECUTE FUNCTION lw_flag_guard();

CREATE FUNCTION lw_flag_judgement_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM inspections_flag f WHERE f.id = NEW.flag_id AND f.person_id = NEW.judged_by_id) THEN
        RAISE EXCEPTION 'nobody judges a flag about himself' USING ERRCODE = 'check_violation', CONSTRAINT = 'judge_is_not_concerned';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER judgement_guard BEFORE INSERT ON inspections_flagjudgement FOR EACH ROW EXECUTE FUNCTION lw_flag_judgement_guard();
"""

DROP = """
DROP TRIGGER judgement_guard ON inspections_flagjudgement; DROP FUNCTION lw_flag_judgement_guard();
DROP TRIGGER flag_guard ON inspections_flag; DROP FUNCTION lw_flag_guard();
DROP TRIGGER append_only_guard ON inspections_flagjudgement; DROP TRIGGER append_only_guard ON inspections_flag;
DROP TRIGGER append_only_guard ON inspections_examination;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('inspections', '0005_inspections_on_their_way'),
        ('lenders', '0005_calendars_and_terms_change_under_four_eyes'),
        ('people', '0003_roles_kept_apart'),
    ]

    operations = in_one_go([
        migrations.CreateModel(
            name='Examination',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('examined_on', models.DateField()),
                ('examined_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('thresholds', models.JSONField(default=dict)),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('visit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='examination', to='inspections.visit')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Flag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('same_picture', 'Picture seen before'), ('picture_time', 'Picture of another time'), ('picture_place', 'Picture of another place'), ('route', 'Route nobody travels'), ('position', 'Position in doubt'), ('clock', 'Clock in doubt'), ('same_words', 'Words of another report'), ('account', 'Contradicts the account data'), ('last_visit', 'Contradicts the last visit')], max_length=13, verbose_name='kind')),
                ('figure', models.DecimalField(decimal_places=4, max_digits=20, null=True, verbose_name='figure')),
                ('code', models.CharField(max_length=20)),
                ('point', models.CharField(blank=True, max_length=40)),
                ('reason', models.JSONField(default=dict)),
                ('noticed_on', models.DateField(verbose_name='noticed on')),
                ('noticed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.branch')),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('other_photo', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspections.photo')),
                ('other_visit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspections.visit')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('photo', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspections.photo')),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='flags', to='inspections.visit')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='FlagJudgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verdict', models.CharField(choices=[('explained', 'Explained'), ('stands', 'Stands')], max_length=9, verbose_name='judgement')),
                ('words', models.TextField(verbose_name='reason')),
                ('judged_on', models.DateField()),
                ('judged_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('flag', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='judgements', to='inspections.flag')),
                ('judged_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'ordering': ['flag', '-id'],
            },
        ),
        migrations.CreateModel(
            name='PhotoPrint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ('grey', models.BinaryField()),
                ('plain', models.BooleanField(default=False)),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('photo', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='print', to='inspections.photo')),
            ],
        ),
        migrations.CreateModel(
            name='ReportPrint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shingles', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('bands', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('visit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='report_print', to='inspections.visit')),
            ],
        ),
        migrations.AddIndex(
            model_name='flag',
            index=models.Index(fields=['lender', '-id'], name='flag_of_lender'),
        ),
        migrations.AddIndex(
            model_name='flag',
            index=models.Index(fields=['person', '-id'], name='flag_of_person'),
        ),
        migrations.AddIndex(
            model_name='flag',
            index=models.Index(fields=['branch', '-id'], name='flag_of_branch'),
        ),
        migrations.AddConstraint(
            model_name='flag',
            constraint=models.UniqueConstraint(fields=('visit', 'code', 'photo', 'other_photo', 'other_visit', 'point'), name='one_flag_per_reason', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='flag',
            constraint=models.CheckConstraint(condition=models.Q(('other_visit__isnull', True), models.Q(('other_visit', models.F('visit')), _negated=True), ('code', 'same_in_visit'), _connector='OR'), name='flag_compares_two_visits'),
        ),
        migrations.AddConstraint(
            model_name='flag',
            constraint=models.CheckConstraint(condition=models.Q(('other_photo__isnull', True), ('photo__isnull', False), _connector='OR'), name='flag_compares_two_photos'),
        ),
        migrations.AddConstraint(
            model_name='flagjudgement',
            constraint=models.CheckConstraint(condition=models.Q(('words__regex', '\\S')), name='judgement_has_words'),
        ),
        migrations.AddIndex(
            model_name='photoprint',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['words'], name='photo_print_words'),
        ),
        migrations.AddIndex(
            model_name='reportprint',
            index=models.Index(fields=['person', 'visit'], name='report_print_of_person'),
        ),
        migrations.AddIndex(
            model_name='reportprint',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['shingles'], name='report_print_shingles'),
        ),
        migrations.AddIndex(
            model_name='reportprint',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['bands'], name='report_print_bands'),
        ),
        migrations.RunSQL(GUARD, DROP),
    ])
