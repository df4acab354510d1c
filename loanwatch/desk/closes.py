"""Which business days are closed, for every page that shows figures: the one it shows, those one can choose, and how far history is."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.dateparse import parse_date

from alerts.observation.models import DroppedDay
from loanwatch.desk.shell import Shell
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.trail.models import BusinessDay

MOST = 1500  # days looked back: about six years of daily closes
CHOICES = 8  # newest closes offered one by one; before them the last of each month
WAITING = {BusinessDay.State.DUE.value, BusinessDay.State.CLOSING.value}
CLOSED = {BusinessDay.State.CLOSED.value, BusinessDay.State.CLOSED_WITH_EXCEPTIONS.value}


@dataclass(frozen=True)
class Closes:
    """The closed days of a lender, newest first, and the days that are still to be closed, oldest first.

    `dropped` are closed days of which only the figures by branch and product are kept.
    """

    closed: tuple[date, ...]
    waiting: tuple[date, ...]
    dropped: frozenset[date] = frozenset()

    @property
    def last(self) -> date | None:
        return self.closed[0] if self.closed else None

    @property
    def progress(self) -> dict[str, Any] | None:
        """The next day to close, done and total, while there is something left to close; else None."""
        if not self.waiting:
            return None
        return {"day": self.waiting[0], "done": len(self.closed), "total": len(self.closed) + len(self.waiting)}

    def chosen(self, text: str | None) -> date | None:
        """The close that `text` (an ISO date) names, or the last one when it names none that is closed and kept."""
        try:
            wanted = parse_date(text) if text else None
        except ValueError:
            wanted = None
        return wanted if wanted in self.closed and wanted not in self.dropped else self.last

    def offered(self) -> list[date]:
        """The closes to choose from: the newest, then the last of every month."""
        found, months = list(self.closed[:CHOICES]), {(d.year, d.month) for d in self.closed[:CHOICES]}
        for day in self.closed[CHOICES:]:
            if (day.year, day.month) not in months:
                months.add((day.year, day.month))
                found.append(day)
        return found

    def month_ends(self, as_of: date, months: int) -> list[date]:
        """`as_of` and the last closes of the months before it, oldest first, at most `months` in all."""
        found: list[date] = [as_of]
        for day in self.closed:
            if (day.year, day.month) < (found[-1].year, found[-1].month):
                found.append(day)
            if len(found) == months:
                break
        return sorted(found)


def closes_of_lender(lender: Lender) -> Closes:
    """One query."""
    dropped = Exists(DroppedDay.objects.filter(lender=OuterRef("lender"), as_of=OuterRef("business_date")))
    found = BusinessDay.objects.filter(lender=lender).annotate(dropped=dropped).order_by("-business_date")
    days = list(found.values_list("business_date", "state", "dropped")[:MOST])
    return Closes(  # a re-run is beside the day
        tuple(dict.fromkeys(day for day, state, _gone in days if state in CLOSED)),
        tuple(sorted({day for day, state, _gone in days if state in WAITING})),
        frozenset(day for day, _state, gone in days if gone),
    )


def closes(request: HttpRequest) -> Closes:
    """The closes of the reader's lender; read once per request, and told to the page's frame as well."""
    known: Closes | None = getattr(request, "closes", None)
    if known is None:
        access: Access = request.access
        lender = access.person.lender if access.person else None
        known = closes_of_lender(lender) if lender else Closes((), ())
        request.closes = known
    return known


def frame(request: HttpRequest) -> dict[str, Any]:
    """What every page of the desk hands to its template: the shell with the data date it already knows, and the progress of history."""
    known = closes(request)
    shell = Shell(request)
    shell.data_date = known.last
    return {"shell": shell, "progress": known.progress, "last_close": known.last}
