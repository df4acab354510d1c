"""What people write when they decide about a day."""

from django import forms
from django.utils.translation import gettext_lazy as _

SHORTEST = 10  # signs of a reason: "ok" is none


class ReasonForm(forms.Form):
    """A decision that stays in the trail under a name says why."""

    reason = forms.CharField(
        label=_("Reason"), min_length=SHORTEST, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Stays with the day and in the audit trail.")
    )
