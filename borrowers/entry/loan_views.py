"""Pages on which loans and what happens to them are entered, with the schedule before anything is kept."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from borrowers.entry import actions, plans, queries
from borrowers.entry.loan_forms import AROUND, ChangeForm, EndForm, LoanForm
from borrowers.entry.steps import Summary, backdated, day_of, facts_of, lender_of, two_steps
from borrowers.loans.models import Loan, LoanEvent, Repayment
from loanwatch.lenders.queries import product_terms

CHANGES = (LoanEvent.Kind.EXTENSION, LoanEvent.Kind.RESTRUCTURE, LoanEvent.Kind.RATE_CHANGE)
ENDS = (LoanEvent.Kind.SETTLED, LoanEvent.Kind.WRITE_OFF, LoanEvent.Kind.TRANSFER)


def loan_of(request: HttpRequest, number: str) -> Loan:
    """A loan one may enter for; 404 for any other."""
    rows = queries.loans_for(request.access).select_related("borrower", "product__lender", "branch", "lender", "facility")
    return get_object_or_404(rows, number=number)


# A new loan ----------------------------------------------------------------------------------------------------------------------


def _loan_form(request: HttpRequest) -> LoanForm:
    lender, day = lender_of(request), day_of(request)
    initial = {
        "number": queries.next_number(Loan, lender), "currency": lender.currency, "disbursed_on": day, "every_months": "1",
        "borrower_number": request.GET.get("borrower", "")[:40],
    }  # fmt: skip
    return LoanForm(request.POST if request.method == "POST" else None, lender=lender, access=request.access, day=day, initial=initial)


def _new_table(form: LoanForm) -> plans.Table | None:
    """The schedule of what is filled in so far, None while something is missing."""
    if not form.is_bound or (form.is_valid() and not form.plan) or not getattr(form, "plan", None):
        return None
    said = form.cleaned_data
    return plans.table(form.plan, said.get("currency") or form.lender.currency, said["product"], form.day)


def loan_new(request: HttpRequest) -> HttpResponse:
    """Enter a loan: form, schedule, confirmation."""
    form, lender = _loan_form(request), lender_of(request)

    def show(status: int) -> HttpResponse:
        context = {"form": form, "table": _new_table(form), "day": form.day}
        return render(request, "borrowers/entry/loan_new.html", context, status=status)

    def summary() -> Summary:
        said = form.cleaned_data
        names = [n for _head, section in form.sections for n in section if n != "rows"]
        return Summary(
            _("Enter this loan?"), _("Enter the loan"), facts_of(form, names), backdated(lender, said["disbursed_on"]), _new_table(form), said["currency"]
        )

    def write() -> HttpResponse:
        said = form.cleaned_data
        way = {**said, "day_count": said["day_count"] or product_terms(said["product"], said["disbursed_on"]).day_count}
        lead = said["lead"].staff_no if said["lead"] else ""
        loan = actions.enter_loan(by=request.access, lender=lender, row=form.told(), plan=form.plan, way=way, lead=lead)
        messages.success(request, _("Loan %(number)s is entered. It is watched from the next close on.") % {"number": loan.number})
        return redirect("entry:loan", number=loan.number)

    return two_steps(request, valid=form.is_valid, show=show, summary=summary, write=write, form=form)


def loan_preview(request: HttpRequest) -> HttpResponse:
    """The schedule of a form that is being filled in."""
    form = _loan_form(request)
    form.is_valid()
    return render(request, "borrowers/entry/_schedule.html", {"table": _new_table(form), "form": form})


# What happens to a loan ------------------------------------------------------------------------------------------------------------


def loan(request: HttpRequest, number: str) -> HttpResponse:
    """What may be entered for one loan, and the repayments with those that can be taken back."""
    found, day = loan_of(request, number), day_of(request)
    repayments = Repayment.objects.filter(loan=found).select_related("entered_by", "reverses", "reversed_by").order_by("-seq")[:100]
    plan = queries.as_demands(queries.plan_of(found))
    gone = queries.left_on(found, day)
    context = {
        "loan": found, "day": day, "repayments": repayments, "gone": gone, "standing": _standing(found, day),
        "table": plans.table(plan, found.currency, found.product, day) if plan else None,
        "changes": [(k.value, k.label) for k in CHANGES], "ends": [(k.value, k.label) for k in ENDS],
        "around": [(key, label) for key, (_form, _event, label) in AROUND.items()],
        "person": request.access.person, "open": not found.position_fed and gone is None,
    }  # fmt: skip
    return render(request, "borrowers/entry/loan.html", context)


def _standing(found: Loan, day: Any) -> dict[str, Any]:
    now = queries.standing(found, day)
    return {name: Decimal(getattr(now, name)) / 100 for name in ("outstanding", "overdue_principal", "overdue_interest")} | {"days": now.days_past_due}


def _change_form(request: HttpRequest, found: Loan, kind: str) -> ChangeForm:
    initial = {"valid_from": day_of(request), "rate": found.rate, "matures_on": found.matures_on, "every_months": "1", **plans.way_of(found)}
    return ChangeForm(request.POST if request.method == "POST" else None, loan=found, kind=kind, day=day_of(request), initial=initial)


def _changed_table(form: ChangeForm) -> plans.Table | None:
    if not form.is_bound or (form.is_valid() and not form.plan) or not getattr(form, "plan", None):
        return None
    return plans.table(form.plan, form.loan.currency, form.loan.product, form.day, form.kept)


def change(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """An extension, restructuring or change of rate, with the schedule that follows."""
    if kind not in CHANGES:
        raise Http404
    found = loan_of(request, number)
    actions.require_computed(found, day_of(request))
    form = _change_form(request, found, kind)

    def show(status: int) -> HttpResponse:
        context = {"form": form, "table": _changed_table(form), "loan": found, "kind": kind, "label": LoanEvent.Kind(kind).label, "day": form.day}
        return render(request, "borrowers/entry/change.html", context, status=status)

    def summary() -> Summary:
        title = _("Enter this for loan %(number)s?") % {"number": found.number}
        names = [n for n in form.fields if n not in {"rows", "follows"}]
        facts = [(_("What"), LoanEvent.Kind(kind).label, "text"), *facts_of(form, names)]
        return Summary(title, _("Enter it"), facts, backdated(found.lender, form.cleaned_data["valid_from"]), _changed_table(form), found.currency)

    def write() -> HttpResponse:
        actions.change_plan(by=request.access, loan=found, kind=kind, plan=form.plan, data=form.cleaned_data, follows=form.cleaned_data["follows"])
        messages.success(request, _("Entered. The schedule has a new version."))
        return redirect("entry:loan", number=found.number)

    return two_steps(request, valid=form.is_valid, show=show, summary=summary, write=write, form=form)


def change_preview(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """The schedule that a change would make."""
    if kind not in CHANGES:
        raise Http404
    form = _change_form(request, loan_of(request, number), kind)
    form.is_valid()
    return render(request, "borrowers/entry/_schedule.html", {"table": _changed_table(form), "form": form})


def end(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """Settled, written off or transferred."""
    if kind not in ENDS:
        raise Http404
    found, day = loan_of(request, number), day_of(request)
    actions.require_computed(found, day)
    form = EndForm(request.POST if request.method == "POST" else None, loan=found, kind=kind, day=day, initial={"valid_from": day})

    def show(status: int) -> HttpResponse:
        context = {"form": form, "loan": found, "label": LoanEvent.Kind(kind).label, "standing": _standing(found, day)}
        return render(request, "borrowers/entry/around.html", context, status=status)

    def summary() -> Summary:
        on = form.cleaned_data["valid_from"]
        owed = (_("Principal still owed on that day"), Decimal(queries.standing(found, on).outstanding) / 100, "money")
        facts = [(_("What"), LoanEvent.Kind(kind).label, "text"), *facts_of(form), owed]
        warnings = [_("The loan leaves the book and is watched no longer."), *backdated(found.lender, on)]
        return Summary(_("Enter this for loan %(number)s?") % {"number": found.number}, _("Enter it"), facts, warnings, currency=found.currency)

    def write() -> HttpResponse:
        said = form.cleaned_data
        actions.leave_book(by=request.access, loan=found, kind=kind, valid_from=said["valid_from"], note=said["note"], amount=said.get("amount"))
        messages.success(request, _("Entered. The loan has left the book."))
        return redirect("entry:loan", number=found.number)

    return two_steps(request, valid=form.is_valid, show=show, summary=summary, write=write, form=form)


def around(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """A payment of the loan money, collateral with its value, or a guarantee."""
    if kind not in AROUND:
        raise Http404
    make, event, label = AROUND[kind]
    found, day = loan_of(request, number), day_of(request)
    actions.require_computed(found, day)
    initial = {"valid_from": day, "valued_on": day, "currency": found.currency}
    form = make(request.POST if request.method == "POST" else None, loan=found, day=day, initial=initial)

    def show(status: int) -> HttpResponse:
        return render(request, "borrowers/entry/around.html", {"form": form, "loan": found, "label": label}, status=status)

    def summary() -> Summary:
        title = _("Enter this for loan %(number)s?") % {"number": found.number}
        currency = form.cleaned_data.get("currency") or found.currency
        warnings = backdated(found.lender, form.cleaned_data["valid_from"])
        return Summary(title, _("Enter it"), [(_("What"), label, "text"), *facts_of(form)], warnings, currency=currency)

    def write() -> HttpResponse:
        actions.enter_around(by=request.access, loan=found, event=event, facts=form.told())
        messages.success(request, _("Entered."))
        return redirect("entry:loan", number=found.number)

    return two_steps(request, valid=form.is_valid, show=show, summary=summary, write=write, form=form)
