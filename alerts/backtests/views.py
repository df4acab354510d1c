"""Asking for a back-test, watching it, reading what it found, and holding two against each other."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from alerts.backtests import actions, doorbell, queries, rules
from alerts.backtests.forms import RunFilters, StartForm, months_word
from alerts.backtests.models import BacktestRun
from alerts.backtests.quality import thumb_of
from alerts.observation.queries import lender_of
from alerts.rulebook.models import Rule
from loanwatch.kernel import sheets
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PAGE = 50
LATEST = 5
TONES = {"queued": "acc", "running": "blue", "done": "green", "cancelled": "out", "failed": "red"}


def tabs(current: str) -> list[dict[str, Any]]:
    """The pages on the worth of rules."""
    pages = [("quality", _("Worth of the rules")), ("list", _("Back-tests"))]
    return [{"text": text, "url": reverse(f"backtests:{name}"), "current": name == current, "count": None} for name, text in pages]


def start(request: HttpRequest, code: str) -> HttpResponse:
    """The form that asks for a back-test of a rule, and its latest runs."""
    access, lender = request.access, lender_of(request.access)
    rule = get_object_or_404(Rule.objects.select_related("lender"), lender=lender, code=code)
    span = queries.span(lender)
    may_ask = access.may(Act.RULE_BACKTEST) and rule.grain in rules.GRAINS and span is not None
    form = None
    if may_ask and span is not None:
        form = StartForm(request.POST if request.method == "POST" else None, rule=rule, span=span, hours=thumb_of(lender, access.on).hours)
        if form.is_bound and form.is_valid():
            run = actions.ask(form.order(), access)
            doorbell.ring()
            return redirect("backtests:run", run.pk)
    if request.method == "POST" and form is None:
        raise Http404
    latest = queries.runs(lender).filter(rule=rule)
    context = {"rule": rule, "form": form, "span": span, "fits": rule.grain in rules.GRAINS, "runs": _lines(list(latest[:LATEST])), "more": latest.count() > LATEST}
    return render(request, "alerts/backtests/start.html", context, status=422 if form is not None and form.is_bound else 200)


def _lines(runs: list[Any]) -> list[Any]:
    """The runs with `tone`, `within` and, when done, `best`: the figures of at least yellow."""
    for run in runs:
        run.tone, run.within = TONES[run.state], months_word(run.months)
        run.best = queries.levels_of(run).get(1)
    return runs


def run_list(request: HttpRequest) -> HttpResponse:
    """The back-tests as the address filters them, the newest first."""
    lender, filters = lender_of(request.access), RunFilters(request.GET)
    page = Paginator(filters.apply(queries.runs(lender)), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page, "rows": _lines(list(page.object_list)), "chosen": filters.chosen, "tabs": tabs("list"),
        "options": {"state": BacktestRun.State.choices, "target": BacktestRun.Target.choices},
    }  # fmt: skip
    return render(request, "alerts/backtests/list.html", context)


def _run(request: HttpRequest, run_id: int) -> BacktestRun:
    return get_object_or_404(queries.runs(lender_of(request.access)).select_related("lender"), pk=run_id)


def run_page(request: HttpRequest, run_id: int) -> HttpResponse:
    """How far a back-test is, or what it found; asked for by htmx, only how far."""
    run = _run(request, run_id)
    _lines([run])
    over = run.state not in (rules.QUEUED, rules.RUNNING)
    context: dict[str, Any] = {"run": run, "rule": run.rule, "over": over, "may_cancel": not over and request.access.may(Act.RULE_BACKTEST)}
    if request.htmx:
        answer = render(request, "alerts/backtests/_progress.html", context)
        if over:
            answer["HX-Refresh"] = "true"
        return answer
    if run.result:
        context |= _result(request, run)
    return render(request, "alerts/backtests/run.html", context)


def level_word(least: int) -> str:
    """“At least yellow”."""
    return {1: _("At least yellow"), 2: _("At least orange"), 3: _("Red")}[least]


def _result(request: HttpRequest, run: BacktestRun) -> dict[str, Any]:
    levels = queries.levels_of(run)
    told = run.result or {}
    lines = [{"least": least, "word": level_word(least), "f": f, "precision": rules.interval(f.hits_judged and f.hits_true, f.hits_judged),
              "recall": rules.interval(f.caught, f.targets)} for least, f in levels.items()]  # fmt: skip
    others = queries.runs(run.lender).filter(state=rules.DONE, rule=run.rule).exclude(pk=run.pk)[:20]
    return {
        "lines": lines, "first": levels[1], "chart": _chart(levels), "leads": _leads(levels[1]), "parts": queries.parts_of(run, request.access),
        "days": {name: date.fromisoformat(told[name]) if told.get(name) else None for name in ("first", "last", "judged_to", "newest")},
        "told": told, "listed": queries.listed(run.rule), "others": others,
    }  # fmt: skip


def _percent(value: Any) -> Any:
    return None if value is None else round(100 * value, 2)


def _chart(levels: dict[int, rules.Figures]) -> dict[str, Any]:
    named = [(_("Precision"), "precision", "k1"), (_("Recall"), "recall", "k2"), (_("Base rate"), "base_rate", "k0")]
    series = [{"name": name, "values": [_percent(getattr(f, which)) for f in levels.values()], "tone": tone} for name, which, tone in named]
    return {"x": [level_word(least) for least in levels], "series": series, "unit": "%", "places": 1}


def _leads(figures: rules.Figures) -> dict[str, Any] | None:
    if not figures.leads:
        return None
    x = [f"{n * rules.BIN + 1}–{(n + 1) * rules.BIN}" for n in range(len(figures.leads))]
    return {"x": x, "series": [{"name": _("Warned of before it happened"), "values": list(figures.leads), "tone": "k1"}], "places": 0}


def cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """Take a run back; what is done of it is kept nowhere on the page."""
    run = actions.cancel(_run(request, run_id).pk, request.access)
    messages.success(request, _("The back-test is cancelled."))
    return redirect("backtests:run", run.pk)


def hits(request: HttpRequest, run_id: int) -> HttpResponse:
    """The loans or borrowers behind the figures, as far as the reader may see them."""
    run = _run(request, run_id)
    if not run.result or not queries.listed(run.rule):
        raise Http404
    kind = request.GET.get("kind", queries.FIRED)
    kind = kind if kind in queries.KINDS else queries.FIRED
    words = {word: level for level, word in rules.LEVEL_WORDS.items()}
    least = words.get(request.GET.get("level", ""), 1)
    page = Paginator(queries.subjects(run, request.access, kind, least), PAGE).get_page(request.GET.get("page"))
    names = {queries.FIRED: _("Fired"), queries.RIGHT: _("Fired, and the target followed"), queries.WRONG: _("Fired, and it never followed"),
             queries.MISSED: _("The target followed without a warning")}  # fmt: skip
    kinds = [{"text": names[name], "url": f"?kind={name}&level={rules.LEVEL_WORDS[least]}", "current": name == kind, "count": None} for name in queries.KINDS]
    context = {
        "run": run, "rule": run.rule, "page": page, "rows": queries.named(run, list(page.object_list)), "tabs": kinds, "kind": kind,
        "loans": run.rule.grain == Rule.Grain.LOAN, "options": [(word, level_word(level)) for level, word in rules.LEVEL_WORDS.items()],
    }  # fmt: skip
    return render(request, "alerts/backtests/hits.html", context)


def compare(request: HttpRequest) -> HttpResponse:
    """Two back-tests that are done: `?first=1&second=2`; without them the two newest."""
    lender = lender_of(request.access)
    done = list(queries.runs(lender).filter(state=rules.DONE)[:100])
    by_number = {str(run.pk): run for run in done}
    second = by_number.get(request.GET.get("second", ""), done[0] if done else None)
    first = by_number.get(request.GET.get("first", ""), next((run for run in done if run is not second), None))
    context: dict[str, Any] = {"runs": _lines(done), "first": first, "second": second}
    if first and second:
        context["levels"] = [(level_word(least), _rows(queries.levels_of(first)[least], queries.levels_of(second)[least])) for least in rules.LEVELS]
        context["alike"] = (first.target, first.months) == (second.target, second.months)
    return render(request, "alerts/backtests/compare.html", context)


def figure_words() -> dict[str, str]:
    """What each figure is called, in the order of the tables."""
    return {
        "base_rate": _("Base rate"), "precision": _("Precision"), "lift": _("Times better than chance"), "episode_precision": _("Precision of episodes"),
        "recall": _("Recall"), "close_recall": _("Recall of loan-closes"), "lead": _("Median lead time, days"), "missing_share": _("Not evaluable"),
        "per_week": _("Episodes per week"), "hours_per_week": _("Hours per week"), "hits": _("Loan-closes at which it fired"), "episodes": _("Episodes"),
        "targets": _("Times the target was reached"), "caught": _("Of these warned of"), "observed": _("Loan-closes asked"),
        "judged": _("Loan-closes judged"), "in_target": _("In the target already"), "open": _("Window not over yet"),
    }  # fmt: skip


SHARES = {"base_rate", "precision", "episode_precision", "recall", "close_recall", "missing_share"}


def _value(figures: rules.Figures, name: str) -> Any:
    return (figures.lead[1] if figures.lead else None) if name == "lead" else getattr(figures, name)


def _rows(one: rules.Figures, other: rules.Figures) -> list[dict[str, Any]]:
    found = []
    for name, word in figure_words().items():
        first, second = _value(one, name), _value(other, name)
        change = second - first if first is not None and second is not None else None
        points = 100 * change if change is not None and name in SHARES else change
        found.append({"word": word, "share": name in SHARES, "first": first, "second": second, "change": points})
    return found


def export(request: HttpRequest, run_id: int, kind: str) -> HttpResponse:
    """The figures of a run as CSV or XLSX. Told to the audit trail."""
    run = _run(request, run_id)
    if kind not in sheets.CONTENT_TYPES or not run.result:
        raise Http404
    words, parts = figure_words(), queries.parts_of(run, request.access)
    tables = [(_("The whole book"), queries.levels_of(run)), *((part["name"], part["levels"]) for part in parts)]
    rows = [(name, level_word(least), *(_value(f, figure) for figure in words)) for name, levels in tables for least, f in levels.items()]
    head = [
        (_("Back-test"), run.pk), (_("Rule"), run.rule.code, run.version.version if run.version else _("a text of its own")), (_("Rule text"), run.text),
        (_("Target"), str(run.get_target_display()), months_word(run.months)), (_("Closes"), run.from_on, run.to_on, str(run.get_pace_display())),
        (_("Made by"), str(request.access.person), request.access.on),
    ]  # fmt: skip
    record("backtest.exported", by=request.access, subject=run, rule=run.rule.code, rows=len(rows), kind=kind)
    content = sheets.sheet(kind, head=head, columns=[str(run.get_cut_display()), _("Level"), *words.values()], rows=rows)
    answer = HttpResponse(content, content_type=sheets.CONTENT_TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="backtest-{run.pk}.{kind}"'
    return answer
