"""What people type into an inspection: answers by checkpoint, position, and the last page before submitting."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inspections.visits.models import Checkpoint, Visit
from inspections.visits.queries import point_of
from inspections.visits.rules import BadAnswer, Said, read_answer


@dataclass
class Reading:
    """Answers read from a request: `answers` can be saved; `typed` and `errors` belong to what could not be read."""

    answers: dict[str, tuple[str | None, str]]
    typed: dict[str, str]
    errors: dict[str, str]


def read_answers(checkpoints: list[Checkpoint], post: Mapping[str, str], said: Mapping[str, Said]) -> Reading:
    """Fields `a-<code>` (answer) and `n-<code>` (note) of a request; what a request does not name keeps what `said` holds."""
    found = Reading({}, {}, {})
    for checkpoint in checkpoints:
        code, given = checkpoint.code, said.get(checkpoint.code, Said())
        text, note = post.get(f"a-{code}"), post.get(f"n-{code}")
        if text is None and note is None:
            continue
        try:
            value = given.value if text is None else read_answer(point_of(checkpoint), text)
        except BadAnswer as error:
            found.typed[code], found.errors[code] = text or "", fault_sentence("day" if error.code == "date" else error.code)
            value = given.value
        found.answers[code] = (value, given.note if note is None else note)
    return found


def fault_sentence(fault: str) -> str:
    """What is wrong with an answer, and how to write it right."""
    sentences = {
        "number": _("Write a figure with at most two decimals, such as 1200, 1,200.00 or 120万."),
        "choice": _("Choose one of the answers."),
        "long": _("Write at most 4,000 characters."),
        "day": _("Write a day, such as 2026-11-20."),
        "percent": _("Write a percentage with at most two decimals, such as 35 or 35.5."),
        "position": _("Write latitude and longitude, such as 31.2304, 121.4737."),
        "items": _("Write one item a line, with a figure where a figure is asked, the parts divided by a semicolon."),
        "document": _("Add the document."),
        "signature": _("Have the name written and signed."),
        "list": _("Add the list that this answer asks for."),
        "answer": _("Answer this point."),
        "photo": _("Add at least one photo."),
        "note": _("Say in a note what is wrong."),
        "jump": _("The figure is far from the last visit. Say why in a note."),
        "date": _("The visit lies between the day the task was opened and today."),
        "none": _("Say why there is no position."),
        "vague": _("The position is less exact than 100 m. Say why."),
        "far": _("The position is more than 300 m from the borrower's address. Say why."),
    }
    return sentences[fault]


class SubmitForm(forms.Form):
    """The last page of an inspection."""

    visited_on = forms.DateField(label=gettext_lazy("Day of the visit"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    conclusion = forms.ChoiceField(
        label=gettext_lazy("Conclusion"), choices=[c for c in Visit.Conclusion.choices if c[0] != "not_given"], widget=forms.RadioSelect
    )
    summary = forms.CharField(label=gettext_lazy("Summary"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
    position_reason = forms.CharField(
        label=gettext_lazy("Why the position is missing or far away"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, concludes: bool, doubt: str, **kwargs: Any) -> None:
        """concludes: False for a field agent, who delivers material only. doubt: see `rules.position_doubt`."""
        super().__init__(*args, **kwargs)
        if not concludes:
            del self.fields["conclusion"]
        if doubt:
            self.fields["position_reason"].required = True
            self.fields["position_reason"].help_text = fault_sentence(doubt)
        else:
            del self.fields["position_reason"]

    def mark(self, faults: Mapping[str, str]) -> None:
        """Put the faults an action found beside their fields."""
        for name, fault in faults.items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, fault_sentence(fault))


class PositionForm(forms.Form):
    """Where the phone says it is."""

    latitude = forms.DecimalField(min_value=-90, max_value=90)
    longitude = forms.DecimalField(min_value=-180, max_value=180)
    accuracy = forms.FloatField(min_value=0, max_value=100_000)
