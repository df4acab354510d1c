"""The pages of an inspection, as each role meets them."""

import io
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from borrowers.loans.models import Custody
from inspections.four_eyes import actions as four_eyes
from inspections.planning.models import Task
from inspections.visits import actions as visits
from inspections.visits.models import Photo, Visit
from loanwatch.trail.models import AuditEvent
from tests.inspections.book import fill, good_answers, hire, make_loan, make_task, own_view, picture, submit, submitted
from tests.inspections.four_eyes.draws import draw_all

SECRET = "The owner has left the country."


@pytest.fixture(autouse=True)
def _the_day(settings, monkeypatch):
    settings.BUSINESS_DATE = "2026-11-20"
    draw_all(monkeypatch, "desk", otherwise="batch")


def browser(access) -> Client:
    client = Client()
    client.force_login(access.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def secret_visit(bank) -> Visit:
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    fill(visit, bank.manager, remarks=(SECRET, ""))
    return submit(visit, bank.manager, summary=SECRET, conclusion="problem")


PLACES = {
    "tasks": lambda v: reverse("inspections:tasks"),
    "queue": lambda v: reverse("inspections:four_eyes"),
    "verify": lambda v: reverse("four_eyes:verify", args=[v.pk]),
    "detail": lambda v: reverse("visits:detail", args=[v.pk]),
    "today": lambda v: reverse("visits:today"),
}


# Answers per role for tasks, today, queue, verify, detail.
GRID = {
    "manager": (200, 200, 403, 403, 200),
    "manager2": (200, 200, 403, 403, 404),
    "officer": (200, 200, 200, 200, 200),
    "sibling_officer": (200, 200, 200, 404, 404),
    "head": (200, 403, 403, 403, 200),
    "credit": (200, 403, 403, 403, 200),
    "auditor": (200, 403, 200, 403, 200),
    "agent": (200, 200, 403, 403, 404),
}


def test_who_opens_which_page(bank, secret_visit):
    found = {}
    for who in GRID:
        client = browser(bank.people[who])
        found[who] = tuple(client.get(PLACES[place](secret_visit)).status_code for place in ("tasks", "today", "queue", "verify", "detail"))
    assert found == GRID


def test_a_blind_officer_finds_nothing_of_the_record_on_any_page_or_address(bank, secret_visit):
    client = browser(bank.officer)
    photo = Photo.objects.filter(visit=secret_visit).first()
    assert client.get(reverse("visits:photo", args=[photo.pk])).status_code == 404
    places = [PLACES[p](secret_visit) for p in ("queue", "verify", "detail", "tasks")]
    places += [reverse("api:inspections"), reverse("api:inspection", args=[secret_visit.pk]), reverse("api:tasks")]
    for place in places:
        answer = client.get(place)
        assert answer.status_code == 200, place
        text = answer.content.decode()
        assert SECRET not in text and secret_visit.content_hash not in text and reverse("visits:photo", args=[photo.pk]) not in text, place
    told = client.get(places[5]).json()
    assert (told["readable"], told["conclusion"], told["answers"]) == (False, None, [])
    own_view(secret_visit, bank.officer)
    assert client.get(reverse("visits:photo", args=[photo.pk])).status_code == 200
    assert client.get(places[5]).json()["conclusion"] == "problem"
    for place in (PLACES["verify"](secret_visit), PLACES["detail"](secret_visit)):
        assert SECRET in client.get(place).content.decode()


def test_a_photo_is_not_served_outside_the_readers_scope(bank, secret_visit):
    photo = Photo.objects.filter(visit=secret_visit).first()
    statuses = {
        who: browser(bank.people[who]).get(reverse("visits:photo", args=[photo.pk])).status_code
        for who in ("manager", "head", "manager2", "sibling_officer", "agent")
    }
    assert statuses == {"manager": 200, "head": 200, "manager2": 404, "sibling_officer": 404, "agent": 404}


def test_a_visit_is_recorded_without_any_script(bank):
    client = browser(bank.manager)
    task = make_task(bank)
    assert client.post(reverse("visits:start", args=[task.pk])).status_code == 302
    visit = Visit.objects.get()
    address = reverse("visits:form", args=[visit.pk])
    given = {f"a-{code}": value for code, (value, _note) in good_answers(visit).items()}
    files = {"p-photo_gate": picture(1), "p-photo_inside": picture(2)}
    for name, data in files.items():
        data.name = f"{name}.jpg"
    answer = client.post(address + "?s=1", {**given, **files, "to": "2"})
    assert (answer.status_code, answer.url) == (302, address + "?s=2")
    last = {"visited_on": "2026-11-20", "conclusion": "no_problem", "summary": "In order.", "position_reason": "No phone at hand."}
    review = reverse("visits:review", args=[visit.pk])
    assert client.post(review, last | {"summary": ""}).status_code == 422
    assert client.post(review, last).url == reverse("visits:detail", args=[visit.pk])
    assert client.post(review, last).status_code == 302, "sent twice, submitted once"
    assert client.get(address).url == reverse("visits:detail", args=[visit.pk])


def test_saving_says_what_is_wrong_with_an_answer_and_keeps_the_others(bank):
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    client = browser(bank.manager)
    told = client.post(reverse("visits:save", args=[visit.pk]), {"a-staff_present": "many", "a-operating": "no"}).json()
    assert list(told["errors"]) == ["staff_present"] and told["failed"] == ["operating"] and told["progress"] == "1 of 23 answered"
    answer = client.post(reverse("visits:form", args=[visit.pk]), {"a-staff_present": "many"})
    assert answer.status_code == 422 and b'value="many"' in answer.content


def test_the_form_of_another_is_not_found_and_a_submitted_one_is_not_saved(bank, secret_visit):
    draft = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    for name in ("form", "save", "review", "position"):
        assert (
            browser(bank.manager2)
            .post(reverse(f"visits:{name}", args=[draft.pk]), {"latitude": "1", "longitude": "1", "accuracy": "1"})
            .status_code
            == 404
        )
    assert browser(bank.manager).post(reverse("visits:save", args=[secret_visit.pk]), {"a-operating": "no"}).status_code == 409


def test_an_upload_that_is_no_photo_is_answered_with_its_sentence(bank):
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    upload = io.BytesIO(b"<script>")
    upload.name = "x.jpg"
    answer = browser(bank.manager).post(
        reverse("visits:photo_add", args=[visit.pk, "photo_gate"]), {"photo": upload}, headers={"accept": "application/json"}
    )
    assert answer.status_code == 409 and "not a JPEG" in answer.json()["detail"]


def test_verification_in_the_browser_own_view_comparison_return_and_confirm(bank, secret_visit):
    client = browser(bank.officer)
    address = reverse("four_eyes:verify", args=[secret_visit.pk])
    assert client.post(address, {"step": "own"}).status_code == 422
    own = {f"a-{code}": value for code, (value, _note) in good_answers(secret_visit).items()} | {"step": "own", "conclusion": "no_problem"}
    assert client.post(address, own).status_code == 302
    page = client.get(address).content.decode()
    assert "Material" in page and SECRET in page
    decision = {"seen_hash": secret_visit.content_hash, "decision": "confirm", "explanation": ""}
    assert client.post(address, decision).status_code == 422, "a material difference must be explained"
    assert client.post(address, decision | {"seen_hash": "0" * 64, "explanation": "x"}).status_code == 409
    assert client.post(address, decision | {"decision": "return", "explanation": "Prove it."}).status_code == 422, "no reason"
    assert client.post(address, decision | {"explanation": "Seen the visa."}).status_code == 302
    assert Task.objects.get().state == "done"
    assert client.post(address, decision | {"explanation": "Again."}).status_code == 409


def test_the_manager_reads_why_a_visit_came_back_and_the_agent_nothing_more(bank):
    task = make_task(bank, to=bank.agent)
    visit = visits.start_visit(task_id=task.pk, by=bank.agent)
    fill(visit, bank.agent)
    visit = submit(visit, bank.agent)
    four_eyes.record_own_view(
        visit_id=visit.pk, answers=good_answers(visit), conclusion="problem", summary="My secret view.", by=bank.officer
    )
    four_eyes.return_visit(visit_id=visit.pk, seen_hash=visit.content_hash, reason="evidence", explanation="Blurred gate.", by=bank.officer)
    agent = browser(bank.agent).get(reverse("visits:detail", args=[visit.pk])).content.decode()
    assert "Blurred gate." in agent and "My secret view." not in agent
    manager = browser(bank.manager).get(reverse("visits:detail", args=[visit.pk])).content.decode()
    assert "Blurred gate." in manager and "My secret view." in manager


def test_an_agent_sees_assigned_tasks_only_and_no_amount(bank):
    make_task(bank)
    mine = make_task(bank, to=bank.agent)
    for name in ("inspections:tasks", "visits:today"):
        page = browser(bank.agent).get(reverse(name)).content.decode()
        assert mine.borrower.name in page and page.count("Works ") == page.count(mine.borrower.name)
        assert mine.loan.number not in page.replace(mine.borrower.name, "") and "800 K" not in page and "800,000" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("view=late", 1),
        ("kind=special", 1),
        ("manager=0", 0),
        ("view=all&sort=-due_on", 2),
        ("view=nonsense&kind=x&manager=y&page=99", 2),
    ],
)
def test_filters_stand_in_the_address(bank, query, found):
    make_task(bank)
    make_task(bank, kind="special", due_on=date(2026, 11, 1))
    assert browser(bank.head).get(f"{reverse('inspections:tasks')}?{query}").context["page"].paginator.count == found


def test_the_list_costs_the_same_for_one_task_or_thirty(bank, django_assert_max_num_queries):
    for _ in range(30):
        make_task(bank)
    client = browser(bank.head)
    with django_assert_max_num_queries(16):
        assert client.get(reverse("inspections:tasks")).status_code == 200


def test_the_export_neutralises_formulas_and_is_recorded(bank):
    task = make_task(bank)
    type(task.borrower).objects.filter(pk=task.borrower_id).update(name="=HYPERLINK(1)")
    text = browser(bank.head).get(reverse("inspections:tasks_export")).content.decode()
    assert "'=HYPERLINK(1)" in text and ",=HYPERLINK" not in text
    assert AuditEvent.objects.filter(event="tasks.exported").exists()


def test_a_branch_head_assigns_on_the_page(bank):
    task = make_task(bank)
    client = browser(bank.head)
    address = reverse("inspections:assign", args=[task.pk])
    assert bank.agent.person.name in client.get(address).content.decode()
    assert client.post(address, {"person": bank.sibling_officer.person.pk}).status_code == 422
    assert client.post(address, {"person": bank.agent.person.pk}).status_code == 302
    assert Task.objects.get().assigned_to == bank.agent.person


def test_a_reused_photo_is_shown_to_the_verifier_with_its_origin(bank):
    first = submitted(bank)
    second = submitted(bank, make_task(bank, make_loan(bank)), seed=0)
    own_view(second, bank.officer)
    page = browser(bank.officer).get(reverse("four_eyes:verify", args=[second.pk])).content.decode()
    assert "What the evidence guard noticed" in page
    assert first.task.number in page


def test_an_officer_who_managed_the_loan_reads_why_the_button_is_missing(bank):
    loan = make_loan(bank)
    visit = submitted(bank, make_task(bank, loan))
    former = hire(bank, "former", "risk_officer", bank.branch)
    Custody.objects.filter(loan=loan).delete()
    Custody.objects.create(
        lender=bank.lender,
        bucket=loan.bucket,
        loan=loan,
        person=former.person,
        capacity="lead",
        from_on=date(2026, 1, 10),
        to_on=date(2026, 6, 1),
    )
    page = browser(former).get(reverse("four_eyes:verify", args=[visit.pk])).content.decode()
    assert "account manager of this loan" in page and "Save my view" not in page


def test_the_list_of_inspections_asks_no_more_for_more_rows(bank):
    """Conclusions come with the rows of the API."""
    counted = []
    for seed in (1, 2, 3):
        submitted(bank, seed=seed)
        client = browser(bank.manager)
        with CaptureQueriesContext(connection) as asked:
            assert len(client.get("/api/v1/inspections/").json()["results"]) == seed
        counted.append(len(asked))
    assert counted[0] == counted[1] == counted[2]
