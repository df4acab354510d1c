"""What falls due is opened ahead of its day and closed by the fact itself, however often and in whatever slices the step runs."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from borrowers.collateral.models import CollateralItem, Insurance, Pledge, Registration, Valuation
from borrowers.covenants.models import ApprovalCondition, Covenant, CovenantTest
from borrowers.documents.models import Document, DocumentKind, ShelfEntry
from borrowers.loans.models import Facility, Guarantee, Loan
from borrowers.outside.models import OutsideFigure
from inspections.deadlines.models import Deadline
from inspections.deadlines.rules import late_days, notice_days
from inspections.deadlines.schedule import schedule_deadlines
from loanwatch.people.models import Person
from loanwatch.trail.ledger import key_of
from tests.inspections.book import LONG_AGO, TODAY, make_day, make_loan, observe

pytestmark = pytest.mark.usefixtures("as_worker")
TOMORROW = TODAY + timedelta(days=1)
FACT = {"valid_from": LONG_AGO, "known_from": LONG_AGO}


@pytest.fixture
def day(bank):
    make_day(bank)
    make_day(bank, TOMORROW)
    return bank


def on_book(bank, *, both: bool = True, **changed) -> Loan:
    """A loan that is observed today and tomorrow."""
    loan = make_loan(bank, **changed)
    for on in (TODAY, TOMORROW) if both else (TODAY,):
        observe(bank, loan, on)
    return loan


def schedule(bank, on=TODAY, *, slices=((0, 255),), **cut) -> int:
    with connection.cursor() as cursor:
        return sum(schedule_deadlines(cursor, key_of(bank.lender.pk, on, lo=lo, hi=hi, **cut), bank.lender) for lo, hi in slices)


def deadlines(*kinds: str) -> list[tuple]:
    return list(Deadline.objects.filter(kind__in=kinds).order_by("due_on", "id").values_list("state", "cause", "due_on"))


def item_of(bank, loan, kind="commercial_property") -> CollateralItem:
    item = CollateralItem.objects.create(lender=bank.lender, number=f"I{loan.pk}", kind=kind, owner=loan.borrower, currency="CNY", **FACT)
    Pledge.objects.create(lender=bank.lender, bucket=loan.bucket, loan=loan, item=item, **FACT)
    return item


def value(item, on, *, revision=1, known_from=None) -> None:
    facts = {"value": Decimal(1000), "method": "appraisal", "valid_from": on, "known_from": known_from or on, "revision": revision}
    Valuation.objects.create(lender=item.lender, item=item, **facts)


def maturing(bank, loan, days: int, on=TODAY) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_loanday SET days_to_maturity = %s WHERE loan_id = %s AND as_of = %s", [days, loan.pk, on])


@pytest.mark.parametrize(("lent_for", "ahead"), [(365, 7), (366, 7), (367, 30)])
def test_a_short_loan_is_taken_up_a_week_before_it_matures_and_a_longer_one_a_month(day, lent_for, ahead):
    inside = on_book(day, disbursed_on=TODAY + timedelta(days=ahead - lent_for))
    outside = on_book(day, disbursed_on=TODAY + timedelta(days=ahead + 1 - lent_for))
    maturing(day, inside, ahead)
    maturing(day, outside, ahead + 1)
    assert schedule(day) == 1
    deadline = Deadline.objects.get()
    assert (deadline.kind, deadline.loan, deadline.due_on, deadline.responsible) == ("maturity", inside, TODAY + timedelta(days=ahead), day.manager.person)


def test_the_notice_of_a_product_kind_wins_over_the_term():
    said = {"short": 7, "long": 30, "construction": 90}
    assert notice_days(said, product_kind="construction", term_days=100) == 90
    assert notice_days(said, product_kind="mortgage", term_days=366) == 7


def test_a_loan_that_is_repaid_or_extended_has_its_maturity_done_by_that_fact(day):
    repaid, extended = on_book(day, both=False), on_book(day)
    maturing(day, repaid, 5)
    maturing(day, extended, 5)
    maturing(day, extended, 200, TOMORROW)
    schedule(day)
    schedule(day, TOMORROW)
    assert sorted(deadlines("maturity")) == [("done", "renewed", TODAY + timedelta(days=5)), ("done", "repaid", TODAY + timedelta(days=5))]


@pytest.mark.parametrize(("age", "opened"), [(334, 0), (335, 1), (2000, 1)])
def test_a_valuation_is_called_for_thirty_days_before_it_grows_too_old(day, age, opened):
    item = item_of(day, on_book(day))
    value(item, TODAY - timedelta(days=age))
    assert schedule(day) == opened
    assert list(Deadline.objects.values_list("due_on", flat=True)) == [TODAY - timedelta(days=age - 365)] * opened


def test_a_new_valuation_closes_the_deadline_and_one_that_is_withdrawn_opens_it_again(day):
    item = item_of(day, on_book(day))
    value(item, TODAY - timedelta(days=400))
    schedule(day)
    value(item, TODAY, known_from=TOMORROW)
    assert schedule(day) == 0  # not known yet
    schedule(day, TOMORROW)
    assert deadlines("revaluation") == [("done", "renewed", TODAY - timedelta(days=35))]
    Valuation.objects.create(
        lender=item.lender, item=item, value=1, method="appraisal", valid_from=TODAY, known_from=TOMORROW, revision=2, withdrawn=True
    )
    schedule(day, TOMORROW)
    assert deadlines("revaluation") == [("open", "", TODAY - timedelta(days=35))]


def test_cover_of_an_item_ends_with_its_last_policy_or_registration(day):
    item = item_of(day, on_book(day))
    for policy, to_on in (("P1", TODAY + timedelta(days=3)), ("P2", TODAY + timedelta(days=30))):
        Insurance.objects.create(lender=day.lender, item=item, policy=policy, insurer="X", sum_insured=1, currency="CNY", to_on=to_on, **FACT)
    Registration.objects.create(lender=day.lender, item=item, number="R", register="X", to_on=TODAY + timedelta(days=181), **FACT)
    schedule(day)
    assert deadlines("insurance", "registration") == [("open", "", TODAY + timedelta(days=30))]
    schedule(day, TOMORROW)
    assert deadlines("registration") == [("open", "", TODAY + timedelta(days=181))]
    Insurance.objects.create(lender=day.lender, item=item, policy="P3", insurer="X", sum_insured=1, currency="CNY", valid_from=TODAY, known_from=TOMORROW)
    schedule(day, TOMORROW)
    assert deadlines("insurance") == [("done", "renewed", TODAY + timedelta(days=30))]


def test_each_test_of_a_covenant_that_nobody_delivered_is_a_deadline_of_its_own_with_grace(day):
    loan = on_book(day)
    promise = Covenant.objects.create(
        lender=day.lender, number="C1", borrower=loan.borrower, loan=loan, title="Debt ratio", measure="debt", comparison="at_most", threshold=1,
        every_months=3, grace_days=45, valid_from=date(2026, 3, 31), known_from=LONG_AGO,
    )  # fmt: skip
    schedule(day)
    # 30 June and 30 September with 45 days each; that of 31 December opens on its own day, 45 days before it is due.
    assert [due for _, _, due in deadlines("covenant_test")] == [date(2026, 8, 14), date(2026, 11, 14)]
    test = {"lender": day.lender, "bucket": loan.bucket, "covenant": promise, "valid_from": date(2026, 6, 30)}
    CovenantTest.objects.create(result="not_delivered", known_from=TOMORROW, **test)
    assert schedule(day, TOMORROW) == 0
    CovenantTest.objects.create(result="kept", value=1, known_from=TOMORROW, revision=2, **test)
    schedule(day, TOMORROW)
    assert [state for state, _, _ in deadlines("covenant_test")] == ["done", "open"]


def test_an_old_document_is_replaced_by_a_later_one_of_its_kind(day):
    loan = on_book(day)
    kind = DocumentKind.objects.create(lender=day.lender, code="licence", name={}, of="borrower", retention_years=5, source="test")
    facts = {"lender": day.lender, "kind": kind, "borrower": loan.borrower, "title": "Licence", **FACT}
    Document.objects.create(number="D1", expires_on=TODAY + timedelta(days=30), **facts)
    Document.objects.create(number="D2", expires_on=TODAY - timedelta(days=30), **facts)  # already replaced by D1
    schedule(day)
    assert deadlines("document") == [("open", "", TODAY + timedelta(days=30))]
    Document.objects.create(number="D3", expires_on=None, **facts)
    schedule(day, TOMORROW)
    assert deadlines("document") == [("done", "renewed", TODAY + timedelta(days=30))]


def test_a_borrowed_paper_is_due_from_its_holder_until_it_is_returned(day):
    loan = on_book(day)
    kind = DocumentKind.objects.create(lender=day.lender, code="deed", name={}, of="loan", retention_years=5, source="test", on_paper=True)
    paper = Document.objects.create(lender=day.lender, number="D1", kind=kind, borrower=loan.borrower, loan=loan, title="Deed", **FACT)
    by = day.head.person
    ShelfEntry.objects.create(document=paper, seq=1, act="borrowed", holder=by, due_back_on=TODAY + timedelta(days=3), on=TODAY, by=by)
    schedule(day)
    assert Deadline.objects.get().responsible == by
    ShelfEntry.objects.create(document=paper, seq=2, act="returned", place="A1", on=TOMORROW, by=by)
    schedule(day, TOMORROW)
    assert deadlines("paper_return") == [("done", "renewed", TODAY + timedelta(days=3))]


def test_rating_guarantee_facility_condition_and_certificate_fall_due(day):
    facility = Facility.objects.create(
        lender=day.lender, number="F1", borrower=make_loan(day).borrower, currency="CNY", limit=1, expires_on=TODAY + timedelta(days=60), **FACT
    )
    loan = on_book(day)
    Loan.objects.filter(pk=loan.pk).update(facility=facility)
    ours = {"lender": day.lender, "bucket": loan.bucket}
    OutsideFigure.objects.create(
        borrower=loan.borrower, measure="internal_rating", value=5, source="x", valid_from=TODAY - timedelta(days=335), known_from=LONG_AGO, **ours
    )
    guarantor = make_loan(day).borrower
    Guarantee.objects.create(loan=loan, guarantor=guarantor, amount=1, to_on=TODAY + timedelta(days=180), **FACT, **ours)
    ApprovalCondition.objects.create(borrower=loan.borrower, loan=loan, reference="7", text="Equity", due_on=TODAY + timedelta(days=14), **FACT, **ours)
    Person.objects.filter(pk=day.manager.person.pk).update(certificate_until=TODAY + timedelta(days=60))
    schedule(day)
    found = {d.kind: d for d in Deadline.objects.all()}
    assert set(found) == {"rating", "guarantee", "facility", "condition", "certificate"}
    assert {d.loan for d in found.values()} == {loan}
    assert (found["rating"].due_on, found["guarantee"].guarantor, found["certificate"].staff) == (
        TODAY + timedelta(days=30), guarantor, day.manager.person,
    )  # fmt: skip
    ApprovalCondition.objects.create(
        borrower=loan.borrower, loan=loan, reference="7", text="Equity", due_on=TODAY + timedelta(days=14), met_on=TODAY, revision=2,
        valid_from=LONG_AGO, known_from=TOMORROW, **ours,
    )  # fmt: skip
    schedule(day, TOMORROW)
    assert deadlines("condition") == [("done", "renewed", TODAY + timedelta(days=14))]


def test_running_the_step_again_changes_nothing_and_slices_make_no_difference(day):
    loans = [on_book(day) for _ in range(4)]
    item = item_of(day, loans[0])
    for other in loans[1:]:  # one item secures all of them, in whatever buckets they lie
        Pledge.objects.create(lender=day.lender, bucket=other.bucket, loan=other, item=item, **FACT)
        maturing(day, other, 3)
    value(item, TODAY - timedelta(days=400))
    halves = ((0, 127), (128, 255))
    assert schedule(day, slices=halves) == 4
    rows = list(Deadline.objects.order_by("id").values())
    assert schedule(day, slices=halves) == schedule(day) == 0
    assert list(Deadline.objects.order_by("id").values()) == rows


def test_an_item_goes_to_another_loan_in_another_slice_in_whatever_order_the_slices_run(day):
    first, second = sorted((on_book(day, both=False), on_book(day)), key=lambda loan: loan.pk)
    with connection.cursor() as cursor:
        for loan, bucket in ((first, 10), (second, 200)):
            cursor.execute("UPDATE alerts_loanday SET bucket = %s WHERE loan_id = %s", [bucket, loan.pk])
    item = CollateralItem.objects.create(lender=day.lender, number="I", kind="equipment", owner=first.borrower, currency="CNY", **FACT)
    for loan, bucket in ((first, 10), (second, 200)):
        Pledge.objects.create(lender=day.lender, bucket=bucket, loan=loan, item=item, **FACT)
    value(item, TODAY - timedelta(days=400))
    low, high = (0, 127), (128, 255)
    schedule(day, slices=(low, high))
    assert Deadline.objects.get().loan == first
    results = []
    for order in ((low, high), (high, low)):
        with transaction.atomic():
            schedule(day, TOMORROW, slices=order)
            results.append(list(Deadline.objects.values("loan", "bucket", "state", "cause", "opened_on")))
            transaction.set_rollback(True)
    assert results[0] == results[1] == [{"loan": second.pk, "bucket": 200, "state": "open", "cause": "", "opened_on": TODAY}]


def test_a_loan_that_is_set_aside_keeps_its_deadlines_and_a_repair_touches_only_its_own(day):
    one, other = on_book(day, both=False), on_book(day, both=False)
    for loan in (one, other):
        maturing(day, loan, 3)
    assert schedule(day, held=[one.pk]) == 1
    assert schedule(day, only=[one.pk]) == 1
    assert schedule(day, TOMORROW, held=[one.pk]) == 1
    assert {d.loan_id: d.state for d in Deadline.objects.all()} == {one.pk: "open", other.pk: "done"}


def test_a_deadline_follows_the_loan_to_its_new_manager(day):
    loan = on_book(day, both=False)
    maturing(day, loan, 3)
    schedule(day)
    observe(day, loan, TOMORROW, manager=day.manager2)
    maturing(day, loan, 2, TOMORROW)
    schedule(day, TOMORROW)
    assert Deadline.objects.get().responsible == day.manager2.person


def test_the_database_refuses_a_deadline_about_two_things_or_set_aside_by_one_person(day):
    loan = on_book(day)
    item = item_of(day, loan)
    row = {
        "lender": day.lender, "bucket": loan.bucket, "loan": loan, "borrower": loan.borrower, "branch": loan.branch, "due_on": TODAY,
        "opened_on": TODAY,
    }  # fmt: skip
    for wrong in ({"kind": "maturity", "item": item}, {"kind": "insurance"}):
        with pytest.raises(IntegrityError, match="deadline_is_about_one_thing"), transaction.atomic():
            Deadline.objects.create(**row, **wrong)
    deadline = Deadline.objects.create(kind="maturity", **row)
    me = day.manager.person
    with pytest.raises(IntegrityError, match="deadline_set_aside_by_another_person"), transaction.atomic():
        Deadline.objects.filter(pk=deadline.pk).update(
            state="not_applicable", closed_on=TODAY, asked_by=me, asked_on=TODAY, reason="No", agreed_by=me
        )
    with pytest.raises(IntegrityError, match="deadline_is_closed_by_a_fact_or_by_two_people"), transaction.atomic():
        Deadline.objects.filter(pk=deadline.pk).update(state="done", closed_on=TODAY)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Deadline.objects.filter(pk=deadline.pk).update(due_on=TOMORROW)


@pytest.mark.parametrize(("days", "late"), [(-1, 0), (0, 0), (1, 1)])
def test_a_deadline_is_late_from_the_day_after_its_day(days, late):
    assert late_days(TODAY, "open", TODAY + timedelta(days=days)) == late
    assert late_days(TODAY, "done", TODAY + timedelta(days=9)) == 0
