"""Filters of the lists of findings and holds, which live in the address, and what people type about them."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from borrowers.documents.forms import ManyFilesField
from inspections.findings.models import Finding, Hold, HoldKind
from inspections.findings.rules import TO_DO
from loanwatch.people.models import BranchReach, Person

VIEWS = ("unsettled", "mine", "late", "waiting", "blocking", "verified", "all")
SORTS = {
    "due_on": ("due_on", "id"),
    "-due_on": ("-due_on", "-id"),
    "severity": ("severity", "due_on", "id"),
    "-severity": ("-severity", "due_on", "id"),
    "borrower": ("borrower__name", "due_on", "id"),
    "-borrower": ("-borrower__name", "due_on", "id"),
    "raised_on": ("raised_on", "id"),
    "-raised_on": ("-raised_on", "-id"),
}
HOLD_VIEWS = ("standing", "asked", "lifted", "all")
HOLD_SORTS = {
    "placed_on": ("placed_on", "id"),
    "-placed_on": ("-placed_on", "-id"),
    "borrower": ("borrower__name", "id"),
    "-borrower": ("-borrower__name", "-id"),
}


def below(branch: str, on: date) -> QuerySet[BranchReach, Any]:
    """Ids of the branches at or below the one with this code on `on`."""
    reach = BranchReach.objects.filter(ancestor__code=branch, from_on__lte=on).filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
    return reach.values("descendant_id")


class Filters(forms.Form):
    """What the address says; a value that makes no sense is as good as none."""

    first = ""  # the view where none is named

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that are set and understood, by name; `view` always."""
        self.is_valid()
        return {"view": self.first} | {name: value for name, value in self.cleaned_data.items() if value not in ("", None, [])}


class FindingFilters(Filters):
    first = "unsettled"
    view = forms.ChoiceField(choices=[(v, v) for v in VIEWS], required=False)
    severity = forms.MultipleChoiceField(choices=Finding.Severity.choices, required=False)
    source = forms.MultipleChoiceField(choices=Finding.Source.choices, required=False)
    branch = forms.CharField(required=False, max_length=30)
    owner = forms.IntegerField(required=False, min_value=1)
    q = forms.CharField(required=False, max_length=80)
    sort = forms.ChoiceField(choices=[(s, s) for s in SORTS], required=False)

    def narrow(self, findings: QuerySet[Finding, Any], person: Person | None, on: date) -> QuerySet[Finding, Any]:
        """The findings that fit, unordered. `mine`: those that `person` is to put right."""
        chosen = self.chosen
        for name, field in (("severity", "severity__in"), ("source", "source__in"), ("owner", "owner")):
            if name in chosen:
                findings = findings.filter(**{field: chosen[name]})
        if "branch" in chosen:
            findings = findings.filter(branch__in=below(chosen["branch"], on))
        if words := chosen.get("q"):
            said = Q(text__icontains=words) | Q(measure__icontains=words)
            findings = findings.filter(said | Q(borrower__name__icontains=words) | Q(borrower__number=words) | Q(loan__number=words))
        return self._of_view(findings, person, on)

    def _of_view(self, findings: QuerySet[Finding, Any], person: Person | None, on: date) -> QuerySet[Finding, Any]:
        unsettled = findings.exclude(state=Finding.State.VERIFIED)
        views = {
            "unsettled": unsettled,
            "mine": findings.filter(owner=person, state__in=TO_DO) if person else findings.none(),
            "late": findings.filter(state__in=TO_DO, due_on__lt=on),
            "waiting": findings.filter(state=Finding.State.REMEDIED),
            "blocking": unsettled.exclude(blocks=[]),
            "verified": findings.filter(state=Finding.State.VERIFIED),
        }
        return views.get(self.chosen["view"], findings)

    def order(self, findings: QuerySet[Finding, Any]) -> QuerySet[Finding, Any]:
        return findings.order_by(*SORTS[self.chosen.get("sort") or "due_on"])


class HoldFilters(Filters):
    first = "standing"
    view = forms.ChoiceField(choices=[(v, v) for v in HOLD_VIEWS], required=False)
    kind = forms.MultipleChoiceField(choices=HoldKind.choices, required=False)
    source = forms.ChoiceField(choices=[("finding", ""), ("hand", "")], required=False)
    q = forms.CharField(required=False, max_length=80)
    sort = forms.ChoiceField(choices=[(s, s) for s in HOLD_SORTS], required=False)

    def narrow(self, holds: QuerySet[Hold, Any], on: date) -> QuerySet[Hold, Any]:
        chosen = self.chosen
        if "kind" in chosen:
            holds = holds.filter(kind__in=chosen["kind"])
        if "source" in chosen:
            holds = holds.filter(finding__isnull=chosen["source"] == "hand")
        if words := chosen.get("q"):
            holds = holds.filter(Q(borrower__name__icontains=words) | Q(borrower__number=words))
        view = chosen["view"]
        standing = Q(Q(ends_on__isnull=True) | Q(ends_on__gte=on), state=Hold.State.STANDING)
        if view == "all":
            return holds
        if view == "lifted":
            return holds.exclude(standing)
        return holds.filter(standing, asked_by__isnull=False) if view == "asked" else holds.filter(standing)

    def order(self, holds: QuerySet[Hold, Any]) -> QuerySet[Hold, Any]:
        return holds.order_by(*HOLD_SORTS[self.chosen.get("sort") or "-placed_on"])


def day_field(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


class WideText(forms.CharField):
    """A text of a few lines."""

    widget = forms.Textarea(attrs={"rows": 3})


class KindsField(forms.MultipleChoiceField):
    """Kinds of hold as check boxes."""

    def __init__(self, **more: Any) -> None:
        super().__init__(choices=HoldKind.choices, widget=forms.CheckboxSelectMultiple(attrs={"class": "ck"}), **more)


class AnyFilesField(ManyFilesField):
    """Files that may be left out; the value is a list."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        return super().clean(data, initial) if data else []


class FindingForm(forms.Form):
    """A finding as it is raised: on the loan or the borrower that the page names, or on the one that is typed."""

    loan_number = forms.CharField(label=_("Loan"), required=False, max_length=40)
    borrower_number = forms.CharField(label=_("Borrower"), required=False, max_length=40)
    source = forms.ChoiceField(
        label=pgettext_lazy("finding", "Source"), choices=[("hand", Finding.Source.HAND.label), ("audit", Finding.Source.AUDIT.label)], required=False
    )
    severity = forms.TypedChoiceField(label=_("Severity"), choices=Finding.Severity.choices, coerce=int)
    text = WideText(label=_("What was found"), max_length=4000)
    measure = WideText(label=_("What is to be done"), max_length=4000)
    owner = forms.CharField(
        label=pgettext_lazy("finding", "Owner, by staff number"), required=False, max_length=20, help_text=_("Left empty: the account manager responsible.")
    )
    due_on = day_field(pgettext_lazy("finding", "Due on"), required=False, help_text=_("Left empty: by severity, as credit administration has set it."))
    blocking = KindsField(label=_("What the borrower does not get until it is verified"), required=False)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if "loan_number" in self.fields and bool(found.get("loan_number")) == bool(found.get("borrower_number")):
            self.add_error("loan_number", _("Name either a loan or a borrower."))
        return found


class ProposalForm(FindingForm):
    """The same for what an inspection found: the loan and the source are known."""

    loan_number = borrower_number = source = None  # type: ignore[assignment]
    reason = WideText(label=_("Why it is milder than the inspection proposes"), max_length=2000, required=False)


class RemedyForm(forms.Form):
    text = WideText(label=_("What was done"), max_length=4000)
    evidence = AnyFilesField(label=_("Photos and documents"), required=False)
    no_files = WideText(label=_("Why there is no photo or document"), max_length=2000, required=False)

    def __init__(self, *args: Any, blocking: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        self.blocking = blocking
        if not blocking:
            del self.fields["no_files"]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if self.blocking and not found.get("evidence") and not found.get("no_files", "").strip() and "evidence" not in self.errors:
            self.add_error("evidence", _("This finding blocks the borrower: add a photo or document, or say why there is none."))
        return found


class ReasonForm(forms.Form):
    reason = WideText(label=_("Reason"), max_length=2000)


class VerifyForm(forms.Form):
    text = WideText(label=_("What you saw"), max_length=4000, required=False)

    def __init__(self, *args: Any, blocking: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["text"].required = blocking


class TimeForm(forms.Form):
    until_on = day_field(_("New due date"))
    reason = WideText(label=_("Why more time is needed"), max_length=2000)


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(choices=[("agree", ""), ("refuse", "")])
    text = WideText(label=_("Your reason; needed for a refusal"), max_length=2000, required=False)


class OwnerForm(forms.Form):
    owner = forms.CharField(label=pgettext_lazy("finding", "New owner, by staff number"), max_length=20)
    reason = WideText(label=_("Why somebody else is to put it right"), max_length=2000)


class HoldForm(forms.Form):
    borrower_number = forms.CharField(label=_("Borrower"), max_length=40)
    kinds = KindsField(label=_("What the borrower does not get"))
    reason = WideText(label=_("Reason"), max_length=2000)
    ends_on = day_field(_("Last day"))


class CheckForm(forms.Form):
    """A code, and what stands on the paper beside it."""

    STATES = (("", "–"), ("free", pgettext_lazy("certificate", "Free")), ("blocked", pgettext_lazy("certificate", "Blocked")))

    code = forms.CharField(label=_("Code"), max_length=60)
    number = forms.CharField(label=_("Certificate number"), max_length=40, required=False)
    borrower = forms.CharField(label=_("Borrower number"), max_length=60, required=False)
    as_of = day_field(_("As of"), required=False)
    valid_until = day_field(_("Valid until"), required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for kind in HoldKind:
            self.fields[kind.value] = forms.ChoiceField(label=kind.label, choices=self.STATES, required=False)

    @property
    def kinds(self) -> list[Any]:
        return [self[kind.value] for kind in HoldKind]

    @property
    def printed(self) -> tuple[dict[str, str], dict[str, bool]]:
        """Figures as text, and the states that were copied; what was left empty is not compared."""
        given = self.cleaned_data
        copied = {name: given[name] for name in ("number", "borrower", "as_of", "valid_until") if given[name]}
        figures = {name: value.isoformat() if isinstance(value, date) else value for name, value in copied.items()}
        return figures, {kind: given[kind] == "blocked" for kind in HoldKind.values if given[kind]}
