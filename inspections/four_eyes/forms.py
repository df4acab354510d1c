"""The officer's own view and decision, questions and answers, a split, and what the URL of the queue says."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from borrowers.classes.models import CLASSES
from inspections.findings.models import Finding
from inspections.four_eyes.models import Verification
from inspections.visits.forms import fault_sentence
from inspections.visits.models import Visit

CLASS_WORDS = {
    "normal": pgettext_lazy("loan class", "Normal"),
    "special_mention": pgettext_lazy("loan class", "Special mention"),
    "substandard": pgettext_lazy("loan class", "Substandard"),
    "doubtful": pgettext_lazy("loan class", "Doubtful"),
    "loss": pgettext_lazy("loan class", "Loss"),
}
NEEDED = {
    "reason": _("Choose why the inspection goes back."),
    "explanation": _("Say in words what is missing, or why the difference is acceptable."),
    "question": _("Say what you want to know, and about which point."),
    "answer": _("Write an answer."),
    "verification": _("Choose which of the decisions counts."),
    "measure": _("Say what is to be done until the hold is lifted."),
}


class Marked(forms.Form):
    """A form that takes what an action found missing."""

    def mark(self, faults: Mapping[str, str]) -> None:
        for name, fault in faults.items():
            if name in self.fields:
                self.add_error(name, fault_sentence(fault) if fault != "answer" else NEEDED[name])


class OwnViewForm(forms.Form):
    """What the officer concludes before seeing what the account manager found."""

    conclusion = forms.ChoiceField(
        label=_("Your own conclusion"), choices=[c for c in Visit.Conclusion.choices if c[0] != "not_given"], widget=forms.RadioSelect
    )
    summary = forms.CharField(label=_("Why"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class DecisionForm(Marked):
    """Confirm, overrule, or return with a reason. The hash says on which content was decided."""

    seen_hash = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    proposed_class = forms.ChoiceField(
        label=_("Class you propose"), choices=[("", _("No other class")), *((c, CLASS_WORDS[c]) for c in CLASSES)], required=False
    )
    explanation = forms.CharField(
        label=_("Reason, shown to the account manager and the committee"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Needed for a return, for letting your findings decide, and wherever a difference is material."),
    )  # fmt: skip
    hold = forms.BooleanField(label=_("Hold new money until rectified"), required=False)
    measure = forms.CharField(label=_("What is to be done"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    severity = forms.TypedChoiceField(
        label=_("Severity"), choices=Finding.Severity.choices, coerce=int, required=False, initial=Finding.Severity.SERIOUS, empty_value="2"
    )
    due_on = forms.DateField(label=_("Rectified by"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    review_asked = forms.BooleanField(label=_("Ask for a due-diligence review of the account manager"), required=False)
    reason = forms.ChoiceField(label=_("Reason for a return"), choices=[("", "–"), *Verification.Reason.choices], required=False)

    def finding(self) -> dict[str, Any] | None:
        """What is raised as a finding, or None; with a hold on new money where that is ticked."""
        told = self.cleaned_data
        if not told.get("hold") and not told.get("measure", "").strip():
            return None
        return {
            "text": told["explanation"].strip(), "measure": told["measure"].strip(), "severity": int(told.get("severity") or 2), "due_on": told.get("due_on"),
            "blocking": ("new_disbursement", "new_credit") if told.get("hold") else (),
        }  # fmt: skip

    def clean(self) -> dict[str, Any] | None:
        told = super().clean() or {}
        if told.get("hold") and not told.get("measure", "").strip():
            self.add_error("measure", NEEDED["measure"])
        if told.get("measure", "").strip() and not told.get("explanation", "").strip():
            self.add_error("explanation", NEEDED["explanation"])
        return told


class QuestionForm(Marked):
    """A question to the person who recorded the visit."""

    code = forms.ChoiceField(label=_("Point"))
    question = forms.CharField(label=_("What do you want to know?"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, points: Iterable[tuple[str, Any]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = list(points)  # type: ignore[attr-defined]


class WithdrawForm(Marked):
    """Why a question is withdrawn before it is answered."""

    explanation = forms.IntegerField(widget=forms.HiddenInput)
    words = forms.CharField(label=_("Why you withdraw the question"), max_length=400)


class AnswerForm(Marked):
    """The answer of the person who recorded the visit."""

    explanation = forms.IntegerField(widget=forms.HiddenInput)
    answer = forms.CharField(label=_("Your answer"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class GiveUpForm(Marked):
    """Why a planned own visit is not made."""

    reason = forms.CharField(label=_("Why you check at the desk after all"), max_length=400)


class SettleForm(Marked):
    """Which of two decisions counts, and why."""

    seen_hash = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    verification = forms.TypedChoiceField(label=_("The decision that counts"), coerce=int, required=False, empty_value="0", widget=forms.RadioSelect)
    explanation = forms.CharField(label=_("Why"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, decided: Iterable[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["verification"].choices = list(decided)  # type: ignore[attr-defined]


class QueueFilters(forms.Form):
    """What the URL of the queue says."""

    kind = forms.CharField(required=False, max_length=10)
    method = forms.ChoiceField(choices=Verification.Method.choices, required=False)
    mine = forms.ChoiceField(choices=[("1", "1")], required=False)
    late = forms.ChoiceField(choices=[("1", "1")], required=False)
    sort = forms.CharField(required=False, max_length=20)
