"""Filters of the outbox and the reason that every decision asks for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loanwatch.trail.outbox.models import OutboxMessage, OutboxSettlement
from loanwatch.trail.outbox.rules import VERDICTS
from loanwatch.trail.outbox.words import KINDS

MOST_AT_ONCE = 200


class OutboxFilters(forms.Form):
    """All optional; what is not understood is ignored."""

    state = forms.ChoiceField(choices=OutboxMessage.State.choices, required=False)
    kind = forms.ChoiceField(choices=list(KINDS.items()), required=False)
    channel = forms.ChoiceField(choices=OutboxMessage.Channel.choices, required=False)
    first = forms.DateField(required=False)
    last = forms.DateField(required=False)
    q = forms.CharField(required=False, max_length=60)


class SettleForm(forms.Form):
    """What became of one message; only what fits its state is offered."""

    verdict = forms.ChoiceField(label=_("Decision"), choices=OutboxSettlement.Verdict.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("What the provider or the recipient said, and who asked."))

    def __init__(self, *args: Any, state: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fitting = [(value, label) for value, label in OutboxSettlement.Verdict.choices if state in VERDICTS[value]]
        self.fields["verdict"].choices = fitting  # type: ignore[attr-defined]


class ManyForm(forms.Form):
    """The same decision on several."""

    verdict = forms.ChoiceField(choices=OutboxSettlement.Verdict.choices)
    reason = forms.CharField(label=_("Reason"), max_length=200)
    ids = forms.CharField()

    def __init__(self, data: Any, **kwargs: Any) -> None:
        super().__init__({"verdict": data.get("verdict"), "reason": data.get("reason"), "ids": ",".join(data.getlist("ids"))}, **kwargs)

    def clean_ids(self) -> list[int]:
        found = [part for part in self.cleaned_data["ids"].split(",") if part]
        if not found or len(found) > MOST_AT_ONCE or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in found):
            raise forms.ValidationError(_("Choose messages of the list."))
        return [int(part) for part in found]
