"""What the entry pages ask: the day an entry becomes known, which things a person may enter for, and where a loan stands."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Exists, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Cast, Substr

from borrowers.loans import rules, schedules
from borrowers.loans.counting import CountingBook, moves, with_moves
from borrowers.loans.models import Facility, Instalment, Loan, LoanEvent, Repayment
from borrowers.loans.replay import standing_of
from borrowers.parties.models import Borrower, BorrowerIdentifier
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, Person, Role, RoleHeld
from loanwatch.trail.models import BusinessDay
from loanwatch.trail.queries import CLOSED

OWN_NUMBER = "M-"  # what the numbers begin with that the pages propose
LEAVES_THE_BOOK = (LoanEvent.Kind.SETTLED, LoanEvent.Kind.WRITE_OFF, LoanEvent.Kind.TRANSFER)


# Days ------------------------------------------------------------------------------------------------------------------------


def days_changed(lender: Lender, since: date) -> QuerySet[BusinessDay]:
    """The closed days from `since` on, whose figures an entry changes 'as now known'."""
    return BusinessDay.objects.filter(lender=lender, state__in=CLOSED, business_date__gte=since)


# Whom and what one may enter for ------------------------------------------------------------------------------------------------


def borrowers_for(access: Access) -> QuerySet[Borrower]:
    """The borrowers this person may correct: those of visible loans, and those without a loan yet.

    Of the latter an account manager sees the ones entered by himself, credit administration all of the lender.
    """
    lender = access.person.lender_id if access.person else None
    newcomers: Any = Q(lender=lender) & ~Exists(Loan.objects.filter(borrower=OuterRef("pk")))
    if not access.has(Role.CREDIT_ADMIN):
        newcomers &= Q(entered_by=access.person)
    seen = Q(pk__in=Loan.objects.visible_to(access).order_by().values("borrower_id"))
    return Borrower.objects.filter(seen | newcomers)


def loans_for(access: Access) -> QuerySet[Loan]:
    """The loans of the branches in which this person enters what happens to them."""
    return Loan.objects.visible_to(access).filter(branch_id__in=access.subtree(Role.CREDIT_ADMIN))


def branches_for(access: Access) -> QuerySet[Branch]:
    """The open branches in which this person may enter loans."""
    return Branch.objects.filter(pk__in=access.subtree(Role.CREDIT_ADMIN), closed_on__isnull=True).order_by("code")


def managers_for(access: Access) -> QuerySet[Person]:
    """The account managers of those branches."""
    held = RoleHeld.objects.filter(role=Role.ACCOUNT_MANAGER, from_on__lte=access.on, branch_id__in=access.subtree(Role.CREDIT_ADMIN))
    held = held.filter(Q(to_on__isnull=True) | Q(to_on__gt=access.on))
    return Person.objects.filter(pk__in=held.values("person_id")).order_by("staff_no")


def entered_by(access: Access) -> dict[str, Any]:
    """The newest borrowers, loans and repayments that people entered, of those this person enters for."""
    by_people = {"entered_by__isnull": False}
    loans = loans_for(access).filter(**by_people).select_related("borrower", "entered_by").order_by("-pk")[:10]
    repayments = Repayment.objects.filter(loan__in=loans_for(access).order_by(), **by_people)
    return {
        "borrowers": borrowers_for(access).filter(**by_people).select_related("entered_by").order_by("-pk")[:10],
        "loans": loans if access.has(Role.CREDIT_ADMIN) else [],
        "repayments": repayments.select_related("loan__borrower", "entered_by").order_by("-pk")[:10],
    }


def next_number(model: type[Borrower] | type[Loan] | type[Facility], lender: Lender) -> str:
    """The number that the page proposes: one more than the highest of its own form."""
    own = model._default_manager.filter(lender=lender, number__regex=rf"^{OWN_NUMBER}\d{{1,12}}$")
    highest = own.aggregate(n=Max(Cast(Substr("number", len(OWN_NUMBER) + 1), BigIntegerField())))["n"]
    return f"{OWN_NUMBER}{(highest or 0) + 1:06d}"


def bearers(lender: Lender, kind: str, value: str, known_on: date) -> QuerySet[BorrowerIdentifier]:
    """Who bears this identifier already, as known on a day."""
    return BorrowerIdentifier.objects.known_on(known_on).filter(lender=lender, kind=kind, value=value).select_related("borrower")


def namesakes(lender: Lender, name: str) -> QuerySet[Borrower]:
    """Borrowers of exactly this name: perhaps the same one."""
    return Borrower.objects.filter(lender=lender, name__iexact=name.strip()).order_by("number")[:5]


# Where a loan stands ------------------------------------------------------------------------------------------------------------


def plan_of(loan: Loan) -> list[Instalment]:
    """The newest version of the schedule, in order."""
    return list(Instalment.objects.filter(loan=loan, version=newest_version(loan)).order_by("seq"))


def newest_version(loan: Loan) -> int:
    """The number of the newest version of the schedule; 0 where there is none."""
    newest: int | None = Instalment.objects.filter(loan=loan).aggregate(v=Max("version"))["v"]
    return newest or 0


def as_demands(plan: list[Instalment]) -> list[schedules.Demand]:
    """The same as values."""
    return [schedules.Demand(i.seq, i.due_on, i.principal, i.interest, i.fee) for i in plan]


def standing(loan: Loan, on: date) -> rules.Standing:
    """Where the loan stands at the close of `on` by all that is known now; nothing is owed once it has left the book."""
    return standing_of(loan, on, date.max) or rules.stand([], [], on, rules.Counting())


def left_on(loan: Loan, known_on: date) -> LoanEvent | None:
    """The event by which the loan has left the book, None while it is on it."""
    return LoanEvent.objects.known_on(known_on).filter(loan=loan, kind__in=LEAVES_THE_BOOK).order_by("valid_from").first()


def same_payment(loan: Loan, paid_on: date, amount: Decimal) -> bool:
    """Whether a payment of this amount on this day is there already and was not taken back."""
    return Repayment.objects.filter(loan=loan, paid_on=paid_on, amount=amount, reversed_by__isnull=True).exists()


def day_book(access: Access, paid_on: date) -> list[Any]:
    """What was paid on a day by currency over all loans one enters for: number of payments and their sum, reversals taken off."""
    found = Repayment.objects.filter(loan__in=loans_for(access).order_by(), paid_on=paid_on, reversed_by__isnull=True, reverses__isnull=True)
    return list(found.values("loan__currency").annotate(total=Sum("amount")).order_by("loan__currency"))


# Holidays -----------------------------------------------------------------------------------------------------------------------


def counts_from(product: Product, due_dates: list[date], on: date) -> dict[date, date]:
    """Due date → the day it counts from by the product's terms, for those that fall on a holiday and count from another day."""
    if not due_dates:
        return {}
    counting = CountingBook(product.lender).of(product.pk, on)
    return dict(with_moves(product.lender, counting, due_dates).moves)


def holiday_mover(lender: Lender) -> Callable[[date], date]:
    """How a contract moves its due dates: to the next business day, within the month (modified following)."""

    def move(day: date) -> date:
        return moves(lender, {day}, rules.MODIFIED_FOLLOWING).get(day, day)

    return move
