"""What a plan would make people do in the next twelve months, before it is switched on."""

from datetime import date, timedelta

import pytest

from inspections.planning import plan_actions
from inspections.planning.load_actions import set_capacity
from inspections.planning.plans import give_plan
from inspections.planning.preview import coming, compared, months_after, room_by_month, seen_by
from tests.inspections.book import TODAY, make_alert, make_day, make_loan, make_task, observe
from tests.inspections.planning.plan_book import make_plan

pytestmark = pytest.mark.usefixtures("as_worker")


def total(rows, kind):
    return sum(row.count for row in rows if row.kind == kind)


@pytest.fixture
def book(bank):
    make_day(bank)
    return bank


def plan(bank, *rows):
    return make_plan(bank, *rows, valid_from=TODAY + timedelta(days=1), state="draft")


ROUTINE = {"occasion": "routine", "kind": "routine"}


@pytest.mark.parametrize(("days", "visits"), [(365, 1), (180, 2), (91, 4), (30, 12)])
def test_a_loan_is_visited_once_in_every_interval(book, days, visits):
    loan = make_loan(book, disbursed_on=TODAY - timedelta(days=600))
    done = make_task(book, loan)
    type(done).objects.filter(pk=done.pk).update(state="done", submitted_on=TODAY, closed_on=TODAY)
    observe(book, loan)
    type(loan).objects.filter(pk=loan.pk).update(matures_on=TODAY + timedelta(days=900))
    found = coming(plan(book, {**ROUTINE, "days": days}), book.lender, TODAY)
    assert total(found, "routine") == visits
    assert {(row.branch_id, row.person_id) for row in found} == {(book.branch.pk, book.manager.person.pk)}


def test_nothing_is_visited_after_the_loan_matures_and_once_before(book):
    loan = make_loan(book, disbursed_on=TODAY - timedelta(days=620))
    observe(book, loan)  # matures in 100 days
    found = coming(plan(book, {**ROUTINE, "days": 30}, {"occasion": "maturity", "kind": "maturity", "days": 20}), book.lender, TODAY)
    assert total(found, "maturity") == 1
    assert {row.month for row in found if row.kind == "maturity"} == {(TODAY + timedelta(days=80)).replace(day=1)}
    assert max(row.month for row in found) <= (TODAY + timedelta(days=99)).replace(day=1)


def test_what_is_open_already_is_counted_and_the_next_visit_follows_it(book):
    loan = make_loan(book, disbursed_on=TODAY - timedelta(days=100))
    make_task(book, loan, due_on=TODAY + timedelta(days=5))
    observe(book, loan)
    assert total(coming(plan(book, {**ROUTINE, "days": 300}), book.lender, TODAY), "routine") == 2


def test_new_loans_and_red_alerts_come_as_in_the_year_before(book):
    new, old = make_loan(book, disbursed_on=TODAY - timedelta(days=200)), make_loan(book, disbursed_on=TODAY - timedelta(days=700))
    for loan in (new, old):
        observe(book, loan)
    make_alert(book, new, opened_on=TODAY - timedelta(days=20))
    make_alert(book, old, opened_on=TODAY - timedelta(days=400))
    found = coming(plan(book, {"occasion": "disbursement", "kind": "first", "days": 30}, {"occasion": "red_alert", "kind": "special", "days": 5}), book.lender, TODAY)
    assert (total(found, "first"), total(found, "special")) == (1, 1)


def test_a_draft_is_held_against_the_live_plan_and_the_room_there_is(book):
    for _ in range(3):
        loan = make_loan(book, disbursed_on=TODAY - timedelta(days=30))
        observe(book, loan)
    give_plan(book.lender)
    live = give_plan(book.lender) or type(plan(book)).objects.get(number=1)
    draft = plan(book, {**ROUTINE, "days": 40})
    one, two = coming(live, book.lender, TODAY), coming(draft, book.lender, TODAY)
    lines = compared(one, two, "kind")
    assert {line.key: line.more for line in lines}["routine"] > 0
    set_capacity(by=book.head, person_id=book.manager.person.pk, per_week=1, from_on=TODAY)
    room = room_by_month(book.lender, [book.manager.person.pk], TODAY)[book.manager.person.pk]
    assert (room[date(2027, 2, 1)], room[TODAY.replace(day=1)]) == (4, 1)  # 20 working days, and the six that are left of November
    assert len(months_after(TODAY)) == 13


def test_people_see_the_work_of_their_branches_only(book):
    loan = make_loan(book, disbursed_on=TODAY - timedelta(days=30))
    observe(book, loan)
    found = coming(plan(book, {**ROUTINE, "days": 100}), book.lender, TODAY)
    assert found
    assert seen_by(book.head, found) == found == seen_by(book.manager, found)
    assert seen_by(book.sibling_officer, found) == [] == seen_by(book.manager2, found)


def test_a_version_that_is_withdrawn_can_still_be_looked_at(book):
    draft = plan(book, {**ROUTINE, "days": 100})
    plan_actions.withdraw_plan(by=book.credit, version_id=draft.pk, reason="No.")
    assert coming(draft, book.lender, TODAY) == []
