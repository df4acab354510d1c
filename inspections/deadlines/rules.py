"""What falls due, as pure functions: how a deadline moves, how early it is taken up, how late it is."""

from collections.abc import Mapping, Set
from datetime import date
from typing import Any

# Opened by the night before it falls due; done when a night sees the fact that renews it; never ticked off by hand.
MOVES: Mapping[str, Set[str]] = {
    "open": {"done", "cancelled", "not_applicable"},
    "done": {"open"},  # the fact that had renewed it was taken back
    "cancelled": {"open"},
    "not_applicable": set(),
}
SHORT_TERM = 366  # days of a loan of up to a year, the leap day included
LOOK_BACK = 731  # days: a covenant's test dates longer ago are history, not work


def late_days(due_on: date, state: str, on: date) -> int:
    """Calendar days an open deadline is past its day on `on`; 0 on the day itself."""
    return max((on - due_on).days, 0) if state == "open" else 0


def days_before(parameter: Mapping[str, Any], kind: str) -> int:
    """Days before its day that a deadline of `kind` is opened; raises KeyError for a kind that the parameter does not name."""
    return int(parameter[kind])


def notice_days(parameter: Mapping[str, Any], *, product_kind: str, term_days: int) -> int:
    """Days before maturity that a loan is taken up: those of its product kind, else by its term. Up to a year is short."""
    own = parameter.get(product_kind)
    return int(own if own is not None else parameter["short" if term_days <= SHORT_TERM else "long"])
