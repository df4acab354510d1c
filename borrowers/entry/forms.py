"""What people type about borrowers and facilities."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from borrowers.entry.fields import AmountField, check_decimals, currencies, day_field, percent_field
from borrowers.entry.queries import bearers
from borrowers.loans.models import Facility
from borrowers.parties.models import Borrower, BorrowerIdentifier, CustomerGroup, RelatedParty
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access

CHOOSE = [("", "–")]
NUMBER = r"^[^\s/?#%]([^/?#%]*[^\s/?#%])?$"  # numbers stand in addresses


def number_field(label: Any, **kwargs: Any) -> forms.RegexField:
    fault = {"invalid": gettext_lazy("Letters, digits and signs other than / ? # %%, without a space at either end.")}
    return forms.RegexField(NUMBER, label=label, max_length=40, error_messages=fault, **kwargs)


class BorrowerForm(forms.Form):
    """Who owes. The number is given once; a correction leaves it."""

    number = number_field(gettext_lazy("Borrower number"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Borrower.Kind.choices)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=160)
    segment = forms.ChoiceField(label=gettext_lazy("Size"), choices=Borrower.Segment.choices)
    industry = forms.CharField(label=gettext_lazy("Industry"), max_length=80, required=False)
    region = forms.CharField(label=pgettext_lazy("place of a borrower", "Region"), max_length=80, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False)
    address = forms.CharField(label=gettext_lazy("Address"), max_length=200, required=False)
    group_number = forms.CharField(label=gettext_lazy("Group number"), max_length=40, required=False)
    group_name = forms.CharField(
        label=gettext_lazy("Group name"), max_length=160, required=False, help_text=gettext_lazy("Only needed for a group that is new.")
    )
    tier = forms.ChoiceField(
        label=gettext_lazy("Key-customer tier"), required=False, choices=CHOOSE + [(str(n), str(n)) for n in range(1, 6)],
        help_text=gettext_lazy("1 is watched most closely."),
    )  # fmt: skip
    valid_from = day_field(gettext_lazy("Valid from"), help_text=gettext_lazy("The day from which this holds; it may lie in the past."))

    def __init__(self, *args: Any, lender: Lender, day: date, borrower: Borrower | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lender, self.day, self.borrower = lender, day, borrower
        if borrower is not None:
            del self.fields["number"]

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        if Borrower.objects.filter(lender=self.lender, number=number).exists():
            raise forms.ValidationError(_("There is a borrower with this number already."))
        return number

    def clean_valid_from(self) -> date:
        return not_later(self.cleaned_data["valid_from"], self.day)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        person = Borrower.Kind.PERSON.value
        if data.get("kind") and data.get("segment") and (data["kind"] == person) != (data["segment"] == Borrower.Segment.PERSON):
            self.add_error("segment", _("A person has the size Person, a company one of the others."))
        known = CustomerGroup.objects.filter(lender=self.lender, number=data.get("group_number") or "")
        if data.get("group_number") and not data.get("group_name") and not known.exists():
            self.add_error("group_name", _("There is no group with this number yet; give it a name."))
        if data.get("group_name") and not data.get("group_number"):
            self.add_error("group_number", _("Give the group a number."))
        return data


def not_later(day: date, than: date) -> date:
    """Raises a ValidationError for a day after the business date of the entry."""
    if day > than:
        raise forms.ValidationError(_("This day has not come yet: entries are of %(day)s or earlier.") % {"day": than})
    return day


def was_field() -> forms.CharField:
    """What a line said before it was changed or cleared, as a key of the lines that are known."""
    return forms.CharField(required=False, max_length=300, strip=False, widget=forms.HiddenInput)


def still_there(was: str, known: Mapping[str, Any]) -> str:
    """Raises a ValidationError when somebody has changed the line since the page was made."""
    if was and was not in known:
        raise forms.ValidationError(_("Somebody else has changed this line meanwhile. Open the page again."))
    return was


class IdentifierForm(forms.Form):
    """One number by which registers know the borrower; the day it ended takes it out of use."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=CHOOSE + list(BorrowerIdentifier.Kind.choices), required=False)
    value = forms.CharField(label=pgettext_lazy("identifier", "Number"), max_length=60, required=False)
    to_on = day_field(gettext_lazy("Valid until"), required=False)
    was = was_field()

    def __init__(
        self, *args: Any, lender: Lender, day: date, access: Access, known: Mapping[str, Any], borrower: Borrower | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lender, self.day, self.access, self.known, self.borrower = lender, day, access, known, borrower
        self.bearer: Borrower | None = None

    def clean_was(self) -> str:
        return still_there(self.cleaned_data["was"], self.known)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind, value = data.get("kind"), data.get("value")
        if bool(kind) != bool(value):
            self.add_error("value" if kind else "kind", _("Give both the kind and the number."))
        if kind and value:
            others = bearers(self.lender, kind, value, self.day)
            found = others.exclude(borrower=self.borrower).first() if self.borrower else others.first()
            if found is not None:
                self.bearer = found.borrower
                self.add_error("value", _("Borrower %(number)s bears this number already.") % {"number": found.borrower.number})
        return data


class RelatedPartyForm(forms.Form):
    """Somebody behind or beside the borrower: a borrower of the lender, or a name only."""

    kind = forms.ChoiceField(label=gettext_lazy("Relation"), choices=CHOOSE + list(RelatedParty.Kind.choices), required=False)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=160, required=False)
    party_number = forms.CharField(label=gettext_lazy("Borrower number"), max_length=40, required=False)
    share = percent_field(gettext_lazy("Share, %"), required=False, decimals=4)
    to_on = day_field(gettext_lazy("Until"), required=False)
    was = was_field()

    def __init__(self, *args: Any, lender: Lender, known: Mapping[str, Any], borrower: Borrower | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lender, self.known, self.borrower = lender, known, borrower

    def clean_was(self) -> str:
        return still_there(self.cleaned_data["was"], self.known)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") and not data.get("name"):
            self.add_error("name", _("Give the name."))
        if not data.get("kind") and any(data.get(name) for name in ("name", "party_number", "share")):
            self.add_error("kind", _("Choose the relation."))
        number = data.get("party_number")
        if number and not Borrower.objects.filter(lender=self.lender, number=number).exists():
            self.add_error("party_number", _("There is no borrower with this number."))
        if number and self.borrower and number == self.borrower.number:
            self.add_error("party_number", _("A borrower is not related to itself."))
        return data


class FacilityForm(forms.Form):
    """A credit line or contract."""

    number = number_field(gettext_lazy("Facility number"))
    borrower_number = forms.CharField(label=gettext_lazy("Borrower number"), max_length=40)
    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    limit = AmountField(label=gettext_lazy("Limit"))
    revolving = forms.BooleanField(label=gettext_lazy("What is repaid may be drawn again"), required=False)
    valid_from = day_field(gettext_lazy("Valid from"))
    expires_on = day_field(gettext_lazy("Expires on"), required=False)
    conditions = forms.CharField(
        label=gettext_lazy("Conditions of the approval"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One condition a line."),
    )  # fmt: skip

    def __init__(self, *args: Any, lender: Lender, day: date, borrowers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lender, self.day, self.borrowers = lender, day, borrowers
        self.fields["currency"].choices = currencies(lender.currency)  # type: ignore[attr-defined]

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        if Facility.objects.filter(lender=self.lender, number=number).exists():
            raise forms.ValidationError(_("There is a facility with this number already."))
        return number

    def clean_conditions(self) -> str:
        return "\n".join(self.cleaned_data["conditions"].splitlines())  # a browser ends a line with two signs

    def clean_borrower_number(self) -> str:
        return known_borrower(self.borrowers, self.cleaned_data["borrower_number"])

    def clean_valid_from(self) -> date:
        return not_later(self.cleaned_data["valid_from"], self.day)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("expires_on") and data.get("valid_from") and data["expires_on"] < data["valid_from"]:
            self.add_error("expires_on", _("It can't expire before it begins."))
        check_decimals(self, data.get("currency") or "", "limit")
        return data


def known_borrower(borrowers: Any, number: str) -> str:
    """Raises a ValidationError when none of `borrowers` has this number."""
    if not borrowers.filter(number=number).exists():
        raise forms.ValidationError(_("There is no borrower with this number. Enter the borrower first."))
    return number
