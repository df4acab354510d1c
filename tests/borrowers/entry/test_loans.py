"""Loans by hand: the schedule is seen before anything is kept, and what happens later makes a new version of it."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from borrowers.collateral.models import CollateralItem, Pledge, Valuation
from borrowers.conduct.models import ConductFact
from borrowers.entry import actions
from borrowers.entry.queries import standing
from borrowers.facts import Correction
from borrowers.funds.models import DisbursementPayment
from borrowers.loans.models import Custody, Facility, Guarantee, Instalment, Loan, LoanEvent
from borrowers.parties.models import Borrower
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import LenderCalendar, ProductTerms
from loanwatch.trail.models import AuditEvent, BusinessDay
from loanwatch.trail.queries import open_day
from tests.borrowers.entry.conftest import TODAY


def plan(loan: Loan, version: int) -> list[tuple[date, Decimal, Decimal]]:
    return list(Instalment.objects.filter(loan=loan, version=version).order_by("seq").values_list("due_on", "principal", "interest"))


# The day of an entry ------------------------------------------------------------------------------------------------------------


def test_what_is_entered_is_known_from_today(desk):
    assert open_day(desk.lender, TODAY) == TODAY


@pytest.mark.parametrize("state", ["closed", "closing"])
def test_once_a_day_is_being_closed_entries_are_known_from_the_next_one(desk, state):
    BusinessDay.objects.create(lender=desk.lender, business_date=TODAY, state=state)
    assert open_day(desk.lender, TODAY) == date(2026, 11, 21)


def test_a_day_that_is_only_due_takes_entries_still(desk):
    BusinessDay.objects.create(lender=desk.lender, business_date=TODAY, state="due")
    assert open_day(desk.lender, TODAY) == TODAY


def test_entries_of_a_weekend_are_known_from_monday(desk):
    LenderCalendar.objects.filter(lender=desk.lender).update(kind="CN")
    assert open_day(desk.lender, date(2026, 11, 21)) == date(2026, 11, 23)


# A new loan ---------------------------------------------------------------------------------------------------------------------


def test_a_loan_is_entered_with_its_schedule_and_the_person_responsible(desk):
    manager = desk.people["manager"].person
    loan = desk.loan(lead=str(manager.pk), purpose="Raw silk")
    assert (loan.principal, loan.rate, loan.position_fed, loan.entered_by) == (120_000, 6, False, desk.people["first"].person)
    assert (loan.disbursed_on, loan.matures_on, loan.known_from) == (date(2026, 9, 15), date(2027, 9, 15), TODAY)
    rows = plan(loan, 1)
    assert rows[0] == (date(2026, 10, 15), 10_000, 600)
    assert (len(rows), sum(principal for _on, principal, _i in rows)) == (12, 120_000)
    assert Instalment.objects.filter(loan=loan, entered_by=desk.people["first"].person).count() == 12
    assert LoanEvent.objects.get(loan=loan).kind == "disbursement"
    assert Custody.objects.get(loan=loan).person == manager
    assert AuditEvent.objects.get(event="loan.entered").details["known_from"] == TODAY.isoformat()


def test_the_schedule_is_shown_before_anything_is_kept(desk):
    desk.borrower()
    page = desk.browser().post(reverse("entry:loan_new"), desk.loan_data()).content.decode()
    assert "Enter this loan?" in page
    assert "10,600.00" in page
    assert "123,900.00" in page  # to be paid in all
    assert "now known" in page  # backdated: closed days change
    assert not Loan.objects.exists()


def test_the_preview_follows_the_form_and_waits_for_what_is_missing(desk):
    desk.borrower()
    browser = desk.browser()
    page = browser.post(reverse("entry:loan_preview"), desk.loan_data(number="", branch="")).content.decode()
    assert "10,600.00" in page
    assert "appears here as soon as" in browser.post(reverse("entry:loan_preview"), desk.loan_data(principal="")).content.decode()


def test_the_schedule_shows_where_a_due_date_on_a_holiday_counts_by_the_products_terms(desk):
    LenderCalendar.objects.filter(lender=desk.lender).update(kind="CN")
    ProductTerms.objects.create(product=desk.lender.products.get(), valid_from=date(2020, 1, 1), convention="following", source="Test")
    desk.borrower()
    page = desk.browser().post(reverse("entry:loan_preview"), desk.loan_data()).content.decode()
    assert "15 Nov 2026" in page  # a Sunday, and it stays
    assert "16 Nov 2026" in page  # the Monday that it counts from


def test_rows_of_ones_own_make_the_schedule(desk):
    rows = "2026-12-15\t20,000.00\n2027-03-15 100000 1500.00"
    loan = desk.loan(method="custom", matures_on="", rows=rows, day_count="ACT/360")
    assert plan(loan, 1) == [(date(2026, 12, 15), 20_000, 1820), (date(2027, 3, 15), 100_000, 1500)]
    assert loan.matures_on == date(2027, 3, 15)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"borrower_number": "M-9"}, "There is no borrower with this number."),
        ({"principal": "1,20,000"}, "Enter a number."),
        ({"principal": "100.5", "currency": "KRW"}, "KRW is written without decimals."),
        ({"disbursed_on": "2026-11-21"}, "This day has not come yet"),
        ({"matures_on": ""}, "Give the maturity date."),
        ({"matures_on": "2026-09-15"}, "The maturity must come after"),
        ({"facility_number": "F-9"}, "This borrower has no facility with this number."),
        ({"method": "custom", "rows": "2026-12-15 1"}, "must add up to the amount exactly"),
        ({"method": "custom", "rows": "15.12.2026 1"}, "Row 1 can&#x27;t be read."),
        ({"rate": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_makes_no_loan_is_said_in_a_sentence(desk, wrong, sentence):
    desk.borrower()
    answer = desk.enter("loan_new", desk.loan_data(**wrong))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Loan.objects.exists()


def test_a_number_is_given_once(desk):
    desk.loan()
    answer = desk.enter("loan_new", desk.loan_data())
    assert (answer.status_code, Loan.objects.count()) == (422, 1)


def test_a_facility_gives_no_more_than_its_limit(desk):
    desk.borrower()
    facility = {"number": "F-1", "borrower_number": "M-1", "currency": "CNY", "limit": "200000", "valid_from": "2026-01-05"}
    assert desk.enter("facility_new", facility).status_code == 302
    loan = desk.loan(facility_number="F-1")
    assert loan.facility == Facility.objects.get(number="F-1")
    answer = desk.enter("loan_new", desk.loan_data(number="L-2", facility_number="F-1", principal="80000.01"))
    assert "The facility has 80000.00 CNY left." in answer.content.decode()
    assert desk.enter("loan_new", desk.loan_data(number="L-2", facility_number="F-1", principal="80000")).status_code == 302


# What happens later -------------------------------------------------------------------------------------------------------------


def change(desk, kind: str, **data):
    way = {"method": "equal_principal", "every_months": "1", "day_count": "30/360", "note": "Decision 12"}
    return desk.enter("change", way | data, number="L-1", kind=kind)


def test_an_extension_repeats_what_was_due_and_spreads_the_rest(desk, loan):
    assert change(desk, "extension", valid_from="2026-11-15", matures_on="2028-09-15").status_code == 302
    before, after = plan(loan, 1), plan(loan, 2)
    assert after[:2] == before[:2]  # fell due on 15 October and 15 November
    assert (len(after), sum(p for _on, p, _i in after)) == (24, 120_000)
    assert after[2][0] == date(2026, 12, 15)
    loan.refresh_from_db()
    assert loan.matures_on == date(2028, 9, 15)
    event = LoanEvent.objects.get(loan=loan, kind="extension")
    assert (event.matures_on, event.days_past_due, event.valid_from) == (date(2028, 9, 15), 31, date(2026, 11, 15))
    assert ConductFact.objects.get(kind="entry").figure == (TODAY - date(2026, 11, 15)).days
    assert Correction.objects.get(field="matures_on").before == "2027-09-15"
    assert Instalment.objects.filter(loan=loan, version=2).values_list("valid_from", "known_from").distinct().get() == (date(2026, 11, 15), TODAY)


def test_a_change_of_rate_counts_from_its_day(desk, loan):
    assert change(desk, "rate_change", valid_from="2026-11-18", rate="3").status_code == 302
    after = plan(loan, 2)
    assert after[2][2] == 275  # 100,000: 3 days at 6 %, 27 at 3 %
    assert after[3][2] == 225  # 90,000 at 3 %
    loan.refresh_from_db()
    assert loan.rate == 3


def test_a_change_told_late_leaves_what_has_fallen_due_since(desk, loan):
    assert change(desk, "rate_change", valid_from="2026-09-20", rate="3").status_code == 302
    before, after = plan(loan, 1), plan(loan, 2)
    assert after[:2] == before[:2]
    assert after[2][2] == 250  # 100,000 at 3 % from the last due date on


def test_a_restructured_loan_gets_another_way_of_repaying(desk, loan):
    data = {"valid_from": "2026-11-20", "matures_on": "2027-12-15", "rate": "4", "method": "interest_only", "every_months": "3"}
    assert change(desk, "restructure", **data).status_code == 302
    after = plan(loan, 2)
    assert after[-1][:2] == (date(2027, 12, 15), 100_000)
    loan.refresh_from_db()
    assert loan.attributes["plan.method"] == "interest_only"


def test_an_extension_is_seen_with_its_schedule_before_it_is_kept(desk, loan):
    data = {"valid_from": "2026-11-15", "matures_on": "2028-09-15", "method": "equal_principal", "every_months": "1", "note": "x"}
    page = desk.browser().post(reverse("entry:change", kwargs={"number": "L-1", "kind": "extension"}), data).content.decode()
    assert "stays" in page
    preview = desk.browser().post(reverse("entry:change_preview", kwargs={"number": "L-1", "kind": "extension"}), data).content.decode()
    assert "15 Sept 2028" in preview or "15 Sep 2028" in preview
    assert not Instalment.objects.filter(version=2).exists()


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        ("extension", {"valid_from": "2026-11-15", "matures_on": "2027-09-15"}, "An extension ends after the maturity so far"),
        ("extension", {"valid_from": "2026-09-14", "matures_on": "2028-09-15"}, "before the loan was paid out"),
        ("extension", {"valid_from": "2026-11-21", "matures_on": "2028-09-15"}, "This day has not come yet"),
        ("rate_change", {"valid_from": "2026-11-15", "rate": "6"}, "This is the rate in force already."),
        ("extension", {"valid_from": "2026-11-15", "matures_on": "2028-09-15", "note": ""}, "This field is required."),
    ],
)
def test_what_makes_no_change_is_said_in_a_sentence(desk, loan, kind, data, sentence):
    answer = change(desk, kind, **data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Instalment.objects.filter(version=2).exists()


def test_when_the_whole_principal_is_due_nothing_is_left_to_schedule(desk):
    desk.loan(disbursed_on="2026-01-15", matures_on="2026-11-15")
    answer = change(desk, "extension", valid_from="2026-11-15", matures_on="2027-11-15")
    assert "the whole principal has fallen due" in answer.content.decode()


def test_a_loan_is_settled_only_when_nothing_is_owed(desk, loan):
    assert desk.enter("end", {"valid_from": "2026-11-20"}, number="L-1", kind="settled").status_code == 409
    desk.pay("123900.00", "2026-11-20")
    assert standing(loan, TODAY).outstanding == 0
    assert desk.enter("end", {"valid_from": "2026-11-20"}, number="L-1", kind="settled").status_code == 302
    loan.refresh_from_db()
    assert loan.settled_on == TODAY
    assert desk.pay("1", reference="R-2").status_code == 409


def test_a_write_off_keeps_what_was_owed_and_takes_recoveries(desk, loan):
    desk.pay("10600.00")
    assert desk.enter("end", {"valid_from": "2026-11-20", "note": "Decision 7"}, number="L-1", kind="write_off").status_code == 302
    event = LoanEvent.objects.get(kind="write_off")
    assert (event.amount, event.note) == (110_000, "Decision 7")
    assert desk.pay("500.00", "2026-11-20", reference="R-2").status_code == 302
    assert change(desk, "extension", valid_from="2026-11-15", matures_on="2028-09-15").status_code == 409


def test_a_transfer_keeps_its_price(desk, loan):
    data = {"valid_from": "2026-11-20", "amount": "90,000.00", "note": "Sold to an asset manager"}
    assert desk.enter("end", data, number="L-1", kind="transfer").status_code == 302
    assert LoanEvent.objects.get(kind="transfer").amount == 90_000


def test_a_loan_that_the_core_system_delivers_is_left_to_it(desk, loan):
    Loan.objects.filter(pk=loan.pk).update(position_fed=True)
    assert desk.pay("1").status_code == 409
    page = desk.browser().get(reverse("entry:loan", args=["L-1"])).content.decode()
    assert "The core system delivers this loan" in page


# Collateral, guarantees and payments ------------------------------------------------------------------------------------------------------------


def test_payments_of_the_loan_money_never_exceed_the_loan(desk, loan):
    data = {"reference": "P-1", "valid_from": "2026-09-15", "mode": "entrusted", "payee": "Silk trader", "amount": "100000"}
    assert desk.enter("around", data, number="L-1", kind="payment").status_code == 302
    assert DisbursementPayment.objects.get().payee == "Silk trader"
    answer = desk.enter("around", data | {"reference": "P-2", "amount": "20000.01"}, number="L-1", kind="payment")
    assert "Of this loan 20000.00 CNY has not been paid out yet." in answer.content.decode()


def test_collateral_comes_with_its_rank_and_value(desk, loan):
    data = {
        "number": "K-1", "kind": "commercial_property", "currency": "CNY", "rank": "1", "value": "300,000", "method": "appraisal",
        "valued_on": "2026-09-01", "valid_from": "2026-09-15", "prior_liens": "",
    }  # fmt: skip
    assert desk.enter("around", data, number="L-1", kind="collateral").status_code == 302
    item = CollateralItem.objects.get(number="K-1")
    assert (item.owner, item.entered_by) == (loan.borrower, desk.people["first"].person)
    assert (Pledge.objects.get().rank, Valuation.objects.get().value) == (1, 300_000)


def test_a_guarantor_is_a_borrower_of_the_lender_but_not_the_same_one(desk, loan):
    desk.borrower("M-2")
    data = {"guarantor_number": "M-2", "amount": "50000", "valid_from": "2026-09-15"}
    assert desk.enter("around", data, number="L-1", kind="guarantee").status_code == 302
    assert Guarantee.objects.get().guarantor.number == "M-2"
    answer = desk.enter("around", data | {"guarantor_number": "M-1"}, number="L-1", kind="guarantee")
    assert "guarantee the own loan" in answer.content.decode()


# Who may ---------------------------------------------------------------------------------------------------------------------------


def test_only_credit_administration_enters_what_happens_to_a_loan(desk, loan):
    for who in ("manager", "auditor"):
        with pytest.raises(Refused):
            actions.leave_book(by=desk.people[who], loan=loan, kind="write_off", valid_from=TODAY)
    assert desk.browser("manager").get(reverse("entry:loan", args=["L-1"])).status_code == 403


def test_an_action_checks_the_number_again(desk, loan):
    row = {
        "number": "L-1", "disbursed_on": TODAY, "matures_on": date(2027, 1, 5), "principal": Decimal(1), "currency": "CNY", "rate": Decimal(1),
        "borrower_number": "M-1", "product_code": loan.product.code, "branch_code": loan.branch.code,
    }  # fmt: skip
    with pytest.raises(Conflict) as refusal:  # also when the other one came after the page had looked
        actions.enter_loan(by=desk.people["first"], lender=desk.lender, row=row, plan=[], way={})
    loan.refresh_from_db()
    assert (refusal.value.code, loan.principal) == ("LOAN_EXISTS", 120_000)


def test_two_people_with_one_number_for_a_borrower_or_a_facility_do_not_overwrite_each_other(desk):
    desk.borrower("M-1")
    by, told = desk.people["second"], {"kind": "company", "name": "Another", "segment": "small", "valid_from": TODAY}
    with pytest.raises(Conflict) as refusal:
        actions.enter_borrower(by=by, lender=desk.lender, number="M-1", facts={"borrower": [told]}, new=True)
    assert (refusal.value.code, Borrower.objects.get().name) == ("BORROWER_EXISTS", "Works M-1")
    row = {"number": "F-1", "borrower_number": "M-1", "currency": "CNY", "limit": Decimal(9), "valid_from": TODAY}
    actions.enter_facility(by=desk.people["first"], lender=desk.lender, row=row)
    with pytest.raises(Conflict) as refusal:
        actions.enter_facility(by=by, lender=desk.lender, row=row | {"limit": Decimal(10)})
    assert (refusal.value.code, Facility.objects.get().limit) == ("FACILITY_EXISTS", 9)


# Two at once -----------------------------------------------------------------------------------------------------------------------


def test_a_change_made_from_a_schedule_that_is_no_longer_the_newest_is_refused(desk, loan):
    page = desk.browser().get(reverse("entry:change", kwargs={"number": "L-1", "kind": "extension"})).content.decode()
    assert '<input type="hidden" name="follows" value="1"' in page
    assert change(desk, "rate_change", valid_from="2026-11-18", rate="3", follows="1").status_code == 302
    late = change(desk, "extension", valid_from="2026-11-18", matures_on="2028-09-15", follows="1")
    assert late.status_code == 409
    assert "has changed the schedule of this loan meanwhile" in late.content.decode()
    assert Instalment.objects.filter(loan=loan).order_by("-version")[0].version == 2
    assert change(desk, "extension", valid_from="2026-11-18", matures_on="2028-09-15", follows="2").status_code == 302


# What the door of facts refuses --------------------------------------------------------------------------------------------------


def test_conditions_of_a_facility_have_a_line_each(desk):
    desk.borrower()
    facility = {"number": "F-1", "borrower_number": "M-1", "currency": "CNY", "limit": "200000", "valid_from": "2026-01-05"}
    assert desk.enter("facility_new", facility | {"conditions": "Mortgage first\r\nInsurance too"}).status_code == 302
    assert Facility.objects.get().conditions == "Mortgage first\nInsurance too"
