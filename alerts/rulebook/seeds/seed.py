"""What a shipped rule is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from alerts.observation.fields import gettext_noop as _


class Confidence(StrEnum):
    """How well the limits of a rule are founded."""

    HIGH = "high"  # the official text was read
    MEDIUM = "medium"  # a source or banking practice stands behind it, or it is a fact on record that needs no tuned number
    LOW = "low"  # our own proposal, untested: ships off


# Working days of the lender's calendar, counted from the morning after the close that fired.
HANDLING_DAYS: Mapping[str, int] = MappingProxyType({"red": 3, "orange": 7, "yellow": 15})
# Red within a day; orange within 3, yellow within 5 working days.
ACKNOWLEDGE_HOURS: Mapping[str, int] = MappingProxyType({"red": 24, "orange": 72, "yellow": 120})

PROPOSED = _("Own proposal, to be confirmed by your bank on its own history.")
PRACTICE = _("Chinese post-loan practice; the limits are our own proposal, to be confirmed by your bank.")
ON_RECORD = _("A fact on record; only how early to warn is our own proposal.")
PAYMENT_BEHAVIOUR = _("EU, EBA/GL/2020/06 para. 274(l): changed payment behaviour. The limits are our own proposal.")
TURNOVER = _("EU, EBA/GL/2020/06 para. 274(c): fall of turnover, loss of a main customer. The limits are ours.")
PORTFOLIO_PROJECT = _("Settings of the public project credit-portfolio-early-warning, to be confirmed by your bank.")
NBFC_PROJECT = _("Requirements of the public project nbfc-early-warning, to be confirmed by your bank.")
SUPPLY_CHAIN_TABLE = _("A public rule table for supply-chain finance, to be confirmed by your bank.")
WARNING_LISTS = _("Published Indian lists of warning signs. The limits are our own proposal, to be confirmed by your bank.")

FAMILIES = {
    "REP": _("Repayment"),
    "ACC": _("Account behaviour"),
    "USE": _("Use of proceeds"),
    "FIN": _("Financial statements"),
    "COV": _("Covenants"),
    "COL": _("Collateral"),
    "GRP": _("Group"),
    "MGT": _("Management"),
    "EXT": _("Outside signals"),
    "IND": _("Industry"),
    "MSK": _("Masking"),
    "PRC": _("Process"),
    "REL": _("Relationship"),
}


@dataclass(frozen=True)
class Seed:
    """One shipped rule.

    text: in the rule language. handling_days, acknowledge_hours: by level word, in working days and hours.
    staff_conduct: the alert is about a colleague and is never shown to the person concerned.
    event: it speaks of something done once, not of a state that ends when the figures improve.
    cure_days: closes for which the rule must stay clear before its alert counts as cleared. hold_days: days for which a level must
    stay lower before the alert falls to it. Both keep figures that move from day to day from opening and closing alerts in turn.
    """

    code: str
    name: str
    text: str
    why: str
    look_at: str
    basis: str
    confidence: Confidence = Confidence.LOW
    grain: str = "loan"
    staff_conduct: bool = False
    event: bool = False
    cure_days: int = 0
    hold_days: int = 0
    handling_days: Mapping[str, int] = field(default_factory=lambda: HANDLING_DAYS)
    acknowledge_hours: Mapping[str, int] = field(default_factory=lambda: ACKNOWLEDGE_HOURS)

    @property
    def family(self) -> str:
        """Name of the indicator family, from the code."""
        return FAMILIES[self.code.partition("-")[0]]

    @property
    def ships_live(self) -> bool:
        """Whether it counts from the first day: what rests on our own proposal alone waits for the bank to approve it."""
        return self.confidence != Confidence.LOW
