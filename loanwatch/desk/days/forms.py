"""What people write when they decide about a day."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

SHORTEST = 10  # signs of a reason: "ok" is none


class ReasonForm(forms.Form):
    """A decision that stays in the trail under a name says why."""

    reason = forms.CharField(
        label=_("Reason"), min_length=SHORTEST, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Stays with the day and in the audit trail.")
    )


class RerunForm(ReasonForm):
    """Why a closed day is run again, with what is known by which day, over which loans."""

    known_on = forms.DateField(
        label=_("With what was known by the end of"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Facts that became known later are left out."),
    )  # fmt: skip
    only_changed = forms.BooleanField(
        label=_("Only loans of which something became known since"), required=False, help_text=_("Otherwise every loan is computed again.")
    )

    def __init__(self, *args: Any, day: date, newest: date | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day, self.newest = day, newest or day

    def clean_known_on(self) -> date:
        known: date = self.cleaned_data["known_on"]
        if not self.day <= known <= self.newest:
            raise forms.ValidationError(_("Choose a day from %(first)s to %(last)s.") % {"first": self.day, "last": self.newest})
        return known
