"""Repayment plans in hundredths: how a loan is to be paid back, and how a plan is made anew when it is extended or paid early.

Pure. A plan is a list of demands in order of their due dates. Interest is a twelfth of the year's rate for each month,
rounded half up.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loanwatch.kernel.calendars import add_months


@dataclass(frozen=True)
class Demand:
    """What falls due on one day, in hundredths."""

    due_on: date
    principal: int
    interest: int

    @property
    def total(self) -> int:
        return self.principal + self.interest


Plan = list[Demand]


def interest(balance: int, rate_bp: int, months: int) -> int:
    """Interest on `balance` hundredths for whole months at `rate_bp` hundredths of a per cent a year, rounded half up."""
    return (balance * rate_bp * months + 60_000) // 120_000


def due_dates(disbursed_on: date, due_day: int, count: int, step: int) -> list[date]:
    """`count` due dates, `step` months apart, on `due_day` of the month; the first lies at least 20 days after disbursement."""
    first = add_months(disbursed_on.replace(day=1), step)
    if (first.replace(day=due_day) - disbursed_on).days < 20:
        first = add_months(first, 1)
    return [add_months(first, step * i).replace(day=due_day) for i in range(count)]


def equal_instalments(principal: int, rate_bp: int, dues: list[date], step: int = 1) -> Plan:
    """The same amount on each date; the last takes what rounding left."""
    per_period = Decimal(rate_bp * step) / 120_000
    growth = (1 + per_period) ** len(dues)
    payment = int((principal * per_period * growth / (growth - 1)).to_integral_value())
    plan, balance = [], principal
    for due_on in dues[:-1]:
        part = interest(balance, rate_bp, step)
        plan.append(Demand(due_on, payment - part, part))
        balance -= payment - part
    return [*plan, Demand(dues[-1], balance, interest(balance, rate_bp, step))]


def equal_principal(principal: int, rate_bp: int, dues: list[date], step: int = 1) -> Plan:
    """The same principal on each date with interest on what is left; the last takes what rounding left."""
    share, balance, plan = principal // len(dues), principal, []
    for due_on in dues[:-1]:
        plan.append(Demand(due_on, share, interest(balance, rate_bp, step)))
        balance -= share
    return [*plan, Demand(dues[-1], balance, interest(balance, rate_bp, step))]


def interest_only(principal: int, rate_bp: int, dues: list[date], step: int = 1) -> Plan:
    """Interest on each date, the whole principal on the last."""
    part = interest(principal, rate_bp, step)
    return [Demand(due_on, principal if due_on == dues[-1] else 0, part) for due_on in dues]


def harvest(principal: int, rate_bp: int, dues: list[date], step: int = 3) -> Plan:
    """Interest each quarter, principal in two halves after the two harvests at the end."""
    plan, balance = [], principal
    for due_on in dues:
        part = interest(balance, rate_bp, step)
        share = 0 if due_on not in dues[-2:] else (balance if due_on == dues[-1] else principal // 2)
        plan.append(Demand(due_on, share, part))
        balance -= share
    return plan


def covered(plan: Plan, paid: int) -> Plan:
    """The part of `plan` that `paid` hundredths have settled: oldest demand first, interest before principal."""
    settled = []
    for demand in plan:
        if paid <= 0:
            break
        part = min(paid, demand.interest)
        share = min(paid - part, demand.principal)
        settled.append(Demand(demand.due_on, share, part))
        paid -= part + share
    return settled


def oldest_unpaid(plan: Plan, paid: int) -> date | None:
    """Due date of the first demand that `paid` hundredths in all do not cover, or None."""
    for demand in plan:
        paid -= demand.total
        if paid < 0:
            return demand.due_on
    return None


def days_past_due(plan: Plan, paid: int, on: date) -> int:
    """Calendar days from the oldest unpaid due date to `on`; 0 when nothing is unpaid."""
    oldest = oldest_unpaid(plan, paid)
    return max(0, (on - oldest).days) if oldest else 0


def open_principal(plan: Plan, paid: int) -> int:
    """Principal that `paid` hundredths have not settled, due or not."""
    return sum(d.principal for d in plan) - sum(d.principal for d in covered(plan, paid))


def arrears_interest(plan: Plan, paid: int, on: date) -> int:
    """Interest due on or before `on` and unpaid."""
    return max(0, sum(d.interest for d in plan if d.due_on <= on) - sum(d.interest for d in covered(plan, paid)))


def paid_off(plan: Plan, paid: int, on: date) -> Plan:
    """The plan of a loan whose whole rest is paid on `on`: what is settled, then one last demand."""
    rest = Demand(on, open_principal(plan, paid), arrears_interest(plan, paid, on))
    return [*covered(plan, paid), rest]


def put_off(plan: Plan, paid: int, on: date, months: int, rate_bp: int) -> Plan:
    """The plan after an extension on `on`: all that is unpaid is spread anew, the last date `months` later than before.

    Arrears of interest fall due with the first demand to come, the principal stays in the proportions it had.
    """
    balance, arrears = open_principal(plan, paid), arrears_interest(plan, paid, on)
    coming = [d.due_on for d in plan if d.due_on > on] or [add_months(on, 1)]
    step = 1 if len(coming) < 2 else max(1, round((coming[1] - coming[0]).days / 30))
    while coming[-1] < add_months(plan[-1].due_on, months):
        coming.append(add_months(coming[-1], step))
    balloon = sum(1 for d in plan if d.principal) == 1
    fresh = (interest_only if balloon else equal_principal)(balance, rate_bp, coming, step)
    fresh[0] = Demand(fresh[0].due_on, fresh[0].principal, fresh[0].interest + arrears)
    return [*covered(plan, paid), *fresh]
