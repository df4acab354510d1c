"""Documents as lists and pages: who has the paper, when a loan has ended, which holds stand, where the same file lies."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from borrowers.collateral.models import CollateralItem, Pledge
from borrowers.documents import rules
from borrowers.documents.models import Document, DocumentKind, DocumentVersion, LegalHold, ShelfEntry, pledges_seen
from borrowers.loans.models import Loan, LoanEvent
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Person

EXPIRING_DAYS = 30
ENDED = (LoanEvent.Kind.SETTLED, LoanEvent.Kind.REFINANCE)


def with_paper(documents: QuerySet[Document, Any]) -> QuerySet[Document, Any]:
    """Each with where its paper is: `paper` (the last act or ""), `paper_place`, `paper_holder`, `paper_due`; and its newest `version`."""
    last = ShelfEntry.objects.filter(document=OuterRef("pk")).order_by("-seq")
    newest = DocumentVersion.objects.filter(document=OuterRef("pk")).order_by("-version")
    return documents.annotate(
        paper=Subquery(last.values("act")[:1]),
        paper_place=Subquery(last.values("place")[:1]),
        paper_holder=Subquery(last.values("holder__name")[:1]),
        paper_due=Subquery(last.values("due_back_on")[:1]),
        newest=Subquery(newest.values("version")[:1]),
        newest_name=Subquery(newest.values("filename")[:1]),
    )


def listed(access: Access) -> QuerySet[Document, Any]:
    """Documents in sight with what a row of the list shows."""
    found = Document.objects.visible_to(access).filter(lender=access.person.lender if access.person else None)
    return with_paper(found.select_related("kind", "borrower", "loan", "item"))


def narrowed(documents: QuerySet[Document, Any], view: str, on: date, days: int = EXPIRING_DAYS) -> QuerySet[Document, Any]:
    """One of the saved views: all, expiring (good today, not longer than `days`), expired, borrowed, overdue, destroyed."""
    if view == "destroyed":
        return documents.filter(destroyed_on__isnull=False)
    documents = documents.filter(destroyed_on__isnull=True)
    if view == "expiring":
        return documents.filter(expires_on__gte=on, expires_on__lte=on + timedelta(days=days))
    if view == "expired":
        return documents.filter(expires_on__lt=on)
    if view == "borrowed":
        return documents.filter(Q(("paper", ShelfEntry.Act.BORROWED.value)))
    if view == "overdue":
        return documents.filter(Q(("paper", ShelfEntry.Act.BORROWED.value)), Q(("paper_due__lt", on)))
    return documents


def counts(access: Access, on: date) -> dict[str, int]:
    """How many documents stand in each view that asks for something to be done."""
    found = listed(access)
    return {view: narrowed(found, view, on).count() for view in ("expiring", "expired", "borrowed", "overdue")}


def of_loan(access: Access, loan: Loan) -> QuerySet[Document, Any]:
    """The documents of a loan: its own, its borrower's, and those of the items that secure it, as far as they are in sight."""
    items = pledges_seen(access).filter(loan=loan).values("item_id")
    own = Q(loan=loan) | Q(borrower_id=loan.borrower_id, loan__isnull=True, item__isnull=True) | Q(item__in=items, loan__isnull=True)
    return listed(access).filter(own).order_by(F("destroyed_on").asc(nulls_first=True), "kind__code", "-valid_from", "pk")


def items_of(access: Access, loan: Loan) -> QuerySet[CollateralItem, Any]:
    """The items that secure the loan, for whose papers this person answers."""
    return CollateralItem.objects.filter(pk__in=pledges_seen(access).filter(loan=loan).values("item_id")).order_by("number")


def kinds(lender: Lender, *, of: str = "") -> QuerySet[DocumentKind, Any]:
    """Kinds in use."""
    found = DocumentKind.objects.filter(lender=lender, active=True)
    return found.filter(of=of) if of else found


# --- may it be destroyed? ------------------------------------------------------------------------------------------------


def ended_on(document: Document, on: date) -> date | None:
    """The day the last loan that the document serves was paid back, as known on `on`; None while one of them runs.

    A loan that was written off has not ended: the claim lives on, and the papers are needed for it.
    """
    if document.loan_id:
        loans = Loan.objects.filter(pk=document.loan_id)
    elif document.item_id:
        loans = Loan.objects.filter(Exists(Pledge.objects.known_on(date.max).filter(item=document.item_id, loan=OuterRef("pk"))))
    else:
        loans = Loan.objects.filter(borrower=document.borrower_id)
    event = LoanEvent.objects.in_force(on).filter(loan=OuterRef("pk"), kind__in=ENDED).order_by("-valid_from").values("valid_from")[:1]
    ends = list(loans.order_by().values_list(Coalesce("settled_on", Subquery(event)), flat=True))
    return None if not ends or None in ends else max(ends)


def standing_holds(borrower_id: int) -> QuerySet[LegalHold, Any]:
    """Holds on the borrower that nobody has lifted."""
    return LegalHold.objects.filter(borrower=borrower_id, lifted_on__isnull=True)


def served(document: Document) -> QuerySet[Borrower, Any]:
    """Whose document it is: its borrower, and of collateral also who owes a loan that the item secures or once secured.

    A pledge that was withdrawn, because it never was, counts for nobody.
    """
    if not document.item_id:
        return Borrower.objects.filter(pk=document.borrower_id)
    pledged = Pledge.objects.known_on(date.max).filter(item=document.item_id).values("loan__borrower_id")
    return Borrower.objects.filter(Q(pk=document.borrower_id) | Q(pk__in=pledged))


def holds_against(document: Document) -> QuerySet[LegalHold, Any]:
    """Holds that nobody has lifted, on any of those whom the document serves."""
    return LegalHold.objects.filter(borrower__in=served(document).order_by().values("pk"), lifted_on__isnull=True)


def why_not_destroyed(document: Document, on: date) -> str:
    """What stands against destroying it today: "destroyed", "hold", "running", "kept" or "borrowed"; "" when nothing does."""
    if document.destroyed_on:
        return "destroyed"
    if holds_against(document).exists():
        return "hold"
    ended = ended_on(document, on)
    if ended is None:
        return "running"
    if not rules.may_be_destroyed(ended, document.kind.retention_years, on):
        return "kept"
    return "borrowed" if last_act(document) == ShelfEntry.Act.BORROWED else ""


def last_act(document: Document) -> str:
    """The last act on the paper original; "" where it was never shelved."""
    return document.shelf_entries.order_by("-seq").values_list("act", flat=True).first() or ""


# --- holds, borrowers of paper, the same file --------------------------------------------------------------------------------


def holds(access: Access) -> QuerySet[LegalHold, Any]:
    """Legal holds on borrowers in sight, standing ones first."""
    seen = Loan.objects.visible_to(access).filter(borrower=OuterRef("borrower"))
    found = LegalHold.objects.filter(Exists(seen)).select_related("borrower", "placed_by", "lifted_by")
    return found.order_by(F("lifted_on").desc(nulls_first=True), "-placed_on", "-pk")


def colleagues(access: Access) -> QuerySet[Person, Any]:
    """People of the lender who can be lent a paper."""
    lender = access.person.lender if access.person else None
    left = Q(left_on__isnull=True) | Q(left_on__gt=access.on)
    return Person.objects.filter(left, lender=lender, agency="").order_by("name", "staff_no")


def same_content(access: Access, sha256: str) -> QuerySet[DocumentVersion, Any]:
    """Versions in sight with these very bytes, in documents that are not destroyed."""
    seen = Document.objects.visible_to(access).filter(destroyed_on__isnull=True)
    return DocumentVersion.objects.filter(sha256=sha256, document__in=seen).select_related("document__borrower", "document__kind").order_by("pk")
