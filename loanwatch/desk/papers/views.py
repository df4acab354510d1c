"""An inspection as PDF, and the series of a borrower's inspections. Who may not read a visit gets no paper of it."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language

from borrowers.parties.models import Borrower
from inspections.visits.models import Visit
from inspections.visits.queries import visits_readable_by
from loanwatch.desk.papers import reading
from loanwatch.kernel import paper
from loanwatch.trail.record import record

MOST_IN_SERIES = 12  # columns of figures that fit on a sheet


def report(request: HttpRequest, visit_id: int) -> HttpResponse:
    """One inspection with its verification. 404 for what the reader may not read, an officer's own view not yet recorded included."""
    readable = visits_readable_by(request.access).exclude(state=Visit.State.DRAFT)
    asked = readable.select_related("task__borrower", "loan", "branch", "recorded_by", "verified_by", "template", "lender", "words")
    visit = get_object_or_404(asked, pk=visit_id)
    data, pictures = reading.report_of(visit, request.access)
    made = paper.pdf("inspections/report.typ", data, pictures=pictures, language=get_language() or "en")
    record("visit.printed", by=request.access, subject=visit, sha256=hashlib.sha256(made).hexdigest(), content_hash=visit.content_hash)
    return _answer(made, f"{visit.task.number}-{visit.attempt}.pdf")


def series(request: HttpRequest, number: str) -> HttpResponse:
    """The newest inspections of one borrower that the reader may read, oldest first."""
    borrower = get_object_or_404(Borrower.objects.visible_to(request.access), number=number)
    readable = visits_readable_by(request.access).filter(task__borrower=borrower, state__in=[Visit.State.SUBMITTED, Visit.State.VERIFIED])
    asked = readable.select_related("task", "loan", "recorded_by", "verified_by", "template", "words").order_by("-visited_on", "-id")
    visits = list(asked[:MOST_IN_SERIES])[::-1]
    made = paper.pdf("inspections/series.typ", reading.series_of(borrower, visits, request.access), language=get_language() or "en")
    record("borrower.inspections_printed", by=request.access, subject=borrower, visits=[v.pk for v in visits], sha256=hashlib.sha256(made).hexdigest())
    return _answer(made, f"inspections-{borrower.number}.pdf")


def _answer(made: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer
