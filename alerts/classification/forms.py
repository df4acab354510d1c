"""What people type about class proposals, and the filters of the list, which live in the address."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.classification.models import ClassProposal
from alerts.observation.models import RiskClass
from loanwatch.people.models import BranchReach

SORTS = {
    "waiting": ("as_of", "-days_past_due", "id"),
    "-waiting": ("-as_of", "-days_past_due", "id"),
    "-days_past_due": ("-days_past_due", "as_of", "id"),
    "days_past_due": ("days_past_due", "as_of", "id"),
    "borrower": ("loan__borrower__name", "id"),
    "-borrower": ("-loan__borrower__name", "-id"),
}
DEFAULT_SORT = "waiting"
LONGEST_SELECTION = 200


class DecideForm(forms.Form):
    decision = forms.ChoiceField(choices=[("confirm", "confirm"), ("overrule", "overrule")])
    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def clean(self) -> dict[str, object]:
        found = super().clean() or {}
        if found.get("decision") == "overrule" and not (found.get("reason") or "").strip():
            self.add_error("reason", _("To overrule a proposed class, say why."))
        return found


class ManyForm(forms.Form):
    """The proposals that are ticked, at most a page's fullest."""

    proposal = forms.TypedMultipleChoiceField(coerce=int, required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = self.data.getlist("proposal") if hasattr(self.data, "getlist") else []
        self.fields["proposal"].choices = [(v, v) for v in given[:LONGEST_SELECTION] if v.isdecimal() and len(v) < 19]  # type: ignore[attr-defined]


class ProposalFilters(forms.Form):
    """The filters of the list. Anything unknown in the address is left out, so an old link never fails."""

    state = forms.ChoiceField(choices=ClassProposal.State.choices, required=False)
    branch = forms.CharField(required=False, max_length=30)
    product = forms.CharField(required=False, max_length=30)
    old = forms.ChoiceField(choices=RiskClass.choices, required=False)
    new = forms.ChoiceField(choices=RiskClass.choices, required=False)
    waiting = forms.IntegerField(required=False, min_value=0, max_value=9999)
    sort = forms.ChoiceField(choices=[(s, s) for s in SORTS], required=False)

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that are set and understood, by name; `state` always."""
        self.is_valid()
        found = {name: value for name, value in self.cleaned_data.items() if value not in {"", None}}
        return {"state": ClassProposal.State.PROPOSED.value} | found

    @property
    def narrows(self) -> bool:
        """Whether a filter beside the state is set."""
        return bool(set(self.chosen) - {"state", "sort"})

    def apply(self, rows: QuerySet[ClassProposal], on: date) -> QuerySet[ClassProposal]:
        """The rows that fit, in the order asked for: a branch with its subtree; those that wait for at least so many days."""
        chosen = self.chosen
        rows = rows.filter(state=chosen["state"])
        for name, column in (("product", "loan__product__code"), ("old", "old_class"), ("new", "new_class")):
            if name in chosen:
                rows = rows.filter(**{column: chosen[name]})
        if "branch" in chosen:
            below = BranchReach.objects.filter(ancestor__code=chosen["branch"], from_on__lte=on).exclude(to_on__lte=on)
            rows = rows.filter(loan__branch__in=below.values("descendant_id"))
        if "waiting" in chosen:
            rows = rows.filter(as_of__lte=on - timedelta(days=chosen["waiting"]))
        return rows.order_by(*SORTS[chosen.get("sort") or DEFAULT_SORT])
