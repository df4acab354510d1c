"""Where the money went and what passes through the borrower's accounts."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from borrowers.facts import Fact, RevisedFact, RevisedLoanFact, one_per_key
from borrowers.loans.models import MONEY, Loan
from borrowers.parties.models import Borrower

__all__ = ["AccountTransaction", "AgreedPayee", "DepositAccount", "DisbursementPayment", "PaymentReturn"]


class DisbursementPayment(RevisedLoanFact):
    """One payment of loan money on `valid_from`: by the lender to the payee (受托支付) or by the borrower himself (自主支付)."""

    KEY = ("loan", "reference")

    class Mode(models.TextChoices):
        ENTRUSTED = "entrusted", _("Entrusted payment")
        SELF_PAID = "self_paid", _("Paid by the borrower")

    class PayeeKind(models.TextChoices):
        SUPPLIER = "supplier", _("Supplier or contractor")
        PERSON = "person", pgettext_lazy("kind of payee", "Natural person")
        CASH = "cash", _("Taken as cash")
        RELATED = "related", _("The borrower himself or a related party")
        SECURITIES = "securities", _("Securities firm")
        PROPERTY = "property", _("Property")
        WEALTH = "wealth", _("Wealth product")
        LENDER = "lender", _("Another lender")
        OTHER = "other", pgettext_lazy("kind of payee", "Other")

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="payments")
    reference = models.CharField(_("payment number"), max_length=60)
    mode = models.CharField(_("manner of payment"), max_length=9, choices=Mode.choices)
    payee = models.CharField(_("payee"), max_length=160)
    payee_account = models.CharField(_("payee's account"), max_length=60, blank=True)
    payee_bank = models.CharField(_("payee's bank"), max_length=120, blank=True)
    payee_kind = models.CharField(_("kind of payee"), max_length=10, choices=PayeeKind.choices, blank=True, db_default="")
    purpose = models.CharField(_("purpose"), max_length=200, blank=True)
    amount = models.DecimalField(_("amount"), **MONEY)
    proof = models.CharField(_("proof"), max_length=200, blank=True)  # number of the contract, invoice or receipt that shows the use

    class Meta:
        ordering = ["loan", "valid_from"]
        constraints = [
            one_per_key("one_payment_per_reference", "loan", "reference"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_is_positive"),
        ]
        indexes = [models.Index(fields=["lender", "bucket"], name="payment_by_bucket")]


class AgreedPayee(RevisedLoanFact):
    """The contract names whom the money of the loan may go to; payments to others lie outside its purpose."""

    KEY = ("loan", "payee")

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="agreed_payees")
    payee = models.CharField(_("payee"), max_length=160)
    payee_account = models.CharField(_("payee's account"), max_length=60, blank=True)

    class Meta:
        ordering = ["loan", "payee"]
        constraints = [
            one_per_key("one_agreed_payee_per_name", "loan", "payee"),
            models.CheckConstraint(condition=~Q(payee=""), name="agreed_payee_has_a_name"),
        ]
        indexes = [models.Index(fields=["lender", "bucket", "known_from"], name="agreed_payee_by_bucket")]


class PaymentReturn(RevisedLoanFact):
    """A debit or mandate for a loan came back unpaid on `valid_from`."""

    KEY = ("loan", "reference")

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="payment_returns")
    reference = models.CharField(_("number of the debit"), max_length=60)
    amount = models.DecimalField(_("amount"), **MONEY)
    reason = models.CharField(_("reason"), max_length=120, blank=True)
    technical = models.BooleanField(_("for a technical reason"), default=False)
    retries = models.SmallIntegerField(_("times tried again"), default=0)

    class Meta:
        ordering = ["loan", "-valid_from"]
        constraints = [
            one_per_key("one_return_per_reference", "loan", "reference"),
            models.CheckConstraint(condition=Q(amount__gt=0, retries__gte=0), name="return_is_positive"),
        ]
        indexes = [models.Index(fields=["lender", "bucket", "known_from"], name="return_by_bucket")]


class DepositAccount(Fact):
    """An account of a borrower with the lender or elsewhere. Master data."""

    class Kind(models.TextChoices):
        CURRENT = "current", _("Current account")
        SAVINGS = "savings", _("Savings account")
        REPAYMENT = "repayment", _("Repayment account")
        ESCROW = "escrow", _("Supervised account")

    bucket = models.SmallIntegerField()
    number = models.CharField(_("account number"), max_length=60)
    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="accounts")
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    currency = models.CharField(_("currency"), max_length=3)
    bank = models.CharField(_("bank"), max_length=120, blank=True)  # empty: the lender itself
    closed_on = models.DateField(_("closed on"), null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["lender", "number"], name="one_account_per_number")]
        indexes = [models.Index(fields=["lender", "bucket"], name="account_by_bucket")]

    def __str__(self) -> str:
        return self.number


class AccountTransaction(RevisedFact):
    """One booking on an account on `valid_from`: money in is positive, money out negative."""

    KEY = ("account", "reference")

    class Category(models.TextChoices):
        SALES = "sales", _("Sales")
        SUPPLIER = "supplier", _("Suppliers")
        PAYROLL = "payroll", _("Wages")
        TAX = "tax", _("Taxes")
        UTILITIES = "utilities", _("Electricity, water, gas")
        LOAN = "loan", _("Loan money or repayment")
        OWN_TRANSFER = "own_transfer", _("Between own accounts")
        RELATED = "related", _("With related parties")
        LENDER_OUTSIDE = "lender_outside", _("With a lender that is no bank")
        SECURITIES = "securities", _("Securities")
        PROPERTY = "property", _("Property")
        WEALTH = "wealth", _("Wealth products")
        CASH = "cash", _("Cash")
        STAFF = "staff", _("With staff of the lender")
        OTHER = "other", pgettext_lazy("category of a booking", "Other")

    bucket = models.SmallIntegerField()
    account = models.ForeignKey(DepositAccount, models.PROTECT, related_name="transactions")
    reference = models.CharField(_("booking number"), max_length=60)
    amount = models.DecimalField(_("amount"), **MONEY)
    balance_after = models.DecimalField(_("balance after"), null=True, **MONEY)
    kind = models.CharField(_("kind"), max_length=60, blank=True)
    counterparty = models.CharField(_("counterparty"), max_length=160, blank=True)
    counterparty_account = models.CharField(_("counterparty's account"), max_length=60, blank=True)
    counterparty_bank = models.CharField(_("counterparty's bank"), max_length=120, blank=True)
    text = models.CharField(_("text"), max_length=200, blank=True)
    category = models.CharField(_("category"), max_length=14, choices=Category.choices, blank=True, db_default="")  # empty: not known

    class Meta:
        ordering = ["account", "valid_from", "reference"]
        constraints = [
            one_per_key("one_transaction_per_reference", "account", "reference"),
            models.CheckConstraint(condition=~Q(amount=0), name="transaction_moves_money"),
        ]
        indexes = [models.Index(fields=["lender", "bucket", "valid_from"], name="transaction_by_bucket"), BrinIndex(fields=["known_from"], name="transaction_by_known")]
