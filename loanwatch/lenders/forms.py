"""What a credit administrator types about products and parameters."""

import json
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loanwatch.lenders.models import Lender, Parameter, Product
from loanwatch.lenders.words import fault_of

LONGEST = 20_000  # signs of a value; the longest shipped one has 300


class ProductForm(forms.ModelForm):
    class Meta:
        model = Product
        fields = ["code", "name", "kind"]
        help_texts = {"code": gettext_lazy("As the core system's deliveries name it. It can't be changed later.")}

    def __init__(self, *args: Any, lender: Lender, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lender = lender

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if Product.objects.filter(lender=self.lender, code=code).exists():
            raise forms.ValidationError(_("There is a product with this code already."))
        return code


class ProductChangeForm(forms.ModelForm):
    class Meta:
        model = Product
        fields = ["name", "kind", "active"]
        help_texts = {"active": gettext_lazy("A product out of use takes no new loans; loans on it stay and are watched.")}


class ProposalForm(forms.Form):
    """A new value from a day on. It must have the shape of the value in force."""

    value = forms.CharField(
        label=gettext_lazy("Value"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})
    )
    valid_from = forms.DateField(label=gettext_lazy("Valid from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    source = forms.CharField(
        label=gettext_lazy("Source"), max_length=200, help_text=gettext_lazy("The rule, circular or decision that sets it.")
    )
    confidence = forms.ChoiceField(label=gettext_lazy("Confidence"), choices=Parameter.Confidence.choices, initial=Parameter.Confidence.OWN)

    def __init__(self, *args: Any, example: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example, self.today = example, today
        self.fields["valid_from"].help_text = _("Closed days keep the value they were closed with.")

    def clean_value(self) -> Any:
        try:
            value = json.loads(self.cleaned_data["value"], parse_constant=_no_constant)
        except RecursionError:
            raise forms.ValidationError(_("The value is nested too deeply.")) from None
        except ValueError as fault:
            line = getattr(fault, "lineno", 1)
            raise forms.ValidationError(
                _("This can't be read (line %(line)s). Write a number, or JSON as the value in force.") % {"line": line}
            ) from None
        if "\\u0000" in json.dumps(value):
            raise forms.ValidationError(_("The value holds a sign that no text can hold."))
        if misfit := fault_of(value, self.example):
            raise forms.ValidationError(misfit)
        if value == self.example:
            raise forms.ValidationError(_("This is the value in force already."))
        return value

    def clean_valid_from(self) -> date:
        day: date = self.cleaned_data["valid_from"]
        if day < self.today:
            raise forms.ValidationError(_("A value counts from today or a later day, never backwards."))
        return day


def _no_constant(name: str) -> None:
    raise ValueError(name)


class PackForm(forms.Form):
    """From which day the values of a pack are to count."""

    valid_from = forms.DateField(label=gettext_lazy("Valid from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["valid_from"].help_text = _("A value that the pack dates later counts from that later day.")

    def clean_valid_from(self) -> date:
        day: date = self.cleaned_data["valid_from"]
        if day < self.today:
            raise forms.ValidationError(_("A value counts from today or a later day, never backwards."))
        return day


class WithdrawForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
