"""The work list of class proposals with its detail beside it, one proposal as a page, decisions one by one and many at once."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts.classification.actions import confirm_many, decide, responsible_for
from alerts.classification.forms import DEFAULT_SORT, DecideForm, ManyForm, ProposalFilters
from alerts.classification.models import ClassProposal
from alerts.classification.queries import choices, evidence, visible, waiting
from alerts.observation.models import RiskClass
from loanwatch.kernel import sheets
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PAGE = 50
MOST_EXPORTED = 50_000
WAITS = (11, 21, 31)  # more than 10, 20, 30 days: the levels of indicator PRC-12


def proposal_list(request: HttpRequest) -> HttpResponse:
    """The list as the address filters it, those that have waited longest first; `?proposal=` stands beside it."""
    filters = ProposalFilters(request.GET)
    page = Paginator(filters.apply(visible(request.access), request.access.on), PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    chosen = next((p for p in rows if str(p.pk) == request.GET.get("proposal")), rows[0] if rows else None)
    return render(
        request, "alerts/classification/list.html", _list(request, filters, page, rows) | (_detail(request, chosen) if chosen else {})
    )


def _list(request: HttpRequest, filters: ProposalFilters, page: Any, rows: list[ClassProposal]) -> dict[str, Any]:
    access, state = request.access, filters.chosen["state"]
    count = waiting(access)
    tabs = [
        {
            "text": label,
            "url": f"?state={value}",
            "current": value == state,
            "count": count if value == ClassProposal.State.PROPOSED else None,
        }
        for value, label in ClassProposal.State.choices
    ]
    for row in rows:
        row.waited = ((row.decided_on or access.on) - row.as_of).days
    offered = choices(access, state) | {
        "class": [(value, str(label)) for value, label in RiskClass.choices],
        "waiting": [(str(n), _("More than %(n)d days") % {"n": n - 1}) for n in WAITS],
    }
    may = access.may(Act.CLASS_CONFIRM) and state == ClassProposal.State.PROPOSED
    return {
        "page": page, "rows": rows, "tabs": tabs, "state": state, "may_decide": may, "options": offered, "narrowed": filters.narrows,
        "query": request.GET.urlencode(), "default_sort": DEFAULT_SORT, "worn": WAITS,
    }  # fmt: skip


def _detail(request: HttpRequest, proposal: ClassProposal, form: DecideForm | None = None) -> dict[str, Any]:
    own = responsible_for(proposal.loan, request.access)
    waits = proposal.state == ClassProposal.State.PROPOSED
    return {
        "proposal": proposal,
        "evidence": evidence(proposal, request.access),
        "form": form or DecideForm(),
        "own": own and waits and request.access.may(Act.CLASS_CONFIRM),
        "decides": waits and not own and request.access.may(Act.CLASS_CONFIRM),
    }


def pane(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal beside the list."""
    found = get_object_or_404(visible(request.access), pk=pk)
    return render(request, "alerts/classification/_pane.html", _detail(request, found) | {"swapped": True})


def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal as a page; POST confirms or overrules it."""
    found = get_object_or_404(visible(request.access), pk=pk)
    if request.method != "POST":
        return render(request, "alerts/classification/proposal.html", _detail(request, found))
    form = DecideForm(request.POST)
    if not form.is_valid():
        return render(request, "alerts/classification/proposal.html", _detail(request, found, form), status=422)
    try:
        made = decide(
            proposal_id=pk, by=request.access, agrees=form.cleaned_data["decision"] == "confirm", reason=form.cleaned_data["reason"]
        )
    except ClassProposal.DoesNotExist:
        raise Http404 from None
    parts = {"loan": made.loan.number, "class": made.get_new_class_display()}
    if made.state == ClassProposal.State.CONFIRMED:
        messages.success(request, _("%(loan)s: class “%(class)s” confirmed.") % parts)
    else:
        messages.success(request, _("%(loan)s: proposed class “%(class)s” overruled.") % parts)
    return redirect("classification:list")


def confirm_chosen(request: HttpRequest) -> HttpResponse:
    """Confirm the ticked proposals, each by itself, and show what became of each."""
    form = ManyForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("Tick the proposals that you confirm."))
        return redirect("classification:list")
    results = confirm_many(proposal_ids=form.cleaned_data["proposal"], by=request.access)
    failed = [result for result in results if result.fault]
    done = len(results) - len(failed)
    if not failed:
        messages.success(request, ngettext("%(n)d class confirmed.", "%(n)d classes confirmed.", done) % {"n": done})
        return redirect("classification:list")
    context = {"results": results, "done": done, "failed": len(failed)}
    return render(request, "alerts/classification/outcomes.html", context)


def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered proposals as CSV or XLSX. Told to the audit trail."""
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    access = request.access
    filters = ProposalFilters(request.GET)
    found = filters.apply(visible(access), access.on)[:MOST_EXPORTED]
    rows = [
        (p.loan.number, str(p.loan.borrower), p.loan.branch.name, p.loan.product.name, p.manager_name or "", p.get_old_class_display(),
         p.get_new_class_display(), p.before_days_past_due, p.days_past_due, p.as_of, ((p.decided_on or access.on) - p.as_of).days,
         p.get_state_display(), str(p.decided_by or ""), p.decided_on, p.reason)
        for p in found
    ]  # fmt: skip
    columns = [_("Loan"), _("Borrower"), _("Branch"), _("Product"), _("Manager"), _("Class so far"), _("Proposed class"),
               _("Days past due at the close before"), _("Days past due"), _("Proposed on"), _("Days waiting"), _("State"), _("Decided by"),
               _("Decided on"), _("Reason")]  # fmt: skip
    head = [
        (_("Class proposals"), access.person.lender.name if access.person and access.person.lender else ""),
        (_("Made by"), str(access.person), access.on),
    ]
    head += [(_("Filter"), name, str(value)) for name, value in filters.chosen.items()]
    record("class_proposals.exported", by=access, rows=len(rows), kind=kind, filters=request.GET.urlencode())
    answer = HttpResponse(sheets.sheet(kind, head=head, columns=columns, rows=rows), content_type=sheets.CONTENT_TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="class-proposals-{access.on}.{kind}"'
    return answer
