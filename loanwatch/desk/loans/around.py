"""What stands around a borrower and a loan: parties, groups, statements, facilities, accounts, outside signals, use of funds, covenants.

Everything is shown as it is known on the reader's business date.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from alerts.observation.models import LoanDay
from borrowers.collateral.models import Insurance, Pledge, Registration, Seizure
from borrowers.covenants.models import Covenant, CovenantTest, CovenantWaiver
from borrowers.funds.models import AccountTransaction, DepositAccount, DisbursementPayment
from borrowers.loans.models import CountingPause, Facility, Loan
from borrowers.parties.models import (
    Borrower,
    BorrowerIdentifier,
    ExternalSignal,
    FinancialStatement,
    GroupMembership,
    KeyCustomerTier,
    RelatedParty,
)
from loanwatch.people.access import Access

SHOWN_OF_A_NUMBER = 4
STATEMENTS = 5
TRANSACTIONS = 50
LONGEST_ID = 19  # digits; as many as the database's keys have
FIGURES = (
    "revenue", "ebitda", "interest_expense", "net_profit", "operating_cash_flow", "total_assets", "current_assets", "cash", "receivables",
    "inventory", "total_liabilities", "current_liabilities", "borrowings", "equity",
)  # fmt: skip


def masked(number: str) -> str:
    """A number of the class *secret* as pages show it: its last four signs, the others as dots."""
    return "•" * max(0, len(number) - SHOWN_OF_A_NUMBER) + number[-SHOWN_OF_A_NUMBER:]


# --- a borrower --------------------------------------------------------------------------------------------------------------


def identifiers(borrower: Borrower, on: date) -> list[dict[str, Any]]:
    """The numbers by which registers know the borrower, masked. One query."""
    rows = BorrowerIdentifier.objects.in_force(on).filter(borrower=borrower).order_by("kind", "valid_from")
    return [{"kind": row.get_kind_display(), "number": masked(row.value), "since": row.valid_from, "until": row.to_on} for row in rows]


def related(borrower: Borrower, on: date) -> list[RelatedParty]:
    """Those who stand behind or beside the borrower now, the largest share first. One query."""
    rows = RelatedParty.objects.in_force(on).filter(borrower=borrower).select_related("party")
    return sorted(rows, key=lambda row: (row.kind, -(row.share or 0), row.name))


def related_to(borrower: Borrower, on: date, access: Access) -> list[RelatedParty]:
    """Borrowers in sight beside whom this one stands. One query."""
    seen = Borrower.objects.visible_to(access)
    return list(
        RelatedParty.objects.in_force(on).filter(party=borrower, borrower__in=seen).select_related("borrower").order_by("kind", "name")
    )


def tiers(borrower: Borrower, on: date) -> list[KeyCustomerTier]:
    """Every key-customer tier as known now, the newest first. One query."""
    return list(KeyCustomerTier.objects.known_on(on).filter(borrower=borrower).order_by("-valid_from"))


def groups(borrower: Borrower, on: date, access: Access, as_of: date | None) -> list[dict[str, Any]]:
    """The groups of the borrower: members in sight with what they owe at the close of `as_of`, by currency. Two queries a group."""
    found = []
    for membership in GroupMembership.objects.in_force(on).filter(borrower=borrower).select_related("group"):
        members = list(
            GroupMembership.objects.in_force(on)
            .filter(group=membership.group, borrower__in=Borrower.objects.visible_to(access))
            .select_related("borrower")
            .order_by("borrower__number")
        )
        owed = LoanDay.objects.visible_to(access).filter(
            lender_id=borrower.lender_id, as_of=as_of, borrower_id__in=[m.borrower_id for m in members]
        ) if as_of else LoanDay.objects.none()  # fmt: skip
        lines: list[Any] = list(owed.order_by().values("borrower_id", "currency").annotate(amount=Sum("outstanding"), loans=Count("loan_id")))
        found.append(
            {"membership": membership, "group": membership.group, "members": _with_debt(members, lines), "totals": _by_currency(lines)}
        )
    return found


def _with_debt(members: list[GroupMembership], lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_borrower: dict[int, list[dict[str, Any]]] = {}
    for line in lines:
        by_borrower.setdefault(line["borrower_id"], []).append(line)
    return [{"borrower": m.borrower, "lines": by_borrower.get(m.borrower_id, [])} for m in members]


def _by_currency(lines: list[dict[str, Any]]) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for line in lines:
        totals[line["currency"]] = totals.get(line["currency"], Decimal(0)) + (line["amount"] or 0)
    return totals


@dataclass(frozen=True)
class Ratios:
    """Of one statement: shares as fractions, cover as a multiple; None where a figure is missing or the divisor is zero."""

    debt_to_assets: Decimal | None
    current: Decimal | None
    interest_cover: Decimal | None
    net_margin: Decimal | None


def ratios(statement: FinancialStatement) -> Ratios:
    return Ratios(
        debt_to_assets=_share(statement.total_liabilities, statement.total_assets),
        current=_share(statement.current_assets, statement.current_liabilities),
        interest_cover=_share(statement.ebitda, statement.interest_expense),
        net_margin=_share(statement.net_profit, statement.revenue),
    )


def _share(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return None if part is None or not whole else part / whole


def statements(borrower: Borrower, on: date) -> dict[str, Any]:
    """The last statements side by side, the newest first: `columns` with ratios, `lines` of figures that at least one names. One query."""
    rows = list(FinancialStatement.objects.known_on(on).filter(borrower=borrower).order_by("-valid_from", "-audited")[:STATEMENTS])
    labels = {field.name: field.verbose_name for field in FinancialStatement._meta.concrete_fields}
    lines = [
        {"name": labels[name], "values": [getattr(row, name) for row in rows]}
        for name in FIGURES
        if any(getattr(row, name) is not None for row in rows)
    ]
    return {"columns": [{"row": row, "ratios": ratios(row)} for row in rows], "lines": lines}


def facilities(borrower: Borrower, access: Access, as_of: date | None) -> list[dict[str, Any]]:
    """Facilities with what is drawn under them by loans in sight at the close of `as_of`. Two queries."""
    rows = list(Facility.objects.filter(borrower=borrower).order_by("number"))
    drawn = dict(
        LoanDay.objects.visible_to(access)
        .filter(lender_id=borrower.lender_id, as_of=as_of, loan__facility__in=rows)
        .order_by()
        .values_list("loan__facility")
        .annotate(Sum("outstanding"))
    ) if as_of and rows else {}  # fmt: skip
    return [
        {"facility": row, "drawn": drawn.get(row.pk, Decimal(0)), "used": _share(drawn.get(row.pk, Decimal(0)), row.limit)} for row in rows
    ]


def accounts(borrower: Borrower) -> list[dict[str, Any]]:
    """The borrower's accounts, numbers masked. One query."""
    return [{"account": row, "number": masked(row.number)} for row in DepositAccount.objects.filter(borrower=borrower).order_by("number")]


def transactions(borrower: Borrower, on: date, account: str = "", way: str = "") -> QuerySet[AccountTransaction]:
    """Bookings on the borrower's accounts, the newest first; of one account, and only money `in` or `out`, where asked."""
    rows: Any = AccountTransaction.objects.known_on(on).filter(account__borrower=borrower).select_related("account")
    if account.isascii() and account.isdigit() and len(account) < LONGEST_ID:
        rows = rows.filter(account_id=int(account))
    if way in {"in", "out"}:
        rows = rows.filter(amount__gt=0) if way == "in" else rows.filter(amount__lt=0)
    return rows.order_by("-valid_from", "-id")


def outside_signals(borrower: Borrower, on: date) -> list[ExternalSignal]:
    """What others know of the borrower, the newest first. One query."""
    return list(ExternalSignal.objects.known_on(on).filter(borrower=borrower).order_by("-valid_from", "-id"))


# --- a loan --------------------------------------------------------------------------------------------------------------------


def use_of_funds(loan: Loan, on: date) -> dict[str, Any]:
    """Where the money of the loan went: payments, how much is shown, how much was paid by the lender itself. One query."""
    rows = list(DisbursementPayment.objects.known_on(on).filter(loan=loan).order_by("valid_from", "id"))
    paid = sum((row.amount for row in rows), Decimal(0))
    entrusted = sum((row.amount for row in rows if row.mode == DisbursementPayment.Mode.ENTRUSTED), Decimal(0))
    proved = sum((row.amount for row in rows if row.proof), Decimal(0))
    return {
        "payments": [{"row": row, "account": masked(row.payee_account)} for row in rows],
        "paid": paid,
        "entrusted": entrusted,
        "proved": proved,
        "paid_share": _share(paid, loan.principal),
        "entrusted_share": _share(entrusted, paid),
        "proved_share": _share(proved, paid),
    }


def covenants(loan: Loan, on: date) -> list[dict[str, Any]]:
    """Covenants of the loan and of its facility, each with its tests (newest first) and the waiver in force. Three queries."""
    of_loan = Q(loan=loan) | Q(facility=loan.facility_id) if loan.facility_id else Q(loan=loan)
    rows = list(Covenant.objects.filter(of_loan).order_by("number"))
    tests: dict[int, list[CovenantTest]] = {}
    for test in CovenantTest.objects.known_on(on).filter(covenant__in=rows).order_by("-valid_from"):
        tests.setdefault(test.covenant_id, []).append(test)
    waived = {w.covenant_id: w for w in CovenantWaiver.objects.in_force(on).filter(covenant__in=rows)}
    return [
        {"covenant": c, "tests": tests.get(c.pk, []), "last": next(iter(tests.get(c.pk, [])), None), "waiver": waived.get(c.pk)}
        for c in rows
    ]


def pauses(loan: Loan, on: date) -> list[CountingPause]:
    """Times during which days past due do not count. One query."""
    return list(CountingPause.objects.known_on(on).filter(loan=loan).order_by("-valid_from"))


def safeguards(items: list[int], on: date) -> dict[str, list[Any]]:
    """Insurance, registrations and seizures of collateral items (keys), as known now. Three queries, none without items."""
    if not items:
        return {"insurances": [], "registrations": [], "seizures": []}
    return {
        "insurances": list(Insurance.objects.known_on(on).filter(item__in=items).select_related("item").order_by("item", "-valid_from")),
        "registrations": list(Registration.objects.known_on(on).filter(item__in=items).select_related("item").order_by("item", "rank")),
        "seizures": list(Seizure.objects.known_on(on).filter(item__in=items).select_related("item").order_by("item", "-valid_from")),
    }


def shared_items(items: list[int], loan: Loan, on: date, access: Access) -> dict[int, list[Any]]:
    """Other loans in sight that the same items secure, by item. One query, none without items."""
    found: dict[int, list[Any]] = {}
    if items:
        rows = Pledge.objects.in_force(on).filter(item__in=items, loan__in=Loan.objects.visible_to(access)).exclude(loan=loan)
        for pledge in rows.select_related("loan").order_by("rank"):
            found.setdefault(pledge.item_id, []).append(pledge)
    return found
