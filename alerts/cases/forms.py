"""What people type about cases, and the filters of the list, which live in the address."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.cases.models import Case, CaseQuerySet
from alerts.signals.forms import LEVEL_WORDS, WideText


class NoteForm(forms.Form):
    text = WideText(label=_("Note"), max_length=4000)


class ReasonForm(forms.Form):
    text = WideText(label=_("Why"), max_length=4000)


class CohortForm(forms.Form):
    cause = forms.CharField(label=_("The one cause"), max_length=200)


class JoinForm(forms.Form):
    cohort = forms.CharField(label=_("Cohort"), max_length=24)


class CaseFilters(forms.Form):
    """The filters of the list. Anything unknown in the address is left out, so an old link never fails."""

    level = forms.MultipleChoiceField(choices=[(w, w) for w in LEVEL_WORDS], required=False)
    state = forms.ChoiceField(choices=[*Case.State.choices, ("any", "any")], required=False)
    kind = forms.ChoiceField(choices=[("borrower", "borrower"), ("cohort", "cohort")], required=False)
    cohort = forms.CharField(required=False, max_length=24)
    branch = forms.CharField(required=False, max_length=30)
    q = forms.CharField(required=False, max_length=80)

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that are set and understood, by name."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def apply(self, cases: CaseQuerySet) -> CaseQuerySet:
        """The cases that match; without a state the open ones."""
        chosen = self.chosen
        if (state := chosen.get("state", Case.State.OPEN)) != "any":
            cases = cases.filter(state=state)
        if levels := chosen.get("level"):
            cases = cases.filter(Q(("worst__in", [LEVEL_WORDS[w] for w in levels])))
        if kind := chosen.get("kind"):
            cases = cases.filter(borrower__isnull=kind == "cohort")
        if number := chosen.get("cohort"):
            cases = cases.filter(cohort__number=number)
        if code := chosen.get("branch"):
            cases = cases.filter(branch__code=code)
        if q := chosen.get("q"):
            cases = cases.filter(Q(number__icontains=q) | Q(cause__icontains=q) | Q(borrower__name__icontains=q) | Q(borrower__number__icontains=q))
        return cases
