"""What falls due as people see it, and the two people that it takes to set one aside."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from alerts.classification.models import ClassProposal
from borrowers.collateral.models import CollateralItem, Pledge
from inspections.deadlines import actions
from inspections.deadlines.models import Deadline
from inspections.deadlines.queries import counts_for, deadlines_to_tell, for_borrower, for_loan
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.trail.models import AuditEvent
from tests.inspections.book import LONG_AGO, TODAY, Bank, make_loan
from tests.inspections.test_pages import browser


@pytest.fixture(autouse=True)
def _the_day(settings):
    settings.BUSINESS_DATE = str(TODAY)


def make(bank: Bank, *, kind: str = "maturity", days: int = 5, loan=None, **changed) -> Deadline:
    loan = loan or make_loan(bank)
    row = {"responsible": bank.manager.person, "opened_on": TODAY - timedelta(days=1), "due_on": TODAY + timedelta(days=days)} | changed
    return Deadline.objects.create(
        lender=bank.lender, bucket=loan.bucket, kind=kind, loan=loan, borrower=loan.borrower, branch=loan.branch, **row
    )


def listed(access, **query) -> list[str]:
    page = browser(access).get(reverse("deadlines:list"), query)
    assert page.status_code == 200
    return [d.number for d in page.context["page"].object_list]


@pytest.mark.parametrize(
    ("role", "sees"),
    [("manager", 1), ("manager2", 0), ("officer", 1), ("sibling_officer", 0), ("head", 1), ("credit", 1), ("auditor", 1), ("agent", None)],
)
def test_each_role_sees_the_deadlines_of_the_loans_it_may_see(bank, role, sees):
    deadline = make(bank)
    access = getattr(bank, role)
    page = browser(access).get(reverse("deadlines:deadline", args=[deadline.pk]))
    if sees is None:
        assert page.status_code == browser(access).get(reverse("deadlines:list")).status_code == 403
    else:
        assert page.status_code == (200 if sees else 404)
        assert len(listed(access)) == sees


def test_the_list_is_cut_by_kind_window_month_and_whoever_is_responsible(bank):
    late, soon = make(bank, days=-1), make(bank, days=31, kind="rating", responsible=None)
    assert listed(bank.officer) == [late.number, soon.number]
    assert listed(bank.officer, sort="-due_on") == [soon.number, late.number]
    assert listed(bank.officer, kind="rating") == listed(bank.officer, manager="0") == listed(bank.officer, month="2026-12") == [soon.number]
    assert listed(bank.officer, view="late") == listed(bank.officer, within="30") == [late.number]
    assert listed(bank.officer, within="31") == [late.number, soon.number]
    assert listed(bank.officer, month="2026-99", kind="nonsense", branch="MAIN") == [late.number, soon.number]
    assert listed(bank.officer, branch="SIDE") == []


def test_an_item_that_secures_two_loans_is_shown_beside_both_and_to_both_managers(bank):
    first, second = make_loan(bank), make_loan(bank, lead=bank.manager2)
    facts = {"valid_from": LONG_AGO, "known_from": LONG_AGO, "lender": bank.lender}
    item = CollateralItem.objects.create(number="I", kind="equipment", owner=first.borrower, currency="CNY", **facts)
    for loan in (first, second):
        Pledge.objects.create(bucket=loan.bucket, loan=loan, item=item, **facts)
    deadline = make(bank, loan=first, kind="insurance", item=item)
    assert for_loan(bank.manager, first) == for_loan(bank.manager2, second) == for_borrower(bank.manager, first.borrower) == [deadline]
    assert listed(bank.manager2) == [deadline.number]


def test_a_deadline_is_set_aside_by_two_people_and_stays_so(bank):
    deadline = make(bank)
    page = browser(bank.manager).post(reverse("deadlines:deadline", args=[deadline.pk]), {"reason": ""})
    assert page.status_code == 422
    browser(bank.manager).post(reverse("deadlines:deadline", args=[deadline.pk]), {"reason": "Renewed on paper"})
    assert listed(bank.officer, view="asked") == [deadline.number]
    answer = reverse("deadlines:answer", args=[deadline.pk])
    assert browser(bank.manager).post(answer, {"answer": "agree"}).status_code == 403
    assert browser(bank.auditor).post(answer, {"answer": "agree"}).status_code == 403
    assert browser(bank.officer).post(answer, {"answer": "agree"}).status_code == 302
    deadline.refresh_from_db()
    assert (deadline.state, deadline.agreed_by, deadline.reason) == ("not_applicable", bank.officer.person, "Renewed on paper")
    assert browser(bank.head).post(answer, {"answer": "agree"}).status_code == 409
    assert set(AuditEvent.objects.values_list("event", flat=True)) >= {"deadline.asked", "deadline.agreed"}


def test_who_asked_does_not_agree_even_with_the_right_to(bank):
    deadline = make(bank)
    actions.ask(deadline_id=deadline.pk, by=bank.officer, reason="No")
    with pytest.raises(Refused, match="did not say it"):
        actions.answer(deadline_id=deadline.pk, by=bank.officer, agrees=True)
    with pytest.raises(Conflict, match="said so already"):
        actions.ask(deadline_id=deadline.pk, by=bank.manager, reason="No")
    actions.answer(deadline_id=deadline.pk, by=bank.head, agrees=False)
    deadline.refresh_from_db()
    assert (deadline.state, deadline.asked_by, deadline.reason) == ("open", None, "")
    with pytest.raises(Conflict, match="Nobody has said"):
        actions.answer(deadline_id=deadline.pk, by=bank.head, agrees=True)


def test_the_month_names_three_deadlines_of_a_day_and_counts_the_rest(bank):
    for _ in range(5):
        make(bank)
    page = browser(bank.manager).get(reverse("deadlines:calendar")).content.decode()
    assert page.count("Loan matures") == 3 and "and 2 more" in page
    assert "0 open deadlines" in browser(bank.manager).get(reverse("deadlines:calendar"), {"month": "2027-02"}).content.decode()


def test_the_export_holds_the_filtered_rows_and_is_told_to_the_trail(bank):
    late = make(bank, days=-2)
    make(bank)
    body = browser(bank.manager).get(reverse("deadlines:export", args=["csv"]), {"view": "late"}).content.decode("utf-8-sig")
    assert late.number in body and body.count("DL-26") == 1
    assert AuditEvent.objects.get(event="deadlines.exported").details["rows"] == 1


@pytest.mark.parametrize(
    ("opened", "due", "told"), [(0, 5, "opened"), (0, -9, "opened"), (-9, -1, "overdue"), (-9, 0, None), (-9, -2, None), (-1, 5, None)]
)
def test_people_are_told_when_a_deadline_opens_and_once_when_it_is_overdue(bank, opened, due, told):
    deadline = make(bank, days=due, opened_on=TODAY + timedelta(days=opened))
    rows = list(deadlines_to_tell(bank.lender, TODAY, TODAY - timedelta(days=1)))
    assert [(row["id"], row["what"], row["responsible_id"]) for row in rows] == ([(deadline.pk, told, bank.manager.person.pk)] if told else [])


def test_the_managers_own_page_counts_late_and_soon(bank):
    for days in (-1, 0, 30, 31):
        make(bank, days=days)
    make(bank, responsible=bank.manager2.person)
    found = counts_for(bank.manager, own=True)
    assert (found.open, found.late, found.soon) == (4, 1, 2)
    assert "Deadlines within 30 days" in browser(bank.manager).get("/").content.decode()


def test_officers_decide_classes_from_the_list_beside_it_and_many_at_once(bank):
    rows = [
        ClassProposal.objects.create(
            lender=bank.lender, bucket=loan.bucket, loan=loan, as_of=date(2026, 11, 1), old_class="normal", new_class="special_mention", days_past_due=3
        )
        for loan in (make_loan(bank) for _ in range(3))
    ]
    client: Client = browser(bank.officer)
    page = client.get(reverse("classification:list"), {"waiting": "11", "branch": "MAIN"}).content.decode()
    assert all(p.loan.number in page for p in rows) and "nobody has decided yet" in page
    assert client.get(reverse("classification:pane", args=[rows[1].pk])).status_code == 200
    assert client.post(reverse("classification:proposal", args=[rows[0].pk]), {"decision": "overrule"}).status_code == 422
    assert client.post(reverse("classification:proposal", args=[rows[0].pk]), {"decision": "overrule", "reason": "Ours"}).status_code == 302
    done = client.post(reverse("classification:confirm_many"), {"proposal": [rows[0].pk, rows[1].pk]}).content.decode()
    assert "1 confirmed · 1 not confirmed" in done and "already been decided" in done
    assert client.post(reverse("classification:confirm_many"), {"proposal": [rows[2].pk]}).status_code == 302
    assert browser(bank.manager).post(reverse("classification:confirm_many"), {"proposal": [rows[2].pk]}).status_code == 403
    body = client.get(reverse("classification:export", args=["csv"]), {"state": "overruled"}).content.decode("utf-8-sig")
    assert rows[0].loan.number in body and "Ours" in body and rows[1].loan.number not in body
    shown = browser(bank.manager).get(reverse("desk:loan", args=[rows[0].loan.number]), {"tab": "alerts"}).content.decode()
    assert "Class in force" in shown and "Ours" in shown
