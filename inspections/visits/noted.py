"""What handing a visit in tells of the conduct of the person: its delay, pictures seen before or taken earlier, a route nobody drives."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from borrowers.conduct.actions import note_act
from inspections.visits import rules
from inspections.visits.models import Photo, Visit
from loanwatch.people.access import Access

OLD_PICTURE = timedelta(days=2)  # older than the visit by more than this it is no picture of the visit
FAR = 500  # metres from the borrower's address
FAST = 100  # km/h between two visits of one person
ONE_DAY = 86_400  # seconds: visits further apart say nothing of a route


def note_visit(visit: Visit, *, by: Access) -> None:
    """Note the acts of `by.person` that a visit just handed in shows. Within the caller's transaction."""
    if by.person is None or visit.visited_on is None:
        return
    said: dict[str, Any] = {"lender": visit.lender, "person": by.person, "on": by.on, "subject": f"visit:{visit.pk}", "loan": visit.loan}
    note_act("visit_reported", figure=(by.on - visit.visited_on).days, conclusion=visit.conclusion, **said)
    _note_pictures(visit, visit.visited_on, said)
    if visit.distance is not None and visit.distance > FAR:
        note_act("impossible_route", figure=visit.distance, reason="away", other="", **said)
    elif fast := _speed(visit):
        note_act("impossible_route", figure=fast[0], reason="speed", other=f"visit:{fast[1]}", **said)


def _note_pictures(visit: Visit, visited_on: date, said: dict[str, Any]) -> None:
    own = Photo.objects.filter(visit=visit, carried_from__isnull=True).select_related("reused_from")
    reused = [p.reused_from for p in own if p.reused_from]
    before_loan = sum(1 for p in reused if p.taken_at and p.taken_at.date() < visit.loan.disbursed_on)
    earliest = visited_on - OLD_PICTURE
    old = sum(1 for p in own if p.taken_at and p.taken_at.date() < earliest)
    if reused or old:
        note_act("copied_picture", figure=len(reused) + old, reused=len(reused), old=old, before_loan=before_loan, **said)


def _speed(visit: Visit) -> tuple[Decimal, int] | None:
    """Kilometres an hour since the person's visit before, and which it was; None within the limit or without two places and times."""
    if visit.position_at is None or visit.latitude is None or visit.longitude is None:
        return None
    earlier = Visit.objects.filter(recorded_by=visit.recorded_by, position_at__lt=visit.position_at).exclude(pk=visit.pk)
    before = earlier.exclude(task=visit.task_id).order_by("-position_at").first()
    if before is None or before.latitude is None or before.longitude is None or before.position_at is None:
        return None
    seconds = (visit.position_at - before.position_at).total_seconds()
    places = (before.latitude, before.longitude, visit.latitude, visit.longitude)
    metres = rules.metres_between(*(float(p) for p in places))
    if not 0 < seconds < ONE_DAY:
        return None
    speed = Decimal(metres) / 1000 / (Decimal(str(seconds)) / 3600)
    return (speed, before.pk) if speed > FAST and metres > FAR else None
