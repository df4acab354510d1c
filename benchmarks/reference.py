"""What a night computes, written as programs that take one loan after the other: the measure of how much sets are worth.

The two programs (`orm_naive`: everything asked per loan; `orm_bulk`: fetched for 2,000 loans at a time and written in bulk) share the rules
below, which are the product's own pure functions: `borrowers.loans.rules` and `alerts.rulebook.evaluator`. Each computes the standing and a
dozen indicators of a sample of loans, evaluates every rule that needs nothing else, and writes observations and alerts. The writes are
rolled back; what they would have been is compared with what the night then writes for the same loans. Times are compared only when
nothing differs, per loan, and the night does more in its own: all indicators, all rules, borrowers, branches and staff.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any

from benchmarks.meter import measured

SAMPLE = {"orm_bulk": 12_000, "orm_naive": 600}
COMPARED = (
    "outstanding", "overdue_principal", "overdue_interest", "days_past_due", "interest_days_past_due", "principal_days_past_due", "dpd_bucket", "risk_class",
    "days_to_maturity", "months_on_book", "instalments_missed_12m", "worst_dpd_12m", "late_payments_6m", "lateness_last", "collateral_items",
    "guarantors",
)  # fmt: skip
FIELDS = frozenset(COMPARED) | {"principal", "rate", "as_of", "currency", "segment"}


@dataclass
class Written:
    """What a program wrote: figures by loan, and (loan, rule) -> level of alerts that are new or have another level."""

    figures: dict[int, dict[str, Any]] = field(default_factory=dict)
    alerts: dict[tuple[int, int], int] = field(default_factory=dict)


class Rules:
    """The rules that need nothing but FIELDS, and the limits in force on a day."""

    def __init__(self, lender: Any, day: date) -> None:
        from alerts.observation.numbers import numbers_for
        from alerts.rulebook.queries import live_versions
        from alerts.rulebook.rules import fields_used
        from alerts.rulebook.writing import tree_from_json
        from borrowers.loans import counting

        versions = [(version, tree_from_json(version.tree)) for version in live_versions(lender, day, "loan")]
        self.live = len(versions)
        self.judged = [(version, tree) for version, tree in versions if set(fields_used(tree)) <= FIELDS]
        self.numbers = numbers_for(lender, day)
        self.countings = counting.countings(lender, day)
        self.day = day

    def levels(self, figures: dict[str, Any]) -> dict[Any, int]:
        """Rule version -> level, for the rules that fire."""
        from alerts.rulebook.evaluator import evaluate

        found = {version: int(evaluate(tree, figures).level) for version, tree in self.judged}
        return {version: level for version, level in found.items() if level > 0}


def figures_of(loan: Any, demands: Sequence[Any], repayments: Sequence[Any], collateral: int, guarantors: int, rules: Rules) -> dict[str, Any] | None:
    """The figures of one loan from its rows of facts; None when it is not on the book any more."""
    from borrowers.loans.rules import Demand, Payment, stand

    day = rules.day
    counted = [Demand(d.seq, d.due_on, int(d.principal * 100), int(d.interest * 100), int(d.fee * 100)) for d in demands]
    standing = stand(counted, [Payment(r.paid_on, int(r.amount * 100)) for r in repayments], day, rules.countings[loan.product_id])
    if standing.outstanding <= 0 and standing.overdue_interest <= 0:
        return None
    late = lateness(demands, repayments, day)
    year, half = _months_before(day, 12), _months_before(day, 6)
    past = standing.days_past_due
    worst = [days for due_on, settled_on, days in late if (settled_on or day) > year]
    over = [(limit, name) for limit, name in zip(rules.numbers["class_over"], rules.numbers["class_names"], strict=True) if past > limit]
    return {
        "as_of": day, "principal": loan.principal, "rate": loan.rate, "currency": loan.currency, "segment": loan.segment,
        "outstanding": Decimal(standing.outstanding) / 100, "overdue_principal": Decimal(standing.overdue_principal) / 100,
        "overdue_interest": Decimal(standing.overdue_interest) / 100, "days_past_due": past, "interest_days_past_due": standing.interest_days,
        "principal_days_past_due": standing.principal_days, "dpd_bucket": sum(past >= edge for edge in rules.numbers["bucket_edges"]),
        "risk_class": max(over)[1] if over else "normal", "days_to_maturity": (loan.matures_on - day).days, "months_on_book": _months(loan.disbursed_on, day),
        "instalments_missed_12m": sum(due_on > year and days > 0 for due_on, _, days in late) if late else None,
        "worst_dpd_12m": max([past, *worst]), "late_payments_6m": sum(due_on > half and days >= 3 for due_on, _, days in late) if late else None,
        "lateness_last": late[-1][2] if late else None, "collateral_items": collateral, "guarantors": guarantors,
    }  # fmt: skip


def lateness(demands: Sequence[Any], repayments: Sequence[Any], day: date) -> list[tuple[date, date | None, int]]:
    """(due date, day of full payment, days late) of the demands of the last 24 months, oldest first."""
    first = _months_before(day, 24)
    found = []
    for demand in demands:
        if not first < demand.due_on <= day:
            continue
        settled = next((r.paid_on for r in repayments if r.cum_paid_minor >= demand.cum_due_minor), None)
        found.append((demand.due_on, settled, max(0, ((settled or day) - demand.due_on).days)))
    return found


def _months(since: date, day: date) -> int:
    return (day.year - since.year) * 12 + day.month - since.month - (day.day < since.day)


def _months_before(day: date, months: int) -> date:
    from loanwatch.kernel.calendars import add_months

    return add_months(day, -months)


def compare(program: str, lender: Any, day: date, night_seconds_a_loan: float) -> dict[str, Any]:
    """Run a program over a sample of the day, then the night itself, and compare; raises SystemExit where anything differs."""
    from django.db import transaction

    from alerts.observation.models import LoanDay
    from benchmarks import nights
    from borrowers.loans.models import Loan

    sample = list(Loan.objects.filter(lender=lender).order_by("bucket", "pk").values_list("pk", flat=True)[: SAMPLE[program]])
    rules = Rules(lender, day)
    module = import_module(f"benchmarks.{program}")
    with transaction.atomic():
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT lw_make_observation_day(%s, %s)", [lender.pk, day])
        with measured(watch_memory=False) as took:
            written: Written = module.run(lender, sample, rules)
        transaction.set_rollback(True)
    nights.close(lender, day)
    rows = {row["loan_id"]: row for row in LoanDay.objects.filter(lender=lender, as_of=day, loan_id__in=sample).values("loan_id", *COMPARED)}
    differing = {name for pk, row in rows.items() for name in COMPARED if pk not in written.figures or row[name] != written.figures[pk][name]}
    judged = [version.rule_id for version, _ in rules.judged]
    if differing or set(rows) != set(written.figures) or written.alerts != alerts_of(lender, day, sample, judged):
        raise SystemExit(f"{program} and the night differ on {day}: {sorted(differing) or 'loans or alerts'}; no time is told.")
    each = took.cpu / len(sample)
    return {
        "sample": len(sample), "loans_compared": len(rows), "figures": len(COMPARED), "rules": len(judged), "rules_live": rules.live,
        "alerts": len(written.alerts), "seconds_a_loan": each, "client_share": took.here / took.cpu, "times": each / night_seconds_a_loan,
    }  # fmt: skip


def alerts_of(lender: Any, day: date, loans: Sequence[int], rules: Sequence[int]) -> dict[tuple[int, int], int]:
    """(loan, rule) -> level of the alerts that the night of `day` opened or moved to another level."""
    from alerts.signals.models import AlertEvidence

    found = AlertEvidence.objects.filter(alert__lender=lender, as_of=day, alert__loan_id__in=loans, alert__rule_id__in=rules)
    return {(loan, rule): level for loan, rule, level in found.values_list("alert__loan_id", "alert__rule_id", "level")}
