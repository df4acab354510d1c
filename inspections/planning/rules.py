"""The inspection plan as pure functions: which line of it fits a loan, when a check is due, and how a task may move."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

# task: due when the plan opens it, until the visit is confirmed or the loan has left the book
MOVES: Mapping[str, Set[str]] = {
    "due": {"started", "cancelled"},
    "started": {"submitted", "cancelled"},
    "submitted": {"returned", "done"},
    "returned": {"started", "cancelled"},
    "done": set(),
    "cancelled": set(),
}
OPEN = ("due", "started", "submitted", "returned")
TO_DO = ("due", "started", "returned")  # it is the manager's turn
ASSIGNABLE = ("due", "returned")  # nobody has begun the form

SIZES = ("large", "medium", "small")
CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")  # rank 1 to 5
TASK_DAYS = ("opens_before", "shortest_notice", "missed_first", "spread")
KEYS = ("inspection.size_limits", "inspection.task_days")

# version of the plan: a draft may be changed by its maker; what was proposed is frozen
PLAN_MOVES: Mapping[str, Set[str]] = {
    "draft": {"proposed", "withdrawn"},
    "proposed": {"approved", "withdrawn"},
    "approved": set(),
    "withdrawn": set(),
}


@dataclass(frozen=True)
class Numbers:
    """The numbers around the plan that are parameters of the lender."""

    large_from: int  # amount in the lender's currency from which a loan is large
    medium_from: int
    opens_before: int  # days before its due date a routine task appears on the manager's list
    shortest_notice: int  # days a task leaves the manager when the plan is already late
    missed_first: int  # days after which a first check that was never planned is left to the routine plan
    spread: int  # days over which loans without any inspection are spread when a book first comes under the plan


def numbers_from(parameters: Mapping[str, Any]) -> Numbers:
    """The numbers in the lender's dated parameters, by key. Raises KeyError naming what is missing."""
    limits, days = parameters["inspection.size_limits"], parameters["inspection.task_days"]
    return Numbers(large_from=int(limits["large"]), medium_from=int(limits["medium"]), **{name: int(days[name]) for name in TASK_DAYS})


def size_of(amount: Any, numbers: Numbers) -> str:
    """large, medium or small by the amount lent; the limit itself belongs to the larger size."""
    return "large" if amount >= numbers.large_from else "medium" if amount >= numbers.medium_from else "small"


@dataclass(frozen=True)
class Facts:
    """What the plan asks of a loan at a close. `rank` 1 normal to 5 loss; `level` 0 none to 3 red; `exposure` in the lender's currency."""

    product_kind: str
    size: str
    rank: int = 1
    level: int = 0
    exposure: Decimal = Decimal(0)
    tier: int | None = None  # of a key customer, 1 the closest watched


@dataclass(frozen=True)
class Line:
    """One line of the plan; an empty condition fits every loan. Ranges of class, tier and level hold both ends, exposure not its upper one."""

    place: int
    occasion: str
    kind: str
    days: int | None
    product_kind: str = ""
    size: str = ""
    class_from: int | None = None
    class_to: int | None = None
    exposure_from: Decimal | None = None
    exposure_to: Decimal | None = None
    tier_from: int | None = None
    tier_to: int | None = None
    level_from: int | None = None
    level_to: int | None = None


def _within(value: Any, low: Any, high: Any) -> bool:
    if low is None and high is None:
        return True
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def fits(line: Line, facts: Facts) -> bool:
    """Whether a loan meets every condition of the line. A borrower without a tier fits no line that names one."""
    return (
        line.product_kind in ("", facts.product_kind)
        and line.size in ("", facts.size)
        and _within(facts.rank, line.class_from, line.class_to)
        and (line.exposure_from is None or facts.exposure >= line.exposure_from)
        and (line.exposure_to is None or facts.exposure < line.exposure_to)
        and _within(facts.tier, line.tier_from, line.tier_to)
        and _within(facts.level, line.level_from, line.level_to)
    )


def line_for(lines: Iterable[Line], occasion: str, facts: Facts) -> Line | None:
    """Of the lines of an occasion the first that fits, by place; None where none does. A line without days says: none is made.

    The SQL of the day's step says the same over sets; a test compares the two.
    """
    return next((line for line in sorted(lines, key=lambda line: line.place) if line.occasion == occasion and fits(line, facts)), None)


def first_due(line: Line | None, numbers: Numbers, *, disbursed_on: date, on: date) -> date | None:
    """Until when the first check must be done, as opened on `on`; None for a loan that is not checked or was missed too long ago.

    One that was missed up to `missed_first` days ago leaves the shortest notice from `on`.
    """
    if line is None or line.days is None or disbursed_on > on:
        return None
    due = disbursed_on + timedelta(days=line.days)
    if due < on - timedelta(days=numbers.missed_first):
        return None
    return on + timedelta(days=numbers.shortest_notice) if due < on else due


def routine_due(line: Line | None, numbers: Numbers, *, last_on: date | None, disbursed_on: date, bucket: int, on: date) -> date | None:
    """Until when a routine inspection must be done, as opened on `on`; None while it is more than `opens_before` days away.

    Counted from the last inspection, before the first one from the disbursement. A loan that was never inspected and is more
    than `missed_first` days late is spread by its bucket; any other leaves at least the shortest notice.
    """
    if line is None or line.days is None:
        return None
    due = (last_on or disbursed_on) + timedelta(days=line.days)
    if due > on + timedelta(days=numbers.opens_before):
        return None
    notice = on + timedelta(days=numbers.shortest_notice)
    if last_on is None and due < on - timedelta(days=numbers.missed_first):
        return notice + timedelta(days=bucket % numbers.spread)
    return max(due, notice)


def maturity_due(line: Line | None, numbers: Numbers, *, matures_on: date, on: date) -> date | None:
    """Until when the inspection before maturity must be done, as opened on `on`; None while it is far, and from the maturity on.

    One that comes late leaves the shortest notice, but never past the day before maturity.
    """
    if line is None or line.days is None or matures_on <= on:
        return None
    due = matures_on - timedelta(days=line.days)
    if due > on + timedelta(days=numbers.opens_before):
        return None
    return due if due >= on else min(on + timedelta(days=numbers.shortest_notice), matures_on - timedelta(days=1))


def off_site_fits_trouble(line: Line) -> bool:
    """Whether an off-site line reaches a loan that is not small, is below class normal, or has an open orange or red alert."""
    return line.kind == "off_site" and (line.size != "small" or line.class_to != 1 or line.level_to is None or line.level_to > 1)


def unreachable(lines: Iterable[Line]) -> list[Line]:
    """Lines that no loan ever reaches, because one above them of the same occasion asks no more than they do."""
    shadowed: list[Line] = []
    above: list[Line] = []
    for line in sorted(lines, key=lambda line: line.place):
        if any(_covers(other, line) for other in above):
            shadowed.append(line)
        above.append(line)
    return shadowed


def _covers(above: Line, line: Line) -> bool:
    if above.occasion != line.occasion or above.product_kind not in ("", line.product_kind) or above.size not in ("", line.size):
        return False
    return all(
        (getattr(above, f"{name}_from") is None or ((low := getattr(line, f"{name}_from")) is not None and low >= getattr(above, f"{name}_from")))
        and (getattr(above, f"{name}_to") is None or ((high := getattr(line, f"{name}_to")) is not None and high <= getattr(above, f"{name}_to")))
        for name in ("class", "exposure", "tier", "level")
    )


def may_postpone(*, agreed_before: int, first_due_on: date, to_day: date, times: int, days: int) -> str:
    """"" where an inspection may be postponed once more, "times" or "days" for the limit of the plan that it would pass.

    days: from the day on which it was first due to `to_day`, both limits included.
    """
    if agreed_before >= times:
        return "times"
    return "days" if (to_day - first_due_on).days > days else ""


def days_late(due_on: date, state: str, on: date) -> int:
    """Calendar days a task that is still the manager's turn is past its due date on `on`; 0 when it is not late."""
    return max((on - due_on).days, 0) if state in TO_DO else 0
