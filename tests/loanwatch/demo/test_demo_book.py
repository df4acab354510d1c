"""The demo book as a whole: the same again from the same seed, true to its own totals, and healthy as a bank's book is."""

from datetime import date
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from borrowers.loans.models import Loan
from inspections.planning.models import Task
from inspections.visits.models import Visit
from inspections.visits.queries import content_of
from inspections.visits.rules import seal
from loanwatch.demo import calendar, seeding
from loanwatch.demo.digest import book_digest
from loanwatch.embedded.roles import acting_as
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import business_days
from tests import database
from tests.loanwatch.demo.conftest import AS_OF

TOTALS = """
SELECT count(*) FROM (
    SELECT i.cum_due_minor, sum((i.principal + i.interest + i.fee) * 100) OVER w AS due,
           i.cum_principal_minor, sum(i.principal * 100) OVER w AS principal
    FROM borrowers_instalment i WINDOW w AS (PARTITION BY i.loan_id, i.version ORDER BY i.seq)) t
WHERE cum_due_minor <> due OR cum_principal_minor <> principal
"""
PAID = """
SELECT count(*) FROM (
    SELECT r.cum_paid_minor, sum(r.amount * 100) OVER (PARTITION BY r.loan_id ORDER BY r.seq) AS paid,
           lag((r.known_from, r.paid_on)) OVER (PARTITION BY r.loan_id ORDER BY r.seq) > (r.known_from, r.paid_on) AS disordered
    FROM borrowers_repayment r) t
WHERE cum_paid_minor <> paid OR disordered
"""
PRINCIPAL = """
SELECT count(*) FROM borrowers_loan l JOIN LATERAL (
    SELECT sum(principal) AS planned FROM borrowers_instalment i WHERE i.loan_id = l.id GROUP BY version) p ON p.planned <> l.principal
"""
OVERPAID = """
SELECT count(*) FROM borrowers_loan l
JOIN LATERAL (SELECT max(cum_paid_minor) AS paid FROM borrowers_repayment r WHERE r.loan_id = l.id) r ON true
JOIN LATERAL (
    SELECT cum_due_minor AS due FROM borrowers_instalment i WHERE i.loan_id = l.id ORDER BY version DESC, seq DESC LIMIT 1) d ON true
WHERE r.paid > d.due OR (l.settled_on IS NOT NULL) <> (r.paid = d.due)
"""
UNKNOWN = "SELECT count(*) FROM {table} WHERE known_from < valid_from OR delivery_id IS NULL"


def count(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_running_totals_of_schedules_and_repayments_are_true(made: dict[str, Any]) -> None:
    assert [count(statement) for statement in (TOTALS, PAID, PRINCIPAL, OVERPAID)] == [0, 0, 0, 0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "table", ["loan", "instalment", "repayment", "loanevent", "guarantee", "pledge", "valuation", "collateralitem", "borrower"]
)
def test_no_fact_is_known_before_it_was_so_and_each_came_with_a_delivery(made: dict[str, Any], table: str) -> None:
    assert count(UNKNOWN.format(table=f"borrowers_{table}")) == 0


@pytest.mark.django_db
def test_the_book_has_the_loans_asked_for_and_its_days_are_due(made: dict[str, Any]) -> None:
    lender = Lender.objects.get(code="DEMO")
    assert made["loans"] == Loan.objects.filter(lender=lender).count() == 300
    days = business_days(lender, made["first_day"], AS_OF)
    assert made["days_due"] == len(days) == lender.days.count()
    assert days[-1] == AS_OF and sum(d.month == days[-1].month for d in days) > 5  # days at the end, months before


@pytest.mark.django_db
def test_every_submitted_inspection_carries_the_seal_of_its_content(made: dict[str, Any]) -> None:
    visits = Visit.objects.exclude(state="draft").select_related("loan", "template", "recorded_by").order_by("pk")
    chosen = [*visits[:10], *visits.filter(photos__isnull=False).distinct()[:10], *visits.filter(attempt=2)[:10]]
    assert {seal(content_of(visit)) == visit.content_hash for visit in chosen} == {True}


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_the_same_seed_gives_the_same_book_and_another_seed_another(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path)
    found = []
    for number in (7, 7, 8):
        with acting_as("owner"):
            seeding.seed(number=number, loans=150, as_of=AS_OF, password="a-password-for-tests")
            found.append(book_digest(Lender.objects.get(code="DEMO")))
        database.TestDatabase.current.renew()
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_arrears_have_the_shares_of_a_bank_whatever_the_seed(number: int) -> None:
    notes = [n for n in seeding.draw(number, 2000, calendar.make(AS_OF, {})).notes if n.open_principal(AS_OF)]
    whole = sum(n.open_principal(AS_OF) for n in notes)

    def share(least: int) -> float:
        return sum(n.open_principal(AS_OF) for n in notes if n.days_past_due(AS_OF) >= least) / whole

    assert 0.04 < share(30) < 0.06
    assert 0.015 < share(90) < 0.025


def test_drawing_takes_chance_from_the_seed_alone() -> None:
    days = calendar.make(AS_OF, {})
    first, second = (seeding.draw(5, 200, days) for _ in range(2))
    assert [(n.number, n.principal, n.payments) for n in first.notes] == [(n.number, n.principal, n.payments) for n in second.notes]
    assert Random(5).random() == Random(5).random()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "said"),
    [({"as_of": date(2026, 11, 21)}, "no business day"), ({"loans": 20}, "at least 150"), ({}, "already|there already")],
)
def test_what_can_not_be_made_is_refused_with_a_sentence(made: dict[str, Any], options: dict[str, Any], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        if options.get("as_of"):
            Lender.objects.filter(code="DEMO").update(code="OTHER")
        call_command("seed_demo", json=True, stdout=StringIO(), stderr=StringIO(), **options)


@pytest.mark.django_db
def test_each_field_agent_has_visits_to_make_that_a_branch_head_gave(made: dict[str, Any]) -> None:
    given = Task.objects.filter(assigned_by__isnull=False, state="due").values_list("assigned_to__accounts__username", flat=True)
    assert sorted(given) == ["agent"] * 4 + ["agent2"] * 4
