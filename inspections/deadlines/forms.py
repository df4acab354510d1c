"""Filters of the list of deadlines, which live in the address, and the reason for which one does not apply."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from inspections.deadlines.models import Deadline, Kind
from loanwatch.people.models import BranchReach

VIEWS = ("open", "late", "asked", "done", "cancelled", "not_applicable", "all")
SORTS = {
    "due_on": ("due_on", "id"),
    "-due_on": ("-due_on", "-id"),
    "borrower": ("borrower__name", "due_on", "id"),
    "-borrower": ("-borrower__name", "due_on", "id"),
    "opened_on": ("opened_on", "id"),
    "-opened_on": ("-opened_on", "-id"),
}
NOBODY = 0  # manager: deadlines for which nobody is responsible


class DeadlineFilters(forms.Form):
    """What the address says; a value that makes no sense is as good as none."""

    view = forms.ChoiceField(choices=[(v, v) for v in VIEWS], required=False)
    kind = forms.MultipleChoiceField(choices=Kind.choices, required=False)
    branch = forms.CharField(required=False, max_length=30)
    manager = forms.IntegerField(required=False, min_value=0)
    within = forms.IntegerField(required=False, min_value=0, max_value=3650)
    month = forms.RegexField(r"^\d{4}-\d{2}$", required=False)
    sort = forms.ChoiceField(choices=[(s, s) for s in SORTS], required=False)

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that are set and understood, by name; `view` always."""
        self.is_valid()
        return {"view": "open"} | {name: value for name, value in self.cleaned_data.items() if value not in ("", None, [])}

    @property
    def first_of_month(self) -> date | None:
        """The month that is asked for, by its first day; None where it is none."""
        text = self.chosen.get("month")
        try:
            return parse_date(f"{text}-01") if text else None
        except ValueError:
            return None

    def narrow(self, deadlines: QuerySet[Deadline, Any], on: date) -> QuerySet[Deadline, Any]:
        """The deadlines that fit, unordered: a branch with its subtree, those due within so many days (late ones too), those of a month."""
        chosen = self.chosen
        if "kind" in chosen:
            deadlines = deadlines.filter(kind__in=chosen["kind"])
        if "manager" in chosen:
            deadlines = deadlines.filter(responsible=chosen["manager"] or None)
        if "branch" in chosen:
            below = BranchReach.objects.filter(ancestor__code=chosen["branch"], from_on__lte=on).filter(
                Q(to_on__isnull=True) | Q(to_on__gt=on)
            )
            deadlines = deadlines.filter(branch__in=below.values("descendant_id"))
        if "within" in chosen:
            deadlines = deadlines.filter(due_on__lte=on + timedelta(days=chosen["within"]))
        if first := self.first_of_month:
            following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
            deadlines = deadlines.filter(due_on__gte=first, due_on__lt=following)
        return self._of_view(deadlines, on)

    def _of_view(self, deadlines: QuerySet[Deadline, Any], on: date) -> QuerySet[Deadline, Any]:
        view = self.chosen["view"]
        if view == "late":
            return deadlines.filter(state=Deadline.State.OPEN, due_on__lt=on)
        if view == "asked":
            return deadlines.filter(state=Deadline.State.OPEN, asked_by__isnull=False)
        return deadlines if view == "all" else deadlines.filter(state=view)

    def order(self, deadlines: QuerySet[Deadline, Any]) -> QuerySet[Deadline, Any]:
        return deadlines.order_by(*SORTS[self.chosen.get("sort") or "due_on"])


class AskForm(forms.Form):
    reason = forms.CharField(label=_("Why it does not apply"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
