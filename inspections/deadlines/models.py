"""What falls due around a loan: maturity, valuation, insurance, covenant, document, rating and whatever else has a day."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from borrowers.collateral.models import CollateralItem, Pledge
from borrowers.covenants.models import Covenant
from borrowers.documents.models import Document
from borrowers.loans.models import Facility, Loan
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Branch, Person

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["Deadline"]


class Kind(models.TextChoices):
    MATURITY = "maturity", _("Loan matures")
    REVALUATION = "revaluation", _("Collateral to be valued again")
    INSURANCE = "insurance", _("Insurance of collateral ends")
    REGISTRATION = "registration", _("Registration of collateral ends")
    COVENANT_TEST = "covenant_test", _("Covenant to be tested")
    DOCUMENT = "document", _("Document expires")
    PAPER_RETURN = "paper_return", _("Paper original to be returned")
    RATING = "rating", _("Internal rating to be renewed")
    GUARANTEE = "guarantee", _("Guarantee ends")
    FACILITY = "facility", _("Facility expires")
    CONDITION = "condition", _("Condition of the approval to be met")
    CERTIFICATE = "certificate", _("Certificate of the account manager expires")


# The column that says what a deadline is about. A maturity is about its loan; a rating or a condition about the borrower.
SUBJECTS: dict[str, str | None] = {
    Kind.MATURITY: None, Kind.REVALUATION: "item", Kind.INSURANCE: "item", Kind.REGISTRATION: "item", Kind.COVENANT_TEST: "covenant",
    Kind.DOCUMENT: "document", Kind.PAPER_RETURN: "document", Kind.RATING: None, Kind.GUARANTEE: "guarantor", Kind.FACILITY: "facility",
    Kind.CONDITION: None, Kind.CERTIFICATE: "staff",
}  # fmt: skip
COLUMNS = ("item", "covenant", "document", "guarantor", "facility", "staff")
OF_THE_LOAN = (Kind.MATURITY.value, Kind.GUARANTEE.value)


def _one_subject() -> Q:
    """Of the typed columns a deadline fills the one of its kind, and no other."""
    found = Q()
    for column in (None, *COLUMNS):
        kinds = [kind.value for kind in Kind if SUBJECTS[kind] == column]
        found |= Q(kind__in=kinds, **{f"{name}__isnull": name != column for name in COLUMNS})
    return found


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    def open(self) -> "DeadlineQuerySet":
        return self.filter(state=Deadline.State.OPEN)

    def visible_to(self, access: "Access") -> "DeadlineQuerySet":
        """Deadlines around loans this person may see: of the loan, of its borrower, or of an item that secures it.

        One on a certificate is seen by the person it names and by those who see the whole branch.
        """
        loans = Loan.objects.visible_to(access).order_by()
        of_borrower = Q(kind__in=[Kind.RATING, Kind.CONDITION, Kind.FACILITY, Kind.COVENANT_TEST, Kind.DOCUMENT, Kind.PAPER_RETURN])
        of_item = Q(item__isnull=False) & Q(item__in=Pledge.objects.in_force(access.on).filter(loan__in=loans).values("item_id"))
        return self.filter(Q(loan__in=loans) | of_item | of_borrower & Q(borrower__in=loans.values("borrower_id")))


class Deadline(models.Model):
    """One day by which something must be renewed, shown or decided. A night opens it and a night closes it, by the facts.

    `loan` is the loan through which it is answered for; the account manager of that loan is `responsible`. `reference` tells
    apart what has no row of its own: the guarantor of a guarantee, the number of a condition.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("deadline", "Open")
        DONE = "done", pgettext_lazy("deadline", "Done")
        CANCELLED = "cancelled", pgettext_lazy("deadline", "No longer there")
        NOT_APPLICABLE = "not_applicable", pgettext_lazy("deadline", "Does not apply")

    class Cause(models.TextChoices):
        RENEWED = "renewed", _("The facts were renewed")
        REPAID = "repaid", _("The loan has left the book")
        GONE = "gone", _("The loan, or what the deadline was about, is no longer there")
        MOVED = "moved", _("The day was corrected to an earlier one")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    bucket = models.SmallIntegerField()  # of the owner for what is about an item, else of the borrower
    kind = models.CharField(_("kind"), max_length=14, choices=Kind.choices)
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="+")
    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="+")
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    item = models.ForeignKey(CollateralItem, models.PROTECT, related_name="+", null=True)
    covenant = models.ForeignKey(Covenant, models.PROTECT, related_name="+", null=True)
    document = models.ForeignKey(Document, models.PROTECT, related_name="+", null=True)
    guarantor = models.ForeignKey(Borrower, models.PROTECT, related_name="+", null=True)
    facility = models.ForeignKey(Facility, models.PROTECT, related_name="+", null=True)
    staff = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)  # whose certificate expires
    reference = models.CharField(max_length=80, blank=True, db_default="")
    subject = models.GeneratedField(
        expression=Coalesce(
            "item_id", "covenant_id", "document_id", "facility_id", "staff_id",
            Case(When(kind__in=OF_THE_LOAN, then=F("loan_id")), default=F("borrower_id")),
        ),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )  # fmt: skip
    due_on = models.DateField(_("due on"))
    opened_on = models.DateField(_("opened on"))
    responsible = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    state = models.CharField(_("state"), max_length=14, choices=State.choices, default=State.OPEN)
    closed_on = models.DateField(_("closed on"), null=True)
    cause = models.CharField(_("cause"), max_length=8, choices=Cause.choices, blank=True, default="")
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)  # that it does not apply
    asked_on = models.DateField(null=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    agreed_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    made_at = models.DateTimeField(db_default=Now())

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject", "reference", "due_on"], name="one_deadline_per_subject_and_day"),
            models.CheckConstraint(condition=_one_subject(), name="deadline_is_about_one_thing"),
            models.CheckConstraint(
                condition=Q(state="open", closed_on__isnull=True, cause="")
                | Q(state__in=["done", "cancelled"], closed_on__isnull=False) & ~Q(cause="")
                | Q(state="not_applicable", closed_on__isnull=False, cause="", agreed_by__isnull=False),
                name="deadline_is_closed_by_a_fact_or_by_two_people",
            ),
            models.CheckConstraint(
                condition=Q(asked_by__isnull=True, asked_on__isnull=True, reason="", agreed_by__isnull=True)
                | Q(asked_by__isnull=False, asked_on__isnull=False) & ~Q(reason=""),
                name="deadline_set_aside_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True) | ~Q(agreed_by=F("asked_by")),
                name="deadline_set_aside_by_another_person",
                violation_error_message=_("The person who says that a deadline does not apply can't agree to it."),
            ),
        ]
        indexes = [
            models.Index(fields=["lender", "bucket", "kind"], condition=Q(state="open"), name="deadline_open_by_bucket"),
            models.Index(fields=["responsible", "due_on"], condition=Q(state="open"), name="deadline_of_person"),
            models.Index(fields=["branch", "due_on"], condition=Q(state="open"), name="deadline_of_branch"),
            models.Index(fields=["loan"], name="deadline_of_loan"),
            models.Index(fields=["borrower"], name="deadline_of_borrower"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What people call it: DL-26-000318."""
        return f"DL-{self.opened_on:%y}-{self.pk:06d}"

    @property
    def about(self) -> str:
        """What it is about, in few words: the item, covenant, document, facility, guarantor or person; else the loan."""
        if self.kind in (Kind.DOCUMENT, Kind.PAPER_RETURN):
            return f"{self.document.title} {self.document.number}" if self.document else ""
        if self.covenant:
            return self.covenant.title
        for name in ("item", "facility", "guarantor", "staff"):
            if getattr(self, f"{name}_id"):
                return str(getattr(self, name))
        return self.reference if self.kind == Kind.CONDITION else self.loan.number
