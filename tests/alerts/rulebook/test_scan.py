"""All rules of a grain in one statement, with what stands in other rows: the borrower's, and those of earlier closes."""

import json
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.observation.models import BorrowerDay, BranchDay, StaffDay
from alerts.rulebook.language import parse
from alerts.rulebook.scan import Scope, earlier_closes, scan, scan_values
from tests.alerts.rulebook.book import DAY, EARLIER, LIMIT_VALUES, small_book


@pytest.fixture
def book(as_worker):
    return small_book()


def _levels(book, text, **more):
    return [levels[0] for _, levels in sorted(book.said({1: parse(text)}, **more).items())]


def test_a_rule_on_a_loan_reads_the_borrower_at_the_same_close(book):
    # borrowers 1 to 4 answer for loans 1 and 5, 2 and 6, 3, 4; nothing is known of the third's arrears, nor of the fourth at all
    assert _levels(book, "red when borrower.days_past_due > 1") == [0, 3, -1, -1, 0, 3]
    assert _levels(book, "red when borrower.loans >= 2 and days_past_due >= 31") == [0, 3, 3, -1, 0, 0]


def test_an_amount_of_the_borrower_is_not_compared_with_a_loan_in_another_currency(book):
    assert _levels(book, "red when outstanding < 50% * borrower.outstanding") == [3, 3, 0, -1, 3, -1]


def test_a_rule_reads_what_stood_at_an_earlier_close(book):
    # at the close a month before the loans were 0, 10, 20, 30 and 40 days past due; the sixth was not on the book
    assert _levels(book, "red when days_past_due - was(days_past_due, 30 days) > 20") == [0, 3, 3, -1, 0, -1]
    assert _levels(book, "red when was(borrower.days_past_due, 30 days) = 40") == [0, 3, -1, -1, 0, 3]
    assert _levels(book, "red when was(as_of, 30 days) = 2026-09-30") == [3, 3, 3, 3, 3, -1]


@pytest.mark.parametrize(("days", "found"), [(29, DAY - timedelta(days=30)), (30, EARLIER), (31, None)])
def test_the_earlier_close_is_the_last_one_on_or_before_the_day_meant(book, days, found):
    assert earlier_closes(book.lender, DAY, [parse(f"red when was(ltv, {days} days) > 1")]) == {days: found}


def test_looking_back_further_than_the_book_goes_cannot_be_evaluated(book):
    assert _levels(book, "red when was(days_past_due, 31 days) > 0 or borrower.days_past_due > 1000000") == [-1] * 6
    assert _levels(book, "red when was(as_of, 400 days) > 2020-01-01 + 3 months") == [-1] * 6


def test_a_limit_is_what_the_lender_has_set(book):
    text = "red when days_past_due > limit.past_due_watch"
    assert _levels(book, text, limits={"past_due_watch": 30}) == [0, 3, 3, -1, 0, 0]
    assert _levels(book, text, limits={"past_due_watch": 31}) == [0, 0, 3, -1, 0, 0]
    assert _levels(book, text, limits={}) == [-1] * 6
    assert _levels(book, text, limits={"past_due_watch": D("1E+999999")}) == [-1] * 6


def test_a_limit_of_money_is_not_compared_with_a_loan_in_another_currency(book):
    assert _levels(book, "red when outstanding < limit.entrusted_payment", limits={"entrusted_payment": 5000}) == [3, 3, 0, 3, 3, -1]


def test_a_rule_says_nothing_outside_its_scope(book):
    tree = {1: parse("red when days_past_due is not empty or days_past_due is empty")}
    assert _scoped(book, tree, Scope(segments=("micro", "large"))) == [0, 0, 0, 0, 3, 0]
    assert _scoped(book, tree, Scope(products=("50%_'\\",))) == [0, 0, 0, 0, 0, 3]
    assert _scoped(book, tree, Scope(branches=(book.rows.first().branch_id,))) == [3] * 6
    assert _scoped(book, tree, Scope(segments=("micro",), branches=(-1,))) == [0] * 6


def _scoped(book, trees, scope):
    return [levels[0] for _, levels in sorted(book.said(trees, scopes={1: scope}).items())]


def test_sixty_rules_are_one_statement_that_reads_each_row_once(book):
    texts = ["red when days_past_due > {n}", "red when borrower.days_past_due > {n}", "red when was(ltv, 30 days) * {n} > 1"]
    trees = {n: parse(texts[n % 3].format(n=n)) for n in range(60)}
    with CaptureQueriesContext(connection) as seen:
        book.said(trees)
    (statement,) = [q["sql"] for q in seen if "alerts_loanday" in q["sql"]]
    assert [statement.count(f" {table} ") for table in ("alerts_borrowerday", "public.alerts_loanday")] == [1, 1]
    assert book.said(trees) == book.expected(trees)


def test_the_words_of_an_author_are_parameters(book):
    word = "'; DROP TABLE alerts_alert; --"
    tree = parse(f'red when product contains "{word}" and days_past_due > 424242 and as_of - 17 months > 2031-07-08')
    sql, values = scan("loan", book.rows, {1: tree}, LIMIT_VALUES)
    assert word in values and D(424242) in values and date(2031, 7, 8) in values
    assert not [told for told in ("DROP", "424242", "2031", "17") if told in sql]


@pytest.mark.parametrize(
    ("grain", "model", "text"),
    [
        ("borrower", BorrowerDay, "red when days_past_due > 90 and was(days_past_due, 30 days) < limit.past_due_watch"),
        ("branch", BranchDay, 'red when roll_ratio > 1.2 * was(roll_ratio, 30 days) and branch = "SZ-012"'),
        ("staff", StaffDay, "red when inspections_overdue > was(inspections_overdue, 30 days)"),
    ],
)
def test_the_other_grains_are_scanned_alike(book, grain, model, text):
    tree = parse(text, grain)
    rows = model.objects.filter(lender=book.lender, as_of=DAY)
    closes = earlier_closes(book.lender, DAY, [tree])
    with connection.cursor() as cursor:
        cursor.execute(*scan(grain, rows, {1: tree}, LIMIT_VALUES, closes, {1: Scope(branches=(1,), products=("WC",))}))
        assert {level for _, level in cursor.fetchall()} <= {0}
        cursor.execute(*scan_values(grain, rows, ["as_of", "outstanding", "was(outstanding, 30 days)"], closes))
        assert {len(json.loads(values)) for _, values in cursor.fetchall()} <= {3}
