"""What else people do with an alert: give it to somebody, mark a measure done, add a file, ask for an inspection, take a step back."""

from datetime import date, timedelta
from typing import IO, Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.signals.actions import ACKNOWLEDGED, HANDLING, OPEN, author, locked, sentence
from alerts.signals.handling_models import AlertFile, AlertNote, AlertOrder
from alerts.signals.models import Alert
from borrowers.documents import keeping
from borrowers.documents.uploads.reading import check_upload
from borrowers.loans.models import Loan
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import BranchReach, Person, Role, RoleHeld
from loanwatch.people.policy import Act
from loanwatch.trail.models import AuditEvent
from loanwatch.trail.queries import open_day
from loanwatch.trail.record import record

UNDO = timedelta(minutes=10)
MOST_FILES = 20  # of one alert


def _waiting(alert: Alert) -> None:
    """Raises Conflict unless it is still the handler's turn."""
    if alert.state not in (OPEN, ACKNOWLEDGED, HANDLING):
        raise Conflict(sentence(alert), code="ALERT_STATE")


def handlers_of(alert: Alert, on: date) -> QuerySet[Person]:
    """Who can be given the alert: account managers, risk officers and branch heads of its branch or above; never whom it concerns."""
    above = BranchReach.objects.filter(descendant_id=alert.branch_id, from_on__lte=on).filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
    roles = (Role.RISK_OFFICER, Role.BRANCH_HEAD) if alert.staff_conduct else (Role.ACCOUNT_MANAGER, Role.RISK_OFFICER, Role.BRANCH_HEAD)
    held = RoleHeld.objects.filter(role__in=roles, branch_id__in=above.values("ancestor_id"), from_on__lte=on)
    found = Person.objects.filter(pk__in=held.filter(Q(to_on__isnull=True) | Q(to_on__gt=on)).values("person_id"))
    found = found.filter(Q(left_on__isnull=True) | Q(left_on__gt=on))
    return found.exclude(pk=alert.concerns_id) if alert.staff_conduct and alert.concerns_id else found


@transaction.atomic
def assign(*, number: str, to: str, by: Access) -> Alert:
    """Give an alert to a person by staff number, who from now on is to handle it.

    Raises Alert.DoesNotExist, Refused for a person who could not see or handle it, Conflict once it is submitted or closed.
    """
    alert = locked(number, by)
    by.check(Act.ALERT_ASSIGN, alert)
    _waiting(alert)
    person = handlers_of(alert, by.on).filter(staff_no=to).first()
    if person is None:
        raise Refused(_("An alert is given to somebody who works for its branch today and whom it does not concern."), code="NOT_ASSIGNABLE")
    before = alert.assigned_to
    alert.assigned_to = person
    alert.save(update_fields=["assigned_to"])
    record("alert.assigned", by=by, subject=alert, to=person.staff_no, before=before.staff_no if before else None)
    return alert


@transaction.atomic
def undo_acknowledge(*, number: str, by: Access) -> Alert:
    """Take back one's own acknowledgement, for ten minutes and as long as nobody went on. Raises Alert.DoesNotExist, Refused, Conflict."""
    alert = locked(number, by)
    if alert.state != ACKNOWLEDGED or alert.acknowledged_at is None:
        raise Conflict(sentence(alert), code="ALERT_STATE")
    if by.person is None or alert.acknowledged_by_id != by.person.pk:
        raise Refused(_("Only whoever acknowledged an alert takes it back."), code="NOT_YOURS")
    if alert.acknowledged_at < timezone.now() - UNDO:
        raise Conflict(_("Alert %(number)s was acknowledged too long ago to take it back.") % {"number": number}, code="UNDO_TOO_LATE")
    alert.state, alert.acknowledged_at, alert.acknowledged_by = OPEN, None, None
    alert.save(update_fields=["state", "acknowledged_at", "acknowledged_by"])
    record("alert.acknowledgement_undone", by=by, subject=alert)
    return alert


@transaction.atomic
def undo_assign(*, number: str, by: Access) -> Alert:
    """Give an alert back to whoever had it before one's own assignment, for ten minutes. Raises Alert.DoesNotExist, Conflict."""
    alert = locked(number, by)
    _waiting(alert)
    done = AuditEvent.objects.filter(subject_kind=Alert._meta.label_lower, subject_id=str(alert.pk), event__startswith="alert.assign")
    last = done.order_by("-id").first()
    if last is None or last.event != "alert.assigned" or by.person is None or last.person_id != by.person.pk or last.at < timezone.now() - UNDO:
        raise Conflict(_("There is no assignment of alert %(number)s of yours that could still be taken back.") % {"number": number}, code="UNDO_TOO_LATE")
    alert.assigned_to = Person.objects.filter(staff_no=last.details.get("before") or "").first()
    alert.save(update_fields=["assigned_to"])
    record("alert.assignment_undone", by=by, subject=alert)
    return alert


@transaction.atomic
def measure_done(*, number: str, note_id: int, by: Access, done_on: date) -> AlertNote:
    """Say on which day a measure was carried out. Raises Alert.DoesNotExist, AlertNote.DoesNotExist, Refused, Conflict."""
    alert = locked(number, by)
    by.check(Act.ALERT_HANDLE, alert)
    _waiting(alert)
    note = AlertNote.objects.select_for_update().get(alert=alert, pk=note_id, kind="measure")
    if note.done_on is not None:
        raise Conflict(_("This measure was marked as done by %(name)s already.") % {"name": note.done_by}, code="MEASURE_DONE")
    if done_on > by.on:
        raise Conflict(_("A measure can't have been done on a day to come."), code="MEASURE_DATES")
    note.done_on, note.done_by = done_on, author(by)
    note.save(update_fields=["done_on", "done_by"])
    record("alert.measure_done", by=by, subject=alert, note=note.pk, done_on=done_on.isoformat())
    return note


@transaction.atomic
def attach(*, number: str, by: Access, upload: IO[bytes], filename: str) -> AlertFile:
    """Keep a file with an alert. Raises BadUpload for what is never kept, Conflict for the same file twice, Alert.DoesNotExist, Refused."""
    alert = locked(number, by)
    by.check(Act.ALERT_HANDLE, alert)
    _waiting(alert)
    return keep_file(alert, upload, filename, by)


def keep_file(alert: Alert, upload: IO[bytes], filename: str, by: Access) -> AlertFile:
    """Write the bytes, then the row, within the caller's transaction; bytes whose row is never committed are taken away again."""
    checked = check_upload(upload, filename, keeping.limits())
    number = alert.number
    if AlertFile.objects.filter(alert=alert, sha256=checked.sha256).exists():
        raise Conflict(_("This file is with alert %(number)s already.") % {"number": number}, code="FILE_ALREADY_THERE")
    if AlertFile.objects.filter(alert=alert).count() >= MOST_FILES:
        raise Conflict(_("An alert holds at most %(most)d files.") % {"most": MOST_FILES}, code="TOO_MANY_FILES")
    stored_as = keeping.keep(checked.data, checked.ending)
    try:
        with transaction.atomic():
            made = AlertFile.objects.create(
                alert=alert, filename=checked.name, sha256=checked.sha256, stored_sha256=checked.stored_sha256, size=len(checked.data),
                content_type=checked.content_type, stored_as=stored_as, by=author(by),
            )  # fmt: skip
    except Exception:
        keeping.storage().delete(stored_as)
        raise
    record("alert.file_added", by=by, subject=alert, sha256=checked.sha256, size=made.size)
    return made


def file_of(*, number: str, file_id: int, by: Access) -> tuple[AlertFile, bytes]:
    """A file of an alert and its bytes. Raises AlertFile.DoesNotExist, Conflict when what lies there is not what was stored."""
    found: Any = AlertFile.objects.get(pk=file_id, alert__in=Alert.objects.visible_to(by).filter(number=number))
    data = keeping.read(found)
    record("alert.file_downloaded", by=by, subject=found.alert, file=found.pk)
    return found, data


@transaction.atomic
def order_inspection(*, number: str, by: Access, reason: str, loan_number: str = "") -> AlertOrder:
    """Ask for a special inspection of the alert's loan, or of a loan of its borrower; the next close's plan opens the task.

    Raises Alert.DoesNotExist, Loan.DoesNotExist, Refused, Conflict for an alert on staff conduct, a closed one, or one ordered already.
    """
    alert = locked(number, by)
    by.check(Act.ALERT_ORDER, alert)
    _waiting(alert)
    if alert.staff_conduct or alert.borrower_id is None:
        raise Conflict(_("An alert on a branch or on staff conduct asks for no inspection of a loan."), code="NO_LOAN_TO_INSPECT")
    loans = Loan.objects.visible_to(by).filter(borrower_id=alert.borrower_id)
    loan = alert.loan or loans.get(number=loan_number)
    if AlertOrder.objects.filter(alert=alert, loan=loan).exists():
        raise Conflict(_("A special inspection of %(loan)s was already asked for.") % {"loan": loan.number}, code="ALREADY_ORDERED")
    made = AlertOrder.objects.create(alert=alert, loan=loan, reason=reason, from_on=open_day(alert.lender, by.on), by=author(by))
    AlertNote.objects.create(alert=alert, by=author(by), kind="order", text=reason)
    record("alert.inspection_ordered", by=by, subject=alert, loan=loan.number)
    return made


