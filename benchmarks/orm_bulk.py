"""The night as it is written second: everything fetched for 2,000 loans at a time, rules in Python, rows written in bulk."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from benchmarks.orm_naive import observed
from benchmarks.reference import Rules, Written, figures_of

CHUNK = 2_000


def run(lender: Any, loans: Sequence[int], rules: Rules) -> Written:
    """Observations and alerts of `loans` on the day of `rules`, inside the caller's transaction."""
    from loanwatch.lenders.models import Product

    written = Written()
    products = {product.pk: product for product in Product.objects.filter(lender=lender)}
    for start in range(0, len(loans), CHUNK):
        _chunk(lender, loans[start : start + CHUNK], rules, products, written)
    return written


def _chunk(lender: Any, chunk: Sequence[int], rules: Rules, products: dict[int, Any], written: Written) -> None:
    from alerts.observation.models import LoanDay
    from borrowers.collateral.models import Pledge
    from borrowers.loans.models import Guarantee, Instalment, Loan, Repayment

    day = rules.day
    found = Loan.objects.in_bulk(list(chunk))
    demands, repayments = defaultdict(list), defaultdict(list)
    for demand in Instalment.objects.filter(loan__in=chunk, known_from__lte=day).order_by("loan_id", "version", "seq"):
        demands[demand.loan_id].append(demand)
    for repayment in Repayment.objects.filter(loan__in=chunk, known_from__lte=day).order_by("loan_id", "seq"):
        repayments[repayment.loan_id].append(repayment)
    pledges = _counts(Pledge.objects.in_force(day).filter(loan__in=chunk))  # type: ignore[attr-defined]
    guarantees = _counts(Guarantee.objects.in_force(day).filter(loan__in=chunk))  # type: ignore[attr-defined]
    rows, fired = [], {}
    for pk in chunk:
        loan = found[pk]
        newest = max((d.version for d in demands[pk]), default=1)
        plan = [d for d in demands[pk] if d.version == newest]
        figures = figures_of(loan, plan, repayments[pk], pledges.get(pk, 0), guarantees.get(pk, 0), rules)
        if figures is None:
            continue
        written.figures[pk] = figures
        rows.append(observed(loan, figures, products[loan.product_id].code, products[loan.product_id].kind))
        fired[pk] = rules.levels(figures)
    LoanDay.objects.bulk_create(rows, batch_size=CHUNK)
    _alerts(lender, found, fired, rules, written)


def _counts(queryset: Any) -> dict[int, int]:
    counts: dict[int, int] = defaultdict(int)
    for loan in queryset.values_list("loan_id", flat=True):
        counts[loan] += 1
    return counts


def _alerts(lender: Any, loans: dict[int, Any], fired: dict[int, dict[Any, int]], rules: Rules, written: Written) -> None:
    from alerts.signals.models import Alert, AlertEvidence

    day = rules.day
    open_ones = {(a.loan_id, a.rule_id): a for a in Alert.objects.exclude(state="closed").filter(loan__in=list(loans))}
    fresh, moved, evidence = [], [], []
    for pk, levels in fired.items():
        for version, level in levels.items():
            alert = open_ones.get((pk, version.rule_id))
            if alert is None:
                loan = loans[pk]
                alert = Alert(lender=lender, number=f"N-{pk}-{version.rule_id}", rule_id=version.rule_id, rule_version=version, bucket=loan.bucket, loan=loan,
                              borrower_id=loan.borrower_id, branch_id=loan.branch_id, level=level, opened_on=day,
                              exposure=written.figures[pk]["outstanding"], currency=loan.currency)  # fmt: skip
                fresh.append(alert)
            elif alert.level == level:
                continue
            else:
                alert.level = level
                moved.append(alert)
            written.alerts[pk, version.rule_id] = level
            evidence.append(AlertEvidence(alert=alert, as_of=day, level=level, rule_version=version, values={}, thresholds=[]))
    Alert.objects.bulk_create(fresh)
    Alert.objects.bulk_update(moved, ["level"])
    AlertEvidence.objects.bulk_create(evidence)
