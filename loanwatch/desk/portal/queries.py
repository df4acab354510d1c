"""What a borrower sees of own loans: in plain words, nothing of what the lender thinks of them."""

from datetime import date
from typing import Any

from borrowers.loans.models import Instalment, Loan, LoanEvent, Repayment
from loanwatch.desk.loans.queries import settle
from loanwatch.people.access import Access

ENDED = (LoanEvent.Kind.SETTLED, LoanEvent.Kind.WRITE_OFF, LoanEvent.Kind.TRANSFER)


def own_loans(access: Access, today: date) -> list[dict[str, Any]]:
    """The borrower's running loans with what is overdue, the next payment and the plan. Four queries, however many loans.

    Loans that the core system delivers as positions have no plan here: `lines` is empty and nothing is said about payments.
    """
    loans = list(Loan.objects.visible_to(access).select_related("product", "borrower").order_by("disbursed_on"))
    keys = [loan.pk for loan in loans]
    ended = set(LoanEvent.objects.filter(loan__in=keys, kind__in=ENDED, valid_from__lte=today).values_list("loan_id", flat=True))
    plans: dict[int, dict[int, list[Instalment]]] = {}
    for i in Instalment.objects.filter(loan__in=keys).order_by("loan_id", "version", "seq"):
        plans.setdefault(i.loan_id, {}).setdefault(i.version, []).append(i)
    paid = dict(
        Repayment.objects.filter(loan__in=keys).order_by("loan_id", "-seq").distinct("loan_id").values_list("loan_id", "cum_paid_minor")
    )
    return [_loan(loan, plans.get(loan.pk, {}), paid.get(loan.pk, 0), today, loan.pk in ended) for loan in loans]


def _loan(loan: Loan, versions: dict[int, list[Instalment]], paid: int, today: date, ended: bool) -> dict[str, Any]:
    lines = settle(versions[max(versions)], paid, today) if versions else []
    late = [line for line in lines if line["state"] == "late"]
    coming = [line for line in lines if line["state"] in {"due", "part"}]
    return {
        "loan": loan,
        "ended": ended,
        "lines": lines,
        "late": late,
        "late_amount": sum((line["unpaid"] for line in late), 0),
        "next": coming[0] if coming else None,
        "left": sum((line["principal_unpaid"] for line in lines), 0) if lines else None,
        "paid_count": sum(1 for line in lines if line["state"] == "paid"),
    }
