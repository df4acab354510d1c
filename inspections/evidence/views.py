"""What the evidence guard noticed: the list, one flag with its judgement, and the list as a file."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from inspections.evidence import actions
from inspections.evidence.forms import STATES, FlagFilters, JudgementForm
from inspections.evidence.models import Flag
from inspections.evidence.queries import backlog, branches_of, explained, flags_seen, people_of
from loanwatch.kernel import sheets
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PAGE = 50
MOST_EXPORTED = 20_000


def flag_list(request: HttpRequest) -> HttpResponse:
    """Flags on reports that this person may read, as the address filters them, the newest on top."""
    access = request.access
    chosen = FlagFilters(request.GET).chosen
    page = Paginator(flags_seen(access, **chosen), PAGE).get_page(request.GET.get("page"))
    page.object_list = explained(page.object_list, access)
    context = {
        "page": page,
        "tabs": _tabs(request, access, chosen),
        "options": {"kind": Flag.Kind.choices, "person": people_of(access), "branch": branches_of(access)},
        "filtered": any(chosen[name] for name in ("kind", "person", "branch", "start", "end")),
        "chosen": chosen,
        "behind": backlog(access.person.lender) if access.person and access.person.lender else (0, 0),
        "query": request.GET.urlencode(),
    }
    return render(request, "inspections/evidence/list.html", context)


def _tabs(request: HttpRequest, access: Access, chosen: dict[str, Any]) -> list[dict[str, Any]]:
    query = request.GET.copy()
    query.pop("page", None)
    tabs = []
    for state, text in STATES:
        query["state"] = state
        count = flags_seen(access, state="open").count() if state == "open" else None
        tabs.append({"text": text, "url": f"?{query.urlencode()}", "current": state == (chosen["state"] or "all"), "count": count})
    return tabs


def flag(request: HttpRequest, flag_id: int) -> HttpResponse:
    """One flag: what was measured, the pictures side by side, and what people said of it; POST says what became of it."""
    access = request.access
    found = explained([get_object_or_404(flags_seen(access), pk=flag_id)], access)[0]
    form = JudgementForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.judge_flag(flag_id=found.pk, verdict=form.cleaned_data["verdict"], words=form.cleaned_data["words"], by=access)
        messages.success(request, _("Your judgement is kept."))
        return redirect("evidence:flag", found.pk)
    context = {"flag": found, "flags": [found], "form": form, "judges": access.may(Act.EVIDENCE_JUDGE)}
    return render(request, "inspections/evidence/flag.html", context, status=422 if request.method == "POST" else 200)


def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered list as CSV or XLSX, at most 20,000 lines. The trail says who took it."""
    access = request.access
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    flags = explained(flags_seen(access, **FlagFilters(request.GET).chosen)[:MOST_EXPORTED], access)
    columns = [_("Noticed on"), _("Kind"), _("What was noticed"), _("Inspection"), _("Recorded by"), _("Branch"), _("Judgement"), _("Why")]
    rows = [
        [f.noticed_on, f.get_kind_display(), f.sentence, f.visit.task.number, f.person.name, f.branch.name, f.state_words, f.last.words if f.last else ""]
        for f in flags
    ]
    record("evidence.exported", by=access, kind=kind, rows=len(rows), query=request.GET.urlencode())
    lender = access.person.lender.name if access.person and access.person.lender else ""
    head = [(_("What was noticed about inspections"), lender), (_("Made by"), str(access.person), access.on), (_("Filter"), request.GET.urlencode())]
    content = sheets.sheet(kind, head=head, columns=columns, rows=rows)
    response = HttpResponse(content, content_type=sheets.CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="evidence-{access.on.isoformat()}.{kind}"'
    return response
