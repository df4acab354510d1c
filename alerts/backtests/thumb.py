"""What the closed alerts of a rule say about it, and the rules of thumb that propose to tighten or retire it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from alerts.backtests.rules import share

TIGHTEN, RETIRE, DATA, SILENT = "tighten", "retire", "data", "silent"


@dataclass(frozen=True)
class Thumb:
    """When something is proposed. The lender's dated parameter `rules.quality` names what differs from what is shipped.

    closed: alerts that must have been closed as real or as false alarms before anything is said. retire, tighten: precision below which
    it is proposed. missing: share not evaluable from which missing data is the proposal. worked_days: how long before 90 days past due an
    alert must have been opened and acknowledged to count as worked in time. hours: of work that one alert takes.
    """

    closed: int = 20
    retire: Decimal = Decimal("0.10")
    tighten: Decimal = Decimal("0.30")
    missing: Decimal = Decimal("0.50")
    worked_days: int = 90
    hours: Decimal = Decimal("1.5")

    @classmethod
    def of(cls, stored: Any) -> "Thumb":
        """With the values of a parameter where it names some; what is no number of the right kind stays as shipped."""
        given: Mapping[str, Any] = stored if isinstance(stored, Mapping) else {}
        values: dict[str, Any] = {}
        for part in fields(cls):
            value = given.get(part.name)
            if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
                values[part.name] = int(value) if isinstance(part.default, int) else Decimal(str(value))
        return cls(**values)


@dataclass(frozen=True)
class Worth:
    """What came of the alerts of one rule in a period.

    opened: in the period. resolved, recovery, accepted, false_alarm: closed in the period, by outcome. was: precision of the period
    before, None without any. lead: median days from opening to 90 days past due, None without any. entered: loans that
    reached 90 days past due in the period. flagged: of these, with an alert of the rule opened and acknowledged `worked_days` before.
    observed, not_evaluable: what the nightly tallies say. months: alerts opened by month, oldest first. weeks: of the period.
    """

    opened: int = 0
    resolved: int = 0
    recovery: int = 0
    accepted: int = 0
    false_alarm: int = 0
    was: Decimal | None = None
    lead: Decimal | None = None
    entered: int = 0
    flagged: int = 0
    observed: int = 0
    not_evaluable: int = 0
    fired: int = 0
    months: tuple[int, ...] = ()
    weeks: Decimal = Decimal(52)
    live: bool = True

    @property
    def judged(self) -> int:
        """Closed as real or as a false alarm. What was accepted with approval says neither."""
        return self.resolved + self.recovery + self.false_alarm

    @property
    def precision(self) -> Decimal | None:
        """(resolved + recovery) / judged."""
        return share(self.resolved + self.recovery, self.judged)

    @property
    def flagged_share(self) -> Decimal | None:
        """flagged / entered."""
        return share(self.flagged, self.entered)

    @property
    def missing_share(self) -> Decimal | None:
        """not_evaluable / observed."""
        return share(self.not_evaluable, self.observed)

    @property
    def per_week(self) -> Decimal:
        """Alerts opened a week, two decimals."""
        return (self.opened / self.weeks).quantize(Decimal("0.01")) if self.weeks else Decimal(0)


def proposal(worth: Worth, thumb: Thumb) -> str:
    """retire, tighten, data (missing data is to be mended first), silent (never fired: the limit may be out of reach), or "" for none.

    Data comes first: a rule that could rarely speak is not judged. A rule that flagged and had worked on a loan before it reached 90
    days past due is not proposed for retiring, however often it was wrong, but for tightening.
    """
    missing = worth.missing_share
    if worth.live and missing is not None and missing >= thumb.missing:
        return DATA
    if worth.judged >= thumb.closed and worth.precision is not None:
        if worth.precision < thumb.retire and not worth.flagged:
            return RETIRE
        if worth.precision < thumb.tighten:
            return TIGHTEN
    return SILENT if worth.live and worth.observed and not worth.opened and not worth.fired else ""
