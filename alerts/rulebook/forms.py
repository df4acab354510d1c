"""What people choose and type in the life of a rule; the rule itself is written in the editor."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.rulebook.models import Rule, RuleVersion

LEVELS = ("red", "orange", "yellow")


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class DropForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)


class ApproveForm(forms.Form):
    valid_from = forms.DateField(label=gettext_lazy("Live from"), widget=_day())

    def __init__(self, *args: Any, first: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_from"].initial = first
        self.fields["valid_from"].help_text = _("The first close at which it warns. Closed days keep the rules they were closed with.")


class RetireForm(ReasonForm):
    from_on = forms.DateField(label=gettext_lazy("No longer live from"), widget=_day())
    field_order = ("from_on", "reason")

    def __init__(self, *args: Any, first: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from_on"].initial = first
        self.fields["from_on"].help_text = _("Alerts that it has opened stay until people close them.")


class TrialForm(forms.Form):
    days = forms.IntegerField(label=gettext_lazy("Days"), min_value=1, initial=14)

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].max_value = most  # type: ignore[attr-defined]
        self.fields["days"].widget.attrs["max"] = most
        self.fields["days"].help_text = _("At most %(most)s. It is counted at every close and opens no alert.") % {"most": most}


class SnoozeForm(ReasonForm):
    borrower = forms.CharField(label=gettext_lazy("Borrower number"), max_length=40)
    until = forms.DateField(label=gettext_lazy("Until"), widget=_day())
    field_order = ("borrower", "until", "reason")

    def __init__(self, *args: Any, first: date, last: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sentence = _("The last day of the silence, from %(first)s to %(last)s. Alerts that are open stay open.")
        self.fields["until"].help_text = sentence % {"first": first, "last": last}


class RuleFilters:
    """The filters of the rulebook as the address names them; a value that is none is passed over."""

    def __init__(self, asked: Any, families: list[str]) -> None:
        allowed: dict[str, set[str]] = {
            "family": set(families), "grain": set(Rule.Grain.values), "level": set(LEVELS), "conduct": {"1", "0"},
            "state": {"live", "planned", "draft", "checked", "retired", "off"}, "confidence": set(RuleVersion.Confidence.values),
        }  # fmt: skip
        self.chosen = {name: [v for v in asked.getlist(name) if v in values] for name, values in allowed.items()}
        self.chosen = {name: values for name, values in self.chosen.items() if values}

    def keeps(self, rule: Any) -> bool:
        """Whether a rule, as `queries.rulebook` gives it, fits all filters."""
        shown, chosen = rule.live or rule.draft or rule.last, self.chosen
        if ("family" in chosen and rule.family not in chosen["family"]) or ("grain" in chosen and rule.grain not in chosen["grain"]):
            return False
        if "conduct" in chosen and str(int(rule.staff_conduct)) not in chosen["conduct"]:
            return False
        if "level" in chosen and not (shown and set(chosen["level"]) & set(shown.handling_days)):
            return False
        if "confidence" in chosen and not (shown and shown.confidence in chosen["confidence"]):
            return False
        return "state" not in chosen or bool(set(chosen["state"]) & set(states_of(rule)))


def states_of(rule: Any) -> list[str]:
    """In which states versions of a rule are today: live, planned, draft or checked; retired or off (never live yet) where none counts."""
    found = (["live"] if rule.live else []) + (["planned"] if rule.planned else []) + ([rule.draft.state] if rule.draft else [])
    if not rule.live and not rule.planned:
        ended = any(version.valid_to for version in rule.versions.all())
        found.append("retired" if ended else "off")
    return found
