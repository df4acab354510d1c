"""What people type about alerts, and the filters of the list, which live in the address."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.signals.handling_models import AlertNote, AlertSignal
from alerts.signals.models import Alert, AlertQuerySet, Level
from loanwatch.people.models import BranchReach

LEVEL_WORDS = {"red": Level.RED, "orange": Level.ORANGE, "yellow": Level.YELLOW}
NOBODY = "-"  # manager: alerts on loans without one, and on branches
GRAINS = {
    "loan": Q(loan__isnull=False),
    "borrower": Q(loan__isnull=True, borrower__isnull=False),
    "staff": Q(loan__isnull=True, borrower__isnull=True, concerns__isnull=False),
    "branch": Q(borrower__isnull=True, concerns__isnull=True),
}
OPEN_STATES = (Alert.State.OPEN, Alert.State.ACKNOWLEDGED, Alert.State.HANDLING, Alert.State.SUBMITTED)


class WideText(forms.CharField):
    """A text of a few lines."""

    widget = forms.Textarea(attrs={"rows": 3})


class MeasureForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What kind of note"), choices=[("measure", _("Measure taken")), ("contact", _("Contact with the borrower"))]
    )
    measure = forms.ChoiceField(label=_("Measure"), choices=[("", "–"), *AlertNote.Measure.choices], required=False)
    due_on = forms.DateField(label=_("To be done by"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    channel = forms.ChoiceField(label=_("Channel of the contact"), choices=[("", "–"), *AlertNote.Channel.choices], required=False)
    answer = forms.ChoiceField(label=_("Outcome of the contact"), choices=[("", "–"), *AlertNote.Answer.choices], required=False)
    text = WideText(label=_("What was done"), max_length=4000)


class DoneForm(forms.Form):
    done_on = forms.DateField(label=_("Done on"), widget=forms.DateInput(attrs={"type": "date"}))


class FileForm(forms.Form):
    upload = forms.FileField(label=_("File"))


class OrderForm(forms.Form):
    reason = WideText(label=_("What is to be looked at"), max_length=2000)
    loan_number = forms.CharField(label=_("Loan"), required=False, max_length=40)


class AssignForm(forms.Form):
    to = forms.CharField(label=_("Who handles it"), max_length=20)


class SignalForm(forms.Form):
    loan_number = forms.CharField(label=_("Loan"), required=False, max_length=40)
    borrower_number = forms.CharField(label=_("Borrower"), required=False, max_length=40)
    kind = forms.ChoiceField(label=_("What it is about"), choices=AlertSignal.Kind.choices)
    level = forms.TypedChoiceField(label=_("How serious"), choices=Level.choices, coerce=int)
    text = WideText(label=_("What was seen"), max_length=4000)
    upload = forms.FileField(label=_("File"), required=False)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if bool(found.get("loan_number")) == bool(found.get("borrower_number")):
            self.add_error("loan_number", _("Name either a loan or a borrower."))
        return found


class ViewForm(forms.Form):
    name = forms.CharField(label=_("Name of the view"), max_length=60)
    query = forms.CharField(max_length=1000, required=False, widget=forms.HiddenInput)
    is_default = forms.BooleanField(label=_("Open it first"), required=False)
    shared = forms.BooleanField(label=_("Show it to the colleagues of my branch"), required=False)


class AcceptForm(forms.Form):
    branch = forms.CharField(max_length=30, widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput)  # how many alerts the reader saw below the line
    reason = WideText(label=_("Why they can wait a week"), max_length=2000)


class SubmitForm(forms.Form):
    text = WideText(label=_("Why it can be closed"), max_length=4000)


class ReturnForm(forms.Form):
    reason = WideText(label=_("What is missing"), max_length=4000)


class CloseForm(forms.Form):
    outcome = forms.ChoiceField(label=_("Outcome"), choices=Alert.Outcome.choices)
    note = WideText(label=_("Why"), max_length=4000)
    level = forms.IntegerField(required=False, widget=forms.HiddenInput)  # the one that the closer saw


class AlertFilters(forms.Form):
    """The filters of the list. Anything unknown in the address is left out, so an old link never fails."""

    level = forms.MultipleChoiceField(choices=[(w, w) for w in LEVEL_WORDS], required=False)
    state = forms.MultipleChoiceField(choices=[*Alert.State.choices, ("any", "any")], required=False)
    rule = forms.CharField(required=False, max_length=20)
    manager = forms.CharField(required=False, max_length=20)
    branch = forms.CharField(required=False, max_length=30)
    overdue = forms.BooleanField(required=False)
    cleared = forms.BooleanField(required=False)
    escalated = forms.BooleanField(required=False)
    assigned = forms.CharField(required=False, max_length=20)
    mine = forms.BooleanField(required=False)
    family = forms.CharField(required=False, max_length=20)
    grain = forms.ChoiceField(choices=[(g, g) for g in GRAINS], required=False)
    product = forms.CharField(required=False, max_length=40)
    exposure_from = forms.DecimalField(required=False, min_value=0, max_digits=20, decimal_places=2)
    exposure_to = forms.DecimalField(required=False, min_value=0, max_digits=20, decimal_places=2)
    line = forms.CharField(required=False, max_length=30)  # the branch whose workload line is drawn
    q = forms.CharField(required=False, max_length=80)

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that are set and understood, by name."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def apply(self, alerts: AlertQuerySet, today: date) -> AlertQuerySet:
        """The alerts that match; without a state the open ones."""
        chosen = self.chosen
        states = chosen.get("state") or list(OPEN_STATES)
        if "any" not in states:
            # "not closed" word for word is what the partial indexes say
            alerts = alerts.open() if set(states) == set(OPEN_STATES) else alerts.filter(state__in=states)
        if states == [Alert.State.CLOSED]:
            alerts = alerts.order_by("-closed_on", "-id")
        alerts = alerts.filter(*self._plain(chosen))
        if chosen.get("overdue"):
            alerts = alerts.filter(due_on__lt=today).exclude(state=Alert.State.CLOSED)
        if code := chosen.get("branch"):
            reach = BranchReach.objects.filter(ancestor__code=code, from_on__lte=today).filter(Q(to_on__isnull=True) | Q(to_on__gt=today))
            alerts = alerts.filter(branch_id__in=reach.values("descendant_id"))
        if q := chosen.get("q"):
            alerts = alerts.filter(
                Q(number__icontains=q) | Q(loan__number__icontains=q) | Q(borrower__name__icontains=q) | Q(borrower__number__icontains=q)
            )
        return alerts

    def _plain(self, chosen: dict[str, Any]) -> list[Q]:
        """The filters that are one comparison each."""
        manager = chosen.get("manager")
        asked = {
            "level": lambda levels: Q(level__in=[LEVEL_WORDS[w] for w in levels]),
            "cleared": lambda _: Q(cleared_on__isnull=False),
            "escalated": lambda _: Q(("stage__gt", 0)),
            "assigned": lambda staff_no: Q(assigned_to__staff_no=staff_no),
            "rule": lambda code: Q(rule__code=code),
            "manager": lambda _: Q(("manager_no", None if manager == NOBODY else manager)),
            "family": lambda family: Q(rule__family=family),
            "grain": lambda grain: GRAINS[grain],
            "product": lambda code: Q(loan__product__code=code),
            "exposure_from": lambda amount: Q(exposure__gte=amount),
            "exposure_to": lambda amount: Q(exposure__lte=amount),
        }
        return [make(chosen[name]) for name, make in asked.items() if chosen.get(name)]
