"""What is typed about the plan, absences, capacity and postponing."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from inspections.planning.models import Absence, PlanRow, PlanText, PlanVersion, Postponement
from loanwatch.people.models import Person

DAY = forms.DateInput(attrs={"type": "date"})


class HeadForm(forms.ModelForm):
    """Where the plan comes from, and how far inspections may be put off by it."""

    class Meta:
        model = PlanVersion
        fields = ["source", "regulation_on", "why", "postpone_times", "postpone_days"]
        widgets = {"regulation_on": DAY}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, high in (("postpone_times", 10), ("postpone_days", 365)):
            self.fields[name] = forms.IntegerField(label=self.fields[name].label, min_value=0, max_value=high)


class TextForm(forms.ModelForm):
    """The house regulation in one language; both fields empty drop it."""

    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    text = forms.CharField(label=_("Text"), required=False, widget=forms.Textarea(attrs={"rows": 7}))

    class Meta:
        model = PlanText
        fields = ["title", "clause", "text"]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if bool(told.get("title")) != bool(told.get("text")):
            raise forms.ValidationError(_("Write a title and a text, or leave both empty."))
        return told


class RowForm(forms.ModelForm):
    """One line of a draft. Whether it makes sense is the table's own check."""

    class Meta:
        model = PlanRow
        fields = [
            "occasion", "kind", "days", "clause", "product_kind", "size", "class_from", "class_to", "level_from", "level_to",
            "exposure_from", "exposure_to", "tier_from", "tier_to",
        ]  # fmt: skip


class FirstDayForm(forms.Form):
    valid_from = forms.DateField(label=_("Counts from"), widget=DAY)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)


class CapacityForm(forms.Form):
    per_week = forms.IntegerField(label=_("Inspections a week"), min_value=0, max_value=60)
    from_on = forms.DateField(label=_("From"), widget=DAY)


class AbsenceForm(forms.Form):
    """Who is away when, and who stands in."""

    person = forms.ModelChoiceField(queryset=Person.objects.none(), label=_("Who is away"), empty_label=None)
    from_on = forms.DateField(label=_("First day"), widget=DAY)
    to_on = forms.DateField(label=_("Last day"), widget=DAY)
    reason = forms.ChoiceField(label=_("Reason"), choices=Absence.Reason.choices)
    substitute = forms.ModelChoiceField(
        queryset=Person.objects.none(), label=_("Who stands in"), required=False, empty_label=_("Nobody: the branch head assigns the inspections")
    )

    def __init__(self, *args: Any, people: QuerySet[Person, Any], substitutes: QuerySet[Person, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        self.fields["substitute"].queryset = substitutes  # type: ignore[attr-defined]


class WhenForm(forms.Form):
    """The day and hour of a visit; without a day the plan is taken back."""

    planned_on = forms.DateField(label=_("Day"), widget=DAY, required=False)
    planned_at = forms.TimeField(label=_("Hour"), widget=forms.TimeInput(attrs={"type": "time"}), required=False)


class PostponeForm(forms.Form):
    to_day = forms.DateField(label=_("Due from then on"), widget=DAY)
    cause = forms.ChoiceField(label=_("Cause"), choices=Postponement.Cause.choices)
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class DecisionForm(forms.Form):
    answer = forms.CharField(label=_("Answer"), max_length=300, required=False)
