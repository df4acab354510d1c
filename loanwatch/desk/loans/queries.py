"""Loans as a list, one loan from all sides, borrowers, and the search over all of them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _

from alerts.classification.models import ClassProposal
from alerts.observation.models import LoanDay
from alerts.signals.models import Alert, Level
from borrowers.collateral.models import Pledge, Valuation
from borrowers.loans.models import Custody, Guarantee, Instalment, Loan, LoanEvent, Repayment
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access

FOUND = 20  # hits of each kind that the search shows
REPAYMENTS = 60


def observations(access: Access, lender: Lender) -> QuerySet[LoanDay]:
    """Observations of the loans this person may see, with what a row of a list shows."""
    rows = LoanDay.objects.visible_to(access).filter(lender=lender).annotate(overdue=F("overdue_principal") + F("overdue_interest"))
    return rows.select_related("loan__borrower", "branch", "product", "manager")


def totals(rows: QuerySet[LoanDay]) -> list[dict[str, Any]]:
    """Loans and outstanding of a list, by currency. One query."""
    found: Any = rows.order_by().values("currency").annotate(loans=Count("loan_id"), outstanding=Sum("outstanding")).order_by("currency")
    return list(found)


def choices(access: Access, lender: Lender, as_of: date) -> dict[str, list[tuple[str, str]]]:
    """What the pills of the list offer: branches, products and managers of the loans in sight. One query."""
    rows = LoanDay.objects.visible_to(access).filter(lender=lender, as_of=as_of).order_by()
    found = rows.values_list(
        "branch__code", "branch__name", "product_code", "product__name", "manager__staff_no", "manager__name"
    ).distinct()
    branches, products, managers = {}, {}, {}
    for branch, branch_name, product, product_name, manager, manager_name in found:
        branches[branch] = branch_name
        products[product] = product_name
        if manager:
            managers[manager] = manager_name
    return {"branch": _sorted(branches), "product": _sorted(products), "manager": _sorted(managers)}


def _sorted(found: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(found.items(), key=lambda pair: (pair[1] or "", pair[0]))


# --- one loan --------------------------------------------------------------------------------------------------------------


def history(loan: Loan, days: Sequence[date]) -> list[LoanDay]:
    """The loan at some closes, oldest first; naming the days lets PostgreSQL open only their partitions. One query."""
    return list(LoanDay.objects.filter(lender_id=loan.lender_id, loan=loan, as_of__in=list(days)).order_by("as_of"))


def schedule(loan: Loan) -> list[Instalment]:
    """The repayment plan in force: the highest version. One query."""
    version = Instalment.objects.filter(loan=loan).order_by("-version").values("version")[:1]
    return list(Instalment.objects.filter(loan=loan, version=Subquery(version)).order_by("seq"))


def repayments(loan: Loan) -> list[Repayment]:
    """The last repayments, the latest first. One query."""
    return list(Repayment.objects.filter(loan=loan).order_by("-seq")[:REPAYMENTS])


def paid_minor(loan: Loan) -> int:
    """All that was paid on the loan, in hundredths. One query."""
    return Repayment.objects.filter(loan=loan).order_by("-seq").values_list("cum_paid_minor", flat=True).first() or 0


def settle(instalments: list[Instalment], paid: int, as_of: date) -> list[dict[str, Any]]:
    """Each demand with what of it is paid, in the order of the plan: the oldest is served first, fee and interest before principal.

    `state` is paid, part, late or due on `as_of`; amounts are Decimal with two places.
    """
    lines = []
    for i in instalments:
        amount = int((i.principal + i.interest + i.fee) * 100)
        unpaid = min(amount, max(0, i.cum_due_minor - paid))
        principal_unpaid = min(unpaid, int(i.principal * 100))
        late = i.due_on < as_of and unpaid > 0
        state = "paid" if unpaid == 0 else "late" if late else "part" if unpaid < amount else "due"
        lines.append({"instalment": i, "amount": Decimal(amount) / 100, "unpaid": Decimal(unpaid) / 100,
                      "principal_unpaid": Decimal(principal_unpaid) / 100, "state": state})  # fmt: skip
    return lines


def events(loan: Loan, on: date) -> list[LoanEvent]:
    """What happened to the loan, as known on `on`, the latest first. One query."""
    return list(LoanEvent.objects.known_on(on).filter(loan=loan).select_related("other_loan").order_by("-valid_from", "-id"))


def custody(loan: Loan) -> list[Custody]:
    """Who answered for the loan, the present ones first. One query."""
    return list(Custody.objects.filter(loan=loan).select_related("person").order_by(F("to_on").desc(nulls_first=True), "-from_on"))


def alerts(loan: Loan, access: Access) -> list[Alert]:
    """Alerts on the loan this person may see, open ones first, the worst first. One query."""
    found = Alert.objects.visible_to(access).filter(loan=loan).select_related("rule", "handler", "submitted_by", "closed_by")
    return sorted(found, key=lambda a: (a.state == Alert.State.CLOSED, -a.level, a.opened_on))


def proposals(loan: Loan) -> list[ClassProposal]:
    return list(ClassProposal.objects.filter(loan=loan).select_related("decided_by").order_by("-as_of"))


def collateral(loan: Loan, on: date) -> list[dict[str, Any]]:
    """Pledged items with their valuations as known on `on`, the latest first. Two queries."""
    pledges = list(Pledge.objects.known_on(on).filter(loan=loan).select_related("item__owner").order_by("rank", "id"))
    values: dict[int, list[Valuation]] = {}
    for valuation in Valuation.objects.known_on(on).filter(item__in=[p.item_id for p in pledges]).order_by("-valid_from", "-id"):
        values.setdefault(valuation.item_id, []).append(valuation)
    return [
        {"pledge": p, "item": p.item, "values": values.get(p.item_id, []), "latest": next(iter(values.get(p.item_id, [])), None)}
        for p in pledges
    ]


def guarantees(loan: Loan, on: date) -> list[Guarantee]:
    """Guarantees for the loan as known on `on`. One query."""
    return list(Guarantee.objects.known_on(on).filter(loan=loan).select_related("guarantor").order_by("-valid_from"))


# --- borrowers ---------------------------------------------------------------------------------------------------------------


def borrowers(access: Access, lender: Lender, as_of: date, q: str = "") -> QuerySet[LoanDay, Any]:
    """Borrowers with loans on the book in sight, the worst first: borrower_id, currency, loans, amount, worst (days past due)."""
    rows = LoanDay.objects.visible_to(access).filter(lender=lender, as_of=as_of)
    if q:
        rows = rows.filter(
            borrower_id__in=Borrower.objects.filter(lender=lender).filter(Q(number__icontains=q) | Q(name__icontains=q)).values("pk")
        )
    lines = rows.order_by().values("borrower_id", "currency")
    return lines.annotate(loans=Count("loan_id"), amount=Sum("outstanding"), worst=Max("days_past_due")).order_by(
        F("worst").desc(nulls_last=True), "-amount", "borrower_id"
    )


def with_borrowers(lines: list[dict[str, Any]], access: Access) -> list[dict[str, Any]]:
    """The lines of one page of `borrowers`, each with its `borrower` and `alerts` (open ones in sight). Two queries."""
    keys = [line["borrower_id"] for line in lines]
    known = Borrower.objects.in_bulk(keys)
    alerts_ = Alert.objects.visible_to(access).open().filter(borrower__in=keys).order_by().values_list("borrower").annotate(n=Count("pk"))
    counted = dict(alerts_)
    return [{**line, "borrower": known[line["borrower_id"]], "alerts": counted.get(line["borrower_id"], 0)} for line in lines]


def loans_of(borrower: Borrower, access: Access, as_of: date | None) -> list[dict[str, Any]]:
    """The borrower's loans in sight, each with its observation at `as_of` or None. Two queries."""
    loans = list(Loan.objects.visible_to(access).filter(borrower=borrower).select_related("product", "branch").order_by("-disbursed_on"))
    found = LoanDay.objects.filter(lender_id=borrower.lender_id, as_of=as_of, loan_id__in=[loan.pk for loan in loans]) if as_of else []
    seen = {day.loan_id: day for day in found}
    return [{"loan": loan, "day": seen.get(loan.pk)} for loan in loans]


def guarantees_given(borrower: Borrower, access: Access) -> list[Guarantee]:
    """Loans in sight that the borrower answers for, as known on the reader's day."""
    seen = Loan.objects.visible_to(access).order_by()
    return list(Guarantee.objects.known_on(access.on).filter(guarantor=borrower, loan__in=seen).select_related("loan__borrower").order_by("-valid_from"))


# --- search ------------------------------------------------------------------------------------------------------------------


def search(access: Access, q: str) -> dict[str, list[Any]]:
    """Loans, borrowers and alerts in sight whose number or name holds `q`; at most 20 of each. Three queries, none for an empty `q`."""
    if not q:
        return {"loans": [], "borrowers": [], "alerts": []}
    named = Q(borrower__name__icontains=q) | Q(borrower__number__icontains=q)
    alerts_ = Alert.objects.visible_to(access).filter(Q(number__icontains=q) | Q(loan__number__icontains=q))
    return {
        "loans": list(
            Loan.objects.visible_to(access).filter(Q(number__icontains=q) | named).select_related("borrower", "branch", "product")[:FOUND]
        ),
        "borrowers": list(Borrower.objects.visible_to(access).filter(Q(name__icontains=q) | Q(number__icontains=q))[:FOUND]),
        "alerts": list(alerts_.select_related("rule", "borrower", "branch").order_by("-opened_on", "-id")[:FOUND]),
    }


def level_tone(level: int) -> str:
    return {Level.RED: "red", Level.ORANGE: "orange", Level.YELLOW: "yellow"}[Level(level)]


def bucket_label(bucket: str) -> str:
    """The name of an overdue bucket in the reader's language."""
    words = {"current": _("Current"), "90+": _("90+"), "unknown": _("Unknown"), "off_book": _("Off book")}
    return words.get(bucket, bucket.replace("-", "–"))
