"""The warning rules LoanWatch ships with, one module per family. A lender changes them as it changes its own: by a new version, made by
one, approved by another.

A rule whose limits rest on our own proposal alone has the confidence "low" and ships off: to be confirmed by the bank on its own history
before it is relied on. Names and sentences are English source text, shown through gettext.
"""

from alerts.rulebook.seeds import (
    account,
    collateral,
    covenants,
    external,
    financials,
    group,
    industry,
    management,
    masking,
    process,
    relations,
    repayment,
    use_of_proceeds,
)
from alerts.rulebook.seeds.seed import ACKNOWLEDGE_HOURS, FAMILIES, HANDLING_DAYS, PRACTICE, PROPOSED, Confidence, Seed

__all__ = ["ACKNOWLEDGE_HOURS", "FAMILIES", "HANDLING_DAYS", "PRACTICE", "PROPOSED", "SEEDS", "Confidence", "Seed"]

SEEDS: tuple[Seed, ...] = (
    *repayment.SEEDS,
    *account.SEEDS,
    *use_of_proceeds.SEEDS,
    *financials.SEEDS,
    *covenants.SEEDS,
    *collateral.SEEDS,
    *group.SEEDS,
    *management.SEEDS,
    *external.SEEDS,
    *industry.SEEDS,
    *masking.SEEDS,
    *process.SEEDS,
    *relations.SEEDS,
)
