"""What a back-test counts, in which words, and what follows from it. Pure.

A loan-close is one subject (a loan, or a borrower for a rule on borrowers) at one close. It is *judged* when its outcome window is
over: the lender has closed a day on or after the window's end. A subject that is in the target state already is not judged: to say
what is plain to see is no prediction. docs/backtest.md says the same to risk officers, figure by figure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from types import MappingProxyType
from typing import Any

from loanwatch.kernel.calendars import add_months, month_end

QUEUED, RUNNING, DONE, CANCELLED, FAILED = "queued", "running", "done", "cancelled", "failed"
MOVES: dict[str, frozenset[str]] = {
    QUEUED: frozenset({RUNNING, CANCELLED, FAILED}),
    RUNNING: frozenset({QUEUED, DONE, CANCELLED, FAILED}),
    DONE: frozenset(),
    CANCELLED: frozenset(),
    FAILED: frozenset(),
}

CHARGED_OFF = "charged_off"
DAYS_OF: Mapping[str, int] = MappingProxyType({"dpd30": 30, "dpd60": 60, "dpd90": 90})  # target -> days past due from which it is reached
TARGETS = (*DAYS_OF, CHARGED_OFF)
HORIZONS = (1, 3, 6, 12)  # months
GRAINS = ("loan", "borrower")  # others have no days past due of their own
EVERY, MONTHLY = "every", "month"  # which closes are looked at
NO_CUT, PRODUCT, BRANCH, SEGMENT, SIZE = "", "product", "branch", "segment", "size"
CUTS: Mapping[str, tuple[str, ...]] = MappingProxyType({"loan": (NO_CUT, PRODUCT, BRANCH, SEGMENT, SIZE), "borrower": (NO_CUT, BRANCH, SEGMENT, SIZE)})
LEVELS = (1, 2, 3)  # "at least yellow", "at least orange", "red"
LEVEL_WORDS: Mapping[int, str] = MappingProxyType({1: "yellow", 2: "orange", 3: "red"})
BIN = 30  # days of lead time in one bar
SIX = Decimal("0.000001")
Z = Decimal("1.959964")  # normal quantile of 97.5 %


def window_end(close: date, months: int) -> date:
    """The last day of the outcome window that begins the day after `close`. From a month's last day it ends on a month's last day."""
    end = add_months(close, months)
    return month_end(end) if close == month_end(close) else end


def looked_at(closes: Iterable[date], pace: str) -> list[date]:
    """The closes that a back-test looks at, oldest first: each, or the last one of every month."""
    ordered = sorted(closes)
    return ordered if pace == EVERY else [list(days)[-1] for _month, days in groupby(ordered, key=lambda day: (day.year, day.month))]


@dataclass(frozen=True)
class Plan:
    """Which closes are walked through, oldest first. From `first` to `last_judged` the rule is asked. last: the lender's newest close."""

    closes: tuple[date, ...]
    first: date
    last_judged: date
    last: date

    @property
    def asked(self) -> tuple[date, ...]:
        """The closes at which the rule is asked, oldest first."""
        return tuple(day for day in self.closes if self.first <= day <= self.last_judged)

    def number(self, close: date) -> int:
        """The number of a close at which the rule is asked: 0 the newest, -1 the one before. It stays when old closes are dropped meanwhile."""
        return self.asked.index(close) - len(self.asked) + 1


def plan(closes: Sequence[date], *, from_on: date, to_on: date, months: int, pace: str, outcomes: bool) -> Plan | None:
    """The walk from `from_on` to `to_on`; with `outcomes` also the closes behind it at which the target may be reached.

    closes: all of the lender's that are still kept. None when no close lies in the period.
    """
    chosen = looked_at(closes, pace)
    asked = [day for day in chosen if from_on <= day <= to_on]
    if not asked:
        return None
    until = window_end(asked[-1], months) if outcomes else asked[-1]
    walked = tuple(day for day in chosen if asked[0] <= day <= until)
    return Plan(walked, asked[0], asked[-1], max(closes))


def share(part: int, whole: int) -> Decimal | None:
    """part / whole with six decimals, rounded half up; None when there is no whole."""
    return (Decimal(part) / whole).quantize(SIX, rounding=ROUND_HALF_UP) if whole else None


def interval(part: int, whole: int) -> tuple[Decimal, Decimal] | None:
    """The range in which a share lies with 95 % certainty (Wilson), three decimals; None when there is no whole. Few cases: a wide range."""
    if not whole:
        return None
    z2 = Z * Z
    middle = (Decimal(part) + z2 / 2) / (whole + z2)
    reach = Z * (Decimal(part) * (whole - part) / whole + z2 / 4).sqrt() / (whole + z2)
    low, high = ((value).quantize(Decimal("0.001"), rounding=ROUND_HALF_UP) for value in (max(middle - reach, Decimal(0)), min(middle + reach, Decimal(1))))
    return low, high


@dataclass(frozen=True)
class Figures:
    """What a rule was worth at one least level, over the whole book or one part of it. Numbers are counts of loan-closes but where told.

    observed: asked. not_evaluable: an input of the rule was missing. in_target: the target was reached already. open: not in the
    target, the outcome window is not over. judged: the rest. reached: judged, and the target was reached within the window.
    hits: fired. hits_judged, hits_true: fired and judged; of these followed by the target. hits_in_target, hits_open: the others.
    episodes: times that it began to fire, after at least `gap` closes at which it did not; those begun after the first close are `fresh`.
    targets: times that a subject reached the target and was judged before at least once; caught: fired at one of these closes.
    lead: days from the first of these firings to the target: lower quartile, median, upper quartile; None without any.
    leads: number caught by bars of 30 days. weeks: from the first close to the last, in days, over seven.
    """

    observed: int = 0
    not_evaluable: int = 0
    in_target: int = 0
    open: int = 0
    judged: int = 0
    reached: int = 0
    hits: int = 0
    hits_judged: int = 0
    hits_true: int = 0
    hits_in_target: int = 0
    hits_open: int = 0
    episodes: int = 0
    fresh: int = 0
    episodes_judged: int = 0
    episodes_true: int = 0
    targets: int = 0
    caught: int = 0
    lead: tuple[Decimal, Decimal, Decimal] | None = None
    leads: tuple[int, ...] = ()
    days: int = 0
    hours: Decimal = field(default=Decimal(1))

    @property
    def base_rate(self) -> Decimal | None:
        """reached / judged: how often the target follows on any loan-close, whatever a rule says."""
        return share(self.reached, self.judged)

    @property
    def precision(self) -> Decimal | None:
        """hits_true / hits_judged: how often the target follows where the rule fires. Stands beside the base rate."""
        return share(self.hits_true, self.hits_judged)

    @property
    def lift(self) -> Decimal | None:
        """precision / base rate with two decimals; None without a base rate. 1 is no better than chance."""
        if self.precision is None or not self.base_rate:
            return None
        return (Decimal(self.hits_true) * self.judged / (Decimal(self.hits_judged) * self.reached)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)

    @property
    def episode_precision(self) -> Decimal | None:
        """episodes_true / episodes_judged: of the alerts it would have opened, the share followed by the target."""
        return share(self.episodes_true, self.episodes_judged)

    @property
    def recall(self) -> Decimal | None:
        """caught / targets: of the times that a subject reached the target, the share that was warned of within the window before."""
        return share(self.caught, self.targets)

    @property
    def close_recall(self) -> Decimal | None:
        """hits_true / reached: of the loan-closes followed by the target, the share at which the rule fired."""
        return share(self.hits_true, self.reached)

    @property
    def missing_share(self) -> Decimal | None:
        """not_evaluable / observed."""
        return share(self.not_evaluable, self.observed)

    @property
    def per_week(self) -> Decimal | None:
        """Episodes begun after the first close, by week, with two decimals; None for a single close."""
        return (Decimal(7 * self.fresh) / self.days).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP) if self.days else None

    @property
    def hours_per_week(self) -> Decimal | None:
        """per_week times the hours that one alert takes, with one decimal; None for a single close."""
        if not self.days:
            return None
        return (Decimal(7 * self.fresh) * self.hours / self.days).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)

    def as_json(self) -> dict[str, Any]:
        """Counts as numbers, shares and quartiles as text with all their digits."""
        counts = {name: getattr(self, name) for name in COUNTS}
        return counts | {"lead": [str(v) for v in self.lead] if self.lead else None, "leads": list(self.leads), "days": self.days, "hours": str(self.hours)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Figures":
        """As `as_json` wrote it; what is not there is nought."""
        counts = {name: int(stored.get(name, 0)) for name in COUNTS}
        first, second, third = (Decimal(v) for v in stored["lead"]) if stored.get("lead") else (None, None, None)
        lead = (first, second, third) if first is not None and second is not None and third is not None else None
        return cls(**counts, lead=lead, leads=tuple(stored.get("leads", ())), days=int(stored.get("days", 0)), hours=Decimal(stored.get("hours", "1")))


COUNTS = (
    "observed", "not_evaluable", "in_target", "open", "judged", "reached", "hits", "hits_judged", "hits_true", "hits_in_target", "hits_open",
    "episodes", "fresh", "episodes_judged", "episodes_true", "targets", "caught",
)  # fmt: skip
SHARES = (
    "base_rate", "precision", "lift", "episode_precision", "recall", "close_recall", "missing_share", "per_week", "hours_per_week",
)  # fmt: skip


def told(figures: Figures) -> dict[str, Any]:
    """All that is known of the figures, for programs: counts, and shares as text; None where there is no such share."""
    return figures.as_json() | {name: None if (value := getattr(figures, name)) is None else str(value) for name in SHARES}


def bars(leads: Iterable[int]) -> tuple[int, ...]:
    """How many lead times (days, from 1) fall into 1–30, 31–60 and so on, up to the longest."""
    counts: dict[int, int] = {}
    for days in leads:
        counts[(max(days, 1) - 1) // BIN] = counts.get((max(days, 1) - 1) // BIN, 0) + 1
    return tuple(counts.get(n, 0) for n in range(max(counts, default=-1) + 1))

