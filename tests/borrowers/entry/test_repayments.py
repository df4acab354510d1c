"""Money that came in, entered by hand: checked against the cash book, taken back only by another person."""

from datetime import date

import pytest
from django.urls import reverse

from borrowers.conduct.models import ConductFact
from borrowers.entry import actions, cash
from borrowers.entry.queries import standing
from borrowers.loans.models import Repayment
from loanwatch.kernel.policy import Conflict
from loanwatch.trail.models import AuditEvent
from tests.borrowers.entry.conftest import TODAY


def test_a_repayment_is_entered_with_who_and_when(desk, loan):
    page = desk.browser().post(reverse("entry:repayment", args=["L-1"]), {"paid_on": "2026-10-15", "amount": "10,600.00", "reference": "R-1"})
    assert "Enter this repayment of loan L-1?" in page.content.decode()
    assert desk.pay("10,600.00").status_code == 302
    paid = Repayment.objects.get()
    assert (paid.amount, paid.paid_on, paid.known_from, paid.cum_paid_minor) == (10_600, date(2026, 10, 15), TODAY, 1_060_000)
    assert (paid.entered_by, paid.reference) == (desk.people["first"].person, "R-1")
    assert standing(loan, TODAY).outstanding == 11_000_000


def test_an_entry_is_noted_with_the_days_it_came_late(desk, loan):
    desk.pay("10600")
    noted = ConductFact.objects.get(kind="entry")
    assert (noted.person, noted.loan, noted.figure) == (desk.people["first"].person, loan, (TODAY - date(2026, 10, 15)).days)
    assert noted.detail == {"fact": "repayment"}


def test_a_form_sent_twice_is_one_repayment(desk, loan):
    assert desk.pay("10600").status_code == 302
    assert desk.pay("10600").status_code == 422
    with pytest.raises(Conflict):
        cash.enter_repayments(by=desk.people["first"], lender=desk.lender, payments=[cash.Paid(loan, TODAY, loan.principal, "R-1")])
    assert Repayment.objects.count() == 1


def test_the_same_amount_on_the_same_day_is_asked_about(desk, loan):
    desk.pay("10600")
    page = desk.browser().post(reverse("entry:repayment", args=["L-1"]), {"paid_on": "2026-10-15", "amount": "10600", "reference": "R-2"})
    assert "on the same day is there already" in page.content.decode()


def test_a_backdated_repayment_says_how_many_closed_days_change(desk, loan):
    page = desk.browser().post(reverse("entry:repayment", args=["L-1"]), {"paid_on": "2026-11-19", "amount": "1", "reference": "R-2"})
    assert "1 closed business day, from 2026-11-19 on, changes" in page.content.decode()
    page = desk.browser().post(reverse("entry:repayment", args=["L-1"]), {"paid_on": "2026-11-20", "amount": "1", "reference": "R-2"})
    assert "closed business day" not in page.content.decode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"paid_on": "2026-11-21"}, "This day has not come yet"),
        ({"paid_on": "2026-09-14"}, "before the loan was paid out"),
        ({"amount": "0"}, "greater than or equal to 0.01"),
        ({"amount": "-5"}, "greater than or equal to 0.01"),
        ({"amount": "10.001"}, "no more than 2 decimal places"),
        ({"reference": ""}, "This field is required."),
    ],
)
def test_what_is_no_repayment_is_said_in_a_sentence(desk, loan, data, sentence):
    answer = desk.enter("repayment", {"paid_on": "2026-10-15", "amount": "1", "reference": "R-1"} | data, number="L-1")
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


# Taking back -----------------------------------------------------------------------------------------------------------------------


def take_back(desk, who: str, seq: int = 1, reason: str = "Wrong loan"):
    return desk.browser(who).post(reverse("entry:reverse", kwargs={"number": "L-1", "seq": seq}), {"reason": reason})


def test_another_person_takes_a_repayment_back_with_a_reason(desk, loan):
    desk.pay("10600")
    assert take_back(desk, "second").status_code == 302
    first, second = Repayment.objects.order_by("seq")
    assert (second.reverses, second.amount, second.paid_on, second.cum_paid_minor) == (first, -10_600, first.paid_on, 0)
    assert (second.entered_by, second.known_from) == (desk.people["second"].person, TODAY)
    assert AuditEvent.objects.get(event="repayment.reversed").details["reason"] == "Wrong loan"
    assert standing(loan, TODAY).days_past_due == 36
    assert "taken back" in desk.browser().get(reverse("entry:loan", args=["L-1"])).content.decode()


def test_nobody_takes_back_an_entry_of_his_own(desk, loan):
    desk.pay("10600")
    assert desk.browser("first").get(reverse("entry:reverse", kwargs={"number": "L-1", "seq": 1})).status_code == 403
    assert take_back(desk, "first").status_code == 403
    assert Repayment.objects.count() == 1


def test_a_repayment_is_taken_back_once_and_a_reversal_never(desk, loan):
    desk.pay("10600")
    take_back(desk, "second")
    assert take_back(desk, "second").status_code == 409
    assert take_back(desk, "first", seq=2).status_code == 409
    assert Repayment.objects.count() == 2


def test_taking_back_needs_a_reason(desk, loan):
    desk.pay("10600")
    assert take_back(desk, "second", reason="").status_code == 422


def test_what_a_delivery_brought_is_taken_back_by_the_core_system(desk, loan):
    Repayment.objects.create(
        loan=loan, lender=loan.lender, bucket=loan.bucket, seq=1, paid_on=TODAY, amount=1, cum_paid_minor=100, valid_from=TODAY, known_from=TODAY
    )
    assert take_back(desk, "second").status_code == 409


def test_a_payment_of_a_settled_loan_stays_so_that_nobody_owes_unwatched(desk, loan):
    desk.pay("123900", "2026-11-20")
    actions.leave_book(by=desk.people["first"], loan=loan, kind="settled", valid_from=TODAY)
    answer = take_back(desk, "second")
    assert answer.status_code == 409
    assert "The loan has left the book on" in answer.content.decode()
    assert Repayment.objects.count() == 1


def test_a_recovery_after_a_write_off_is_taken_back_as_before(desk, loan):
    actions.leave_book(by=desk.people["first"], loan=loan, kind="write_off", valid_from=TODAY)
    desk.pay("500", "2026-11-20")
    assert take_back(desk, "second").status_code == 302


# The list of a day -----------------------------------------------------------------------------------------------------------------


def day_list(count: str, total: str, *lines: tuple[str, str], **head: str) -> dict[str, str]:
    data = {"paid_on": "2026-11-20", "currency": "CNY", "count": count, "total": total, "line-TOTAL_FORMS": "10", "line-INITIAL_FORMS": "0"} | head
    for n, (number, amount) in enumerate(lines):
        data |= {f"line-{n}-loan_number": number, f"line-{n}-amount": amount}
    return data


def test_payments_of_a_day_are_kept_together_when_the_cash_book_agrees(desk, loan):
    desk.loan("L-2")
    data = day_list("2", "11,100.00", ("L-1", "10600"), ("L-2", "500"))
    page = desk.browser().post(reverse("entry:repayments"), data).content.decode()
    assert "Enter 2 repayments?" in page
    assert desk.enter("repayments", data).status_code == 302
    assert list(Repayment.objects.order_by("loan").values_list("loan__number", "amount")) == [("L-1", 10_600), ("L-2", 500)]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (day_list("1", "11100", ("L-1", "10600"), ("L-2", "500")), "The cash book has 1 payments, the list 2."),
        (day_list("2", "11100.01", ("L-1", "10600"), ("L-2", "500")), "0.01 apart"),
        (day_list("1", "1", ("L-9", "1")), "There is no loan with this number."),
        (day_list("1", "1", ("L-1", "")), "Give the amount."),
        (day_list("1", "1", ("", "1")), "Give the loan number."),
        (day_list("1", "1", ("L-1", "1"), currency="KRW"), "currencies are never added"),
        (day_list("1", "1", ("L-1", "1"), paid_on="2026-09-14"), "paid out after that day"),
    ],
)
def test_a_list_that_is_not_the_cash_books_is_kept_nowhere(desk, loan, data, sentence):
    desk.loan("L-2")
    answer = desk.enter("repayments", data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert f'value="{data["total"]}"' in answer.content.decode()
    assert not Repayment.objects.exists()
