"""Closes made by hand: rows of the observation and the warn step over them, without the rest of a night."""

from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from alerts.rulebook.language import parse
from alerts.rulebook.models import Rule, RuleVersion
from alerts.rulebook.writing import fingerprint, tree_to_json
from alerts.signals import warn as step
from alerts.signals.models import Alert
from loanwatch.lenders.models import Lender
from loanwatch.trail.ledger import key_of
from tests.factories import DAY, LONG_AGO

DAYS = [DAY + timedelta(days=n) for n in range(40)]


def rule(lender: Lender, text: str, grain: str = "loan", *, code: str = "T-01", staff_conduct: bool = False, **version: Any) -> RuleVersion:
    """A rule that is live from long ago on."""
    made = Rule.objects.create(lender=lender, code=code, name="Payment overdue", family="repayment", grain=grain, staff_conduct=staff_conduct)
    tree = parse(text, grain)
    return RuleVersion.objects.create(
        rule=made, version=1, text=text, tree=tree_to_json(tree), fingerprint=fingerprint(tree), handling_days={"red": 3, "orange": 7, "yellow": 15},
        state="live", valid_from=LONG_AGO, **version,
    )  # fmt: skip


def warn(lender: Lender, day: date, grain: step.Grain = step.LOAN, **key: Any) -> int:
    """The warn step of one close over the whole book; returns the alerts written."""
    with transaction.atomic(), connection.cursor() as cursor:
        return step.warn(cursor, key_of(lender.pk, day, **key), grain, lender)


def close(alert: Alert, on: date, outcome: str = "resolved") -> None:
    """Closed by two persons on a day."""
    from tests.factories import PersonFactory

    one, other = PersonFactory(lender=alert.lender), PersonFactory(lender=alert.lender)
    Alert.objects.filter(pk=alert.pk).update(state="closed", submitted_by=one, closed_by=other, closed_on=on, outcome=outcome)
