"""How inspections are drawn for an own visit or a desk check: the share, the sealed number, and the comparison of the two. Pure.

Whoever has the seed of a month, the policy and the facts of a draw gets the same result as the installation did, with nothing
but this file: see docs/sampling.md.
"""

import hmac
import json
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

VISIT, DESK, BATCH = "visit", "desk", "batch"
ALL, DRAWN, NOT_DRAWN, EARLIER = "all", "drawn", "not_drawn", "earlier"  # why a visit has its method
STRICTEST = (VISIT, DESK, BATCH)
HUNDRED = Decimal(100)
SPACE = 2**256  # numbers are whole numbers below this
SEED_BYTES = 32
CLASS_STEPS = {"normal": 0, "special_mention": 1, "substandard": 2, "doubtful": 3, "loss": 4}
FORM = "loanwatch-draw-1"  # first line of what is put through the seed; another form gets another word

MOVES: Mapping[str, Set[str]] = {
    "draft": {"proposed", "withdrawn"},
    "proposed": {"approved", "draft", "withdrawn"},
    "approved": set(),
    "withdrawn": set(),
}


@dataclass(frozen=True)
class Stratum:
    """One row of a policy: which visits, the share in percent, the method of those drawn and of the rest. Empty: any."""

    code: str
    share: Decimal
    method: str = VISIT
    otherwise: str = DESK
    kinds: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()  # 0: no open alert, 1 yellow, 2 orange, 3 red
    tiers: tuple[int, ...] = ()  # 0: no key customer
    products: tuple[str, ...] = ()
    amount_from: Decimal | None = None  # of the loan, in its currency, included
    amount_below: Decimal | None = None

    def holds(self, facts: "Facts") -> bool:
        """Whether the visit belongs here. Amount: from included, below excluded."""
        return (
            (not self.kinds or facts.kind in self.kinds)
            and (not self.levels or facts.level in self.levels)
            and (not self.tiers or facts.tier in self.tiers)
            and (not self.products or facts.product in self.products)
            and (self.amount_from is None or facts.amount >= self.amount_from)
            and (self.amount_below is None or facts.amount < self.amount_below)
        )


@dataclass(frozen=True)
class Policy:
    """What a lender has approved. Shares and points in percent of visits; a row's share is the start, the rest is added."""

    version: int
    base_share: Decimal  # no visit has less, whatever its row says
    flag_points: Decimal  # added for each evidence flag
    alert_points: Decimal  # for each open alert
    class_points: Decimal  # for each class below normal
    exposure_from: Decimal | None  # of the borrower, in the lender's currency, included; None: never
    exposure_points: Decimal
    most_points: Decimal  # of the four together
    last_points: int  # compared points over which disagreement is looked at
    least_points: int  # with fewer nothing is raised: few points say nothing
    disagree_from: Decimal  # percent of compared points changed by the verifier, included
    raised_points: Decimal  # added where the recorder's or the branch's disagreement is that high
    strata: tuple[Stratum, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What was known of a visit when it was drawn; kept with the draw."""

    kind: str
    product: str
    amount: Decimal
    level: int = 0
    tier: int = 0
    flags: int = 0
    alerts: int = 0
    risk_class: str = "normal"
    exposure: Decimal = Decimal(0)
    person_points: int = 0
    person_changed: int = 0
    branch_points: int = 0
    branch_changed: int = 0
    before: str = ""  # strictest method of the attempts before, empty for a first attempt

    def as_json(self) -> dict[str, Any]:
        """JSON-ready; amounts as text without trailing zeros, so that the same facts are the same text."""
        said = {name: plain(value) if isinstance(value, Decimal) else value for name, value in asdict(self).items()}
        if not self.before:
            del said["before"]
        return said

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> "Facts":
        said: dict[str, Any] = {name: Decimal(value) if name in {"amount", "exposure"} else value for name, value in kept.items()}
        return cls(**said)


def plain(value: Decimal) -> str:
    """The figure as text without exponent and without trailing zeros."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


@dataclass(frozen=True)
class Share:
    """The share of a visit in percent with two decimals, 0 to 100, and what it is made of."""

    share: Decimal
    stratum: Stratum | None
    weight: Decimal  # points added for risk
    raised: Decimal  # points added for disagreement


def share_of(policy: Policy, facts: Facts) -> Share:
    """The first row that fits gives the start, at least the base share; risk and disagreement add points; never over 100."""
    stratum = next((row for row in policy.strata if row.holds(facts)), None)
    weight = policy.flag_points * facts.flags + policy.alert_points * facts.alerts + policy.class_points * CLASS_STEPS.get(facts.risk_class, 0)
    if policy.exposure_from is not None and facts.exposure >= policy.exposure_from:
        weight += policy.exposure_points
    weight = min(weight, policy.most_points)
    raised = policy.raised_points if disagrees(policy, facts) else Decimal(0)
    start = max(policy.base_share, stratum.share if stratum else Decimal(0))
    return Share(min(HUNDRED, start + weight + raised).quantize(Decimal("0.01")), stratum, weight, raised)


def disagrees(policy: Policy, facts: Facts) -> bool:
    """Whether the verifier changed as much as `disagree_from` percent of the last points of the recorder, or of the branch."""
    return any(
        points >= max(1, policy.least_points) and changed * HUNDRED >= policy.disagree_from * points
        for points, changed in ((facts.person_points, facts.person_changed), (facts.branch_points, facts.branch_changed))
    )


def message(visit_id: int, content_hash: str) -> bytes:
    """What is put through the seed, in ASCII: the form, the visit's number and the hash of its content, a line each."""
    return f"{FORM}\n{visit_id}\n{content_hash}\n".encode("ascii")


def number_of(seed: bytes, visit_id: int, content_hash: str) -> str:
    """HMAC-SHA256 of the message under the seed: 64 hexadecimal digits, a whole number below 2^256."""
    return hmac.new(seed, message(visit_id, content_hash), sha256).hexdigest()


def fraction(number: str) -> float:
    """The number as a fraction from 0 to below 1, to 52 bits, for people to read. Nothing is decided by it."""
    return int(number[:13], 16) / 2**52


def hit(number: str, share: Decimal) -> bool:
    """Whether the number lies below the share: number / 2^256 < share / 100, in whole numbers. 0 never hits, 100 always does."""
    return int(number, 16) * 10_000 < int(share * 100) * SPACE


@dataclass(frozen=True)
class Outcome:
    """What a draw comes to."""

    method: str
    reason: str
    share: Decimal
    stratum: str  # its code, empty where no row fits
    number: str


def draw(policy: Policy, facts: Facts, seed: bytes, visit_id: int, content_hash: str) -> Outcome:
    """One draw. A visit that fits no row goes to the desk or, by base share, risk and disagreement, to an own visit.

    What was returned and handed in again is never checked less strictly than an attempt before: returning draws no better lot.
    """
    found = share_of(policy, facts)
    number = number_of(seed, visit_id, content_hash)
    row = found.stratum or Stratum("", Decimal(0))
    method, reason = row.otherwise, NOT_DRAWN
    if hit(number, found.share):
        method, reason = row.method, ALL if found.share == HUNDRED else DRAWN
    if facts.before and STRICTEST.index(facts.before) < STRICTEST.index(method):
        method, reason = facts.before, EARLIER
    return Outcome(method, reason, found.share, row.code, number)


def commitment(seed: bytes) -> str:
    """SHA-256 of the seed, as published before its month begins: 64 hexadecimal digits."""
    return sha256(seed).hexdigest()


def policy_text(policy: Policy) -> str:
    """The policy as text, the same for ever for the same policy: JSON with sorted names, figures without trailing zeros."""
    return json.dumps(_written(asdict(policy)), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dict):
        return {name: _written(inner) for name, inner in value.items()}
    return [_written(inner) for inner in value] if isinstance(value, tuple | list) else value


def policy_hash(policy: Policy) -> str:
    """SHA-256 of the policy's text; kept with the approval and with each draw."""
    return sha256(policy_text(policy).encode()).hexdigest()


def month_of(day: date) -> date:
    """The first day of the day's month."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


SHIPPED = Policy(
    version=1, base_share=Decimal(5), flag_points=Decimal(10), alert_points=Decimal(2), class_points=Decimal(5),
    exposure_from=Decimal(10_000_000), exposure_points=Decimal(5), most_points=Decimal(30), last_points=100, least_points=30,
    disagree_from=Decimal(15), raised_points=Decimal(20),
    strata=(
        Stratum("red", Decimal(100), levels=(3,)),
        Stratum("off_site", Decimal(10), method=DESK, otherwise=BATCH, kinds=("off_site",)),
        Stratum("orange", Decimal(50), levels=(2,)),
        Stratum("yellow", Decimal(20), levels=(1,)),
        Stratum("key_customer", Decimal(15), tiers=(1, 2)),
        Stratum("normal", Decimal(5)),
    ),
)  # fmt: skip
