"""Two steps of every entry: a form, then a page that says what will be written. Nothing is kept between them but the form itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from borrowers.doors import BadRow
from borrowers.entry.fields import AmountField
from borrowers.entry.queries import days_changed
from borrowers.feeds.reasons import sentence_of
from loanwatch.lenders.models import Lender
from loanwatch.trail.queries import open_day

STEPS = ("confirmed", "change", "preview", "csrfmiddlewaretoken")


@dataclass
class Summary:
    """What the second page shows: facts as (label, value, how it is shown), sentences to think about, and a schedule where there is one."""

    title: str
    button: str
    facts: Sequence[tuple[Any, Any, str]]
    warnings: list[str] = field(default_factory=list)
    table: Any = None
    currency: str = ""
    listed: Sequence[Any] = ()


def lender_of(request: HttpRequest) -> Lender:
    """The reader's own lender; everything entered belongs to it."""
    person = request.access.person  # type: ignore[attr-defined]
    if person is None or person.lender is None:
        raise Http404
    return person.lender


def day_of(request: HttpRequest) -> date:
    """The business date on which what is entered now becomes known."""
    return open_day(lender_of(request), request.access.on)  # type: ignore[attr-defined]


def backdated(lender: Lender, since: date) -> list[str]:
    """The sentence that says which closed days an entry from `since` on changes; empty when it changes none."""
    days = days_changed(lender, since)
    n = days.count()
    if not n:
        return []
    first = days.order_by("business_date").values_list("business_date", flat=True)[0]
    sentence = ngettext(
        "%(n)s closed business day, from %(first)s on, changes “as now known”; what was known then stays as it was.",
        "%(n)s closed business days, from %(first)s on, change “as now known”; what was known then stays as it was.",
        n,
    )
    return [sentence % {"n": n, "first": first}]


def two_steps(
    request: HttpRequest,
    *,
    valid: Callable[[], bool],
    show: Callable[[int], HttpResponse],
    summary: Callable[[], Summary],
    write: Callable[[], HttpResponse],
    form: forms.Form,
) -> HttpResponse:
    """GET shows the form; POST shows it again with its faults (422), or what will be written, or, once confirmed, writes it.

    "Change" and "Preview" show the form again as it was filled in. What the door of facts refuses is a fault of `form`.
    """
    if request.method != "POST":
        return show(200)
    good = valid()
    if "change" in request.POST:
        return show(200)
    if "preview" in request.POST or not good:
        return show(200 if good else 422)
    if "confirmed" in request.POST:
        try:
            return write()
        except BadRow as fault:  # nothing was written
            form.add_error(None, _refusal(fault))
            return show(422)
    sent = [(name, value) for name, values in request.POST.lists() if name not in STEPS for value in values]
    return render(request, "borrowers/entry/confirm.html", {"summary": summary(), "sent": sent, "day": day_of(request)})


def _refusal(fault: BadRow) -> str:
    said = _("The same thing is told twice, each time otherwise.") if fault.reason == "DUPLICATE_KEY" else sentence_of(fault.reason)
    return _("%(reason)s It was given as “%(value)s”.") % {"reason": said, "value": fault.value} if fault.value else said


def facts_of(form: Any, names: Sequence[str] | None = None) -> list[tuple[Any, Any, str]]:
    """Label, value and how it is shown (day, money or text) of each field that was filled in."""
    found = []
    for name in names or list(form.fields):
        value = form.cleaned_data.get(name)
        if value not in (None, "", [], False):
            found.append((form.fields[name].label, *_shown(form, name, value)))
    return found


def _shown(form: Any, name: str, value: Any) -> tuple[Any, str]:
    if value is True:
        return _("Yes"), "text"
    if isinstance(value, date):
        return value, "day"
    if isinstance(form.fields[name], AmountField):
        return value, "money"
    choices = getattr(form.fields[name], "choices", None)
    if choices is not None and not hasattr(value, "pk"):
        return next((label for key, label in choices if str(key) == str(value)), value), "text"
    return (value.normalize() + 0 if isinstance(value, Decimal) else value), "text"
