"""What people type about loans and what happens to them."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from borrowers.collateral.models import CollateralItem, Valuation
from borrowers.entry import plans
from borrowers.entry.fields import AmountField, RowsField, check_decimals, currencies, day_field, percent_field
from borrowers.entry.forms import known_borrower, not_later, number_field
from borrowers.entry.queries import borrowers_for, branches_for, managers_for, newest_version
from borrowers.funds.models import DisbursementPayment
from borrowers.loans import schedules
from borrowers.loans.models import Facility, Loan, LoanEvent
from borrowers.loans.schedules import Demand
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender, Product, ProductTerms
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, Person

METHODS = [
    (schedules.EQUAL_INSTALMENT, gettext_lazy("Equal instalments of principal and interest")),
    (schedules.EQUAL_PRINCIPAL, gettext_lazy("Equal principal, interest on the rest")),
    (schedules.INTEREST_ONLY, gettext_lazy("Interest only, principal at maturity")),
    (schedules.CUSTOM, gettext_lazy("Custom schedule")),
]
FREQUENCIES = [
    ("1", gettext_lazy("Every month")),
    ("3", gettext_lazy("Every quarter")),
    ("6", gettext_lazy("Every half year")),
    ("12", gettext_lazy("Every year")),
    ("0", gettext_lazy("Once, at maturity")),
]
ROWS_HINT = gettext_lazy("One a line: date, principal, interest, fee, such as 2026-03-15 10000.00 520.50. Interest left out is what the balance bears.")


class WayForm(forms.Form):
    """The way of repaying: it makes the schedule."""

    method = forms.ChoiceField(label=gettext_lazy("Way of repaying"), choices=METHODS)
    every_months = forms.ChoiceField(label=gettext_lazy("Due"), choices=FREQUENCIES)
    due_day = forms.TypedChoiceField(
        label=gettext_lazy("Due day of the month"), required=False, coerce=int, empty_value=None,
        choices=[("", pgettext_lazy("due day", "As the day of disbursement")), *((n, str(n)) for n in range(1, 31)), (31, gettext_lazy("Last day of the month"))],
    )  # fmt: skip
    first_due_on = day_field(
        gettext_lazy("First due date"), required=False, help_text=gettext_lazy("Left empty: the due day in the next month, quarter or year.")
    )
    day_count = forms.ChoiceField(
        label=gettext_lazy("Day count"), required=False, choices=[("", gettext_lazy("As the product's terms say")), *ProductTerms.DayCount.choices],
        help_text=gettext_lazy("30/360 is 30E/360: whole months count as months, broken periods by days."),
    )  # fmt: skip
    moves_due_dates = forms.BooleanField(
        label=gettext_lazy("The contract moves a due date on a holiday to the next business day, within the month"), required=False
    )
    rows = RowsField(
        label=gettext_lazy("Custom schedule"), required=False, help_text=ROWS_HINT, max_length=40_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )  # fmt: skip
    sections: tuple[tuple[Any, tuple[str, ...]], ...] = ()
    plan: list[Demand]
    kept = 0

    def grouped(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields under the heads of their sections."""
        return [(head, [self[name] for name in names]) for head, names in self.sections]

    def make_plan(self) -> None:
        """Raises a ValidationError naming the fields that must change."""
        raise NotImplementedError

    def add_plan(self, *needed: str) -> None:
        """The schedule as `plan` once the fields it needs are good; its faults as errors of the fields."""
        self.plan = []
        if any(self.cleaned_data.get(name) in (None, "") for name in needed) or "rows" in self.errors:
            return
        try:
            self.make_plan()
        except forms.ValidationError as fault:
            found = fault.message_dict if hasattr(fault, "error_dict") else {"": fault.messages}
            for name, sentences in found.items():
                self.add_error(name if name in self.fields else None, sentences)


class LoanForm(WayForm):
    """A drawn loan."""

    number = number_field(gettext_lazy("Loan number"))
    borrower_number = forms.CharField(label=gettext_lazy("Borrower number"), max_length=40)
    facility_number = forms.CharField(label=gettext_lazy("Facility number"), max_length=40, required=False)
    product = forms.ModelChoiceField(Product.objects.none(), label=gettext_lazy("Product"), empty_label="–")
    branch = forms.ModelChoiceField(Branch.objects.none(), label=gettext_lazy("Branch"), empty_label="–")
    lead = forms.ModelChoiceField(Person.objects.none(), label=gettext_lazy("Account manager"), empty_label="–", required=False)
    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    principal = AmountField(label=gettext_lazy("Amount"))
    rate = percent_field(gettext_lazy("Interest rate, % a year"))
    disbursed_on = day_field(gettext_lazy("Disbursed on"))
    matures_on = day_field(gettext_lazy("Maturity date"), required=False, help_text=gettext_lazy("Not needed for rows of one's own."))
    purpose = forms.CharField(label=gettext_lazy("Purpose"), max_length=200, required=False)
    sections = (
        (gettext_lazy("Loan"), ("number", "borrower_number", "facility_number", "product", "branch", "lead", "purpose")),
        (gettext_lazy("Amount and term"), ("currency", "principal", "rate", "disbursed_on", "matures_on")),
        (gettext_lazy("Repayment"), ("method", "every_months", "due_day", "first_due_on", "day_count", "moves_due_dates", "rows")),
    )

    def __init__(self, *args: Any, lender: Lender, access: Access, day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lender, self.access, self.day = lender, access, day
        querysets = {"product": Product.objects.filter(lender=lender, active=True), "branch": branches_for(access), "lead": managers_for(access)}
        for name, rows in querysets.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
        self.fields["currency"].choices = currencies(lender.currency)  # type: ignore[attr-defined]

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        if Loan.objects.filter(lender=self.lender, number=number).exists():
            raise forms.ValidationError(_("There is a loan with this number already."))
        return number

    def clean_borrower_number(self) -> str:
        return known_borrower(borrowers_for(self.access), self.cleaned_data["borrower_number"])

    def clean_disbursed_on(self) -> date:
        return not_later(self.cleaned_data["disbursed_on"], self.day)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        check_decimals(self, data.get("currency") or "", "principal")
        if data.get("method") and data["method"] != schedules.CUSTOM and not data.get("matures_on") and "matures_on" not in self.errors:
            self.add_error("matures_on", _("Give the maturity date."))
        self._check_facility(data)
        self.add_plan("principal", "rate", "disbursed_on", "product", "method", *(() if data.get("rows") else ("matures_on",)))
        return data

    def make_plan(self) -> None:
        self.plan = plans.of_new_loan(self.cleaned_data, self.lender)

    def _check_facility(self, data: dict[str, Any]) -> None:
        if not data.get("facility_number"):
            return
        found = Facility.objects.filter(lender=self.lender, number=data["facility_number"], borrower__number=data.get("borrower_number") or "").first()
        if found is None:
            self.add_error("facility_number", _("This borrower has no facility with this number."))
        elif found.currency == data.get("currency") and data.get("principal") and not found.revolving:
            drawn = sum(found.loans.values_list("principal", flat=True), Decimal(0))
            if drawn + data["principal"] > found.limit:
                left = found.limit - drawn
                self.add_error("principal", _("The facility has %(left)s %(currency)s left.") % {"left": left, "currency": found.currency})

    def told(self) -> dict[str, Any]:
        """The row of the kind loan."""
        data = self.cleaned_data
        row = {name: data[name] for name in ("number", "borrower_number", "currency", "principal", "rate", "disbursed_on", "purpose")}
        return row | {
            "product_code": data["product"].code, "branch_code": data["branch"].code, "facility_number": data.get("facility_number") or None,
            "matures_on": self.plan[-1].due_on,
        }  # fmt: skip


class ChangeForm(WayForm):
    """An extension, restructuring or change of rate: what is new from a day on."""

    valid_from = day_field(gettext_lazy("Agreed as of"), help_text=gettext_lazy("What has fallen due by this day, or before the day of the entry, stays as it was."))
    matures_on = day_field(gettext_lazy("New maturity date"))
    rate = percent_field(gettext_lazy("New interest rate, % a year"))
    note = forms.CharField(label=gettext_lazy("Reason and decision"), max_length=200)
    follows = forms.IntegerField(required=False, min_value=0, max_value=32_000, widget=forms.HiddenInput)
    OFFERED = {
        LoanEvent.Kind.EXTENSION: ("valid_from", "matures_on", "note"),
        LoanEvent.Kind.RATE_CHANGE: ("valid_from", "rate", "note"),
        LoanEvent.Kind.RESTRUCTURE: ("valid_from", "matures_on", "rate", "note"),
    }

    def __init__(self, *args: Any, loan: Loan, kind: str, day: date, **kwargs: Any) -> None:
        version = newest_version(loan)  # before the plan that is made from it
        kwargs["initial"] = {**(kwargs.get("initial") or {}), "follows": version}
        super().__init__(*args, **kwargs)
        self.loan, self.kind, self.day, self.version = loan, kind, day, version
        offered = self.OFFERED[LoanEvent.Kind(kind)]
        for name in ("valid_from", "matures_on", "rate", "note"):
            if name not in offered:
                del self.fields[name]
        self.sections = ((LoanEvent.Kind(kind).label, offered), (_("Repayment from then on"), LoanForm.sections[2][1]))
        self.fields["due_day"].choices[0] = ("", _("As the last due date"))  # type: ignore[attr-defined]

    def clean_valid_from(self) -> date:
        day = not_later(self.cleaned_data["valid_from"], self.day)
        if day < self.loan.disbursed_on:
            raise forms.ValidationError(_("This is before the loan was paid out."))
        return day

    def clean_follows(self) -> int:
        """The version of the schedule that the person looked at; the one that is there now where the form does not say."""
        told: int | None = self.cleaned_data["follows"]
        return self.version if told is None else told

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        old = self.loan.matures_on
        if self.kind == LoanEvent.Kind.EXTENSION and old and data.get("matures_on") and data["matures_on"] <= old:
            self.add_error("matures_on", _("An extension ends after the maturity so far, %(day)s.") % {"day": old})
        if self.kind == LoanEvent.Kind.RATE_CHANGE and data.get("rate") is not None and data["rate"] == self.loan.rate:
            self.add_error("rate", _("This is the rate in force already."))
        if data.get("valid_from") and LoanEvent.objects.known_on(self.day).filter(loan=self.loan, kind=self.kind, valid_from=data["valid_from"]).exists():
            self.add_error("valid_from", _("This was entered for this day already."))
        self.add_plan("method", *(n for n in ("valid_from", "matures_on", "rate") if n in self.fields))
        return data

    def make_plan(self) -> None:
        self.plan, self.kept = plans.of_change(self.loan, self.cleaned_data, self.day)


class EndForm(forms.Form):
    """Settled, written off or transferred."""

    valid_from = day_field(gettext_lazy("As of"))
    amount = AmountField(label=gettext_lazy("Price paid"), required=False, least="0")
    note = forms.CharField(label=gettext_lazy("Reason and decision"), max_length=200)

    def __init__(self, *args: Any, loan: Loan, kind: str, day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.loan, self.day = loan, day
        if kind != LoanEvent.Kind.TRANSFER:
            del self.fields["amount"]
        if kind == LoanEvent.Kind.SETTLED:
            self.fields["note"].required = False

    def clean_valid_from(self) -> date:
        day = not_later(self.cleaned_data["valid_from"], self.day)
        if day < self.loan.disbursed_on:
            raise forms.ValidationError(_("This is before the loan was paid out."))
        return day


class _AroundForm(forms.Form):
    """Something that stands around a loan."""

    def __init__(self, *args: Any, loan: Loan, day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.loan, self.day = loan, day

    def clean_valid_from(self) -> date:
        return not_later(self.cleaned_data["valid_from"], self.day)

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """The rows to be told, by kind, in the order in which they refer to each other."""
        raise NotImplementedError


class PaymentForm(_AroundForm):
    """Where the loan money went."""

    reference = number_field(gettext_lazy("Payment number"))
    valid_from = day_field(pgettext_lazy("payment of loan money", "Paid on"))
    mode = forms.ChoiceField(label=gettext_lazy("Manner of payment"), choices=DisbursementPayment.Mode.choices)
    payee = forms.CharField(label=gettext_lazy("Payee"), max_length=160)
    payee_account = forms.CharField(label=gettext_lazy("Payee's account"), max_length=60, required=False)
    payee_bank = forms.CharField(label=gettext_lazy("Payee's bank"), max_length=120, required=False)
    amount = AmountField(label=gettext_lazy("Amount"))
    purpose = forms.CharField(label=gettext_lazy("Purpose"), max_length=200, required=False)
    proof = forms.CharField(label=gettext_lazy("Proof"), max_length=200, required=False, help_text=gettext_lazy("Number of the contract, invoice or receipt."))

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        there = DisbursementPayment.objects.known_on(self.day).filter(loan=self.loan).exclude(reference=self.cleaned_data.get("reference") or "")
        paid = sum(there.values_list("amount", flat=True), Decimal(0))
        if paid + amount > self.loan.principal:
            left = self.loan.principal - paid
            raise forms.ValidationError(_("Of this loan %(left)s %(currency)s has not been paid out yet.") % {"left": left, "currency": self.loan.currency})
        return amount

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        return [("payment", {**self.cleaned_data, "loan_number": self.loan.number})]


class CollateralForm(_AroundForm):
    """An item that secures the loan, with what it was worth; an item that is there already only gets the loan and the value."""

    number = number_field(gettext_lazy("Collateral number"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=CollateralItem.Kind.choices)
    description = forms.CharField(label=gettext_lazy("Description"), max_length=200, required=False)
    owner_number = forms.CharField(
        label=gettext_lazy("Owner's borrower number"), max_length=40, required=False, help_text=gettext_lazy("Left empty: the borrower of the loan.")
    )
    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    rank = forms.IntegerField(label=gettext_lazy("Rank"), min_value=1, max_value=99, initial=1)
    prior_liens = AmountField(label=gettext_lazy("Prior liens"), required=False, least="0")
    value = AmountField(label=pgettext_lazy("collateral", "Value"), least="0")
    method = forms.ChoiceField(label=gettext_lazy("Valued by"), choices=Valuation.Method.choices)
    appraiser = forms.CharField(label=gettext_lazy("Appraiser"), max_length=120, required=False)
    valued_on = day_field(gettext_lazy("Valued on"))
    valid_from = day_field(gettext_lazy("Pledged since"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = currencies(self.loan.currency)  # type: ignore[attr-defined]

    def clean_valued_on(self) -> date:
        return not_later(self.cleaned_data["valued_on"], self.day)

    def clean_owner_number(self) -> str:
        number = self.cleaned_data["owner_number"] or self.loan.borrower.number
        return _somebody(self.loan.lender, number)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        item = CollateralItem.objects.filter(lender=self.loan.lender, number=data.get("number") or "").first()
        if item is not None and data.get("kind") and item.kind != data["kind"]:
            self.add_error("number", _("An item of another kind has this number: %(kind)s.") % {"kind": item.get_kind_display()})
        check_decimals(self, data.get("currency") or "", "value", "prior_liens")
        return data

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        d = self.cleaned_data
        item = {name: d[name] for name in ("number", "kind", "description", "owner_number", "currency", "valid_from")}
        pledge = {"loan_number": self.loan.number, "item_number": d["number"], "rank": d["rank"], "prior_liens": d["prior_liens"] or Decimal(0)}
        worth = {"item_number": d["number"], "value": d["value"], "method": d["method"], "appraiser": d["appraiser"], "valid_from": d["valued_on"]}
        return [("collateral", item), ("pledge", pledge | {"valid_from": d["valid_from"]}), ("valuation", worth)]


class GuaranteeForm(_AroundForm):
    """Somebody answers for the loan."""

    guarantor_number = forms.CharField(label=gettext_lazy("Guarantor's borrower number"), max_length=40)
    amount = AmountField(label=gettext_lazy("Amount"))
    valid_from = day_field(gettext_lazy("Since"))
    to_on = day_field(gettext_lazy("Until"), required=False)

    def clean_guarantor_number(self) -> str:
        number = _somebody(self.loan.lender, self.cleaned_data["guarantor_number"])
        if number == self.loan.borrower.number:
            raise forms.ValidationError(_("The borrower can't guarantee the own loan."))
        return number

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("to_on") and data.get("valid_from") and data["to_on"] <= data["valid_from"]:
            self.add_error("to_on", _("It can't end before it begins."))
        check_decimals(self, self.loan.currency, "amount")
        return data

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        return [("guarantee", {**self.cleaned_data, "loan_number": self.loan.number})]


def _somebody(lender: Lender, number: str) -> str:
    return known_borrower(Borrower.objects.filter(lender=lender), number)


AROUND: dict[str, tuple[type[_AroundForm], str, Any]] = {
    "payment": (PaymentForm, "payment.entered", gettext_lazy("Payment of the loan money")),
    "collateral": (CollateralForm, "collateral.entered", gettext_lazy("Collateral")),
    "guarantee": (GuaranteeForm, "guarantee.entered", gettext_lazy("Guarantee")),
}
