"""The dated parameters that the observation reads, in the form its SQL takes them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from alerts.observation.borrowers.numbers import borrower_numbers
from alerts.observation.loans.numbers import loan_numbers
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import InForce


def numbers_for(lender: Lender, on: date) -> dict[str, Any]:
    """Everything the day's SQL takes from the parameters of `lender` in force on `on`. Raises KeyError naming what is missing."""
    values = InForce(lender, on)
    classes = values["class.days_past_due"]
    allowed = values["valuation.allowed_days"]
    sectors = values["limits.sector"]
    return {
        "bucket_edges": values["buckets.days_past_due"],
        "class_over": [row["over"] for row in classes],
        "class_names": [row["class"] for row in classes],
        "observation_months": values["restructure.observation_months"],
        "allowed_kinds": list(allowed),
        "allowed_days": list(allowed.values()),
        **edge_numbers(values),
        "sector_names": list(sectors),
        "sector_limits": list(sectors.values()),
        **loan_numbers(values),
        **borrower_numbers(values, lender, on),
    }


def edge_numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    """The days past due just short of the next overdue bucket: the first and the last of each range."""
    edges = values["extension.edge_days"]
    return {"edge_from": [low for low, _ in edges], "edge_to": [high for _, high in edges]}
