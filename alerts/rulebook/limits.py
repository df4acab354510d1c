"""The limits that a rule text may read as `limit.<name>`: what each means. Values are dated parameters `limit.<name>` of the lender.

To add one: a line here, and its value with source and confidence in loanwatch/lenders/packs/generic.toml. The value counts from its
date on; a limit without a value in force is missing, and what is compared with it can't be evaluated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from alerts.observation.fields import gettext_noop
from alerts.rulebook.rules import Type

PREFIX = "limit."
LimitValue = Decimal | int | date | bool


@dataclass(frozen=True)
class LimitKind:
    """What a limit is: its type in comparisons, an English sentence of what it means, its unit and a sample as a rule writes it."""

    type: Type
    meaning: str
    unit: str
    sample: str


_DAYS, _SHARE = gettext_noop("days"), gettext_noop("share")
LIMITS: Mapping[str, LimitKind] = MappingProxyType({
    "past_due_watch": LimitKind(Type.DAYS, gettext_noop("Days past due from which a facility is an early-warning signal."), _DAYS, "30"),
    "past_due_substandard": LimitKind(
        Type.DAYS, gettext_noop("More days past due than this are at least substandard, even if fully secured."), _DAYS, "90"
    ),
    "past_due_doubtful": LimitKind(Type.DAYS, gettext_noop(
        "More days past due than this are at least doubtful. "
        "For rules of your own: no shipped rule reads it."
    ), _DAYS, "270"),
    "past_due_loss": LimitKind(Type.DAYS, gettext_noop(
        "More days past due than this are a loss. "
        "For rules of your own: no shipped rule reads it."
    ), _DAYS, "360"),
    "probation_past_due": LimitKind(
        Type.DAYS, gettext_noop("More days past due than this end the probation of a restructured loan."), _DAYS, "30"
    ),
    "debtor_bad_share": LimitKind(
        Type.RATIO, gettext_noop("Share of a debtor's claims here above which all of them count as non-performing."), _SHARE, "10%"
    ),
    "debtor_overdue_elsewhere": LimitKind(
        Type.RATIO, gettext_noop("Share of a debtor's debts at all banks, overdue more than 90 days, above which the claim is substandard."), _SHARE, "20%"
    ),
    "entrusted_payment": LimitKind(
        Type.MONEY, gettext_noop(
            "A single payment to one payee above this is made by the lender. "
            "For rules of your own: no shipped rule reads it."
        ), gettext_noop("currency of the lender"), "10000000"
    ),
    "use_check_amount": LimitKind(
        Type.MONEY, gettext_noop(
            "A business loan above this has the use of its money checked. "
            "For rules of your own: no shipped rule reads it."
        ), gettext_noop("currency of the lender"), "100000000"
    ),
    "use_check_borrower": LimitKind(
        Type.MONEY, gettext_noop(
            "A borrower with business loans above this in all has the use of the money checked. "
            "For rules of your own: no shipped rule reads it."
        ),
        gettext_noop("currency of the lender"), "500000000",
    ),
    "covenant_headroom": LimitKind(Type.RATIO, gettext_noop("Distance to a covenant's limit below which it is watched."), _SHARE, "5%"),
    "rating_age": LimitKind(Type.DAYS, gettext_noop(
        "Oldest internal rating that still counts. "
        "For rules of your own: REL-01 reads the parameter rating.allowed_days instead."
    ), _DAYS, "365"),
    "statement_age": LimitKind(Type.DAYS, gettext_noop(
        "Oldest financial statement that still counts. "
        "For rules of your own: no shipped rule reads it."
    ), _DAYS, "120"),
    "new_money_share": LimitKind(Type.RATIO, gettext_noop(
        "Smallest share of the loan that is to be proven by contract, invoice or receipt. "
        "For rules of your own: USE-04 reads the parameter proceeds.proven_share instead."
    ), _SHARE, "80%"),
})  # fmt: skip


def typed(name: str, value: object) -> LimitValue | None:
    """The stored JSON value of limit `name` as rules compare it: numbers exactly, a date from ISO text; None for what does not fit.

    Shares are stored as shares: 0.1 is 10 %.
    """
    kind = LIMITS[name].type
    try:
        if kind is Type.BOOL:
            return value if isinstance(value, bool) else None
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        if kind is Type.DATE:
            return date.fromisoformat(str(value))
        number = Decimal(str(value))
        if not number.is_finite():
            return None
        return int(number) if kind in (Type.DAYS, Type.COUNT) and number == int(number) else number
    except (ValueError, ArithmeticError):
        return None
