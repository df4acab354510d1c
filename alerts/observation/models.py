"""The daily observation: what the day's facts say about each loan, branch and portfolio node. Written by the day's steps only."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from alerts.observation.borrowers.grain import BORROWER
from alerts.observation.loans.grain import LOAN
from borrowers.loans.models import MONEY, Loan
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.models import Branch, Person, Role

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["BorrowerDay", "BranchDay", "Crossing", "DroppedDay", "LoanDay", "NodeDay", "NodeRoll", "RiskClass", "SectorDay", "StaffDay"]


class RiskClass(models.TextChoices):
    NORMAL = "normal", _("Normal")
    SPECIAL_MENTION = "special_mention", _("Special mention")
    SUBSTANDARD = "substandard", _("Substandard")
    DOUBTFUL = "doubtful", _("Doubtful")
    LOSS = "loss", _("Loss")


def _plain(to: type[models.Model]) -> models.ForeignKey:
    """A reference without a database constraint: a day's partition is written and dropped by itself."""
    return models.ForeignKey(to, models.DO_NOTHING, db_constraint=False, related_name="+")


class LoanDayQuerySet(models.QuerySet["LoanDay"]):
    def visible_to(self, access: "Access") -> "LoanDayQuerySet":
        """Observations of loans this person may see; subtree roles by branch, so that no loan table is needed."""
        if access.branches_held(Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR) and not access.has(Role.ACCOUNT_MANAGER):
            return self.filter(branch_id__in=access.subtree())
        return self.filter(loan_id__in=Loan.objects.visible_to(access).values("pk"))


class LoanDay(models.Model):
    """One loan as it stood at the close of one business day. Empty means: not evaluable, an input is missing.

    Partitioned by lender and date; the table is made by a hand-written migration.
    """

    pk = models.CompositePrimaryKey("lender_id", "as_of", "loan_id")
    lender = _plain(Lender)
    as_of = models.DateField()
    loan = _plain(Loan)
    borrower_id = models.BigIntegerField()
    bucket = models.SmallIntegerField()
    branch = _plain(Branch)
    product = _plain(Product)
    manager = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False, related_name="+", null=True)
    currency = models.CharField(max_length=3)
    product_code = models.CharField(max_length=30)
    product_kind = models.CharField(max_length=20)
    segment = models.CharField(max_length=8)
    principal = models.DecimalField(**MONEY)
    rate = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    outstanding = models.DecimalField(**MONEY)
    overdue_principal = models.DecimalField(null=True, **MONEY)
    overdue_interest = models.DecimalField(null=True, **MONEY)
    days_past_due = models.IntegerField(null=True)
    delivered_days_past_due = models.IntegerField(null=True)
    interest_days_past_due = models.IntegerField(null=True)
    principal_days_past_due = models.IntegerField(null=True)
    dpd_bucket = models.SmallIntegerField()  # 0 current, 1 1-29, 2 30-59, 3 60-89, 4 90+; -1 unknown
    days_to_maturity = models.IntegerField(null=True)
    months_on_book = models.IntegerField(null=True)
    instalments_missed_12m = models.IntegerField(null=True)
    worst_dpd_12m = models.IntegerField(null=True)
    late_payments_6m = models.IntegerField(null=True)
    lateness_slope_6 = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    lateness_rising_3 = models.BooleanField(null=True)
    lateness_last = models.IntegerField(null=True)
    part_payment_share_6m = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    restructured = models.BooleanField()
    restructures = models.IntegerField()
    relapse_days = models.IntegerField(null=True)
    extensions_24m = models.IntegerField()
    edge_extensions_24m = models.IntegerField()
    months_no_principal = models.IntegerField(null=True)
    rollovers = models.IntegerField()
    collateral_items = models.SmallIntegerField()
    ltv = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    ltv_agreed = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    value_change = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    valuation_age_days = models.IntegerField(null=True)
    valuation_allowed_days = models.IntegerField(null=True)
    guarantors = models.SmallIntegerField()
    guarantor_dpd = models.IntegerField(null=True)
    circle_length = models.SmallIntegerField()
    circle_share = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    circle_worst_dpd = models.IntegerField(null=True)
    inspection_overdue_days = models.IntegerField(null=True)
    inputs_missing = models.SmallIntegerField()
    inputs_missing_days = models.IntegerField()
    handover_gap_days = models.IntegerField(null=True)
    risk_class = models.CharField(max_length=16, choices=RiskClass.choices)

    objects = LoanDayQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "alerts_loanday"


class BorrowerDayQuerySet(models.QuerySet["BorrowerDay"]):
    def visible_to(self, access: "Access") -> "BorrowerDayQuerySet":
        """Observations of the borrowers of whom this person may see a loan."""
        return self.filter(borrower_id__in=Loan.objects.visible_to(access).order_by().values("borrower_id"))


class BorrowerDay(models.Model):
    """One borrower with a loan on the book, as it stood at the close of one business day. Empty means: not evaluable, an input is missing.

    Partitioned by lender and date like `LoanDay`; amounts are in the currency of the lender.
    """

    pk = models.CompositePrimaryKey("lender_id", "as_of", "borrower_id")
    lender = _plain(Lender)
    as_of = models.DateField()
    borrower = _plain(Borrower)
    bucket = models.SmallIntegerField()
    branch = _plain(Branch)  # of the largest loan, as the manager
    manager = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False, related_name="+", null=True)
    kind = models.CharField(max_length=8)
    segment = models.CharField(max_length=8)
    industry = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    loans = models.IntegerField()
    outstanding = models.DecimalField(**MONEY)
    outstanding_90 = models.DecimalField(**MONEY)  # of loans more than 90 days past due
    days_past_due = models.IntegerField(null=True)

    objects = BorrowerDayQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "alerts_borrowerday"


def _add_columns(model: type[models.Model], columns: Mapping[str, str]) -> None:
    """Give the model a field for every stored column of its grain that is not written out above."""
    there = {field.column for field in model._meta.fields}
    for name, kind in columns.items():
        if name not in there:
            _COLUMN[kind.partition("(")[0]](kind).contribute_to_class(model, name)


def _decimal(kind: str) -> models.Field:
    digits, _, places = kind[len("numeric(") : -1].partition(", ")
    return models.DecimalField(max_digits=int(digits), decimal_places=int(places), null=True)


_COLUMN: dict[str, Callable[[str], models.Field]] = {
    "numeric": _decimal,
    "integer": lambda _: models.IntegerField(null=True),
    "smallint": lambda _: models.SmallIntegerField(null=True),
    "bigint": lambda _: models.BigIntegerField(null=True),
    "date": lambda _: models.DateField(null=True),
    "date[]": lambda _: ArrayField(models.DateField(null=True), null=True),
    "boolean": lambda _: models.BooleanField(null=True),
    "varchar": lambda kind: models.CharField(max_length=int(kind[len("varchar(") : -1]), null=True),
}
_EVERY = {"shape": "integer", "recheck_on": "date[]"}
_add_columns(LoanDay, _EVERY | LOAN.stored)
_add_columns(BorrowerDay, _EVERY | BORROWER.stored)


class BranchDay(models.Model):
    """One branch at the close of one business day, its own loans only: indicators that no single loan has."""

    lender = _plain(Lender)
    as_of = models.DateField()
    branch = _plain(Branch)
    loans = models.IntegerField()
    outstanding = models.DecimalField(**MONEY)
    vintage_ratio = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    roll_ratio = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    rolled_share = models.DecimalField(max_digits=9, decimal_places=6, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lender", "as_of", "branch"], name="one_branch_day")]


class Crossing(models.Model):
    """At the close of `as_of` a loan was more than `days` days past due, and was not at the close before."""

    lender = _plain(Lender)
    bucket = models.SmallIntegerField()
    loan = _plain(Loan)
    as_of = models.DateField()
    days = models.SmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["loan", "days", "as_of"], name="one_crossing")]
        indexes = [models.Index(fields=["lender", "as_of", "bucket"], name="crossing_by_day")]


class DroppedDay(models.Model):
    """A close of which the rows of loans and borrowers are kept no longer; its figures by branch, product and industry stay."""

    lender = _plain(Lender)
    as_of = models.DateField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lender", "as_of"], name="one_dropped_day")]


class SectorDay(models.Model):
    """The lender's loans to one industry at one close, those whose days past due are known; amounts in the lender's currency."""

    lender = _plain(Lender)
    as_of = models.DateField()
    industry = models.CharField(max_length=80)
    loans = models.IntegerField()
    loans_90 = models.IntegerField()  # more than 90 days past due
    outstanding = models.DecimalField(**MONEY)
    outstanding_90 = models.DecimalField(**MONEY)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lender", "as_of", "industry"], name="one_sector_day")]


class StaffDayQuerySet(models.QuerySet["StaffDay"]):
    def visible_to(self, access: "Access") -> "StaffDayQuerySet":
        """Observations of staff of the branches below a superior, never of the reader."""
        found = self.filter(branch_id__in=access.subtree(Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR))
        return found.exclude(person=access.person) if access.person else found


class StaffDay(models.Model):
    """One member of staff at the close of one business day. Never shown to the person concerned. Empty means: nothing can be said."""

    lender = _plain(Lender)
    as_of = models.DateField()
    person = _plain(Person)
    branch = models.ForeignKey(Branch, models.DO_NOTHING, db_constraint=False, related_name="+", null=True)
    loans = models.IntegerField()
    outstanding = models.DecimalField(**MONEY)
    inspections_overdue = models.IntegerField()
    inspection_overdue_worst = models.IntegerField(null=True)
    copied_pictures_90d = models.IntegerField(null=True)
    preloan_pictures_90d = models.IntegerField(null=True)
    copied_words_worst_90d = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    copied_words_reports_90d = models.IntegerField(null=True)
    impossible_routes_30d = models.IntegerField(null=True)
    disagreement_share_90d = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    review_seconds_90d = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    review_agreement_90d = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    surprise_defaults_12m = models.IntegerField()
    benign_default_share_12m = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    late_entry_share_90d = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    edge_extensions_quarter = models.IntegerField()

    objects = StaffDayQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lender", "as_of", "person"], name="one_staff_day")]


class NodeDay(models.Model):
    """The book of one node of the branch tree (its whole subtree), one product and currency, at one close."""

    lender = _plain(Lender)
    as_of = models.DateField()
    branch = _plain(Branch)
    product = _plain(Product)
    currency = models.CharField(max_length=3)
    loans = models.IntegerField()
    outstanding = models.DecimalField(**MONEY)
    overdue_principal = models.DecimalField(**MONEY)
    overdue_interest = models.DecimalField(**MONEY)
    b0_loans = models.IntegerField()
    b1_loans = models.IntegerField()
    b2_loans = models.IntegerField()
    b3_loans = models.IntegerField()
    b4_loans = models.IntegerField()
    b0_outstanding = models.DecimalField(**MONEY)
    b1_outstanding = models.DecimalField(**MONEY)
    b2_outstanding = models.DecimalField(**MONEY)
    b3_outstanding = models.DecimalField(**MONEY)
    b4_outstanding = models.DecimalField(**MONEY)
    normal_loans = models.IntegerField()
    special_mention_loans = models.IntegerField()
    substandard_loans = models.IntegerField()
    doubtful_loans = models.IntegerField()
    loss_loans = models.IntegerField()
    normal_outstanding = models.DecimalField(**MONEY)
    special_mention_outstanding = models.DecimalField(**MONEY)
    substandard_outstanding = models.DecimalField(**MONEY)
    doubtful_outstanding = models.DecimalField(**MONEY)
    loss_outstanding = models.DecimalField(**MONEY)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "as_of", "product", "currency"], name="one_node_day")]
        indexes = [models.Index(fields=["lender", "as_of"], name="node_by_day")]


class NodeRoll(models.Model):
    """How many loans of a node moved from one overdue bucket at `from_date` to another at `as_of` (5: no longer on the book)."""

    lender = _plain(Lender)
    as_of = models.DateField()
    from_date = models.DateField()
    branch = _plain(Branch)
    currency = models.CharField(max_length=3)
    from_bucket = models.SmallIntegerField()
    to_bucket = models.SmallIntegerField()
    loans = models.IntegerField()
    outstanding = models.DecimalField(**MONEY)  # at from_date

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "as_of", "currency", "from_bucket", "to_bucket"], name="one_roll_cell")]
        indexes = [models.Index(fields=["lender", "as_of"], name="roll_by_day", condition=Q(loans__gt=0))]
