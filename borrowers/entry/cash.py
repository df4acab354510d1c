"""Entering repayments by hand, and taking one back by another person."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from borrowers.conduct.actions import note_act
from borrowers.doors import tell
from borrowers.entry.actions import require_computed
from borrowers.entry.queries import left_on
from borrowers.loans.models import Loan, LoanEvent, Repayment
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.queries import open_day
from loanwatch.trail.record import record


def fresh_reference() -> str:
    """A payment number for an entry without one: the form carries it, so that a form sent twice is written once."""
    return f"M-{secrets.token_hex(5).upper()}"


@dataclass(frozen=True)
class Paid:
    """Money that came in for a loan. `reference` is unique for the loan, so that an entry sent twice counts once."""

    loan: Loan
    paid_on: date
    amount: Decimal
    reference: str
    payer: str = ""


@transaction.atomic
def enter_repayments(*, by: Access, lender: Lender, payments: Sequence[Paid]) -> int:
    """Record repayments, all or none; returns how many. After a write-off they are recoveries and still allowed.

    Raises Conflict for a loan that the core system delivers or that was settled or transferred, and for a reference that
    is there already.
    """
    by.check(Act.REPAYMENT_ENTER)
    known_from = open_day(lender, by.on)
    for paid in payments:
        require_computed(paid.loan, known_from, unless=[LoanEvent.Kind.WRITE_OFF])
        _require_new(paid)
    rows = [
        {"loan_number": p.loan.number, "paid_on": p.paid_on, "amount": p.amount, "payer": p.payer, "reference": p.reference}
        for p in payments
    ]
    tell("repayment", lender, rows, known_from=known_from, entered_by=by.person)
    for p in payments:
        if by.person:
            note_act(
                "entry", lender=lender, person=by.person, on=by.on, subject=f"repayment:{p.loan.number}:{p.reference}"[:80], loan=p.loan,
                figure=(by.on - p.paid_on).days, fact="repayment",
            )  # fmt: skip
        record(
            "repayment.entered", by=by, subject=p.loan, number=p.loan.number, paid_on=p.paid_on.isoformat(), amount=str(p.amount),
            reference=p.reference, known_from=known_from.isoformat(),
        )  # fmt: skip
    return len(rows)


def _require_new(paid: Paid) -> None:
    Loan.objects.select_for_update(no_key=True).get(pk=paid.loan.pk)
    if Repayment.objects.filter(loan=paid.loan, reference=paid.reference).exists():
        raise Conflict(_("This repayment was entered already (%(reference)s).") % {"reference": paid.reference}, code="ENTERED_ALREADY")


@transaction.atomic
def reverse(*, by: Access, repayment: Repayment, reason: str) -> Repayment:
    """Take back a repayment that a person entered, by another person, with a reason that the trail keeps.

    The reversal is a flow of its own on the day that was paid, so that the repayment never counted as now known.

    Raises Refused for the one who entered it, Conflict when it came with a delivery or was taken back already, or when the
    loan was settled or transferred since.
    """
    by.check(Act.REPAYMENT_REVERSE, repayment)
    if repayment.entered_by_id is None:
        raise Conflict(_("This repayment came with a delivery; the core system must take it back."), code="DELIVERED")
    loan = Loan.objects.select_for_update(no_key=True).select_related(None).get(pk=repayment.loan_id)
    if repayment.reverses_id is not None:
        raise Conflict(_("This entry takes another repayment back; enter the repayment anew instead."), code="IS_REVERSAL")
    if Repayment.objects.filter(reverses=repayment).exists():
        raise Conflict(_("This repayment was taken back already."), code="REVERSED")
    known_from = open_day(loan.lender, by.on)
    if (gone := left_on(loan, known_from)) and gone.kind != LoanEvent.Kind.WRITE_OFF:
        raise Conflict(
            _("The loan has left the book on %(day)s (%(kind)s): it would owe this money again and be watched by nobody. Withdraw that event first.")
            % {"day": gone.valid_from, "kind": gone.get_kind_display()},
            code="LEFT_THE_BOOK",
        )
    row = {
        "loan_number": loan.number, "paid_on": repayment.paid_on, "amount": -repayment.amount, "payer": repayment.payer,
        "reference": fresh_reference(), "reverses_reference": repayment.reference,
    }  # fmt: skip
    tell("repayment", loan.lender, [row], known_from=known_from, entered_by=by.person)
    made = Repayment.objects.get(reverses=repayment)
    record(
        "repayment.reversed", by=by, subject=repayment.loan, number=repayment.loan.number, seq=repayment.seq, amount=str(repayment.amount),
        paid_on=repayment.paid_on.isoformat(), reason=reason, known_from=made.known_from.isoformat(),
    )  # fmt: skip
    return made
