"""What people do with documents: bring one, bring a newer version, lend the paper, destroy what may go."""

from datetime import date, timedelta
from functools import partial
from typing import IO, Any, cast

from django.db import connection, transaction
from django.utils.translation import gettext as _

from borrowers.collateral.models import CollateralItem
from borrowers.documents import keeping, queries, rules
from borrowers.documents.models import Document, DocumentKind, DocumentVersion, ShelfEntry
from borrowers.documents.uploads.limits import Checked
from borrowers.documents.uploads.reading import check_upload
from borrowers.facts import Correction
from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from loanwatch.kernel.moves import may_move
from loanwatch.kernel.policy import Conflict
from loanwatch.people.access import Access
from loanwatch.people.models import Person
from loanwatch.people.policy import Act
from loanwatch.trail.queries import open_day
from loanwatch.trail.record import record


class AlreadyThere(Conflict):
    """The very same bytes are in the archive of this borrower already; `document` holds them, and is named where it may be seen."""

    def __init__(self, document: Document, by: Access) -> None:
        said = _("This file is already there: document %(number)s holds the very same content. Nothing was stored.") % {"number": document.number}
        if not Document.objects.visible_to(by).filter(pk=document.pk).exists():
            said = _("This file is already there: a document of this borrower that you may not see holds the very same content. Nothing was stored.")
        super().__init__(said, code="DOCUMENT_ALREADY_THERE")
        self.document = document


@transaction.atomic
def add_document(
    *, kind: DocumentKind, loan: Loan, upload: IO[bytes], filename: str, by: Access, item: CollateralItem | None = None, title: str = "",
    valid_from: date | None = None, expires: date | None = None, note: str = "",
) -> Document:  # fmt: skip
    """A new document with its first version; it belongs to the loan, its borrower or `item`, as the kind says.

    Raises BadUpload for a file that is not kept, AlreadyThere for bytes the borrower's archive holds, Conflict for an expiry
    before the day of issue or a missing item. Nothing is stored then.
    """
    by.check(Act.DOCUMENT_ADD)
    issued = valid_from or by.on
    good_until = rules.expires_on(issued, kind.months_valid, expires)
    _check_dates(issued, good_until, by.on)
    if (kind.of == DocumentKind.Of.ITEM) != (item is not None):
        raise Conflict(_("A document of collateral names the item it belongs to, and no other kind does."), code="DOCUMENT_NEEDS_ITEM")
    owner = item.owner if item else loan.borrower
    checked = check_upload(upload, filename, keeping.limits())  # before the lock: looking through a file takes its time
    Borrower.objects.select_for_update(of=("self",)).get(pk=owner.pk)  # the same file twice at once is one after the other
    _refuse_known(owner, checked, by)
    document = Document.objects.create(
        lender_id=loan.lender_id,
        number=_next_number(),
        kind=kind,
        borrower=owner,
        loan=loan if kind.of == DocumentKind.Of.LOAN else None,
        item=item,
        title=title.strip()[:200] or checked.name.rpartition(".")[0],
        valid_from=issued,
        known_from=open_day(loan.lender, by.on),
        expires_on=good_until,
        entered_by=by.person,
    )
    version = _store(document, 1, checked, by, note)
    record("document.added", by=by, subject=document, number=document.number, kind=kind.code, sha256=version.sha256, size=version.size,
           expires_on=good_until.isoformat() if good_until else None)  # fmt: skip
    return document


@transaction.atomic
def add_version(
    *, document_id: int, upload: IO[bytes], filename: str, by: Access, valid_from: date | None = None, expires: date | None = None, note: str = ""
) -> DocumentVersion:
    """A newer content of a document; the older ones stay. `expires`, or the kind's months, say how long the document is good now.

    Raises BadUpload, AlreadyThere, and Conflict when the document was destroyed.
    """
    by.check(Act.DOCUMENT_ADD)
    checked = check_upload(upload, filename, keeping.limits())
    document = _locked(document_id, by)
    issued = valid_from or by.on
    good_until = rules.expires_on(issued, document.kind.months_valid, expires)
    _check_dates(issued, good_until, by.on)
    _refuse_known(document.borrower, checked, by)
    newest = document.versions.order_by("-version").values_list("version", flat=True).first() or 0
    version = _store(document, newest + 1, checked, by, note)
    _correct(document, {"expires_on": good_until, "valid_from": issued}, issued, by)
    record("document.version_added", by=by, subject=document, number=document.number, version=version.version, sha256=version.sha256,
           size=version.size, expires_on=good_until.isoformat() if good_until else None)  # fmt: skip
    return version


def _check_dates(issued: date, good_until: date | None, on: date) -> None:
    if issued > on:
        raise Conflict(_("A document can't be issued on a day to come."), code="DOCUMENT_DATES")
    if good_until and good_until < issued:
        raise Conflict(_("The document would expire before the day it was issued."), code="DOCUMENT_DATES")


def _refuse_known(owner: Borrower, checked: Checked, by: Access) -> None:
    known = DocumentVersion.objects.filter(sha256=checked.sha256, document__borrower=owner, document__destroyed_on__isnull=True)
    if found := known.select_related("document").order_by("pk").first():
        raise AlreadyThere(found.document, by)


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('borrowers_document', 'id'))")
        return f"DC{cursor.fetchone()[0]:08d}"


def _store(document: Document, number: int, checked: Checked, by: Access, note: str) -> DocumentVersion:
    """Write the bytes, then the row; bytes whose row is never committed are taken away again."""
    stored_as = keeping.keep(checked.data, checked.ending)
    try:
        with transaction.atomic():
            return DocumentVersion.objects.create(
                document=document,
                version=number,
                sha256=checked.sha256,
                stored_sha256=checked.stored_sha256,
                size=len(checked.data),
                content_type=checked.content_type,
                filename=checked.name,
                stored_as=stored_as,
                evidence=checked.evidence,
                known_from=open_day(document.lender, by.on),
                uploaded_by=by.person,
                note=note.strip()[:200],
            )
    except Exception:
        keeping.storage().delete(stored_as)
        raise


def _locked(document_id: int, by: Access) -> Document:
    """The document in sight of `by`, locked. Raises DoesNotExist for a foreign one, Conflict for one that is gone."""
    seen = Document.objects.visible_to(by).select_related("kind", "borrower").select_for_update(of=("self", "borrower"))
    document = seen.get(pk=document_id)
    if document.destroyed_on:
        raise Conflict(
            _("Document %(number)s was destroyed on %(day)s.") % {"number": document.number, "day": document.destroyed_on.isoformat()},
            code="DOCUMENT_DESTROYED",
        )
    return document


def _correct(document: Document, values: dict[str, Any], since: date, by: Access) -> None:
    """Change fields of the document's row and keep what they were."""
    changed = {name: value for name, value in values.items() if getattr(document, name) != value}
    Correction.objects.bulk_create(
        Correction(
            lender_id=document.lender_id, subject=Document._meta.label_lower, subject_id=document.pk, field=name,
            before=_plain(getattr(document, name)), after=_plain(value), valid_from=since, known_from=open_day(document.lender, by.on), entered_by=by.person,
        )
        for name, value in changed.items()
    )  # fmt: skip
    for name, value in changed.items():
        setattr(document, name, value)
    if changed:
        document.save(update_fields=list(changed))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


# --- the paper -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def move_paper(
    *, document_id: int, act: str, by: Access, place: str = "", holder: Person | None = None, due_back_on: date | None = None, note: str = ""
) -> ShelfEntry:
    """Put the paper original on a shelf, lend it, take it back or move it elsewhere. Destroying it goes with the document.

    Raises Conflict when the act can't follow on the last one, when nobody or no day is named for a loan of paper, or no place
    for the rest.
    """
    document = _locked(document_id, by)
    by.check(Act.DOCUMENT_SHELVE)
    if act == ShelfEntry.Act.DESTROYED:
        raise Conflict(_("The paper is destroyed together with the document."), code="PAPER_MOVE")
    if act == ShelfEntry.Act.BORROWED:
        if holder is None or due_back_on is None or due_back_on < by.on:
            raise Conflict(_("Name who borrows the paper and the day it is to be back, today or later."), code="PAPER_BORROWER")
    elif not place.strip():
        raise Conflict(_("Name the place where the paper lies."), code="PAPER_PLACE")
    return _write_act(document, act, by, place=place.strip()[:120], holder=holder, due_back_on=due_back_on, note=note)


def _write_act(
    document: Document, act: str, by: Access, *, place: str = "", holder: Person | None = None, due_back_on: date | None = None, note: str = ""
) -> ShelfEntry:
    last = document.shelf_entries.order_by("-seq").first()
    if not may_move(rules.SHELF_MOVES, last.act if last else "", act):
        where = last.get_act_display() if last else _("never put on a shelf")
        raise Conflict(
            _("This can't be done with the paper now. Its last state: %(state)s.") % {"state": where}, code="PAPER_MOVE"
        )
    lent = act == ShelfEntry.Act.BORROWED
    entry = ShelfEntry.objects.create(
        document=document,
        seq=last.seq + 1 if last else 1,
        act=act,
        place="" if lent else place,
        holder=holder if lent else None,
        due_back_on=due_back_on if lent else None,
        on=by.on,
        by=cast(Person, by.person),  # the act was checked: only staff may
        note=note.strip()[:200],
    )
    record("document.paper_moved", by=by, subject=document, number=document.number, act=act, place=entry.place,
           holder=holder.staff_no if lent and holder else "", due_back_on=entry.due_back_on.isoformat() if entry.due_back_on else None)  # fmt: skip
    return entry


# --- the end ---------------------------------------------------------------------------------------------------------------

REFUSALS: dict[str, tuple[str, Any]] = {
    "hold": ("LEGAL_HOLD", lambda: _("A legal hold stands on the borrower: nothing of it may be destroyed.")),
    "running": ("LOAN_RUNS", lambda: _("A loan that the document serves has not ended yet.")),
    "kept": ("RETENTION", lambda: _("The document must still be kept; its retention time has not run out.")),
    "borrowed": ("PAPER_BORROWED", lambda: _("The paper is lent to somebody; take it back first.")),
    "destroyed": ("DOCUMENT_DESTROYED", lambda: _("The document was destroyed already.")),
}


@transaction.atomic
def destroy(*, document_id: int, reason: str, by: Access) -> Document:
    """Delete the contents of a document whose retention has run out; its row and checksums stay, and so does its shelf log.

    What title, file names and pictures told of people goes with the contents.

    Raises Conflict while a hold stands, a loan runs, the retention time lasts or the paper is lent.
    """
    document = _locked(document_id, by)
    by.check(Act.DOCUMENT_DESTROY)
    if not reason.strip():
        raise Conflict(_("Say why the document is destroyed."), code="REASON_MISSING")
    list(queries.served(document).select_for_update(of=("self",)).order_by("pk").values_list("pk"))  # a hold that is being placed is waited for
    if against := queries.why_not_destroyed(document, by.on):
        code, sentence = REFUSALS[against]
        raise Conflict(sentence(), code=code)
    versions = list(document.versions.all())
    if queries.last_act(document):
        _write_act(document, ShelfEntry.Act.DESTROYED, by, note=reason)
    _correct(document, {"destroyed_on": by.on}, by.on, by)  # the database forgets names and evidence of its versions
    document.title = ""
    document.save(update_fields=["title"])
    record("document.destroyed", by=by, subject=document, number=document.number, reason=reason.strip()[:200],
           contents=[{"version": v.version, "sha256": v.sha256} for v in versions])  # fmt: skip
    for version in versions:
        transaction.on_commit(partial(keeping.delete, version))
    return document


def default_due(on: date) -> date:
    """When a paper lent today is proposed to be back."""
    return on + timedelta(days=rules.BORROWED_DAYS)
