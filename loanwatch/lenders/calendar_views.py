"""Pages of the national calendars and of the terms of products; both change under four eyes."""

from calendar import Calendar
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from loanwatch.lenders import calendar_changes as changes
from loanwatch.lenders import terms as acts
from loanwatch.lenders.calendar_forms import ChangeForm, ReasonForm, TermsForm
from loanwatch.lenders.models import CalendarChange, DayException, Product, ProductTerms
from loanwatch.lenders.queries import calendar_kind, product_terms
from loanwatch.lenders.views import _person, reader_lender
from loanwatch.people.policy import Act

FIRST, LAST = 2000, 2100
WEEKS = Calendar(firstweekday=0)


# Calendars -----------------------------------------------------------------------------------------------------------------------


def calendar_home(request: HttpRequest) -> HttpResponse:
    """The calendar that the lender keeps, in the year of today."""
    kind = calendar_kind(reader_lender(request), request.access.on)
    return redirect("lenders:calendar", kind if kind in changes.NATIONAL else changes.NATIONAL[0], request.access.on.year)


def calendar(request: HttpRequest, calendar: str, year: int) -> HttpResponse:
    """One year of a national calendar: holidays, substitute holidays and make-up workdays."""
    if calendar not in changes.NATIONAL or not FIRST <= year <= LAST:
        raise Http404
    return _show(request, calendar, year)


def _show(request: HttpRequest, calendar: str, year: int, form: ChangeForm | None = None) -> HttpResponse:
    access = request.access
    rows = list(DayException.objects.filter(calendar=calendar, on__year=year).order_by("on"))
    waiting = [_line(request, c) for c in changes.waiting(calendar)]
    decided = [_line(request, c) for c in CalendarChange.objects.filter(calendar=calendar, decided_at__isnull=False)[:10]]
    may_propose = access.may(Act.CALENDAR_PROPOSE)
    if form is None and may_propose and not waiting:
        form = ChangeForm(table={})
    context = {
        "weekdays": _weekdays(), "calendar": calendar, "year": year, "months": _months(year, {r.on: r for r in rows}, access.on),
        "rows": [(r, kind_of(r)) for r in rows], "waiting": waiting, "decided": decided, "form": form,
        "tabs": [{"text": _country(k), "url": _url(k, year), "current": k == calendar, "count": None} for k in changes.NATIONAL],
        "taken": changes.last_taken(calendar), "kept": calendar_kind(reader_lender(request), access.on) == calendar, "country": _country(calendar),
        "holidays": sum(1 for r in rows if not r.is_business), "workdays": sum(1 for r in rows if r.is_business),
    }  # fmt: skip
    return render(request, "lenders/calendar.html", context, status=422 if form is not None and form.is_bound else 200)


def _url(calendar: str, year: int) -> str:
    return reverse("lenders:calendar", args=[calendar, year])


def _country(calendar: str) -> str:
    return _("China") if calendar == "CN" else _("Korea")


def kind_of(row: DayException) -> str:
    """workday for a make-up workday, substitute for a holiday that stands in for another day, else holiday."""
    if row.is_business:
        return "workday"
    words = row.name.lower()
    return "substitute" if "substitut" in words or "alternative" in words or "대체" in row.name or "调休" in row.name else "holiday"


def _weekdays() -> list[str]:
    """Monday to Sunday in one or two signs."""
    names, language = [str(WEEKDAYS_ABBR[n]) for n in range(7)], get_language() or "en"
    return [name[-1] if language.startswith("zh") else name[:1] if language.startswith("ko") else name[:2] for name in names]


def _months(year: int, table: dict[date, DayException], today: date) -> list[dict[str, Any]]:
    def cell(month: int, on: date) -> dict[str, Any] | None:
        if on.month != month:
            return None
        row = table.get(on)
        return {"on": on, "kind": kind_of(row) if row else ("weekend" if on.weekday() > 4 else ""), "name": row.name if row else "", "today": on == today}

    return [
        {"first": date(year, m, 1), "weeks": [[cell(m, on) for on in week] for week in WEEKS.monthdatescalendar(year, m)]} for m in range(1, 13)
    ]


def _line(request: HttpRequest, change: CalendarChange) -> dict[str, Any]:
    return {
        "change": change, "days": changes.days_of(change), "proposed_by": _person(change.proposed_by),
        "approved_by": _person(change.approved_by), "may_approve": request.access.may(Act.CALENDAR_APPROVE, change),
    }  # fmt: skip


def calendar_propose(request: HttpRequest, calendar: str, year: int) -> HttpResponse:
    """Propose days of a calendar."""
    if calendar not in changes.NATIONAL or not FIRST <= year <= LAST:
        raise Http404
    form = ChangeForm(request.POST, table=dict(DayException.objects.filter(calendar=calendar).values_list("on", "is_business")))
    if not form.is_valid():
        return _show(request, calendar, year, form)
    made = changes.propose(by=request.access, calendar=calendar, **form.cleaned_data)
    messages.success(request, _("Proposed. It is written to the calendar when another credit administrator has approved it."))
    return redirect("lenders:calendar_change", made.pk)


def calendar_change(request: HttpRequest, change_id: int) -> HttpResponse:
    """One change with what it moves, and its decision."""
    found = get_object_or_404(CalendarChange, pk=change_id)
    context = _line(request, found) | {
        "moves": changes.moves(reader_lender(request), found) if found.decided_at is None else None,
        "form": ReasonForm(), "may_propose": request.access.may(Act.CALENDAR_PROPOSE), "country": _country(found.calendar),
    }  # fmt: skip
    return render(request, "lenders/calendar_change.html", context)


def calendar_approve(request: HttpRequest, change_id: int) -> HttpResponse:
    """Approve what another person proposed: the days are written."""
    found = get_object_or_404(CalendarChange, pk=change_id)
    changes.approve(by=request.access, change=found)
    messages.success(request, _("Approved. The calendar has changed."))
    return redirect("lenders:calendar_change", found.pk)


def calendar_reject(request: HttpRequest, change_id: int) -> HttpResponse:
    """Decline a change, or take one's own back, with a reason."""
    found = get_object_or_404(CalendarChange, pk=change_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        changes.reject(by=request.access, change=found, reason=form.cleaned_data["reason"])
        messages.success(request, _("Rejected. The calendar stays as it is."))
        return redirect("lenders:calendar_change", found.pk)
    context = _line(request, found) | {"moves": None, "form": form, "may_propose": True, "country": _country(found.calendar)}
    return render(request, "lenders/calendar_change.html", context, status=422)


# Terms of products ---------------------------------------------------------------------------------------------------------------


def terms(request: HttpRequest, product_id: int) -> HttpResponse:
    """How demands of a product count: all terms with who proposed and who approved each."""
    return _show_terms(request, _product(request, product_id))


def _product(request: HttpRequest, product_id: int) -> Product:
    return get_object_or_404(Product, lender=reader_lender(request), pk=product_id)


def _show_terms(request: HttpRequest, product: Product, form: TermsForm | None = None, reason: ReasonForm | None = None) -> HttpResponse:
    access = request.access
    now = product_terms(product, access.on)
    lines = [
        {
            "terms": t, "proposed_by": _person(t.proposed_by), "approved_by": _person(t.approved_by),
            "waits": bool(t.proposed_by) and not t.approved_by, "current": t.pk == now.pk, "may_approve": access.may(Act.TERMS_APPROVE, t),
            "amount": Decimal(t.materiality_minor) / 100,
        }
        for t in ProductTerms.objects.filter(product=product)
    ]  # fmt: skip
    waits = any(line["waits"] for line in lines)
    if form is None and not waits:
        form = TermsForm(today=access.on, initial={"valid_from": access.on, **_values(now)})
    context = {"product": product, "lines": lines, "form": form, "waits": waits, "now": now, "reason_form": reason or ReasonForm()}
    faulty = any(f is not None and f.is_bound for f in (form, reason))
    return render(request, "lenders/terms.html", context, status=422 if faulty else 200)


def _values(terms: ProductTerms) -> dict[str, Any]:
    return {name: getattr(terms, name) for name in acts.VALUES}


def terms_propose(request: HttpRequest, product_id: int) -> HttpResponse:
    """Propose terms from a day on."""
    product = _product(request, product_id)
    form = TermsForm(request.POST, today=request.access.on)
    if not form.is_valid():
        return _show_terms(request, product, form)
    acts.propose_terms(by=request.access, product=product, **form.cleaned_data)
    messages.success(request, _("Proposed. They come into force when another credit administrator has approved them."))
    return redirect("lenders:terms", product.pk)


def _terms(request: HttpRequest, terms_id: int) -> ProductTerms:
    return get_object_or_404(ProductTerms.objects.select_related("product"), product__lender=reader_lender(request), pk=terms_id)


def terms_approve(request: HttpRequest, terms_id: int) -> HttpResponse:
    """Approve terms that another person proposed."""
    found = _terms(request, terms_id)
    acts.approve_terms(by=request.access, terms=found)
    messages.success(request, _("Approved. They are in force from their day."))
    return redirect("lenders:terms", found.product_id)


def terms_withdraw(request: HttpRequest, terms_id: int) -> HttpResponse:
    """Take proposed terms back, or decline them, with a reason."""
    found = _terms(request, terms_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _show_terms(request, found.product, reason=form)
    acts.withdraw_terms(by=request.access, terms=found, reason=form.cleaned_data["reason"])
    messages.success(request, _("Withdrawn. The terms in force stay."))
    return redirect("lenders:terms", found.product_id)
