"""How long a day at work will still take, told from days before it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Past:
    """A day that was closed: seconds from opening to close, and seconds of work of each step over all its units."""

    elapsed: float
    steps: Mapping[str, float]


def time_left(left: Mapping[str, float], before: Sequence[Past]) -> float | None:
    """Seconds until the last step is done, or None where nothing tells.

    `left`: step → the part of its units that is not done (0 to 1). Each step is taken to cost what it cost in the median of the
    days before; a day lasted as much longer or shorter than its work as in their median, which holds how many workers shared
    it. A step that still has work and is on none of the days before gives None.
    """
    open_steps = {step: part for step, part in left.items() if part > 0}
    usable = [past for past in before if past.elapsed > 0 and sum(past.steps.values()) > 0]
    if not usable:
        return None
    work = 0.0
    for step, part in open_steps.items():
        known = [past.steps[step] for past in usable if step in past.steps]
        if not known:
            return None
        work += part * median(known)
    return work * median(past.elapsed / sum(past.steps.values()) for past in usable)
