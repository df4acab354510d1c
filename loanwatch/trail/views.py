"""The audit trail for auditors, and the business days for those who watch over the run."""

from datetime import date

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from loanwatch.trail import export, queries
from loanwatch.trail.forms import EventFilters, ExportForm
from loanwatch.trail.models import BusinessDay
from loanwatch.trail.record import record
from loanwatch.trail.words import EVENTS, event_word, step_word

EVENTS_PER_PAGE, DAYS_PER_PAGE = 50, 31
MOST_EXPORTED = 100_000
MOST_COUNTED = 10_000


class BoundedPaginator(Paginator):
    """Counts no further than is shown ("10,000+"): a trail only ever grows, and its page must not grow with it."""

    @property
    def count(self) -> int:
        return self.object_list.order_by()[: MOST_COUNTED + 1].count()


def events(request: HttpRequest) -> HttpResponse:
    """Who did what, the newest first; every filter is in the URL."""
    form = EventFilters(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    page = BoundedPaginator(queries.events(request.access, **asked), EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    names = sorted(EVENTS.items(), key=lambda pair: str(pair[1]))
    listed = [(event, event_word(event.event), sorted(event.details.items()) if isinstance(event.details, dict) else []) for event in page]
    context = {
        "page": page,
        "listed": listed,
        "names": names,
        "form": form,
        "filtered": any(asked.values()),
        "zone": queries.zone_of(request.access),
    }
    return render(request, "trail/events.html", context | {"export_form": ExportForm(initial=asked, auto_id="export_%s")})


def export_events(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The filtered events as CSV, at most 100,000; asks for a reason and is itself an event."""
    access = request.access
    form = ExportForm(request.POST, auto_id="export_%s")
    if not form.is_valid():
        return render(request, "trail/export.html", {"form": form}, status=422)
    asked = dict(form.cleaned_data)
    reason = asked.pop("reason")
    found = queries.events(access, **asked)[:MOST_EXPORTED]
    filters = {key: str(value) for key, value in asked.items() if value}
    count = found.count()
    record("trail.exported", by=access, reason=reason, filters=filters, count=count)
    zone = queries.zone_of(access)
    about = [
        (_("Audit trail"), access.person.lender.name if access.person and access.person.lender else ""),
        (_("Exported by"), f"{access.person} ({access.person.staff_no})" if access.person else ""),
        (_("Exported at"), timezone.now().astimezone(zone).isoformat(timespec="seconds")),
        (_("Reason"), reason),
        (_("Filters"), ", ".join(f"{key}={value}" for key, value in filters.items()) or "–"),
        (_("Rows"), str(count)),
    ]
    answer = StreamingHttpResponse(export.lines(found.iterator(chunk_size=2000), zone, about), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="audit-trail-{access.on.isoformat()}.csv"'
    return answer


def days(request: HttpRequest) -> HttpResponse:
    """Business days with state and progress; while one is closing the list asks for itself again every 5 seconds."""
    state = request.GET.get("state", "")
    asked = state if state in BusinessDay.State.values else ""
    page = Paginator(queries.days(request.access, state=asked), DAYS_PER_PAGE).get_page(request.GET.get("page"))
    listed = queries.with_work(list(page))
    context = {
        "page": page,
        "days": listed,
        "closing": any(day.day.state == BusinessDay.State.CLOSING for day in listed),
        "several": queries.lenders_seen(request.access).count() > 1,
        "states": BusinessDay.State.choices,
        "asked": asked,
        "step_now": {day.day.pk: step_word(day.now.name) for day in listed if day.now},
    }
    return render(request, "trail/day_list.html" if request.htmx else "trail/days.html", context)


def day(request: HttpRequest, lender: str, on: str) -> HttpResponse:
    """One business day: its steps, units, rows and seconds, and what was set aside."""
    try:
        when = date.fromisoformat(on)
    except ValueError:
        raise Http404 from None
    found = get_object_or_404(queries.days(request.access), lender__code=lender, business_date=when)
    work = queries.with_work([found])[0]
    context = {"work": work, "day": found, "steps": [(step_word(step.name), step) for step in work.steps]}
    context["closing"] = found.state == BusinessDay.State.CLOSING
    context["faults"] = [(step_word(fault.step), fault) for fault in queries.exceptions_of(found)[:200]]
    return render(request, "trail/day_work.html" if request.htmx else "trail/day.html", context)
