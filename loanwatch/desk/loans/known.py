"""The time machine of one loan: how it stood on a day, told from what was known on another, beside what is known now."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from alerts.observation.differences import FIGURES, Cause, Difference, differences
from alerts.observation.standing import told
from borrowers.loans import replay
from borrowers.loans.models import CountingPause, Loan, LoanEvent
from loanwatch.desk import formats
from loanwatch.desk.closes import closes, frame
from loanwatch.lenders.models import ProductTerms

MOST_SHOWN = 60  # differences; all of them are counted
NAMES = {
    "days_past_due": gettext_lazy("Days past due"),
    "principal_days_past_due": gettext_lazy("Principal, days past due"),
    "interest_days_past_due": gettext_lazy("Interest, days past due"),
    "outstanding": gettext_lazy("Outstanding balance"),
    "overdue_principal": gettext_lazy("Overdue principal"),
    "overdue_interest": gettext_lazy("Overdue interest"),
    "oldest_unpaid_on": gettext_lazy("Oldest unpaid due date"),
    "next_due_on": gettext_lazy("Next due date"),
}
MASTER = {
    "principal": gettext_lazy("Amount"),
    "rate": gettext_lazy("Interest rate, % a year"),
    "matures_on": gettext_lazy("Maturity date"),
    "purpose": gettext_lazy("Purpose"),
    "product": gettext_lazy("Product"),
    "branch": gettext_lazy("Branch"),
    "facility": gettext_lazy("Facility"),
    "ltv_agreed": gettext_lazy("Agreed loan-to-value"),
}
AMOUNTS = {"outstanding", "overdue_principal", "overdue_interest", "principal"}
DATES = {"oldest_unpaid_on", "next_due_on", "matures_on"}
NUMBERS = {"rate", "ltv_agreed"}
DAYS = {"paid_on", "known_from", "on", "from_on", "to_on", "matures_on", "due_on", "counts_from"}  # of the rows of lists


class KnownForm(forms.Form):
    """Two days, neither later than today: the one the loan is shown for, and the one of our knowledge."""

    as_of = forms.DateField(
        label=gettext_lazy("Shown for"),
        help_text=gettext_lazy("What had happened by the end of this day counts."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    known_on = forms.DateField(
        label=gettext_lazy("As known on"),
        help_text=gettext_lazy("What we had been told by the end of this day counts."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for name in ("as_of", "known_on"):
            if found.get(name) and found[name] > self.today:
                self.add_error(name, _("This day has not come yet."))
        return found


def loan_known(request: HttpRequest, number: str) -> HttpResponse:
    """One loan on `?as_of=` as known on `?known_on=`, beside the same day as known today, with the closes that differ."""
    access = request.access
    loans = Loan.objects.visible_to(access).select_related("borrower", "product", "branch", "lender", "facility")
    loan = get_object_or_404(loans, number=number)
    last = closes(request).last or access.on
    asked = request.GET.get("as_of") or last.isoformat()
    form = KnownForm({"as_of": asked, "known_on": request.GET.get("known_on") or asked}, today=access.on)
    context = frame(request) | {"loan": loan, "form": form, "today": access.on}
    if form.is_valid():
        context |= _answer(loan, form.cleaned_data["as_of"], form.cleaned_data["known_on"], access.on)
    return render(request, "desk/loans/known.html", context, status=200 if form.is_valid() else 422)


def _answer(loan: Loan, as_of: date, known_on: date, today: date) -> dict[str, Any]:
    history = replay.read(loan)
    found = {"as_of": as_of, "known_on": known_on, "unknown": loan.known_from > known_on}
    if found["unknown"]:
        return found
    then, now = told(history, as_of, known_on), told(history, as_of, today)
    listed = differences(history, today)
    return found | {
        "then": then,
        "now": now,
        "standing": [_pair(name, label, then, now, loan.currency) for name, label in NAMES.items()],
        "master": _master(then["loan"], now["loan"], loan.currency),
        "counting": _counting(then["counting"]),
        "repayments": _marked(then["repayments"], now["repayments"], "seq"),
        "events": [_event(line) for line in _marked(then["events"], now["events"], "kind", "on")],
        "pauses": _marked(then["pauses"], now["pauses"], "from_on"),
        "positions": list(map(_dated, then["positions"])),
        "version": (then["schedule"] or {}).get("version"),
        "version_now": (now["schedule"] or {}).get("version"),
        "instalments": list(map(_dated, (then["schedule"] or {}).get("instalments", []))),
        "differences": [_difference(d, loan.currency) for d in listed[:MOST_SHOWN]],
        "differing": len(listed),
        "figures": [NAMES[name] for name in FIGURES],
    }


def _pair(name: str, label: Any, then: dict[str, Any], now: dict[str, Any], currency: str) -> dict[str, Any]:
    return {
        "label": label,
        "then": _shown(name, then[name], currency),
        "now": _shown(name, now[name], currency),
        "changed": then[name] != now[name],
    }


def _master(then: dict[str, Any], now: dict[str, Any], currency: str) -> list[dict[str, Any]]:
    borrower = {"label": _("Borrower"), "then": then["borrower"]["name"], "now": now["borrower"]["name"], "changed": then["borrower"] != now["borrower"]}
    return [borrower, *(_pair(name, label, then, now, currency) for name, label in MASTER.items())]


def _shown(name: str, value: Any, currency: str) -> str:
    """A value of the answer as people read it."""
    if value is None or value == "":
        return "–"
    if name in AMOUNTS:
        return formats.money(value, currency)
    if name in DATES:
        return formats.day(date.fromisoformat(value), get_language())
    if name in NUMBERS:
        return f"{Decimal(value).normalize():f}"
    return str(value)


def _counting(found: dict[str, Any]) -> dict[str, Any]:
    words = {"fee": _("fees"), "interest": _("interest"), "principal": _("principal")}
    return found | {
        "convention": ProductTerms.Convention(found["convention"]).label,
        "first": words[found["order"][0]], "second": words[found["order"][1]], "third": words[found["order"][2]],
    }  # fmt: skip


def _marked(then: list[dict[str, Any]], now: list[dict[str, Any]], *key: str) -> list[dict[str, Any]]:
    """The rows known then and those known now, each with what became of it: same, changed, later (not known then) or gone."""
    old = {tuple(row[name] for name in key): row for row in then}
    new = {tuple(row[name] for name in key): row for row in now}
    found = []
    for place, row in {**old, **new}.items():
        mark = "later" if place not in old else "gone" if place not in new else "same" if old[place] == row else "changed"
        found.append({**_dated(old.get(place) or row), "mark": mark})
    return found


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    return {name: date.fromisoformat(value) if name in DAYS and value else value for name, value in row.items()}


def _event(line: dict[str, Any]) -> dict[str, Any]:
    return {**line, "what": LoanEvent.Kind(line["kind"]).label}


def _difference(found: Difference, currency: str) -> dict[str, Any]:
    """One close: for each figure then, now and whether they differ; `left` where the loan was not on the book by what we know now."""
    figures = [
        {
            "label": NAMES[name],
            "then": _shown(name, found.then[name], currency),
            "now": _shown(name, found.now[name], currency) if found.now else "–",
            "changed": name in found.changed,
        }
        for name in FIGURES
    ]
    return {"as_of": found.as_of, "figures": figures, "left": found.now is None, "causes": [_cause(c, currency) for c in found.causes]}


def _cause(cause: Cause, currency: str) -> dict[str, Any]:
    """A fact that became known later, in words: what, of which day, known since when."""
    fact = cause.fact
    if cause.kind in {"repayment", "reversal"}:
        amount = formats.money(abs(fact.amount), currency)
        what = _("Repayment of %(amount)s") if cause.kind == "repayment" else _("Repayment of %(amount)s taken back")
        text = what % {"amount": amount}
    elif cause.kind == "schedule":
        text = _("Repayment schedule, version %(version)s") % {"version": fact.version}
    elif isinstance(fact, LoanEvent):
        what = _("%(event)s withdrawn") if fact.withdrawn else "%(event)s"
        text = what % {"event": fact.get_kind_display()}
    elif isinstance(fact, CountingPause):
        text = _("Pause of counting withdrawn") if fact.withdrawn else _("Pause of counting: %(reason)s") % {"reason": fact.reason}
    else:
        text = _("Position of the core system, corrected")
    return {"text": text, "on": cause.on, "known_from": cause.known_from}
