"""Alerts as work lists, as one page, and as JSON."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, Max, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from alerts.observation.fields import Field, Kind
from alerts.observation.models import BorrowerDay, BranchDay, LoanDay, StaffDay
from alerts.rulebook.rules import Source, source
from alerts.rulebook.vocabulary import field_named
from alerts.signals.handling_models import AlertEscalation
from alerts.signals.models import Alert, AlertEvidence, AlertQuerySet, Level
from borrowers.loans.models import Custody
from loanwatch.lenders.defaults import SHIPPED
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import parameter
from loanwatch.people.access import Access
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent

DEADLINE = (F("due_on").asc(nulls_last=True), F("level").desc(), "id")  # what is most urgent first
CHART_CLOSES = 24
CHARTED = (Kind.INT, Kind.NUMBER, Kind.RATIO, Kind.MONEY)


def setting(lender: Lender, key: str, on: date) -> Any:
    """The value of a parameter in force on `on`; a lender set up before the parameter was shipped has the shipped value."""
    try:
        return parameter(lender, key, on)
    except KeyError:
        return _SHIPPED[key]


_SHIPPED = {key: value for key, value, _source, _confidence in SHIPPED}


def lead_of(on: date, column: str, loan: str = "loan_id") -> Subquery:
    """Subquery: `column` of the custody of the loan's lead on `on`."""
    return Subquery(Custody.objects.held_on(on).filter(loan_id=OuterRef(loan), capacity=Custody.Capacity.LEAD).values(column)[:1])


def lead_of_borrower(on: date, column: str) -> Case:
    """Of an alert on a borrower as such: `column` of the custody of the lead of its largest loan on `on`; empty for any other alert."""
    held = Custody.objects.held_on(on).filter(loan__borrower_id=OuterRef("borrower_id"), capacity=Custody.Capacity.LEAD)
    return Case(When(loan__isnull=True, borrower__isnull=False, then=Subquery(held.order_by("-loan__principal", "loan_id").values(column)[:1])))


def stage_of(alert: str, reopened: str) -> Subquery:
    """Subquery: how far the alert was escalated since it was last opened; empty where it was not."""
    rows = AlertEscalation.objects.filter(alert=OuterRef(alert), round=OuterRef(reopened)).order_by("-stage")
    return Subquery(rows.values("stage")[:1])


def worklist(access: Access) -> AlertQuerySet:
    """Every alert this person may see, with what a row of the list shows, the most urgent first. One query."""
    return (
        Alert.objects.visible_to(access)
        .annotate(
            manager_name=Coalesce(lead_of(access.on, "person__name"), lead_of_borrower(access.on, "person__name")),
            manager_no=Coalesce(lead_of(access.on, "person__staff_no"), lead_of_borrower(access.on, "person__staff_no")),
            lender_currency=F("lender__currency"),
            stage=stage_of("pk", "reopened"),
        )
        .select_related("rule", "loan", "borrower", "branch", "handler", "submitted_by", "closed_by", "assigned_to", "concerns")
        .order_by(*DEADLINE)
    )


def waiting_for(access: Access) -> Q:
    """The open alerts that wait for this person: to be answered by whom it was given to, else the manager; to be checked by the risk officer."""
    to_answer = Q(state__in=[Alert.State.OPEN, Alert.State.ACKNOWLEDGED, Alert.State.HANDLING])
    mine = to_answer & Q(assigned_to=access.person) if access.person else Q(pk__in=[])
    if access.has(Role.ACCOUNT_MANAGER):
        mine |= to_answer & Q(assigned_to__isnull=True)
    if access.has(Role.RISK_OFFICER):
        # Branch alerts have no account manager: the officer is the first to answer them.
        mine |= Q(state=Alert.State.SUBMITTED) & ~Q(submitted_by=access.person) | Q(state=Alert.State.OPEN, level=Level.RED)
    return mine if access.has(Role.ACCOUNT_MANAGER, Role.RISK_OFFICER) else Q()


def counts(access: Access, today: date) -> dict[str, int]:
    """How many open alerts stand in each saved view. One query."""
    unhandled = Q(state__in=[Alert.State.OPEN, Alert.State.ACKNOWLEDGED])
    return (
        Alert.objects.visible_to(access)
        .open()
        .aggregate(
            open=Count("pk"),
            red=Count("pk", filter=Q(level=Level.RED)),
            late=Count("pk", filter=Q(due_on__lt=today)),
            late_red=Count("pk", filter=Q(due_on__lt=today, level=Level.RED)),
            mine=Count("pk", filter=waiting_for(access)),
            mine_late=Count("pk", filter=waiting_for(access) & Q(due_on__lt=today)),
            urgent=Count("pk", filter=unhandled & Q(level__gte=Level.ORANGE)),
            second=Count("pk", filter=Q(state=Alert.State.SUBMITTED)),
            cleared=Count("pk", filter=Q(cleared_on__isnull=False)),
        )
    )


def say_why(alerts: Sequence[Any]) -> None:
    """Give each alert of a page `said`: the line of `reasons` that its first threshold speaks of, or None. One query."""
    latest: dict[int, AlertEvidence] = {}
    for piece in AlertEvidence.objects.filter(alert__in=[a.pk for a in alerts]).order_by("id"):
        latest[piece.alert_id] = piece
    for alert in alerts:
        known = latest.get(alert.pk)
        line = next(iter(reasons(alert, known)), None) if known else None
        alert.currency = alert.currency or alert.lender_currency  # a branch is counted in the lender's
        alert.said = line if line and line["threshold"] and line["kind"] != Kind.BOOL and line["value"] is not None else None


def also_open(alert: Alert, access: Access) -> QuerySet[Alert]:
    """What else is open on the borrower (else on the person, else on the branch itself), the worst first."""
    if alert.borrower_id:
        same = Q(borrower_id=alert.borrower_id)
    else:
        same = Q(borrower__isnull=True, concerns_id=alert.concerns_id) & (Q() if alert.concerns_id else Q(branch_id=alert.branch_id))
    found = Alert.objects.visible_to(access).open().filter(same).exclude(pk=alert.pk)
    return found.select_related("rule", "loan").order_by("-level", "opened_on")[:6]


def field_of(alert: Alert, name: str) -> Field | None:
    """What the dictionary knows of a field that the alert's evidence names: of its own observation, its borrower's, or an earlier close."""
    try:
        return field_named(alert.grain, name)
    except KeyError:
        return None


def reasons(alert: Alert, evidence: AlertEvidence) -> list[dict[str, Any]]:
    """Why it fired, a line per value: `label`, `value`, `kind`, `threshold` (operator and value as the rule has it, or "").

    Values with a threshold come first; `meaning` is the sentence of the dictionary, `inputs` and `owner` where the figure comes from and
    who supplies it. `limits`: of each limit in the threshold its name, value, source and first day as they were frozen. Labels are in
    the reader's language; `unit` is the dictionary's English word.
    """
    limits: dict[str, list[str]] = {}
    named: dict[str, list[dict[str, Any]]] = {}
    for mark in evidence.thresholds or []:
        limits.setdefault(mark["field"], []).append(f"{mark['operator']} {mark['threshold']}".strip())
        named.setdefault(mark["field"], []).extend(_limits_of(mark))
    names = _telling_first(alert, [*limits, *(name for name in evidence.values if name not in limits)])
    lines = []
    for name in names:
        known = field_of(alert, name)
        value = evidence.values.get(name, evidence.values.get(known.column) if known else None)
        lines.append(
            {
                "name": name,
                "label": _(known.label) if known else name,
                "meaning": _(known.meaning) if known else "",
                "kind": str(known.kind) if known else "text",
                "unit": known.unit if known else "",
                "value": _said(known, value),
                "threshold": ", ".join(limits.get(name, [])),
                "inputs": _(known.inputs) if known and known.inputs else "",
                "owner": _(known.owner) if known and known.owner else "",
                "limits": named.get(name, []),
            }
        )
    return lines


def _limits_of(mark: dict[str, Any]) -> list[dict[str, Any]]:
    """The limits that a frozen threshold speaks of, each with its value, its source and the day from which it counted."""
    values, sources = mark.get("limits") or {}, mark.get("sources") or {}
    found = []
    for name in values:
        known = sources.get(name, {})
        value = values[name] if isinstance(values, dict) else None
        found.append({"name": name, "value": value, "source": known.get("source", ""), "from": date.fromisoformat(known["from"]) if "from" in known else None})
    return found


def earlier(alert: Alert, access: Access) -> QuerySet[Alert]:
    """What was closed on the same borrower (else person, else branch) before, with its outcome, the latest first; at most 5. One query."""
    same = Q(borrower_id=alert.borrower_id) if alert.borrower_id else Q(borrower__isnull=True, concerns_id=alert.concerns_id, branch_id=alert.branch_id)
    closed = Alert.objects.visible_to(access).filter(same, state=Alert.State.CLOSED).exclude(pk=alert.pk)
    return closed.select_related("rule", "closed_by").order_by("-closed_on", "-pk")[:5]


def _telling_first(alert: Alert, names: Sequence[str]) -> list[str]:
    """The fields that measure what the rule is about stand before those that only narrow where it applies."""
    return sorted(names, key=lambda name: (known := field_of(alert, name)) is None or known.indicator != alert.rule.code)


def _said(known: Field | None, value: Any) -> Any:
    if known and known.kind == Kind.CHOICE:
        return next((_(label) for stored, label in known.values if stored == value), value)
    if known and known.kind == Kind.BOOL and value is not None:
        return _("yes") if value else _("no")
    return Decimal(value) if known and known.kind in CHARTED and isinstance(value, str) and _is_number(value) else value


def chart(alert: Alert, evidence: AlertEvidence, closes: Sequence[date]) -> dict[str, Any] | None:
    """The first figure that a threshold of the alert speaks of, over `closes` (oldest first), for the chart of its page. One query.

    `label`, `threshold` (a number or None), `ratio` (True: values are in percent), `days`, `values`; None where nothing can be drawn.
    """
    marks = {mark["field"]: mark for mark in reversed(evidence.thresholds or [])}
    for mark in (marks[name] for name in _telling_first(alert, list(marks)[::-1])):
        known = field_of(alert, mark["field"])
        if known is None or known.kind not in CHARTED or "__" in known.column or source(mark["field"]) != Source("", mark["field"], 0):
            continue
        by_day = _history(alert, known.column, closes)
        days = [day for day in closes if day in by_day]
        if len(days) < 2:
            return None
        scale = 100 if known.kind == Kind.RATIO else 1
        limit = mark.get("literal")
        return {
            "label": _(known.label),
            "ratio": scale == 100,
            "threshold": float(limit) * scale if isinstance(limit, str | int | float) and _is_number(limit) else None,
            "days": days,
            "values": [None if by_day[day] is None else float(by_day[day]) * scale for day in days],
        }
    return None


def _history(alert: Alert, column: str, closes: Sequence[date]) -> dict[date, Any]:
    # Naming the days lets PostgreSQL open only their partitions.
    table, subject = _OBSERVED[alert.grain]
    rows = table.objects.filter(lender_id=alert.lender_id, as_of__in=closes, **{subject: getattr(alert, _SUBJECT[alert.grain])})
    return dict(rows.values_list("as_of", column))


_OBSERVED: dict[str, tuple[Any, str]] = {
    "loan": (LoanDay, "loan_id"), "borrower": (BorrowerDay, "borrower_id"), "branch": (BranchDay, "branch_id"), "staff": (StaffDay, "person_id"),
}  # fmt: skip
_SUBJECT = {"loan": "loan_id", "borrower": "borrower_id", "branch": "branch_id", "staff": "concerns_id"}


def _is_number(text: Any) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return not isinstance(text, bool)


def steps(alert: Alert) -> QuerySet[AuditEvent]:
    """Who did what to the alert, the latest first."""
    return (
        AuditEvent.objects.filter(subject_kind=Alert._meta.label_lower, subject_id=str(alert.pk)).select_related("person").order_by("-id")
    )


def last_days_of_months(days: Sequence[date], newest: int = 4) -> list[date]:
    """Of `days` (newest first): the newest ones and the last of every month, oldest first; at most 24."""
    found, months = list(days[:newest]), {d.strftime("%Y-%m") for d in days[:newest]}
    for day in days[newest:]:
        if (month := day.strftime("%Y-%m")) not in months:
            months.add(month)
            found.append(day)
    return sorted(found[:CHART_CLOSES])


def opened_lately(access: Access, since: date) -> dict[str, int]:
    """How many alerts opened and closed since `since`, for the line of the day."""
    return Alert.objects.visible_to(access).aggregate(
        opened=Count("pk", filter=Q(opened_on__gte=since)),
        opened_red=Count("pk", filter=Q(opened_on__gte=since, level=Level.RED)),
        closed=Count("pk", filter=Q(closed_on__gte=since)),
        last=Max("opened_on"),
    )


def days_open(alert: Alert, today: date) -> int:
    """Calendar days since the close that opened it, or opened it again."""
    return max((today - (alert.reopened_on or alert.opened_on)) // timedelta(days=1), 0)


def episodes(alert: Alert) -> list[Alert]:
    """The episodes of the same rule and subject before and after this one, the latest first; at most 20."""
    subject = {f"{name}_id": getattr(alert, f"{name}_id") for name in ("loan", "borrower", "concerns")}
    same = Alert.objects.filter(rule=alert.rule_id, branch_id=alert.branch_id) if alert.grain == "branch" else Alert.objects.filter(rule=alert.rule_id)
    return list(same.filter(**subject).exclude(pk=alert.pk).order_by("-episode")[:20])


def as_json(lender: Lender, as_of: date) -> dict[str, Any]:
    """Every alert of `lender` that had opened by the close of `as_of`: rule, version, subject, level, dates, evidence up to then.

    `state` is today's for an alert that is still open, `closed` only when it was closed by then; `level` is the one of the last
    evidence up to then. Dates are ISO text, amounts text with two decimals.
    """
    alerts = (
        Alert.objects.filter(lender=lender, opened_on__lte=as_of)
        .select_related("rule", "rule_version", "loan", "borrower", "branch", "handler", "submitted_by", "closed_by")
        .order_by("id")
    )
    evidence: dict[int, list[AlertEvidence]] = {}
    for piece in AlertEvidence.objects.filter(alert__in=alerts, as_of__lte=as_of).select_related("rule_version").order_by("id"):
        evidence.setdefault(piece.alert_id, []).append(piece)
    found = [_alert_json(alert, evidence.get(alert.pk, []), as_of) for alert in alerts]
    return {
        "lender": lender.code,
        "as_of": as_of.isoformat(),
        "open": sum(1 for a in found if a["state"] != Alert.State.CLOSED),
        "closed": sum(1 for a in found if a["state"] == Alert.State.CLOSED),
        "alerts": found,
    }


def _alert_json(alert: Alert, evidence: list[AlertEvidence], as_of: date) -> dict[str, Any]:
    closed = alert.closed_on is not None and alert.closed_on <= as_of
    later = alert.closed_on is not None and not closed
    return {
        "number": alert.number,
        "rule": alert.rule.code,
        "version": alert.rule_version.version,
        "subject": {
            "kind": alert.grain,
            "loan": alert.loan.number if alert.loan else None,
            "borrower": alert.borrower.number if alert.borrower else None,
            "branch": alert.branch.code,
        },
        "level": Level(evidence[-1].level if evidence else alert.level).name.lower(),
        "state": Alert.State.SUBMITTED.value if later else alert.state,
        "opened_on": alert.opened_on.isoformat(),
        "due_on": _iso(alert.due_on),
        "cleared_on": _iso(alert.cleared_on if alert.cleared_on and alert.cleared_on <= as_of else None),
        "closed_on": _iso(alert.closed_on if closed else None),
        "outcome": alert.outcome if closed else "",
        "exposure": None if alert.exposure is None else f"{alert.exposure:.2f}",
        "currency": alert.currency,
        "handler": alert.handler.staff_no if alert.handler else None,
        "submitted_by": alert.submitted_by.staff_no if alert.submitted_by else None,
        "closed_by": alert.closed_by.staff_no if closed and alert.closed_by else None,
        "evidence": [
            {
                "as_of": piece.as_of.isoformat(),
                "level": Level(piece.level).name.lower(),
                "version": piece.rule_version.version,
                "values": piece.values,
                "thresholds": piece.thresholds,
            }
            for piece in evidence
        ],
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
