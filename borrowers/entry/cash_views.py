"""Pages on which repayments are entered and taken back."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from borrowers.entry import actions, cash, queries
from borrowers.entry.cash_forms import DayForm, Lines, ReasonForm, RepaymentForm
from borrowers.entry.loan_views import loan_of
from borrowers.entry.steps import Summary, backdated, day_of, facts_of, lender_of, two_steps
from borrowers.loans.models import LoanEvent, Repayment
from loanwatch.people.policy import Act


def repayment(request: HttpRequest, number: str) -> HttpResponse:
    """One payment of one loan."""
    found, day, lender = loan_of(request, number), day_of(request), lender_of(request)
    actions.require_computed(found, day, unless=[LoanEvent.Kind.WRITE_OFF])
    form = RepaymentForm(
        request.POST if request.method == "POST" else None, loan=found, day=day, initial={"paid_on": day, "reference": cash.fresh_reference()}
    )

    def show(status: int) -> HttpResponse:
        return render(request, "borrowers/entry/around.html", {"form": form, "loan": found, "label": _("Repayment")}, status=status)

    def summary() -> Summary:
        said = form.cleaned_data
        warnings = _twice([(found, said["paid_on"], said["amount"])]) + backdated(lender, said["paid_on"])
        title = _("Enter this repayment of loan %(number)s?") % {"number": found.number}
        facts = [(_("Borrower"), found.borrower, "text"), *facts_of(form)]
        return Summary(title, _("Enter the repayment"), facts, warnings, currency=found.currency)

    def write() -> HttpResponse:
        cash.enter_repayments(by=request.access, lender=lender, payments=[form.told()])
        messages.success(request, _("The repayment is entered."))
        return redirect("entry:loan", number=found.number)

    return two_steps(request, valid=form.is_valid, show=show, summary=summary, write=write, form=form)


def _twice(payments: list[tuple[Any, date, Decimal]]) -> list[str]:
    """A sentence for each payment that looks like one that is there already."""
    sentence = _("A repayment of %(amount)s of loan %(number)s on the same day is there already. Is this another one?")
    return [sentence % {"amount": amount, "number": loan.number} for loan, on, amount in payments if queries.same_payment(loan, on, amount)]


def repayments(request: HttpRequest) -> HttpResponse:
    """The payments of a day, several loans at once, with the number and the sum of the cash book."""
    access, lender, day = request.access, lender_of(request), day_of(request)
    posted = request.POST if request.method == "POST" else None
    head = DayForm(posted, day=day, currency=lender.currency, initial={"paid_on": _asked(request) or day, "currency": lender.currency})
    lines: Any = Lines(posted, prefix="line", form_kwargs={"access": access, "day": day})
    lines.head = head

    def show(status: int) -> HttpResponse:
        on: date = head.cleaned_data["paid_on"] if head.is_bound and head.is_valid() else head.initial["paid_on"]
        context = {"head": head, "lines": lines, "day": day, "there": queries.day_book(access, on), "there_on": on}
        return render(request, "borrowers/entry/repayments.html", context, status=status)

    def told() -> list[cash.Paid]:
        return [line.told(head.cleaned_data["paid_on"]) for line in lines if line.filled]

    def summary() -> Summary:
        paid = told()
        warnings = _twice([(p.loan, p.paid_on, p.amount) for p in paid]) + backdated(lender, head.cleaned_data["paid_on"])
        title = ngettext("Enter %(n)s repayment?", "Enter %(n)s repayments?", len(paid)) % {"n": len(paid)}
        return Summary(title, _("Enter the repayments"), facts_of(head), warnings, currency=head.cleaned_data["currency"], listed=paid)

    def write() -> HttpResponse:
        n = cash.enter_repayments(by=access, lender=lender, payments=told())
        messages.success(request, ngettext("%(n)s repayment is entered.", "%(n)s repayments are entered.", n) % {"n": n})
        return redirect("entry:repayments")

    return two_steps(request, valid=lambda: all([head.is_valid(), lines.is_valid()]), show=show, summary=summary, write=write, form=head)


def _asked(request: HttpRequest) -> date | None:
    try:
        return parse_date(request.GET.get("paid_on", ""))
    except ValueError:
        return None


def reverse(request: HttpRequest, number: str, seq: int) -> HttpResponse:
    """Take one repayment back, with a reason; by another person than the one who entered it."""
    found = loan_of(request, number)
    paid = get_object_or_404(Repayment.objects.select_related("loan__lender", "entered_by"), loan=found, seq=seq)
    request.access.check(Act.REPAYMENT_REVERSE, paid)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        cash.reverse(by=request.access, repayment=paid, reason=form.cleaned_data["reason"])
        messages.success(request, _("The repayment is taken back. Days past due count again as if it had never come."))
        return redirect("entry:loan", number=found.number)
    context = {"form": form, "loan": found, "paid": paid, "warnings": backdated(found.lender, paid.paid_on)}
    return render(request, "borrowers/entry/reverse.html", context, status=422 if form.is_bound else 200)
