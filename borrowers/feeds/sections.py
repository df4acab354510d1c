"""What the pages of feeds share: their sections, the words and signs of how a date stands, and what they ask of the person."""

from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from borrowers.feeds.due import Standing
from borrowers.feeds.models import Delivery, FormatVersion, QuarantinedRow
from borrowers.feeds.quarantine import reaches_whole_lender
from loanwatch.lenders.models import Lender
from loanwatch.people.policy import Act

# What a standing is called, its icon and its colour.
STANDINGS: dict[Standing, tuple[Any, str, str]] = {
    Standing.MISSING: (gettext_lazy("Missing"), "f-alert-octagon", "red"),
    Standing.HELD: (gettext_lazy("Held: a person must decide"), "hourglass", "orange"),
    Standing.REJECTED: (gettext_lazy("Came and could not be used"), "file-x", "red"),
    Standing.LET_GO: (gettext_lazy("The day may close without it"), "ban", "blue"),
    Standing.LATE: (gettext_lazy("Applied, after its due time"), "clock-exclamation", "yellow"),
    Standing.AWAITED: (gettext_lazy("Not due yet"), "clock", "grey"),
    Standing.APPLIED: (gettext_lazy("Applied"), "f-circle-check", "green"),
    Standing.NONE: (gettext_lazy("Nothing is due"), "minus", "grey"),
}


def tone_class(tone: str) -> str:
    """The class that paints a sign in `tone`."""
    return "muted" if tone == "grey" else f"sev-{tone}"


def lender_of(request: HttpRequest) -> Lender:
    """The reader's own lender; everything on these pages is inside it."""
    person = request.access.person
    if person is None or person.lender is None:
        raise Http404
    return person.lender


def tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    """The sections of the pages of feeds, with what waits in each."""
    lender = lender_of(request)
    held = Delivery.objects.filter(lender=lender, state=Delivery.State.HELD).count()
    rows = waiting_rows(lender).count()
    drafts = FormatVersion.objects.filter(lender=lender, state=FormatVersion.State.DRAFT).count()
    named = [
        ("board", _("Board"), None),
        ("deliveries", _("Deliveries"), held or None),
        ("quarantine", _("Rows set aside"), rows or None),
        ("formats", _("Formats"), drafts or None),
        ("plans", _("Due times"), None),
    ]
    return [{"text": text, "url": reverse(f"feeds:{name}"), "current": name == current, "count": count} for name, text, count in named]


def waiting_rows(lender: Lender) -> Any:
    """Rows that wait for a decision of their own: those of held files come with a corrected file."""
    return QuarantinedRow.objects.filter(
        delivery__lender=lender, delivery__state=Delivery.State.APPLIED, state=QuarantinedRow.State.WAITING
    )


def may_read(request: HttpRequest) -> bool:
    """Whether the reader may see cells of files, which tell of every branch: whose role reaches the whole lender.

    A system administrator keeps feeds without reading borrowers' data.
    """
    return bool(request.access.may(Act.LOAN_SEE)) and reaches_whole_lender(request.access)


def may_decide(request: HttpRequest) -> bool:
    """Whether the reader corrects, releases and rejects rows, and takes them as a file."""
    return bool(request.access.may(Act.QUARANTINE_RELEASE)) and reaches_whole_lender(request.access)
