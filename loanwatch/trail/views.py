"""The audit trail for auditors."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from loanwatch.trail import export, queries
from loanwatch.trail.forms import EventFilters, ExportForm
from loanwatch.trail.record import record
from loanwatch.trail.words import EVENTS, event_word

EVENTS_PER_PAGE = 50
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
