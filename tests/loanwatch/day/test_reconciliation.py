"""The close stops when the figures do not add up, by one hundredth, and says where."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction

from alerts.observation import reconcile, rollup
from alerts.observation.models import NodeDay
from borrowers.loans.models import Loan, Position
from loanwatch.day import actions
from loanwatch.day.exceptions import accept_day
from loanwatch.kernel.policy import Conflict
from loanwatch.people.models import Branch, Role
from loanwatch.trail.ledger import key_of
from loanwatch.trail.models import BusinessDay, RunException, RunUnit
from tests.factories import hire
from tests.rollups import assert_rollups_agree

FEB_1, FEB_2, FEB_3 = date(2026, 2, 1), date(2026, 2, 2), date(2026, 2, 3)


def of(book, day=FEB_2) -> list[reconcile.Difference]:
    with connection.cursor() as cursor:
        return reconcile.differences_of(cursor, book.lender, day)


def change(table: str, column: str, amount: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = {column} + %s WHERE as_of = %s", [amount, FEB_2])


@pytest.fixture(scope="module")
def two_nights(standing):
    book = standing()
    book.loan("L-1")
    book.loan("L-2")
    book.close(FEB_1, FEB_2)
    return book


@pytest.fixture
def night(two_nights, db, as_worker):
    return two_nights


def test_a_close_that_adds_up_is_closed(night):
    assert_rollups_agree(night.lender, FEB_2)


@pytest.mark.parametrize(("amount", "checks"), [("0.00", set()), ("0.01", {"loans", "parts", "book"}), ("-0.01", {"loans", "parts", "book"})])
def test_one_hundredth_in_a_node_is_a_difference_and_nothing_is_none(night, amount, checks):
    change("alerts_nodeday", "outstanding", amount)
    found = of(night)
    assert {d.check for d in found} == checks
    if found:
        loans = next(d for d in found if d.check == "loans")
        assert (loans.branch, loans.product, loans.currency) == ("HO", "WC", "CNY")
        assert loans.found[1] - loans.expected[1] == Decimal(amount)
        with pytest.raises(AssertionError, match=r"expected 2 loans, 2400\.00"):
            assert_rollups_agree(night.lender, FEB_2)


def test_a_loan_that_a_node_does_not_count_and_a_bucket_that_is_off_are_differences(night):
    change("alerts_nodeday", "loans", "-1")
    assert {d.check for d in of(night)} == {"loans", "parts", "book"}
    change("alerts_nodeday", "loans", "1")
    change("alerts_nodeday", "b1_outstanding", "0.01")
    assert [d.check for d in of(night)] == ["parts"]


def test_a_row_corrupted_after_the_branches_were_observed_stops_the_close_and_the_day_stays_open(night, monkeypatch):
    real, loan = rollup.require_agreement, Loan.objects.get(number="L-1")

    def corrupted(cursor, key):
        cursor.execute("UPDATE alerts_loanday SET outstanding = outstanding + 0.01 WHERE as_of = %(day)s AND loan_id = %(loan)s", {**key, "loan": loan.pk})
        real(cursor, key)

    monkeypatch.setattr(rollup, "require_agreement", corrupted)
    with pytest.raises(actions.Stuck, match=r"The figures of 2026-02-03 differ in 3 places, first at HO / WC / CNY"):
        night.close(FEB_3)
    assert BusinessDay.objects.get(business_date=FEB_3).state == "closing"
    assert not NodeDay.objects.filter(as_of=FEB_3).exists()
    told = RunException.objects.get().error
    assert "FiguresDiffer" in told and "HO / WC / CNY: expected 2 loans, 2400.01, overdue 212.00, found 2 loans, 2400.00, overdue 212.00 (loans)" in told
    monkeypatch.undo()
    assert night.close(FEB_3) == ["closed"]


def test_what_was_delivered_is_what_the_loans_show(night):
    """Where the core system delivers balances, each loan shows the balance of the day; loans set aside are left out."""
    loan = Loan.objects.get(number="L-1")
    Loan.objects.filter(pk=loan.pk).update(position_fed=True)
    Position.objects.create(
        lender=night.lender, loan=loan, bucket=loan.bucket, balance=Decimal("1200.01"), days_past_due=1, valid_from=FEB_2, known_from=FEB_2
    )
    (found,) = of(night)
    assert (found.check, found.expected[:2], found.found[:2]) == ("delivered", (1, Decimal("1200.01")), (1, Decimal("1200.00")))
    with connection.cursor() as cursor, transaction.atomic():
        with pytest.raises(reconcile.FiguresDiffer):
            reconcile.require_agreement(cursor, key_of(night.lender.pk, FEB_2))
        reconcile.require_agreement(cursor, key_of(night.lender.pk, FEB_2, held=[loan.pk]))


@pytest.mark.parametrize(("reach", "found"), [(0, []), (1, ["delivered"])])
def test_what_was_delivered_for_a_slice_that_is_accepted_is_compared_with_nothing(night, reach, found):
    loan = Loan.objects.get(number="L-1")
    Loan.objects.filter(pk=loan.pk).update(position_fed=True)
    Position.objects.create(lender=night.lender, loan=loan, bucket=loan.bucket, balance=Decimal(1200), days_past_due=1, valid_from=FEB_2, known_from=FEB_2)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM alerts_loanday WHERE as_of = %s AND loan_id = %s", [FEB_2, loan.pk])
        mine = RunUnit.objects.filter(business_date=FEB_2, step="observe")
        ends = (loan.bucket, loan.bucket) if reach == 0 else ((loan.bucket + 1) % 256,) * 2  # its own bucket, and the one beside it
        mine.update(state="accepted", bucket_from=ends[0], bucket_to=ends[1])
        assert [d.check for d in reconcile.differences_of(cursor, night.lender, FEB_2) if d.check == "delivered"] == found


def test_figures_that_do_not_add_up_are_mended_and_never_accepted(night, monkeypatch):
    monkeypatch.setattr(rollup, "require_agreement", lambda cursor, key: (_ for _ in ()).throw(reconcile.FiguresDiffer(key["day"], [None])))
    with pytest.raises(actions.Stuck):
        night.close(FEB_3)
    monkeypatch.undo()
    seat = hire(Branch.objects.get(lender=night.lender, code="HO"), Role.CREDIT_ADMIN)
    with pytest.raises(Conflict, match="could not be added up"):
        accept_day(night.lender, FEB_3, "never mind", seat)
    assert BusinessDay.objects.get(business_date=FEB_3).state == "closing"


def test_a_close_shows_what_differs_and_the_loans_behind_it(night, client, settings):
    settings.BUSINESS_DATE = "2026-02-03"
    loan = Loan.objects.get(number="L-1")
    seat = hire(loan.branch, Role.CREDIT_ADMIN, on=FEB_2)
    client.force_login(seat.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "The figures add up" in client.get("/reconciliation/figures/", {"as_of": "2026-02-01"}).content.decode()
    Loan.objects.filter(pk=loan.pk).update(position_fed=True)
    Position.objects.create(
        lender=night.lender, loan=loan, bucket=loan.bucket, balance=Decimal("1200.01"), days_past_due=1, valid_from=FEB_2, known_from=FEB_2
    )
    page = client.get("/reconciliation/figures/", {"as_of": "nonsense"})
    assert page.context["day"] == FEB_2
    assert [(d.branch, d.check) for d in page.context["found"]] == [("HO", "delivered")]
    assert page.context["loans"] == [(loan, Decimal("1200.01"), Decimal("1200.00"))]
