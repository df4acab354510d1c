"""What else is open for the borrower of an alert besides alerts. Slices further down the river offer it when the program starts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from alerts.signals.models import Alert
from loanwatch.people.access import Access


@dataclass(frozen=True)
class Beside:
    """A line of the pane: an icon, what it is (a translated sentence), its page ("" for none), and the day it is due or from."""

    icon: str
    text: Any
    url: str
    on: date | None


Offer = Callable[[Access, Alert], list[Beside]]
OFFERS: dict[str, Offer] = {}


def offer(name: str, what: Offer) -> None:
    """Put `what` beside alerts. It gets an alert with a borrower that is not on staff conduct, and returns only what the reader may see."""
    OFFERS[name] = what


def beside(access: Access, alert: Alert) -> list[Beside]:
    """Everything that is offered for the alert; nothing beside one without a borrower or on staff conduct."""
    if alert.borrower_id is None or alert.staff_conduct:
        return []
    return [line for what in OFFERS.values() for line in what(access, alert)]
