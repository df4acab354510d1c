"""Filters of the list of flags, which live in the address, and the judgement of one."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inspections.evidence.models import Flag, FlagJudgement
from inspections.evidence.queries import SORTS

STATES = (("open", _("Not looked at yet")), ("explained", _("Explained")), ("stands", pgettext_lazy("a flag", "Stands")), ("all", _("All")))


class FlagFilters(forms.Form):
    """What the address says; a value that makes no sense is as good as none. Without a state: those nobody has looked at."""

    state = forms.ChoiceField(choices=STATES, required=False)
    kind = forms.ChoiceField(choices=Flag.Kind.choices, required=False)
    person = forms.IntegerField(required=False, min_value=1)
    branch = forms.IntegerField(required=False, min_value=1)
    start = forms.DateField(required=False)
    end = forms.DateField(required=False)
    sort = forms.ChoiceField(choices=[(sign + name, name) for name in SORTS for sign in ("", "-")], required=False)

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters as `flags_seen` takes them."""
        self.is_valid()
        told = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        state = told.get("state", "open")
        return {
            "state": "" if state == "all" else state,
            "kind": told.get("kind", ""),
            "person": str(told.get("person", "")),
            "branch": str(told.get("branch", "")),
            "start": told.get("start"),
            "end": told.get("end"),
            "sort": told.get("sort", "-noticed"),
        }


class JudgementForm(forms.Form):
    verdict = forms.ChoiceField(label=_("What became of it"), choices=FlagJudgement.Verdict.choices, widget=forms.RadioSelect)
    words = forms.CharField(label=_("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("What you asked, of whom, and what you saw."))
