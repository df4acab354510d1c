"""Writing the rulebook."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from alerts.rulebook.language import parse
from alerts.rulebook.models import Rule, RuleVersion
from alerts.rulebook.seeds import SEEDS, Seed
from alerts.rulebook.writing import fingerprint, tree_to_json
from loanwatch.lenders.models import Lender

EPOCH = date(1990, 1, 1)  # shipped rules are in force from the first day of any book


@transaction.atomic
def install_seeds(lender: Lender, seeds: Iterable[Seed] = SEEDS) -> int:
    """Give `lender` the shipped rules that it lacks, live from the first day; returns how many were written.

    A rule of the same code that is there already, changed or not, stays as it is.
    """
    present = set(Rule.objects.filter(lender=lender).values_list("code", flat=True))
    missing = [seed for seed in seeds if seed.code not in present]
    for seed in missing:
        rule = Rule.objects.create(
            lender=lender, code=seed.code, name=seed.name, family=seed.family, grain=seed.grain, staff_conduct=seed.staff_conduct,
            why=seed.why, look_at=seed.look_at, basis=seed.basis,
        )  # fmt: skip
        tree = parse(seed.text, seed.grain)
        RuleVersion.objects.create(
            rule=rule, version=1, text=seed.text, tree=tree_to_json(tree), fingerprint=fingerprint(tree),
            handling_days=dict(seed.handling_days), state=RuleVersion.State.LIVE, valid_from=EPOCH,
        )  # fmt: skip
    return len(missing)
