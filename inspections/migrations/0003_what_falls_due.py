"""Deadlines: what falls due around a loan, and that the database keeps what they are about and who set one aside."""

import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
from django.db import migrations, models

GUARD = """
CREATE FUNCTION lw_deadline_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'deadlines are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.id, OLD.lender_id, OLD.kind, OLD.item_id, OLD.covenant_id, OLD.document_id, OLD.guarantor_id, OLD.facility_id, OLD.staff_id, OLD.reference, OLD.due_on, OLD.opened_on)
        IS DISTINCT FROM (NEW.id, NEW.lender_id, NEW.kind, NEW.item_id, NEW.covenant_id, NEW.document_id, NEW.guarantor_id, NEW.facility_id, NEW.staff_id, NEW.reference, NEW.due_on, NEW.opened_on) THEN
        RAISE EXCEPTION 'what deadline % is about never changes', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state = 'not_applicable' AND (OLD.state, OLD.asked_by_id, OLD.agreed_by_id, OLD.reason, OLD.closed_on)
        IS DISTINCT FROM (NEW.state, NEW.asked_by_id, NEW.agreed_by_id, NEW.reason, NEW.closed_on) THEN
        RAISE EXCEPTION 'deadline % was set aside by two people and stays so', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER deadline_guard BEFORE UPDATE OR DELETE ON inspections_deadline FOR EACH ROW EXECUTE FUNCTION lw_deadline_guard();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('borrowers', '0015_facts_for_every_indicator'),
        ('inspections', '0002_four_eyes_in_the_database'),
        ('lenders', '0005_calendars_and_terms_change_under_four_eyes'),
        ('people', '0003_roles_kept_apart'),
    ]

    operations = [
        migrations.CreateModel(
            name='Deadline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bucket', models.SmallIntegerField()),
                ('kind', models.CharField(choices=[('maturity', 'Loan matures'), ('revaluation', 'Collateral to be valued again'), ('insurance', 'Insurance of collateral ends'), ('registration', 'Registration of collateral ends'), ('covenant_test', 'Covenant to be tested'), ('document', 'Document expires'), ('paper_return', 'Paper original to be returned'), ('rating', 'Internal rating to be renewed'), ('guarantee', 'Guarantee ends'), ('facility', 'Facility expires'), ('condition', 'Condition of the approval to be met'), ('certificate', 'Certificate of the account manager expires')], max_length=14, verbose_name='kind')),
                ('reference', models.CharField(blank=True, db_default='', max_length=80)),
                ('subject', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce('item_id', 'covenant_id', 'document_id', 'facility_id', 'staff_id', models.Case(models.When(kind__in=('maturity', 'guarantee'), then=models.F('loan_id')), default=models.F('borrower_id'))), output_field=models.BigIntegerField())),
                ('due_on', models.DateField(verbose_name='due on')),
                ('opened_on', models.DateField(verbose_name='opened on')),
                ('state', models.CharField(choices=[('open', 'Open'), ('done', 'Done'), ('cancelled', 'No longer there'), ('not_applicable', 'Does not apply')], default='open', max_length=14, verbose_name='state')),
                ('closed_on', models.DateField(null=True, verbose_name='closed on')),
                ('cause', models.CharField(blank=True, choices=[('renewed', 'The facts were renewed'), ('repaid', 'The loan has left the book'), ('gone', 'The loan, or what the deadline was about, is no longer there'), ('moved', 'The day was corrected to an earlier one')], default='', max_length=8, verbose_name='cause')),
                ('asked_on', models.DateField(null=True)),
                ('reason', models.CharField(blank=True, default='', max_length=300, verbose_name='reason')),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('agreed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('borrower', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.borrower')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.branch')),
                ('covenant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.covenant')),
                ('document', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.document')),
                ('facility', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.facility')),
                ('guarantor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.borrower')),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.collateralitem')),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender')),
                ('loan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.loan')),
                ('responsible', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('staff', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'ordering': ['due_on', 'id'],
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['lender', 'bucket', 'kind'], name='deadline_open_by_bucket'), models.Index(condition=models.Q(('state', 'open')), fields=['responsible', 'due_on'], name='deadline_of_person'), models.Index(condition=models.Q(('state', 'open')), fields=['branch', 'due_on'], name='deadline_of_branch'), models.Index(fields=['loan'], name='deadline_of_loan'), models.Index(fields=['borrower'], name='deadline_of_borrower')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'subject', 'reference', 'due_on'), name='one_deadline_per_subject_and_day'), models.CheckConstraint(condition=models.Q(models.Q(('covenant__isnull', True), ('document__isnull', True), ('facility__isnull', True), ('guarantor__isnull', True), ('item__isnull', True), ('kind__in', ['maturity', 'rating', 'condition']), ('staff__isnull', True)), models.Q(('covenant__isnull', True), ('document__isnull', True), ('facility__isnull', True), ('guarantor__isnull', True), ('item__isnull', False), ('kind__in', ['revaluation', 'insurance', 'registration']), ('staff__isnull', True)), models.Q(('covenant__isnull', False), ('document__isnull', True), ('facility__isnull', True), ('guarantor__isnull', True), ('item__isnull', True), ('kind__in', ['covenant_test']), ('staff__isnull', True)), models.Q(('covenant__isnull', True), ('document__isnull', False), ('facility__isnull', True), ('guarantor__isnull', True), ('item__isnull', True), ('kind__in', ['document', 'paper_return']), ('staff__isnull', True)), models.Q(('covenant__isnull', True), ('document__isnull', True), ('facility__isnull', True), ('guarantor__isnull', False), ('item__isnull', True), ('kind__in', ['guarantee']), ('staff__isnull', True)), models.Q(('covenant__isnull', True), ('document__isnull', True), ('facility__isnull', False), ('guarantor__isnull', True), ('item__isnull', True), ('kind__in', ['facility']), ('staff__isnull', True)), models.Q(('covenant__isnull', True), ('document__isnull', True), ('facility__isnull', True), ('guarantor__isnull', True), ('item__isnull', True), ('kind__in', ['certificate']), ('staff__isnull', False)), _connector='OR'), name='deadline_is_about_one_thing'), models.CheckConstraint(condition=models.Q(models.Q(('cause', ''), ('closed_on__isnull', True), ('state', 'open')), models.Q(('closed_on__isnull', False), ('state__in', ['done', 'cancelled']), models.Q(('cause', ''), _negated=True)), models.Q(('agreed_by__isnull', False), ('cause', ''), ('closed_on__isnull', False), ('state', 'not_applicable')), _connector='OR'), name='deadline_is_closed_by_a_fact_or_by_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('agreed_by__isnull', True), ('asked_by__isnull', True), ('asked_on__isnull', True), ('reason', '')), models.Q(('asked_by__isnull', False), ('asked_on__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='deadline_set_aside_with_a_reason'), models.CheckConstraint(condition=models.Q(('agreed_by__isnull', True), models.Q(('agreed_by', models.F('asked_by')), _negated=True), _connector='OR'), name='deadline_set_aside_by_another_person', violation_error_message="The person who says that a deadline does not apply can't agree to it.")],
            },
        ),
        migrations.RunSQL(GUARD, "DROP TRIGGER deadline_guard ON inspections_deadline; DROP FUNCTION lw_deadline_guard();"),
    ]
