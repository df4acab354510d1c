"""One version of a rule and the steps of its life; comparing two; its test run; what waits; and silences for borrowers."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from alerts.observation.queries import closed_days, lender_of
from alerts.rulebook import actions, comparing, queries, silencing
from alerts.rulebook.errors import RuleRefused
from alerts.rulebook.forms import LEVELS, ApproveForm, DropForm, ReasonForm, RetireForm, SnoozeForm, TrialForm
from alerts.rulebook.holding import may_end_earlier, running_trials
from alerts.rulebook.life import SYSTEM
from alerts.rulebook.messages import placed
from alerts.rulebook.models import Rule, RuleTrial, RuleVersion
from alerts.rulebook.views import events_of, standing, tabs, words_of
from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from loanwatch.kernel.policy import Refused
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.queries import last_taken, open_day

SUBJECTS_SHOWN = 100
PAGE = 50


def waiting(request: HttpRequest) -> HttpResponse:
    """The checked versions that credit administration approves or returns."""
    rows = [{"version": v, "may_approve": request.access.may(Act.RULE_APPROVE, v)} for v in queries.waiting(lender_of(request.access))]
    return render(request, "alerts/rulebook/waiting.html", {"rows": rows, "tabs": tabs(request, "waiting")})


# One version -----------------------------------------------------------------------------------------------------------------


def _version(request: HttpRequest, code: str, version: int) -> RuleVersion:
    people = ("rule__lender", "made_by", "checked_by", "approved_by")
    rows = RuleVersion.objects.select_related(*people)
    return get_object_or_404(rows, rule__lender=lender_of(request.access), rule__code=code, version=version)


def version_page(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """What one version says, against the one in force, and the steps that follow for the reader."""
    return _page(request, _version(request, code, version))


def _page(request: HttpRequest, version: RuleVersion, status: int = 200, **bound: forms.Form) -> HttpResponse:
    access, rule = request.access, version.rule
    others = list(rule.versions.order_by("-version"))
    live = next((v for v in others if queries.counts_on(v, access.on) and v.pk != version.pk), None)
    word, tone = words_of(standing(version, access.on))
    trial = version.trials.order_by("-pk").first()
    first = open_day(rule.lender, access.on)
    offered: dict[str, forms.Form] = {
        "approve_form": ApproveForm(first=first), "return_form": ReasonForm(prefix="return"), "retire_form": RetireForm(first=first, prefix="retire"),
        "drop_form": DropForm(prefix="drop"), "trial_form": TrialForm(most=silencing.most_days(rule.lender, "rules.trial_days", access.on)),
    }  # fmt: skip
    context = {
        "version": version, "rule": rule, "live": live, "word": word, "tone": tone, "steps": _steps(access, version, trial),
        "text": comparing.text_lines(live.text if live else version.text, version.text), "differences": _differences(live, version) if live else [],
        "handling": [(level, version.handling_days[level]) for level in LEVELS if level in version.handling_days],
        "says": {name: getattr(version, name) or getattr(rule, name) for name in ("why", "look_at", "basis")},
        "events": events_of([version]), "trial": trial, "others": [v for v in others if v.pk != version.pk],
    }  # fmt: skip
    return render(request, "alerts/rulebook/version.html", context | offered | bound, status=status)


def _steps(access: Access, version: RuleVersion, trial: RuleTrial | None) -> dict[str, bool]:
    """Which steps the page offers; the actions ask the same questions again."""
    draft, checked, live = (version.state == state for state in ("draft", "checked", "live"))
    running = trial is not None and running_trials(version).exists()
    wrote = access.person is not None and access.person.pk in version.authors
    return {
        "edit": draft and not running and access.may(Act.RULE_WRITE),
        "check": draft and access.may(Act.RULE_CHECK),
        "drop": draft and wrote and access.may(Act.RULE_WRITE),
        "return": checked and access.may(Act.RULE_RETURN),
        "approve": checked and access.may(Act.RULE_APPROVE, version),
        "own": checked and access.may(Act.RULE_APPROVE) and not access.may(Act.RULE_APPROVE, version),
        "retire": (live or may_end_earlier(version)) and access.may(Act.RULE_RETIRE),
        "try": (draft or checked) and not running and access.may(Act.RULE_TRIAL),
        "stop": running and access.may(Act.RULE_TRIAL),
    }


def _differences(old: RuleVersion, new: RuleVersion) -> list[dict[str, Any]]:
    found = []
    for column, before, after in comparing.changed(old, new, new.rule):
        label = RuleVersion._meta.get_field(column).verbose_name if column != "handling_days" else _("Days to handle")  # type: ignore[union-attr]
        found.append({"label": label, "before": _said(column, before), "after": _said(column, after)})
    return found


def _said(column: str, value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{level}: {value[level]}" for level in LEVELS if level in value)
    if isinstance(value, list):
        return ", ".join(value)
    if column == "confidence":
        return str(RuleVersion.Confidence(value).label)
    return "" if value is None else str(value)


def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Any two versions of a rule: `?old=1&new=2`; without them the newest against the one before."""
    rule = get_object_or_404(Rule, lender=lender_of(request.access), code=code)
    versions = list(rule.versions.select_related("rule").order_by("-version"))
    if not versions:
        raise Http404
    by_number = {str(v.version): v for v in versions}
    new = by_number.get(request.GET.get("new", ""), versions[0])
    old = by_number.get(request.GET.get("old", ""), versions[min(1, len(versions) - 1)])
    last = closed_days(rule.lender).values_list("business_date", flat=True).first()
    said = {row["rule_version_id"]: row for row in queries.said_at([old, new], last)} if last else {}
    context = {
        "rule": rule, "versions": versions, "old": old, "new": new, "text": comparing.text_lines(old.text, new.text), "as_of": last,
        "differences": _differences(old, new), "old_said": said.get(old.pk), "new_said": said.get(new.pk),
    }  # fmt: skip
    return render(request, "alerts/rulebook/compare.html", context)


# Steps -----------------------------------------------------------------------------------------------------------------------


def _step(request: HttpRequest, code: str, version: int, done: str, action: Callable[..., Any], form: forms.Form | None = None, name: str = "") -> HttpResponse:
    found = _version(request, code, version)
    if form is not None and not form.is_valid():
        return _page(request, found, status=422, **{name: form})
    try:
        action(version_id=found.pk, by=request.access, **(form.cleaned_data if form is not None else {}))
    except RuleRefused as fault:
        raise Refused(" ".join(placed(error) for error in fault.errors), code="RULE_TEXT") from None
    messages.success(request, done % {"rule": code, "n": version})
    return redirect("rulebook:version", code, version)


def check(request: HttpRequest, code: str, version: int) -> HttpResponse:
    return _step(request, code, version, _("Version %(n)s of %(rule)s is checked. Credit administration approves it."), actions.check)


def give_back(request: HttpRequest, code: str, version: int) -> HttpResponse:
    form = ReasonForm(request.POST, prefix="return")
    return _step(request, code, version, _("Version %(n)s of %(rule)s is returned to its author."), actions.return_draft, form, "return_form")


def approve(request: HttpRequest, code: str, version: int) -> HttpResponse:
    form = ApproveForm(request.POST, first=request.access.on)
    return _step(request, code, version, _("Version %(n)s of %(rule)s is approved."), actions.approve, form, "approve_form")


def retire(request: HttpRequest, code: str, version: int) -> HttpResponse:
    form = RetireForm(request.POST, first=request.access.on, prefix="retire")
    found = _version(request, code, version)
    if form.is_valid() and found.valid_from is not None and form.cleaned_data["from_on"] == found.valid_from:
        parts = {"rule": code, "n": version, "day": found.valid_from}
        done = _("Version %(n)s of %(rule)s will never count. No version of the rule warns from %(day)s on until another one is approved.") % parts
        return _step(request, code, version, done.replace("%", "%%"), actions.retire, form, "retire_form")
    return _step(request, code, version, _("Version %(n)s of %(rule)s is retired."), actions.retire, form, "retire_form")


def drop(request: HttpRequest, code: str, version: int) -> HttpResponse:
    form = DropForm(request.POST, prefix="drop")
    return _step(request, code, version, _("The draft of %(rule)s is given up."), actions.drop_draft, form, "drop_form")


def start_trial(request: HttpRequest, code: str, version: int) -> HttpResponse:
    most = silencing.most_days(lender_of(request.access), "rules.trial_days", request.access.on)
    return _step(request, code, version, _("Version %(n)s of %(rule)s is tried out from the next close on."), silencing.start_trial,
                 TrialForm(request.POST, most=most), "trial_form")  # fmt: skip


def stop_trial(request: HttpRequest, code: str, version: int) -> HttpResponse:
    return _step(request, code, version, _("The test run of version %(n)s of %(rule)s is stopped."), silencing.stop_trial)


# The test run ----------------------------------------------------------------------------------------------------------------


def trial_page(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """What a version on trial says beside the one in force: counts by close, and at one close (`?on=`) who is new and who no longer."""
    found = _version(request, code, version)
    trials = list(found.trials.select_related("by", "stopped_by"))
    number = request.GET.get("trial", "")
    trial = next((t for t in trials if str(t.pk) == number), trials[0] if trials else None)
    days = queries.trial_days(trial) if trial else []
    on = next((row["as_of"] for row in days if row["as_of"].isoformat() == request.GET.get("on")), days[-1]["as_of"] if days else None)
    context: dict[str, Any] = {"version": found, "rule": found.rule, "trials": trials, "trial": trial, "days": days, "on": on}
    if trial and on:
        context |= {"chosen": next(row for row in days if row["as_of"] == on), "new": _subjects(request, trial, on, True), "gone": _subjects(request, trial, on, False)}
    context["running"] = trial is not None and running_trials(found).filter(pk=trial.pk).exists()
    return render(request, "alerts/rulebook/trial.html", context)


def _subjects(request: HttpRequest, trial: RuleTrial, on: date, new: bool) -> dict[str, Any] | None:
    """Loans or borrowers the reader may see, with the level; None for rules whose subjects are never listed."""
    rule = trial.rule_version.rule
    if rule.staff_conduct or rule.grain not in (Rule.Grain.LOAN, Rule.Grain.BORROWER):
        return None
    model: Any = Loan if rule.grain == Rule.Grain.LOAN else Borrower
    hits = queries.trial_subjects(trial, on, new=new).filter(subject__in=model.objects.visible_to(request.access).order_by().values("pk"))
    listed = list(hits[:SUBJECTS_SHOWN])
    rows = model.objects.in_bulk([hit.subject for hit in listed])
    lines = [{"subject": rows[hit.subject], "level": hit.level if new else hit.live_level} for hit in listed]
    return {"rows": lines, "count": hits.count(), "loans": rule.grain == Rule.Grain.LOAN}


# Silences --------------------------------------------------------------------------------------------------------------------


def snoozes(request: HttpRequest) -> HttpResponse:
    """Rules that are silenced for a borrower, running ones first; only borrowers the reader sees."""
    access = request.access
    taken = last_taken(lender_of(access)) or date.min
    found = queries.snoozes_seen(access)
    over = request.GET.get("state") == "over"
    rows = [s for s in found if (s.lifted_by_id is not None or s.until <= taken) == over]
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page, "over": over, "may_lift": access.may(Act.RULE_SNOOZE) and not over, "tabs": tabs(request, "snoozes"),
        "options": [("over", _("Over"))],
    }  # fmt: skip
    return render(request, "alerts/rulebook/snoozes.html", context)


def snooze(request: HttpRequest, code: str) -> HttpResponse:
    """Silence a rule for one borrower until a day, with a reason. `?borrower=` fills in the number."""
    access, lender = request.access, lender_of(request.access)
    rule = get_object_or_404(Rule.objects.exclude(code__startswith=SYSTEM), lender=lender, code=code)
    first = open_day(lender, access.on)
    last = first + timedelta(days=silencing.most_days(lender, "rules.snooze_days", access.on) - 1)
    form = SnoozeForm(request.POST if request.method == "POST" else None, first=first, last=last, initial={"borrower": request.GET.get("borrower", "")})
    if form.is_bound and form.is_valid():
        try:
            made = silencing.snooze(rule_code=code, by=access, **form.cleaned_data)
        except Borrower.DoesNotExist:
            form.add_error("borrower", _("There is no borrower with this number that you may see."))
        else:
            messages.success(request, _("%(rule)s is silenced for %(borrower)s.") % {"rule": code, "borrower": made.borrower})
            return redirect("rulebook:snoozes")
    return render(request, "alerts/rulebook/snooze.html", {"rule": rule, "form": form}, status=422 if form.is_bound else 200)


def lift(request: HttpRequest, snooze_id: int) -> HttpResponse:
    """The rule speaks of the borrower again."""
    try:
        silencing.lift_snooze(snooze_id=snooze_id, by=request.access)
    except ObjectDoesNotExist:
        raise Http404 from None
    messages.success(request, _("The silence is lifted. The rule counts again from the next close."))
    return redirect("rulebook:snoozes")
