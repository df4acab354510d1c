"""An inspection on paper: both people, what they said of each point, pictures, signatures and the seal; for nobody who may not read it."""

import io

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from pypdf import PdfReader

from inspections.four_eyes import actions as four_eyes
from inspections.visits import actions as visits
from inspections.visits.models import Signature
from loanwatch.trail.models import AuditEvent
from tests.inspections.book import fill, make_loan, make_task, open_bank, own_view, picture, submit, submitted


@pytest.fixture
def bank(db, settings, tmp_path):
    settings.MEDIA_ROOT, settings.BUSINESS_DATE = tmp_path, "2026-11-20"
    return open_bank()


def browser(access, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(access.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def paper_of(client: Client, address: str) -> PdfReader:
    shown = client.get(address)
    assert (shown.status_code, shown["Content-Type"]) == (200, "application/pdf")
    return PdfReader(io.BytesIO(shown.content))


def words_of(read: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in read.pages).split())


def test_a_verified_inspection_is_printed_with_both_views_the_differences_signatures_and_the_seal(bank):
    visit = submitted(bank)
    own_view(visit, bank.officer, receipts_account=("none", "Statement of October."))
    four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation="A second account was opened.", by=bank.officer)
    said = words_of(paper_of(browser(bank.head), f"/inspections/visits/{visit.pk}/report.pdf"))
    for words in (
        "Inspection report", visit.task.number, visit.loan.number, bank.manager.person.name, bank.officer.person.name, "Material", "Statement of October.",
        "A second account was opened.", "Signatures", "All in order.", "Printed by " + bank.head.person.name,
    ):  # fmt: skip
        assert words in said, words
    assert visit.content_hash in said.replace(" ", "")


def test_the_paper_holds_the_pictures_of_the_visit(bank):
    visit = submitted(bank)
    read = paper_of(browser(bank.head), f"/inspections/visits/{visit.pk}/report.pdf")
    assert sum(len(page.images) for page in read.pages) == visit.photos.count() > 0


def test_printing_leaves_the_hash_of_the_paper_in_the_trail(bank):
    visit = submitted(bank)
    browser(bank.head).get(f"/inspections/visits/{visit.pk}/report.pdf")
    event = AuditEvent.objects.get(event="visit.printed")
    assert len(event.details["sha256"]) == 64
    assert event.details["content_hash"] == visit.content_hash


def test_before_the_own_view_an_officer_gets_no_paper_and_afterwards_one(bank):
    visit = submitted(bank)
    officer = browser(bank.officer)
    assert officer.get(f"/inspections/visits/{visit.pk}/report.pdf").status_code == 404
    own_view(visit, bank.officer)
    assert officer.get(f"/inspections/visits/{visit.pk}/report.pdf").status_code == 200


@pytest.mark.parametrize("who", ["manager2", "sibling_officer", "agent"])
def test_no_paper_for_those_who_may_not_know_of_the_visit(bank, who):
    visit = submitted(bank)
    assert browser(bank.people[who]).get(f"/inspections/visits/{visit.pk}/report.pdf").status_code == 404


def test_a_draft_is_not_printed(bank):
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    assert browser(bank.manager).get(f"/inspections/visits/{visit.pk}/report.pdf").status_code == 404


def test_an_agent_prints_the_own_visit_without_loan_amount_or_verifier(bank):
    task = make_task(bank, to=bank.agent)
    visit = visits.start_visit(task_id=task.pk, by=bank.agent)
    fill(visit, bank.agent)
    visit = submit(visit, bank.agent)
    own_view(visit, bank.officer)
    said = words_of(paper_of(browser(bank.agent), f"/inspections/visits/{visit.pk}/report.pdf"))
    assert visit.task.borrower.name in said
    for hidden in ("800,000", bank.officer.person.name, "Amount lent"):
        assert hidden not in said


@pytest.mark.parametrize(("language", "title"), [("zh-hans", "检查报告"), ("ko", "보고서")])
def test_the_paper_is_set_in_the_readers_language(bank, language, title):
    visit = submitted(bank)
    said = words_of(paper_of(browser(bank.head, language), f"/inspections/visits/{visit.pk}/report.pdf"))
    assert title in said.replace(" ", "") if language == "zh-hans" else title in said


def test_the_series_shows_every_inspection_of_the_borrower_and_how_figures_moved(bank):
    loan = make_loan(bank)
    for seed, staff in enumerate(("74", "60"), start=1):
        visit = submitted(bank, make_task(bank, loan), seed=seed, staff_present=(staff, "Counted."))
        own_view(visit, bank.officer, staff_present=(staff, "Counted."))
        four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation="Seen.", by=bank.officer)
    said = words_of(paper_of(browser(bank.head), f"/borrowers/{loan.borrower.number}/inspections.pdf"))
    assert said.count("Routine inspection") == 2
    assert "74 60" in said


def test_the_series_leaves_out_what_the_officer_may_not_read_yet(bank):
    visit = submitted(bank)
    said = words_of(paper_of(browser(bank.officer), f"/borrowers/{visit.loan.borrower.number}/inspections.pdf"))
    assert "All in order." not in said
    assert "No inspection of this borrower can be shown." in said


def confirm(visit, who, words):
    return four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation=words, by=who)


def test_while_a_second_officer_is_awaited_no_paper_tells_how_the_first_one_decided(bank):
    visit = submitted(bank, make_task(bank, make_loan(bank, principal=200_000_000)))
    own_view(visit, bank.officer)
    confirm(visit, bank.officer, "First pair of eyes.")
    said = words_of(paper_of(browser(bank.manager), f"/inspections/visits/{visit.pk}/report.pdf"))
    assert "not finished yet" in said
    for hidden in ("First pair of eyes.", bank.officer.person.name, "My view."):
        assert hidden not in said
    own_view(visit, bank.officer2)
    confirm(visit, bank.officer2, "Second pair of eyes.")
    said = words_of(paper_of(browser(bank.manager), f"/inspections/visits/{visit.pk}/report.pdf"))
    for words in ("First pair of eyes.", "Second pair of eyes.", bank.officer.person.name, bank.officer2.person.name):
        assert words in said


def test_the_recorders_drawn_signature_stands_on_the_paper(bank):
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    fill(visit, bank.manager)
    default_storage.save("signatures/one.jpg", picture(3))
    Signature.objects.create(visit=visit, name="Manager", file="signatures/one.jpg")
    visit = submit(visit, bank.manager)
    read = paper_of(browser(bank.head), f"/inspections/visits/{visit.pk}/report.pdf")
    assert sum(len(page.images) for page in read.pages) == visit.photos.count() + 1
