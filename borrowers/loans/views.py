"""The reconciliation page: where the core system's figures are not ours."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from borrowers.loans import reconciliation
from borrowers.loans.reconciliation import ListFilters
from loanwatch.kernel import sheets
from loanwatch.trail.queries import last_closed
from loanwatch.trail.record import record

PAGE = 50
MOST_EXPORTED = 100_000


def differences(request: HttpRequest) -> HttpResponse:
    """The differences that the address asks for, of one close."""
    access, lender = request.access, _lender(request)
    rows = reconciliation.visible(access, lender)
    closed = last_closed(lender)
    filters = ListFilters.of(request.GET, closed)
    found = filters.apply(rows)
    context: dict[str, Any] = {
        "filters": filters,
        "closed": closed,
        "ever": rows.exists(),
        "compared": reconciliation.compared(access, lender),
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "sums": reconciliation.sums(found),
        "options": reconciliation.choices(rows, filters.as_of) | {"least": [(s, s) for s in reconciliation.SIZES]},
        "query": request.GET.urlencode(),
    }
    return render(request, "borrowers/loans/reconciliation.html", context)


def differences_export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered differences as CSV or XLSX, with the filters in the first rows. Told to the audit trail."""
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    access, lender = request.access, _lender(request)
    filters = ListFilters.of(request.GET, last_closed(lender))
    if filters.as_of is None:
        raise Http404
    rows = [
        (d.loan.number, str(d.loan.borrower), d.loan.branch.name, d.loan.product.name, d.loan.currency, d.get_figure_display(), d.delivered, d.computed, d.size)
        for d in filters.apply(reconciliation.visible(access, lender))[:MOST_EXPORTED]
    ]
    columns = [_("Loan"), _("Borrower"), _("Branch"), _("Product"), _("Currency"), _("Figure"), _("Delivered"), _("Computed"), _("Difference")]
    head = [(_("Reconciliation with the core system"), lender.name), (_("Data as of"), filters.as_of), (_("Made by"), str(access.person), access.on)]
    head += [(_("Filter"), name, str(value)) for name, value in filters.set.items()]
    record("reconciliation.exported", by=access, rows=len(rows), kind=kind, filters=request.GET.urlencode())
    answer = HttpResponse(sheets.sheet(kind, head=head, columns=columns, rows=rows), content_type=sheets.CONTENT_TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="reconciliation-{filters.as_of}.{kind}"'
    return answer


def _lender(request: HttpRequest) -> Any:
    person = request.access.person
    if person is None or person.lender is None:
        raise Http404
    return person.lender
