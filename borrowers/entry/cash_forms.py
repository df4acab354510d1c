"""What people type about money that came in: one payment, or the payments of a day with the sums of the cash book."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from borrowers.entry.cash import Paid, fresh_reference
from borrowers.entry.fields import AmountField, check_decimals, currencies, day_field
from borrowers.entry.forms import not_later
from borrowers.entry.queries import left_on, loans_for
from borrowers.loans.models import Loan, LoanEvent
from loanwatch.people.access import Access


class RepaymentForm(forms.Form):
    """One payment of one loan."""

    paid_on = day_field(gettext_lazy("Paid on"))
    amount = AmountField(label=gettext_lazy("Amount"))
    payer = forms.CharField(
        label=gettext_lazy("Paid by"), max_length=120, required=False, help_text=gettext_lazy("Left empty: the borrower.")
    )
    reference = forms.CharField(label=gettext_lazy("Payment number"), max_length=60, help_text=gettext_lazy("Of the receipt or the cash book."))

    def __init__(self, *args: Any, loan: Loan, day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.loan, self.day = loan, day

    def clean_paid_on(self) -> date:
        return not_later(self.cleaned_data["paid_on"], self.day)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        check_decimals(self, self.loan.currency, "amount")
        if data.get("paid_on") and data["paid_on"] < self.loan.disbursed_on:
            self.add_error("paid_on", _("This is before the loan was paid out."))
        if data.get("reference") and self.loan.repayments.filter(reference=data["reference"]).exists():
            self.add_error("reference", _("A repayment of this loan has this number already."))
        return data

    def told(self) -> Paid:
        said = self.cleaned_data
        return Paid(self.loan, said["paid_on"], said["amount"], said["reference"], said["payer"])


class DayForm(forms.Form):
    """The head of a day's list: what the cash book says."""

    paid_on = day_field(gettext_lazy("Paid on"))
    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    count = forms.IntegerField(label=gettext_lazy("Payments in the cash book"), min_value=1, max_value=200)
    total = AmountField(label=gettext_lazy("Sum in the cash book"))

    def __init__(self, *args: Any, day: date, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day
        self.fields["currency"].choices = currencies(currency)  # type: ignore[attr-defined]

    def clean_paid_on(self) -> date:
        return not_later(self.cleaned_data["paid_on"], self.day)


class LineForm(forms.Form):
    """One line of a day's list."""

    loan_number = forms.CharField(label=gettext_lazy("Loan number"), max_length=40, required=False)
    amount = AmountField(label=gettext_lazy("Amount"), required=False)
    payer = forms.CharField(label=gettext_lazy("Paid by"), max_length=120, required=False)
    reference = forms.CharField(label=gettext_lazy("Payment number"), max_length=60, required=False)

    def __init__(self, *args: Any, access: Access, day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access, self.day = access, day
        self.loan: Loan | None = None
        for field in self.fields.values():  # in a table: the head of the column is the label
            field.widget.attrs |= {"class": "in", "aria-label": field.label}

    @property
    def filled(self) -> bool:
        return bool(self.cleaned_data.get("loan_number") or self.cleaned_data.get("amount"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("loan_number") and not data.get("amount"):
            return data
        if not data.get("loan_number"):
            self.add_error("loan_number", _("Give the loan number."))
        elif "loan_number" not in self.errors:
            self._find(data["loan_number"])
        if not data.get("amount") and "amount" not in self.errors:
            self.add_error("amount", _("Give the amount."))
        if self.loan is not None and data.get("reference") and self.loan.repayments.filter(reference=data["reference"]).exists():
            self.add_error("reference", _("A repayment of this loan has this number already."))
        return data

    def _find(self, number: str) -> None:
        self.loan = loans_for(self.access).select_related("borrower", "lender").filter(number=number).first()
        if self.loan is None:
            self.add_error("loan_number", _("There is no loan with this number."))
        elif self.loan.position_fed:
            self.add_error("loan_number", _("The core system delivers this loan; its repayments are not entered here."))
        elif (gone := left_on(self.loan, self.day)) and gone.kind != LoanEvent.Kind.WRITE_OFF:
            self.add_error("loan_number", _("This loan has left the book."))

    def told(self, paid_on: date) -> Paid:
        said = self.cleaned_data
        assert self.loan is not None  # noqa: S101  a line without a loan is not valid
        return Paid(self.loan, paid_on, said["amount"], said["reference"] or fresh_reference(), said["payer"])


class BaseLines(forms.BaseFormSet):
    """The lines, checked against the head: number, sum, currency, and no payment number twice."""

    head: DayForm

    def clean(self) -> None:
        if any(self.errors) or not self.head.is_valid():
            return
        said, lines = self.head.cleaned_data, [f for f in self.forms if f.filled]
        for line in lines:
            if line.loan.currency != said["currency"]:
                line.add_error("loan_number", _("This loan is in %(currency)s; currencies are never added.") % {"currency": line.loan.currency})
            if said["paid_on"] < line.loan.disbursed_on:
                line.add_error("loan_number", _("This loan was paid out after that day."))
            check_decimals(line, line.loan.currency, "amount")
        references = [(f.loan.pk, f.cleaned_data["reference"]) for f in lines if f.cleaned_data["reference"]]
        if len(set(references)) < len(references):
            raise forms.ValidationError(_("One payment number stands twice for the same loan."))
        total = sum((f.cleaned_data["amount"] for f in lines), Decimal(0))
        if len(lines) != said["count"]:
            raise forms.ValidationError(_("The cash book has %(book)s payments, the list %(list)s.") % {"book": said["count"], "list": len(lines)})
        if total != said["total"]:
            raise forms.ValidationError(
                _("The list adds up to %(list)s, the cash book to %(book)s: %(apart)s apart.")
                % {"list": total, "book": said["total"], "apart": abs(total - said["total"])}
            )


Lines = forms.formset_factory(LineForm, formset=BaseLines, extra=10, max_num=200, absolute_max=200)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
