"""What about places, times and figures of a visit should be looked at. Pure: each rule gives nothing, or a code with its figures.

Nothing here accuses anybody. Thresholds come from the dated parameters `evidence.*`; the names of their parts are used as they are there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from inspections.visits.rules import metres_between

A_DAY = timedelta(days=1)  # a camera that does not say its zone is off by up to 14 hours
ONE_DAY = 86_400  # seconds: visits further apart say nothing of a route


@dataclass(frozen=True)
class Doubt:
    """Why something should be looked at. figure: what was measured; words: what its sentence takes; photo, visit, point: about which."""

    code: str
    figure: Decimal | None = None
    words: Mapping[str, Any] = field(default_factory=dict)
    photo: int | None = None
    visit: int | None = None
    point: str = ""


@dataclass(frozen=True)
class Stop:
    """Where and when a person was. accuracy in metres; borrower: at whose place."""

    visit: int
    borrower: int
    at: datetime
    latitude: Decimal
    longitude: Decimal
    accuracy: int = 0


@dataclass(frozen=True)
class Shot:
    """What is known of one photo. taken_at: by the camera; point: the checkpoint it answers."""

    photo: int
    point: str
    taken_at: datetime | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None


def metres(one: tuple[Decimal, Decimal], other: tuple[Decimal, Decimal]) -> int:
    """Great-circle distance of two places (latitude, longitude) in metres, rounded."""
    return metres_between(float(one[0]), float(one[1]), float(other[0]), float(other[1]))


# Places ----------------------------------------------------------------------------------------------------------------------


def route(here: Stop, others: Iterable[Stop], limits: Mapping[str, Any]) -> list[Doubt]:
    """Faster than `kmh` between this stop and the nearest in time, or two places within `same_seconds`; the worst one only.

    Distances within `far_metres`, less what both phones say they are off by, are none.
    """
    found: list[Doubt] = []
    for other in others:
        seconds = abs((here.at - other.at).total_seconds())
        apart = metres((here.latitude, here.longitude), (other.latitude, other.longitude)) - here.accuracy - other.accuracy
        if seconds >= ONE_DAY or apart <= limits["far_metres"]:
            continue
        told = {"metres": apart, "minutes": round(seconds / 60)}
        if seconds <= limits["same_seconds"]:
            found.append(Doubt("two_places", Decimal(apart), told, visit=other.visit))
            continue
        speed = Decimal(apart) / 1000 / (Decimal(str(seconds)) / 3600)
        if speed > limits["kmh"]:
            found.append(Doubt("speed", speed.quantize(Decimal("0.1")), told, visit=other.visit))
    return sorted(found, key=lambda doubt: (doubt.code != "two_places", -(doubt.figure or 0)))[:1]


def same_digits(here: Stop, others: Iterable[Stop], home: tuple[Decimal, Decimal] | None, on: date) -> list[Doubt]:
    """The very same coordinates as at another visit, to the last digit, or as those of the registered address: no receiver says that twice.

    Two visits to one borrower on one day are left out: the phone may have kept its last fix.
    """
    for other in others:
        if (here.latitude, here.longitude) == (other.latitude, other.longitude) and not (
            other.borrower == here.borrower and abs((here.at - other.at).total_seconds()) < ONE_DAY
        ):
            return [Doubt("same_position", None, {"latitude": str(here.latitude), "longitude": str(here.longitude)}, visit=other.visit)]
    if home == (here.latitude, here.longitude):
        return [Doubt("registered_position", None, {"latitude": str(here.latitude), "longitude": str(here.longitude)})]
    return []


def place(distance: int | None, accuracy: int | None, position_on: date | None, visited_on: date, limits: Mapping[str, Any]) -> list[Doubt]:
    """Further than `far_metres` from the address; an accuracy of nought, which no receiver has; a position of another day than the visit."""
    found = []
    if distance is not None and distance > limits["far_metres"]:
        found.append(Doubt("away", Decimal(distance), {"metres": distance}))
    if accuracy == 0:
        found.append(Doubt("no_accuracy"))
    if position_on is not None and abs((position_on - visited_on).days) >= 1:
        found.append(Doubt("position_day", Decimal((position_on - visited_on).days), {"day": position_on.isoformat()}))
    return found


def clock(off: int | None, seconds: float | None, points: int, limits: Mapping[str, Any]) -> list[Doubt]:
    """A phone whose clock is wrong by more than `clock_seconds`, and a form filled in faster than `seconds_per_point`.

    off: seconds the phone's clock differs. seconds: from beginning to finishing the form on the phone, None where it was not said.
    """
    found = []
    if off is not None and abs(off) > limits["clock_seconds"]:
        found.append(Doubt("clock_off", Decimal(off), {"minutes": round(abs(off) / 60)}))
    if seconds is not None and points >= limits["hurried_points"] and 0 <= seconds < points * limits["seconds_per_point"]:
        found.append(Doubt("hurried", Decimal(round(seconds)), {"seconds": round(seconds), "points": points}))
    return found


# Pictures --------------------------------------------------------------------------------------------------------------------


def picture_times(shots: Sequence[Shot], visited_on: date, disbursed_on: date, handed_in: datetime, limits: Mapping[str, Any]) -> list[Doubt]:
    """Each photo from before the loan, older than the visit by more than `old_days`, or from a day after it was handed in.

    Times are in the lender's zone. And, once for the visit, photos of `together_points` points or more that were all taken within
    `together_seconds`, although the form asks for several places.
    """
    found = []
    for shot in shots:
        if shot.taken_at is None:
            continue
        taken = shot.taken_at.date()
        days = (visited_on - taken).days
        told = {"taken": taken.isoformat(), "days": days}
        if days > limits["old_days"]:
            found.append(Doubt("before_loan" if taken < disbursed_on else "old_picture", Decimal(days), told, shot.photo))
        elif shot.taken_at > handed_in + A_DAY:
            found.append(Doubt("later_picture", Decimal(-days), told, shot.photo))
    timed = [shot for shot in shots if shot.taken_at is not None]
    points = {shot.point for shot in timed}
    if len(timed) == len(shots) and len(points) >= limits["together_points"]:
        times = [shot.taken_at for shot in timed if shot.taken_at]
        seconds = (max(times) - min(times)).total_seconds()
        if seconds <= limits["together_seconds"]:
            found.append(Doubt("together", Decimal(round(seconds)), {"seconds": round(seconds), "points": len(points)}))
    return found


def picture_places(shots: Sequence[Shot], position: tuple[Decimal, Decimal] | None, limits: Mapping[str, Any]) -> list[Doubt]:
    """Each photo that the camera places further than `far_metres` from the position of the visit."""
    found = []
    for shot in shots:
        if position is None or shot.latitude is None or shot.longitude is None:
            continue
        apart = metres((shot.latitude, shot.longitude), position)
        if apart > limits["far_metres"]:
            found.append(Doubt("picture_away", Decimal(apart), {"metres": apart}, shot.photo))
    return found


# Figures ---------------------------------------------------------------------------------------------------------------------


def against_last(figures: Mapping[str, tuple[str, str]], before: Mapping[str, str], visit: int | None, limits: Mapping[str, Any]) -> list[Doubt]:
    """Figures against the last confirmed visit: jumps of more than `jump_percent` without words, and figures that are all the very same.

    figures: code -> (figure as decimal text, note). The same: at least `identical` figures other than 0, and no other ones.
    """
    found = []
    compared = {code: (Decimal(value), Decimal(before[code]), note) for code, (value, note) in figures.items() if code in before}
    for code, (now, then, note) in compared.items():
        if then == 0:
            continue
        percent = (now - then) / abs(then) * 100
        if abs(percent) > limits["jump_percent"] and len(note.strip()) < limits["words"]:
            told = {"now": f"{now.normalize():f}", "then": f"{then.normalize():f}", "percent": round(percent)}
            found.append(Doubt("jump", percent.quantize(Decimal("0.1")), told, visit=visit, point=code))
    telling = [(now, then) for now, then, _note in compared.values() if now or then]
    if len(telling) >= limits["identical"] and all(now == then for now, then in telling):
        found.append(Doubt("identical", Decimal(len(telling)), {"points": len(telling)}, visit=visit))
    return found


@dataclass(frozen=True)
class Flow:
    """What went through the borrower's accounts in a kind of booking: in the days before the visit, and in as many days before those."""

    now: Decimal = Decimal(0)
    before: Decimal = Decimal(0)


def against_account(said: Mapping[str, str], flows: Mapping[str, Flow], days: int, limits: Mapping[str, Any]) -> list[Doubt]:
    """Answers that the bookings on the borrower's accounts contradict. Without bookings in the period before, nothing can be said.

    said: code -> answer. flows: sales, payroll and utilities as positive amounts over `days` days. Receipts said not to be less while they
    fell by more than `fell_percent`; wages said to be paid with none booked; work said to go on while what is paid for power fell by more
    than `power_percent`; sales said to be more than `sales_times` what came in.
    """
    found = []

    def fell(kind: str) -> Decimal | None:
        flow = flows.get(kind, Flow())
        return (flow.before - flow.now) / flow.before * 100 if flow.before > 0 else None

    def told(kind: str, **more: Any) -> dict[str, Any]:
        return {"now": f"{flows[kind].now:.2f}", "before": f"{flows[kind].before:.2f}", "days": days, **more}

    drop = fell("sales")
    for code in ("receipts_account", "receipts"):
        if drop is not None and said.get(code) in {"same", "more"} and drop > limits["fell_percent"]:
            found.append(Doubt("receipts", drop.quantize(Decimal("0.1")), told("sales", percent=round(drop)), point=code))
    if said.get("wages_paid") == "yes" and fell("payroll") == 100:
        found.append(Doubt("wages", None, told("payroll"), point="wages_paid"))
    power = fell("utilities")
    for code in ("lines_running", "operating"):
        if power is not None and said.get(code) == "yes" and power > limits["power_percent"]:
            found.append(Doubt("power", power.quantize(Decimal("0.1")), told("utilities", percent=round(power)), point=code))
            break
    return found + _claimed(said, flows.get("sales", Flow()), days, limits["sales_times"])


def _claimed(said: Mapping[str, str], sales: Flow, days: int, most: float) -> list[Doubt]:
    """Sales that were said to be more than `most` times what came in."""
    found = []
    for code, period in SALES.items():
        if code in said and sales.now > 0 and sales.before > 0:
            claimed = Decimal(said[code]) * days / period
            if claimed > sales.now * Decimal(str(most)):
                told = {"now": f"{sales.now:.2f}", "days": days, "claimed": f"{claimed:.2f}"}
                found.append(Doubt("sales", (claimed / sales.now).quantize(Decimal("0.1")), told, point=code))
    return found


SALES = {"sales_month": 30, "monthly_sales": 30, "turnover_month": 30, "sales_quarter": 90, "receipts_90": 90, "sales_year": 360}  # point -> days it is said for
