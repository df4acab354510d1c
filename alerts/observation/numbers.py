"""The dated parameters that the observation reads, in the form its SQL takes them."""

from datetime import date
from typing import Any

from alerts.observation.borrowers.numbers import borrower_numbers
from alerts.observation.loans.numbers import loan_numbers
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import parameter


def numbers_for(lender: Lender, on: date) -> dict[str, Any]:
    """Everything the day's SQL takes from the parameters of `lender` in force on `on`. Raises KeyError naming what is missing."""
    classes = parameter(lender, "class.days_past_due", on)
    allowed = parameter(lender, "valuation.allowed_days", on)
    edges = parameter(lender, "extension.edge_days", on)
    sectors = parameter(lender, "limits.sector", on)
    return {
        "bucket_edges": parameter(lender, "buckets.days_past_due", on),
        "class_over": [row["over"] for row in classes],
        "class_names": [row["class"] for row in classes],
        "observation_months": parameter(lender, "restructure.observation_months", on),
        "allowed_kinds": list(allowed),
        "allowed_days": list(allowed.values()),
        "edge_from": [low for low, _ in edges],
        "edge_to": [high for _, high in edges],
        "sector_names": list(sectors),
        "sector_limits": list(sectors.values()),
        **loan_numbers(lender, on),
        **borrower_numbers(lender, on),
    }
