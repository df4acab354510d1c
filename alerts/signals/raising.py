"""Signals from people, inspections and outside become the same alert as a rule makes."""

from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from alerts.observation.models import BorrowerDay, LoanDay
from alerts.observation.queries import closed_days
from alerts.signals.actions import author
from alerts.signals.handling import keep_file
from alerts.signals.handling_models import AlertNote, AlertSignal
from alerts.signals.models import Alert, AlertEvidence, Level
from alerts.signals.system import HANDLING_DAYS, system_rule
from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import working_day_after
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record


@transaction.atomic
def raise_signal(*, by: Access, level: int, kind: str, text: str, loan_number: str = "", borrower_number: str = "", upload: Any = None) -> Alert:
    """Raise what a person saw on a loan, or on a borrower; where such an alert is open already, the signal joins it and may make it worse.

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
    found = Alert.objects.open().filter(rule=version.rule, borrower=borrower, loan=loan).select_for_update().first()
    if found is None:
        found = Alert.objects.create(
            lender=lender, number=_next_number(by.on), rule=version.rule, rule_version=version, bucket=borrower.bucket, loan=loan, borrower=borrower,
            branch=place.branch, level=level, opened_on=by.on, due_on=due_on, exposure=_exposure(lender, loan, borrower),
            currency=loan.currency if loan else "", raised_by=author(by),
        )  # fmt: skip
    elif found.state == Alert.State.SUBMITTED:
        raise Conflict(_("Alert %(number)s on this waits for its second check; let it be returned first.") % {"number": found.number}, code="ALERT_STATE")
    elif level > found.level:
        found.level, found.due_on = level, min(filter(None, (found.due_on, due_on)))
        found.save(update_fields=["level", "due_on"])
    else:
        return found
    AlertEvidence.objects.bulk_create(
        [AlertEvidence(alert=found, as_of=by.on, level=level, rule_version=version, values={}, thresholds=[])], ignore_conflicts=True
    )
    return found


def _exposure(lender: Lender, loan: Loan | None, borrower: Borrower) -> Any:
    """Of the loan, or of the borrower's loans, as the last close observed it; None before the first."""
    day = closed_days(lender).values_list("business_date", flat=True).first()
    rows: Any = LoanDay.objects.filter(loan=loan) if loan else BorrowerDay.objects.filter(borrower=borrower)
    return rows.filter(lender=lender, as_of=day).values_list("outstanding", flat=True).first() if day else None


def _next_number(on: date) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('alerts_alert_id_seq')")
        return f"AL-{on:%y}-{cursor.fetchone()[0]:06d}"
