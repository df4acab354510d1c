"""What somebody asks of a back-test, and the filters of the list of runs, which live in the address."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from alerts.backtests import rules
from alerts.backtests.actions import Order
from alerts.backtests.models import BacktestRun
from alerts.rulebook.errors import RuleRefused
from alerts.rulebook.language import MAX_CHARACTERS, parse
from alerts.rulebook.messages import placed
from alerts.rulebook.models import Rule


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def months_word(months: int) -> str:
    """“12 months”."""
    return ngettext("%(n)s month", "%(n)s months", months) % {"n": months}


class StartForm(forms.Form):
    version = forms.TypedChoiceField(label=gettext_lazy("Version"), coerce=int, empty_value=None, required=False)
    text = forms.CharField(
        label=gettext_lazy("Or a text of its own"), required=False, max_length=MAX_CHARACTERS, strip=True,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy("It is tested instead of the version, on the whole book."),
    )  # fmt: skip
    target = forms.ChoiceField(label=gettext_lazy("What it should warn of"), choices=BacktestRun.Target.choices, initial="dpd90")
    months = forms.TypedChoiceField(label=pgettext_lazy("back-test", "Within"), coerce=int, initial=12)
    from_on = forms.DateField(label=gettext_lazy("Closes from"), widget=_day())
    to_on = forms.DateField(label=gettext_lazy("Closes to"), widget=_day())
    pace = forms.ChoiceField(label=gettext_lazy("Which closes"), choices=BacktestRun.Pace.choices, initial=rules.MONTHLY)
    cut = forms.ChoiceField(label=gettext_lazy("Figures by"), required=False)
    gap = forms.IntegerField(
        label=gettext_lazy("Clear closes before it counts as begun anew"), min_value=1, max_value=400, initial=1
    )
    hours = forms.DecimalField(label=gettext_lazy("Hours that an alert takes"), min_value=Decimal("0.1"), max_value=999, decimal_places=2)

    def __init__(self, *args: Any, rule: Rule, span: tuple[date, date], hours: Decimal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule = rule
        numbers = [v.version for v in rule.versions.order_by("-version")]
        live = rule.versions.filter(state="live").values_list("version", flat=True).first()
        fields: dict[str, Any] = self.fields
        fields["version"].choices = [(n, _("Version %(number)s") % {"number": n}) for n in numbers]
        fields["months"].choices = [(n, months_word(n)) for n in rules.HORIZONS]
        fields["cut"].choices = [pair for pair in BacktestRun.Cut.choices if pair[0] in rules.CUTS.get(rule.grain, ())]
        initial = {"version": live or (numbers[0] if numbers else None), "from_on": span[0], "to_on": span[1], "hours": hours}
        for name, value in initial.items():
            fields[name].initial = value

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"])
        if text:
            try:
                parse(text, self.rule.grain)
            except RuleRefused as fault:
                raise forms.ValidationError([placed(error) for error in fault.errors]) from None
        return text

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("from_on") and given.get("to_on") and given["from_on"] > given["to_on"]:
            self.add_error("to_on", _("The first day lies behind the last."))
        return given

    def order(self) -> Order:
        """What was asked; only of a valid form."""
        given = dict(self.cleaned_data)
        return Order(rule_code=self.rule.code, **{name: value for name, value in given.items() if name in Order.__dataclass_fields__})


class RunFilters(forms.Form):
    """The filters of the list. Anything unknown in the address is left out, so an old link never fails."""

    state = forms.MultipleChoiceField(choices=BacktestRun.State.choices, required=False)
    target = forms.MultipleChoiceField(choices=BacktestRun.Target.choices, required=False)
    rule = forms.CharField(required=False, max_length=20)

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that are set and understood, by name."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def apply(self, runs: Any) -> Any:
        """The runs that match."""
        chosen = self.chosen
        if states := chosen.get("state"):
            runs = runs.filter(state__in=states)
        if targets := chosen.get("target"):
            runs = runs.filter(target__in=targets)
        return runs.filter(rule__code=chosen["rule"]) if "rule" in chosen else runs
