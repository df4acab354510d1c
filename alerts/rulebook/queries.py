"""Which rules are live, and what they have been saying."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from alerts.rulebook.life import APPROVED, CHECKED, OPEN, SYSTEM
from alerts.rulebook.limits import LIMITS, PREFIX, LimitValue, typed
from alerts.rulebook.models import Rule, RuleSnooze, RuleTally, RuleTrial, RuleVersion, TrialHit
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender, Parameter
from loanwatch.people.access import Access
from loanwatch.trail.models import AuditEvent


def live_versions(lender: Lender, on: date, grain: str) -> list[RuleVersion]:
    """The versions in force on `on` of a grain's rules, one per rule, in the order of their codes.

    Dates alone decide, so a day that is run again sees the rules of its own time.
    """
    rows = (
        RuleVersion.objects.filter(rule__lender=lender, rule__grain=grain, state__in=APPROVED, valid_from__lte=on)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on))
        .select_related("rule")
        .order_by("rule__code", "-version")
        .distinct("rule__code")
    )
    return list(rows)


def trial_versions(lender: Lender, day: date, grain: str) -> list[Any]:
    """The versions of a grain that are tried out silently on `day`, in the order of their rules' codes.

    Each carries its RuleTrial as `.trial`, and `text` and `tree` as they were when the trial began. Dates alone decide.
    """
    rows = RuleTrial.objects.filter(lender=lender, from_on__lte=day, to_on__gte=day, rule_version__rule__grain=grain)
    found = []
    for trial in rows.select_related("rule_version__rule").order_by("rule_version__rule__code", "pk"):
        version: Any = trial.rule_version
        version.trial, version.text, version.tree = trial, trial.text, trial.tree
        found.append(version)
    return found


def snoozed(lender: Lender, day: date) -> QuerySet[RuleSnooze]:
    """The snoozes that count on `day`: for these, (rule_id, borrower_id) opens no alert."""
    return RuleSnooze.objects.filter(lender=lender, from_on__lte=day, until__gte=day)


@dataclass(frozen=True)
class LimitInForce:
    """The value of a limit as it counts on a day, since when, and where it comes from."""

    value: LimitValue
    valid_from: date
    source: str
    confidence: str


def limits_in_force(lender: Lender, day: date) -> dict[str, LimitInForce]:
    """The limits with a value in force on `day`, by name without `limit.`; approved or shipped ones only. One query.

    A limit nobody has set is not there, and neither is a value that does not fit the limit's type: both are missing to a rule.
    """
    rows = Parameter.objects.filter(~Q(approved_by="") | Q(proposed_by=""), lender=lender, key__startswith=PREFIX, valid_from__lte=day)
    found = {}
    for row in rows.order_by("key", "-valid_from", "-id").distinct("key"):
        name = row.key.removeprefix(PREFIX)
        if name in LIMITS and (value := typed(name, row.value)) is not None:
            found[name] = LimitInForce(value, row.valid_from, row.source, row.confidence)
    return found


def limit_values(lender: Lender, day: date) -> dict[str, LimitValue]:
    """The limits in force on `day` as rules compare them, by name without `limit.`; an absent one is not evaluable."""
    return {name: limit.value for name, limit in limits_in_force(lender, day).items()}


def tally_series(versions: Iterable[RuleVersion], since: date) -> list[dict[str, Any]]:
    """What the rules said at each close from `since` on: as_of, rule_id, red, orange, yellow, clear, not_evaluable; oldest first."""
    sums = {name: Sum(name) for name in ("red", "orange", "yellow", "clear", "not_evaluable")}
    rows = RuleTally.objects.filter(rule_version__in=[v.pk for v in versions], as_of__gte=since)
    found: Iterable[Any] = rows.values("as_of", rule_id=F("rule_version__rule_id")).annotate(**sums).order_by("as_of")
    return list(found)


def said_at(versions: Iterable[RuleVersion], day: date) -> list[dict[str, Any]]:
    """What each version said at one close: rule_version_id, red, orange, yellow, clear, not_evaluable. One that was not asked is not there."""
    sums = {name: Sum(name) for name in ("red", "orange", "yellow", "clear", "not_evaluable")}
    rows: Iterable[Any] = RuleTally.objects.filter(rule_version__in=[v.pk for v in versions], as_of=day).values("rule_version_id").annotate(**sums)
    return list(rows)


def rulebook(lender: Lender, on: date) -> list[Any]:
    """Every rule that people keep, in the order of the codes, with `live`, its version in force on `on`, `planned`, one approved for later, `draft`, one
    that is worked on, and `last`, the newest; each None where there is none. Two queries, however many rules."""
    found: list[Any] = list(Rule.objects.filter(lender=lender).exclude(code__startswith=SYSTEM).prefetch_related("versions").order_by("code"))
    for rule in found:
        versions = list(rule.versions.all())  # newest first
        rule.live = next((v for v in versions if counts_on(v, on)), None)
        rule.planned = next((v for v in versions if v.state in APPROVED and v.valid_from > on and v.valid_to != v.valid_from), None)
        rule.draft = next((v for v in versions if v.state in OPEN), None)
        rule.last = versions[0] if versions else None
    return found


def counts_on(version: RuleVersion, on: date) -> bool:
    """Whether a version is in force on a day."""
    return (
        version.state in APPROVED and version.valid_from is not None and version.valid_from <= on
        and (version.valid_to is None or version.valid_to > on)
    )  # fmt: skip


def waiting(lender: Lender) -> QuerySet[RuleVersion]:
    """The checked versions that nobody has approved or returned yet, the oldest first."""
    return RuleVersion.objects.filter(rule__lender=lender, state=CHECKED).select_related("rule", "made_by", "checked_by").order_by("pk")


def history(versions: Iterable[RuleVersion]) -> QuerySet[AuditEvent]:
    """Who did what to these versions, the newest first."""
    keys = [str(version.pk) for version in versions]
    rows = AuditEvent.objects.filter(subject_kind=RuleVersion._meta.label_lower, subject_id__in=keys)
    return rows.select_related("person").order_by("-pk")


def snoozes_seen(access: Access) -> QuerySet[RuleSnooze]:
    """The snoozes of borrowers whom this person may see, the newest first."""
    rows = RuleSnooze.objects.filter(lender=access.person.lender if access.person else None, borrower__in=Borrower.objects.visible_to(access).order_by())
    return rows.select_related("rule", "borrower", "by", "lifted_by").order_by("-pk")


# What a tried version says against the one in force. A hit is a level above clear; no level is none.
SAYS, LIVE_SAYS = Q(level__gt=0), Q(live_level__gt=0)
NEW, GONE = Q(level__gt=0) & (Q(live_level__isnull=True) | Q(live_level__lte=0)), Q(level__lte=0, live_level__gt=0)


def trial_days(trial: RuleTrial) -> list[dict[str, Any]]:
    """For every close of a test run: as_of, hits of the version tried, hits of the one in force, new and no longer; oldest first."""
    kinds = {"tried": SAYS, "live": LIVE_SAYS, "new": NEW, "gone": GONE}
    counts = {name: Count("pk", filter=kind) for name, kind in kinds.items()}
    rows: Iterable[Any] = TrialHit.objects.filter(trial=trial).values("as_of").annotate(**counts).order_by("as_of")
    return list(rows)


def trial_subjects(trial: RuleTrial, as_of: date, *, new: bool) -> QuerySet[TrialHit]:
    """The subjects on which, at one close, only the version tried fires (`new`), or only the one in force; the worst first."""
    rows = TrialHit.objects.filter(NEW if new else GONE, trial=trial, as_of=as_of)
    return rows.order_by("-level" if new else "-live_level", "subject")
