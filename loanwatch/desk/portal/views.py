"""The borrower's own page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from loanwatch.desk.portal.queries import own_loans


def home(request: HttpRequest) -> HttpResponse:
    """Own loans, the next payment, the schedule."""
    loans = own_loans(request.access, request.access.on)
    running = [line for line in loans if not line["ended"]]
    first = min((line for line in running if line["next"]), key=lambda line: line["next"]["instalment"].due_on, default=None)
    late = [line for line in running if line["late"]]
    return render(
        request,
        "desk/portal/home.html",
        {"loans": running, "ended": [x for x in loans if x["ended"]], "first": first, "late": late, "today": request.access.on},
    )
