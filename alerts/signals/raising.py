"""Signals from people, inspections and outside become the same alert as a rule makes."""

from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from alerts.observation.models import BorrowerDay, LoanDay
from alerts.observation.queries import closed_days
from alerts.signals.actions import ACKNOWLEDGED, HANDLING, OPEN, author, moved
from alerts.signals.handling import keep_file
from alerts.signals.handling_models import AlertNote, AlertSignal
from alerts.signals.models import Alert, AlertEvidence, Level
from alerts.signals.queries import setting
from alerts.signals.system import HANDLING_DAYS, system_rule
from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import working_day_after
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record


@transaction.atomic
def raise_signal(*, by: Access, level: int, kind: str, text: str, loan_number: str = "", borrower_number: str = "", upload: Any = None) -> Alert:
    """Raise what a person saw on a loan, or on a borrower; where such an alert is open already, the signal joins it and may make it worse.

    One that waits for its second check goes back to its handler; one closed a short while ago opens again.

    Raises Loan.DoesNotExist or Borrower.DoesNotExist out of sight, Refused, ValueError for neither a loan nor a borrower,
    BadUpload for a file that is not kept.
    """
    by.check(Act.SIGNAL_RAISE)
    seen = Loan.objects.visible_to(by).order_by()
    loan: Loan | None
    if loan_number:
        place = seen.select_related("borrower__lender", "branch").get(number=loan_number)
        loan, borrower = place, place.borrower
    elif borrower_number:
        borrower = Borrower.objects.filter(pk__in=seen.values("borrower_id")).select_related("lender").get(number=borrower_number)
        loan, place = None, seen.filter(borrower=borrower).select_related("branch").order_by("-principal", "pk")[0]
    else:
        raise ValueError("A signal is about a loan or a borrower.")
    # signals on one borrower at the same instant are one after the other
    Borrower.objects.select_for_update(of=("self",)).get(pk=borrower.pk)
    alert = _open_or_make(loan, borrower, place, Level(level), by)
    AlertSignal.objects.create(alert=alert, source="person", kind=kind, level=level, text=text, on=by.on, by=author(by))
    AlertNote.objects.create(alert=alert, by=author(by), kind="signal", text=text)
    record("alert.raised", by=by, subject=alert, level=int(level), kind=kind)
    if upload is not None:
        keep_file(alert, upload, upload.name, by)
    return alert


def _open_or_make(loan: Loan | None, borrower: Borrower, place: Loan, level: Level, by: Access) -> Alert:
    lender = borrower.lender
    version = system_rule(lender, "person")
    due_on = working_day_after(lender, by.on, HANDLING_DAYS[level.name.lower()])
    same = Alert.objects.filter(rule=version.rule, borrower=borrower, loan=loan).select_for_update(of=("self",))
    found = same.exclude(state=Alert.State.CLOSED).first()
    last = same.order_by("-episode", "-pk").first()
    if found is not None:
        if not _joined(found, level, due_on, by):
            return found
    elif last is not None and _closed_lately(last, by):
        found = _opened_again(last, place, level, due_on, by)
    else:
        found = Alert.objects.create(
            lender=lender, number=_next_number(by.on), rule=version.rule, rule_version=version, bucket=borrower.bucket, loan=loan, borrower=borrower,
            branch=place.branch, level=level, opened_on=by.on, due_on=due_on, exposure=_exposure(lender, loan, borrower),
            currency=loan.currency if loan else "", raised_by=author(by), episode=last.episode + 1 if last else 1, previous=last,
        )  # fmt: skip
    AlertEvidence.objects.bulk_create(
        [AlertEvidence(alert=found, as_of=by.on, level=level, rule_version=version, values={}, thresholds=[])], ignore_conflicts=True
    )
    return found


def _joined(alert: Alert, level: Level, due_on: date, by: Access) -> bool:
    """Let a signal join an alert that is open; True when it makes the alert worse."""
    if alert.state == Alert.State.SUBMITTED:
        # what was submitted did not know of it
        moved(alert, HANDLING)
        alert.submitted_by, alert.submitted_at = None, None
    worse = level > alert.level
    if worse:
        alert.level, alert.risen_on, alert.due_on = level, by.on, min(filter(None, (alert.due_on, due_on)))
        if alert.state == ACKNOWLEDGED:
            moved(alert, OPEN)
    alert.save(update_fields=["state", "submitted_by", "submitted_at", "level", "risen_on", "due_on"])
    return worse


def _closed_lately(alert: Alert, by: Access) -> bool:
    began = alert.reopened_on or alert.opened_on
    days = setting(alert.lender, "alerts.reopen_days", by.on)
    return began < by.on and alert.closed_on is not None and alert.closed_on >= by.on - timedelta(days=days)


def _opened_again(alert: Alert, place: Loan, level: Level, due_on: date, by: Access) -> Alert:
    """The same alert anew, as the night reopens one."""
    fresh: dict[str, Any] = {
        "state": OPEN, "level": level, "reopened": alert.reopened + 1, "reopened_on": by.on, "due_on": due_on, "branch": place.branch,
        "cleared_on": None, "clear_since": None, "lower_since": None, "acknowledged_at": None, "acknowledged_by": None, "handler": None,
        "submitted_by": None, "submitted_at": None, "closed_by": None, "closed_on": None, "outcome": "",
    }  # fmt: skip
    for name, value in fresh.items():
        setattr(alert, name, value)
    alert.save(update_fields=list(fresh))
    return alert


def _exposure(lender: Lender, loan: Loan | None, borrower: Borrower) -> Any:
    """Of the loan, or of the borrower's loans, as the last close observed it; None before the first."""
    day = closed_days(lender).values_list("business_date", flat=True).first()
    rows: Any = LoanDay.objects.filter(loan=loan) if loan else BorrowerDay.objects.filter(borrower=borrower)
    return rows.filter(lender=lender, as_of=day).values_list("outstanding", flat=True).first() if day else None


def _next_number(on: date) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('alerts_alert_id_seq')")
        return f"AL-{on:%y}-{cursor.fetchone()[0]:06d}"
