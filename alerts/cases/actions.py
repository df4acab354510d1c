"""What risk officers do with cases: note, make a cohort of them, join, split off, close. Each step is told to the audit trail."""

from collections.abc import Sequence
from datetime import date

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts.cases.models import Case, CaseEvent
from alerts.cases.queries import still_open
from alerts.cases.rules import MOST_MEMBERS, MOVES
from loanwatch.kernel.moves import may_move
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Person
from loanwatch.people.policy import Act
from loanwatch.trail.record import record


def _author(by: Access) -> Person:
    if by.person is None:
        raise Refused(_("Only a member of staff works on cases."), code="NO_PERSON")
    return by.person


def _locked(number: str, by: Access) -> Case:
    """The case, locked. Raises Case.DoesNotExist for one out of sight, Conflict for a closed one."""
    case = Case.objects.visible_to(by).select_for_update(of=("self",)).get(number=number)
    if case.state == Case.State.CLOSED:
        raise Conflict(_("Case %(number)s is closed. Nothing was changed.") % {"number": number}, code="CASE_CLOSED")
    return case


def _note(case: Case, kind: str, by: Access, text: str, other: Case | None = None) -> None:
    CaseEvent.objects.create(case=case, on=by.on, kind=kind, text=text, other=other, by=_author(by))


@transaction.atomic
def note_case(*, number: str, by: Access, text: str) -> Case:
    """Write something down on an open case. Raises Case.DoesNotExist, Refused, Conflict."""
    case = _locked(number, by)
    by.check(Act.CASE_KEEP, case)
    _note(case, "noted", by, text)
    record("case.noted", by=by, subject=case)
    return case


@transaction.atomic
def make_cohort(*, by: Access, cause: str, numbers: Sequence[str]) -> Case:
    """A cohort over the open cases `numbers` of several borrowers, which share one cause; it counts among the cases of the risk officer's branch.

    Raises Case.DoesNotExist, Refused, Conflict for fewer than two cases, too many, closed ones, or ones in a cohort already.
    """
    by.check(Act.CASE_KEEP)
    person, wanted = _author(by), list(dict.fromkeys(numbers))
    if not 2 <= len(wanted) <= MOST_MEMBERS:
        raise Conflict(_("A cohort has from two to %(most)d cases.") % {"most": MOST_MEMBERS}, code="COHORT_SIZE")
    first = _locked(sorted(wanted)[0], by)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('alerts_case_id_seq')")
        pk = cursor.fetchone()[0]
    cohort = Case.objects.create(
        pk=pk, lender=first.lender, number=_number(pk, by.on), cause=cause.strip(), branch=first.branch, opened_on=by.on, made_by=person
    )
    _note(cohort, "opened", by, cause.strip())
    record("cohort.made", by=by, subject=cohort, cause=cohort.cause, cases=len(wanted))
    for number in sorted(wanted):  # in one order, so that two officers can't wait for each other
        _join(cohort, number, by)
    return cohort


def _number(pk: int, on: date) -> str:
    return f"CS-{on:%y}-{pk:06d}"


def _join(cohort: Case, number: str, by: Access) -> Case:
    case = _locked(number, by)
    if case.borrower_id is None:
        raise Conflict(_("%(number)s is a cohort itself; only cases of borrowers are joined.") % {"number": number}, code="COHORT_IN_COHORT")
    if case.cohort_id is not None:
        raise Conflict(_("Case %(number)s belongs to a cohort already; split it off first.") % {"number": number}, code="CASE_IN_COHORT")
    if case.lender_id != cohort.lender_id:
        raise Conflict(_("Cases of two lenders are not joined."), code="OTHER_LENDER")
    case.cohort = cohort
    case.save(update_fields=["cohort"])
    _note(case, "joined", by, cohort.cause, other=cohort)
    record("case.joined", by=by, subject=case, cohort=cohort.number)
    return case


@transaction.atomic
def join(*, number: str, by: Access, cohort: str) -> Case:
    """Merge a borrower's open case into an open cohort. Raises Case.DoesNotExist, Refused, Conflict."""
    by.check(Act.CASE_KEEP)
    into = _locked(cohort, by)
    if into.borrower_id is not None:
        raise Conflict(_("%(number)s is the case of a borrower, not a cohort.") % {"number": cohort}, code="NO_COHORT")
    if into.members.count() >= MOST_MEMBERS:
        raise Conflict(_("A cohort has from two to %(most)d cases.") % {"most": MOST_MEMBERS}, code="COHORT_SIZE")
    return _join(into, number, by)


@transaction.atomic
def split(*, number: str, by: Access, text: str) -> Case:
    """Take a borrower's case out of its cohort, with the reason. Raises Case.DoesNotExist, Refused, Conflict when it is in none."""
    case = _locked(number, by)
    by.check(Act.CASE_KEEP, case)
    cohort = case.cohort
    if cohort is None:
        raise Conflict(_("Case %(number)s belongs to no cohort.") % {"number": number}, code="NOT_IN_COHORT")
    case.cohort = None
    case.save(update_fields=["cohort"])
    _note(case, "split", by, text, other=cohort)
    record("case.split", by=by, subject=case, cohort=cohort.number)
    return case


@transaction.atomic
def close_case(*, number: str, by: Access, text: str) -> Case:
    """Close a case in which nothing is open any more; of a cohort, when that is so of every member. Its members stay cases of their own.

    Raises Case.DoesNotExist, Refused, Conflict while an alert is open.
    """
    case = _locked(number, by)
    by.check(Act.CASE_KEEP, case)
    if not may_move(MOVES, case.state, Case.State.CLOSED.value):
        raise Conflict(_("Case %(number)s is closed. Nothing was changed.") % {"number": number}, code="CASE_CLOSED")
    if left := still_open(case):
        raise Conflict(
            ngettext("%(n)d alert of %(number)s is still open; it is closed first.", "%(n)d alerts of %(number)s are still open; they are closed first.", left)
            % {"n": left, "number": number},
            code="CASE_ALERTS_OPEN",
        )
    case.state, case.closed_on, case.closed_by = Case.State.CLOSED.value, by.on, _author(by)
    case.save(update_fields=["state", "closed_on", "closed_by"])
    _note(case, "closed", by, text)
    record("case.closed", by=by, subject=case)
    return case
