"""The inspection plan as pure functions: which check a loan needs, when, and how a task may move."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date, timedelta
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

# Retail loans are watched by statistics: they are inspected after a red alert only, unless the lender's
# parameters name their product kind.
RETAIL = frozenset({"card", "consumer", "mortgage"})

SIZES = ("large", "medium", "small")
CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")  # rank 1 to 5
TASK_DAYS = ("opens_before", "shortest_notice", "missed_first", "spread")


@dataclass(frozen=True)
class Plan:
    """The numbers of the plan in force on one date, as SQL wants them."""

    first_days: dict[str, int]  # product kind -> days after disbursement; kinds that are not listed take `first_default`
    first_default: int
    routine_days: dict[str, int]  # red, orange, yellow, large, medium, small, and product kinds that are named
    large_from: int  # amount in the lender's currency from which a loan is large
    medium_from: int
    special_days: int
    opens_before: int  # days before its due date a routine task appears on the manager's list
    shortest_notice: int  # days a routine task leaves the manager when the plan is already late
    missed_first: int  # days after which a first check that was never planned is left to the routine plan
    spread: int  # days over which loans without any inspection are spread when a book first comes under the plan


def plan_from(parameters: Mapping[str, Any]) -> Plan:
    """The plan in the lender's dated parameters, by key. Raises KeyError naming what is missing."""
    first = dict(parameters["inspection.first_days"])
    limits = parameters["inspection.size_limits"]
    return Plan(
        first_days={kind: int(days) for kind, days in first.items() if kind != "default"},
        first_default=int(first["default"]),
        routine_days={key: int(days) for key, days in parameters["inspection.routine_days"].items()},
        large_from=int(limits["large"]),
        medium_from=int(limits["medium"]),
        special_days=int(parameters["inspection.special_days"]),
        **{name: int(parameters["inspection.task_days"][name]) for name in TASK_DAYS},
    )


def size_of(amount: Any, plan: Plan) -> str:
    """large, medium or small by the amount lent; the limit itself belongs to the larger size."""
    return "large" if amount >= plan.large_from else "medium" if amount >= plan.medium_from else "small"


def routine_interval(plan: Plan, *, amount: Any, risk_class: str, alert_level: int, product_kind: str) -> int | None:
    """Days between two routine inspections of a loan: the shortest that size, class and open alerts call for.

    alert_level: 0 none, 1 yellow, 2 orange, 3 red. A class from substandard on counts as red, special mention as yellow.
    None: retail, which is not inspected by routine unless `routine_days` names the product kind. The SQL of the day's
    step says the same over sets; a test compares the two.
    """
    if product_kind in RETAIL:
        return plan.routine_days.get(product_kind)
    by_size = plan.routine_days.get(product_kind, plan.routine_days[size_of(amount, plan)])
    by_class = {"normal": by_size, "special_mention": plan.routine_days["yellow"]}.get(risk_class, plan.routine_days["red"])
    by_alert = {1: plan.routine_days["yellow"], 2: plan.routine_days["orange"], 3: plan.routine_days["red"]}.get(alert_level, by_size)
    return min(by_size, by_class, by_alert)


def first_check_due(plan: Plan, *, disbursed_on: date, product_kind: str) -> date | None:
    """Until when the first check after disbursement must be done; None for retail that the parameters do not name."""
    if product_kind in RETAIL and product_kind not in plan.first_days:
        return None
    return disbursed_on + timedelta(days=plan.first_days.get(product_kind, plan.first_default))


def days_late(due_on: date, state: str, on: date) -> int:
    """Calendar days a task that is still the manager's turn is past its due date on `on`; 0 when it is not late."""
    return max((on - due_on).days, 0) if state in TO_DO else 0
