"""The checks of one visit, each giving the doubts it has. What is compared with is what was handed in earlier."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet, Sum

from borrowers.funds.models import AccountTransaction
from inspections.evidence import prints, rules, words
from inspections.evidence.models import PhotoPrint
from inspections.evidence.rules import Doubt, Flow, Shot, Stop
from inspections.visits.models import Answer, Photo, Visit
from inspections.visits.queries import last_figures

KEYS = ("evidence.pictures", "evidence.places", "evidence.words", "evidence.figures")


def examine(visit: Visit, limits: Mapping[str, Any]) -> list[Doubt]:
    """All doubts about a submitted visit. limits: by key of the parameter. Reads for the house; the caller sees to that."""
    photos = list(Photo.objects.filter(visit=visit, carried_from__isnull=True, what=Photo.What.PHOTO).select_related("checkpoint").order_by("pk"))
    return [
        *_same_pictures(visit, photos, limits["evidence.pictures"]),
        *_pictures(visit, photos, limits["evidence.pictures"]),
        *_places(visit, limits["evidence.places"]),
        *_words(visit, limits["evidence.words"]),
        *_figures(visit, limits["evidence.figures"]),
    ]


def earlier(visit: Visit) -> "QuerySet[Visit]":
    """Visits of other tasks of the lender that were handed in before this one."""
    before = Q(submitted_at__lt=visit.submitted_at) | Q(submitted_at=visit.submitted_at, pk__lt=visit.pk)
    return Visit.objects.filter(before, lender=visit.lender_id).exclude(state=Visit.State.DRAFT).exclude(task=visit.task_id)


# Pictures --------------------------------------------------------------------------------------------------------------------


def _same_pictures(visit: Visit, photos: list[Photo], limits: dict[str, Any]) -> list[Doubt]:
    printed = {made.photo_id: made for made in PhotoPrint.objects.filter(photo__in=photos)}
    found = []
    for photo in photos:
        if photo.pk not in printed:
            continue
        same = prints.same_pictures(photo, printed[photo.pk], visit, limits)
        if same:
            found.append(_same(visit, photo, same))
    return found + [
        Doubt("same_in_visit", None, {"other_photo": before.pk}, photo.pk, visit.pk, photo.checkpoint.code)
        for before, photo in prints.alike_in_visit(photos, printed, limits)
    ]


def _same(visit: Visit, photo: Photo, same: list[prints.Same]) -> Doubt:
    """The earliest use of the picture; how many more there are."""
    first = same[0]
    other = Visit.objects.select_related("task").get(pk=first.visit)
    told = {
        "other_photo": first.photo,
        "number": other.task.number,
        "day": other.visited_on.isoformat() if other.visited_on else "",
        "more": len(same) - 1,
        "same_borrower": other.task.borrower_id == visit.task.borrower_id,
        "before_loan": bool(other.visited_on and other.visited_on < visit.loan.disbursed_on),
        "turned": first.likeness.turned,
        "shades": first.likeness.coarse,
    }
    exact = first.likeness.fine == 1 and photo.sha256 == Photo.objects.values_list("sha256", flat=True).get(pk=first.photo)
    return Doubt("same_file" if exact else "same_picture", Decimal(str(first.likeness.fine)), told, photo.pk, first.visit, photo.checkpoint.code)


def _pictures(visit: Visit, photos: list[Photo], limits: Mapping[str, Any]) -> list[Doubt]:
    zone = ZoneInfo(visit.lender.zone)
    shots = [
        Shot(p.pk, p.checkpoint.code, p.taken_at.astimezone(zone) if p.taken_at else None, p.latitude, p.longitude) for p in photos
    ]
    if visit.visited_on is None or visit.submitted_at is None:
        return []
    times = rules.picture_times(shots, visit.visited_on, visit.loan.disbursed_on, visit.submitted_at, limits)
    position = None if visit.latitude is None or visit.longitude is None else (visit.latitude, visit.longitude)
    return times + rules.picture_places(shots, position, limits)


# Places ----------------------------------------------------------------------------------------------------------------------


def _places(visit: Visit, limits: Mapping[str, Any]) -> list[Doubt]:
    if visit.visited_on is None:
        return []
    on = visit.position_at.astimezone(ZoneInfo(visit.lender.zone)).date() if visit.position_at else None
    found = rules.place(visit.distance, visit.accuracy, on, visit.visited_on, limits)
    seconds = None
    if visit.device_started_at and visit.device_finished_at:
        seconds = (visit.device_finished_at - visit.device_started_at).total_seconds()
    found += rules.clock(visit.clock_off, seconds, Answer.objects.filter(visit=visit, value__isnull=False).count(), limits)
    if visit.position_at is None or visit.latitude is None or visit.longitude is None:
        return found
    here = _stop(visit)
    day = timedelta(days=1)
    others = earlier(visit).filter(recorded_by=visit.recorded_by_id, position_at__isnull=False, latitude__isnull=False, longitude__isnull=False)
    near = others.filter(position_at__range=(visit.position_at - day, visit.position_at + day)).select_related("task")
    found += rules.route(here, [_stop(other) for other in near], limits)
    equal = others.filter(latitude=visit.latitude, longitude=visit.longitude).select_related("task").order_by("-pk")[:10]
    home = visit.task.borrower
    address = None if home.latitude is None or home.longitude is None else (home.latitude, home.longitude)
    return found + rules.same_digits(here, [_stop(other) for other in equal], address, visit.visited_on)


def _stop(visit: Visit) -> Stop:
    """The stop of a visit that has a position."""
    at, latitude, longitude = cast(datetime, visit.position_at), cast(Decimal, visit.latitude), cast(Decimal, visit.longitude)
    return Stop(visit.pk, visit.task.borrower_id, at, latitude, longitude, visit.accuracy or 0)


# Words and figures -----------------------------------------------------------------------------------------------------------


def _words(visit: Visit, limits: Mapping[str, Any]) -> list[Doubt]:
    printed = prints.print_report(visit)
    own = set(printed.shingles)
    bounds = {"likeness": limits["likeness"], "contained": limits["contained"], "least": limits["least"]}
    best: tuple[float, int, words.Alike] | None = None
    more = 0
    for number, other in prints.near_reports(printed, visit):
        if not words.copied(words.compare(own, other), (len(own), len(other)), **bounds):
            continue
        house = prints.of_the_house(printed, own & other, limits["house"])
        left, right = own - house, other - house
        alike = words.compare(left, right)
        if words.copied(alike, (len(left), len(right)), **bounds):
            more += 1
            rank = alike.likeness if alike.likeness > limits["likeness"] else alike.contained
            best = max(best, (rank, number, alike), key=lambda b: b[0]) if best else (rank, number, alike)
    if best is None:
        return []
    other_visit = Visit.objects.select_related("task").get(pk=best[1])
    told = {
        "number": other_visit.task.number,
        "day": other_visit.visited_on.isoformat() if other_visit.visited_on else "",
        "percent": round(best[0] * 100),
        "within": best[2].likeness <= limits["likeness"],
        "same_borrower": other_visit.task.borrower_id == visit.task.borrower_id,
        "colleague": other_visit.recorded_by_id != visit.recorded_by_id,
        "more": more - 1,
    }
    return [Doubt("same_words", Decimal(str(best[0])), told, visit=best[1])]


def _figures(visit: Visit, limits: Mapping[str, Any]) -> list[Doubt]:
    if visit.visited_on is None:
        return []
    answers = list(Answer.objects.filter(visit=visit, value__isnull=False).select_related("checkpoint"))
    figures = {a.checkpoint.code: (str(a.value), a.note) for a in answers if a.checkpoint.kind in {"number", "money", "percent"}}
    last = Visit.objects.filter(loan=visit.loan_id, state=Visit.State.VERIFIED, pk__lt=visit.pk).order_by("-visited_on", "-id").first()
    found = rules.against_last(figures, last_figures(visit.loan_id, visit), last.pk if last else None, limits)
    said = {a.checkpoint.code: str(a.value) for a in answers if isinstance(a.value, str)}
    days = int(limits["days"])
    flows = _flows(visit.task.borrower_id, visit.visited_on, visit.submitted_on or visit.visited_on, days)
    return found + rules.against_account(said, flows, days, limits)


def _flows(borrower: int, end: date, known_on: date, days: int) -> dict[str, Flow]:
    """Sales in, wages and power out, on all accounts of the borrower in the lender's currency, in the two periods of `days` days up to `end`."""
    middle = end - timedelta(days=days)
    window = AccountTransaction.objects.known_on(known_on).filter(
        account__borrower=borrower, valid_from__gt=middle - timedelta(days=days), valid_from__lte=end,
        account__currency=F("account__lender__currency"), category__in=["sales", "payroll", "utilities"],
    )  # fmt: skip
    totals = window.values("category").annotate(
        now=Sum("amount", filter=Q(valid_from__gt=middle)), before=Sum("amount", filter=Q(valid_from__lte=middle))
    )
    return {row["category"]: Flow(abs(row["now"] or Decimal(0)), abs(row["before"] or Decimal(0))) for row in totals}
