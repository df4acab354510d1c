"""Overruling, two officers above a limit, a split and its third person, going to see, questions, and batches."""

import pytest
from django.db import connection
from django.urls import reverse

from inspections.findings.models import Finding
from inspections.four_eyes import actions as four_eyes
from inspections.four_eyes.asking import answer_question, ask_recorder
from inspections.four_eyes.batches import batchable, confirm_batch, offer_batch, view_batch
from inspections.four_eyes.deciding import to_settle
from inspections.four_eyes.models import Explanation, PointResult, Settlement, Verification
from inspections.four_eyes.opening import prepare
from inspections.four_eyes.queries import decisions_needed, queue, splits
from inspections.planning.models import Task
from inspections.sampling.rules import BATCH, DESK
from inspections.visits import actions as visits
from inspections.visits.actions import NotComplete
from inspections.visits.models import Visit
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from tests.inspections.book import fill, hire, make_alert, make_loan, make_task, own_view, submit, submitted
from tests.inspections.four_eyes.draws import draw_all
from tests.inspections.test_pages import browser

BIG = 200_000_000


def decide(visit, who, how="confirm", words="Seen."):
    said = {"visit_id": visit.pk, "seen_hash": visit.content_hash, "explanation": words, "by": who}
    if how == "return":
        return four_eyes.return_visit(reason="place", **said)
    return (four_eyes.overrule_visit if how == "overrule" else four_eyes.confirm_visit)(**said)


def off_site(bank, **changed):
    task = make_task(bank, kind="off_site")
    visit = visits.start_visit(task_id=task.pk, by=bank.manager)
    fill(visit, bank.manager)
    return submit(visit, bank.manager, **changed)


def test_the_officers_findings_decide_and_the_report_stays_as_it_was(bank):
    visit = submitted(bank)
    own_view(visit, bank.officer, conclusion="problem", receipts_account=("none", "Statement of October."))
    with pytest.raises(NotComplete):
        decide(visit, bank.officer, "overrule", "  ")
    four_eyes.overrule_visit(
        visit_id=visit.pk, seen_hash=visit.content_hash, explanation="Receipts went elsewhere.", proposed_class="substandard", review_asked=True,
        finding={"text": "Receipts", "measure": "Bring the account back.", "severity": 2, "blocking": ("new_credit",)}, by=bank.officer,
    )  # fmt: skip
    visit = Visit.objects.get(pk=visit.pk)
    assert (visit.state, visit.conclusion, visit.verified_by) == ("verified", "no_problem", bank.officer.person)
    told = Verification.objects.get()
    assert (told.decision, told.decided_conclusion, told.proposed_class, told.review_asked) == ("overruled", "problem", "substandard", True)
    assert Finding.objects.get().blocks == ["new_credit"] and Finding.objects.get().reference == f"verification:{told.pk}"


def test_results_per_point_are_written_with_the_decision(bank):
    visit = submitted(bank)
    own_view(visit, bank.officer, conclusion="problem", staff_present=("100", ""))
    decide(visit, bank.officer, "overrule")
    found = dict(PointResult.objects.values_list("code", "result"))
    assert found["conclusion"] == "material" and found["staff_present"] == "material" and "same" in found.values()
    assert PointResult.objects.get(code="staff_present").percent == 35


def test_above_the_limit_two_officers_decide_alike(bank):
    visit = submitted(bank, make_task(bank, make_loan(bank, principal=BIG)))
    assert decisions_needed(visit) == 2
    for officer in (bank.officer, bank.officer2):
        own_view(visit, officer)
    assert decide(visit, bank.officer).state == "submitted", "one is not enough"
    assert Task.objects.get(pk=visit.task_id).state == "submitted"
    with pytest.raises(Conflict, match="already decided"):
        decide(visit, bank.officer)
    assert decide(visit, bank.officer2).state == "verified"


@pytest.mark.parametrize(("principal", "needed"), [(100_000_000, 1), (100_000_001, 2)])
def test_the_limit_itself_needs_one(bank, principal, needed):
    assert decisions_needed(submitted(bank, make_task(bank, make_loan(bank, principal=principal)))) == needed


def test_a_split_waits_for_a_third_person_and_the_last_one_does_not_win(bank):
    visit = submitted(bank, make_task(bank, make_loan(bank, principal=BIG)))
    for officer in (bank.officer, bank.officer2):
        own_view(visit, officer)
    decide(visit, bank.officer)
    assert decide(visit, bank.officer2, "return").state == "submitted"
    assert [v.pk for v in splits(bank.credit)] == [visit.pk]
    for who in (bank.officer, bank.officer2):
        with pytest.raises(Refused, match="third person"):
            to_settle(visit.pk, who)
    third = hire(bank, "third", Role.RISK_OFFICER, bank.branch)
    with pytest.raises(Conflict, match="own view first"):
        to_settle(visit.pk, third)
    first = Verification.objects.get(officer=bank.officer.person)
    page = browser(bank.credit).post(
        reverse("four_eyes:settle", args=[visit.pk]), {"seen_hash": visit.content_hash, "verification": first.pk, "explanation": "The first saw the stock."}
    )
    assert page.status_code == 302
    visit = Visit.objects.get(pk=visit.pk)
    assert (visit.state, visit.verified_by) == ("verified", bank.credit.person)
    assert Settlement.objects.get().outcome == "confirmed" and not splits(bank.credit).exists()


def test_two_conclusions_that_count_are_a_split_as_well(bank):
    visit = submitted(bank, make_task(bank, make_loan(bank, principal=BIG)))
    own_view(visit, bank.officer)
    own_view(visit, bank.officer2, conclusion="problem")
    decide(visit, bank.officer)
    assert decide(visit, bank.officer2, "overrule").state == "submitted"
    assert splits(bank.credit).exists()
    assert browser(bank.credit).get(reverse("four_eyes:settle", args=[visit.pk])).status_code == 200


def test_without_a_split_nobody_settles(bank):
    visit = submitted(bank)
    with pytest.raises(Conflict, match="nothing to settle"):
        to_settle(visit.pk, bank.credit)


def test_an_own_visit_on_the_phone_becomes_the_own_view(bank):
    visit = submitted(bank)
    task = four_eyes.plan_own_visit(visit_id=visit.pk, by=bank.officer).own_task
    assert (task.kind, task.assigned_to) == ("verify", bank.officer.person)
    with pytest.raises(Conflict, match="see for yourself"):
        own_view(visit, bank.officer)
    own = visits.start_visit(task_id=task.pk, by=bank.officer)
    fill(own, bank.officer, seed=7, staff_present=("40", "Counted at the gate."))
    own = submit(own, bank.officer, conclusion="concern", summary="Half the hall is let.")
    client = browser(bank.officer)
    page = client.get(reverse("four_eyes:verify", args=[visit.pk]))
    text = page.content.decode()
    assert "Half the hall is let." in text and "Counted at the gate." in text and page.status_code == 200
    told = Verification.objects.get()
    assert (told.method, told.own_visit, told.own_conclusion) == ("visit", own, "concern")
    assert Task.objects.get(pk=task.pk).state == "done" and own.pk not in {v.pk for v in queue(bank.officer2)}
    with pytest.raises(Conflict, match="itself a verification"):
        four_eyes.open_verification(visit_id=own.pk, by=bank.officer2)


def test_a_planned_own_visit_is_given_up_with_a_reason(bank):
    visit = submitted(bank)
    task = four_eyes.plan_own_visit(visit_id=visit.pk, by=bank.officer).own_task
    with pytest.raises(NotComplete):
        four_eyes.give_up_own_visit(visit_id=visit.pk, reason=" ", by=bank.officer)
    four_eyes.give_up_own_visit(visit_id=visit.pk, reason="The road is closed.", by=bank.officer)
    assert Task.objects.get(pk=task.pk).state == "cancelled"
    own_view(visit, bank.officer)


def test_a_question_is_answered_once_by_who_recorded_it_and_holds_up_confirming(bank):
    visit = submitted(bank)
    with pytest.raises(Conflict, match="own view first"):
        ask_recorder(visit_id=visit.pk, code="staff_present", question="Who counted?", by=bank.officer)
    own_view(visit, bank.officer)
    asked = ask_recorder(visit_id=visit.pk, code="staff_present", question="Who counted?", by=bank.officer)
    with pytest.raises(Conflict, match="already asked"):
        ask_recorder(visit_id=visit.pk, code="staff_present", question="And when?", by=bank.officer)
    with pytest.raises(Conflict, match="no answer yet"):
        decide(visit, bank.officer)
    with pytest.raises(Explanation.DoesNotExist):
        answer_question(explanation_id=asked.pk, answer="Not mine.", by=bank.manager2)
    client = browser(bank.manager)
    page = client.get(reverse("inspections:questions"))
    assert "Who counted?" in page.content.decode() and "My view." not in page.content.decode()
    assert client.post(reverse("inspections:questions"), {"explanation": asked.pk, "answer": ""}).status_code == 422
    assert client.post(reverse("inspections:questions"), {"explanation": asked.pk, "answer": "The foreman, by name."}).status_code == 302
    with pytest.raises(Conflict, match="already answered"):
        answer_question(explanation_id=asked.pk, answer="Or not.", by=bank.manager)
    assert "The foreman, by name." in browser(bank.officer).get(reverse("four_eyes:verify", args=[visit.pk])).content.decode()
    assert decide(visit, bank.officer).state == "verified"


def test_off_site_checks_are_confirmed_in_a_batch_each_by_itself(bank, monkeypatch):
    draw_all(monkeypatch, BATCH, otherwise=DESK)
    fine, other, red, gone = (off_site(bank) for _ in range(4))
    make_alert(bank, red.loan, level=3)
    assert {v.pk for v in offer_batch(bank.officer)} == {fine.pk, other.pk, gone.pk}
    assert {v.pk for v in batchable(bank.officer)} == {fine.pk, other.pk, gone.pk}
    assert submitted(bank).pk not in {v.pk for v in batchable(bank.officer)}, "a visit to the place is no off-site check"
    done = view_batch(conclusions={fine.pk: "no_problem", other.pk: "problem", red.pk: "no_problem", gone.pk: "no_problem", 999999: "no_problem"}, by=bank.officer)
    assert [item.fine for item in done] == [True, True, False, True, False]
    own_view(gone, bank.officer2)
    decide(gone, bank.officer2, "return")
    done = confirm_batch(hashes={v.pk: v.content_hash for v in (fine, other, red, gone)}, by=bank.officer)
    assert [item.fine for item in done] == [True, False, False, False]
    assert "differ" in done[1].sentence
    assert Visit.objects.get(pk=fine.pk).state == "verified" and Visit.objects.get(pk=other.pk).state == "submitted"


def test_an_item_of_a_batch_on_changed_content_is_refused_and_the_others_go_on(bank, monkeypatch):
    draw_all(monkeypatch, BATCH, otherwise=DESK)
    first, second = off_site(bank), off_site(bank)
    offer_batch(bank.officer)
    view_batch(conclusions={first.pk: "no_problem", second.pk: "no_problem"}, by=bank.officer)
    done = confirm_batch(hashes={first.pk: "0" * 64, second.pk: second.content_hash}, by=bank.officer)
    assert [item.fine for item in done] == [False, True]


def test_the_batch_page_shows_no_conclusion_before_the_own_one(bank, monkeypatch):
    draw_all(monkeypatch, BATCH, otherwise=DESK)
    visit = off_site(bank, conclusion="concern", summary="Sales fell.")
    client = browser(bank.officer)
    page = client.get(reverse("inspections:batch")).content.decode()
    assert str(visit.task.borrower) in page and "hash-" not in page and visit.content_hash not in page
    page = client.post(reverse("inspections:batch"), {"step": "view", f"c-{visit.pk}": "concern"}).content.decode()
    assert visit.content_hash in page
    page = client.post(reverse("inspections:batch"), {"step": "confirm", "item": visit.pk, f"hash-{visit.pk}": visit.content_hash}).content.decode()
    assert "Confirmed and sealed." in page and Visit.objects.get(pk=visit.pk).state == "verified"


def test_the_queue_names_the_method_and_is_filtered_and_sorted(bank):
    visit = submitted(bank)
    prepare([visit.pk])
    client = browser(bank.officer)
    drawn = client.get(reverse("inspections:four_eyes"))
    method = Visit.objects.get(pk=visit.pk).draw.method
    assert drawn.status_code == 200
    for query, there in ((f"?method={method}", True), ("?kind=special", False), ("?mine=1", False), ("?sort=-borrower", True), ("?sort=method", True)):
        assert (visit.task.number in client.get(reverse("inspections:four_eyes") + query).content.decode()) == there, query
    four_eyes.open_verification(visit_id=visit.pk, by=bank.officer)
    assert visit.task.number in client.get(reverse("inspections:four_eyes") + "?mine=1").content.decode()


def test_what_the_first_of_two_decided_is_told_to_nobody_before_the_second(bank):
    visit = submitted(bank, make_task(bank, make_loan(bank, principal=BIG)))
    for officer in (bank.officer, bank.officer2):
        own_view(visit, officer)
    decide(visit, bank.officer, words="Words of the first officer.")
    for who in ("officer2", "manager", "head"):
        page = browser(bank.people[who]).get(reverse("visits:detail", args=[visit.pk]))
        assert "Words of the first officer." not in page.content.decode(), who
    assert "Words of the first officer." not in browser(bank.officer2).get(reverse("four_eyes:verify", args=[visit.pk])).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lw.reader', %s, true)", [str(bank.officer2.person.pk)])
        cursor.execute("SELECT count(*) FROM inspections_ownanswer o JOIN inspections_verification v ON v.id = o.verification_id WHERE v.officer_id = %s",
                       [bank.officer.person.pk])  # fmt: skip
        assert cursor.fetchone() == (0,)
