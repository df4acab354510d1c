"""Any kind of fact may be told: new, the same again, otherwise, or withdrawn; and what was known on a day stays readable."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from borrowers.doors import BadRow, UnknownName, check_rows, tell
from borrowers.facts import Correction
from borrowers.history import as_known, as_known_all
from borrowers.kinds import EVERY, FLOW, KINDS, MASTER, REVISED
from borrowers.loans.models import Facility, Loan, LoanEvent, Position, Repayment
from borrowers.parties.models import Borrower, BorrowerIdentifier
from loanwatch.lenders.models import Lender
from loanwatch.trail.models import AuditEvent
from tests.factories import BorrowerFactory, BranchFactory, LenderFactory, LoanFactory, PersonFactory

pytestmark = pytest.mark.django_db
DAY, LATER = date(2026, 10, 30), date(2026, 11, 2)
CNY = {"currency": "CNY"}
# One good row of each kind, a change to it, and what makes it bad: field, value, reason.
ROWS: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, Any, str]]] = {
    "borrower": ({"number": "B9", "kind": "company", "segment": "small"}, {"phone": "010-1"}, ("segment", "huge", "NOT_A_CODE")),
    "identifier": ({"borrower_number": "B1", "kind": "tax", "value": "913"}, {"to_on": LATER}, ("kind", "shoe", "NOT_A_CODE")),
    "related_party": (
        {"borrower_number": "B1", "kind": "spouse", "name": "Hu"},
        {"party_number": "B2"},
        ("party_number", "B1", "SAME_BORROWER"),
    ),
    "group": ({"number": "G9", "name": "Nine"}, {"limit": Decimal(5), **CNY}, ("limit", Decimal(5), "MISSING_VALUE")),
    "membership": (
        {"borrower_number": "B1", "group_number": "G1", "valid_from": DAY},
        {"to_on": LATER},
        ("to_on", date(2020, 1, 1), "DATE_ORDER"),
    ),
    "tier": ({"borrower_number": "B1", "tier": 2, "valid_from": DAY}, {"tier": 1}, ("tier", 6, "OUT_OF_RANGE")),
    "statement": (
        {"borrower_number": "B1", "valid_from": DAY, "total_assets": 9, "total_liabilities": 4, "equity": 5, **CNY},
        {"revenue": Decimal("7.50")},
        ("equity", 6, "DOES_NOT_BALANCE"),
    ),
    "external_signal": (
        {
            "borrower_number": "B1",
            "kind": "court",
            "source": "Court",
            "reference": "1",
            "headline": "Sued",
            "confidence": "confirmed",
            "valid_from": DAY,
        },
        {"to_on": LATER},
        ("amount", 7, "MISSING_VALUE"),
    ),
    "outside_figure": (
        {"borrower_number": "B1", "measure": "vat_base", "value": 900, "source": "Tax office", "valid_from": DAY, **CNY},
        {"value": 800},
        ("currency", None, "MISSING_VALUE"),
    ),
    "sector_event": (
        {"number": "S9", "industry": "Steel", "level": "mild", "headline": "Prices fall", "source": "Risk department"},
        {"level": "ban"},
        ("to_on", date(2020, 1, 1), "DATE_ORDER"),
    ),
    "contact": (
        {"borrower_number": "B1", "reference": "K1", "channel": "telephone", "reached": False, "valid_from": DAY},
        {"premises_closed": True},
        ("channel", "drum", "NOT_A_CODE"),
    ),
    "facility": (
        {"number": "F9", "borrower_number": "B1", "limit": Decimal(900), **CNY},
        {"expires_on": date(2028, 1, 1)},
        ("limit", -1, "OUT_OF_RANGE"),
    ),
    "loan": (
        {
            "number": "L9",
            "borrower_number": "B1",
            "product_code": "SME",
            "branch_code": "HB",
            "principal": 100,
            "disbursed_on": DAY,
            **CNY,
        },
        {"purpose": "Steel"},
        ("matures_on", date(2020, 1, 1), "DATE_ORDER"),
    ),
    "position": ({"loan_number": "L1", "valid_from": DAY, "balance": 90}, {"balance": 80}, ("balance", 10**19, "OUT_OF_RANGE")),
    "event": ({"loan_number": "L1", "kind": "extension", "valid_from": DAY}, {"note": "Agreed"}, ("other_number", "L8", "UNKNOWN_LOAN")),
    "guarantee": (
        {"loan_number": "L1", "guarantor_number": "B2", "amount": 50, "valid_from": DAY},
        {"amount": 40},
        ("guarantor_number", "B8", "UNKNOWN_BORROWER"),
    ),
    "pause": (
        {"loan_number": "L1", "valid_from": DAY, "to_on": LATER, "reason": "Flood"},
        {"reason": "Court"},
        ("to_on", DAY, "DATE_ORDER"),
    ),
    "covenant": (
        {
            "number": "C9",
            "borrower_number": "B1",
            "loan_number": "L1",
            "title": "Debt",
            "measure": "debt",
            "comparison": "at_most",
            "threshold": 1,
        },
        {"threshold": Decimal("0.7")},
        ("facility_number", "F1", "LOAN_OR_FACILITY"),
    ),
    "covenant_test": (
        {"covenant_number": "C1", "valid_from": DAY, "result": "kept"},
        {"result": "broken"},
        ("covenant_number", "C8", "UNKNOWN_COVENANT"),
    ),
    "covenant_waiver": (
        {"covenant_number": "C1", "valid_from": DAY, "reason": "Flood", "approved_by": "Head"},
        {"to_on": LATER},
        ("to_on", date(2020, 1, 1), "DATE_ORDER"),
    ),
    "condition": (
        {"borrower_number": "B1", "reference": "K1", "text": "Pledge the stock", "due_on": DAY},
        {"met_on": LATER},
        ("loan_number", "L8", "UNKNOWN_LOAN"),
    ),
    "promise": (
        {"loan_number": "L1", "valid_from": DAY, "due_on": LATER, "amount": 500},
        {"told_by": "Hu"},
        ("amount", 0, "OUT_OF_RANGE"),
    ),
    "return": (
        {"loan_number": "L1", "reference": "D1", "amount": 500, "valid_from": DAY},
        {"retries": 2},
        ("retries", -1, "OUT_OF_RANGE"),
    ),
    "agreed_payee": (
        {"loan_number": "L1", "payee": "Mill"},
        {"payee_account": "62"},
        ("payee_account", "6" * 61, "TOO_LONG"),
    ),
    "collateral": (
        {"number": "I9", "owner_number": "B1", "kind": "vehicle", **CNY},
        {"description": "Lorry"},
        ("currency", "yuan", "NOT_A_CODE"),
    ),
    "pledge": ({"loan_number": "L1", "item_number": "I1", "valid_from": DAY}, {"rank": 2}, ("item_number", "I8", "UNKNOWN_ITEM")),
    "valuation": (
        {"item_number": "I1", "valid_from": DAY, "value": 70, "method": "quote"},
        {"value": 60},
        ("value", Decimal("1.005"), "TOO_PRECISE"),
    ),
    "insurance": (
        {"item_number": "I1", "policy": "P1", "insurer": "Ping", "sum_insured": 9, **CNY},
        {"lender_is_payee": True},
        ("insurer", "x" * 121, "TOO_LONG"),
    ),
    "registration": ({"item_number": "I1", "number": "R1", "register": "City"}, {"rank": 2}, ("rank", 0, "OUT_OF_RANGE")),
    "count": (
        {"item_number": "I1", "valid_from": DAY, "pledged": 100, "counted": 97},
        {"counted": 90},
        ("counted", None, "MISSING_VALUE"),
    ),
    "seizure": (
        {"item_number": "I1", "reference": "S1", "by_whom": "Court"},
        {"to_on": LATER},
        ("by_whom", "a\x00b", "CONTROL_CHARACTER"),
    ),
    "payment": (
        {"loan_number": "L1", "reference": "P1", "mode": "entrusted", "payee": "Mill", "amount": 10, "valid_from": DAY},
        {"proof": "Invoice 7"},
        ("amount", 0.5, "BAD_NUMBER"),
    ),
    "account": ({"number": "A9", "borrower_number": "B1", "kind": "current", **CNY}, {"closed_on": LATER}, ("colour", "red", "UNKNOWN_FIELD")),
    "transaction": (
        {"account_number": "A1", "reference": "T1", "amount": -5, "valid_from": DAY},
        {"text": "Rent"},
        ("account_number", "A8", "UNKNOWN_ACCOUNT"),
    ),
}  # fmt: skip
REVISED_KINDS = [name for name in ROWS if KINDS[name].shape == REVISED]


@pytest.fixture
def lender() -> Lender:
    """A loan L1 of borrower B1, with a group, facility, covenant, item and account; a second borrower B2."""
    made = LenderFactory()
    owner = BorrowerFactory(lender=made, number="B1")
    BorrowerFactory(lender=made, number="B2")
    LoanFactory(branch=BranchFactory(lender=made, code="HB"), borrower=owner, number="L1")
    for name, row in {
        "group": {"number": "G1", "name": "One"},
        "facility": {"number": "F1", "borrower_number": "B1", "limit": 10, **CNY},
        "covenant": {
            "number": "C1", "borrower_number": "B1", "title": "Reports", "measure": "report", "comparison": "happens", "loan_number": "L1",
        },
        "collateral": {"number": "I1", "owner_number": "B1", "kind": "other", **CNY},
        "account": {"number": "A1", "borrower_number": "B1", "kind": "current", **CNY},
    }.items():  # fmt: skip
        tell(name, made, [row], known_from=date(2026, 1, 10))
    return made


def of_kind(name: str, row: dict[str, Any]) -> models.QuerySet[Any]:
    """The rows of the kind's table that the last telling was about."""
    found = KINDS[name].model._default_manager.all()
    return found.filter(number=row["number"]) if KINDS[name].shape == MASTER else found.order_by("-id")


def test_every_fact_of_the_store_may_be_told():
    apart = {"PriceIndex", "Custody", "CheckDuty", "ConductFact", "ClassDecision", "VisitFinding"}  # published series, and what the bank's own people decide and do
    facts = {m.__name__ for m in apps.get_app_config("borrowers").get_models() if any(f.name == "known_from" for f in m._meta.fields)}
    documents = {name for name in facts if apps.get_model("borrowers", name).__module__ == "borrowers.documents.models"}
    assert facts - documents - apart - {"Correction"} == {kind.model_name for kind in EVERY}
    assert set(ROWS) | {"instalment", "repayment"} == set(KINDS)


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.name)
def test_every_check_of_the_table_gives_a_reason(kind):
    """So that no row can make a whole load fail in the database."""
    checks = {c.name for c in kind.model._meta.constraints if isinstance(c, models.CheckConstraint)}
    assert {name for name in checks if not name.endswith("bucket_in_range")} <= set(kind.limits)


@pytest.mark.parametrize("name", ROWS)
def test_a_fact_is_new_once_and_its_change_is_kept_beside_what_was(lender, name):
    row, change, _ = ROWS[name]
    assert tell(name, lender, [row], known_from=DAY).new == 1
    assert tell(name, lender, [row], known_from=LATER).written == 0
    assert tell(name, lender, [{**row, **change}], known_from=LATER).changed == 1
    field, becomes = next(iter(change.items()))
    if KINDS[name].shape == MASTER:
        written = of_kind(name, row).get()
        kept = Correction.objects.get(subject=KINDS[name].label, subject_id=written.pk, field=field)
        assert (kept.known_from, kept.valid_from) == (LATER, LATER)
        assert as_known(type(written), written.pk, DAY)[field] != as_known(type(written), written.pk, LATER)[field]
    else:
        first, second = of_kind(name, row).order_by("revision")
        assert (first.revision, first.known_from, second.revision, second.known_from) == (1, DAY, 2, LATER)
        assert type(first).objects.known_on(DAY).get(pk=first.pk) and not type(first).objects.known_on(LATER).filter(pk=first.pk)
    if not field.endswith("_number"):
        now = of_kind(name, row).filter(**{field: becomes})
        assert now.exists()


@pytest.mark.parametrize("name", REVISED_KINDS)
def test_a_fact_that_was_never_so_is_withdrawn_and_may_be_told_anew(lender, name):
    row = ROWS[name][0]
    tell(name, lender, [row], known_from=DAY)
    key = {field: row[field] for field in KINDS[name].key_names if field in row}
    assert tell(name, lender, [{**key, "withdrawn": True}], known_from=LATER).changed == 1
    assert tell(name, lender, [{**key, "withdrawn": True}], known_from=LATER).written == 0
    facts = KINDS[name].model.objects
    assert (facts.known_on(DAY).count(), facts.known_on(LATER).count()) == (1, 0)
    assert tell(name, lender, [row], known_from=LATER).changed == 1
    assert facts.known_on(LATER).get().revision == 3


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_row_is_refused_with_its_place_and_reason_and_nothing_is_written(lender, name):
    row, _, (field, value, reason) = ROWS[name]
    before = KINDS[name].model._default_manager.count()
    with pytest.raises(BadRow) as refused:
        tell(name, lender, [row, {**row, **other_key(name), field: value}], known_from=DAY)
    assert (refused.value.row, refused.value.reason) == (2, reason)
    assert isinstance(refused.value, UnknownName) == reason.startswith("UNKNOWN_") or reason == "UNKNOWN_FIELD"
    assert KINDS[name].model._default_manager.count() == before


def other_key(name: str) -> dict[str, Any]:
    """So that the second row tells another fact than the first."""
    return {"number": "X9"} if KINDS[name].shape == MASTER else {"valid_from": DAY}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_without_what_it_needs_is_refused(lender, name):
    row = ROWS[name][0]
    for needed in (n for n in KINDS[name].needed if n in row):
        bad = check_rows(name, lender, [{k: v for k, v in row.items() if k != needed}], known_from=DAY)
        assert (bad[1].reason, bad[1].field) == ("MISSING_VALUE", needed)


def test_two_rows_that_tell_one_fact_otherwise_are_not_guessed_between(lender):
    row = ROWS["identifier"][0]
    bad = check_rows("identifier", lender, [row, {**row, "to_on": LATER}, row], known_from=DAY)
    assert {place: fault.reason for place, fault in bad.items()} == {2: "DUPLICATE_KEY", 3: "DUPLICATE_KEY"}


def test_a_loan_of_another_lender_is_not_ours_to_tell_about(lender):
    LoanFactory(number="ELSEWHERE")
    bad = check_rows("position", lender, [{"loan_number": "ELSEWHERE", "valid_from": DAY, "balance": 1}], known_from=DAY)
    assert (bad[1].reason, bad[1].value) == ("OTHER_LENDER", "ELSEWHERE")


def test_a_loan_keeps_its_borrower_and_its_currency(lender):
    told = {"number": "L1", "borrower_number": "B2"}
    assert check_rows("loan", lender, [told], known_from=DAY)[1].reason == "OTHER_BORROWER"
    assert check_rows("loan", lender, [{"number": "L1", "currency": "USD"}], known_from=DAY)[1].reason == "OTHER_CURRENCY"


def test_master_data_keeps_what_a_source_does_not_say_and_logs_only_what_changed(lender):
    tell("facility", lender, [{"number": "F1", "revolving": True}], known_from=DAY, entered_by=PersonFactory(lender=lender))
    facility = Facility.objects.get(number="F1")
    assert (facility.revolving, facility.limit) == (True, Decimal(10))
    kept = Correction.objects.get(subject_id=facility.pk, subject="borrowers.facility")
    assert (kept.field, kept.before, kept.after, kept.entered_by is not None) == ("revolving", False, True, True)
    assert AuditEvent.objects.get(event="fact.corrected", subject_id=str(facility.pk)).person == kept.entered_by


def test_master_data_is_read_back_through_each_of_its_corrections(lender):
    for day, limit in ((2, "20.10"), (5, "30.20"), (9, "40.30")):
        tell("facility", lender, [{"number": "F1", "limit": Decimal(limit)}], known_from=date(2026, 11, day))
    pk = Facility.objects.get(number="F1").pk
    seen = [as_known(Facility, pk, date(2026, 11, day)) for day in (1, 2, 4, 5, 8, 9, 30)]
    assert [row["limit"] for row in seen if row] == [Decimal(n) for n in ("10", "20.10", "20.10", "30.20", "30.20", "40.30", "40.30")]
    assert as_known(Facility, pk, date(2026, 1, 9)) is None
    assert as_known_all(Facility, [pk], LATER)[pk]["borrower_id"] == Borrower.objects.get(number="B1").pk


def test_what_arrives_late_does_not_undo_what_was_told_since(lender):
    tell("facility", lender, [{"number": "F1", "limit": 30}], known_from=LATER)
    assert tell("facility", lender, [{"number": "F1", "limit": 20, "revolving": True}], known_from=DAY).changed == 1
    facility = Facility.objects.get(number="F1")
    assert (facility.limit, facility.revolving) == (Decimal(30), True)
    row = ROWS["identifier"][0]
    tell("identifier", lender, [{**row, "valid_from": DAY}], known_from=LATER)
    assert tell("identifier", lender, [{**row, "valid_from": LATER}], known_from=DAY).written == 0
    assert BorrowerIdentifier.objects.get().revision == 1


def test_when_a_settlement_is_withdrawn_the_loan_is_open_again(lender):
    event = {"loan_number": "L1", "kind": "settled", "valid_from": DAY}
    tell("event", lender, [event], known_from=DAY)
    loan = Loan.objects.get(number="L1")
    assert loan.settled_on == DAY
    after = {"loan_number": "L1", "guarantor_number": "B2", "amount": 1, "valid_from": LATER}
    assert check_rows("guarantee", lender, [after], known_from=LATER)[1].reason == "CLOSED_LOAN"
    assert not check_rows("guarantee", lender, [{**after, "valid_from": DAY}], known_from=LATER)
    tell("event", lender, [{**event, "withdrawn": True}], known_from=LATER)
    loan.refresh_from_db()
    assert loan.settled_on is None
    assert as_known(Loan, loan.pk, DAY)["settled_on"] == DAY
    assert LoanEvent.objects.known_on(LATER).count() == 0


def test_payments_are_taken_back_whole_and_once(lender):
    paid = {"loan_number": "L1", "paid_on": DAY, "amount": Decimal(50), "reference": "R1"}
    back = {"loan_number": "L1", "paid_on": LATER, "amount": Decimal(-50), "reference": "R2", "reverses_reference": "R1"}
    assert tell("repayment", lender, [paid], known_from=DAY).new == 1
    assert tell("repayment", lender, [paid], known_from=DAY).new == 0
    reasons = {
        "CHANGED_REPAYMENT": {**paid, "amount": Decimal(51)},
        "UNKNOWN_REPAYMENT": {**back, "amount": Decimal(-49)},
        "OUT_OF_RANGE": {**back, "amount": Decimal(50)},
    }
    for reason, row in reasons.items():
        assert check_rows("repayment", lender, [row], known_from=LATER)[1].reason == reason
    assert tell("repayment", lender, [back], known_from=LATER).new == 1
    again = {**back, "reference": "R3"}
    assert check_rows("repayment", lender, [again], known_from=LATER)[1].reason == "ALREADY_REVERSED"
    assert [r.cum_paid_minor for r in Repayment.objects.filter(loan__number="L1")] == [5000, 0]


def test_a_payment_that_arrives_late_is_known_after_what_is_known_already(lender):
    tell("repayment", lender, [{"loan_number": "L1", "paid_on": LATER, "amount": 1, "reference": "R2"}], known_from=LATER)
    tell("repayment", lender, [{"loan_number": "L1", "paid_on": DAY, "amount": 1, "reference": "R1"}], known_from=DAY)
    assert list(Repayment.objects.values_list("reference", "paid_on", "known_from")) == [("R2", LATER, LATER), ("R1", DAY, LATER)]


def test_a_later_plan_repeats_what_was_due(lender):
    def plan(version: int, *demands: tuple[date, int]) -> list[dict[str, Any]]:
        rows = enumerate(demands, 1)
        return [
            {"loan_number": "L1", "version": version, "seq": n, "due_on": day, "principal": amount, "interest": 0} for n, (day, amount) in rows
        ]

    due, open_ = date(2026, 9, 1), date(2026, 12, 1)
    assert tell("instalment", lender, plan(1, (due, 5), (open_, 5)), known_from=DAY).new == 2
    assert check_rows("instalment", lender, plan(1, (due, 5), (open_, 6)), known_from=LATER)[2].reason == "CHANGED_INSTALMENT"
    assert check_rows("instalment", lender, plan(2, (due, 4), (open_, 6)), known_from=LATER)[1].reason == "PLAN_REWRITES_THE_PAST"
    assert tell("instalment", lender, plan(2, (due, 5), (open_, 6)), known_from=LATER).new == 2
    assert KINDS["instalment"].shape == FLOW


def test_many_positions_are_one_set(lender):
    rows = [{"loan_number": "L1", "valid_from": date(2026, 1, 1 + n), "balance": n} for n in range(30)]
    assert tell("position", lender, rows, known_from=DAY).new == 30
    rows[3]["balance"] = 99
    saved = tell("position", lender, rows, known_from=LATER)
    assert (saved.new, saved.changed) == (0, 1)
    assert Position.objects.known_on(DAY).filter(balance=99).count() == 0
