"""What the catalogue of early-warning indicators asks for beyond the loan book: figures, promises, returns, counts, payees, acts of staff."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from loanwatch.kernel.migrating import in_one_go

APPEND_ONLY = (
    "outsidefigure", "paymentreturn", "paymentpromise", "contactattempt", "agreedpayee", "approvalcondition", "collateralcount", "conductfact",
)  # fmt: skip
FACTS = (
    "borrower", "loan", "position", "instalment", "repayment", "loanevent", "guarantee", "custody", "checkduty", "collateralitem", "pledge",
    "valuation", "priceindex", "facility", "countingpause", "covenant", "covenanttest", "covenantwaiver", "borroweridentifier", "relatedparty",
    "customergroup", "groupmembership", "keycustomertier", "financialstatement", "externalsignal", "disbursementpayment", "depositaccount",
    "accounttransaction", "insurance", "registration", "seizure", "correction", "sectorevent", *APPEND_ONLY,
)  # fmt: skip
ANALYSE = f"""
CREATE OR REPLACE FUNCTION lw_analyse_facts() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ANALYZE {", ".join(f"borrowers_{fact}" for fact in FACTS)};
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('borrowers', '0014_a_payment_is_taken_back_by_another_person'),
        ('lenders', '0005_calendars_and_terms_change_under_four_eyes'),
        ('people', '0003_roles_kept_apart'),
    ]

    operations = in_one_go([
        migrations.CreateModel(
            name='AgreedPayee',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('known_from', models.DateField(verbose_name='known from')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('revision', models.SmallIntegerField(db_default=1)),
                ('withdrawn', models.BooleanField(db_default=False)),
                ('bucket', models.SmallIntegerField()),
                ('payee', models.CharField(max_length=160, verbose_name='payee')),
                ('payee_account', models.CharField(blank=True, max_length=60, verbose_name="payee's account")),
            ],
            options={
                'ordering': ['loan', 'payee'],
            },
        ),
        migrations.CreateModel(
            name='ApprovalCondition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('known_from', models.DateField(verbose_name='known from')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('revision', models.SmallIntegerField(db_default=1)),
                ('withdrawn', models.BooleanField(db_default=False)),
                ('bucket', models.SmallIntegerField()),
                ('reference', models.CharField(max_length=60, verbose_name='number of the condition')),
                ('text', models.CharField(max_length=200, verbose_name='what is demanded')),
                ('due_on', models.DateField(verbose_name='to be met by')),
                ('met_on', models.DateField(null=True, verbose_name='met on')),
            ],
            options={
                'ordering': ['borrower', 'due_on'],
            },
        ),
        migrations.CreateModel(
            name='CollateralCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('known_from', models.DateField(verbose_name='known from')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('revision', models.SmallIntegerField(db_default=1)),
                ('withdrawn', models.BooleanField(db_default=False)),
                ('pledged', models.DecimalField(decimal_places=4, max_digits=20, verbose_name='quantity pledged')),
                ('counted', models.DecimalField(decimal_places=4, max_digits=20, null=True, verbose_name='quantity counted')),
                ('unit', models.CharField(blank=True, max_length=20, verbose_name='unit of the quantity')),
                ('access_refused', models.BooleanField(default=False, verbose_name='access refused')),
                ('counted_by', models.CharField(blank=True, max_length=120, verbose_name='counted by')),
            ],
            options={
                'ordering': ['item', '-valid_from'],
            },
        ),
        migrations.CreateModel(
            name='ConductFact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('visit_verified', 'Report checked by another person'), ('review_time', 'Time taken to check a report'), ('copied_picture', 'Picture seen before'), ('copied_words', 'Words of another report'), ('impossible_route', 'Impossible route'), ('entry', 'Record entered by hand'), ('alert_closed', 'Alert closed'), ('visit_reported', 'Report of a visit handed in'), ('visit_postponed', 'Visit postponed by the borrower'), ('visit_refused', 'Visit refused by the borrower'), ('class_wait', 'Proposed class decided')], max_length=16, verbose_name='kind')),
                ('on', models.DateField(verbose_name='on')),
                ('known_from', models.DateField(verbose_name='known from')),
                ('subject', models.CharField(max_length=80, verbose_name='about')),
                ('figure', models.DecimalField(decimal_places=4, max_digits=20, null=True, verbose_name='figure')),
                ('detail', models.JSONField(default=dict, verbose_name='particulars')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'ordering': ['-on', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ContactAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('known_from', models.DateField(verbose_name='known from')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('revision', models.SmallIntegerField(db_default=1)),
                ('withdrawn', models.BooleanField(db_default=False)),
                ('bucket', models.SmallIntegerField()),
                ('reference', models.CharField(max_length=60, verbose_name='number of the contact')),
                ('channel', models.CharField(choices=[('telephone', 'Telephone'), ('message', 'Message'), ('mail', 'E-mail'), ('letter', 'Letter'), ('visit', 'Visit')], max_length=9, verbose_name='channel')),
                ('reached', models.BooleanField(verbose_name='reached')),
                ('premises_closed', models.BooleanField(default=False, verbose_name='premises closed')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
            ],
            options={
                'ordering': ['borrower', '-valid_from'],
            },
        ),
        migrations.CreateModel(
            name='OutsideFigure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('known_from', models.DateField(verbose_name='known from')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('revision', models.SmallIntegerField(db_default=1)),
                ('withdrawn', models.BooleanField(db_default=False)),
                ('bucket', models.SmallIntegerField()),
                ('measure', models.CharField(choices=[('bureau_score', 'Score of the credit bureau'), ('bureau_total_debt', 'Debt at all lenders'), ('bureau_debt_others', 'Debt at other lenders'), ('bureau_inquiries', 'New credit inquiries in 60 days'), ('bureau_dpd_others', 'Days past due at other lenders'), ('bureau_npl_share', 'Share of the debt at all lenders that is more than 90 days past due'), ('guarantees_given', 'Guarantees given for others'), ('owner_dpd', "The owner's own days past due"), ('owner_new_loans', "The owner's new personal loans in 90 days"), ('shares_pledged', "Share of the controller's holding that is pledged"), ('vat_base', 'Sales by value-added tax, of the month'), ('tax_class', 'Class given by the tax office'), ('electricity', 'Electricity used in the month'), ('insured_employees', 'Employees with social insurance'), ('external_rating', 'External rating'), ('internal_rating', 'Internal rating'), ('project_progress', 'Progress of the project'), ('project_planned', 'Planned progress of the project'), ('project_spent', 'Spent on the project'), ('project_budget', 'Budget of the project')], max_length=20, verbose_name='measure')),
                ('value', models.DecimalField(decimal_places=4, max_digits=20, verbose_name='value')),
                ('currency', models.CharField(blank=True, max_length=3, verbose_name='currency')),
                ('scale', models.CharField(blank=True, max_length=40, verbose_name='scale')),
                ('source', models.CharField(max_length=120, verbose_name='source')),
            ],
            options={
                'ordering': ['borrower', 'measure', '-valid_from'],
            },
        ),
        migrations.CreateModel(
            name='PaymentPromise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('known_from', models.DateField(verbose_name='known from')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('revision', models.SmallIntegerField(db_default=1)),
                ('withdrawn', models.BooleanField(db_default=False)),
                ('bucket', models.SmallIntegerField()),
                ('due_on', models.DateField(verbose_name='promised for')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=20, verbose_name='amount')),
                ('told_by', models.CharField(blank=True, max_length=120, verbose_name='who promised')),
            ],
            options={
                'ordering': ['loan', '-due_on'],
            },
        ),
        migrations.CreateModel(
            name='PaymentReturn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('known_from', models.DateField(verbose_name='known from')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('revision', models.SmallIntegerField(db_default=1)),
                ('withdrawn', models.BooleanField(db_default=False)),
                ('bucket', models.SmallIntegerField()),
                ('reference', models.CharField(max_length=60, verbose_name='number of the debit')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=20, verbose_name='amount')),
                ('reason', models.CharField(blank=True, max_length=120, verbose_name='reason')),
                ('technical', models.BooleanField(default=False, verbose_name='for a technical reason')),
                ('retries', models.SmallIntegerField(default=0, verbose_name='times tried again')),
            ],
            options={
                'ordering': ['loan', '-valid_from'],
            },
        ),
        migrations.CreateModel(
            name='SectorEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('known_from', models.DateField(verbose_name='known from')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('number', models.CharField(max_length=40, verbose_name='number of the notice')),
                ('industry', models.CharField(max_length=80, verbose_name='industry')),
                ('level', models.CharField(choices=[('mild', 'Mild'), ('strong', 'Strong'), ('ban', 'Ban or closure')], max_length=6, verbose_name='level')),
                ('headline', models.CharField(max_length=200, verbose_name='what is said')),
                ('source', models.CharField(max_length=120, verbose_name='source')),
                ('to_on', models.DateField(null=True, verbose_name='until')),
            ],
            options={
                'ordering': ['-valid_from', 'number'],
            },
        ),
        migrations.AddField(
            model_name='accounttransaction',
            name='category',
            field=models.CharField(blank=True, choices=[('sales', 'Sales'), ('supplier', 'Suppliers'), ('payroll', 'Wages'), ('tax', 'Taxes'), ('utilities', 'Electricity, water, gas'), ('loan', 'Loan money or repayment'), ('own_transfer', 'Between own accounts'), ('related', 'With related parties'), ('lender_outside', 'With a lender that is no bank'), ('securities', 'Securities'), ('property', 'Property'), ('wealth', 'Wealth products'), ('cash', 'Cash'), ('staff', 'With staff of the lender'), ('other', 'Other')], db_default='', max_length=14, verbose_name='category'),
        ),
        migrations.AddField(
            model_name='disbursementpayment',
            name='payee_kind',
            field=models.CharField(blank=True, choices=[('supplier', 'Supplier or contractor'), ('person', 'Natural person'), ('cash', 'Taken as cash'), ('related', 'The borrower himself or a related party'), ('securities', 'Securities firm'), ('property', 'Property'), ('wealth', 'Wealth product'), ('lender', 'Another lender'), ('other', 'Other')], db_default='', max_length=10, verbose_name='kind of payee'),
        ),
        migrations.AddField(
            model_name='externalsignal',
            name='consented',
            field=models.BooleanField(db_default=False, default=False, verbose_name='the lender had agreed'),
        ),
        migrations.AddField(
            model_name='externalsignal',
            name='share',
            field=models.DecimalField(decimal_places=4, max_digits=7, null=True, verbose_name='share concerned, %'),
        ),
        migrations.AddField(
            model_name='externalsignal',
            name='topic',
            field=models.CharField(blank=True, choices=[('lawsuit', 'Sued'), ('lender_sues', 'Sued by a lender'), ('enforcement', 'Enforcement'), ('dishonest_debtor', 'On the list of dishonest debtors'), ('travel_ban', 'Barred from travel and spending'), ('insolvency', 'Insolvency or restructuring filed'), ('tax_arrears', 'Tax arrears'), ('tax_case', 'Case of illegal tax'), ('abnormal_invoice', 'Abnormal invoices'), ('penalty', 'Fined by an authority'), ('product_recall', 'Products called back'), ('stop_order', 'Ordered to stop'), ('licence_withdrawn', 'Licence withdrawn'), ('abnormal_operation', 'Listed for abnormal operation'), ('serious_violation', 'Listed for serious violation of law'), ('control_change', 'Shares changed hands'), ('controller_changed', 'Controller changed'), ('legal_rep_changed', 'Legal representative changed'), ('person_change', 'Director or head of finance changed'), ('shares_pledged', 'Shares pledged'), ('shares_frozen', 'Shares frozen by a court'), ('capital_reduced', 'Capital reduced'), ('address_change', 'Registered address moved'), ('scope_change', 'Business scope changed'), ('deregistration', 'Deregistration announced'), ('rating_outlook', 'Outlook of the rating negative'), ('adverse_news', 'Adverse news'), ('fraud', 'Fraud'), ('owner_fled', "Owner can't be found"), ('strike', 'Strike'), ('accident', 'Accident'), ('loss', 'Heavy loss'), ('employer_watched', 'Employer watched'), ('wage_delay', 'Employer pays wages late'), ('employer_closed', 'Employer closed or insolvent'), ('collateral_leased', 'Collateral let to others'), ('second_lien', 'Later lien on the collateral'), ('auction_notice', 'Auction of the collateral announced'), ('account_frozen', 'Account frozen'), ('account_deducted', 'Money deducted by a court'), ('arrears_elsewhere', 'Arrears at another lender')], db_default='', max_length=20, verbose_name='matter'),
        ),
        migrations.AddField(
            model_name='financialstatement',
            name='cost_of_sales',
            field=models.DecimalField(decimal_places=2, max_digits=20, null=True, verbose_name='cost of sales'),
        ),
        migrations.AddField(
            model_name='financialstatement',
            name='debt_service',
            field=models.DecimalField(decimal_places=2, max_digits=20, null=True, verbose_name='principal and interest paid'),
        ),
        migrations.AddField(
            model_name='financialstatement',
            name='gross_profit',
            field=models.DecimalField(decimal_places=2, max_digits=20, null=True, verbose_name='gross profit'),
        ),
        migrations.AddField(
            model_name='financialstatement',
            name='interest_income',
            field=models.DecimalField(decimal_places=2, max_digits=20, null=True, verbose_name='interest income'),
        ),
        migrations.AddField(
            model_name='financialstatement',
            name='maintenance_capex',
            field=models.DecimalField(decimal_places=2, max_digits=20, null=True, verbose_name='spending to keep the plant'),
        ),
        migrations.AddField(
            model_name='financialstatement',
            name='operating_profit',
            field=models.DecimalField(decimal_places=2, max_digits=20, null=True, verbose_name='operating profit'),
        ),
        migrations.AddField(
            model_name='financialstatement',
            name='opinion',
            field=models.CharField(blank=True, choices=[('unqualified', 'Unqualified'), ('qualified', 'Qualified'), ('adverse', 'Adverse'), ('disclaimer', 'Disclaimer'), ('going_concern', 'Doubt about going on')], db_default='', max_length=13, verbose_name="auditor's opinion"),
        ),
        migrations.AddField(
            model_name='financialstatement',
            name='other_receivables',
            field=models.DecimalField(decimal_places=2, max_digits=20, null=True, verbose_name='other receivables'),
        ),
        migrations.AddField(
            model_name='financialstatement',
            name='payables',
            field=models.DecimalField(decimal_places=2, max_digits=20, null=True, verbose_name='payables'),
        ),
        migrations.AddField(
            model_name='financialstatement',
            name='plan_revenue',
            field=models.DecimalField(decimal_places=2, max_digits=20, null=True, verbose_name='planned revenue'),
        ),
        migrations.AddField(
            model_name='financialstatement',
            name='purchases',
            field=models.DecimalField(decimal_places=2, max_digits=20, null=True, verbose_name='purchases'),
        ),
        migrations.AddField(
            model_name='financialstatement',
            name='restated',
            field=models.BooleanField(db_default=False, default=False, verbose_name='restated'),
        ),
        migrations.AddField(
            model_name='financialstatement',
            name='tax_paid',
            field=models.DecimalField(decimal_places=2, max_digits=20, null=True, verbose_name='tax paid'),
        ),
        migrations.AddField(
            model_name='repayment',
            name='payer_kind',
            field=models.CharField(blank=True, choices=[('borrower', 'The borrower'), ('group', 'A member of the declared group'), ('staff', 'Staff of the lender or their family'), ('third', 'Another party that is known'), ('unknown', 'A source that is not known')], db_default='', max_length=8, verbose_name='kind of payer'),
        ),
        migrations.AlterField(
            model_name='valuation',
            name='method',
            field=models.CharField(choices=[('appraisal', 'Appraisal'), ('index', 'Index'), ('quote', 'Market quote'), ('origination', 'At origination'), ('sale', 'Proceeds of a sale')], max_length=12),
        ),
        migrations.AddIndex(
            model_name='accounttransaction',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['known_from'], name='transaction_by_known'),
        ),
        migrations.AddIndex(
            model_name='externalsignal',
            index=models.Index(fields=['lender', 'known_from'], name='external_signal_by_known'),
        ),
        migrations.AddIndex(
            model_name='financialstatement',
            index=models.Index(fields=['lender', 'known_from'], name='statement_by_known'),
        ),
        migrations.AddConstraint(
            model_name='externalsignal',
            constraint=models.CheckConstraint(condition=models.Q(('share__isnull', True), models.Q(('share__gte', 0), ('share__lte', 100)), _connector='OR'), name='signal_share_is_a_percentage'),
        ),
        migrations.AddField(
            model_name='agreedpayee',
            name='delivery',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.delivery'),
        ),
        migrations.AddField(
            model_name='agreedpayee',
            name='entered_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='agreedpayee',
            name='lender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender'),
        ),
        migrations.AddField(
            model_name='agreedpayee',
            name='loan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agreed_payees', to='borrowers.loan'),
        ),
        migrations.AddField(
            model_name='approvalcondition',
            name='borrower',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='approval_conditions', to='borrowers.borrower'),
        ),
        migrations.AddField(
            model_name='approvalcondition',
            name='delivery',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.delivery'),
        ),
        migrations.AddField(
            model_name='approvalcondition',
            name='entered_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='approvalcondition',
            name='facility',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='dated_conditions', to='borrowers.facility'),
        ),
        migrations.AddField(
            model_name='approvalcondition',
            name='lender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender'),
        ),
        migrations.AddField(
            model_name='approvalcondition',
            name='loan',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='approval_conditions', to='borrowers.loan'),
        ),
        migrations.AddField(
            model_name='collateralcount',
            name='delivery',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.delivery'),
        ),
        migrations.AddField(
            model_name='collateralcount',
            name='entered_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='collateralcount',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='borrowers.collateralitem'),
        ),
        migrations.AddField(
            model_name='collateralcount',
            name='lender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender'),
        ),
        migrations.AddField(
            model_name='conductfact',
            name='lender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender'),
        ),
        migrations.AddField(
            model_name='conductfact',
            name='loan',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='conduct', to='borrowers.loan'),
        ),
        migrations.AddField(
            model_name='conductfact',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conduct', to='people.person'),
        ),
        migrations.AddField(
            model_name='contactattempt',
            name='borrower',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contact_attempts', to='borrowers.borrower'),
        ),
        migrations.AddField(
            model_name='contactattempt',
            name='delivery',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.delivery'),
        ),
        migrations.AddField(
            model_name='contactattempt',
            name='entered_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='contactattempt',
            name='lender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender'),
        ),
        migrations.AddField(
            model_name='outsidefigure',
            name='borrower',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outside_figures', to='borrowers.borrower'),
        ),
        migrations.AddField(
            model_name='outsidefigure',
            name='delivery',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.delivery'),
        ),
        migrations.AddField(
            model_name='outsidefigure',
            name='entered_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='outsidefigure',
            name='lender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender'),
        ),
        migrations.AddField(
            model_name='paymentpromise',
            name='delivery',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.delivery'),
        ),
        migrations.AddField(
            model_name='paymentpromise',
            name='entered_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='paymentpromise',
            name='lender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender'),
        ),
        migrations.AddField(
            model_name='paymentpromise',
            name='loan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='promises', to='borrowers.loan'),
        ),
        migrations.AddField(
            model_name='paymentreturn',
            name='delivery',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.delivery'),
        ),
        migrations.AddField(
            model_name='paymentreturn',
            name='entered_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='paymentreturn',
            name='lender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender'),
        ),
        migrations.AddField(
            model_name='paymentreturn',
            name='loan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payment_returns', to='borrowers.loan'),
        ),
        migrations.AddField(
            model_name='sectorevent',
            name='delivery',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='borrowers.delivery'),
        ),
        migrations.AddField(
            model_name='sectorevent',
            name='entered_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='sectorevent',
            name='lender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lenders.lender'),
        ),
        migrations.AddIndex(
            model_name='agreedpayee',
            index=models.Index(fields=['lender', 'bucket', 'known_from'], name='agreed_payee_by_bucket'),
        ),
        migrations.AddConstraint(
            model_name='agreedpayee',
            constraint=models.UniqueConstraint(fields=('loan', 'payee', 'revision'), name='one_agreed_payee_per_name'),
        ),
        migrations.AddConstraint(
            model_name='agreedpayee',
            constraint=models.CheckConstraint(condition=models.Q(('payee', ''), _negated=True), name='agreed_payee_has_a_name'),
        ),
        migrations.AddIndex(
            model_name='approvalcondition',
            index=models.Index(fields=['lender', 'bucket', 'known_from'], name='condition_by_bucket'),
        ),
        migrations.AddConstraint(
            model_name='approvalcondition',
            constraint=models.UniqueConstraint(fields=('borrower', 'reference', 'revision'), name='one_condition_per_reference'),
        ),
        migrations.AddConstraint(
            model_name='approvalcondition',
            constraint=models.CheckConstraint(condition=models.Q(('loan__isnull', True), ('facility__isnull', True), _connector='OR'), name='condition_of_loan_or_facility'),
        ),
        migrations.AddIndex(
            model_name='collateralcount',
            index=models.Index(fields=['lender', 'known_from'], name='collateral_count_by_known'),
        ),
        migrations.AddConstraint(
            model_name='collateralcount',
            constraint=models.UniqueConstraint(fields=('item', 'valid_from', 'revision'), name='one_count_per_item_and_day'),
        ),
        migrations.AddConstraint(
            model_name='collateralcount',
            constraint=models.CheckConstraint(condition=models.Q(('pledged__gt', 0)), name='quantity_pledged_is_positive'),
        ),
        migrations.AddConstraint(
            model_name='collateralcount',
            constraint=models.CheckConstraint(condition=models.Q(('counted__isnull', True), ('counted__gte', 0), _connector='OR'), name='quantity_counted_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='collateralcount',
            constraint=models.CheckConstraint(condition=models.Q(('counted__isnull', False), ('access_refused', True), _connector='OR'), name='count_has_a_quantity'),
        ),
        migrations.AddIndex(
            model_name='conductfact',
            index=models.Index(fields=['lender', 'known_from'], name='conduct_by_day'),
        ),
        migrations.AddIndex(
            model_name='conductfact',
            index=models.Index(fields=['person', 'kind', 'on'], name='conduct_by_person'),
        ),
        migrations.AddIndex(
            model_name='conductfact',
            index=models.Index(condition=models.Q(('loan__isnull', False)), fields=['loan'], name='conduct_by_loan'),
        ),
        migrations.AddConstraint(
            model_name='conductfact',
            constraint=models.UniqueConstraint(fields=('lender', 'person', 'kind', 'subject'), name='one_act_per_subject'),
        ),
        migrations.AddConstraint(
            model_name='conductfact',
            constraint=models.CheckConstraint(condition=models.Q(('known_from__gte', models.F('on'))), name='act_is_not_known_before_it_happens'),
        ),
        migrations.AddIndex(
            model_name='contactattempt',
            index=models.Index(fields=['lender', 'bucket', 'known_from'], name='contact_by_bucket'),
        ),
        migrations.AddConstraint(
            model_name='contactattempt',
            constraint=models.UniqueConstraint(fields=('borrower', 'reference', 'revision'), name='one_contact_per_reference'),
        ),
        migrations.AddIndex(
            model_name='outsidefigure',
            index=models.Index(fields=['lender', 'bucket', 'known_from'], name='outside_figure_by_bucket'),
        ),
        migrations.AddConstraint(
            model_name='outsidefigure',
            constraint=models.UniqueConstraint(fields=('borrower', 'measure', 'valid_from', 'revision'), name='one_figure_per_measure_and_day'),
        ),
        migrations.AddConstraint(
            model_name='outsidefigure',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('measure__in', ('bureau_total_debt', 'bureau_debt_others', 'guarantees_given', 'vat_base', 'project_spent', 'project_budget')), _negated=True), models.Q(('currency', ''), _negated=True), _connector='OR'), name='amount_from_outside_has_a_currency'),
        ),
        migrations.AddConstraint(
            model_name='outsidefigure',
            constraint=models.CheckConstraint(condition=models.Q(('value__gte', 0)), name='figure_from_outside_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='outsidefigure',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('measure__in', ('bureau_npl_share', 'shares_pledged', 'project_progress', 'project_planned')), _negated=True), ('value__lte', 100), _connector='OR'), name='share_from_outside_in_percent'),
        ),
        migrations.AddIndex(
            model_name='paymentpromise',
            index=models.Index(fields=['lender', 'bucket', 'known_from'], name='promise_by_bucket'),
        ),
        migrations.AddConstraint(
            model_name='paymentpromise',
            constraint=models.UniqueConstraint(fields=('loan', 'valid_from', 'due_on', 'revision'), name='one_promise_per_day'),
        ),
        migrations.AddConstraint(
            model_name='paymentpromise',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='promise_is_positive'),
        ),
        migrations.AddConstraint(
            model_name='paymentpromise',
            constraint=models.CheckConstraint(condition=models.Q(('due_on__gte', models.F('valid_from'))), name='promise_is_for_a_later_day'),
        ),
        migrations.AddIndex(
            model_name='paymentreturn',
            index=models.Index(fields=['lender', 'bucket', 'known_from'], name='return_by_bucket'),
        ),
        migrations.AddConstraint(
            model_name='paymentreturn',
            constraint=models.UniqueConstraint(fields=('loan', 'reference', 'revision'), name='one_return_per_reference'),
        ),
        migrations.AddConstraint(
            model_name='paymentreturn',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('retries__gte', 0)), name='return_is_positive'),
        ),
        migrations.AddConstraint(
            model_name='sectorevent',
            constraint=models.UniqueConstraint(fields=('lender', 'number'), name='one_sector_event_per_number'),
        ),
        migrations.AddConstraint(
            model_name='sectorevent',
            constraint=models.CheckConstraint(condition=models.Q(('to_on__isnull', True), ('to_on__gte', models.F('valid_from')), _connector='OR'), name='sector_event_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='sectorevent',
            constraint=models.CheckConstraint(condition=models.Q(('industry', ''), _negated=True), name='sector_event_names_an_industry'),
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON borrowers_{table} FOR EACH ROW EXECUTE FUNCTION lw_append_only()",
                f"DROP TRIGGER append_only_guard ON borrowers_{table}",
            )
            for table in APPEND_ONLY
        ),
        migrations.RunSQL(ANALYSE, migrations.RunSQL.noop),
    ])
