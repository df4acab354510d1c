"""The page on the worth of the rules: what came of their alerts, and which ones should be tightened or retired, with the reason."""

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from alerts.backtests import thumb as thumbs
from alerts.backtests.quality import Quality, thumb_of
from alerts.backtests.quality import quality as worth_of_rules
from alerts.backtests.thumb import Thumb, Worth
from alerts.backtests.views import tabs
from alerts.observation.queries import closed_days, lender_of
from loanwatch.kernel import sheets
from loanwatch.trail.record import record

PERIODS = (3, 6, 12, 24)  # months
ORDER = {thumbs.RETIRE: 0, thumbs.TIGHTEN: 1, thumbs.DATA: 2, thumbs.SILENT: 3, "": 4}
NUMBERS = ("opened", "judged", "precision", "lead", "flagged_share", "missing_share", "per_week")


def _asked(request: HttpRequest) -> tuple[Quality | None, Thumb, int]:
    lender = lender_of(request.access)
    until = closed_days(lender).values_list("business_date", flat=True).first()
    months = next((n for n in PERIODS if str(n) == request.GET.get("months")), 12)
    thumb = thumb_of(lender, request.access.on)
    return (worth_of_rules(request.access, lender, until, months, thumb) if until else None), thumb, months


def _lines(request: HttpRequest, found: Quality, thumb: Thumb) -> list[dict[str, Any]]:
    """The rules as the address filters and sorts them, each with its worth, what is proposed and why."""
    every: list[dict[str, Any]] = [{"rule": rule, "w": worth, "proposal": thumbs.proposal(worth, thumb)} for rule, worth in found.rows]
    wanted = request.GET.getlist("proposal")
    lines = [line for line in every if (not wanted or line["proposal"] in wanted) and (line["w"].live or line["w"].opened or line["w"].judged)]
    for line in lines:
        line["hours"] = (line["w"].per_week * thumb.hours).quantize(Decimal("0.1"))
        line["word"], line["tone"] = proposal_words().get(line["proposal"], ("", ""))
        line["why"] = reason(line["proposal"], line["w"], thumb)
    return _sorted(lines, request.GET.get("sort", "proposal"))


def _sorted(lines: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    name, down = sort.removeprefix("-"), sort.startswith("-")
    if name == "code":
        return sorted(lines, key=lambda line: line["rule"].code, reverse=down)
    if name in NUMBERS:  # what is not known stands last, whichever way
        known = [line for line in lines if getattr(line["w"], name) is not None]
        return sorted(known, key=lambda line: getattr(line["w"], name), reverse=down) + [line for line in lines if getattr(line["w"], name) is None]
    return sorted(lines, key=lambda line: (ORDER[line["proposal"]], -line["w"].opened, line["rule"].code), reverse=down)


def proposal_words() -> dict[str, tuple[str, str]]:
    """What each proposal is called, and the tone of its chip."""
    return {
        thumbs.RETIRE: (_("Retire"), "red"), thumbs.TIGHTEN: (_("Tighten"), "orange"), thumbs.DATA: (_("Mend the data"), "yellow"),
        thumbs.SILENT: (_("Never fires"), "out"),
    }  # fmt: skip


def _percent(value: Decimal | None) -> str:
    return f"{100 * (value or 0):.0f}"


def reason(kind: str, worth: Worth, thumb: Thumb) -> str:
    """Why something is proposed, with its numbers; "" for nothing proposed."""
    parts = {
        "n": worth.judged, "wrong": worth.false_alarm, "precision": _percent(worth.precision), "retire": _percent(thumb.retire),
        "tighten": _percent(thumb.tighten), "missing": _percent(worth.missing_share), "limit": _percent(thumb.missing), "flagged": worth.flagged,
        "entered": worth.entered, "days": thumb.worked_days,
    }  # fmt: skip
    sentences = {
        thumbs.RETIRE: _("%(wrong)s of %(n)s closed alerts were false alarms: a precision of %(precision)s%%, below %(retire)s%%; and no loan that later "
                         "reached 90 days past due was flagged and worked on %(days)s days before."),
        thumbs.TIGHTEN: _("%(wrong)s of %(n)s closed alerts were false alarms: a precision of %(precision)s%%, below %(tighten)s%%; %(flagged)s of "
                          "%(entered)s loans that later reached 90 days past due were flagged and worked on in time."),
        thumbs.DATA: _("%(missing)s%% of what it was asked could not be evaluated, from %(limit)s%% on its silence says nothing."),
        thumbs.SILENT: _("It could be evaluated and never fired: nothing was there to find, or its limits lie out of reach. A back-test tells which."),
    }  # fmt: skip
    return sentences[kind] % parts if kind else ""


def quality(request: HttpRequest) -> HttpResponse:
    """The worth of every rule that is live or has alerts, what is proposed first."""
    found, thumb, months = _asked(request)
    lines = _lines(request, found, thumb) if found else []
    words = proposal_words()
    context = {
        "found": found, "lines": lines, "thumb": thumb, "months": months, "tabs": tabs("quality"), "query": request.GET.urlencode(),
        "any_closed": any(worth.judged for _rule, worth in found.rows) if found else False, "filtered": bool(request.GET.getlist("proposal")),
        "options": {
            "months": [(n, _("%(n)s months") % {"n": n}) for n in PERIODS], "proposal": [(name, word) for name, (word, _tone) in words.items()],
        },
    }  # fmt: skip
    return render(request, "alerts/backtests/quality.html", context)


def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The table as the address filters it, as CSV or XLSX. Told to the audit trail."""
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    found, thumb, months = _asked(request)
    lines = _lines(request, found, thumb) if found else []
    columns = [
        _("Code"), _("Name"), _("Alerts opened"), _("Resolved"), _("Moved to recovery"), _("Accepted with approval"), _("False alarm"), _("Precision"),
        _("Precision in the period before"), _("Median lead time, days"), _("Loans that reached 90 days past due"), _("Of these flagged and worked on in time"),
        _("Not evaluable"), _("Alerts per week"), _("Hours per week"), _("Proposal"), _("Why"),
    ]  # fmt: skip
    rows = [(line["rule"].code, _(line["rule"].name), w.opened, w.resolved, w.recovery, w.accepted, w.false_alarm, w.precision, w.was, w.lead, w.entered,
             w.flagged, w.missing_share, w.per_week, line["hours"], line["word"], line["why"]) for line in lines for w in [line["w"]]]  # fmt: skip
    head: list[tuple[Any, ...]] = [(_("Worth of the rules"),), (_("Made by"), str(request.access.person), request.access.on)]
    head += [(_("Period"), found.since, found.until)] if found else []
    record("rule_quality.exported", by=request.access, rows=len(rows), kind=kind, months=months, filters=request.GET.urlencode())
    answer = HttpResponse(sheets.sheet(kind, head=head, columns=columns, rows=rows), content_type=sheets.CONTENT_TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="rule-quality-{request.access.on}.{kind}"'
    return answer
