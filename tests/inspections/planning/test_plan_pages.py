"""The pages of the plan and of who goes when, as each role meets them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from inspections.planning import load_actions, plan_actions
from inspections.planning.models import Absence, PlanReading, PlanVersion, Postponement, Task
from inspections.planning.plans import give_plan
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent, BusinessDay
from tests.inspections.book import TODAY, hire, make_loan, make_task, observe

LATER = TODAY + timedelta(days=10)


@pytest.fixture(autouse=True)
def _the_day(settings):
    settings.BUSINESS_DATE = TODAY.isoformat()


@pytest.fixture
def bank(bank):
    bank.people["credit2"] = hire(bank, "credit2", Role.CREDIT_ADMIN, bank.branch)
    give_plan(bank.lender)
    return bank


def browser(access) -> Client:
    client = Client()
    client.force_login(access.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def text(access, name, *args, query="") -> str:
    answer = browser(access).get(reverse(name, args=args) + query)
    assert answer.status_code == 200, name
    return answer.content.decode()


def send(access, name, *args, **told):
    return browser(access).post(reverse(name, args=args), told)


def test_a_plan_is_made_looked_at_proposed_approved_and_read_on_its_pages(bank):
    assert send(bank.credit, "planning:plans").status_code == 302
    draft = PlanVersion.objects.get(state="draft")
    line = {"occasion": "maturity", "kind": "maturity", "days": "30", "clause": "7"}
    assert send(bank.credit, "planning:row_add", draft.pk, **line).status_code == 302
    row = draft.rows.last()
    assert send(bank.credit, "planning:row", draft.pk, row.pk, **(line | {"days": "20"})).status_code == 302
    assert send(bank.credit, "planning:row_move", draft.pk, row.pk, to="up").status_code == 302
    head = {"source": "Board, 12 November", "why": "Loans are seen before they mature.", "postpone_times": "1", "postpone_days": "14"}
    words = {"en-title": "Inspection rules", "en-clause": "7", "en-text": "Before maturity.", "zh_hans-title": "", "ko-title": ""}
    assert send(bank.credit, "planning:edit", draft.pk, **head, **words).status_code == 302
    page = text(bank.credit, "planning:plan", draft.pk)
    assert "20 days before maturity" in page and "differs from the plan in force" in page and "Before maturity." in page
    assert [t.language for t in draft.texts.all()] == ["en"]
    assert send(bank.credit, "planning:propose", draft.pk, valid_from=LATER.isoformat()).status_code == 302
    assert send(bank.credit, "planning:approve", draft.pk).status_code == 403
    assert send(bank.credit2, "planning:approve", draft.pk).status_code == 302
    assert "Please read it and confirm" in text(bank.manager, "planning:plans")
    assert "Read the new inspection plan" in text(bank.manager, "desk:home")
    assert send(bank.manager, "planning:read", draft.pk).status_code == 302
    assert "Read the new inspection plan" not in text(bank.manager, "desk:home")
    assert PlanReading.objects.get().person == bank.manager.person


def test_a_line_that_can_not_be_is_shown_again_with_the_reason(bank):
    draft = plan_actions.begin_draft(by=bank.credit, copy_of=None)
    answer = send(bank.credit, "planning:row_add", draft.pk, occasion="routine", kind="off_site", days="100", size="large")
    assert answer.status_code == 422
    assert "An off-site check is only for small loans" in answer.content.decode()
    answer = send(bank.credit, "planning:edit", draft.pk, **{"postpone_times": "1", "postpone_days": "1", "en-title": "Only a title"})
    assert answer.status_code == 422
    assert "Write a title and a text, or leave both empty." in answer.content.decode()


def test_lines_are_taken_out_and_a_draft_of_another_is_not_touched(bank):
    draft = plan_actions.begin_draft(by=bank.credit, copy_of=PlanVersion.objects.get())
    row = draft.rows.first()
    assert send(bank.credit2, "planning:row_drop", draft.pk, row.pk).status_code == 403
    assert browser(bank.credit2).get(reverse("planning:edit", args=[draft.pk])).status_code == 403
    assert send(bank.credit, "planning:row_drop", draft.pk, row.pk).status_code == 302
    assert draft.rows.first().place == 1
    assert send(bank.credit2, "planning:withdraw", draft.pk, reason="Another one comes.").status_code == 302
    assert browser(bank.manager).get(reverse("planning:plan", args=[draft.pk])).status_code == 200
    assert send(bank.credit, "planning:row_add", draft.pk).status_code == 409


def test_a_draft_is_no_page_for_those_who_would_work_by_it(bank):
    draft = plan_actions.begin_draft(by=bank.credit, copy_of=None)
    assert browser(bank.manager).get(reverse("planning:plan", args=[draft.pk])).status_code == 404
    assert browser(bank.head).get(reverse("planning:preview", args=[draft.pk])).status_code == 404


def test_administration_and_audit_see_all_readers_others_their_own_line(bank):
    draft = plan_actions.begin_draft(by=bank.credit, copy_of=PlanVersion.objects.get())
    plan_actions.propose_plan(by=bank.credit, version_id=draft.pk, valid_from=LATER)
    plan_actions.approve_plan(by=bank.credit2, version_id=draft.pk)
    plan_actions.confirm_reading(by=bank.officer, version_id=draft.pk)
    for who in ("credit", "auditor"):
        page = text(bank.people[who], "planning:readings", draft.pk)
        assert bank.manager.person.name in page and bank.officer.person.name in page
    unread = text(bank.credit, "planning:readings", draft.pk, query="?view=unread")
    assert bank.officer.person.name not in unread and bank.manager.person.name in unread
    own = text(bank.manager, "planning:readings", draft.pk)
    assert bank.officer.person.name not in own
    answer = browser(bank.auditor).get(reverse("planning:readings_export", args=[draft.pk, "csv"]))
    assert bank.officer.person.staff_no in answer.content.decode() and TODAY.isoformat() in answer.content.decode()
    assert AuditEvent.objects.filter(event="plan.readers_exported").exists()
    assert browser(bank.auditor).get(reverse("planning:readings_export", args=[draft.pk, "exe"])).status_code == 404


@pytest.mark.usefixtures("as_worker")
def test_the_workload_of_a_draft_stands_beside_that_of_the_live_plan(bank):
    with connection.cursor() as cursor:
        cursor.execute("SELECT lw_make_observation_day(%s, %s)", [bank.lender.pk, TODAY])
    BusinessDay.objects.create(lender=bank.lender, business_date=TODAY, run_version=1, state="closed")
    observe(bank, make_loan(bank))
    draft = plan_actions.begin_draft(by=bank.credit, copy_of=PlanVersion.objects.get())
    load_actions.set_capacity(by=bank.head, person_id=bank.manager.person.pk, per_week=1, from_on=TODAY)
    for by, word in (("kind", "Routine inspection"), ("branch_id", bank.branch.name), ("person_id", bank.manager.person.name)):
        assert word in text(bank.credit, "planning:preview", draft.pk, query=f"?by={by}")
    live = PlanVersion.objects.get(number=1)
    assert bank.manager.person.name in text(bank.manager, "planning:preview", live.pk, query="?by=person_id")
    assert bank.manager.person.name not in text(bank.sibling_officer, "planning:preview", live.pk, query="?by=person_id")


def test_the_calendar_shows_days_room_and_who_has_too_much(bank):
    load_actions.set_capacity(by=bank.head, person_id=bank.manager.person.pk, per_week=1, from_on=TODAY)
    for _ in range(2):
        make_task(bank, due_on=TODAY)
    for query in ("", "?view=week", f"?person={bank.manager.person.pk}&day=2026-11-01", f"?branch={bank.branch.pk}"):
        page = text(bank.head, "planning:calendar", query=query)
        assert "Too much" in page and "2 / 1" in page
    assert bank.manager2.person.name not in text(bank.manager, "planning:calendar")
    assert text(bank.head, "planning:calendar", query="?day=nonsense&branch=999999")


def test_the_head_of_the_branch_says_what_a_person_can_make(bank):
    assert "not set" in text(bank.head, "planning:calendar")
    assert send(bank.head, "planning:capacity", bank.manager.person.pk, per_week="6", from_on=TODAY.isoformat()).status_code == 302
    assert "6" in text(bank.head, "planning:capacity", bank.manager.person.pk)
    assert send(bank.head, "planning:capacity", bank.manager.person.pk, per_week="-1", from_on="").status_code == 422
    assert send(bank.officer, "planning:capacity", bank.manager.person.pk).status_code == 403


def test_an_absence_is_entered_and_cancelled_on_its_page(bank):
    make_task(bank, due_on=LATER)
    told = {"person": bank.manager.person.pk, "from_on": LATER.isoformat(), "to_on": LATER.isoformat(), "reason": "leave", "substitute": bank.manager2.person.pk}
    assert send(bank.manager, "planning:absences", **told).status_code == 302
    absence = Absence.objects.get()
    assert Task.objects.get().assigned_to == bank.manager2.person
    assert bank.manager2.person.name in text(bank.head, "planning:absences")
    assert send(bank.manager2, "planning:absence_cancel", absence.pk).status_code == 404
    assert send(bank.manager, "planning:absence_cancel", absence.pk).status_code == 302
    assert "Cancelled" in text(bank.head, "planning:absences", query="?view=all")
    assert send(bank.manager2, "planning:absences", **told).status_code == 422
    assert send(bank.head, "planning:absences", **(told | {"substitute": bank.officer.person.pk})).status_code == 403


def test_the_route_of_a_day_takes_hours_and_leads_to_postponing(bank):
    task = make_task(bank, due_on=TODAY)
    assert task.number in text(bank.manager, "planning:route")
    answer = send(bank.manager, "planning:when", task.pk, planned_on=LATER.isoformat(), planned_at="14:30", back=TODAY.isoformat())
    assert answer.url.endswith(f"?day={TODAY}")
    assert "14:30" in text(bank.manager, "planning:route", query=f"?day={LATER}")
    assert send(bank.manager, "planning:when", task.pk, planned_on="soon").status_code == 302
    assert send(bank.officer, "planning:when", task.pk, planned_on=LATER.isoformat()).status_code == 404


def test_postponing_is_asked_and_decided_on_its_pages(bank):
    task = make_task(bank, due_on=TODAY)
    ask = {"to_day": LATER.isoformat(), "cause": "weather", "reason": "The road is closed."}
    assert "The plan allows" in text(bank.manager, "planning:postpone", task.pk)
    assert send(bank.manager, "planning:postpone", task.pk, **(ask | {"reason": ""})).status_code == 422
    assert send(bank.manager, "planning:postpone", task.pk, **ask).status_code == 302
    asked = Postponement.objects.get()
    assert "The road is closed." in text(bank.officer, "planning:postponements")
    assert send(bank.manager, "planning:decide", asked.pk, decision="agree").status_code == 403
    assert send(bank.sibling_officer, "planning:decide", asked.pk, decision="agree").status_code == 404
    assert send(bank.officer, "planning:decide", asked.pk, decision="refuse").status_code == 409
    assert send(bank.officer, "planning:decide", asked.pk, decision="agree").status_code == 302
    task.refresh_from_db()
    assert task.due_on == LATER
    assert "The road is closed." in text(bank.manager, "planning:postponements", query="?view=agreed")
