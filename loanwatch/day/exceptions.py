"""What people do about loans and units that were set aside: have them tried again, or accept a day without them."""

from datetime import date

from django.db import transaction
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from loanwatch.day import actions, tasks
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail import held, ledger
from loanwatch.trail.models import BusinessDay, RunException, RunUnit
from loanwatch.trail.queries import lenders_seen
from loanwatch.trail.record import record


def retry_exception(exception_id: int, by: Access) -> RunException:
    """Have a worker try again what was set aside; returns the exception.

    A loan is caught up for each day it missed, each as of its own date, and let go; if it fails again the exception stays
    with the new error. A slice goes back on the list while its day is open. Raises Conflict when it is resolved already, or
    when the day of a slice is closed; Http404 for another lender's.
    """
    with transaction.atomic():
        exception = get_object_or_404(RunException.objects.select_for_update(of=("self",)).filter(lender__in=lenders_seen(by)), pk=exception_id)
        by.check(Act.EXCEPTION_RETRY, exception)
        if exception.resolved_at is not None:
            raise Conflict(_("This was tried again with success already."))
        day = BusinessDay.objects.get(lender=exception.lender_id, business_date=exception.business_date, run_version=exception.run_version)
        if exception.loan_id:
            ledger.errand(day, "retry", exception.pk)
        else:
            _list_again(day, exception)
        record("exception.retried", by=by, subject=exception, loan=exception.subject, step=exception.step, business_date=str(exception.business_date))
        transaction.on_commit(tasks.ring)
    return exception


def _list_again(day: BusinessDay, exception: RunException) -> None:
    """Put a unit that was set aside back on the list, with what was left out because of it and what was added up without it."""
    if day.state != BusinessDay.State.CLOSING:
        raise Conflict(_("The day is closed. Run it again as a new version to see what the slice would have been."))
    mine = RunUnit.objects.filter(lender=day.lender_id, business_date=day.business_date, run_version=day.run_version)
    unit = mine.filter(step=exception.step, bucket=exception.bucket).get()
    left_out = [RunUnit.State.FAILED, RunUnit.State.ACCEPTED]
    again = Q(pk=unit.pk, state__in=left_out)
    if unit.cut:
        later = Q(step_order__gt=unit.step_order)
        again |= later & Q(cut=True, bucket_from=unit.bucket_from, state=RunUnit.State.ACCEPTED)
        again |= later & Q(cut=False, state__in=[*left_out, RunUnit.State.DONE])  # it added up the book without the slice
    mine.filter(again).update(state=RunUnit.State.TODO, failures=0, lost=0, search=None, not_before=None)


def accept_day(lender: Lender, business_date: date, reason: str, by: Access) -> BusinessDay:
    """Accept what was set aside on a day, so that it can be closed with exceptions; returns the day, closed if nothing is left to do.

    An acceptance holds for the same loan on the days that follow, until the loan is tried again with success: such a day
    closes with exceptions under the same name and reason. Raises Conflict while units run, when nothing was set aside that
    waits for acceptance, when the figures do not add up, or without a reason; Refused for those who may not.
    """
    reason = reason.strip()
    with transaction.atomic():
        day = get_object_or_404(
            BusinessDay.objects.select_for_update(of=("self",)).filter(lender__in=lenders_seen(by)), lender=lender, business_date=business_date, run_version=1
        )
        by.check(Act.DAY_ACCEPT, day)
        if not reason:
            raise Conflict(_("Say why the day may be closed without what was set aside."))
        if day.state != BusinessDay.State.CLOSING:
            raise Conflict(_("Only a day that is being closed can be accepted with exceptions."))
        if held.at_work(day):
            raise Conflict(_("The day is still being worked at. Wait until all is done but what was set aside."))
        left = list(held.open_exceptions(lender, business_date).filter(accepted_by=None))
        if not left or by.person is None:
            raise Conflict(_("Nothing of this day waits for acceptance."))
        if any(e.step == "roll_up" for e in left):
            raise Conflict(_("The figures of the day could not be added up. This can't be accepted: mend the cause and have the step tried again."))
        held.accept(day, left, by.person, reason)
        record("day.accepted", by=by, subject=day, reason=reason, business_date=str(business_date),
               set_aside=[{"exception": e.pk, "step": e.step, "loan": e.subject, "bucket": e.bucket} for e in left])  # fmt: skip
        actions.close_if_done(lender, business_date)
        transaction.on_commit(tasks.ring)
    day.refresh_from_db()
    return day
