"""The inspection plan as versions with rows, its readers, capacity, absences and postponements, and what the database keeps of them."""

import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from loanwatch.kernel.migrating import in_one_go

GUARD = """
CREATE FUNCTION lw_plan_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'versions of the inspection plan are never deleted' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'plan_stays';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'a version of the inspection plan begins as a draft' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'plan_begins_as_draft';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.id, OLD.lender_id, OLD.number, OLD.made_by_id, OLD.made_at) IS DISTINCT FROM (NEW.id, NEW.lender_id, NEW.number, NEW.made_by_id, NEW.made_at) THEN
        RAISE EXCEPTION 'who made a version of the inspection plan never changes' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'plan_keeps_its_maker';
    END IF;
    IF OLD.state <> 'draft' AND (OLD.valid_from, OLD.source, OLD.regulation_on, OLD.why, OLD.postpone_times, OLD.postpone_days, OLD.proposed_at)
        IS DISTINCT FROM (NEW.valid_from, NEW.source, NEW.regulation_on, NEW.why, NEW.postpone_times, NEW.postpone_days, NEW.proposed_at) THEN
        RAISE EXCEPTION 'version % of the inspection plan was proposed and is frozen', OLD.number
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'plan_is_frozen';
    END IF;
    IF OLD.state IN ('approved', 'withdrawn') AND (OLD.state, OLD.approved_by_id, OLD.approved_at, OLD.withdrawn_by_id, OLD.withdrawn_reason)
        IS DISTINCT FROM (NEW.state, NEW.approved_by_id, NEW.approved_at, NEW.withdrawn_by_id, NEW.withdrawn_reason) THEN
        RAISE EXCEPTION 'version % of the inspection plan is decided', OLD.number USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'plan_is_decided';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
        (('draft', 'proposed'), ('draft', 'withdrawn'), ('proposed', 'approved'), ('proposed', 'withdrawn'))
        AND NOT (OLD.state = 'draft' AND NEW.state = 'approved' AND OLD.made_by_id IS NULL) THEN
        RAISE EXCEPTION 'a version of the inspection plan does not move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'plan_moves';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_planversion FOR EACH ROW EXECUTE FUNCTION lw_plan_guard();

CREATE FUNCTION lw_plan_content_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    found_state text;
    asked bigint;
BEGIN
    FOREACH asked IN ARRAY CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.version_id] WHEN 'DELETE' THEN ARRAY[OLD.version_id] ELSE ARRAY[OLD.version_id, NEW.version_id] END LOOP
        SELECT state INTO found_state FROM inspections_planversion WHERE id = asked FOR SHARE;
        IF found_state IS DISTINCT FROM 'draft' THEN
            RAISE EXCEPTION 'what a version of the inspection plan says is frozen: it is %', found_state
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'plan_content_is_frozen';
        END IF;
    END LOOP;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_planrow FOR EACH ROW EXECUTE FUNCTION lw_plan_content_guard();
CREATE TRIGGER frozen_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_plantext FOR EACH ROW EXECUTE FUNCTION lw_plan_content_guard();
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON inspections_planreading FOR EACH ROW EXECUTE FUNCTION lw_append_only();
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON inspections_capacity FOR EACH ROW EXECUTE FUNCTION lw_append_only();

CREATE FUNCTION lw_absence_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'absences are cancelled, never deleted' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'absence_stays';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.cancelled_on IS NOT NULL OR to_jsonb(OLD) - ARRAY['cancelled_on', 'cancelled_by_id'] IS DISTINCT FROM to_jsonb(NEW) - ARRAY['cancelled_on', 'cancelled_by_id'] THEN
            RAISE EXCEPTION 'an absence can only be cancelled, once' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'absence_is_frozen';
        END IF;
        RETURN NEW;
    END IF;
    PERFORM 1 FROM people_person WHERE id = NEW.person_id FOR UPDATE;
    IF EXISTS (SELECT 1 FROM inspections_absence a WHERE a.person_id = NEW.person_id AND a.cancelled_on IS NULL
               AND a.from_on <= NEW.to_on AND a.to_on >= NEW.from_on) THEN
        RAISE EXCEPTION 'this person is away on some of these days already' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'absences_do_not_overlap';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER absence_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_absence FOR EACH ROW EXECUTE FUNCTION lw_absence_guard();

CREATE FUNCTION lw_postponement_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'asked' THEN
            RAISE EXCEPTION 'a postponement is asked for before it is agreed' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'postponement_begins_asked';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.state <> 'asked' OR to_jsonb(OLD) - ARRAY['state', 'decided_by_id', 'decided_on', 'answer']
        IS DISTINCT FROM to_jsonb(NEW) - ARRAY['state', 'decided_by_id', 'decided_on', 'answer'] THEN
        RAISE EXCEPTION 'what was asked and decided about postponing stays' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'postponement_is_frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER postponement_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_postponement FOR EACH ROW EXECUTE FUNCTION lw_postponement_guard();

CREATE FUNCTION lw_task_due_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.due_on IS DISTINCT FROM OLD.due_on AND NOT EXISTS (
        SELECT 1 FROM inspections_postponement p WHERE p.task_id = OLD.id AND p.state = 'agreed' AND p.from_day = OLD.due_on AND p.to_day = NEW.due_on) THEN
        RAISE EXCEPTION 'the day by which an inspection is due moves only by an agreed postponement'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'task_moves_by_agreement';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER due_guard BEFORE UPDATE OF due_on ON inspections_task FOR EACH ROW EXECUTE FUNCTION lw_task_due_guard();
"""
UNGUARD = """
DROP TRIGGER due_guard ON inspections_task; DROP FUNCTION lw_task_due_guard();
DROP TRIGGER postponement_guard ON inspections_postponement; DROP FUNCTION lw_postponement_guard();
DROP TRIGGER absence_guard ON inspections_absence; DROP FUNCTION lw_absence_guard();
DROP TRIGGER append_only_guard ON inspections_planreading; DROP TRIGGER append_only_guard ON inspections_capacity;
DROP TRIGGER frozen_guard ON inspections_planrow; DROP TRIGGER frozen_guard ON inspections_plantext; DROP FUNCTION lw_plan_content_guard();
DROP TRIGGER plan_guard ON inspections_planversion; DROP FUNCTION lw_plan_guard();
"""
KEYS = ("inspection.first_days", "inspection.routine_days", "inspection.special_days")
RETAIL = ("card", "consumer", "mortgage")


def rows_of(first, routine, special):
    """The lines of a plan that says what the three parameters said: of an occasion the first line that fits counts."""
    rows = []

    def add(occasion, kind, days, **conditions):
        rows.append({"place": len(rows) + 1, "occasion": occasion, "kind": kind, "days": days, **conditions})

    named = [kind for kind in first if kind != "default"]
    for kind in RETAIL:
        add("disbursement", "first", first.get(kind), product_kind=kind)
    for kind in named:
        if kind not in RETAIL:
            add("disbursement", "first", first[kind], product_kind=kind)
    add("disbursement", "first", first["default"])
    for kind in RETAIL:
        add("routine", "routine", routine.get(kind), product_kind=kind)
    traits = [
        (routine["red"], {"level_from": 3}), (routine["red"], {"class_from": 3}), (routine["orange"], {"level_from": 2, "level_to": 2}),
        (routine["yellow"], {"level_from": 1, "level_to": 1}), (routine["yellow"], {"class_from": 2, "class_to": 2}),
    ]  # fmt: skip
    sizes = [(routine[size], {"size": size}) for size in ("large", "medium", "small")]
    own = [kind for kind in routine if kind not in {"red", "orange", "yellow", "large", "medium", "small", *RETAIL}]
    for kind in own:
        for days, conditions in sorted([*traits, (routine[kind], {})], key=lambda row: row[0]):
            add("routine", "routine", days, product_kind=kind, **conditions)
    for days, conditions in sorted([*traits, *sizes], key=lambda row: row[0]):
        add("routine", "routine", days, **conditions)
    add("red_alert", "special", special)
    add("asked", "special", special)
    return [row if row["days"] is None or 1 <= row["days"] <= 3650 else {**row, "days": None} for row in rows]


def take_over(apps, schema_editor):
    """Lenders of earlier releases go on with what their parameters said: one version for each day on which one of them changed."""
    Lender, Parameter = apps.get_model("lenders", "Lender"), apps.get_model("lenders", "Parameter")
    Version, Row = apps.get_model("inspections", "PlanVersion"), apps.get_model("inspections", "PlanRow")
    for lender in Lender.objects.all():
        known = list(
            Parameter.objects.filter(lender=lender, key__in=KEYS).exclude(approved_by="", proposed_by__gt="").order_by("valid_from", "id")
        )
        number, values = 0, {}
        for day in sorted({parameter.valid_from for parameter in known}):
            values |= {p.key: p.value for p in known if p.valid_from == day}
            if set(values) < set(KEYS):
                continue
            number += 1
            source = "; ".join(dict.fromkeys(p.source for p in known if p.valid_from == day))[:200]
            version = Version.objects.create(lender=lender, number=number, valid_from=day, source=source)
            Row.objects.bulk_create(Row(version=version, **row) for row in rows_of(*(values[key] for key in KEYS)))
            version.state = "approved"
            version.save(update_fields=["state"])


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0026_a_borrower_knows_nothing_of_cases'),
        ('borrowers', '0018_what_inspections_found'),
        ('inspections', '0007_how_inspections_are_drawn'),
        ('lenders', '0005_calendars_and_terms_change_under_four_eyes'),
        ('people', '0003_roles_kept_apart'),
    ]

    operations = in_one_go([
        migrations.CreateModel(
            name='PlanRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.SmallIntegerField(verbose_name='place')),
                ('occasion', models.CharField(choices=[('disbursement', 'After disbursement'), ('routine', 'Since the last inspection'), ('maturity', 'Before maturity'), ('red_alert', 'Red alert'), ('asked', 'Asked for with an alert'), ('class_worse', 'Risk class became worse'), ('covenant', 'Covenant broken'), ('rollover', 'Extended or rolled over')], max_length=12, verbose_name='occasion')),
                ('kind', models.CharField(choices=[('first', 'First check after disbursement'), ('routine', 'Routine inspection'), ('special', 'Special inspection'), ('maturity', 'Inspection before maturity'), ('off_site', 'Off-site check by data')], max_length=10, verbose_name='kind')),
                ('product_kind', models.CharField(blank=True, choices=[('working_capital', 'Working capital'), ('fixed_asset', 'Fixed assets'), ('personal_business', 'Personal business'), ('consumer', 'Consumer'), ('mortgage', 'Mortgage'), ('micro', 'Micro and farm'), ('card', 'Card'), ('small_business', 'Small business')], max_length=20, verbose_name='product kind')),
                ('size', models.CharField(blank=True, choices=[('large', 'Large'), ('medium', 'Medium'), ('small', 'Small')], max_length=6, verbose_name='size')),
                ('class_from', models.SmallIntegerField(blank=True, choices=[(1, 'Normal'), (2, 'Special mention'), (3, 'Substandard'), (4, 'Doubtful'), (5, 'Loss')], null=True, verbose_name='risk class at least')),
                ('class_to', models.SmallIntegerField(blank=True, choices=[(1, 'Normal'), (2, 'Special mention'), (3, 'Substandard'), (4, 'Doubtful'), (5, 'Loss')], null=True, verbose_name='risk class at most')),
                ('exposure_from', models.DecimalField(blank=True, decimal_places=2, max_digits=20, null=True, verbose_name='exposure of the borrower from')),
                ('exposure_to', models.DecimalField(blank=True, decimal_places=2, max_digits=20, null=True, verbose_name='exposure of the borrower below')),
                ('tier_from', models.SmallIntegerField(blank=True, null=True, verbose_name='key-customer tier from')),
                ('tier_to', models.SmallIntegerField(blank=True, null=True, verbose_name='key-customer tier to')),
                ('level_from', models.SmallIntegerField(blank=True, choices=[(0, 'None'), (1, 'Yellow'), (2, 'Orange'), (3, 'Red')], null=True, verbose_name='open alert at least')),
                ('level_to', models.SmallIntegerField(blank=True, choices=[(0, 'None'), (1, 'Yellow'), (2, 'Orange'), (3, 'Red')], null=True, verbose_name='open alert at most')),
                ('days', models.SmallIntegerField(blank=True, null=True, verbose_name='days')),
                ('clause', models.CharField(blank=True, max_length=80, verbose_name='clause')),
            ],
            options={
                'ordering': ['version', 'place'],
            },
        ),
        migrations.CreateModel(
            name='PlanText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(choices=[('en', 'English'), ('zh-hans', '简体中文'), ('ko', '한국어')], max_length=10, verbose_name='language')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('clause', models.CharField(blank=True, max_length=80, verbose_name='clause')),
                ('text', models.TextField(verbose_name='text')),
            ],
            options={
                'ordering': ['version', 'language'],
            },
        ),
        migrations.CreateModel(
            name='PlanVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.SmallIntegerField(verbose_name='version')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('proposed', 'Proposed'), ('approved', 'Approved'), ('withdrawn', 'Withdrawn')], default='draft', max_length=10, verbose_name='state')),
                ('valid_from', models.DateField(null=True, verbose_name='valid from')),
                ('source', models.CharField(blank=True, max_length=200, verbose_name='source')),
                ('regulation_on', models.DateField(blank=True, null=True, verbose_name='date of the regulation')),
                ('why', models.CharField(blank=True, max_length=300, verbose_name='why it was made')),
                ('postpone_times', models.SmallIntegerField(default=2, verbose_name='times an inspection may be postponed')),
                ('postpone_days', models.SmallIntegerField(default=30, verbose_name='days an inspection may be postponed in all')),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('proposed_at', models.DateTimeField(null=True)),
                ('approved_at', models.DateTimeField(null=True)),
                ('withdrawn_reason', models.CharField(blank=True, max_length=300, verbose_name='reason given')),
            ],
            options={
                'ordering': ['lender', '-number'],
            },
        ),
        migrations.CreateModel(
            name='Postponement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cause', models.CharField(choices=[('borrower', 'The borrower asked for it'), ('lender', 'The lender could not come'), ('weather', 'Weather or roads'), ('other', 'Other')], max_length=8, verbose_name='cause')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('from_day', models.DateField(verbose_name='due until now')),
                ('to_day', models.DateField(verbose_name='due from then on')),
                ('state', models.CharField(choices=[('asked', 'Waiting for a decision'), ('agreed', 'Agreed'), ('refused', 'Refused')], default='asked', max_length=8, verbose_name='state')),
                ('asked_on', models.DateField(verbose_name='asked on')),
                ('decided_on', models.DateField(null=True, verbose_name='decided on')),
                ('answer', models.CharField(blank=True, max_length=300, verbose_name='answer')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='task',
            name='called_on',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='planned_at',
            field=models.TimeField(null=True, verbose_name='at'),
        ),
        migrations.AddField(
            model_name='task',
            name='planned_on',
            field=models.DateField(null=True, verbose_name='planned for'),
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_on', models.DateField(verbose_name='first day')),
                ('to_on', models.DateField(verbose_name='last day')),
                ('reason', models.CharField(choices=[('leave', 'Leave'), ('illness', 'Illness'), ('training', 'Training'), ('other', 'Other')], max_length=8, verbose_name='reason')),
                ('entered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('cancelled_on', models.DateField(null=True)),
                ('cancelled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('entered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='absences', to='people.person', verbose_name='who is away')),
                ('substitute', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person', verbose_name='who stands in')),
            ],
            options={
                'ordering': ['-from_on', 'id'],
            },
        ),
        migrations.AddField(
            model_name='task',
            name='standing_in',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='inspections.absence'),
        ),
        migrations.CreateModel(
            name='Capacity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('per_week', models.SmallIntegerField(verbose_name='inspections a week')),
                ('from_on', models.DateField(verbose_name='from')),
                ('set_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'ordering': ['person', '-from_on', '-id'],
            },
        ),
        migrations.CreateModel(
            name='PlanReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField(verbose_name='on')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'ordering': ['version', 'person'],
            },
        ),
        migrations.AddField(
            model_name='task',
            name='plan_row',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspections.planrow'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('planned_at__isnull', True), ('planned_on__isnull', False), _connector='OR'), name='planned_time_has_its_day'),
        ),
        migrations.AddField(
            model_name='planversion',
            name='approved_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='planversion',
            name='lender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender'),
        ),
        migrations.AddField(
            model_name='planversion',
            name='made_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='planversion',
            name='withdrawn_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='plantext',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='texts', to='inspections.planversion'),
        ),
        migrations.AddField(
            model_name='planrow',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='inspections.planversion'),
        ),
        migrations.AddField(
            model_name='planreading',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='inspections.planversion'),
        ),
        migrations.AddField(
            model_name='postponement',
            name='asked_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='postponement',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='postponement',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postponements', to='inspections.task'),
        ),
        migrations.AddIndex(
            model_name='absence',
            index=models.Index(condition=models.Q(('cancelled_on__isnull', True)), fields=['person', 'from_on'], name='absence_of_person'),
        ),
        migrations.AddConstraint(
            model_name='absence',
            constraint=models.CheckConstraint(condition=models.Q(('to_on__gte', models.F('from_on'))), name='absence_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='absence',
            constraint=models.CheckConstraint(condition=models.Q(('substitute__isnull', True), models.Q(('substitute', models.F('person')), _negated=True), _connector='OR'), name='nobody_stands_in_for_themselves', violation_error_message='Nobody stands in for themselves.'),
        ),
        migrations.AddConstraint(
            model_name='absence',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cancelled_by__isnull', True), ('cancelled_on__isnull', True)), models.Q(('cancelled_by__isnull', False), ('cancelled_on__isnull', False)), _connector='OR'), name='absence_cancelled_by_somebody'),
        ),
        migrations.AddIndex(
            model_name='capacity',
            index=models.Index(fields=['person', 'from_on'], name='capacity_of_person'),
        ),
        migrations.AddConstraint(
            model_name='capacity',
            constraint=models.CheckConstraint(condition=models.Q(('per_week__range', (0, 60))), name='capacity_makes_sense'),
        ),
        migrations.AddConstraint(
            model_name='planversion',
            constraint=models.UniqueConstraint(fields=('lender', 'number'), name='one_plan_per_number'),
        ),
        migrations.AddConstraint(
            model_name='planversion',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'approved')), fields=('lender', 'valid_from'), name='one_plan_from_a_day'),
        ),
        migrations.AddConstraint(
            model_name='planversion',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('lender',), name='one_plan_waits_for_approval'),
        ),
        migrations.AddConstraint(
            model_name='planversion',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'withdrawn']), ('valid_from__isnull', False), _connector='OR'), name='plan_has_its_first_day'),
        ),
        migrations.AddConstraint(
            model_name='planversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), ('made_by__isnull', True), ('approved_by__isnull', False), _connector='OR'), name='plan_in_force_was_approved'),
        ),
        migrations.AddConstraint(
            model_name='planversion',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('approved_by', models.F('made_by')), _negated=True), _connector='OR'), name='plan_approved_by_another_person', violation_error_message="The person who made an inspection plan can't approve it."),
        ),
        migrations.AddConstraint(
            model_name='planversion',
            constraint=models.CheckConstraint(condition=models.Q(('postpone_days__range', (0, 365)), ('postpone_times__range', (0, 10))), name='plan_limits_postponement'),
        ),
        migrations.AddConstraint(
            model_name='plantext',
            constraint=models.UniqueConstraint(fields=('version', 'language'), name='one_text_per_plan_and_language'),
        ),
        migrations.AddConstraint(
            model_name='planrow',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['DEFERRED'], fields=('version', 'place'), name='one_row_per_place'),
        ),
        migrations.AddConstraint(
            model_name='planrow',
            constraint=models.CheckConstraint(condition=models.Q(('days__isnull', True), ('days__range', (1, 3650)), _connector='OR'), name='plan_row_days_make_sense'),
        ),
        migrations.AddConstraint(
            model_name='planrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'first'), ('occasion', 'disbursement')), models.Q(('kind__in', ['routine', 'off_site']), ('occasion', 'routine')), models.Q(('kind', 'maturity'), ('occasion', 'maturity')), models.Q(('kind', 'special'), ('occasion__in', ['red_alert', 'asked', 'class_worse', 'covenant', 'rollover'])), _connector='OR'), name='plan_row_kind_suits_its_occasion', violation_error_message='This kind of inspection does not suit the occasion.'),
        ),
        migrations.AddConstraint(
            model_name='planrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'off_site'), _negated=True), models.Q(('class_to', 1), ('class_to__isnull', False), ('level_to__isnull', False), ('level_to__lte', 1), ('size', 'small')), _connector='OR'), name='off_site_for_small_loans_of_low_risk_only', violation_error_message='An off-site check is only for small loans of class normal without an open orange or red alert: the row must say so.'),
        ),
        migrations.AddConstraint(
            model_name='planrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('class_from__isnull', True), ('class_to__isnull', True), ('class_from__lte', models.F('class_to')), _connector='OR'), models.Q(('exposure_from__isnull', True), ('exposure_to__isnull', True), ('exposure_from__lt', models.F('exposure_to')), _connector='OR'), models.Q(('tier_from__isnull', True), ('tier_to__isnull', True), ('tier_from__lte', models.F('tier_to')), _connector='OR'), models.Q(('level_from__isnull', True), ('level_to__isnull', True), ('level_from__lte', models.F('level_to')), _connector='OR')), name='plan_row_ranges_are_not_empty', violation_error_message='A range of this row begins after its end: no loan would fit.'),
        ),
        migrations.AddConstraint(
            model_name='planrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('tier_from__isnull', True), ('tier_from__range', (1, 5)), _connector='OR'), models.Q(('tier_to__isnull', True), ('tier_to__range', (1, 5)), _connector='OR')), name='plan_row_tier_in_range'),
        ),
        migrations.AddConstraint(
            model_name='planrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('class_from__isnull', True), ('class_from__range', (1, 5)), _connector='OR'), models.Q(('class_to__isnull', True), ('class_to__range', (1, 5)), _connector='OR'), models.Q(('level_from__isnull', True), ('level_from__range', (0, 3)), _connector='OR'), models.Q(('level_to__isnull', True), ('level_to__range', (0, 3)), _connector='OR')), name='plan_row_class_and_level_in_range'),
        ),
        migrations.AddConstraint(
            model_name='planreading',
            constraint=models.UniqueConstraint(fields=('version', 'person'), name='one_reading_per_person_and_plan'),
        ),
        migrations.AddIndex(
            model_name='postponement',
            index=models.Index(fields=['task'], name='postponement_of_task'),
        ),
        migrations.AddConstraint(
            model_name='postponement',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('task',), name='one_postponement_waits_per_task'),
        ),
        migrations.AddConstraint(
            model_name='postponement',
            constraint=models.CheckConstraint(condition=models.Q(('to_day__gt', models.F('from_day'))), name='postponed_to_a_later_day'),
        ),
        migrations.AddConstraint(
            model_name='postponement',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='postponed_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='postponement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_by__isnull', True), ('decided_on__isnull', True), ('state', 'asked')), models.Q(models.Q(('state', 'asked'), _negated=True), ('decided_by__isnull', False), ('decided_on__isnull', False)), _connector='OR'), name='postponement_decided_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='postponement',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), name='postponement_agreed_by_another_person', violation_error_message="The person who asks to postpone an inspection can't agree to it."),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ])
