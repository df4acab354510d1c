"""The officer's own view and decision."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from inspections.four_eyes.models import Verification
from inspections.visits.forms import fault_sentence
from inspections.visits.models import Visit


class OwnViewForm(forms.Form):
    """What the officer concludes before seeing what the account manager found."""

    conclusion = forms.ChoiceField(
        label=_("Your own conclusion"), choices=[c for c in Visit.Conclusion.choices if c[0] != "not_given"], widget=forms.RadioSelect
    )
    summary = forms.CharField(label=_("Why"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class DecisionForm(forms.Form):
    """Confirm, or return with a reason. The hash says on which content was decided."""

    seen_hash = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    reason = forms.ChoiceField(label=_("Reason for a return"), choices=[("", "–"), *Verification.Reason.choices], required=False)
    explanation = forms.CharField(
        label=_("Explanation, shown to the account manager"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Needed for a return, and wherever a difference is material."),
    )

    def mark(self, faults: Mapping[str, str]) -> None:
        for name, fault in faults.items():
            if name in self.fields:
                self.add_error(name, fault_sentence(fault) if fault != "answer" else NEEDED[name])


NEEDED = {
    "reason": _("Choose why the inspection goes back."),
    "explanation": _("Say in words what is missing, or why the difference is acceptable."),
}


class QueueFilters(forms.Form):
    """What the URL of the queue says."""

    kind = forms.CharField(required=False, max_length=10)
    late = forms.ChoiceField(choices=[("1", "1")], required=False)
