"""Pages of agreement: two views compared by manager, checkpoint, officer, branch, form or month, and signs of a rubber stamp."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from inspections.agreement import rules
from inspections.agreement.forms import PERIODS, USUAL, Filters, WorkFilters
from inspections.agreement.queries import grouped, lines, officers, results, whole
from inspections.four_eyes.models import Verification
from inspections.planning.models import Kind
from loanwatch.kernel import sheets
from loanwatch.people.access import Access
from loanwatch.people.models import Branch
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PAGE = 50
MOST_EXPORTED = 20_000
TABS = {
    "manager": pgettext_lazy("statistics of agreement", "By manager"), "checkpoint": pgettext_lazy("statistics of agreement", "By checkpoint"),
    "officer": pgettext_lazy("statistics of agreement", "By officer"), "branch": pgettext_lazy("statistics of agreement", "By branch"),
    "template": pgettext_lazy("statistics of agreement", "By form"), "month": pgettext_lazy("statistics of agreement", "By month"),
}  # fmt: skip
HEADS = {
    "manager": gettext_lazy("Account manager"), "checkpoint": gettext_lazy("Checkpoint"), "officer": gettext_lazy("Risk officer"),
    "branch": gettext_lazy("Branch"), "template": gettext_lazy("Form"), "month": gettext_lazy("Month"),
}  # fmt: skip
SIGNS = {
    "all_same": gettext_lazy("Nearly every check agrees in every point"),
    "hurried": gettext_lazy("Few seconds for a point"),
    "at_once": gettext_lazy("Confirmed minutes after handing in"),
    "one_pair": gettext_lazy("Nearly always the same pair"),
    "not_gone": gettext_lazy("Own visit drawn, decided at the desk"),
    "same_words": gettext_lazy("Own view in the words of the report"),
}


def _found(access: Access, filters: Filters) -> Any:
    if filters.grouping == "officer" or filters.chosen.get("officer"):
        access.check(Act.AGREEMENT_OFFICERS)
    return results(access, since=filters.since(access.on), until=access.on, **filters.narrowing)


def home(request: HttpRequest) -> HttpResponse:
    """Shares that are the same, differ or differ materially, with the number of points and the interval; the lowest agreement on top."""
    access, filters = request.access, Filters(request.GET)
    found = _found(access, filters)
    page = Paginator(grouped(found, filters.grouping, filters.order), PAGE).get_page(request.GET.get("page"))
    page.object_list = lines(page.object_list, found, filters.grouping, access.on)
    context = {
        "page": page, "whole": whole(found), "by": filters.grouping, "head": HEADS[filters.grouping], "least": rules.LEAST, "query": request.GET.urlencode(),
        "tabs": _tabs(request, filters.grouping), "filtered": bool(filters.narrowing), "options": _options(access),
        "narrowed": [(name, value) for name, value in filters.narrowing.items() if name in {"manager", "officer", "template"}],
        "signs": access.may(Act.AGREEMENT_OFFICERS), "sorted_by": filters.order,
    }  # fmt: skip
    return render(request, "inspections/agreement/home.html", context)


def _tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    query = request.GET.copy()
    for name in ("page", "sort"):
        query.pop(name, None)
    tabs = []
    for by, text in TABS.items():
        if by != "officer" or request.access.may(Act.AGREEMENT_OFFICERS):
            query["by"] = by
            tabs.append({"text": text, "url": f"?{query.urlencode()}", "current": by == current})
    return tabs


def _options(access: Access) -> dict[str, Iterable[tuple[Any, Any]]]:
    branches = Branch.objects.filter(pk__in=access.subtree()).order_by("code").values_list("code", "name")
    return {"days": PERIODS, "branch": list(branches[:200]), "method": Verification.Method.choices, "kind": [k for k in Kind.choices if k[0] != Kind.VERIFY]}


def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered statistics as CSV or XLSX. Told to the audit trail."""
    access, filters = request.access, Filters(request.GET)
    found = _found(access, filters)
    rows = []
    for line in lines(grouped(found, filters.grouping, filters.order)[:MOST_EXPORTED], found, filters.grouping, access.on):
        told = line.agreement
        low, high = told.interval
        shares = [None if share is None else round(share, 1) for share in told.shares]
        rows.append((line.name, line.detail, told.checks, told.points, told.same, told.differs, told.material, told.one_sided, *shares,
                     round(low, 1), round(high, 1), "" if told.tells else _("too few points")))  # fmt: skip
    columns = [str(HEADS[filters.grouping]), _("Code"), _("Checks"), _("Points"), _("Same"), _("Differing"), _("Materially differing"), _("One side only"),
               _("Same, %"), _("Differing, %"), _("Materially differing, %"), _("Same at least, %"), _("Same at most, %"), _("Remark")]  # fmt: skip
    head = [(_("Agreement of two views"), _lender(access)), (_("Period"), filters.since(access.on), access.on)]
    head += [(_("Filter"), name, value) for name, value in filters.narrowing.items()]
    return _file(request, kind, "agreement", head, columns, rows)


def _lender(access: Access) -> str:
    return access.person.lender.name if access.person and access.person.lender else ""


def _file(request: HttpRequest, kind: str, name: str, head: list, columns: Sequence[str], rows: list) -> HttpResponse:
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    record("agreement.exported", by=request.access, rows=len(rows), kind=kind, what=name, filters=request.GET.urlencode())
    made = HttpResponse(sheets.sheet(kind, head=head, columns=columns, rows=rows), content_type=sheets.CONTENT_TYPES[kind])
    made["Content-Disposition"] = f'attachment; filename="{name}-{request.access.on}.{kind}"'
    return made


# Signs -----------------------------------------------------------------------------------------------------------------------


def signs(request: HttpRequest) -> HttpResponse:
    """Figures of each officer's checks, and which of them are a sign that the second signature follows the first."""
    access, filters = request.access, WorkFilters(request.GET)
    found = filters.order(officers(access, since=filters.since(access.on), until=access.on, branch=str(filters.chosen.get("branch", ""))))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    page.object_list = [(o, [SIGNS[code] for code in o.signs], _percents(o.work)) for o in page.object_list]
    context = {
        "page": page, "limits": rules.LIMITS, "least": rules.LEAST_CHECKS, "minutes": rules.AT_ONCE_MINUTES, "query": request.GET.urlencode(),
        "options": {name: options for name, options in _options(access).items() if name in {"days", "branch"}}, "only": [("signs", pgettext("officers", "With signs"))],
        "filtered": bool({"branch", "only"} & set(filters.chosen)), "usual": USUAL,
    }  # fmt: skip
    return render(request, "inspections/agreement/signs.html", context)


def _percents(work: rules.Work) -> dict[str, Any]:
    return {name: work.percent(getattr(work, name)) for name in ("at_once", "largest_pair")} | {"all_same": work.all_same_percent}


def signs_export(request: HttpRequest, kind: str) -> HttpResponse:
    access, filters = request.access, WorkFilters(request.GET)
    found = filters.order(officers(access, since=filters.since(access.on), until=access.on, branch=str(filters.chosen.get("branch", ""))))
    rows = [
        (o.name, o.staff_no, o.work.checks, o.work.points, o.work.all_same_percent, o.work.seconds_per_point, o.work.percent(o.work.at_once),
         o.work.percent(o.work.largest_pair), o.work.drawn, o.work.not_gone, o.work.same_words, "; ".join(str(SIGNS[code]) for code in o.signs))
        for o in found
    ]  # fmt: skip
    columns = [_("Risk officer"), _("Staff number"), _("Checks"), _("Points"), _("All points the same, % of checks"), _("Seconds for a point, median"),
               _("Confirmed minutes after handing in, % of checks"), _("Largest pair, % of checks"), _("Own visits drawn"),
               _("of them decided at the desk"), _("Own views in the words of the report"), _("Signs")]  # fmt: skip
    head = [(_("Signs of a rubber stamp"), _lender(access)), (_("Period"), filters.since(access.on), access.on)]
    return _file(request, kind, "signs", head, columns, rows)
