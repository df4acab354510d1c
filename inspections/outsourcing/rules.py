"""Pure rules of outsourced visits: what a delivered visit earns, and how an agency is scored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from loanwatch.kernel.money import rounded

HALF = Decimal("0.5")


def days_late(delivered_on: date | None, deliver_by: date) -> int:
    """Calendar days between the agreed day and the first delivery; 0 on the day itself and before."""
    return max((delivered_on - deliver_by).days, 0) if delivered_on else 0


def owed(fee: Decimal, *, late: int, late_percent: int, returns: int, free_returns: int, currency: str) -> Decimal:
    """What an accepted visit earns: the fee, less `late_percent` when it came late, halved when it came back too often.

    late: days past the agreed day; one is enough. returns: how often the bank sent it back; more than `free_returns` halve what
    is left. Rounded once, by the rule of the house.
    """
    share = Decimal(100 - late_percent) / 100 if late > 0 else Decimal(1)
    if returns > free_returns:
        share *= HALF
    return rounded(fee * share, currency)


@dataclass(frozen=True)
class Record:
    """What an agency did in a period. `delivered` counts visits handed in, `graded` those the bank has graded."""

    delivered: int = 0
    on_time: int = 0
    first_time: int = 0  # never sent back
    graded: int = 0
    grades: int = 0  # sum of grades 1–5
    same: int = 0  # points on which the bank's own view agreed
    compared: int = 0


def parts(record: Record) -> dict[str, Decimal | None]:
    """The four shares an agency is scored by, in percent; None where nothing can be said yet."""

    def share(part: int, whole: int) -> Decimal | None:
        return Decimal(part) * 100 / whole if whole else None

    grades = Decimal(record.grades) / record.graded if record.graded else None
    return {
        "on_time": share(record.on_time, record.delivered),
        "first_time": share(record.first_time, record.delivered),
        "quality": (grades - 1) * 25 if grades is not None else None,
        "agreement": share(record.same, record.compared),
    }


def score(record: Record, weights: Mapping[str, int]) -> int | None:
    """0 to 100: the weighted mean of the parts that can be told, rounded half up; None before anything was delivered."""
    told = {name: value for name, value in parts(record).items() if value is not None and weights.get(name)}
    if not told or not record.delivered:
        return None
    total = sum(weights[name] for name in told)
    mean = sum((value * weights[name] for name, value in told.items()), Decimal(0)) / total
    return int(mean.quantize(Decimal(1), ROUND_HALF_UP))
