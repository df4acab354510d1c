"""The rulebook to read: every rule with its states, one rule with its versions and how often it fired, and the whole as a file."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from alerts.observation.queries import closed_days, lender_of
from alerts.rulebook import queries
from alerts.rulebook.forms import LEVELS, RuleFilters, states_of
from alerts.rulebook.life import SYSTEM
from alerts.rulebook.models import Rule, RuleVersion
from loanwatch.kernel import sheets
from loanwatch.people.policy import Act
from loanwatch.trail.record import record
from loanwatch.trail.words import event_word

TONES = {"yellow": "q1", "orange": "q3", "red": "kr"}
TREND_DAYS = 400
PAGE = 60
HISTORY_SHOWN = 40
SORTS = {"code": lambda r: r.code, "name": lambda r: _(r.name).lower()} | {
    name: (lambda r, name=name: (r.said or {}).get(name, -1)) for name in (*LEVELS, "not_evaluable")
}


def rule_list(request: HttpRequest) -> HttpResponse:
    """The rules as the address filters and sorts them, with what they said at the last close."""
    access, lender = request.access, lender_of(request.access)
    every = queries.rulebook(lender, access.on)
    last = _say(every, lender)
    filters = RuleFilters(request.GET, sorted({r.family for r in every}))
    rules = _sorted([rule for rule in every if filters.keeps(rule)], request.GET.get("sort", ""))
    page = Paginator(rules, PAGE).get_page(request.GET.get("page"))
    for rule in page.object_list:
        rule.states = [(state, *words_of(state)) for state in states_of(rule)]
        rule.shown = rule.live or rule.draft or rule.last
        rule.levels = [level for level in LEVELS if rule.shown and level in rule.shown.handling_days]
    context = {
        "page": page, "rules": list(page.object_list), "found": len(rules), "total": len(every), "as_of": last, "filters": filters.chosen,
        "options": _options(every), "tabs": tabs(request, "list"), "may_write": access.may(Act.RULE_WRITE), "query": request.GET.urlencode(),
    }  # fmt: skip
    return render(request, "alerts/rulebook/list.html", context)


def _say(rules: list[Any], lender: Any) -> Any:
    """Put on each rule what its version in force said at the last close; returns that close."""
    last = closed_days(lender).values_list("business_date", flat=True).first()
    said = {row["rule_id"]: row for row in queries.tally_series([r.live for r in rules if r.live], last)} if last else {}
    for rule in rules:
        rule.said = said.get(rule.pk)
    return last


def _sorted(rules: list[Any], sort: str) -> list[Any]:
    key = SORTS.get(sort.removeprefix("-"))
    return sorted(rules, key=key, reverse=sort.startswith("-")) if key else rules


def _options(rules: list[Any]) -> dict[str, list[tuple[str, str]]]:
    return {
        "family": sorted({(r.family, _(r.family)) for r in rules}, key=lambda pair: pair[1]),
        "grain": [(value, str(label)) for value, label in Rule.Grain.choices],
        "level": [("red", _("Red")), ("orange", _("Orange")), ("yellow", _("Yellow"))],
        "state": [(state, words_of(state)[0]) for state in ("live", "planned", "draft", "checked", "retired", "off")],
        "confidence": [(value, str(label)) for value, label in RuleVersion.Confidence.choices],
        "conduct": [("1", _("About staff conduct")), ("0", _("Not about staff conduct"))],
    }


def words_of(state: str) -> tuple[str, str]:
    """What a state is called, and the tone of its chip."""
    words = {
        "live": (_("Live"), "green"), "planned": (_("Live later"), "blue"), "draft": (_("Draft"), "acc"), "checked": (_("Checked"), "yellow"),
        "retired": (_("Retired"), "out"), "dropped": (_("Given up"), "out"), "off": (_("Off"), "out"), "replaced": (_("Replaced"), "out"),
    }  # fmt: skip
    return words[state]


def tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    """The pages of the rulebook: rules, what waits for approval, silences."""
    waits = queries.waiting(lender_of(request.access)).count()
    pages = [("list", _("Rules"), None), ("waiting", _("Waiting for approval"), waits), ("snoozes", _("Silenced for borrowers"), None)]
    found = [{"text": text, "url": reverse(f"rulebook:{name}"), "current": name == current, "count": count} for name, text, count in pages]
    return [*found, {"text": _("Worth of the rules"), "url": reverse("backtests:quality"), "current": False, "count": None}]


def rule_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One rule: text, why, what to look at, versions, who did what, and how it has been firing."""
    access, lender = request.access, lender_of(request.access)
    rule = get_object_or_404(Rule, lender=lender, code=code)
    versions = list(rule.versions.select_related("made_by", "approved_by", "checked_by").order_by("-version"))
    live = next((v for v in versions if queries.counts_on(v, access.on)), None)
    shown = live or (versions[0] if versions else None)
    own = not rule.code.startswith(SYSTEM)  # a rule that people keep
    last = closed_days(lender).values_list("business_date", flat=True).first()
    series = queries.tally_series([v for v in versions if v.valid_from], last - timedelta(days=TREND_DAYS)) if last else []
    context = {
        "rule": rule, "live": live, "shown": shown, "own": own, "versions": [version_line(v, access.on) for v in versions] if own else [],
        "said": series[-1] if series else None, "chart": _trend(series), "as_of": last,
        "handling": [(level, shown.handling_days[level]) for level in LEVELS if shown and level in shown.handling_days],
        "open": next((v for v in versions if v.state in ("draft", "checked")), None),
        "events": events_of(versions), "pair": versions[:2] if len(versions) > 1 else None,
        "may_write": own and access.may(Act.RULE_WRITE),
        "may_snooze": own and access.may(Act.RULE_SNOOZE) and not rule.staff_conduct and rule.grain in (Rule.Grain.LOAN, Rule.Grain.BORROWER),
    }  # fmt: skip
    return render(request, "alerts/rulebook/rule.html", context)


def standing(version: RuleVersion, on: Any) -> str:
    """The state of a version as people see it on a day: live and retired by dates."""
    if version.valid_from and queries.counts_on(version, on):
        return "live"
    if version.state in ("live", "retired") and version.valid_from and version.valid_from > on and version.valid_to != version.valid_from:
        return "planned"
    return "replaced" if version.state == "retired" and not version.reason else str(version.state)


def version_line(version: Any, on: Any) -> dict[str, Any]:
    """A version for the list of versions: name, state, since when, by whom."""
    word, tone = words_of(standing(version, on))
    by = _("Shipped with LoanWatch")
    if version.made_by and version.approved_by:
        by = _("Made by %(maker)s, approved by %(checker)s") % {"maker": version.made_by, "checker": version.approved_by}
    elif version.made_by:
        by = _("Made by %(maker)s, not approved yet") % {"maker": version.made_by}
    elif version.approved_by:
        by = _("Shipped with LoanWatch, approved by %(checker)s") % {"checker": version.approved_by}
    text = _("up to %(day)s") % {"day": version.valid_to - timedelta(days=1)} if version.valid_to else ""
    url = reverse("rulebook:version", args=[version.rule.code, version.version])
    name = _("Version %(number)s") % {"number": version.version}
    return {"name": name, "state": word, "tone": tone, "when": version.valid_from, "by": by, "url": url, "text": text}


ICONS = {
    "rule.drafted": ("pencil", ""), "rule.checked": ("check", "blue"), "rule.returned": ("arrow-back-up", "orange"), "rule.approved": ("circle-check", "green"),
    "rule.replaced": ("history", ""), "rule.retired": ("archive", "orange"), "rule.dropped": ("x", ""), "rule.trial_started": ("player-play", "blue"),
    "rule.trial_stopped": ("player-stop", ""),
}  # fmt: skip


def events_of(versions: list[Any]) -> list[dict[str, Any]]:
    """Who did what to the versions, the newest first, for the timeline."""
    found = []
    for event in queries.history(versions)[:HISTORY_SHOWN]:
        icon, tone = ICONS.get(event.event, ("history", ""))
        told = event.details
        parts = {"event": event_word(event.event), "n": told.get("version", "")}
        who = [str(event.person) if event.person else _("System"), told.get("reason", "")]
        title = _("%(event)s: version %(n)s") % parts
        found.append({"icon": icon, "tone": tone, "title": title, "text": " · ".join(part for part in who if part), "when": event.at})
    return found


def _trend(series: list[dict[str, Any]]) -> dict[str, Any] | None:
    by_month = {row["as_of"].strftime("%Y-%m"): row for row in series}  # the last close of a month stands for it
    rows = list(by_month.values())
    if len(rows) < 2:
        return None
    names = {"yellow": _("Yellow"), "orange": _("Orange"), "red": _("Red")}
    lines = [{"name": names[level], "values": [row[level] for row in rows], "tone": TONES[level]} for level in reversed(LEVELS)]
    return {"x": [row["as_of"].strftime("%y-%m") for row in rows], "series": lines, "places": 0}


def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The rules as the address filters them: a table as CSV or XLSX, or their texts as one file. Told to the audit trail."""
    if kind not in (*sheets.CONTENT_TYPES, "txt"):
        raise Http404
    access, lender = request.access, lender_of(request.access)
    every = queries.rulebook(lender, access.on)
    last = _say(every, lender)
    filters = RuleFilters(request.GET, sorted({r.family for r in every}))
    rules = [rule for rule in every if filters.keeps(rule)]
    record("rules.exported", by=access, rows=len(rows := _rows(rules)), kind=kind, filters=request.GET.urlencode())
    if kind == "txt":
        content: bytes = _texts(rules).encode()
    else:
        columns = [
            _("Code"), _("Name"), _("Family"), pgettext("rule", "Looks at"), _("State"), _("Version"), _("Live from"), _("Live until"), _("Confidence"),
            _("About staff conduct"), _("Rule text"), _("Days to handle"), _("Why it matters"), _("What to look at on a visit"), _("Basis"),
            _("Red"), _("Orange"), _("Yellow"), pgettext("rule result", "Clear"), _("Not evaluable"),
        ]  # fmt: skip
        head = [(_("Warning rules"), lender.name), (_("Data as of"), last), (_("Made by"), str(access.person), access.on)]
        head += [(_("Filter"), name, ", ".join(values)) for name, values in filters.chosen.items()]
        content = sheets.sheet(kind, head=head, columns=columns, rows=rows)
    answer = HttpResponse(content, content_type=sheets.CONTENT_TYPES.get(kind, "text/plain; charset=utf-8"))
    answer["Content-Disposition"] = f'attachment; filename="rules-{access.on}.{kind}"'
    return answer


def _rows(rules: list[Any]) -> list[tuple[Any, ...]]:
    rows = []
    for rule in rules:
        v, said = rule.live or rule.draft or rule.last, defaultdict(lambda: None, rule.said or {})
        states = ", ".join(words_of(state)[0] for state in states_of(rule))
        days = ", ".join(f"{level} {n}" for level, n in v.handling_days.items()) if v else ""
        rows.append((
            rule.code, _(rule.name), _(rule.family), rule.get_grain_display(), states, v and v.version, v and v.valid_from, v and v.valid_to,
            v and str(v.get_confidence_display()), _("Yes") if rule.staff_conduct else _("No"), v and v.text, days, _(rule.why) if rule.why else "",
            _(rule.look_at) if rule.look_at else "", _(rule.basis) if rule.basis else "", said["red"], said["orange"], said["yellow"], said["clear"],
            said["not_evaluable"],
        ))  # fmt: skip
    return rows


def _texts(rules: list[Any]) -> str:
    parts = []
    for rule in rules:
        v = rule.live or rule.draft or rule.last
        if v:
            parts.append(f"# {rule.code} v{v.version} ({v.state}, {rule.grain}) {rule.name}\n{v.text.rstrip()}\n")
    return "\n".join(parts)
