"""What people type about reminders and contacts."""

from datetime import date
from typing import Any

from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.reminders.models import ContactPreference, ContactWay, Language, Way
from alerts.reminders.rules import NAMES, fault_of_text

LONGEST_TEXT = 1000


class TextForm(forms.Form):
    """New words of one kind of message. They may name only what the kind knows."""

    headline = forms.CharField(label=gettext_lazy("Subject line"), max_length=120)
    body = forms.CharField(label=gettext_lazy("Text of the message"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 5}))
    valid_from = forms.DateField(label=gettext_lazy("In force from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def __init__(self, *args: Any, kind: str, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["body"].help_text = _("Filled in when it is written: %(names)s") % {"names": ", ".join("{" + name + "}" for name in NAMES[kind])}
        self.fields["valid_from"].initial = today

    def clean_headline(self) -> str:
        return self._known("headline")

    def clean_body(self) -> str:
        return self._known("body")

    def _known(self, field: str) -> str:
        text: str = self.cleaned_data[field]
        if fault := fault_of_text(self.kind, text):
            raise forms.ValidationError(_("“%(name)s” is nothing that can be filled in here.") % {"name": fault})
        return text


class WayForm(forms.ModelForm):
    class Meta:
        model = ContactWay
        fields = ["language", "channel", "address"]
        help_texts = {
            "address": gettext_lazy("Empty for text messages: the telephone that is known."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [("", _("By the currency of the loan")), *Language.choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        address = (told.get("address") or "").strip()
        if told.get("channel") == Way.EMAIL and address:
            try:
                validate_email(address)
            except forms.ValidationError as fault:
                self.add_error("address", fault)
        if any(ord(sign) < 32 for sign in address):
            self.add_error("address", _("Write one line."))
        told["address"] = address
        return told


class OptOutForm(forms.ModelForm):
    class Meta:
        model = ContactPreference
        fields = ["channel", "from_on", "told_by"]
        widgets = {"from_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        help_texts = {"told_by": gettext_lazy("Who said so, and how: for example the owner, by telephone.")}

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from_on"].initial = today
        self.fields["channel"].required = False
        self.fields["channel"].choices = [("", _("Every channel")), *Way.choices]  # type: ignore[attr-defined]
