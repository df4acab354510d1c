"""What people type about agencies, contracts, orders and deliveries."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inspections.outsourcing.models import Agency, Contract
from inspections.outsourcing.queries import STANDINGS
from inspections.planning.models import Kind
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, Person, Role

ORDERED_KINDS = [c for c in Kind.choices if c[0] not in {Kind.VERIFY, Kind.OFF_SITE}]  # an agency goes out; data and verification are the bank's


class AgencyForm(forms.ModelForm):
    class Meta:
        model = Agency
        fields = ["code", "name", "contact", "phone", "email"]
        help_texts = {"code": _("Letters, digits and hyphens; it stands in addresses and exports.")}


class SuspendForm(forms.Form):
    reason = forms.CharField(
        label=_("Why the agency is suspended"), required=False, max_length=200, help_text=_("Leave it empty to let the agency take orders again.")
    )


class AgentForm(forms.Form):
    person = forms.ModelChoiceField(label=_("Field agent"), queryset=Person.objects.none())
    leads = forms.BooleanField(label=_("Answers orders for the agency"), required=False)

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.filter(lender=access.person.lender if access.person else None, left_on__isnull=True)
        held = people.filter(roles_held__role=Role.FIELD_AGENT, roles_held__to_on__isnull=True).distinct()
        self.fields["person"].queryset = held.order_by("name")  # type: ignore[attr-defined]


class ContractForm(forms.ModelForm):
    """The terms, and one fee for each kind of visit; a kind without a fee is not ordered under the contract."""

    class Meta:
        model = Contract
        fields = ["number", "from_on", "to_on", "accept_days", "deliver_days", "most_open", "late_percent", "free_reworks"]
        widgets = {"from_on": forms.DateInput(attrs={"type": "date"}), "to_on": forms.DateInput(attrs={"type": "date"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, label in ORDERED_KINDS:
            self.fields[f"fee_{kind}"] = forms.DecimalField(
                label=_("Fee: %(kind)s") % {"kind": label}, required=False, min_value=0, max_digits=14, decimal_places=2
            )

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("from_on") and told.get("to_on") and told["to_on"] <= told["from_on"]:
            self.add_error("to_on", _("The contract must end after it begins."))
        for name, least in (("accept_days", 0), ("deliver_days", 1), ("most_open", 1), ("free_reworks", 0), ("late_percent", 0)):
            if told.get(name) is not None and told[name] < least:
                self.add_error(name, _("This must be at least %(least)s.") % {"least": least})
        if (told.get("late_percent") or 0) > 100:
            self.add_error("late_percent", _("This can be at most 100."))
        if not self.fees:
            self.add_error(None, _("Name the fee of at least one kind of visit."))
        return told

    @property
    def fees(self) -> dict[str, Decimal]:
        told: Mapping[str, Any] = self.cleaned_data
        return {kind: told[f"fee_{kind}"] for kind, _label in ORDERED_KINDS if told.get(f"fee_{kind}") is not None}

    @property
    def terms(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class OrderForm(forms.Form):
    """Which visits of which branch are asked of which agency."""

    agency = forms.ModelChoiceField(label=_("Agency"), queryset=Agency.objects.none())
    branch = forms.ModelChoiceField(label=_("Branch"), queryset=Branch.objects.none())
    note = forms.CharField(
        label=_("Note to the agency"), required=False, max_length=300, help_text=_("No amounts, no classes: the agency sees this as it stands.")
    )

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lender = access.person.lender if access.person else None
        self.fields["agency"].queryset = Agency.objects.filter(lender=lender, state=Agency.State.WORKING)  # type: ignore[attr-defined]
        reach = access.subtree(Role.BRANCH_HEAD, Role.CREDIT_ADMIN)
        self.fields["branch"].queryset = Branch.objects.filter(pk__in=reach).order_by("code")  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    answer = forms.CharField(label=_("Reason, or words to the bank"), required=False, max_length=300)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)


class ReviewForm(forms.Form):
    """One delivered visit of a batch."""

    decision = forms.ChoiceField(
        label=_("What becomes of it"),
        choices=[
            ("", pgettext_lazy("review of a delivery", "Later")), ("accept", pgettext_lazy("review of a delivery", "Accept")),
            ("rework", _("Send back")), ("reject", pgettext_lazy("review of a delivery", "Reject")),
        ],
        required=False,
    )  # fmt: skip
    quality = forms.TypedChoiceField(
        label=_("Quality"), coerce=int, empty_value=None, required=False,
        choices=[("", "–"), (5, _("5 excellent")), (4, _("4 good")), (3, _("3 usable")), (2, _("2 thin")), (1, _("1 poor"))],
    )  # fmt: skip
    note = forms.CharField(label=_("Words to the agency"), required=False, max_length=400)


class OrderFilters(forms.Form):
    """What the address of a list of orders or deliveries says; a value that can't be read counts as none."""

    agency = forms.SlugField(required=False)
    standing = forms.ChoiceField(choices=[(s, s) for s in STANDINGS], required=False)
    late = forms.ChoiceField(choices=[("1", "1")], required=False)
    state = forms.CharField(required=False, max_length=9)


class PeriodForm(forms.Form):
    """A period; without one the last three months."""

    from_on = forms.DateField(required=False)
    to_on = forms.DateField(required=False)

    def period(self, on: Any) -> tuple[Any, Any]:
        self.is_valid()
        until = self.cleaned_data.get("to_on") or on
        since = self.cleaned_data.get("from_on") or until - timedelta(days=91)
        return (since, until) if since <= until else (until, since)
