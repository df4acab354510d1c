"""Borrowers and the accounts with which they see their own loans."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from borrowers.facts import Fact, RevisedFact, ends_after_it_begins, one_per_key
from loanwatch.people.models import Account

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = [
    "Borrower", "BorrowerIdentifier", "CustomerGroup", "ExternalSignal", "FinancialStatement", "GroupMembership", "KeyCustomerTier",
    "PortalAccess", "RelatedParty",
]  # fmt: skip

MONEY: dict[str, Any] = {"max_digits": 20, "decimal_places": 2}


class BorrowerQuerySet(models.QuerySet["Borrower"]):
    def visible_to(self, access: "Access") -> "BorrowerQuerySet":
        """Borrowers with at least one loan that this person may see."""
        from borrowers.loans.models import Loan

        return self.filter(Exists(Loan.objects.visible_to(access).filter(borrower=OuterRef("pk"))))


class Borrower(Fact):
    """A person or company that owes or guarantees."""

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        COMPANY = "company", _("Company")

    class Segment(models.TextChoices):
        PERSON = "person", _("Person")
        MICRO = "micro", _("Micro enterprise")
        SMALL = "small", _("Small enterprise")
        MEDIUM = "medium", _("Medium enterprise")
        LARGE = "large", _("Large enterprise")

    bucket = models.SmallIntegerField()
    number = models.CharField(_("borrower number"), max_length=40)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=160, blank=True)
    segment = models.CharField(_("size"), max_length=8, choices=Segment.choices)
    industry = models.CharField(_("industry"), max_length=80, blank=True)
    region = models.CharField(_("region"), max_length=80, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    key_customer = models.BooleanField(_("key customer"), default=False)

    objects = BorrowerQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "number"], name="one_borrower_per_number"),
            models.CheckConstraint(condition=Q(bucket__range=(0, 255)), name="borrower_bucket_in_range"),
        ]

    def __str__(self) -> str:
        return self.name or self.number


class BorrowerIdentifier(RevisedFact):
    """A number by which registers know a borrower. A borrower has several; one number belongs to one borrower at a time."""

    KEY = ("borrower", "kind", "value")

    class Kind(models.TextChoices):
        NATIONAL_ID = "national_id", _("Identity card")
        PASSPORT = "passport", _("Passport")
        COMPANY_REGISTER = "company_register", _("Business registration")
        CREDIT_CODE = "credit_code", _("Unified social credit code")
        TAX = "tax", _("Tax number")
        LEI = "lei", _("Legal entity identifier")
        BUREAU = "bureau", _("Credit bureau")
        CORE = "core", _("Core system")

    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="identifiers")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    value = models.CharField(pgettext_lazy("identifier", "number"), max_length=60)
    to_on = models.DateField(_("valid until"), null=True)

    class Meta:
        ordering = ["borrower", "kind"]
        constraints = [
            one_per_key("one_identifier_per_number", "borrower", "kind", "value"),
            ends_after_it_begins("identifier_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(value=""), name="identifier_has_a_number"),
        ]
        indexes = [models.Index(fields=["lender", "kind", "value"], name="identifier_by_number")]


class RelatedParty(RevisedFact):
    """Somebody who stands behind or beside a borrower: another borrower of the lender (`party`) or a name only."""

    KEY = ("borrower", "kind", "name")

    class Kind(models.TextChoices):
        CONTROLLER = "controller", _("Controller")
        SHAREHOLDER = "shareholder", _("Shareholder")
        LEGAL_REPRESENTATIVE = "legal_rep", _("Legal representative")
        SPOUSE = "spouse", _("Spouse")
        AFFILIATE = "affiliate", _("Affiliate")
        CO_BORROWER = "co_borrower", _("Joint borrower")
        SIGNATORY = "signatory", _("May operate the account")

    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="related_parties")
    kind = models.CharField(_("kind"), max_length=11, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=160)
    party = models.ForeignKey(Borrower, models.PROTECT, related_name="related_to", null=True)
    share = models.DecimalField(_("share, %"), max_digits=7, decimal_places=4, null=True)
    to_on = models.DateField(_("until"), null=True)

    class Meta:
        ordering = ["borrower", "kind", "name"]
        constraints = [
            one_per_key("one_relation_per_kind_and_name", "borrower", "kind", "name"),
            ends_after_it_begins("relation_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(borrower=models.F("party")), name="relation_is_to_another"),
            models.CheckConstraint(condition=Q(share__isnull=True) | Q(share__gte=0, share__lte=100), name="share_is_a_percentage"),
        ]


class CustomerGroup(Fact):
    """Borrowers who are one risk (集团客户 · 계열): one owner, one guarantee, one source of money. Master data."""

    number = models.CharField(_("group number"), max_length=40)
    name = models.CharField(_("name"), max_length=160)
    limit = models.DecimalField(_("group limit"), null=True, **MONEY)
    currency = models.CharField(_("currency"), max_length=3, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "number"], name="one_group_per_number"),
            models.CheckConstraint(condition=Q(limit__isnull=True) | ~Q(currency=""), name="group_limit_has_a_currency"),
        ]

    def __str__(self) -> str:
        return self.name or self.number


class GroupMembership(RevisedFact):
    """A borrower belongs to a group, from `valid_from` to before `to_on`."""

    KEY = ("borrower", "group", "valid_from")

    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="memberships")
    group = models.ForeignKey(CustomerGroup, models.PROTECT, related_name="memberships")
    to_on = models.DateField(_("until"), null=True)

    class Meta:
        ordering = ["group", "borrower"]
        constraints = [one_per_key("one_membership_per_day", "borrower", "group", "valid_from"), ends_after_it_begins("membership_ends_after_it_begins")]


class KeyCustomerTier(RevisedFact):
    """How closely a key customer (重点客户) is watched, from `valid_from` to before `to_on`: 1 is the closest."""

    KEY = ("borrower", "valid_from")

    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="tiers")
    tier = models.SmallIntegerField(_("tier"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    to_on = models.DateField(_("until"), null=True)

    class Meta:
        ordering = ["borrower", "valid_from"]
        constraints = [
            one_per_key("one_tier_per_day", "borrower", "valid_from"),
            ends_after_it_begins("tier_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(tier__range=(1, 5)), name="tier_in_range"),
        ]


class FinancialStatement(RevisedFact):
    """What a company says of itself for the `months` up to `valid_from`, the end of the period. Restated: a further revision."""

    KEY = ("borrower", "valid_from", "months", "audited")

    class Opinion(models.TextChoices):
        UNQUALIFIED = "unqualified", _("Unqualified")
        QUALIFIED = "qualified", _("Qualified")
        ADVERSE = "adverse", _("Adverse")
        DISCLAIMER = "disclaimer", _("Disclaimer")
        GOING_CONCERN = "going_concern", _("Doubt about going on")

    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="statements")
    months = models.SmallIntegerField(_("months covered"), default=12)
    audited = models.BooleanField(_("audited"), default=False)
    auditor = models.CharField(_("auditor"), max_length=120, blank=True)
    opinion = models.CharField(_("auditor's opinion"), max_length=13, choices=Opinion.choices, blank=True, db_default="")
    restated = models.BooleanField(_("restated"), default=False, db_default=False)
    currency = models.CharField(_("currency"), max_length=3)
    revenue = models.DecimalField(_("revenue"), null=True, **MONEY)
    ebitda = models.DecimalField(_("EBITDA"), null=True, **MONEY)
    interest_expense = models.DecimalField(_("interest expense"), null=True, **MONEY)
    net_profit = models.DecimalField(_("net profit"), null=True, **MONEY)
    operating_cash_flow = models.DecimalField(_("operating cash flow"), null=True, **MONEY)
    total_assets = models.DecimalField(_("total assets"), null=True, **MONEY)
    current_assets = models.DecimalField(_("current assets"), null=True, **MONEY)
    cash = models.DecimalField(_("cash"), null=True, **MONEY)
    receivables = models.DecimalField(_("receivables"), null=True, **MONEY)
    inventory = models.DecimalField(_("inventory"), null=True, **MONEY)
    total_liabilities = models.DecimalField(_("total liabilities"), null=True, **MONEY)
    current_liabilities = models.DecimalField(_("current liabilities"), null=True, **MONEY)
    borrowings = models.DecimalField(_("borrowings"), null=True, **MONEY)
    equity = models.DecimalField(_("equity"), null=True, **MONEY)
    cost_of_sales = models.DecimalField(_("cost of sales"), null=True, **MONEY)
    gross_profit = models.DecimalField(_("gross profit"), null=True, **MONEY)
    operating_profit = models.DecimalField(_("operating profit"), null=True, **MONEY)
    tax_paid = models.DecimalField(_("tax paid"), null=True, **MONEY)
    maintenance_capex = models.DecimalField(_("spending to keep the plant"), null=True, **MONEY)
    debt_service = models.DecimalField(_("principal and interest paid"), null=True, **MONEY)
    interest_income = models.DecimalField(_("interest income"), null=True, **MONEY)
    plan_revenue = models.DecimalField(_("planned revenue"), null=True, **MONEY)
    purchases = models.DecimalField(_("purchases"), null=True, **MONEY)
    payables = models.DecimalField(_("payables"), null=True, **MONEY)
    other_receivables = models.DecimalField(_("other receivables"), null=True, **MONEY)

    class Meta:
        ordering = ["borrower", "-valid_from"]
        constraints = [
            one_per_key("one_statement_per_period", "borrower", "valid_from", "months", "audited"),
            models.CheckConstraint(condition=Q(months__range=(1, 24)), name="statement_covers_months"),
            models.CheckConstraint(
                condition=Q(total_assets__isnull=True)
                | Q(total_liabilities__isnull=True)
                | Q(equity__isnull=True)
                | Q(total_assets=models.F("total_liabilities") + models.F("equity")),
                name="statement_balances",
                violation_error_message=_("Total assets must equal total liabilities and equity."),
            ),
        ]
        indexes = [models.Index(fields=["lender", "known_from"], name="statement_by_known")]


class ExternalSignal(RevisedFact):
    """Something that others know of a borrower, as of `valid_from`: a court, tax office, register, bureau, newspaper or lender."""

    KEY = ("borrower", "kind", "source", "reference")

    class Kind(models.TextChoices):
        COURT = "court", _("Court")
        TAX = "tax", _("Tax office")
        REGISTRY = "registry", _("Company register")
        BUREAU = "bureau", _("Credit bureau")
        NEWS = "news", _("News")
        OTHER_LENDER = "other_lender", _("Another lender")

    class Topic(models.TextChoices):
        LAWSUIT = "lawsuit", _("Sued")
        LENDER_SUES = "lender_sues", _("Sued by a lender")
        ENFORCEMENT = "enforcement", _("Enforcement")
        DISHONEST_DEBTOR = "dishonest_debtor", _("On the list of dishonest debtors")
        TRAVEL_BAN = "travel_ban", _("Barred from travel and spending")
        INSOLVENCY = "insolvency", _("Insolvency or restructuring filed")
        TAX_ARREARS = "tax_arrears", _("Tax arrears")
        TAX_CASE = "tax_case", _("Case of illegal tax")
        ABNORMAL_INVOICE = "abnormal_invoice", _("Abnormal invoices")
        PENALTY = "penalty", _("Fined by an authority")
        PRODUCT_RECALL = "product_recall", _("Products called back")
        STOP_ORDER = "stop_order", _("Ordered to stop")
        LICENCE_WITHDRAWN = "licence_withdrawn", _("Licence withdrawn")
        ABNORMAL_OPERATION = "abnormal_operation", _("Listed for abnormal operation")
        SERIOUS_VIOLATION = "serious_violation", _("Listed for serious violation of law")
        CONTROL_CHANGE = "control_change", _("Shares changed hands")
        CONTROLLER_CHANGED = "controller_changed", _("Controller changed")
        LEGAL_REP_CHANGED = "legal_rep_changed", _("Legal representative changed")
        PERSON_CHANGE = "person_change", _("Director or head of finance changed")
        SHARES_PLEDGED = "shares_pledged", _("Shares pledged")
        SHARES_FROZEN = "shares_frozen", _("Shares frozen by a court")
        CAPITAL_REDUCED = "capital_reduced", _("Capital reduced")
        ADDRESS_CHANGE = "address_change", _("Registered address moved")
        SCOPE_CHANGE = "scope_change", _("Business scope changed")
        DEREGISTRATION = "deregistration", _("Deregistration announced")
        RATING_OUTLOOK = "rating_outlook", _("Outlook of the rating negative")
        ADVERSE_NEWS = "adverse_news", _("Adverse news")
        FRAUD = "fraud", _("Fraud")
        OWNER_FLED = "owner_fled", _("Owner can't be found")
        STRIKE = "strike", _("Strike")
        ACCIDENT = "accident", _("Accident")
        LOSS = "loss", _("Heavy loss")
        EMPLOYER_WATCHED = "employer_watched", _("Employer watched")
        WAGE_DELAY = "wage_delay", _("Employer pays wages late")
        EMPLOYER_CLOSED = "employer_closed", _("Employer closed or insolvent")
        COLLATERAL_LEASED = "collateral_leased", _("Collateral let to others")
        SECOND_LIEN = "second_lien", _("Later lien on the collateral")
        AUCTION_NOTICE = "auction_notice", _("Auction of the collateral announced")
        ACCOUNT_FROZEN = "account_frozen", _("Account frozen")
        ACCOUNT_DEDUCTED = "account_deducted", _("Money deducted by a court")
        ARREARS_ELSEWHERE = "arrears_elsewhere", _("Arrears at another lender")

    class Confidence(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        PROBABLE = "probable", _("Probable")
        RUMOUR = "rumour", _("Rumour")

    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="external_signals")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    source = models.CharField(_("source"), max_length=120)
    reference = models.CharField(_("reference"), max_length=80)
    headline = models.CharField(_("what is said"), max_length=200)
    amount = models.DecimalField(_("amount"), null=True, **MONEY)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    confidence = models.CharField(_("confidence"), max_length=9, choices=Confidence.choices)
    topic = models.CharField(_("matter"), max_length=20, choices=Topic.choices, blank=True, db_default="")
    share = models.DecimalField(_("share concerned, %"), max_digits=7, decimal_places=4, null=True)  # of the shares, capital or accounts
    consented = models.BooleanField(_("the lender had agreed"), default=False, db_default=False)
    to_on = models.DateField(pgettext_lazy("outside matter", "settled on"), null=True)

    class Meta:
        ordering = ["borrower", "-valid_from"]
        constraints = [
            one_per_key("one_signal_per_reference", "borrower", "kind", "source", "reference"),
            ends_after_it_begins("signal_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(amount__isnull=True) | ~Q(currency=""), name="signal_amount_has_a_currency"),
            models.CheckConstraint(condition=Q(share__isnull=True) | Q(share__gte=0, share__lte=100), name="signal_share_is_a_percentage"),
        ]
        indexes = [
            models.Index(fields=["lender", "valid_from"], name="external_signal_by_day"),
            models.Index(fields=["lender", "known_from"], name="external_signal_by_known"),
        ]


class PortalAccess(models.Model):
    """An account with which a borrower sees own loans and nothing of anybody else."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="+")
    borrower = models.ForeignKey(Borrower, models.CASCADE, related_name="portal_accesses")
