"""Loans (drawn notes) and all that happens to them: schedule, repayments, positions, events, custody."""

from typing import TYPE_CHECKING, Any

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from borrowers.facts import ByTheMillion, Fact, LoanFact, RevisedLoanFact, one_per_key, revisions_by_key
from borrowers.parties.models import Borrower, PortalAccess
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.models import Branch, Person, Role

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = [
    "CheckDuty", "CountingPause", "Custody", "Facility", "Guarantee", "Instalment", "Loan",
    "LoanEvent", "LoanState", "Position", "ReconciliationDifference", "Repayment",
]  # fmt: skip

MONEY: dict[str, Any] = {"max_digits": 20, "decimal_places": 2}


class LoanQuerySet(models.QuerySet["Loan"]):
    def visible_to(self, access: "Access") -> "LoanQuerySet":
        """The loans this person may see at all; every screen, export and endpoint starts here.

        Risk officers, branch heads, credit administration and audit: their branches' subtrees. An account manager:
        loans in own custody on the day, in whichever capacity. A borrower: own loans. Everybody else: none.
        """
        reach = Q(pk__in=[])
        if access.branches_held(Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR):
            reach |= Q(branch_id__in=access.subtree())
        if access.has(Role.ACCOUNT_MANAGER) and access.person:
            reach |= Q(
                pk__in=Custody.objects.held_on(access.on)
                .filter(person=access.person, loan__branch_id__in=access.subtree(Role.ACCOUNT_MANAGER))
                .values("loan_id")
            )
        if access.portal:
            reach |= Q(borrower_id__in=PortalAccess.objects.filter(account=access.account).values("borrower_id"))
        return self.filter(reach)


class Facility(Fact):
    """A credit line or contract (授信·合同) under which notes are drawn. Master data."""

    number = models.CharField(_("facility number"), max_length=40)
    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="facilities")
    currency = models.CharField(_("currency"), max_length=3)
    limit = models.DecimalField(_("limit"), **MONEY)
    revolving = models.BooleanField(_("revolving"), default=False)
    expires_on = models.DateField(_("expires on"), null=True)
    conditions = models.TextField(_("conditions of the approval"), blank=True)  # one per line

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "number"], name="one_facility_per_number"),
            models.CheckConstraint(condition=Q(limit__gte=0), name="facility_limit_not_negative"),
            models.CheckConstraint(condition=Q(expires_on__isnull=True) | Q(expires_on__gte=F("valid_from")), name="facility_expires_after_it_begins"),
        ]

    def __str__(self) -> str:
        return self.number


class Loan(LoanFact):
    """One drawn note (借据). Master data as of its first delivery; what changed later is a LoanEvent."""

    number = models.CharField(_("loan number"), max_length=40)
    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="loans")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    currency = models.CharField(_("currency"), max_length=3)
    principal = models.DecimalField(_("amount"), **MONEY)
    rate = models.DecimalField(_("interest rate, % a year"), max_digits=9, decimal_places=6, null=True)
    disbursed_on = models.DateField(_("disbursed on"))
    matures_on = models.DateField(_("maturity date"), null=True)
    settled_on = models.DateField(_("settled on"), null=True)
    purpose = models.CharField(_("purpose"), max_length=200, blank=True)
    ltv_agreed = models.DecimalField(_("agreed loan-to-value"), max_digits=9, decimal_places=6, null=True)
    # True: the core system delivers balance and days past due day by day, and the loan is on the book of the days on
    # which it has a position. False: both are computed from schedule and repayments.
    position_fed = models.BooleanField(default=False)
    facility = models.ForeignKey(Facility, models.PROTECT, related_name="loans", null=True)
    segment = models.CharField(max_length=8)  # of the borrower when the loan was made: product policy depends on it
    attributes = models.JSONField(default=dict)  # columns of the feed that have no place of their own, as text

    objects = LoanQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "number"], name="one_loan_per_number"),
            models.CheckConstraint(condition=Q(principal__gte=0), name="loan_amount_not_negative"),
            models.CheckConstraint(condition=Q(matures_on__isnull=True) | Q(matures_on__gte=F("disbursed_on")), name="loan_matures_after_disbursement"),
            models.CheckConstraint(condition=Q(bucket__range=(0, 255)), name="loan_bucket_in_range"),
        ]
        indexes = [
            models.Index(fields=["lender", "bucket"], name="loan_by_bucket"),
            models.Index(fields=["branch"], name="loan_by_branch"),
        ]

    def __str__(self) -> str:
        return self.number


class Instalment(ByTheMillion, LoanFact):
    """One demand of one version of a repayment schedule.

    `version` counts up; a later version replaces the whole plan from the first demand on: it repeats the demands that were
    already due, unchanged, and says anew only what is still to come.

    `cum_due_minor` and `cum_principal_minor` are what is due in all up to and with this demand, in hundredths, so that the
    oldest unpaid demand is a range comparison against what was paid in all.
    """

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="instalments", db_constraint=False, db_index=False)
    version = models.SmallIntegerField(default=1)
    seq = models.SmallIntegerField()
    due_on = models.DateField()
    principal = models.DecimalField(**MONEY)
    interest = models.DecimalField(**MONEY)
    fee = models.DecimalField(default=0, **MONEY)
    cum_due_minor = models.BigIntegerField()
    cum_principal_minor = models.BigIntegerField()

    class Meta:
        ordering = ["loan", "version", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["loan", "version", "seq"], name="one_instalment_per_seq"),
            models.CheckConstraint(condition=Q(principal__gte=0, interest__gte=0, fee__gte=0), name="instalment_not_negative"),
        ]
        indexes = [
            models.Index(fields=["lender", "bucket", "due_on"], name="instalment_by_bucket"),
            # The few plans that were replaced, so that a book without any pays nothing for the question.
            models.Index(fields=["lender", "bucket"], condition=Q(version__gt=1), name="plan_replaced"),
            BrinIndex(fields=["delivery"], name="instalment_by_delivery"),
        ]


class Repayment(ByTheMillion, LoanFact):
    """Money that came in for a loan. `seq` counts in the order in which it became known; `cum_paid_minor` is the running total."""

    class PayerKind(models.TextChoices):
        BORROWER = "borrower", _("The borrower")
        GROUP = "group", _("A member of the declared group")
        STAFF = "staff", _("Staff of the lender or their family")
        THIRD = "third", _("Another party that is known")
        UNKNOWN = "unknown", _("A source that is not known")

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="repayments", db_constraint=False, db_index=False)
    seq = models.IntegerField()
    paid_on = models.DateField()
    amount = models.DecimalField(**MONEY)
    cum_paid_minor = models.BigIntegerField()
    payer = models.CharField(max_length=120, blank=True)  # empty: the borrower
    payer_kind = models.CharField(_("kind of payer"), max_length=8, choices=PayerKind.choices, blank=True, db_default="")  # empty: the borrower
    reference = models.CharField(max_length=60, blank=True, db_default="")  # the core system's or the cashier's own number of the payment
    # The repayment that this one takes back: same loan, the negative amount, never later than the business date it is known from.
    reverses = models.OneToOneField("self", models.PROTECT, related_name="reversed_by", null=True)

    class Meta:
        ordering = ["loan", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["loan", "seq"], name="one_repayment_per_seq"),
            models.CheckConstraint(condition=~Q(amount=0), name="repayment_moves_money"),
            models.CheckConstraint(condition=Q(reverses__isnull=True) | Q(amount__lt=0), name="reversal_takes_money_back"),
            models.UniqueConstraint(fields=["loan", "reference"], condition=~Q(reference=""), name="one_repayment_per_reference"),
        ]
        indexes = [
            models.Index(fields=["loan", "cum_paid_minor"], name="repayment_by_total"),
            models.Index(fields=["lender", "bucket", "known_from"], name="repayment_by_bucket"),
            BrinIndex(fields=["delivery"], name="repayment_by_delivery"),
            models.Index(fields=["loan", "seq"], condition=Q(amount__lt=0), name="repayment_taken_back"),
            models.Index(fields=["lender", "bucket"], condition=Q(paid_on__gt=F("known_from")), name="repayment_told_ahead"),
        ]


class Position(ByTheMillion, RevisedLoanFact):
    """Where the core system says a loan stands at the close of `valid_from`. Kept beside what we compute."""

    KEY = ("loan", "valid_from")

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="positions", db_constraint=False, db_index=False)
    balance = models.DecimalField(**MONEY)
    days_past_due = models.IntegerField(null=True)
    overdue_principal = models.DecimalField(null=True, **MONEY)
    overdue_interest = models.DecimalField(null=True, **MONEY)
    rate = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    matures_on = models.DateField(null=True)
    modified = models.BooleanField(null=True)
    paid = models.DecimalField(null=True, **MONEY)
    status = models.CharField(max_length=40, blank=True)
    closed_as = models.CharField(max_length=40, blank=True)  # not empty: the loan has left the book, and why

    class Meta:
        constraints = [one_per_key("one_position_per_loan_and_day", "loan", "valid_from")]
        indexes = [
            models.Index(fields=["lender", "valid_from", "bucket"], name="position_by_day"),
            BrinIndex(fields=["delivery"], name="position_by_delivery"),
            revisions_by_key("position_revisions", "loan", "valid_from"),
        ]


class LoanEvent(RevisedLoanFact):
    """Something that happened to a loan on `valid_from`."""

    KEY = ("loan", "kind", "valid_from")

    class Kind(models.TextChoices):
        DISBURSEMENT = "disbursement", _("Disbursement")
        EXTENSION = "extension", _("Extension")
        REFINANCE = "refinance", _("New loan repays old")
        RESTRUCTURE = "restructure", _("Debt restructuring")
        RATE_CHANGE = "rate_change", _("Rate change")
        SETTLED = "settled", _("Settled")
        WRITE_OFF = "write_off", _("Write-off")
        CHARGE_OFF = "charge_off", _("Charge-off")
        TRANSFER = "transfer", _("Transfer")

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    amount = models.DecimalField(null=True, **MONEY)
    matures_on = models.DateField(null=True)  # the new maturity, for an extension or restructure
    days_past_due = models.IntegerField(null=True)  # on that day, for an extension or restructure
    other_loan = models.ForeignKey(Loan, models.PROTECT, related_name="+", null=True)  # the new loan that repaid this one
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["valid_from", "id"]
        constraints = [one_per_key("one_event_of_a_kind_per_day", "loan", "kind", "valid_from")]
        indexes = [
            models.Index(fields=["lender", "bucket", "valid_from"], name="event_by_bucket"),
            revisions_by_key("event_revisions", "loan", "kind", "valid_from"),
        ]


class Guarantee(RevisedLoanFact):
    """`guarantor` answers for `amount` of the loan, from `valid_from` to before `to_on`."""

    KEY = ("loan", "guarantor", "valid_from")

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="guarantees")
    guarantor = models.ForeignKey(Borrower, models.PROTECT, related_name="guarantees_given")
    amount = models.DecimalField(**MONEY)
    to_on = models.DateField(null=True)

    class Meta:
        constraints = [one_per_key("one_guarantee_per_pair_and_day", "loan", "guarantor", "valid_from")]
        indexes = [
            models.Index(fields=["lender", "bucket"], name="guarantee_by_bucket"),
            revisions_by_key("guarantee_revisions", "loan", "guarantor", "valid_from"),
        ]


class CountingPause(RevisedLoanFact):
    """Days from `valid_from` to before `to_on` do not count as days past due: a moratorium or a court's stay, with its reason."""

    KEY = ("loan", "valid_from")

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="pauses")
    to_on = models.DateField(_("until"))
    reason = models.CharField(_("reason"), max_length=200)
    approved_by = models.CharField(_("approved by"), max_length=120, blank=True)

    class Meta:
        ordering = ["loan", "valid_from"]
        constraints = [
            one_per_key("one_pause_per_loan_and_day", "loan", "valid_from"),
            models.CheckConstraint(condition=Q(to_on__gt=F("valid_from")), name="pause_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(reason=""), name="pause_has_a_reason"),
        ]
        indexes = [
            models.Index(fields=["lender", "bucket"], name="pause_by_bucket"),
            revisions_by_key("pause_revisions", "loan", "valid_from"),
        ]


class CustodyQuerySet(models.QuerySet["Custody"]):
    def held_on(self, on: "models.expressions.Combinable | object") -> "CustodyQuerySet":
        """Custodies in force on `on`."""
        return self.filter(Q(from_on__lte=on), Q(to_on__isnull=True) | Q(to_on__gt=on))


@pghistory.track(
    pghistory.InsertEvent(level=pghistory.Statement),
    pghistory.UpdateEvent(level=pghistory.Statement),
    fields=["loan", "person", "capacity", "from_on", "to_on"],
    model_name="CustodyEvent",
)
class Custody(models.Model):
    """Who answers for a loan, in which capacity, from a date to before another. Exactly one lead at a time."""

    class Capacity(models.TextChoices):
        LEAD = "lead", _("Lead")
        RESPONSIBLE = "responsible", _("Responsible")
        HANDLING = "handling", _("Handling")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    bucket = models.SmallIntegerField()
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="custodies")
    person = models.ForeignKey(Person, models.PROTECT, related_name="custodies")
    capacity = models.CharField(max_length=11, choices=Capacity.choices)
    from_on = models.DateField()
    to_on = models.DateField(null=True)

    objects = CustodyQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_lead_per_loan_and_day",
                expressions=[
                    ("loan", RangeOperators.EQUAL),
                    (Func(F("from_on"), F("to_on"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(capacity="lead"),
            ),
            models.CheckConstraint(condition=Q(to_on__isnull=True) | Q(to_on__gt=F("from_on")), name="custody_ends_after_it_begins"),
        ]
        indexes = [
            models.Index(fields=["lender", "bucket"], name="custody_by_bucket"),
            models.Index(fields=["person", "loan"], name="custody_by_person"),
        ]


class CheckDuty(models.Model):
    """A check that was due on a loan and when it was done: written by the acts, read by the next day's observation."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    bucket = models.SmallIntegerField()
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="check_duties")
    kind = models.CharField(max_length=20)
    due_on = models.DateField()
    done_on = models.DateField(null=True)
    known_from = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["loan", "kind", "due_on"], name="one_duty_per_kind_and_day")]
        indexes = [models.Index(fields=["lender", "bucket"], name="duty_by_bucket")]


class LoanState(models.Model):
    """Where a scheduled loan stands after allocation at the close of `as_of`. Written by the day's allocate step only."""

    loan = models.OneToOneField(Loan, models.CASCADE, primary_key=True, related_name="+", db_constraint=False)
    lender = models.ForeignKey(Lender, models.CASCADE, related_name="+", db_constraint=False)
    bucket = models.SmallIntegerField()
    as_of = models.DateField()
    version = models.SmallIntegerField()
    paid_minor = models.BigIntegerField()
    outstanding_minor = models.BigIntegerField()
    overdue_principal_minor = models.BigIntegerField()
    overdue_interest_minor = models.BigIntegerField()
    oldest_unpaid_seq = models.SmallIntegerField(null=True)
    oldest_unpaid_on = models.DateField(null=True)  # due date of the demand that arrears count from
    # Days past due are the days since `counts_from`: the day on which that demand began to count, later by the days that a
    # pause kept from counting; empty within the days of grace. So a loan in arrears is not written anew every night.
    counts_from = models.DateField(null=True)
    interest_counts_from = models.DateField(null=True)
    principal_counts_from = models.DateField(null=True)
    next_due_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["lender", "bucket"], name="state_by_bucket")]


class DifferenceQuerySet(models.QuerySet["ReconciliationDifference"]):
    def visible_to(self, access: "Access") -> "DifferenceQuerySet":
        """Differences of the loans this person may see."""
        return self.filter(loan__in=Loan.objects.visible_to(access).order_by())


class ReconciliationDifference(models.Model):
    """A figure of the core system that is not ours at the close of `as_of`, both kept. Written by the day's allocate step only.

    For loans whose position is delivered and whose schedule we know as well. A difference of days is in days, else in the
    loan's currency; `size` is never negative.
    """

    class Figure(models.TextChoices):
        DAYS_PAST_DUE = "days_past_due", _("Days past due")
        BALANCE = "balance", _("Outstanding balance")
        OVERDUE_PRINCIPAL = "overdue_principal", _("Overdue principal")
        OVERDUE_INTEREST = "overdue_interest", _("Overdue interest")

    lender = models.ForeignKey(Lender, models.CASCADE, related_name="+", db_constraint=False)
    bucket = models.SmallIntegerField()
    loan = models.ForeignKey(Loan, models.CASCADE, related_name="differences", db_constraint=False)
    as_of = models.DateField()
    figure = models.CharField(_("figure"), max_length=17, choices=Figure.choices)
    delivered = models.DecimalField(_("delivered"), **MONEY)
    computed = models.DecimalField(_("computed"), **MONEY)
    size = models.DecimalField(_("difference"), **MONEY)

    objects = DifferenceQuerySet.as_manager()

    class Meta:
        ordering = ["-as_of", "-size", "id"]
        constraints = [
            models.UniqueConstraint(fields=["loan", "as_of", "figure"], name="one_difference_per_loan_day_figure"),
            models.CheckConstraint(condition=Q(size__gt=0), name="difference_is_one"),
        ]
        indexes = [models.Index(fields=["lender", "as_of", "bucket"], name="difference_by_day")]

    @property
    def days(self) -> int | None:
        """The size of a difference of days; None of an amount."""
        return int(self.size) if self.figure == self.Figure.DAYS_PAST_DUE else None
