"""Findings for lists and pages, who may own one, and what it repeats."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from borrowers.loans.models import Custody, Loan
from borrowers.parties.models import Borrower
from inspections.findings.models import Finding
from loanwatch.lenders.defaults import SHIPPED
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import parameter, working_day_after
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, BranchReach, Person, Role, RoleHeld

_SHIPPED = {key: value for key, value, _source, _confidence in SHIPPED}


def setting(lender: Lender, key: str, on: date) -> Any:
    """The value of a parameter in force on `on`; a lender set up before the parameter was shipped has the shipped value."""
    try:
        return parameter(lender, key, on)
    except KeyError:
        return _SHIPPED[key]


def branch_of(borrower: Borrower, access: Access) -> Branch:
    """The branch that answers for a borrower as a whole: that of the first of its loans that this person sees."""
    return Loan.objects.visible_to(access).filter(borrower=borrower).select_related("branch").order_by("pk")[0].branch


def owner_of(borrower: Borrower, loan: Loan | None, on: date) -> Person | None:
    """The account manager responsible on `on` for the loan, else for the first of the borrower's loans that has one."""
    held = Custody.objects.held_on(on).filter(capacity="lead")
    held = held.filter(loan=loan) if loan else held.filter(loan__borrower=borrower)
    first = held.select_related("person").order_by("loan_id").first()
    return first.person if first else None


def owners_in(branch: Branch, on: date) -> QuerySet[Person]:
    """Who can own a finding of this branch: its account managers and the branch heads above it, who work here on `on`."""
    now = Q(from_on__lte=on) & (Q(to_on__isnull=True) | Q(to_on__gt=on))
    above = BranchReach.objects.filter(now, descendant=branch).values("ancestor_id")
    held = RoleHeld.objects.filter(now, role__in=[Role.ACCOUNT_MANAGER, Role.BRANCH_HEAD], branch_id__in=above)
    return Person.objects.filter(pk__in=held.values("person_id")).filter(Q(left_on__isnull=True) | Q(left_on__gt=on))


def may_own(person: Person, branch: Branch, on: date) -> bool:
    return owners_in(branch, on).filter(pk=person.pk).exists()


def due_by_severity(lender: Lender, severity: int, on: date) -> date:
    """The due date that a finding gets when nobody names one: working days of `findings.due_days` after `on`."""
    days = setting(lender, "findings.due_days", on)
    return working_day_after(lender, on, int(days[Finding.Severity(severity).name.lower()]))


def verified_before(borrower: Borrower, loan: Loan | None, points: Sequence[str], on: date) -> Finding | None:
    """The newest finding on the same loan (or on the borrower as a whole) with one of these points, verified not long before `on`."""
    if not points:
        return None
    since = on - timedelta(days=int(setting(borrower.lender, "findings.repeated_days", on)))
    found = Finding.objects.filter(borrower=borrower, loan=loan, state=Finding.State.VERIFIED, verified_on__gte=since)
    same = Q()
    for point in points:
        same |= Q(points__contains=[point])
    return found.filter(same).order_by("-verified_on", "-pk").first()


def with_names(findings: QuerySet[Finding]) -> QuerySet[Finding]:
    return findings.select_related("borrower", "loan", "branch", "owner", "raised_by", "submitted_by", "verified_by", "repeats")


def counts_for(access: Access) -> dict[str, int]:
    """How many findings this person sees: open, overdue, waiting to be verified, own."""
    late = Q(state__in=["open", "returned"], due_on__lt=access.on)
    own = Q(state__in=["open", "returned"], owner=access.person) if access.person else Q(pk__in=[])
    return Finding.objects.visible_to(access).order_by().aggregate(
        open=Count("pk", filter=~Q(state="verified")), late=Count("pk", filter=late), waiting=Count("pk", filter=Q(state="remedied")),
        own=Count("pk", filter=own), blocking=Count("pk", filter=~Q(state="verified") & ~Q(blocks=[])),
    )  # fmt: skip
