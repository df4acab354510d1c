"""Calendars and terms of products change under four eyes; what a change moves is seen before anybody approves it."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from loanwatch.lenders import calendar_changes, terms
from loanwatch.lenders.actions import fill_holidays
from loanwatch.lenders.calendar_changes import Day
from loanwatch.lenders.models import CalendarChange, DayException, LenderCalendar, Parameter, Product, ProductTerms
from loanwatch.lenders.queries import business_days, product_terms
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent, BusinessDay
from tests import factories
from tests.loanwatch.people.conftest import TODAY, browser_of

MONDAY = date(2027, 3, 1)


@pytest.fixture
def calendar_bank(bank):
    LenderCalendar.objects.create(lender=bank.lender, kind="CN", from_on=date(1970, 1, 1))
    bank.product = Product.objects.create(lender=bank.lender, code="WC", name="Working capital", kind="working_capital")
    return bank


def propose(bank, *days: Day) -> CalendarChange:
    return calendar_changes.propose(by=bank.first, calendar="CN", days=days or [Day(MONDAY, False, "Bridge day")], source="Notice 1")


def open_demand(bank, due_on: date):
    loan = factories.LoanFactory(branch=bank.branch("B11"), lender=bank.lender, product=bank.product)
    factories.schedule(loan, (due_on, 1000))
    return loan


# Calendars -----------------------------------------------------------------------------------------------------------------------


def test_a_change_counts_only_once_another_person_has_approved_it(calendar_bank):
    bank = calendar_bank
    page = browser_of(bank.first).post(
        reverse("lenders:calendar_propose", args=["CN", 2027]), {"days": "2027-03-01, holiday, Bridge day\n2027-03-06 workday", "source": "Notice 1"}
    )
    made = CalendarChange.objects.get()
    assert page.url == reverse("lenders:calendar_change", args=[made.pk])
    assert not DayException.objects.exists()
    address = reverse("lenders:calendar_approve", args=[made.pk])
    assert browser_of(bank.first).post(address).status_code == 403
    assert browser_of(bank.second).post(address).status_code == 302
    assert list(DayException.objects.order_by("on").values_list("on", "is_business", "source")) == [
        (MONDAY, False, "Notice 1"), (date(2027, 3, 6), True, "Notice 1"),
    ]  # fmt: skip
    assert business_days(bank.lender, MONDAY, date(2027, 3, 6))[-1] == date(2027, 3, 6)
    assert browser_of(bank.second).post(address).status_code == 409
    assert AuditEvent.objects.filter(event__startswith="calendar.").count() == 2


def test_a_change_that_is_rejected_keeps_its_reason_and_writes_nothing(calendar_bank):
    made = propose(calendar_bank)
    browser = browser_of(calendar_bank.second)
    assert browser.post(reverse("lenders:calendar_reject", args=[made.pk]), {"reason": ""}).status_code == 422
    assert browser.post(reverse("lenders:calendar_reject", args=[made.pk]), {"reason": "Not announced"}).status_code == 302
    made.refresh_from_db()
    assert (made.rejected, made.reason) == (True, "Not announced")
    assert not DayException.objects.exists()


def test_a_day_can_go_back_to_monday_to_friday(calendar_bank):
    fill_holidays("CN", 2027, 2027)
    new_year = date(2027, 1, 1)
    calendar_changes.approve(by=calendar_bank.second, change=propose(calendar_bank, Day(new_year, None)))
    assert not DayException.objects.filter(on=new_year).exists()
    assert AuditEvent.objects.get(event="calendar.approved").details["before"]["2027-01-01"]["is_business"] is False


@pytest.mark.parametrize("state", ["closed", "closing", "due"])
def test_a_day_up_to_the_newest_close_cannot_change(calendar_bank, state):
    BusinessDay.objects.create(lender=calendar_bank.lender, business_date=MONDAY, state=state)
    data = {"days": "2027-03-01 holiday", "source": "Notice 1"}
    assert browser_of(calendar_bank.first).post(reverse("lenders:calendar_propose", args=["CN", 2027]), data).status_code == 409
    assert propose(calendar_bank, Day(date(2027, 3, 2), False)).pk


def test_a_day_that_was_closed_while_the_change_waited_is_refused_at_approval(calendar_bank):
    made = propose(calendar_bank)
    BusinessDay.objects.create(lender=calendar_bank.lender, business_date=MONDAY, state="closed")
    assert browser_of(calendar_bank.second).post(reverse("lenders:calendar_approve", args=[made.pk])).status_code == 409


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ("2027-03-01", "Line 1 can&#x27;t be read."),
        ("1 March holiday", "Line 1 can&#x27;t be read."),
        ("2027-03-01 holiday\n2027-03-01 workday", "A day stands twice"),
        ("2027-03-06 holiday", "2027-03-06 is that already by its weekday."),
        ("2027-03-01 normal", "The calendar says all this already."),
    ],
)
def test_a_list_that_makes_no_change_is_said_in_a_sentence(calendar_bank, days, sentence):
    answer = browser_of(calendar_bank.first).post(reverse("lenders:calendar_propose", args=["CN", 2027]), {"days": days, "source": "N"})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_the_preview_counts_the_due_dates_that_move_by_the_products_terms(calendar_bank):
    bank = calendar_bank
    ProductTerms.objects.create(product=bank.product, valid_from=date(2020, 1, 1), convention="following", source="Test")
    loan = open_demand(bank, MONDAY)
    sunday = open_demand(bank, date(2027, 2, 28))
    open_demand(bank, date(2027, 3, 2))
    found = calendar_changes.moves(bank.lender, propose(bank))
    assert (found.demands, found.loans) == (2, 2)
    assert [(line.due_on, line.was, line.becomes) for line in found.lines] == [
        (date(2027, 2, 28), MONDAY, date(2027, 3, 2)), (MONDAY, MONDAY, date(2027, 3, 2)),
    ]  # fmt: skip
    assert [line.sample for line in found.lines] == [(sunday.number,), (loan.number,)]
    page = browser_of(bank.second).get(reverse("lenders:calendar_change", args=[CalendarChange.objects.get().pk])).content.decode()
    assert loan.number in page


def test_where_due_dates_stay_on_holidays_a_change_moves_nothing(calendar_bank):
    open_demand(calendar_bank, MONDAY)
    assert calendar_changes.moves(calendar_bank.lender, propose(calendar_bank)).demands == 0


@pytest.mark.parametrize(
    ("calendar", "due_on", "counts_from"),
    [
        ("CN", date(2026, 2, 17), date(2026, 2, 24)),  # Spring Festival
        ("CN", date(2026, 2, 14), date(2026, 2, 14)),  # a make-up Saturday is a business day
        ("KR", date(2025, 10, 6), date(2025, 10, 10)),  # Chuseok, its substitute on the 8th, Hangeul Day on the 9th
        ("KR", date(2026, 3, 2), date(2026, 3, 3)),  # substitute of Independence Movement Day, which fell on a Sunday
    ],
)
def test_due_dates_on_festivals_count_from_the_next_business_day_of_the_national_table(calendar_bank, calendar, due_on, counts_from):
    from borrowers.entry.queries import counts_from as counted

    LenderCalendar.objects.filter(lender=calendar_bank.lender).update(kind=calendar)
    fill_holidays(calendar, 2025, 2026)
    ProductTerms.objects.create(product=calendar_bank.product, valid_from=date(2020, 1, 1), convention="following", source="Test")
    assert counted(calendar_bank.product, [due_on], due_on).get(due_on, due_on) == counts_from


def test_the_table_itself_refuses_days_that_nobody_approved(calendar_bank):
    fill_holidays("CN", 2027, 2027)
    row = DayException.objects.filter(on=date(2027, 1, 1))
    for write in (
        lambda: row.update(is_business=True),
        row.delete,
        lambda: DayException.objects.create(calendar="CN", on=MONDAY, is_business=False, source="Notice 1"),
    ):
        with pytest.raises(IntegrityError, match="only by a change that another person approved"), transaction.atomic():
            write()
    made = propose(calendar_bank)
    calendar_changes.approve(by=calendar_bank.second, change=made)
    with pytest.raises(IntegrityError, match="decided once"), transaction.atomic():
        CalendarChange.objects.filter(pk=made.pk).update(source="Another")


def test_who_sees_calendars_may_not_change_them(calendar_bank):
    officer = calendar_bank.hire(Role.RISK_OFFICER, "HO")
    page = browser_of(officer).get(reverse("lenders:calendar", args=["KR", 2026]))
    assert page.status_code == 200
    assert "Propose a change" not in page.content.decode()
    assert browser_of(officer).post(reverse("lenders:calendar_propose", args=["CN", 2027]), {}).status_code == 403
    assert browser_of(officer).get(reverse("lenders:calendar", args=["XX", 2026])).status_code == 404


# Terms of products ---------------------------------------------------------------------------------------------------------------

TERMS = {
    "valid_from": "2026-12-01", "convention": "following", "grace_days": "3", "materiality_minor": "10000", "materiality_percent": "1",
    "day_count": "ACT/365", "source": "Contract form 2026",
}  # fmt: skip


def test_terms_come_into_force_on_their_day_once_another_person_has_approved_them(calendar_bank):
    bank = calendar_bank
    browser_of(bank.first).post(reverse("lenders:terms_propose", args=[bank.product.pk]), TERMS)
    made = ProductTerms.objects.get()
    assert product_terms(bank.product, date(2026, 12, 1)).convention == "none"
    address = reverse("lenders:terms_approve", args=[made.pk])
    assert browser_of(bank.first).post(address).status_code == 403
    assert browser_of(bank.second).post(address).status_code == 302
    assert product_terms(bank.product, date(2026, 11, 30)).convention == "none"
    assert product_terms(bank.product, date(2026, 12, 1)).grace_days == 3
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        ProductTerms.objects.filter(pk=made.pk).update(grace_days=0)
    assert browser_of(bank.first).get(reverse("lenders:terms", args=[bank.product.pk])).status_code == 200


def test_without_terms_of_its_own_a_product_has_the_lenders_parameters(calendar_bank):
    Parameter.objects.create(lender=calendar_bank.lender, key="arrears.grace_days", value=5, valid_from=date(2026, 1, 1), source="T", confidence="own")
    found = product_terms(calendar_bank.product, TODAY)
    assert (found.pk, found.grace_days, found.convention, found.day_count) == (None, 5, "none", "ACT/360")


@pytest.mark.parametrize("wrong", [{"valid_from": "2026-11-19"}, {"grace_days": "-1"}, {"convention": "x"}, {"source": ""}, {"materiality_percent": "-1"}])
def test_terms_with_a_fault_are_not_proposed(calendar_bank, wrong):
    answer = browser_of(calendar_bank.first).post(reverse("lenders:terms_propose", args=[calendar_bank.product.pk]), TERMS | wrong)
    assert answer.status_code == 422
    assert not ProductTerms.objects.exists()


def test_a_proposal_is_withdrawn_with_a_reason_and_terms_in_force_never(calendar_bank):
    made = terms.propose_terms(by=calendar_bank.first, product=calendar_bank.product, valid_from=TODAY, source="S", grace_days=1)
    address = reverse("lenders:terms_withdraw", args=[made.pk])
    browser = browser_of(calendar_bank.second)
    assert browser.post(address, {"reason": ""}).status_code == 422
    assert browser.post(address, {"reason": "Wrong form"}).status_code == 302
    assert AuditEvent.objects.get(event="terms.withdrawn").details["reason"] == "Wrong form"
    shipped = ProductTerms.objects.create(product=calendar_bank.product, valid_from=TODAY, source="Shipped")
    assert browser.post(reverse("lenders:terms_withdraw", args=[shipped.pk]), {"reason": "x"}).status_code == 403


def test_terms_never_count_backwards_over_a_closed_day(calendar_bank):
    bank = calendar_bank
    BusinessDay.objects.create(lender=bank.lender, business_date=date(2026, 11, 30), state="closed")
    made = terms.propose_terms(by=bank.first, product=bank.product, valid_from=date(2026, 12, 1), source="S", grace_days=1)
    BusinessDay.objects.create(lender=bank.lender, business_date=date(2026, 12, 1), state="closed")
    answer = browser_of(bank.second).post(reverse("lenders:terms_approve", args=[made.pk]))
    assert answer.status_code == 409 and "business days up to" in answer.content.decode()
    assert product_terms(bank.product, date(2026, 12, 1)).grace_days == 0


def test_two_proposals_never_wait_at_once(calendar_bank):
    browser = browser_of(calendar_bank.first)
    for status in (302, 409):
        assert browser.post(reverse("lenders:terms_propose", args=[calendar_bank.product.pk]), TERMS).status_code == status
