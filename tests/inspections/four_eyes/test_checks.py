"""How a check is made: its time, its method after the draw, its question, its finding, and who is independent enough to make it."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from alerts.signals.models import Alert
from borrowers.conduct.models import ConductFact
from borrowers.loans.models import Custody
from inspections.evidence.actions import ensure_examined
from inspections.findings.models import Finding
from inspections.four_eyes import actions as four_eyes
from inspections.four_eyes.asking import answer_question, ask_recorder, withdraw_question
from inspections.four_eyes.batches import batchable, offer_batch, view_batch
from inspections.four_eyes.models import Verification
from inspections.four_eyes.opening import prepare
from inspections.planning.models import Task
from inspections.sampling import sealing
from inspections.sampling.rules import BATCH, DESK, VISIT
from inspections.visits import actions as visits
from inspections.visits.actions import NotComplete
from inspections.visits.models import Visit
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.trail.models import AuditEvent
from tests.inspections.book import TODAY, fill, good_answers, hire, make_alert, make_loan, make_task, own_view, submit, submitted
from tests.inspections.four_eyes.draws import draw_all
from tests.inspections.test_pages import browser

BIG = 200_000_000


def off_site(bank, loan=None) -> Visit:
    visit = visits.start_visit(task_id=make_task(bank, loan, kind="off_site").pk, by=bank.manager)
    fill(visit, bank.manager)
    return submit(visit, bank.manager)


def at_the_desk(visit: Visit, by, method: str = DESK) -> Verification:
    return four_eyes.record_own_view(visit_id=visit.pk, answers=good_answers(visit), conclusion="no_problem", summary="", method=method, by=by)


def confirm(visit: Visit, by, **extra) -> Visit:
    return four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation="Seen.", by=by, **extra)


# --- the time of a check ---


def test_the_time_of_a_check_runs_from_the_first_look_at_the_form(bank, monkeypatch):
    draw_all(monkeypatch, DESK, otherwise=VISIT)
    visit = submitted(bank)
    browser(bank.officer).get(reverse("four_eyes:verify", args=[visit.pk]))
    begun = Verification.objects.get()
    assert begun.officer == bank.officer.person and begun.own_recorded_at is None
    browser(bank.officer).get(reverse("four_eyes:verify", args=[visit.pk]))
    later = timezone.now() + timedelta(minutes=20)
    monkeypatch.setattr(four_eyes.timezone, "now", lambda: later)
    at_the_desk(visit, bank.officer)
    confirm(visit, bank.officer)
    time = ConductFact.objects.get(kind="review_time")
    assert time.detail["seconds"] >= 20 * 60 and Verification.objects.get().opened_at == begun.opened_at


def test_who_may_not_verify_opens_nothing_by_looking(bank):
    loan = make_loan(bank, lead=bank.officer)
    visit = submitted(bank, make_task(bank, loan))
    assert browser(bank.officer).get(reverse("four_eyes:verify", args=[visit.pk])).status_code == 200
    assert not Verification.objects.exists()


def test_the_items_of_a_batch_are_opened_when_they_are_first_shown(bank, monkeypatch):
    draw_all(monkeypatch, BATCH, otherwise=DESK)
    first, second, own = off_site(bank), off_site(bank), off_site(bank, make_loan(bank, lead=bank.officer))
    for _ in range(2):
        page = browser(bank.officer).get(reverse("inspections:batch")).content.decode()
    assert f"c-{first.pk}" in page and f"c-{second.pk}" in page and f"c-{own.pk}" not in page
    assert set(Verification.objects.values_list("visit_id", "own_recorded_at")) == {(first.pk, None), (second.pk, None)}
    assert AuditEvent.objects.filter(event="verification.opened").count() == 2


# --- the method follows the draw ---


def test_an_off_site_check_drawn_to_the_desk_is_in_no_batch(bank, monkeypatch):
    draw_all(monkeypatch, DESK, otherwise=BATCH)
    visit = off_site(bank)
    assert offer_batch(bank.officer) == [] and visit.draw.method == DESK
    (done,) = view_batch(conclusions={visit.pk: "no_problem"}, by=bank.officer)
    assert not done.fine
    with pytest.raises(IntegrityError, match="not drawn for a batch"), transaction.atomic():
        at_the_desk(visit, bank.officer, method=BATCH)
    at_the_desk(visit, bank.officer)


@pytest.mark.parametrize("about", ["loan", "borrower"])
def test_a_red_alert_on_the_loan_or_on_its_borrower_keeps_it_out_of_a_batch(bank, monkeypatch, about):
    draw_all(monkeypatch, BATCH, otherwise=DESK)
    visit = off_site(bank)
    assert [v.pk for v in offer_batch(bank.officer)] == [visit.pk]
    alert = make_alert(bank, visit.loan, level=3)
    if about == "borrower":
        Alert.objects.filter(pk=alert.pk).update(loan=None)
    assert not batchable(bank.officer).exists()
    with pytest.raises(IntegrityError, match="red alert"), transaction.atomic():
        at_the_desk(visit, bank.officer, method=BATCH)


def test_what_was_drawn_for_an_own_visit_is_checked_at_the_desk_only_with_a_reason(bank, monkeypatch):
    draw_all(monkeypatch, VISIT, otherwise=DESK)
    visit = submitted(bank)
    page = reverse("four_eyes:verify", args=[visit.pk])
    client = browser(bank.officer)
    assert 'value="own"' not in client.get(page).content.decode(), "there is no form for the desk"
    with pytest.raises(Conflict, match="drawn for an own visit"):
        at_the_desk(visit, bank.officer)
    begun = Verification.objects.get()
    with pytest.raises(IntegrityError, match="drawn for an own visit"), transaction.atomic():
        begun.own_recorded_at, begun.own_conclusion, begun.method = timezone.now(), "no_problem", "desk"
        begun.save()
    assert client.post(page, {"step": "stay", "reason": ""}).status_code == 422
    assert client.post(page, {"step": "stay", "reason": "The road is under water."}).status_code == 302
    assert 'value="own"' in client.get(page).content.decode()
    at_the_desk(visit, bank.officer)
    assert "The road is under water." in client.get(page).content.decode()
    confirm(visit, bank.officer)
    assert Verification.objects.get().desk_reason == "The road is under water."
    assert AuditEvent.objects.get(event="verification.own_visit_given_up").details["reason"] == "The road is under water."
    assert "The road is under water." in browser(bank.manager).get(reverse("visits:detail", args=[visit.pk])).content.decode()


def test_where_no_own_visit_is_drawn_or_planned_there_is_none_to_give_up(bank, monkeypatch):
    draw_all(monkeypatch, DESK, otherwise=VISIT)
    visit = submitted(bank)
    with pytest.raises(Conflict, match="No own visit"):
        four_eyes.give_up_own_visit(visit_id=visit.pk, reason="Rain.", by=bank.officer)


@pytest.mark.parametrize("stuck", ["begun", "cancelled", "reassigned", "made by somebody else"])
def test_an_own_visit_that_can_not_be_finished_is_given_up(bank, stuck):
    visit = submitted(bank)
    task = four_eyes.plan_own_visit(visit_id=visit.pk, by=bank.officer).own_task
    who = bank.officer2 if stuck in {"reassigned", "made by somebody else"} else bank.officer
    Task.objects.filter(pk=task.pk).update(assigned_to=who.person)
    if stuck == "cancelled":
        Task.objects.filter(pk=task.pk).update(state="cancelled", closed_on=TODAY)
    else:
        own = visits.start_visit(task_id=task.pk, by=who)
        if stuck == "made by somebody else":
            fill(own, who, seed=5)
            submit(own, who, conclusion="concern")
    four_eyes.give_up_own_visit(visit_id=visit.pk, reason="The road is closed.", by=bank.officer)
    assert Task.objects.get(pk=task.pk).state == ("done" if stuck == "made by somebody else" else "cancelled")
    assert Visit.objects.filter(task=task).count() == (0 if stuck == "cancelled" else 1), "what was begun is kept"
    at_the_desk(visit, bank.officer)
    assert confirm(visit, bank.officer).state == "verified"


def test_an_own_visit_that_is_handed_in_is_not_given_up(bank):
    visit = submitted(bank)
    task = four_eyes.plan_own_visit(visit_id=visit.pk, by=bank.officer).own_task
    own = visits.start_visit(task_id=task.pk, by=bank.officer)
    fill(own, bank.officer, seed=5)
    submit(own, bank.officer, conclusion="concern")
    with pytest.raises(Conflict, match="already handed in"):
        four_eyes.give_up_own_visit(visit_id=visit.pk, reason="I found too much.", by=bank.officer)


def test_a_seed_that_can_not_be_read_closes_neither_the_queue_nor_what_is_drawn(bank, monkeypatch):
    draw_all(monkeypatch, DESK, otherwise=VISIT)
    drawn = submitted(bank)
    prepare([drawn.pk])
    waiting = submitted(bank, seed=3)
    ensure_examined([waiting.pk])

    def unreadable(*_args):
        raise sealing.NotOurs

    monkeypatch.setattr(sealing, "unseal", unreadable)
    client = browser(bank.officer)
    for name in ("inspections:four_eyes", "inspections:batch"):
        assert client.get(reverse(name)).status_code == 200, name
    text = client.get(reverse("inspections:four_eyes")).content.decode()
    assert "not drawn yet" in text and waiting.task.number in text and drawn.task.number in text
    assert client.get(reverse("four_eyes:verify", args=[drawn.pk])).status_code == 200


# --- findings wait for the last decision ---

FINDING = {"text": "Receipts went elsewhere.", "measure": "Bring the account back.", "severity": 2, "blocking": ("new_credit",), "due_on": date(2026, 12, 1)}


def test_the_finding_of_the_first_officer_is_raised_when_the_second_has_decided(bank):
    visit = submitted(bank, make_task(bank, make_loan(bank, principal=BIG)))
    own_view(visit, bank.officer)
    confirm(visit, bank.officer, finding=FINDING)
    assert not Finding.objects.exists(), "the second officer is still blind"
    assert "Receipts went elsewhere." not in browser(bank.officer2).get(reverse("visits:detail", args=[visit.pk])).content.decode()
    own_view(visit, bank.officer2)
    confirm(visit, bank.officer2)
    found = Finding.objects.get()
    assert (found.text, found.due_on, found.blocks) == ("Receipts went elsewhere.", date(2026, 12, 1), ["new_credit"])
    assert found.reference == f"verification:{Verification.objects.get(officer=bank.officer.person).pk}"


def test_of_a_split_only_the_decision_that_is_followed_raises_its_finding(bank):
    visit = submitted(bank, make_task(bank, make_loan(bank, principal=BIG)))
    for officer, conclusion in ((bank.officer, "problem"), (bank.officer2, "concern")):
        own_view(visit, officer, conclusion=conclusion)
        four_eyes.overrule_visit(
            visit_id=visit.pk, seen_hash=visit.content_hash, explanation="Seen.", finding=FINDING | {"text": f"A {conclusion}."}, by=officer
        )
    assert not Finding.objects.exists()
    followed = Verification.objects.get(officer=bank.officer2.person)
    four_eyes.settle_split(visit_id=visit.pk, seen_hash=visit.content_hash, verification_id=followed.pk, explanation="The lesser one.", by=bank.credit)
    assert Finding.objects.get().text == "A concern."


# --- questions ---


def test_who_has_no_page_of_questions_is_not_asked(bank):
    visit = visits.start_visit(task_id=make_task(bank, to=bank.agent).pk, by=bank.agent)
    fill(visit, bank.agent)
    visit = submit(visit, bank.agent)
    own_view(visit, bank.officer)
    with pytest.raises(Conflict, match="can't answer questions"):
        ask_recorder(visit_id=visit.pk, code="conclusion", question="Why?", by=bank.officer)
    page = browser(bank.officer).get(reverse("four_eyes:verify", args=[visit.pk])).content.decode()
    assert 'value="ask"' not in page and "answer questions here" in page


@pytest.mark.parametrize(("left_on", "asked"), [(TODAY, False), (TODAY + timedelta(days=1), True), (None, True)])
def test_who_has_left_is_not_asked(bank, left_on, asked):
    visit = submitted(bank)
    own_view(visit, bank.officer)
    bank.manager.person.left_on = left_on
    bank.manager.person.save()
    if asked:
        assert ask_recorder(visit_id=visit.pk, code="conclusion", question="Why?", by=bank.officer)
    else:
        with pytest.raises(Conflict, match="can't answer questions"):
            ask_recorder(visit_id=visit.pk, code="conclusion", question="Why?", by=bank.officer)


def test_an_unanswered_question_is_withdrawn_in_words_and_holds_up_nothing_then(bank):
    visit = submitted(bank)
    own_view(visit, bank.officer)
    asked = ask_recorder(visit_id=visit.pk, code="conclusion", question="Why?", by=bank.officer)
    client, page = browser(bank.officer), reverse("four_eyes:verify", args=[visit.pk])
    with pytest.raises(Conflict, match="no answer yet"):
        confirm(visit, bank.officer)
    with pytest.raises(NotComplete):
        withdraw_question(explanation_id=asked.pk, words="  ", by=bank.officer)
    with pytest.raises(Refused):
        withdraw_question(explanation_id=asked.pk, words="Not mine.", by=bank.manager)
    client.post(page, {"step": "withdraw", "explanation": asked.pk, "words": "She is on leave until May."})
    assert "She is on leave until May." in client.get(page).content.decode()
    assert "She is on leave until May." in browser(bank.manager).get(reverse("inspections:questions")).content.decode()
    with pytest.raises(Conflict, match="withdrawn"):
        answer_question(explanation_id=asked.pk, answer="Because.", by=bank.manager)
    with pytest.raises(Conflict, match="withdrawn"):
        withdraw_question(explanation_id=asked.pk, words="Again.", by=bank.officer)
    assert confirm(visit, bank.officer).state == "verified"


# --- who is independent ---


@pytest.mark.parametrize("capacity", ["lead", "responsible", "handling"])
@pytest.mark.parametrize(("until", "refused"), [(date(2025, 11, 12), False), (date(2025, 11, 13), True)])
def test_page_and_database_count_from_the_day_of_handing_in(bank, capacity, until, refused):
    """Handed in on 12 November 2026 and verified eight days later: the cooling-off is counted from the first day, in every capacity."""
    loan = make_loan(bank, disbursed_on=date(2025, 1, 1))
    if capacity == "lead":
        Custody.objects.filter(loan=loan).update(from_on=date(2025, 12, 1))
    Custody.objects.create(
        lender=bank.lender, bucket=loan.bucket, loan=loan, person=bank.officer.person, capacity=capacity, from_on=date(2025, 1, 1), to_on=until
    )
    earlier = hire(bank, "earlier", "account_manager", bank.branch)
    earlier.on = date(2026, 11, 12)
    task = make_task(bank, loan, to=earlier)
    visit = visits.start_visit(task_id=task.pk, by=earlier)
    fill(visit, earlier)
    visit = submit(visit, earlier, visited_on=date(2026, 11, 12))
    assert visit.submitted_on == date(2026, 11, 12)
    page = browser(bank.officer).get(reverse("four_eyes:verify", args=[visit.pk])).content.decode()
    assert ("account manager of this loan within" in page) == refused
    if refused:
        with pytest.raises(Refused, match="account manager of this loan"):
            own_view(visit, bank.officer)
    else:
        own_view(visit, bank.officer)
