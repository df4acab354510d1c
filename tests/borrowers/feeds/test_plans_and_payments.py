"""Repayment plans and payments by file and over the API: a plan whole or not at all, and every bad row with its reason."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from borrowers.doors import tell
from borrowers.feeds import quarantine
from borrowers.feeds.actions import Order, Outcome, load
from borrowers.feeds.importer.formats import Format, parse
from borrowers.feeds.models import QuarantinedRow
from borrowers.feeds.reasons import REASONS
from borrowers.kinds import PARTS
from borrowers.loans.models import Instalment, Loan, Repayment
from borrowers.parties.models import GroupMembership
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Role
from loanwatch.people.tokens import make_token
from loanwatch.trail.models import BusinessDay
from tests.factories import BorrowerFactory, BranchFactory, LenderFactory, LoanFactory, hire

DAY, NEXT = date(2026, 10, 30), date(2026, 10, 31)
TYPES = {"text": {"type": "text", "max_length": 100}, "numeric": {"type": "decimal", "decimals": 6}, "date": {"type": "date", "format": "YYYY-MM-DD"}}
KEYS = {"instalment": ["loan_number", "version", "seq"], "repayment": ["loan_number", "reference"]}


def format_of(kind: str, key: list[str] | None = None) -> Format:
    """A format with a column for every field of the kind, and one for the sender's own remark."""
    fields = {name: sql for name, sql in PARTS[kind].columns.items() if name != "known_from" and sql in TYPES}
    columns = {name: TYPES[sql] for name, sql in fields.items()} | {"remark": {"type": "text"}}
    spec = {"key": key or KEYS[kind], "currency": "CNY", "bad_rows": {"hold_over_percent": 100}, "columns": columns}
    return parse({**spec, kind: {name: name for name in fields}}, f"told_{kind}")


@pytest.fixture
def lender(db, settings):
    settings.BUSINESS_DATE = (NEXT + timedelta(days=7)).isoformat()
    made = LenderFactory()
    owner, branch = BorrowerFactory(lender=made, number="B1"), BranchFactory(lender=made)
    for number in ("L1", "L2"):
        LoanFactory(branch=branch, borrower=owner, number=number)
    return made


@pytest.fixture
def by_file(lender, tmp_path) -> Callable[..., Outcome]:
    def one(kind: str, *rows: dict[str, Any], day: date = DAY, key: list[str] | None = None, **options: Any) -> Outcome:
        declared, out = format_of(kind, key), io.StringIO()
        writer = csv.DictWriter(out, list(declared.columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        path = tmp_path / "told.csv"
        path.write_text(out.getvalue(), encoding="utf-8")
        return load(Order(lender, declared, path, day, **{"adds_up": True, **options}))

    return one


@pytest.fixture
def by_api(lender) -> Callable[..., Outcome]:
    account = hire(Loan.objects.get(number="L1").branch, Role.CREDIT_ADMIN).account
    secret, sent = make_token(account, "core system"), []

    def one(kind: str, *rows: dict[str, Any], day: date = DAY, back_dated: bool = False) -> Outcome:
        sent.append(kind)
        answer = Client().post(
            f"/api/v1/facts/{kind}/" + ("?back_dated=true" if back_dated else ""),
            json.dumps({"business_date": day.isoformat(), "rows": list(rows)}),
            content_type="application/json",
            headers={"Authorization": f"Token {secret}", "Idempotency-Key": f"k{len(sent)}"},
        )
        told = answer.json()
        assert answer.status_code == 200, told
        counted: dict[str, int] = {}
        for row in told["results"]:
            if reason := row.get("reason"):
                counted[reason] = counted.get(reason, 0) + 1
        return Outcome("applied", told["delivery"], **told["rows"], reasons=counted)

    return one


@pytest.fixture(params=["by_file", "by_api"])
def send(request) -> Callable[..., Outcome]:
    """Sends rows of a kind, once by file and once over the API."""
    return request.getfixturevalue(request.param)


def demand(seq: int | str, due_on: str = "", loan: str = "L1", version: int | str = 1, principal: Any = "5", **more: Any) -> dict[str, Any]:
    due = due_on or f"2027-{int(seq):02}-01"
    return {"loan_number": loan, "version": str(version), "seq": str(seq), "due_on": due, "principal": str(principal), "interest": "1", **more}


def paid(reference: str, amount: str = "10", on: str = "2026-10-30", loan: str = "L1", **more: str) -> dict[str, str]:
    return {"loan_number": loan, "reference": reference, "paid_on": on, "amount": amount, **more}


def taken_back(reference: str, of: str, amount: str = "-10", on: str = "2026-10-30", **more: str) -> dict[str, str]:
    return paid(reference, amount, on, reverses_reference=of, **more)


def reasons_of(done: Outcome) -> dict[int, str]:
    """Line -> reason, with what it names, of the rows that were set aside."""
    rows = QuarantinedRow.objects.filter(delivery_id=done.delivery)
    return {row.line: f"{row.reason} {row.column}={row.value}" for row in rows}


# --- plans ---


def test_a_plan_with_one_bad_row_is_set_aside_whole_and_names_the_row(send):
    done = send("instalment", demand(1), demand(2), demand(3, due_on="2027-02-30"), demand(1, loan="L2"), demand(2, loan="L2"))
    assert reasons_of(done) == {2: "INCOMPLETE_PLAN line=4", 3: "INCOMPLETE_PLAN line=4", 4: "BAD_DATE due_on=2027-02-30"}
    assert set(Instalment.objects.values_list("loan__number", flat=True)) == {"L2"}
    assert (done.applied, "INCOMPLETE_PLAN" in REASONS) == (2, True)


@pytest.mark.parametrize("bad", [{"principal": "-1"}, {"interest": ""}, {"seq": "99999"}, {"seq": "x"}, {"principal": "1e5"}])
def test_whatever_is_wrong_with_the_last_row_of_a_plan_nothing_of_it_is_applied(send, bad):
    done = send("instalment", demand(1), demand(2), demand(3) | bad)
    assert (done.applied, done.quarantined, Instalment.objects.count()) == (0, 3, 0)
    assert done.reasons["INCOMPLETE_PLAN"] == 2


def test_a_bad_row_counts_for_its_loan_where_the_key_of_the_format_does_not_name_it(by_file):
    done = by_file("instalment", demand(1), demand(2), demand(3, due_on="never"), demand(7, loan="L2", due_on="2027-01-01"), key=["seq"])
    assert done.reasons == {"INCOMPLETE_PLAN": 3, "BAD_DATE": 1}
    assert reasons_of(done)[5] == "INCOMPLETE_PLAN seq=1"


@pytest.mark.parametrize(("numbers", "missing"), [((1, 2, 4), 3), ((2, 3), 1), ((0, 1, 2), 1), ((1, 3, 4, 6), 2)])
def test_the_numbers_of_a_plan_run_from_one_without_a_gap(send, numbers, missing):
    done = send("instalment", *[demand(n, due_on="2027-01-01") for n in numbers], demand(1, loan="L2"))
    assert done.reasons == {"INCOMPLETE_PLAN": len(numbers)}
    assert set(reasons_of(done).values()) == {f"INCOMPLETE_PLAN seq={missing}"}
    assert Instalment.objects.count() == 1


def test_more_rows_of_a_version_that_is_there_are_set_aside_and_the_same_again_is_no_fault(send):
    assert send("instalment", demand(1), demand(2)).applied == 2
    again = send("instalment", demand(2), day=NEXT)
    assert (again.applied, again.unchanged, again.reasons) == (0, 1, {})
    done = send("instalment", demand(1), demand(2), demand(3), day=date(2026, 11, 1))
    assert (done.applied, done.reasons) == (0, {"INCOMPLETE_PLAN": 2, "CHANGED_INSTALMENT": 1})
    assert send("instalment", demand(1, principal="6"), demand(2), day=date(2026, 11, 2)).reasons["CHANGED_INSTALMENT"] == 1
    assert Instalment.objects.count() == 2


def test_a_later_version_that_rewrites_the_past_is_set_aside_with_every_row_and_a_good_one_applied(send):
    assert send("instalment", demand(1, "2026-09-01"), demand(2, "2026-12-01")).applied == 2
    other = demand(1, loan="L2")
    done = send("instalment", demand(1, "2026-09-01", version=2, principal="4"), demand(2, "2026-12-01", version=2), other, day=NEXT)
    assert (done.applied, done.reasons) == (1, {"PLAN_REWRITES_THE_PAST": 2})
    assert set(reasons_of(done).values()) == {"PLAN_REWRITES_THE_PAST version=2"}
    assert send("instalment", demand(1, "2026-09-01", version=2), demand(2, "2027-01-01", version=2), day=date(2026, 11, 1)).applied == 2


def test_a_repeated_demand_that_is_bad_itself_does_not_let_the_version_pass(send):
    assert send("instalment", demand(1, "2026-09-01"), demand(2, "2026-12-01")).applied == 2
    done = send("instalment", demand(1, "2026-09-01", version=2, fee="-1"), demand(2, "2026-12-01", version=2), day=NEXT)
    assert (done.applied, done.reasons) == (0, {"OUT_OF_RANGE": 1, "INCOMPLETE_PLAN": 1})


def close(lender: Any, day: date) -> None:
    BusinessDay.objects.create(lender=lender, business_date=day, state="closed", opened_at="2026-11-10T00:00Z", closed_at="2026-11-10T01:00Z")


def test_a_plan_for_a_closed_day_must_repeat_what_fell_due_until_it_is_known(by_file, lender):
    assert by_file("instalment", demand(1, "2026-11-05"), demand(2, "2026-12-01")).applied == 2
    close(lender, date(2026, 11, 10))
    done = by_file("instalment", demand(1, "2026-12-05", version=2), day=NEXT, back_dated=True)
    assert (done.state, done.reasons) == ("applied", {"PLAN_REWRITES_THE_PAST": 1})
    assert Instalment.objects.count() == 2


def test_two_versions_of_two_loans_in_one_file_are_judged_one_by_one(send):
    rows = [demand(n, loan=loan, version=v) for loan in ("L1", "L2") for v in (1, 2) for n in (1, 2, 3)]
    rows[4]["principal"] = "-1"  # of L1, version 2
    assert send("instalment", *rows).reasons == {"INCOMPLETE_PLAN": 2, "OUT_OF_RANGE": 1}
    assert set(Instalment.objects.values_list("loan__number", "version").distinct()) == {("L1", 1), ("L2", 1), ("L2", 2)}


def test_a_demand_told_twice_alike_is_written_once(by_file):
    done = by_file("instalment", demand(1), demand(1, remark="again"), demand("1", version=""), key=["remark", "version"])
    assert (done.applied, done.unchanged, done.quarantined) == (1, 2, 0)
    assert by_file("repayment", paid("R1"), paid("R1", remark="again"), key=["remark"]).applied == 1
    assert (Instalment.objects.count(), Repayment.objects.count()) == (1, 1)


def test_amounts_are_counted_as_they_are_kept(by_file):
    assert by_file("instalment", demand(1, principal="5.004", interest="1.004"), demand(2, principal="5.004", interest="1.004")).applied == 2
    assert list(Instalment.objects.values_list("cum_due_minor", flat=True)) == [600, 1200]
    done = by_file("repayment", paid("R1", "5.004"), paid("R2", "0.004"), taken_back("R3", "R1", "-5.001"))
    assert (done.applied, done.reasons) == (2, {"OUT_OF_RANGE": 1})
    assert list(Repayment.objects.values_list("cum_paid_minor", flat=True)) == [500, 0]


# --- plans whose rows waited ---


def loan_row(number: str) -> dict[str, Any]:
    there = Loan.objects.get(number="L1")
    return {
        "number": number, "borrower_number": "B1", "product_code": there.product.code, "branch_code": there.branch.code, "currency": "CNY",
        "principal": "100", "rate": "0.04", "disbursed_on": "2026-10-01", "matures_on": "2027-10-01",
    }  # fmt: skip


def test_a_plan_that_waited_for_its_loan_is_applied_whole_when_the_loan_comes(by_api):
    done = by_api("instalment", demand(1, loan="L9"), demand(2, loan="L9"))
    assert done.reasons == {"UNKNOWN_LOAN": 2}
    assert by_api("loan", loan_row("L9")).applied == 1
    assert Instalment.objects.filter(loan__number="L9").count() == 2
    assert not QuarantinedRow.objects.filter(state="waiting").exists()


def test_a_plan_with_a_bad_row_goes_on_waiting_when_its_loan_comes(by_api):
    by_api("instalment", demand(1, loan="L9"), demand(2, loan="L9"), demand(3, loan="L9", due_on="never"))
    assert by_api("loan", loan_row("L9")).applied == 1
    assert not Instalment.objects.exists()
    assert list(QuarantinedRow.objects.order_by("line").values_list("reason", "state")) == [
        ("INCOMPLETE_PLAN", "waiting"), ("INCOMPLETE_PLAN", "waiting"), ("BAD_DATE", "waiting"),
    ]  # fmt: skip


@pytest.fixture
def staff(lender) -> tuple[Access, Access]:
    branch = Loan.objects.get(number="L1").branch
    one, other = (Access.of(hire(branch, Role.CREDIT_ADMIN).account, DAY) for _ in range(2))
    return one, other


def test_a_plan_is_released_whole_once_its_bad_row_is_corrected(by_api, staff):
    one, other = staff
    by_api("instalment", demand(1), demand(2), demand(3, due_on="never"))
    first, second, bad = QuarantinedRow.objects.order_by("line")
    with pytest.raises(Conflict):
        quarantine.release_row(row_id=first.pk, by=other)
    quarantine.correct_row(row_id=bad.pk, cells={"due_on": "2027-03-01"}, by=one)
    with pytest.raises(Refused):
        quarantine.release_row(row_id=first.pk, by=one)
    assert not Instalment.objects.exists()
    done = quarantine.release_rows(row_ids=[first.pk, second.pk, bad.pk], by=other)
    assert [each.fault for each in done] == ["", "", ""]
    assert Instalment.objects.count() == 3
    first.delivery.refresh_from_db()
    assert (first.delivery.rows_applied, first.delivery.rows_quarantined) == (3, 0)


def test_a_corrected_plan_is_not_applied_without_a_second_person(by_api, staff):
    by_api("instalment", demand(1, loan="L9"), demand(2, loan="L9", due_on="never"))
    bad = QuarantinedRow.objects.get(reason="BAD_DATE")
    quarantine.correct_row(row_id=bad.pk, cells={"due_on": "2027-02-01"}, by=staff[0])
    assert by_api("loan", loan_row("L9")).applied == 1
    assert not Instalment.objects.exists()
    quarantine.release_row(row_id=bad.pk, by=staff[1])
    assert Instalment.objects.count() == 2


# --- payments ---


def test_a_payment_after_the_business_date_is_set_aside_and_one_of_the_day_is_not(send):
    done = send("repayment", paid("R1", on="2026-10-30"), paid("R2", on="2026-10-31"))
    assert (done.applied, reasons_of(done)) == (1, {3: "FUTURE_DATE paid_on=2026-10-31"})


def test_more_than_is_owed_is_a_fact_and_a_payment_needs_no_currency(send):
    assert "currency" not in PARTS["repayment"].columns
    assert send("repayment", paid("R1", "999999999.99")).applied == 1
    assert Repayment.objects.get().amount == Decimal("999999999.99")


def test_a_payment_that_comes_late_is_known_after_what_is_known_already(send):
    assert send("repayment", paid("R2", on="2026-10-31"), day=NEXT).applied == 1
    done = send("repayment", paid("R1"), day=DAY, back_dated=True)
    assert (done.applied, done.reasons) == (1, {})
    assert list(Repayment.objects.values_list("reference", "known_from")) == [("R2", NEXT), ("R1", NEXT)]


def test_a_payment_and_its_reversal_may_come_in_one_delivery_in_any_order_of_lines(send):
    assert send("repayment", taken_back("R2", "R1"), paid("R1", on="2026-10-29")).applied == 2
    assert list(Repayment.objects.values_list("reference", "reverses__reference")) == [("R1", None), ("R2", "R1")]


@pytest.mark.parametrize(
    "bad", [paid("R1", "ten"), paid("R1", on="2026-10-31"), paid("R1", "10", loan="L2"), paid("R1", "9"), paid("R1", "0"), paid("R1", loan="L9")]
)
def test_a_reversal_of_a_payment_that_is_set_aside_or_differs_is_set_aside(send, bad):
    done = send("repayment", bad, taken_back("R2", "R1"), paid("R3"))
    assert done.reasons["UNKNOWN_REPAYMENT"] == 1
    assert not Repayment.objects.filter(reverses__isnull=False).exists()
    assert Repayment.objects.filter(reference="R3").exists()


def test_a_reversal_of_a_payment_told_twice_differently_is_set_aside(by_file):
    done = by_file("repayment", paid("R1", "9", remark="a"), paid("R1", remark="b"), taken_back("R2", "R1", remark="c"), key=["remark"])
    assert (done.applied, done.reasons) == (1, {"DUPLICATE_KEY": 1, "UNKNOWN_REPAYMENT": 1})


def test_a_payment_is_taken_back_once(send):
    done = send("repayment", paid("R1"), taken_back("R2", "R1"), taken_back("R3", "R1"))
    assert (done.applied, reasons_of(done)) == (2, {4: "ALREADY_REVERSED reverses_reference=R1"})
    again = send("repayment", taken_back("R4", "R1"), taken_back("R2", "R1"), day=NEXT)
    assert (again.applied, again.unchanged, again.reasons) == (0, 1, {"ALREADY_REVERSED": 1})


# --- rows that waited for what may come ---


@pytest.mark.parametrize(
    ("kind", "row", "reason", "needs", "thing"),
    [
        (
            "membership", {"borrower_number": "B1", "group_number": "G1", "valid_from": "2026-10-01"},
            "UNKNOWN_GROUP", "group", {"number": "G1", "name": "One"},
        ),
        (
            "covenant_test", {"covenant_number": "C1", "result": "kept", "valid_from": "2026-10-01"},
            "UNKNOWN_COVENANT", "covenant",
            {"number": "C1", "borrower_number": "B1", "title": "Reports", "measure": "report", "comparison": "happens"},
        ),
        (
            "transaction", {"account_number": "A1", "reference": "T1", "amount": "5", "valid_from": "2026-10-01"},
            "UNKNOWN_ACCOUNT", "account", {"number": "A1", "borrower_number": "B1", "kind": "current", "currency": "CNY"},
        ),
    ],
)  # fmt: skip
def test_a_row_that_waited_for_a_group_a_covenant_or_an_account_is_applied_when_it_comes(by_api, kind, row, reason, needs, thing):
    assert by_api(kind, row).reasons == {reason: 1}
    assert by_api(needs, thing).applied == 1
    assert list(QuarantinedRow.objects.values_list("state", flat=True)) == ["released"]
    assert PARTS[kind].model.objects.count() == 1


def test_what_waits_for_one_thing_does_not_go_with_another(by_api, lender):
    by_api("membership", {"borrower_number": "B1", "group_number": "G1", "valid_from": "2026-10-01"})
    tell("group", lender, [{"number": "G2", "name": "Two"}], known_from=DAY)
    assert by_api("borrower", {"number": "B7", "kind": "company", "segment": "large", "name": "Seven"}).applied == 1
    assert not GroupMembership.objects.exists()


# What a person entered by hand ---------------------------------------------------------------------------------------------------

BY_HAND = {"loan_number": "L1", "reference": "P1", "paid_on": date(2026, 10, 1), "amount": Decimal(100)}
BACK = {"loan_number": "L1", "reference": "P2", "reverses_reference": "P1", "paid_on": date(2026, 10, 2), "amount": Decimal(-100)}


def test_a_payment_entered_by_hand_is_not_taken_back_by_a_file(lender, by_file):
    entered_by = hire(Loan.objects.get(number="L1").branch, Role.CREDIT_ADMIN).person
    tell("repayment", lender, [BY_HAND], known_from=DAY, entered_by=entered_by)
    done = by_file("repayment", {**BACK, "paid_on": "2026-10-02", "amount": "-100"})
    assert (done.applied, done.reasons) == (0, {"ENTERED_BY_A_PERSON": 1})
    assert Repayment.objects.count() == 1


def test_the_database_lets_nobody_take_back_the_own_payment(lender):
    branch = Loan.objects.get(number="L1").branch
    first, second = (hire(branch, Role.CREDIT_ADMIN).person for _ in range(2))
    tell("repayment", lender, [BY_HAND], known_from=DAY, entered_by=first)
    with pytest.raises(IntegrityError, match="who entered a payment"), transaction.atomic():
        tell("repayment", lender, [BACK], known_from=DAY, entered_by=first)
    tell("repayment", lender, [BACK], known_from=DAY, entered_by=second)
    assert Repayment.objects.get(reverses__isnull=False).entered_by == second


def test_a_plan_that_comes_late_holds_from_disbursement_and_a_later_version_from_its_business_date(lender, by_file):
    BusinessDay.objects.create(lender=lender, business_date=DAY, slices=1, state="closing")
    loan = Loan.objects.get(number="L1")
    plan = {"loan_number": "L1", "seq": "1", "due_on": "2026-12-01", "principal": "100", "interest": "1", "fee": "0"}
    for version in ("1", "2"):
        assert by_file("instalment", {**plan, "version": version}).applied == 1
    first, second = Instalment.objects.filter(loan=loan).order_by("version")
    assert (first.valid_from, second.valid_from) == (loan.disbursed_on, DAY)
    assert first.known_from == second.known_from > DAY
