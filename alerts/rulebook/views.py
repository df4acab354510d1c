"""The rulebook to read: every rule, its text and versions, and how often it fired."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from alerts.observation.queries import closed_days
from alerts.rulebook.models import Rule
from alerts.rulebook.queries import rulebook, tally_series

FIRED = ("red", "orange", "yellow")
TONES = {"yellow": "q1", "orange": "q3", "red": "kr"}
TREND_DAYS = 400


def rule_list(request: HttpRequest) -> HttpResponse:
    """Every rule of the lender with what it said at the last close."""
    lender = request.access.person.lender
    rules = rulebook(lender)
    last = closed_days(lender).values_list("business_date", flat=True).first()
    said = {row["rule_id"]: row for row in tally_series([r.live for r in rules if r.live], last)} if last else {}
    families: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        rule.said = said.get(rule.pk)
        families[rule.family].append(rule)
    return render(request, "alerts/rulebook/list.html", {"rules": rules, "families": dict(families), "as_of": last})


def rule_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One rule: text, why, what to look at, versions, and how it has been firing."""
    lender = request.access.person.lender
    rule = get_object_or_404(Rule, lender=lender, code=code)
    versions = list(rule.versions.select_related("made_by", "approved_by").order_by("-version"))
    live = next((v for v in versions if v.state == v.State.LIVE), versions[0] if versions else None)
    last = closed_days(lender).values_list("business_date", flat=True).first()
    series = tally_series(versions, last - timedelta(days=TREND_DAYS)) if last else []
    context = {
        "rule": rule,
        "live": live,
        "versions": [_version(v) for v in versions],
        "said": series[-1] if series else None,
        "chart": _trend(series),
        "handling": [(level, live.handling_days[level]) for level in FIRED if live and level in live.handling_days],
        "as_of": last,
    }
    return render(request, "alerts/rulebook/rule.html", context)


def _version(version: Any) -> dict[str, Any]:
    tones = {"live": "green", "draft": "acc", "retired": "out"}
    by = _("Shipped with LoanWatch")
    if version.made_by and version.approved_by:
        by = _("Made by %(maker)s, approved by %(checker)s") % {"maker": version.made_by, "checker": version.approved_by}
    elif version.made_by:
        by = _("Made by %(maker)s, not approved yet") % {"maker": version.made_by}
    name = _("Version %(number)s") % {"number": version.version}
    return {"name": name, "state": version.get_state_display(), "tone": tones[version.state], "when": version.valid_from, "by": by}


def _trend(series: list[dict[str, Any]]) -> dict[str, Any] | None:
    by_month = {row["as_of"].strftime("%Y-%m"): row for row in series}  # the last close of a month stands for it
    rows = list(by_month.values())
    if len(rows) < 2:
        return None
    names = {"yellow": _("Yellow"), "orange": _("Orange"), "red": _("Red")}
    lines = [{"name": names[level], "values": [row[level] for row in rows], "tone": TONES[level]} for level in reversed(FIRED)]
    return {"x": [row["as_of"].strftime("%y-%m") for row in rows], "series": lines, "places": 0}
