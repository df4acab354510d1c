"""What people decide about days: try again what was set aside, close with exceptions."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from loanwatch.day.exceptions import accept_day, retry_exception
from loanwatch.desk.days import queries
from loanwatch.desk.days.forms import ReasonForm
from loanwatch.desk.days.views import day_of, fault_line
from loanwatch.kernel.policy import Conflict
from loanwatch.people.policy import Act
from loanwatch.trail import held
from loanwatch.trail.models import BusinessDay


def retry(request: HttpRequest, exception_id: int) -> HttpResponse:
    """Have a worker try again what was set aside."""
    found = retry_exception(exception_id, request.access)
    messages.success(request, _("A worker tries it again. If it fails, it stays here with the new fault."))
    lender = BusinessDay.objects.filter(lender=found.lender_id).values_list("lender__code", flat=True).first()
    return redirect("days:day", lender, found.business_date.isoformat())


def accept(request: HttpRequest, lender: str, on: str) -> HttpResponse:
    """The page on which credit administration closes a day with exceptions: what is left out, why, and that it is meant."""
    run = day_of(request, lender, on)
    request.access.check(Act.DAY_ACCEPT, run)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        closed = accept_day(run.lender, run.business_date, form.cleaned_data["reason"], request.access)
        if closed.state == BusinessDay.State.CLOSING:
            messages.success(request, _("Accepted. The day goes on without what was set aside and closes by itself."))
        else:
            messages.success(request, _("Accepted. The day is closed with exceptions."))
        return redirect("days:day", lender, on)
    left = list(held.open_exceptions(run.lender, run.business_date).filter(accepted_by=None)[: queries.MOST_SHOWN])
    if request.method == "GET" and (run.state != BusinessDay.State.CLOSING or not left):
        raise Conflict(_("Nothing of this day waits for acceptance."))
    context = {"day": run, "form": form, "faults": [fault_line(request, fault) for fault in left], "lender": run.lender}
    return render(request, "desk/days/accept.html", context, status=422 if form.is_bound else 200)
