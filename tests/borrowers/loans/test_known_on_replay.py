"""One loan on any date as known on any other: what was told later is seen later, and what changed is listed with its cause."""

from datetime import date
from decimal import Decimal

import pytest

from alerts.observation.differences import differences
from alerts.observation.standing import standing
from borrowers.facts import Correction
from borrowers.loans import replay
from borrowers.loans.models import CountingPause, LoanEvent, Position, Repayment
from loanwatch.people.models import Role
from tests.factories import BranchFactory, LoanDayFactory, LoanFactory, close_days, hire, repaid, schedule

DUE = date(2026, 8, 10)
CLOSE = date(2026, 8, 20)
LATER = date(2026, 9, 1)


@pytest.fixture
def branch(db):
    branch = BranchFactory()
    close_days(branch.lender, CLOSE)
    return branch


@pytest.fixture
def loan(branch):
    loan = LoanFactory(branch=branch)
    schedule(loan, (DUE, 100), (date(2026, 9, 10), 100))
    return loan


def observed(loan, **figures):
    return LoanDayFactory(loan=loan, as_of=CLOSE, **({"outstanding": Decimal(200), "days_past_due": 10, "overdue_principal": Decimal(100)} | figures))


def of(loan, **fact):
    return {"loan": loan, "lender": loan.lender, "bucket": loan.bucket} | fact


def test_a_backdated_payment_changes_the_past_as_known_now_and_leaves_it_as_known_then(loan):
    repaid(loan, DUE, 100, known_from=date(2026, 8, 25))
    found = replay.read(loan)
    assert found.seen(CLOSE, CLOSE).days_past_due == 10
    assert found.seen(CLOSE, date(2026, 8, 24)).days_past_due == 10
    assert found.seen(CLOSE, date(2026, 8, 25)).days_past_due == 0


def test_the_difference_a_backdated_payment_makes_is_listed_with_the_payment(loan):
    observed(loan)
    repaid(loan, DUE, 100, known_from=date(2026, 8, 25))
    (found,) = differences(replay.read(loan), LATER)
    assert (found.as_of, found.then["days_past_due"], found.now["days_past_due"]) == (CLOSE, 10, 0)
    assert found.changed == ("days_past_due", "outstanding", "overdue_principal")
    assert [(c.kind, c.on, c.known_from) for c in found.causes] == [("repayment", DUE, date(2026, 8, 25))]
    assert differences(replay.read(loan), date(2026, 8, 24)) == []  # not known yet


def test_a_later_fact_that_moves_no_figure_is_not_blamed(loan):
    observed(loan)
    repaid(loan, DUE, 100, known_from=date(2026, 8, 25))
    LoanEvent.objects.create(**of(loan, kind="extension", valid_from=DUE, known_from=date(2026, 8, 26)))
    (found,) = differences(replay.read(loan), LATER)
    assert [c.kind for c in found.causes] == ["repayment"]


def test_a_payment_taken_back_a_pause_and_a_new_schedule_are_named_as_causes(loan):
    observed(loan, days_past_due=0, outstanding=Decimal(100), overdue_principal=Decimal(0))
    repaid(loan, DUE, 100)
    first = Repayment.objects.get(loan=loan)
    back = {"seq": 2, "paid_on": DUE, "amount": -100, "cum_paid_minor": 0, "reverses": first}
    Repayment.objects.create(**of(loan, **back, valid_from=DUE, known_from=date(2026, 8, 21)))
    CountingPause.objects.create(**of(loan, valid_from=DUE, to_on=date(2026, 8, 15), reason="Flood", known_from=date(2026, 8, 22)))
    schedule(loan, (date(2027, 8, 10), 200), version=2, known_from=date(2026, 8, 23))
    (found,) = differences(replay.read(loan), LATER)
    assert [c.kind for c in found.causes] == ["reversal", "pause", "schedule"]
    assert found.now["days_past_due"] == 0


def test_a_corrected_position_of_the_core_system_is_a_difference_too(branch):
    loan = LoanFactory(branch=branch, position_fed=True)
    observed(loan, overdue_principal=None, overdue_interest=None)
    told = {"valid_from": CLOSE, "balance": 200, "days_past_due": 10}
    Position.objects.create(**of(loan, **told, known_from=CLOSE))
    Position.objects.create(**of(loan, **(told | {"days_past_due": 11}), known_from=date(2026, 8, 22), revision=2))
    (found,) = differences(replay.read(loan), LATER)
    assert (found.changed, found.causes[0].kind) == (("days_past_due",), "position")


def test_a_loan_that_turns_out_to_have_left_the_book_is_a_difference(loan):
    observed(loan)
    LoanEvent.objects.create(**of(loan, kind="write_off", valid_from=DUE, known_from=date(2026, 8, 22)))
    (found,) = differences(replay.read(loan), LATER)
    assert found.now is None
    assert [c.kind for c in found.causes] == ["event"]


def test_closes_that_nothing_changed_are_not_listed(loan):
    observed(loan)
    assert differences(replay.read(loan), LATER) == []


def test_master_data_is_read_back_through_its_corrections(loan):
    def corrected(before, after, valid_from, known_from):
        Correction.objects.create(
            lender=loan.lender, subject="borrowers.loan", subject_id=loan.pk, field="purpose", before=before, after=after,
            valid_from=valid_from, known_from=known_from,
        )  # fmt: skip

    corrected("Stock", "Machines", date(2026, 8, 1), date(2026, 8, 5))
    corrected("Machines", "Land", date(2026, 8, 20), date(2026, 8, 25))
    loan.purpose = "Land"
    loan.save()

    def purpose(as_of, known_on):
        return standing(loan.lender, loan.number, as_of, known_on)["loan"]["purpose"]

    assert purpose(date(2026, 8, 4), date(2026, 8, 4)) == "Stock"
    assert purpose(date(2026, 8, 4), date(2026, 8, 5)) == "Machines"
    assert purpose(date(2026, 7, 31), LATER) == "Stock"
    assert purpose(CLOSE, date(2026, 8, 24)) == "Machines"
    assert purpose(CLOSE, date(2026, 8, 25)) == "Land"
    assert purpose(date(2026, 8, 19), LATER) == "Machines"


def test_withdrawn_and_corrected_events_are_told_as_known(loan):
    base = {"kind": "extension", "valid_from": DUE}
    LoanEvent.objects.create(**of(loan, **base, known_from=DUE, matures_on=date(2028, 2, 10)))
    LoanEvent.objects.create(**of(loan, **base, known_from=date(2026, 8, 15), matures_on=date(2028, 3, 10), revision=2))
    LoanEvent.objects.create(**of(loan, **base, known_from=date(2026, 8, 18), revision=3, withdrawn=True))
    told = [[e["matures_on"] for e in standing(loan.lender, loan.number, CLOSE, date(2026, 8, d))["events"]] for d in (14, 15, 18)]
    assert told == [["2028-02-10"], ["2028-03-10"], []]


def test_the_nightly_figures_and_the_replay_are_of_one_rule(loan):
    from tests.borrowers.loans.test_days_past_due_nightly import after

    repaid(loan, DUE, 30)
    state, rule = after(loan, CLOSE), replay.standing_of(loan, CLOSE, CLOSE)
    assert (state.outstanding_minor, state.overdue_principal_minor) == (rule.outstanding, rule.overdue_principal)
    assert (state.counts_from, state.oldest_unpaid_on) == (rule.counts_from, rule.oldest_unpaid_due_on)


# --- the page ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def opened(client, loan):
    client.force_login(hire(loan.branch, Role.RISK_OFFICER, on=LATER).account)

    def get(number=loan.number, **days):
        return client.get(f"/loans/{number}/known/", days)

    return get


def test_the_page_shows_the_day_as_known_then_beside_what_is_known_today(opened, loan):
    observed(loan)
    repaid(loan, DUE, 100, known_from=date(2026, 8, 25))
    found = opened(as_of="2026-08-20", known_on="2026-08-20")
    days = found.context["standing"][0]
    assert (days["then"], days["now"], days["changed"]) == ("10", "0", True)
    assert [r["mark"] for r in found.context["repayments"]] == ["later"]
    text = found.content.decode()
    assert "not known then" in text
    assert "1 close differs" in text
    assert "Repayment of 100.00" in text


def test_before_we_knew_the_loan_the_page_says_since_when_we_do(opened):
    assert "became known to us on 10 Jan 2026" in opened(as_of="2026-01-09").content.decode()


@pytest.mark.parametrize("days", [{"as_of": "tomorrow"}, {"as_of": "2026-02-30"}, {"as_of": "9999-12-31"}, {"as_of": "2026-08-20", "known_on": "2099-01-01"}])
def test_a_day_that_is_none_or_has_not_come_is_refused_in_the_form(opened, days):
    assert opened(**days).status_code == 422


def test_a_loan_of_another_branch_is_not_there(opened):
    assert opened(number=LoanFactory().number).status_code == 404
