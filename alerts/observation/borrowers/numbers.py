"""The dated parameters that the families of the borrower read beside those of every observation."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from alerts.observation.borrowers.sources import sources_heard
from loanwatch.lenders.models import Lender


def borrower_numbers(values: Mapping[str, Any], lender: Lender, on: date) -> dict[str, Any]:
    """Names and values for the SQL of the borrower's families; values: the parameters in force. Raises KeyError naming what is missing."""
    idle, weights = values["statements.idle_cash"], values["news.weights"]
    return {
        "idle_cash": Decimal(str(idle["cash"])),
        "idle_debt": Decimal(str(idle["debt"])),
        "idle_yield": Decimal(str(idle["interest"])),
        "figure_days": values["figures.current_days"],
        "rating_days": values["rating.allowed_days"],
        "control_share": Decimal(str(values["group.control_share"])),
        "link_most": values["group.most_sharing"],
        "news_topics": list(weights),
        "news_weights": list(weights.values()),
        "signal_sources": sources_heard(lender, on),
    }
