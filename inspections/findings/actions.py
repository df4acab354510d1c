"""A finding's way: raised, remedied by its owner, verified or returned by another. Holds come and go with it in the database itself."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from inspections.findings import rules
from inspections.findings.files import Upload, keep_files
from inspections.findings.models import Finding, FindingNote
from inspections.findings.queries import branch_of, due_by_severity, may_own, owner_of, verified_before
from loanwatch.kernel.moves import may_move
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Person
from loanwatch.people.policy import Act
from loanwatch.trail.record import record


def author(by: Access) -> Person:
    """Who writes. Raises Refused for an account without a member of staff."""
    if by.person is None:
        raise Refused(_("Only a member of staff works on findings and holds."), code="NO_PERSON")
    return by.person


def _place(loan: Loan | None, borrower: Borrower | None, by: Access) -> tuple[Borrower, Loan | None]:
    """What the finding is about, looked up again within the reader's sight. Raises Loan.DoesNotExist or Borrower.DoesNotExist."""
    if loan is not None:
        seen = Loan.objects.visible_to(by).select_related("borrower", "branch").get(pk=loan.pk)
        return seen.borrower, seen
    if borrower is None:
        raise ValueError("A finding is about a loan or a borrower.")
    return Borrower.objects.visible_to(by).get(pk=borrower.pk), None


@transaction.atomic
def raise_finding(
    *, by: Access, loan: Loan | None = None, borrower: Borrower | None = None, text: str, severity: int, measure: str, owner: Person | None = None,
    due_on: date | None = None, blocking: Sequence[str] = (), source: str = "hand", points: Sequence[str] = (), remark: str = "",
) -> Finding:  # fmt: skip
    """Raise a finding on a loan, or on a borrower as a whole; kinds of hold in `blocking` stand from this very transaction.

    severity: 1 minor, 2 serious, 3 critical. owner: by default the account manager of the loan today; due_on: by default the working
    days of `findings.due_days`. source: "visit:12", "verification:5", "audit:…", "alert:AL-26-000001" or "hand". points: codes of
    the checkpoints that failed; where one of them failed before and was verified not long ago, the finding names that one as repeated.
    remark: words beside the first line of its timeline.
    Raises Refused (no right; nobody, or somebody else's branch, as owner), Conflict for a due date in the past,
    Loan.DoesNotExist or Borrower.DoesNotExist out of sight, ValueError for an unknown kind of hold, source or severity.
    """
    by.check(Act.FINDING_RAISE)
    kind, reference = rules.split_source(source)
    blocks = rules.kinds_in_order(blocking)
    level = Finding.Severity(severity)
    if not text.strip() or not measure.strip():
        raise Refused(_("Say what was found and what is to be done about it."), code="FINDING_INCOMPLETE")
    about, on_loan = _place(loan, borrower, by)
    branch = on_loan.branch if on_loan else branch_of(about, by)
    owner = owner or owner_of(about, on_loan, by.on)
    if owner is None or not may_own(owner, branch, by.on):
        raise Refused(_("A finding is owned by an account manager or branch head who works for its branch today."), code="NOT_AN_OWNER")
    due_on = due_on or due_by_severity(about.lender, level, by.on)
    if due_on < by.on:
        raise Conflict(_("A finding can't have been due before it is raised."), code="FINDING_DATES")
    made = Finding.objects.create(
        lender_id=about.lender_id, bucket=about.bucket, borrower=about, loan=on_loan, branch=branch, source=kind, reference=reference,
        points=list(points), text=text.strip(), severity=level, measure=measure.strip(), blocks=blocks, raised_by=author(by), raised_on=by.on,
        owner=owner, due_on=due_on, repeats=verified_before(about, on_loan, points, by.on),
    )  # fmt: skip
    FindingNote.objects.create(finding=made, kind=FindingNote.Kind.RAISED, text=remark, on=by.on, by=author(by))
    record("finding.raised", by=by, subject=made, number=made.number, severity=level.value, owner=owner.staff_no, due_on=due_on.isoformat(),
           blocks=blocks, source=source, repeats=made.repeats.number if made.repeats else None)  # fmt: skip
    return made


def locked(finding_id: int, by: Access) -> Finding:
    """The finding, locked until the transaction ends. Raises Finding.DoesNotExist out of sight."""
    return Finding.objects.visible_to(by).select_for_update(of=("self",)).select_related("owner", "submitted_by", "lender").get(pk=finding_id)


def _moved(finding: Finding, new: str) -> None:
    if not may_move(rules.MOVES, finding.state, new):
        said = {"number": finding.number, "state": finding.get_state_display()}
        raise Conflict(_("Finding %(number)s is in the state “%(state)s”; this step does not follow from it. Nothing was changed.") % said, code="FINDING_STATE")
    finding.state = new


def require_owner(finding: Finding, by: Access) -> None:
    by.check(Act.FINDING_REMEDY, finding)
    if by.person is None or by.person.pk != finding.owner_id:
        raise Refused(_("Only %(name)s, who owns this finding, can do this.") % {"name": finding.owner}, code="NOT_THE_OWNER")


@transaction.atomic
def hand_in_remedy(*, finding_id: int, by: Access, text: str, uploads: Sequence[Upload] = (), no_files: str = "") -> FindingNote:
    """Say what was done about the finding, with photos and documents; from now on it waits for another person to verify it.

    no_files: why there is neither; a finding that blocks the borrower is not put right without one or the other.
    Raises Finding.DoesNotExist, Refused unless `by` owns it or says nothing, Conflict in another state, BadUpload (nothing is kept).
    """
    finding = locked(finding_id, by)
    require_owner(finding, by)
    if not text.strip():
        raise Refused(_("Say in words what was done."), code="REMEDY_EMPTY")
    _moved(finding, rules.REMEDIED)
    why = "" if uploads else no_files.strip()
    if finding.blocks and not uploads and not why:
        raise Refused(_("This finding blocks the borrower: add a photo or document, or say why there is none."), code="EVIDENCE_MISSING")
    note = FindingNote.objects.create(finding=finding, kind=FindingNote.Kind.REMEDY, text=text.strip(), no_files=why, on=by.on, by=author(by))
    keep_files(note, uploads, by)
    finding.submitted_by, finding.submitted_on = by.person, by.on
    finding.save(update_fields=["state", "submitted_by", "submitted_on"])
    record("finding.remedied", by=by, subject=finding, number=finding.number, files=len(uploads))
    return note


def _to_verify(finding_id: int, by: Access) -> Finding:
    """The locked finding, for a person who may verify it: neither its owner, of today or before, nor who handed in a remedy."""
    finding = locked(finding_id, by)
    by.check(Act.FINDING_VERIFY)
    if finding.state != rules.REMEDIED:
        _moved(finding, rules.VERIFIED)
    by.check(Act.FINDING_VERIFY, finding)
    if by.person is None or by.person.pk in taking_part(finding):
        raise Refused(_("Neither the owner of a finding nor whoever handed in its remedy can verify it."), code="NOT_INDEPENDENT")
    return finding


def taking_part(finding: Finding) -> set[int]:
    """Ids of the people who own the finding, owned it once or handed in a remedy: none of them verifies it."""
    owners = Finding.pgh_event_model.objects.filter(pgh_obj_id=finding.pk).values_list("owner_id", flat=True)  # type: ignore[attr-defined]
    remedies = FindingNote.objects.filter(finding=finding, kind=FindingNote.Kind.REMEDY).values_list("by_id", flat=True)
    return {finding.owner_id, *owners, *remedies}


@transaction.atomic
def verify_remedy(*, finding_id: int, by: Access, text: str = "") -> Finding:
    """See that the finding was put right. What it blocked is free with this transaction, unless another finding blocks it too.

    text: what was seen; needed where the finding blocks the borrower.
    Raises Finding.DoesNotExist, Refused unless a risk officer who took no part, or without the words, Conflict unless a remedy waits.
    """
    finding = _to_verify(finding_id, by)
    if finding.blocks and not text.strip():
        raise Refused(_("This finding blocks the borrower: say what you saw before you free it."), code="REASON_MISSING")
    _moved(finding, rules.VERIFIED)
    FindingNote.objects.create(finding=finding, kind=FindingNote.Kind.VERIFIED, text=text.strip(), on=by.on, by=author(by))
    finding.verified_by, finding.verified_on = by.person, by.on
    finding.save(update_fields=["state", "verified_by", "verified_on"])
    record("finding.verified", by=by, subject=finding, number=finding.number)
    return finding


@transaction.atomic
def return_remedy(*, finding_id: int, by: Access, reason: str) -> Finding:
    """Send the remedy back with what is still missing; the holds stay. Raises as `verify_remedy`, Refused without a reason."""
    finding = _to_verify(finding_id, by)
    if not reason.strip():
        raise Refused(_("Say what is still missing."), code="REASON_MISSING")
    _moved(finding, rules.RETURNED)
    finding.save(update_fields=["state"])
    FindingNote.objects.create(finding=finding, kind=FindingNote.Kind.RETURNED, text=reason.strip(), on=by.on, by=author(by))
    record("finding.returned", by=by, subject=finding, number=finding.number, reason=reason.strip())
    return finding


@transaction.atomic
def give_to(*, finding_id: int, by: Access, owner: Person, reason: str) -> Finding:
    """Give the finding to another owner, with the reason. Who owned it once can't verify it for that.

    Raises Finding.DoesNotExist, Refused without the right, the reason or a fitting owner, Conflict once a remedy waits or it is verified.
    """
    finding = locked(finding_id, by)
    by.check(Act.FINDING_RAISE)
    if finding.state not in rules.TO_DO:
        raise Conflict(_("Finding %(number)s is not with its owner now. Nothing was changed.") % {"number": finding.number}, code="FINDING_STATE")
    if not reason.strip():
        raise Refused(_("Say why somebody else is to put it right."), code="REASON_MISSING")
    if owner.pk == finding.owner_id or not may_own(owner, finding.branch, by.on):
        raise Refused(_("A finding is owned by an account manager or branch head who works for its branch today."), code="NOT_AN_OWNER")
    before = finding.owner
    finding.owner = owner
    finding.save(update_fields=["owner"])
    said = _("%(before)s → %(after)s: %(reason)s") % {"before": before, "after": owner, "reason": reason.strip()}
    FindingNote.objects.create(finding=finding, kind=FindingNote.Kind.OWNER, text=said, on=by.on, by=author(by))
    record("finding.given", by=by, subject=finding, number=finding.number, before=before.staff_no, to=owner.staff_no, reason=reason.strip())
    return finding
