"""The dated parameters that the families of the borrower read beside those of every observation."""

from datetime import date
from decimal import Decimal
from typing import Any

from alerts.observation.borrowers.sources import sources_heard
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import parameter


def borrower_numbers(lender: Lender, on: date) -> dict[str, Any]:
    """Names and values for the SQL of the borrower's families. Raises KeyError naming what is missing."""
    idle, weights = parameter(lender, "statements.idle_cash", on), parameter(lender, "news.weights", on)
    return {
        "idle_cash": Decimal(str(idle["cash"])),
        "idle_debt": Decimal(str(idle["debt"])),
        "idle_yield": Decimal(str(idle["interest"])),
        "figure_days": parameter(lender, "figures.current_days", on),
        "rating_days": parameter(lender, "rating.allowed_days", on),
        "control_share": Decimal(str(parameter(lender, "group.control_share", on))),
        "link_most": parameter(lender, "group.most_sharing", on),
        "news_topics": list(weights),
        "news_weights": list(weights.values()),
        "signal_sources": sources_heard(lender, on),
    }
