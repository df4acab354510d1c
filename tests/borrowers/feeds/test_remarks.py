"""What a format declares to be odd is told in the report, and read as declared; nothing is guessed. Small files, written by hand."""

from datetime import date
from decimal import Decimal

import pytest

from borrowers.feeds.actions import Order, load
from borrowers.feeds.importer.formats import parse
from borrowers.feeds.importer.remarks import Noticed
from borrowers.feeds.importer.values import BUSINESS_DATE, BadSpec, value_of
from borrowers.feeds.models import Delivery
from borrowers.feeds.rules import Column, Fault, date_format, date_formats, read
from borrowers.loans.models import Loan, Position
from loanwatch.lenders.actions import open_lender
from loanwatch.people.tree import open_head_office

JUNE, JULY = date(2026, 6, 30), date(2026, 7, 31)
SPEC = {
    "currency": "KRW", "key": ["no"], "absent": "carried", "borrower_stays": True, "attributes": ["due"],
    "branches": {"create": True}, "products": {"P": {"name": "Public", "kind": "fixed_asset"}},
    "columns": {
        "no": {"required": True}, "who": {"reread": "cp1252"}, "status": {"type": "code"}, "due": {"type": "decimal", "required": True},
        "amount": {"type": "decimal", "required": True}, "extra": {"optional": True},
        "since": {"type": "date", "format": ["MM/DD/YYYY 12:00:00 AM", "M/D/YYYY"], "required": True},
    },
    "borrower": {"number": {"column": "who", "digest": 8}, "name": "who", "kind": {"const": "company"}, "segment": {"const": "large"}},
    "branch": {"code": {"const": "B1"}},
    "loan": {"number": "no", "product": {"const": "P"}, "principal": "amount", "disbursed_on": "since"},
    "position": {"loan_number": "no", "balance": "due", "status": "status", "closed_as": {"column": "status", "only_if": {"status": ["repaid"]}}},
    "remarks": {
        "RESIDUE": {"says": "Repaid, and yet something is due.", "when": {"status": ["repaid"], "due": {"not": ["0"]}}, "shows": "due", "read_as": {"due": 0}},
        "NO_LOAN_YET": {"says": "Not signed.", "when": {"status": {"blank": True}}, "shows": "no", "leave_out": True},
    },
}  # fmt: skip
HEADER = "no,who,status,due,amount,since\n"


@pytest.fixture
def deliver_public(lender, tmp_path):
    declared = parse(SPEC, "public")

    def one(text: str, day: date):
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8")
        return load(Order(lender, declared, path, day))

    return one


@pytest.fixture
def lender(db):
    made = open_lender(code="BOOK", currency="KRW", zone="Asia/Seoul", calendar="daily", holidays_until=2027)
    open_head_office(made, name="Head office", on=date(2000, 1, 1))
    return made


def test_a_remark_is_counted_shown_and_read_as_declared_while_the_attribute_keeps_what_came(deliver_public):
    done = deliver_public(
        HEADER + "1,A,repaid,12.50,100,01/02/2020 12:00:00 AM\n2,A,running,40,100,01/02/2020 12:00:00 AM\n3,A,,0,9,1/2/2020\n", JUNE
    )
    assert (done.state, done.read, done.applied, done.left_out) == ("applied", 3, 2, 1)
    assert done.notes["remarks"] == {
        "RESIDUE": {"says": "Repaid, and yet something is due.", "column": "due", "rows": 1, "sample": [{"line": 2, "value": "12.50"}]},
        "NO_LOAN_YET": {"says": "Not signed.", "column": "no", "rows": 1, "sample": [{"line": 4, "value": "3"}]},
    }
    assert dict(Position.objects.values_list("loan__number", "balance")) == {"1": 0, "2": 40}
    assert Loan.objects.get(number="1").attributes == {"due": "12.50"}
    assert Delivery.objects.get(pk=done.delivery).notes == done.notes


def test_a_loan_that_a_partial_file_does_not_tell_of_stands_where_it_stood_and_a_repaid_one_does_not(deliver_public):
    deliver_public(HEADER + "1,A,repaid,0,100,1/2/2020\n2,A,running,40,100,1/2/2020\n4,B,running,7,50,1/2/2020\n", JUNE)
    done = deliver_public(HEADER + "2,A,running,30,100,1/2/2020\n", JULY)
    assert done.notes["remarks"]["ABSENT_CARRIED"]["sample"] == [{"value": "4"}]
    assert dict(Position.objects.filter(valid_from=JULY).values_list("loan__number", "balance")) == {"2": 30, "4": 7}


def test_a_loan_keeps_its_borrower_however_the_file_writes_the_name(deliver_public):
    deliver_public(HEADER + "1,Ministère A,running,40,100,1/2/2020\n", JUNE)
    again = deliver_public(HEADER + "1,MinistÃ¨re A,running,40,100,1/2/2020\n", JULY)  # misread once, and read right
    assert "BORROWER_KEPT" not in again.notes.get("remarks", {})
    other = deliver_public(HEADER + "1,Ministry B,running,40,100,1/2/2020\n", date(2026, 8, 31))
    assert other.notes["remarks"]["BORROWER_KEPT"]["sample"] == [{"line": 2, "value": "Ministère A -> Ministry B"}]
    assert Loan.objects.get(number="1").borrower.name == "Ministère A"


@pytest.mark.parametrize(
    ("remark", "sentence"),
    [
        ({"when": {"due": {"above": 0}}}, "says is needed"),
        ({"says": "x"}, "when is needed"),
        ({"says": "x", "when": {"dew": ["1"]}}, "dew is no declared column"),
        ({"says": "x", "when": {"due": {"over": 1}}}, "over is unknown"),
        ({"says": "x", "when": {"due": {"above": "dew"}}}, "dew is no declared column"),
        ({"says": "x", "when": {"due": {"above": 0}}, "read_as": {"due": "none"}}, "can't be read"),
        ({"says": "x", "when": {"due": {"above": 0}}, "without": ["valuation"]}, "makes no valuation"),
        ({"says": "x", "when": {"status": {"matches": "("}}}, "remarks.ODD.when.status"),
    ],
)
def test_a_remark_that_can_t_be_made_is_refused_with_its_place(remark, sentence):
    with pytest.raises(BadSpec, match=sentence):
        parse({**SPEC, "remarks": {"ODD": remark}}, "public")


@pytest.mark.parametrize(
    ("condition", "text", "other", "holds"),
    [
        (["1", "2"], "2", "", True), (["1"], "01", "", False), ({"not": ["1"]}, "2", "", True), ({"blank": True}, "", "", True),
        ({"blank": False}, "", "", False), ({"above": 5}, "5", "", False), ({"above": 5}, "5.01", "", True), ({"below": 5}, "4.99", "", True),
        ({"below": "other"}, "4", "5", True), ({"below": "other"}, "4", "", False), ({"above": 5}, "", "", False),
        ({"same_as": "other"}, "3", "3", True), ({"differs_from": "other"}, "3", "3.0", True), ({"matches": "^9"}, "19", "", False),
    ],
)  # fmt: skip
def test_conditions_look_at_text_or_value_and_hold_on_the_right_side_of_the_boundary(condition, text, other, holds):
    columns = {"n": {"type": "decimal"}, "other": {"type": "decimal"}, "no": {"required": True}}
    spec = {**SPEC, "columns": {**SPEC["columns"], **columns}, "remarks": {"ODD": {"says": "Odd.", "when": {"n": condition}}}}
    declared = parse(spec, "public")
    cells = {"n": text, "other": other}
    values = {name: read(declared.columns[name], cells.get(name, "")) for name in ("n", "other")}
    noticed = Noticed(declared.remarks)
    noticed.look(2, cells, values)
    assert noticed.rows == ({"ODD": 1} if holds else {})


def test_a_column_may_declare_several_ways_of_writing_a_day_but_none_that_contradicts_another():
    first, *others = date_formats(["MM/DD/YYYY 12:00:00 AM", "M/D/YYYY", "Mon-YYYY"])
    column = Column("d", ("d",), "date", date_format=first, other_dates=tuple(others))
    assert read(column, "05/31/2023 12:00:00 AM") == date(2023, 5, 31)
    assert read(column, "5/31/2023") == read(column, "5/31/2023") == date(2023, 5, 31)
    assert read(column, "Feb-2018") == date(2018, 2, 1)
    for text in ("05/31/2023", "13/1/2023", "2/30/2023", "feb-2018", "5/31/2023 12:00:00 AM", "05/31/2023 12:00:00 PM"):
        with pytest.raises(Fault, match="BAD_DATE"):
            read(column, text)
    with pytest.raises(ValueError, match="two different days"):
        date_formats(["MM/DD/YYYY", "DD/MM/YYYY"])
    with pytest.raises(ValueError, match="each once"):
        date_format("YYYY-DD")


def test_what_is_left_by_the_plan_counts_due_dates_up_to_and_with_the_business_date():
    left = value_of(
        {"column": "amount", "less_monthly": {"amount": "monthly", "from": "granted", "times": "months"}}, {}, "position.balance"
    )
    row = {"amount": Decimal(1200), "monthly": Decimal(100), "granted": date(2026, 1, 31), "months": 12}

    def on(day: date) -> Decimal:
        return left.of({**row, BUSINESS_DATE: day})

    assert [on(date(2026, 2, 27)), on(date(2026, 2, 28)), on(date(2026, 3, 30)), on(date(2026, 3, 31))] == [1200, 1100, 1100, 1000]
    assert [on(date(2025, 12, 1)), on(date(2027, 1, 31)), on(date(2030, 1, 1))] == [1200, 0, 0]
    assert left.of({**row, "monthly": None, BUSINESS_DATE: JUNE}) is None


def test_a_sign_a_number_before_a_point_and_a_digest_are_as_declared():
    signed = value_of({"column": "n", "negative_if": {"kind": ["out"]}}, {}, "x")
    assert [signed.of({"n": Decimal(5), "kind": kind}) for kind in ("in", "out")] == [5, -5]
    number = value_of({"column": "n", "until": ".", "written": "L-{}"}, {}, "x")
    assert [number.of({"n": text}) for text in ("7", "7.01", None)] == ["L-7", "L-7", None]
    name = value_of({"column": "n", "digest": 8}, {}, "x")
    assert name.of({"n": "Ministry"}) == name.of({"n": "MINISTRY"}) != name.of({"n": "Ministries"})
