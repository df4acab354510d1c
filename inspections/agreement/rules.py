"""What figures of agreement may be said to mean: an interval around a share, how few points say nothing, and signs of a rubber stamp. Pure."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt

Z = 1.959964  # the normal distribution's 97.5 % point: an interval that holds 95 times in 100
LEAST = 30  # compared points below which a share says nothing
LEAST_CHECKS = 10  # decided checks below which nothing is said of an officer
MANY_POINTS = 100  # points over which agreement without exception is a sign


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, as two fractions from 0 to 1; (0, 1) without points. Holds for few points and at 0 and 100 %."""
    if n <= 0:
        return 0.0, 1.0
    share, z2 = hits / n, Z * Z
    middle, spread = (share + z2 / (2 * n)) / (1 + z2 / n), Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - spread), min(1.0, middle + spread)


@dataclass(frozen=True)
class Agreement:
    """Counts of compared points. One-sided points are told apart: nothing was compared there."""

    same: int
    differs: int
    material: int
    one_sided: int = 0
    checks: int = 0

    @property
    def points(self) -> int:
        """Points answered on both sides."""
        return self.same + self.differs + self.material

    @property
    def tells(self) -> bool:
        return self.points >= LEAST

    @property
    def shares(self) -> tuple[float | None, float | None, float | None]:
        """Percent same, differing, material; None without points."""
        return tuple(None if not self.points else 100 * n / self.points for n in (self.same, self.differs, self.material))  # type: ignore[return-value]

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of the share that is the same, in percent."""
        low, high = wilson(self.same, self.points)
        return 100 * low, 100 * high


# Code of a sign -> its limit. Which way it counts is said in `signs`.
LIMITS = {
    "all_same": Decimal(95),  # percent of checks in which every compared point was the same, from it on
    "hurried": Decimal(5),  # seconds for each point, half of the desk checks below it
    "at_once": Decimal(20),  # percent of checks confirmed within minutes of handing in, from it on
    "one_pair": Decimal(80),  # percent of checks of one and the same recorder, from it on
    "not_gone": Decimal(1),  # own visits drawn that nobody made, from it on
    "same_words": Decimal(2),  # own views in the words of the report, from it on
}
AT_ONCE_MINUTES = 5
OTHER_RECORDERS = 3  # recorders in the officer's checks' branches: with fewer there is no choice
LEAST_WORDS = 20  # characters without spaces and punctuation, below which equal words are chance


@dataclass(frozen=True)
class Work:
    """What one officer's decided checks of a period come to."""

    checks: int
    points: int
    same: int
    full: int  # checks point by point: at the desk or by own visit, not in a batch, where one agrees or doesn't confirm
    full_points: int  # points compared in those
    all_same: int  # of those, checks in which every compared point was the same
    seconds_per_point: Decimal | None  # median of the desk checks
    at_once: int
    largest_pair: int  # checks of the recorder whom the officer checked most
    recorders: int  # who handed in anything in the same branches
    drawn: int  # checks for which an own visit was drawn
    not_gone: int
    same_words: int

    def percent(self, n: int) -> Decimal:
        """Share of the checks in percent, one decimal, rounded half up."""
        return _percent(n, self.checks)

    @property
    def all_same_percent(self) -> Decimal:
        """Share of the checks point by point in which all was the same, in percent."""
        return _percent(self.all_same, self.full)


def _percent(n: int, of: int) -> Decimal:
    return (Decimal(100 * n) / of).quantize(Decimal("0.1"), ROUND_HALF_UP) if of else Decimal(0)


def signs(work: Work) -> list[str]:
    """Codes of the signs that an officer's work shows, in the order of LIMITS. Of too few checks nothing is said but of own visits not made.

    A sign is a reason to look, never a finding: an officer may agree with good reports all year.
    """
    found = []
    enough = work.checks >= LEAST_CHECKS
    if work.full >= LEAST_CHECKS and work.full_points >= MANY_POINTS and work.all_same_percent >= LIMITS["all_same"]:
        found.append("all_same")
    if enough and work.seconds_per_point is not None and work.seconds_per_point < LIMITS["hurried"]:
        found.append("hurried")
    if enough and work.percent(work.at_once) >= LIMITS["at_once"]:
        found.append("at_once")
    if enough and work.recorders >= OTHER_RECORDERS and work.percent(work.largest_pair) >= LIMITS["one_pair"]:
        found.append("one_pair")
    if work.not_gone >= LIMITS["not_gone"]:
        found.append("not_gone")
    if work.same_words >= LIMITS["same_words"]:
        found.append("same_words")
    return found
