"""The preview and the nightly run hit the same loans: sixty shipped rules on three dates over a book of every kind of value."""

from datetime import date, timedelta
from decimal import Decimal as D
from random import Random

import pytest
from django.db import connection, transaction

from alerts.observation.dictionary import GRAINS
from alerts.observation.fields import Kind
from alerts.observation.models import BorrowerDay
from alerts.rulebook.drafting import Draft
from alerts.rulebook.editing import preview as previews
from alerts.rulebook.language import check
from alerts.rulebook.models import RuleVersion
from alerts.rulebook.seeds import SEEDS
from alerts.rulebook.vocabulary import about_conduct
from alerts.rulebook.writing import tree_from_json
from alerts.signals.warn import levels_of
from loanwatch.people.models import Role
from loanwatch.trail.ledger import key_of
from tests.alerts.rulebook.fuzz import sensible
from tests.alerts.signals.nights import rule
from tests.factories import DAY, BranchFactory, LoanDayFactory, LoanFactory, close_days, hire

DAYS = (DAY - timedelta(days=60), DAY - timedelta(days=30), DAY)
LOANS, RULES = 12, 60


def _values(chance: Random, grain: str) -> dict:
    """A value, or none, for every field of the dictionary that may be empty."""
    drawn = {}
    for field in GRAINS[grain].values():
        if not field.nullable or "__" in field.column or field.kind in (Kind.TEXT, Kind.CHOICE):
            continue
        number = chance.choice([0, 1, 2, 5, 15, 31, 61, 95, 200, 400])
        drawn[field.column] = None if chance.random() < 0.2 else {
            Kind.INT: number, Kind.BOOL: chance.random() < 0.5, Kind.DATE: date(2026, 1, 1) + timedelta(days=number),
            Kind.RATIO: D(chance.choice(["-0.4", "0", "0.2", "0.9", "1.5"])),
        }.get(field.kind, D(number))  # fmt: skip
    return drawn


@pytest.fixture
def officer(as_worker, settings):
    settings.BUSINESS_DATE = DAY.isoformat()
    branch, chance = BranchFactory(), Random(7)
    close_days(branch.lender, *DAYS)
    for _ in range(LOANS):
        loan = LoanFactory(branch=branch)
        for day in DAYS:
            LoanDayFactory(loan=loan, as_of=day, **_values(chance, "loan"))
            known = {"kind": "company", "segment": "small", "industry": "A", "currency": "CNY", "loans": 1, "outstanding": D(1000), "outstanding_90": D(0)}
            known |= _values(chance, "borrower")
            BorrowerDay.objects.create(lender=branch.lender, as_of=day, borrower=loan.borrower, bucket=loan.bucket, branch=branch, **known)
    return hire(branch, Role.RISK_OFFICER)


def _sixty(lender) -> list[RuleVersion]:
    """The shipped rules on loans, and as many others as are missing, with all that the language has."""
    texts = {seed.code: seed.text for seed in SEEDS if seed.grain == "loan"}
    for number, text in enumerate(sensible(5, 200)):
        if len(texts) < RULES and not check(text):
            texts[f"T-{number}"] = text
    return [rule(lender, text, code=code) for code, text in texts.items()]


def _compared(officer, days, every: int) -> int:
    """Holds every so many of the rules against the night; how many hits there were."""
    lender, hits = officer.person.lender, 0
    live = _sixty(lender)
    assert len(live) == RULES
    # of a rule on the conduct of staff a preview tells numbers only
    asked = {version.rule_id: version for version in live[::every] if not about_conduct(tree_from_json(version.tree), marked=version.rule.staff_conduct)}
    for day in days:
        with transaction.atomic(), connection.cursor() as cursor:
            levels_of(cursor, key_of(lender.pk, day), lender, "lw_night")
            cursor.execute("SELECT rule_id, subject, level FROM lw_night WHERE rule_id = ANY (%s)", [list(asked)])
            night = set(cursor.fetchall())
            cursor.execute("DROP TABLE lw_night")
        shown = set()
        for rule_id, version in asked.items():
            found = previews.preview(officer, lender, day, Draft(version.rule.code, version.text, {}), tree_from_json(version.tree))
            shown |= {(rule_id, row["subject"], row["level"]) for row in found.rows}
            assert (found.fresh, found.gone) == (0, 0)
        assert shown == night
        hits += len(night)
    return hits


def test_preview_and_nightly_run_hit_the_same_loans(officer, monkeypatch):
    monkeypatch.setattr(previews, "PAGE", LOANS)
    assert _compared(officer, DAYS[-1:], every=4) > 30


@pytest.mark.faults
def test_preview_and_nightly_run_hit_the_same_loans_with_sixty_rules_on_three_dates(officer, monkeypatch):
    monkeypatch.setattr(previews, "PAGE", LOANS)
    assert _compared(officer, DAYS, every=1) > 400
