"""What a credit administrator types about how inspections are drawn, and what the address says of a month's draws."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from inspections.planning.models import Kind
from inspections.sampling.models import Draw, Method, SamplingPolicy
from inspections.sampling.rules import Stratum
from loanwatch.lenders.models import Product

LEVELS = ((0, gettext_lazy("No open alert")), (1, gettext_lazy("Yellow")), (2, gettext_lazy("Orange")), (3, gettext_lazy("Red")))
TIERS = ((0, gettext_lazy("No key customer")), *((n, str(n)) for n in range(1, 6)))
KINDS = [(value, label) for value, label in Kind.choices if value != Kind.VERIFY]
MOST_ROWS = 30
FIGURES = (
    "base_share", "flag_points", "alert_points", "class_points", "exposure_from", "exposure_points", "most_points", "last_points", "least_points",
    "disagree_from", "raised_points",
)  # fmt: skip
SORTS = {
    "inspection": ("visit_id",), "-inspection": ("-visit_id",), "share": ("share", "visit_id"), "-share": ("-share", "visit_id"),
    "number": ("number",), "-number": ("-number",), "drawn_on": ("drawn_on", "visit_id"), "-drawn_on": ("-drawn_on", "visit_id"),
}  # fmt: skip


class PolicyForm(forms.ModelForm):
    """The figures of a version; its rows come from `StratumForm`."""

    class Meta:
        model = SamplingPolicy
        fields = ("valid_from", "why", *FIGURES)
        widgets = {"valid_from": forms.DateInput(attrs={"type": "date"})}

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["valid_from"].help_text = _("From tomorrow at the earliest: what was handed in is drawn by the policy of that day.")

    def clean_valid_from(self) -> date:
        day: date = self.cleaned_data["valid_from"]
        if day < self.today + timedelta(days=1):
            raise forms.ValidationError(_("Choose a day from tomorrow on."))
        return day

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        last, least = told.get("last_points"), told.get("least_points")
        if last and least and least > last:
            self.add_error("least_points", _("This can't be more than the points that are looked at."))
        return told


class StratumForm(forms.Form):
    """One row. Nothing ticked: any."""

    code = forms.SlugField(label=gettext_lazy("Row"), max_length=30, required=False)
    share = forms.DecimalField(
        label=pgettext_lazy("part of all inspections", "Share, %"), min_value=Decimal(0), max_value=Decimal(100), max_digits=5, decimal_places=2,
        required=False,
    )  # fmt: skip
    method = forms.ChoiceField(label=gettext_lazy("Those drawn"), choices=Method.choices, initial=Method.VISIT)
    otherwise = forms.ChoiceField(label=gettext_lazy("The rest"), choices=Method.choices, initial=Method.DESK)
    kinds = forms.MultipleChoiceField(label=gettext_lazy("Kinds of inspection"), choices=KINDS, required=False)
    levels = forms.TypedMultipleChoiceField(label=gettext_lazy("Worst open alert"), choices=LEVELS, coerce=int, required=False)
    tiers = forms.TypedMultipleChoiceField(label=gettext_lazy("Key customer tier"), choices=TIERS, coerce=int, required=False)
    products = forms.MultipleChoiceField(label=pgettext_lazy("kinds of loans", "Products"), choices=Product.Kind.choices, required=False)
    amount_from = forms.DecimalField(label=gettext_lazy("Amount from"), min_value=Decimal(0), max_digits=20, decimal_places=2, required=False)
    amount_below = forms.DecimalField(label=gettext_lazy("Amount below"), min_value=Decimal(0), max_digits=20, decimal_places=2, required=False)

    TICKED = ("kinds", "levels", "tiers", "products")

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("code") and told.get("share") is None and "share" not in self.errors:
            self.add_error("share", _("Give the share of this row."))
        if not told.get("code") and told.get("share") is not None:
            self.add_error("code", _("Give the row a name."))
        if told.get("code") and told.get("method") == told.get("otherwise"):
            self.add_error("otherwise", _("Those drawn and the rest need different methods."))
        return told

    @property
    def chosen(self) -> Stratum | None:
        """The row as rules; None where it was left empty."""
        told = self.cleaned_data
        if not told.get("code"):
            return None
        ticked = {name: tuple(told[name]) for name in self.TICKED}
        return Stratum(told["code"], told["share"], told["method"], told["otherwise"], amount_from=told["amount_from"], amount_below=told["amount_below"],
                       **ticked)  # fmt: skip


class BaseRows(forms.BaseFormSet):
    def clean(self) -> None:
        if any(self.errors):
            return
        names = [row.code for row in self.strata]
        if not names:
            raise forms.ValidationError(_("A sampling policy needs at least one row."))
        if len(set(names)) < len(names):
            raise forms.ValidationError(_("Two rows of the policy have the same name."))

    @property
    def strata(self) -> list[Stratum]:
        return [row for form in self.forms if (row := form.chosen)]


Rows = forms.formset_factory(StratumForm, formset=BaseRows, extra=2, max_num=MOST_ROWS, absolute_max=MOST_ROWS)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=400)


class DrawFilters(forms.Form):
    """What the address says; a value that makes no sense is as good as none."""

    method = forms.ChoiceField(choices=Method.choices, required=False)
    reason = forms.ChoiceField(choices=Draw.Reason.choices, required=False)
    row = forms.CharField(max_length=30, required=False)
    branch = forms.CharField(max_length=30, required=False)
    sort = forms.ChoiceField(choices=[(s, s) for s in SORTS], required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_valid()
        self.chosen = {name: value for name, value in self.cleaned_data.items() if value}

    def narrow(self, draws: Any) -> Any:
        """The draws that fit, in the order asked for."""
        names = {"method": "method", "reason": "reason", "row": "stratum__code", "branch": "visit__branch__code"}
        for name, column in names.items():
            if value := self.chosen.get(name):
                draws = draws.filter(**{column: value})
        return draws.order_by(*SORTS[self.chosen.get("sort") or "inspection"])
