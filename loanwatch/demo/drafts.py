"""The book as it is made up, before it is written: plain objects, money in hundredths, nothing of the database."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from loanwatch.demo import plans
from loanwatch.demo.plans import Demand, Plan


@dataclass(eq=False)
class Party:
    """A borrower or guarantor."""

    number: str
    name: str
    kind: str
    segment: str
    industry: str
    region: str
    phone: str
    address: str
    position: tuple[str, str]  # latitude, longitude
    branch: str
    manager: str
    assistant: str
    since: date = date.max
    key_customer: bool = False
    quiet: bool = False  # a planted case tells all that stands around this party; nothing is drawn by lot


@dataclass(frozen=True)
class Payment:
    paid_on: date
    amount: int
    payer: str = ""
    known_on: date | None = None  # None: the first close on or after the day it was paid
    payer_kind: str = ""  # of Repayment.PayerKind; empty: the borrower


@dataclass(frozen=True)
class Happening:
    """A loan event."""

    kind: str
    on: date
    amount: int | None = None
    matures_on: date | None = None
    days_past_due: int | None = None
    other: "Note | None" = None
    note: str = ""


@dataclass(frozen=True)
class Appraisal:
    on: date
    value: int
    method: str
    appraiser: str = ""


@dataclass(eq=False)
class Item:
    """Something pledged."""

    number: str
    kind: str
    description: str
    owner: Party
    since: date
    region: str = ""
    appraisals: list[Appraisal] = field(default_factory=list)


@dataclass(frozen=True)
class Security:
    item: Item
    on: date
    rank: int = 1
    prior_liens: int = 0


@dataclass(frozen=True)
class Backing:
    """A guarantee."""

    guarantor: Party
    amount: int
    on: date


@dataclass(frozen=True)
class Tenure:
    """Custody of a loan; `to_on` is the first day it no longer holds."""

    staff: str
    capacity: str
    from_on: date
    to_on: date | None = None


Habit = Callable[[int, Demand], list[tuple[int, float]]]  # place and demand -> (days late, share of the demand) of each payment


@dataclass(eq=False)
class Note:
    """A loan in the making."""

    party: Party
    product: str
    principal: int
    rate_bp: int
    disbursed_on: date
    plan: Plan
    step: int = 1
    purpose: str = ""
    number: str = ""
    case: str = ""  # code of the planted case, if it is one
    behaviour: str = ""
    ltv_agreed: str | None = None
    settled_on: date | None = None
    revisions: list[tuple[date, Plan]] = field(default_factory=list)  # later plans, with the day each was agreed
    payments: list[Payment] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    securities: list[Security] = field(default_factory=list)
    backings: list[Backing] = field(default_factory=list)
    tenures: list[Tenure] = field(default_factory=list)

    @property
    def current(self) -> Plan:
        return self.revisions[-1][1] if self.revisions else self.plan

    @property
    def matures_on(self) -> date:
        return self.plan[-1].due_on

    def plan_on(self, on: date) -> Plan:
        return next((plan for agreed, plan in reversed(self.revisions) if agreed <= on), self.plan)

    def paid(self, on: date = date.max) -> int:
        """Hundredths paid on or before `on`."""
        return sum(p.amount for p in self.payments if p.paid_on <= on)

    def open_principal(self, on: date = date.max) -> int:
        return 0 if self.settled_on and self.settled_on <= on else plans.open_principal(self.plan_on(on), self.paid(on))

    def days_past_due(self, on: date) -> int:
        return 0 if self.settled_on and self.settled_on <= on else plans.days_past_due(self.plan_on(on), self.paid(on), on)

    def pay(self, on: date, amount: int, payer: str = "", known_on: date | None = None) -> None:
        if amount > 0:
            self.payments.append(Payment(on, amount, payer, known_on))

    def agree(self, on: date, plan: Plan) -> None:
        self.revisions.append((on, plan))

    def clear(self, on: date, payer: str = "") -> None:
        """All that is left is paid on `on` and the loan is settled."""
        self.agree(on, plans.paid_off(self.current, self.paid(on), on))
        self.pay(on, self.current[-1].total, payer)
        self.settle(on)

    def settle(self, on: date) -> None:
        self.settled_on = on
        self.happenings.append(Happening("settled", on))

    def extend(self, on: date, months: int, kind: str = "extension", note: str = "") -> None:
        """The rest is put off by `months`; arrears vanish from the day's count."""
        late = self.days_past_due(on)
        self.agree(on, plans.put_off(self.current, self.paid(on), on, months, self.rate_bp))
        self.happenings.append(Happening(kind, on, self.open_principal(on), self.current[-1].due_on, late, note=note))
