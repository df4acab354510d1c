"""The loan archive (档案): which documents there must be, their versions, where the paper lies, and what may not be destroyed."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from borrowers.collateral.models import CollateralItem, Pledge
from borrowers.facts import Fact
from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.models import Person, Role

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["Document", "DocumentKind", "DocumentVersion", "LegalHold", "RequiredDocument", "ShelfEntry"]


class DocumentKind(models.Model):
    """A kind of document of a lender: how long it is good for and how long it must be kept."""

    class Of(models.TextChoices):
        LOAN = "loan", _("Loan")
        BORROWER = "borrower", _("Borrower")
        ITEM = "item", _("Collateral")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="document_kinds")
    code = models.CharField(_("code"), max_length=30)
    name = models.JSONField(_("name"))  # language -> text
    of = models.CharField(_("belongs to"), max_length=8, choices=Of.choices)
    months_valid = models.SmallIntegerField(_("months valid"), null=True)  # empty: does not expire by itself
    retention_years = models.SmallIntegerField(_("years kept after the loan has ended"))
    on_paper = models.BooleanField(_("the original is on paper"), default=False)
    source = models.CharField(_("source of the rule"), max_length=200)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "code"], name="one_document_kind_per_code"),
            models.CheckConstraint(condition=Q(months_valid__isnull=True) | Q(months_valid__gt=0), name="months_valid_positive"),
            models.CheckConstraint(condition=Q(retention_years__gte=0), name="retention_not_negative"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def words(self) -> str:
        """The name in the reader's language, else in English, else the code."""
        return self.name.get(get_language() or "en") or self.name.get("en") or self.code


class RequiredDocument(models.Model):
    """A loan of `product` (empty: of any) must have a document of `kind`, at the latest `within_days` after disbursement.

    It holds for loans disbursed from `from_on` to before `to_on`: a rule of today asks nothing of the loans of yesterday.
    """

    class AppliesTo(models.TextChoices):
        ALL = "all", _("every loan")
        PERSON = "person", _("loans to persons")
        COMPANY = "company", _("loans to companies")
        SECURED = "secured", _("loans with collateral")
        INSURABLE = "insurable", _("loans with collateral that can burn or be stolen")
        GUARANTEED = "guaranteed", _("loans with a guarantee")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="required_documents")
    product = models.ForeignKey(Product, models.PROTECT, related_name="required_documents", null=True)
    kind = models.ForeignKey(DocumentKind, models.PROTECT, related_name="requirements")
    applies_to = models.CharField(_("applies to"), max_length=10, choices=AppliesTo.choices, default=AppliesTo.ALL)
    within_days = models.SmallIntegerField(_("days after disbursement"), default=0)
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("until"), null=True)

    class Meta:
        ordering = ["kind", "product"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "product", "kind", "from_on"], nulls_distinct=False, name="one_requirement_per_product_and_kind"),
            models.CheckConstraint(condition=Q(to_on__isnull=True) | Q(to_on__gt=F("from_on")), name="requirement_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(within_days__gte=0), name="requirement_within_days_not_negative"),
        ]


def pledges_seen(access: "Access") -> "models.QuerySet[Pledge, Any]":
    """The pledges by which this person sees the papers of an item, as is known now: those in force, and never a withdrawn one.

    Credit administration, which keeps the archive, and auditors see those of pledges that have ended too.
    """
    if access.has(Role.CREDIT_ADMIN, Role.AUDITOR):
        return Pledge.objects.known_on(date.max)
    return Pledge.objects.in_force(access.on, date.max)


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, access: "Access") -> "DocumentQuerySet":
        """Documents of loans this person may see, of borrowers with such a loan, and of items that secure such a loan.

        See `pledges_seen` for the last.
        """
        loans = Loan.objects.visible_to(access).order_by()
        of_borrower = Q(loan__isnull=True, item__isnull=True) & Exists(loans.filter(borrower=OuterRef("borrower")))
        of_item = Q(loan__isnull=True, item__isnull=False) & Exists(pledges_seen(access).filter(item=OuterRef("item"), loan__in=loans))
        return self.filter(Q(loan__in=loans) | of_borrower | of_item)


class Document(Fact):
    """One document of a borrower, for a loan, for an item, or for the borrower as such. Its contents are its versions."""

    number = models.CharField(_("document number"), max_length=40)
    kind = models.ForeignKey(DocumentKind, models.PROTECT, related_name="documents")
    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="documents")
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="documents", null=True)
    item = models.ForeignKey(CollateralItem, models.PROTECT, related_name="documents", null=True)
    title = models.CharField(_("title"), max_length=200)
    expires_on = models.DateField(_("expires on"), null=True)
    destroyed_on = models.DateField(_("destroyed on"), null=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "number"], name="one_document_per_number"),
            models.CheckConstraint(condition=Q(expires_on__isnull=True) | Q(expires_on__gte=F("valid_from")), name="document_expires_after_it_begins"),
        ]
        indexes = [
            models.Index(fields=["lender", "expires_on"], name="document_by_expiry"),
            models.Index(fields=["loan"], name="document_by_loan"),
        ]

    def __str__(self) -> str:
        return self.number


class DocumentVersion(models.Model):
    """The contents of a document as somebody delivered them. Append-only; the bytes lie in the storage under `stored_as`."""

    document = models.ForeignKey(Document, models.PROTECT, related_name="versions")
    version = models.SmallIntegerField(_("version"))
    sha256 = models.CharField(max_length=64)  # of the bytes as they came
    stored_sha256 = models.CharField(max_length=64)  # of the bytes as they lie there: images are encoded anew
    size = models.BigIntegerField(pgettext_lazy("file", "size"))
    content_type = models.CharField(_("type"), max_length=80)
    filename = models.CharField(_("file"), max_length=200)  # for people to read; never a path
    stored_as = models.CharField(max_length=200, unique=True)
    evidence = models.JSONField(default=dict)  # what the picture said of itself: taken at, position, camera; kept apart from it
    known_from = models.DateField()
    uploaded_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    recorded_at = models.DateTimeField(db_default=Now())
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering = ["document", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["document", "version"], name="one_content_per_version"),
            models.UniqueConstraint(fields=["document", "sha256"], name="same_bytes_once_per_document"),
        ]
        indexes = [models.Index(fields=["sha256"], name="document_version_by_content")]


class ShelfEntry(models.Model):
    """One act on the paper original. Append-only; where the paper is now is the last entry."""

    class Act(models.TextChoices):
        SHELVED = "shelved", _("Put on the shelf")
        BORROWED = "borrowed", _("Borrowed")
        RETURNED = "returned", pgettext_lazy("paper", "Returned")
        TRANSFERRED = "transferred", _("Transferred")
        DESTROYED = "destroyed", _("Destroyed")

    document = models.ForeignKey(Document, models.PROTECT, related_name="shelf_entries")
    seq = models.SmallIntegerField(default=1)  # counts up: two people can't both be the next to borrow
    act = models.CharField(_("act"), max_length=11, choices=Act.choices)
    place = models.CharField(_("place"), max_length=120, blank=True)
    holder = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    due_back_on = models.DateField(_("due back on"), null=True)
    on = models.DateField(_("on"))
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    note = models.CharField(_("note"), max_length=200, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["document", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["document", "seq"], name="one_shelf_act_after_another"),
            models.CheckConstraint(condition=~Q(act="borrowed") | Q(holder__isnull=False, due_back_on__isnull=False), name="borrowed_by_somebody_until"),
            models.CheckConstraint(condition=~Q(act__in=["shelved", "returned", "transferred"]) | ~Q(place=""), name="paper_lies_somewhere"),
        ]


class LegalHold(models.Model):
    """Nothing of the borrower may be destroyed while a hold stands: a lawsuit, an investigation. Lifted by another person."""

    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="legal_holds")
    reason = models.CharField(_("reason"), max_length=200)
    placed_on = models.DateField(_("placed on"))
    placed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    lifted_on = models.DateField(_("lifted on"), null=True)
    lifted_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    lifted_reason = models.CharField(_("why it was lifted"), max_length=200, blank=True)

    class Meta:
        ordering = ["-placed_on", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="legal_hold_has_a_reason"),
            models.CheckConstraint(
                condition=Q(lifted_by__isnull=True) | ~Q(lifted_by=F("placed_by")),
                name="legal_hold_lifted_by_another_person",
                violation_error_message=_("The person who placed a legal hold can't lift it."),
            ),
            models.CheckConstraint(
                condition=Q(lifted_by__isnull=True, lifted_on__isnull=True) | Q(lifted_by__isnull=False, lifted_on__isnull=False),
                name="legal_hold_lifted_by_and_on",
            ),
        ]
