"""Pages of loans: list, file, one loan from all sides; and the search."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from alerts.observation.models import RiskClass
from alerts.observation.queries import BUCKETS
from alerts.signals.models import Alert, Level
from borrowers.classes.actions import class_in_force
from borrowers.loans.models import Custody, Loan
from inspections.deadlines import queries as deadlines
from inspections.findings import hold_queries as findings
from inspections.planning import queries as planning
from inspections.planning.models import Task
from inspections.visits import queries as visits
from loanwatch.desk import formats
from loanwatch.desk.addresses import address
from loanwatch.desk.closes import closes, frame
from loanwatch.desk.loans import around, queries, story
from loanwatch.desk.loans.forms import LoanFilters
from loanwatch.kernel import sheets
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PAGE = 50
MOST_EXPORTED = 100_000
MONTHS = 25  # closes in the charts of one loan: these months and the newest days
NEWEST = 6


def loan_list(request: HttpRequest) -> HttpResponse:
    """The loans that the address asks for, at one close."""
    access, lender, known = request.access, request.access.person.lender, closes(request)
    as_of = known.chosen(request.GET.get("as_of"))
    context = frame(request)
    if as_of is None:
        return render(request, "desk/loans/list.html", context | {"as_of": None})
    filters = LoanFilters.of(request.GET, as_of, known.closed)
    rows = filters.apply(queries.observations(access, lender))
    totals = queries.totals(rows)
    paginator = Paginator(rows, PAGE)
    paginator.count = sum(line["loans"] for line in totals)  # counted already, with the amounts
    context |= {
        "as_of": filters.shown_as_of,
        "filters": filters,
        "page": paginator.get_page(request.GET.get("page")),
        "totals": totals,
        "one_currency": totals[0]["currency"] if len(totals) == 1 else "",
        "options": queries.choices(access, lender, as_of) | _fixed_options(known.offered()),
        "rolled": [queries.bucket_label(b) for b in (filters.rolled_from, filters.rolled_to) if b],
        "query": request.GET.urlencode(),
    }
    return render(request, "desk/loans/list.html", context)


def _fixed_options(days: list[date]) -> dict[str, list[tuple[str, str]]]:
    return {
        "bucket": [(b, queries.bucket_label(b)) for b in BUCKETS],
        "risk_class": [(value, str(label)) for value, label in RiskClass.choices],
        "as_of": [(d.isoformat(), formats.day(d, get_language())) for d in days],
    }


def loan_export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered loans as CSV or XLSX, with the filters and the data date in the first rows. Told to the audit trail."""
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    access, lender, known = request.access, request.access.person.lender, closes(request)
    as_of = known.chosen(request.GET.get("as_of"))
    if as_of is None:
        raise Http404
    filters = LoanFilters.of(request.GET, as_of, known.closed)
    found = filters.apply(queries.observations(access, lender))[:MOST_EXPORTED]
    rows = [
        (d.loan.number, str(d.loan.borrower), d.branch.name, d.product.name, d.manager.name if d.manager else "", d.currency, d.outstanding,
         d.overdue_principal, d.overdue_interest, d.days_past_due, d.get_risk_class_display(), d.loan.disbursed_on, d.loan.matures_on)
        for d in found
    ]  # fmt: skip
    columns = [_("Loan"), _("Borrower"), _("Branch"), _("Product"), _("Manager"), _("Currency"), _("Outstanding"), _("Overdue principal"),
               _("Overdue interest"), _("Days past due"), _("Class"), _("Disbursed on"), _("Matures on")]  # fmt: skip
    head = [(_("Loans"), lender.name), (_("Data as of"), filters.shown_as_of), (_("Made by"), str(access.person), access.on)]
    head += [(_("Filter"), name, ", ".join(map(str, v)) if isinstance(v, list) else str(v)) for name, v in filters.set.items()]
    record("loans.exported", by=access, rows=len(rows), kind=kind, filters=request.GET.urlencode())
    answer = HttpResponse(sheets.sheet(kind, head=head, columns=columns, rows=rows), content_type=sheets.CONTENT_TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="loans-{filters.shown_as_of}.{kind}"'
    return answer


# --- one loan --------------------------------------------------------------------------------------------------------------


def loan_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One loan from all sides; `?tab=` opens one of its sections."""
    access = request.access
    loan = get_object_or_404(Loan.objects.visible_to(access).select_related("borrower", "product", "branch", "lender", "facility"), number=number)
    known = closes(request)
    days = _chart_days(known.closed, known.month_ends(known.last, MONTHS) if known.last else [])
    history = queries.history(loan, days)
    day = history[-1] if history and history[-1].as_of == known.last else None
    alerts = queries.alerts(loan, access)
    tab = request.GET.get("tab", "")
    sections = {"": _overview, "repayment": _repayment, "alerts": _alerts, "inspections": _inspections, "collateral": _collateral,
                "funds": _funds, "covenants": _covenants}  # fmt: skip
    make = sections.get(tab, _overview)
    custody = queries.custody(loan)
    context = frame(request) | {
        "loan": loan,
        "day": day,
        "gone": history[-1] if history and day is None else None,
        "overdue": (day.overdue_principal or 0) + (day.overdue_interest or 0) if day and day.overdue_principal is not None else None,
        "lead": next((c.person for c in custody if c.capacity == Custody.Capacity.LEAD and c.to_on is None), None),
        "red": sum(1 for a in alerts if a.level == Level.RED and a.state != Alert.State.CLOSED),
        "open_alerts": [a for a in alerts if a.state != Alert.State.CLOSED],
        "today": access.on,
        "tab": tab if tab in sections else "",
        "tabs": _tabs(tab, alerts),
        "may_see_rules": access.may(Act.RULE_SEE),
    }
    context |= make(access, loan, {"alerts": alerts, "history": history, "custody": custody, "as_of": known.last or access.on})
    return render(request, "desk/loans/loan.html", context)


def _chart_days(closed: tuple[date, ...], month_ends: list[date]) -> list[date]:
    return sorted({*closed[:NEWEST], *month_ends})


def _tabs(tab: str, alerts: list[Alert]) -> list[dict[str, Any]]:
    names = [("", _("Overview"), None), ("repayment", _("Repayment"), None), ("alerts", _("Alerts"), len(alerts)),
             ("inspections", _("Inspections"), None), ("collateral", _("Collateral and guarantees"), None),
             ("funds", _("Use of funds"), None), ("covenants", _("Covenants"), None)]  # fmt: skip
    return [{"text": text, "url": f"?tab={name}" if name else "?", "current": name == tab, "count": count} for name, text, count in names]


def _overview(access: Any, loan: Loan, found: dict[str, Any]) -> dict[str, Any]:
    instalments = queries.schedule(loan)
    lines = queries.settle(instalments, queries.paid_minor(loan), found["as_of"]) if instalments else []
    tasks = list(planning.for_loan(access, loan)[:20])
    shown = list(visits.for_loan(access, loan)[:20])
    return {
        "template": "desk/loans/_overview.html",
        "schedule": story.schedule_chart(lines, loan.currency, found["as_of"]),
        "late_lines": [line for line in lines if line["state"] == "late"],
        "next_due": next((line for line in lines if line["state"] in {"due", "part"}), None),
        "late": story.late_chart(found["history"]),
        "ltv": story.ltv_chart(found["history"]),
        "tasks": [t for t in tasks if t.closed_on is None],
        "task_url": address("inspections:tasks"),
        "timeline": story.timeline(queries.events(loan, access.on), found["alerts"], found["custody"], queries.proposals(loan), shown),
        "custody": found["custody"],
        "deadlines": deadlines.for_loan(access, loan),
        "amiss": findings.beside(access, loan.borrower, loan),
    }


def _repayment(access: Any, loan: Loan, found: dict[str, Any]) -> dict[str, Any]:
    instalments, paid = queries.schedule(loan), queries.repayments(loan)
    lines = queries.settle(instalments, paid[0].cum_paid_minor if paid else 0, found["as_of"]) if instalments else []
    return {
        "template": "desk/loans/_repayment.html",
        "schedule": story.schedule_chart(lines, loan.currency, found["as_of"]),
        "lines": lines,
        "repayments": paid,
        "history": found["history"][::-1],
    }


def _alerts(access: Any, loan: Loan, found: dict[str, Any]) -> dict[str, Any]:
    return {"template": "desk/loans/_alerts.html", "alerts": found["alerts"], "proposals": queries.proposals(loan), "in_force": class_in_force(loan)}


def _inspections(access: Any, loan: Loan, found: dict[str, Any]) -> dict[str, Any]:
    shown = list(visits.for_loan(access, loan))
    for visit in shown:
        visit.url = address("visits:detail", visit.pk)
    return {
        "template": "desk/loans/_inspections.html",
        "tasks": list(planning.for_loan(access, loan)),
        "visits": shown,
        "done": Task.State.DONE,
    }


def _funds(access: Any, loan: Loan, found: dict[str, Any]) -> dict[str, Any]:
    return {"template": "desk/loans/_funds.html", **around.use_of_funds(loan, access.on)}


def _covenants(access: Any, loan: Loan, found: dict[str, Any]) -> dict[str, Any]:
    return {
        "template": "desk/loans/_covenants.html",
        "covenants": around.covenants(loan, access.on),
        "pauses": around.pauses(loan, access.on),
        "conditions": [line for line in (loan.facility.conditions if loan.facility else "").splitlines() if line.strip()],
    }


def _collateral(access: Any, loan: Loan, found: dict[str, Any]) -> dict[str, Any]:
    items = queries.collateral(loan, access.on)
    keys = [line["item"].pk for line in items]
    shared = around.shared_items(keys, loan, access.on, access)
    return {
        "template": "desk/loans/_collateral.html",
        "items": [line | {"shared": shared.get(line["item"].pk, [])} for line in items],
        "guarantees": queries.guarantees(loan, access.on),
        **around.safeguards(keys, access.on),
        "ltv": story.ltv_chart(found["history"]),
    }


# --- search ----------------------------------------------------------------------------------------------------------------


def search(request: HttpRequest) -> HttpResponse:
    """Loans, borrowers and alerts in sight by number or name."""
    q = request.GET.get("q", "").strip()[:80]
    found = queries.search(request.access, q)
    return render(request, "desk/loans/search.html", frame(request) | {"q": q, "found": found, "hits": sum(map(len, found.values()))})
