"""A feed may tell of any kind of fact; each row is applied or set aside with its reason, and none breaks the load."""

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from borrowers.collateral.models import CollateralItem, Insurance, Valuation
from borrowers.covenants.models import Covenant
from borrowers.doors import tell
from borrowers.facts import Correction
from borrowers.feeds.actions import Order, Outcome, load
from borrowers.feeds.importer.formats import Format, parse
from borrowers.feeds.models import Delivery, QuarantinedRow
from borrowers.feeds.reasons import REASONS
from borrowers.funds.models import AccountTransaction, DepositAccount
from borrowers.kinds import PARTS
from borrowers.loans.models import Facility, Repayment
from borrowers.parties.models import Borrower, FinancialStatement
from tests.factories import BorrowerFactory, BranchFactory, LenderFactory, LoanFactory, ProductFactory

pytestmark = pytest.mark.django_db
DAY, NEXT = date(2026, 10, 30), date(2026, 10, 31)
TYPES = {"text": {"type": "text", "max_length": 1000}, "numeric": {"type": "decimal", "decimals": 6}, "date": {"type": "date", "format": "YYYY-MM-DD"}}


def format_of(*parts: str, key: str) -> Format:
    """A format with a column for every field of its parts, none of them checked by the format itself."""
    columns: dict[str, Any] = {}
    spec: dict[str, Any] = {"key": [key], "currency": "CNY", "bad_rows": {"hold_over_percent": 100}}
    for part in parts:
        fields = {name: sql for name, sql in PARTS[part].columns.items() if name != "known_from" and sql in {*TYPES, "boolean"}}
        columns |= {f"{part}_{name}": TYPES.get(sql, {"type": "code", "codes": ["Y", "N"]}) for name, sql in fields.items()}
        spec[part] = {
            name: {"column": f"{part}_{name}", "flag": True} if sql == "boolean" else f"{part}_{name}" for name, sql in fields.items()
        }
    return parse({**spec, "columns": columns}, f"told_{parts[0]}")


@pytest.fixture
def lender():
    made = LenderFactory()
    loan = LoanFactory(branch=BranchFactory(lender=made), borrower=BorrowerFactory(lender=made, number="B1"), number="L1")
    return loan.lender


@pytest.fixture
def deliver(lender, tmp_path) -> Callable[..., Outcome]:
    def one(declared: Format, *rows: dict[str, str], day: date = DAY, **options: Any) -> Outcome:
        out = io.StringIO()
        writer = csv.DictWriter(out, list(declared.columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        path = tmp_path / "told.csv"
        path.write_text(out.getvalue(), encoding="utf-8")
        return load(Order(lender, declared, path, day, **options))

    return one


def test_accounts_and_their_bookings_come_by_feed(deliver):
    accounts = format_of("account", key="account_number")
    done = deliver(accounts, {"account_number": "A1", "account_borrower_number": "B1", "account_kind": "current"})
    assert (done.state, done.applied) == ("applied", 1)
    assert DepositAccount.objects.get().currency == "CNY"
    bookings = format_of("transaction", key="transaction_reference")
    row = {"transaction_account_number": "A1", "transaction_reference": "T1", "transaction_amount": "-5.20", "transaction_valid_from": "2026-10-29"}
    other = {**row, "transaction_reference": "T2", "transaction_account_number": "A2"}
    done = deliver(bookings, row, other)
    assert (done.state, done.applied, done.reasons) == ("applied", 1, {"UNKNOWN_ACCOUNT": 1})
    assert AccountTransaction.objects.get().delivery_id == done.delivery
    waiting = QuarantinedRow.objects.get()
    assert (waiting.value, waiting.waits_for) == ("A2", "A2")


def test_a_row_may_tell_of_a_thing_and_of_what_belongs_to_it(deliver):
    """The facility is new in the very file that names it."""
    both = format_of("facility", "covenant", key="facility_number")
    row = {
        "facility_number": "F1", "facility_borrower_number": "B1", "facility_limit": "100", "covenant_number": "C1",
        "covenant_borrower_number": "B1", "covenant_facility_number": "F1", "covenant_title": "Reports", "covenant_measure": "report",
        "covenant_comparison": "happens",
    }  # fmt: skip
    plain = {"facility_number": "F2", "facility_borrower_number": "B1", "facility_limit": "5"}
    done = deliver(both, row, plain)
    assert (done.state, done.applied, done.reasons) == ("applied", 2, {})
    assert Covenant.objects.get().facility == Facility.objects.get(number="F1")
    bad = {**row, "facility_number": "F3", "facility_limit": "-1", "covenant_number": "C3", "covenant_facility_number": "F3"}
    done = deliver(both, bad, day=NEXT)
    assert done.reasons == {"OUT_OF_RANGE": 1}
    assert not Covenant.objects.filter(number="C3").exists()


def test_a_snapshot_told_again_the_next_day_changes_only_what_differs(deliver):
    items = format_of("collateral_alone", key="collateral_alone_number")
    item = {"collateral_alone_number": "I1", "collateral_alone_owner_number": "B1", "collateral_alone_kind": "vehicle"}
    policies = format_of("insurance", key="insurance_policy")
    policy = {"insurance_item_number": "I1", "insurance_policy": "P1", "insurance_insurer": "Ping", "insurance_sum_insured": "10"}
    assert (deliver(items, item).applied, deliver(policies, policy).applied) == (1, 1)
    assert deliver(policies, policy, {**policy, "insurance_policy": "P2"}, day=NEXT).applied == 1
    assert Insurance.objects.get(policy="P1").valid_from == DAY
    done = deliver(items, {**item, "collateral_alone_description": "Lorry"}, day=NEXT)
    assert done.applied == 1
    assert Correction.objects.get().delivery_id == done.delivery
    assert CollateralItem.objects.get().description == "Lorry"
    assert not Valuation.objects.exists()


def test_payments_are_told_by_their_number_and_a_late_file_is_no_fault(deliver):
    payments = format_of("repayment", key="repayment_reference")

    def paid(number: str, on: str, amount: str = "10") -> dict[str, str]:
        return {"repayment_loan_number": "L1", "repayment_reference": number, "repayment_paid_on": on, "repayment_amount": amount}

    assert deliver(payments, paid("R2", "2026-10-31"), day=NEXT).applied == 1
    done = deliver(payments, paid("R1", "2026-10-30"), paid("R0", "2026-10-30", "0"), day=DAY, back_dated=True)
    assert (done.applied, done.reasons) == (1, {"OUT_OF_RANGE": 1})
    done = deliver(payments, paid("R1", "2026-10-30"), paid("R2", "2026-10-31", "11"), day=date(2026, 11, 1))
    assert (done.applied, done.unchanged, done.reasons) == (0, 1, {"CHANGED_REPAYMENT": 1})
    assert Repayment.objects.count() == 2


def test_a_part_plan_is_set_aside_and_a_whole_one_applied(deliver):
    plans = format_of("instalment", key="instalment_seq")

    def demand(seq: str, on: str) -> dict[str, str]:
        return {
            "instalment_loan_number": "L1", "instalment_seq": seq, "instalment_due_on": on, "instalment_principal": "5",
            "instalment_interest": "1",
        }  # fmt: skip

    assert deliver(plans, demand("1", "2026-11-01"), demand("2", "2026-12-01")).applied == 2
    assert deliver(plans, demand("3", "2027-01-01"), day=NEXT).reasons == {"CHANGED_INSTALMENT": 1}


@pytest.fixture
def everything_is_b1(lender) -> None:
    """One thing of each sort to refer to, each under the number B1."""
    LoanFactory(branch=BranchFactory(lender=lender, code="B1"), borrower=Borrower.objects.get(number="B1"), number="B1")
    ProductFactory(lender=lender, code="B1")
    of_owner = {"number": "B1", "borrower_number": "B1", "currency": "CNY"}
    tell("group", lender, [{"number": "B1", "name": "One"}], known_from=date(2026, 1, 10))
    tell("facility", lender, [{**of_owner, "limit": 1}], known_from=date(2026, 1, 10))
    tell("account", lender, [{**of_owner, "kind": "current"}], known_from=date(2026, 1, 10))
    tell("collateral", lender, [{"number": "B1", "owner_number": "B1", "kind": "other", "currency": "CNY"}], known_from=date(2026, 1, 10))
    covenant = {"number": "B1", "borrower_number": "B1", "title": "Reports", "measure": "report", "comparison": "happens"}
    tell("covenant", lender, [covenant], known_from=date(2026, 1, 10))


@pytest.mark.parametrize("part", PARTS)
def test_no_cell_breaks_the_load(everything_is_b1, deliver, part):
    """Every cell of a row is in turn blank, far too long, far too large, negative, odd or unknown."""
    declared = format_of(part, key=f"{part}_{PARTS[part].mark}")
    good = {"text": "B1", "numeric": "1", "date": "2026-10-30", "boolean": "Y"}
    columns = {f"{part}_{name}": (name, sql) for name, sql in PARTS[part].columns.items() if f"{part}_{name}" in declared.columns}
    codes = {f.name: f.codes[0] for f in PARTS[part].fields if f.codes}
    base = {c: codes.get(name, "CNY" if name == "currency" else "" if name == "withdrawn" else good[sql]) for c, (name, sql) in columns.items()}
    odd = {"text": ["", "x" * 900, "'; --", "%s", "{}"], "numeric": ["", "-1", "0", "0.5", "9" * 18], "date": ["", "1900-01-01", "2200-12-31"]}
    rows = [{**base, column: value} for column, (_, sql) in columns.items() for value in odd.get(sql, ["", "N"])]
    done = deliver(declared, *rows)
    assert done.state == "applied"
    assert done.applied + done.unchanged + done.quarantined == done.read == len(rows)
    assert set(done.reasons) <= set(REASONS)


def test_a_restated_statement_shows_what_it_was(deliver):
    statements = format_of("statement", key="statement_valid_from")
    told = {"statement_borrower_number": "B1", "statement_valid_from": "2026-09-30", "statement_revenue": "100"}
    deliver(statements, told)
    done = deliver(statements, {**told, "statement_revenue": "80"}, day=NEXT)
    assert done.applied == 1
    assert FinancialStatement.objects.known_on(DAY).get().revenue == Decimal(100)
    assert FinancialStatement.objects.known_on(NEXT).get().revenue == Decimal(80)
    assert Delivery.objects.get(pk=done.delivery).rows_applied == 1
    assert Borrower.objects.count() == 1
