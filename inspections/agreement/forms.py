"""What the address says of statistics of agreement; a value that makes no sense is as good as none."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inspections.agreement.queries import BY, SORTS, since_of
from inspections.four_eyes.models import Verification
from inspections.planning.models import Kind

PERIODS = ((90, _("90 days")), (180, _("180 days")), (365, _("A year")), (1095, _("Three years")))
USUAL = 365
WORK_SORTS = ("name", "signs", "checks", "same", "seconds", "at_once", "pair", "not_gone", "words")


class Filters(forms.Form):
    """by, how sorted, and narrowed to what."""

    by = forms.ChoiceField(choices=[(b, b) for b in BY], required=False)
    days = forms.TypedChoiceField(choices=PERIODS, coerce=int, required=False)
    manager = forms.CharField(max_length=20, required=False)
    officer = forms.CharField(max_length=20, required=False)
    branch = forms.CharField(max_length=30, required=False)
    template = forms.CharField(max_length=30, required=False)
    method = forms.ChoiceField(choices=Verification.Method.choices, required=False)
    kind = forms.ChoiceField(choices=Kind.choices, required=False)
    sort = forms.ChoiceField(choices=[(f"{sign}{s}", s) for s in SORTS for sign in ("", "-")], required=False)

    NARROWING = ("manager", "officer", "branch", "template", "method", "kind")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_valid()
        self.chosen = {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def grouping(self) -> str:
        return str(self.chosen.get("by", "manager"))

    @property
    def order(self) -> str:
        return str(self.chosen.get("sort", "-name" if self.grouping == "month" else "same"))

    def since(self, on: date) -> date:
        """The first day of the period that ends on `on`; a year where the address names none."""
        return since_of(on, int(self.chosen.get("days", USUAL)))

    @property
    def narrowing(self) -> dict[str, str]:
        return {name: value for name in self.NARROWING if (value := self.chosen.get(name))}


class WorkFilters(forms.Form):
    """Of the signs: period, branch, whether only officers with a sign, and the order."""

    days = forms.TypedChoiceField(choices=PERIODS, coerce=int, required=False)
    branch = forms.CharField(max_length=30, required=False)
    only = forms.ChoiceField(choices=[("signs", pgettext_lazy("officers", "With signs"))], required=False)
    sort = forms.ChoiceField(choices=[(f"{sign}{s}", s) for s in WORK_SORTS for sign in ("", "-")], required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_valid()
        self.chosen = {name: value for name, value in self.cleaned_data.items() if value}

    def since(self, on: date) -> date:
        return since_of(on, int(self.chosen.get("days", USUAL)))

    def order(self, officers: list[Any]) -> list[Any]:
        """The officers that fit, in the order asked for; those with most signs first where none is."""
        if self.chosen.get("only"):
            officers = [o for o in officers if o.signs]
        sort = str(self.chosen.get("sort", "-signs"))
        keys = {
            "name": lambda o: o.name, "signs": lambda o: len(o.signs), "checks": lambda o: o.work.checks,
            "same": lambda o: o.work.percent(o.work.all_same), "seconds": lambda o: o.work.seconds_per_point or 0,
            "at_once": lambda o: o.work.percent(o.work.at_once), "pair": lambda o: o.work.percent(o.work.largest_pair),
            "not_gone": lambda o: o.work.not_gone, "words": lambda o: o.work.same_words,
        }  # fmt: skip
        return sorted(officers, key=keys[sort.lstrip("-")], reverse=sort.startswith("-"))
