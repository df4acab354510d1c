"""A lender that closes month-ends, and small hand-written files of the mortgage feeds."""

import csv
import io
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import pytest

from borrowers.feeds.actions import Order, Outcome, load
from borrowers.feeds.importer.formats import find
from loanwatch.lenders.actions import open_lender
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Account, Branch, Person, Role, RoleHeld
from loanwatch.people.tree import open_head_office

JULY = date(2007, 7, 31)
LOAN = {
    "orig_channel": "R", "seller_name": "OTHER", "orig_interest_rate": "6.375", "orig_upb": "128000", "orig_loan_term": "360",
    "orig_date": "06/2007", "first_pay_date": "08/2007", "orig_ltv": "80", "loan_purpose": "P", "property_type": "SF", "num_units": "1",
    "occupancy_status": "P", "property_state": "OR", "zip": "974", "product_type": "FRM",
}  # fmt: skip
MONTH = {
    "monthly_reporting_period": "07/01/2007", "interest_rate": "6.375", "current_actual_upb": "127000.50",
    "current_loan_delinquency_status": "0", "maturity_date": "07/2037", "mod_flag": "N",
}  # fmt: skip


@pytest.fixture
def lender(db) -> Lender:
    made = open_lender(code="PANEL", currency="USD", zone="America/New_York", calendar="month_end", holidays_until=2008)
    open_head_office(made, name="Head office", on=date(2000, 1, 1))
    return made


def text_of(format_name: str, rows: Iterable[dict[str, str]]) -> str:
    """A file of the format with these rows; columns that a row leaves out are blank."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(find(format_name).columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def loans(*numbers: str, **changed: str) -> str:
    return text_of("mortgage_acquisition", [{"loan_id": n, **LOAN, **changed} for n in numbers])


def months(*rows: dict[str, str]) -> str:
    return text_of("mortgage_performance", [{**MONTH, **row} for row in rows])


@pytest.fixture
def deliver(lender, tmp_path) -> Callable[..., Outcome]:
    """Loads one file, given as text or bytes."""

    def one(format_name: str, content: str | bytes, business_date: date = JULY, *, name: str = "file.csv", **options) -> Outcome:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load(Order(options.pop("lender", lender), find(format_name), Path(path), business_date, **options))

    return one


@pytest.fixture
def two_loans(deliver) -> None:
    assert deliver("mortgage_acquisition", loans("L1", "L2")).applied == 2


@pytest.fixture
def staff(lender) -> Callable[[str], Access]:
    """A credit administrator of the lender, by staff number; at the head office unless another branch is named by its code."""

    def one(staff_no: str, role: str = Role.CREDIT_ADMIN, branch: str = "HO") -> Access:
        person = Person.objects.create(lender=lender, staff_no=staff_no, name=staff_no)
        RoleHeld.objects.create(person=person, role=role, branch=Branch.objects.get(lender=lender, code=branch), from_on=date(2000, 1, 1))
        account = Account.objects.create_user(staff_no.lower(), person=person)
        return Access.of(account, date(2026, 1, 1))

    return one
