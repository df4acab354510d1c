"""The day's step takes the plan in force on its date, and says over sets what the pure rules say for one loan."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from borrowers.loans.models import CheckDuty
from borrowers.parties.models import KeyCustomerTier
from inspections.planning import rules
from inspections.planning.models import PlanVersion, Task
from inspections.planning.plans import lines_of, plan_in_force
from inspections.planning.rules import Facts, line_for, size_of
from inspections.planning.schedule import schedule_tasks
from loanwatch.lenders.queries import InForce
from loanwatch.trail.ledger import key_of
from tests.inspections.book import TODAY, make_alert, make_day, make_loan, observe
from tests.inspections.planning.plan_book import make_plan

pytestmark = pytest.mark.usefixtures("as_worker")


@pytest.fixture
def day(bank):
    make_day(bank)
    return bank


def schedule(bank, day=TODAY, **cut) -> int:
    with connection.cursor() as cursor:
        return schedule_tasks(cursor, key_of(bank.lender.pk, day, **cut), bank.lender)


def observed(loan, **values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE alerts_loanday SET {', '.join(f'{name} = %s' for name in values)} WHERE loan_id = %s", [*values.values(), loan.pk])


def inspected(bank, loan, ago: int, kind: str = "first") -> Task:
    on = TODAY - timedelta(days=ago)
    return Task.objects.create(
        lender=bank.lender, bucket=loan.bucket, loan=loan, borrower=loan.borrower, branch=loan.branch, kind=kind, opened_on=on, due_on=on,
        state="done", submitted_on=on, closed_on=on,
    )  # fmt: skip


ROUTINE = {"occasion": "routine", "kind": "routine"}
OFF_SITE = {"occasion": "routine", "kind": "off_site", "size": "small", "class_to": 1, "level_to": 1}
SPECIAL = {"kind": "special", "days": 7}
RICH = (
    {"occasion": "disbursement", "kind": "first", "product_kind": "card", "days": None},
    {"occasion": "disbursement", "kind": "first", "days": 30},
    {**ROUTINE, "tier_from": 1, "tier_to": 2, "days": 45},
    {**ROUTINE, "level_from": 3, "days": 20},
    {**ROUTINE, "class_from": 2, "days": 30},
    {**ROUTINE, "exposure_from": Decimal(3_000_000), "exposure_to": Decimal(8_000_000), "days": 75},
    {**OFF_SITE, "days": 200},
    {**ROUTINE, "days": 150},
    {"occasion": "maturity", "kind": "maturity", "size": "small", "days": None},
    {"occasion": "maturity", "kind": "maturity", "days": 30},
)


def test_the_sql_says_what_the_rules_say_on_both_sides_of_every_boundary(day):
    make_plan(day, *RICH)
    lines, numbers = lines_of(plan_in_force(day.lender, TODAY)), rules.numbers_from(InForce(day.lender, TODAY))
    expected: set[tuple] = set()
    traits = [
        (amount, risk_class, level, tier)
        for amount in (2_999_999, 3_000_000, 8_000_000)
        for risk_class, level, tier in (("normal", 0, None), ("special_mention", 0, None), ("normal", 1, 2), ("normal", 3, 3))
    ] + [(999_999, "normal", 0, None), (999_999, "normal", 1, None), (999_999, "normal", 2, None), (999_999, "loss", 0, 1)]
    for amount, risk_class, level, tier in traits:
        facts = Facts("working_capital", size_of(amount, numbers), rules.CLASSES.index(risk_class) + 1, level, Decimal(amount), tier)
        line = line_for(lines, "routine", facts)
        for ago in (line.days - 15, line.days - 14, line.days + 5):  # more than two weeks ahead, just within, late
            loan = make_loan(day, principal=amount, disbursed_on=TODAY - timedelta(days=400))
            last = inspected(day, loan, ago).submitted_on
            if level:
                make_alert(day, loan, level=level)
            if tier:
                KeyCustomerTier.objects.create(
                    lender=day.lender, borrower=loan.borrower, tier=tier, valid_from=TODAY, known_from=TODAY
                )
            observe(day, loan, risk_class=risk_class)
            due = rules.routine_due(line, numbers, last_on=last, disbursed_on=loan.disbursed_on, bucket=loan.bucket, on=TODAY)
            if due:
                expected.add((loan.pk, line.kind, due))
    for amount, ahead in [(2_000_000, d) for d in (45, 44, 30, 29, 10, 1, 0)] + [(500_000, 30)]:
        loan = make_loan(day, principal=amount, disbursed_on=TODAY - timedelta(days=200))
        inspected(day, loan, 1)
        observe(day, loan)
        observed(loan, days_to_maturity=ahead)
        line = line_for(lines, "maturity", Facts("working_capital", size_of(amount, numbers)))
        due = rules.maturity_due(line, numbers, matures_on=TODAY + timedelta(days=ahead), on=TODAY)
        expected |= {(loan.pk, "maturity", due)} if due else set()
    for kind, ago in [("working_capital", d) for d in (0, 30, 31, 61)] + [("card", 3)]:
        loan = make_loan(day, kind=kind, disbursed_on=TODAY - timedelta(days=ago))
        observe(day, loan)
        line = line_for(lines, "disbursement", Facts(kind, "small"))
        due = rules.first_due(line, numbers, disbursed_on=loan.disbursed_on, on=TODAY)
        expected |= {(loan.pk, "first", due)} if due else set()
    schedule(day)
    assert set(Task.objects.filter(state="due").values_list("loan_id", "kind", "due_on")) == expected
    assert {kind for _, kind, _ in expected} == {"routine", "off_site", "maturity", "first"}
    assert CheckDuty.objects.count() == len(expected)


def test_a_day_is_planned_by_the_version_in_force_on_it(day):
    make_plan(day, {**ROUTINE, "days": 100})
    make_plan(day, {**ROUTINE, "days": 300}, valid_from=TODAY)
    yesterday = TODAY - timedelta(days=1)
    make_day(day, yesterday)
    loan = make_loan(day, disbursed_on=TODAY - timedelta(days=101))
    inspected(day, loan, 100)
    observe(day, loan, yesterday)
    observe(day, loan, TODAY)
    assert schedule(day, TODAY) == 0
    assert schedule(day, yesterday) == 1


def test_an_old_version_is_not_in_force_before_its_first_day(day):
    make_plan(day, {**ROUTINE, "days": 30}, valid_from=TODAY + timedelta(days=1))
    loan = make_loan(day, disbursed_on=TODAY - timedelta(days=300))
    observe(day, loan)
    assert schedule(day) == 0


def test_a_lender_begins_with_the_shipped_plan_once(day):
    schedule(day)
    schedule(day)
    assert [(v.number, v.state, v.made_by) for v in PlanVersion.objects.all()] == [(1, "approved", None)]


@pytest.mark.parametrize(
    ("occasion", "before", "after"),
    [
        ("class_worse", {"risk_class": "normal"}, {"risk_class": "special_mention"}),
        ("covenant", {"covenant_breaches": 1}, {"covenant_breaches": 2}),
        ("rollover", {"rollovers": 0}, {"rollovers": 1}),
        ("rollover", {"extensions_24m": 1}, {"extensions_24m": 2}),
    ],
)
def test_an_event_of_the_day_calls_for_a_special_inspection_once(day, occasion, before, after):
    make_plan(day, {"occasion": occasion, **SPECIAL})
    yesterday = TODAY - timedelta(days=1)
    make_day(day, yesterday)
    hit, same = make_loan(day), make_loan(day)
    for loan in (hit, same):
        observe(day, loan, yesterday)
        observed(loan, **before)
        observe(day, loan, TODAY)
        if loan is same:
            observed(loan, **before)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE alerts_loanday SET {', '.join(f'{name} = %s' for name in after)} WHERE loan_id = %s AND as_of = %s", [*after.values(), hit.pk, TODAY]
        )
    assert schedule(day, TODAY, previous=yesterday) == 1
    assert schedule(day, TODAY, previous=yesterday) == 0
    (task,) = Task.objects.all()
    assert (task.loan, task.kind, task.due_on, task.called_on) == (hit, "special", TODAY + timedelta(days=7), TODAY)
    assert task.plan_row.occasion == occasion


def test_an_extended_loan_is_inspected_again_before_its_new_maturity(day):
    make_plan(day, {"occasion": "maturity", "kind": "maturity", "days": 10})
    loan = make_loan(day)
    observe(day, loan)
    observed(loan, days_to_maturity=20)
    assert schedule(day) == 1
    Task.objects.update(state="done", submitted_on=TODAY, closed_on=TODAY)
    assert schedule(day) == 0
    observed(loan, days_to_maturity=24)
    assert schedule(day) == 1


def test_a_loan_that_got_into_trouble_leaves_the_desk_for_a_visit(day):
    make_plan(day, {**ROUTINE, "level_from": 2, "days": 30}, {**OFF_SITE, "days": 100})
    loan = make_loan(day, disbursed_on=TODAY - timedelta(days=90))
    inspected(day, loan, 90)
    observe(day, loan)
    schedule(day)
    assert [t.kind for t in Task.objects.filter(state="due")] == ["off_site"]
    make_alert(day, loan, level=2)
    schedule(day)
    assert [t.kind for t in Task.objects.filter(state="due")] == ["routine"]
    assert CheckDuty.objects.filter(kind="off_site", done_on=TODAY).exists()


def test_a_look_from_the_desk_does_not_put_off_the_next_visit(day):
    make_plan(day, {**ROUTINE, "days": 100})
    loan = make_loan(day, disbursed_on=TODAY - timedelta(days=300))
    inspected(day, loan, 100)
    inspected(day, loan, 5, kind="off_site")
    observe(day, loan)
    assert schedule(day) == 1
