"""The night as it is written first: one loan after the other, everything asked for where it is needed."""

from collections.abc import Sequence
from typing import Any

from benchmarks.reference import Rules, Written, figures_of


def run(lender: Any, loans: Sequence[int], rules: Rules) -> Written:
    """Observations and alerts of `loans` on the day of `rules`, inside the caller's transaction."""
    from alerts.signals.models import Alert, AlertEvidence
    from borrowers.collateral.models import Pledge
    from borrowers.loans.models import Guarantee, Instalment, Loan, Repayment

    day, written = rules.day, Written()
    for pk in loans:
        loan = Loan.objects.get(pk=pk)
        plan = Instalment.objects.filter(loan=loan, known_from__lte=day).order_by("-version").first()
        demands = list(Instalment.objects.filter(loan=loan, version=plan.version).order_by("seq")) if plan else []
        repayments = list(Repayment.objects.filter(loan=loan, known_from__lte=day).order_by("seq"))
        collateral = Pledge.objects.in_force(day).filter(loan=loan).count()  # type: ignore[attr-defined]
        guarantors = Guarantee.objects.in_force(day).filter(loan=loan).count()  # type: ignore[attr-defined]
        figures = figures_of(loan, demands, repayments, collateral, guarantors, rules)
        if figures is None:
            continue
        written.figures[pk] = figures
        observed(loan, figures, loan.product.code, loan.product.kind).save(force_insert=True)
        for version, level in rules.levels(figures).items():
            alert, fresh = Alert.objects.exclude(state="closed").get_or_create(
                rule=version.rule, loan=loan,
                defaults={"lender": lender, "number": f"N-{pk}-{version.rule_id}", "rule_version": version, "bucket": loan.bucket, "borrower": loan.borrower,
                          "branch": loan.branch, "level": level, "opened_on": day, "exposure": figures["outstanding"], "currency": loan.currency},
            )  # fmt: skip
            if fresh or alert.level != level:
                Alert.objects.filter(pk=alert.pk).update(level=level)
                AlertEvidence.objects.create(alert=alert, as_of=day, level=level, rule_version=version, values={}, thresholds=[])
                written.alerts[pk, version.rule_id] = level
    return written


def observed(loan: Any, figures: dict[str, Any], product: str, kind: str) -> Any:
    """The figures as a row of the observation; what the program does not compute is left at nothing."""
    from alerts.observation.models import LoanDay

    needed = {field.attname: False if field.name == "restructured" else 0 for field in LoanDay._meta.concrete_fields if not field.null}
    said = {name: value for name, value in figures.items() if name != "as_of"}
    whose = {
        "lender_id": loan.lender_id, "as_of": figures["as_of"], "loan_id": loan.pk, "borrower_id": loan.borrower_id, "bucket": loan.bucket,
        "branch_id": loan.branch_id, "product_id": loan.product_id, "product_code": product, "product_kind": kind,
    }  # fmt: skip
    return LoanDay(**needed | whose | said)
