"""The pages of findings and holds, walked by the people who use them."""

import io

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from borrowers.findings.actions import note_finding
from inspections.findings import certifying
from inspections.findings.models import Certificate, Finding, FindingDismissal, Hold
from loanwatch.people.access import Access
from tests.inspections.book import TODAY, Bank, make_loan, picture


@pytest.fixture
def web(bank: Bank, settings, tmp_path):
    settings.BUSINESS_DATE = TODAY.isoformat()
    settings.STORAGES = settings.STORAGES | {"documents": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "archive"}}}
    cache.clear()

    def as_(who: Access) -> Client:
        client = Client()
        client.force_login(who.account)
        return client

    return as_


def test_a_finding_goes_its_way_over_the_pages(bank: Bank, web) -> None:
    loan = make_loan(bank)
    officer, manager = web(bank.officer), web(bank.manager)
    form = {"loan_number": loan.number, "severity": 3, "text": "The pledged stock was not there.", "measure": "Count it.", "blocking": ["new_disbursement"]}
    made = officer.post("/findings/new/", form)
    finding = Finding.objects.get()
    assert made.url == f"/findings/{finding.pk}/"
    assert "The pledged stock" in manager.get("/findings/?view=mine").content.decode()
    shot = SimpleUploadedFile("stock.jpg", picture(3).getvalue(), "image/jpeg")
    bare = manager.post(f"/findings/{finding.pk}/remedy/", {"text": "Counted again."})
    assert bare.status_code == 422
    assert "or say why there is none" in bare.content.decode()
    assert manager.post(f"/findings/{finding.pk}/remedy/", {"text": "Counted again.", "evidence": [shot]}).status_code == 302
    page = officer.get(f"/findings/{finding.pk}/").content.decode()
    assert "stock.jpg" in page
    file = finding.notes.get(kind="remedy").files.get()
    assert officer.get(f"/findings/{finding.pk}/files/{file.pk}/").content[:2] == b"\xff\xd8"
    assert officer.post(f"/findings/{finding.pk}/return/", {"return-reason": "Which day?"}).status_code == 302
    manager.post(f"/findings/{finding.pk}/remedy/", {"text": "On Monday.", "no_files": "Nothing to show."})
    assert officer.post(f"/findings/{finding.pk}/verify/", {}).status_code == 422
    assert officer.post(f"/findings/{finding.pk}/verify/", {"verify-text": "Seen."}).status_code == 302
    finding.refresh_from_db()
    assert finding.state == "verified"
    assert not Hold.objects.standing(TODAY).exists()


def test_a_remedy_with_a_program_instead_of_a_photo_keeps_nothing(bank: Bank, web, raised) -> None:
    finding = raised()
    answer = web(bank.manager).post(f"/findings/{finding.pk}/remedy/", {"text": "See.", "evidence": [SimpleUploadedFile("a.jpg", b"MZ" + b"x" * 99)]})
    assert answer.status_code == 422
    finding.refresh_from_db()
    assert (finding.state, finding.notes.count()) == ("open", 1)


SEEN = {"manager": 200, "head": 200, "credit": 200, "auditor": 200, "manager2": 404, "sibling_officer": 404, "agent": 403}


@pytest.mark.parametrize(("who", "status"), SEEN.items())
def test_a_finding_is_shown_to_the_people_of_the_loan(bank: Bank, web, raised, who: str, status: int) -> None:
    finding = raised(blocking=["new_credit"])
    for path in (f"/findings/{finding.pk}/", f"/holds/{finding.holds.get().pk}/", f"/holds/borrowers/{finding.borrower.number}/"):
        assert web(getattr(bank, who)).get(path).status_code == status


def test_more_time_and_another_owner_over_the_pages(bank: Bank, web, raised) -> None:
    finding = raised()
    manager, officer = web(bank.manager), web(bank.officer)
    asked = {"time-until_on": finding.due_on.replace(day=finding.due_on.day + 5).isoformat(), "time-reason": "The surveyor is ill."}
    assert manager.post(f"/findings/{finding.pk}/time/", asked).status_code == 302
    assert "surveyor" in officer.get(f"/findings/{finding.pk}/").content.decode()
    assert officer.post(f"/findings/{finding.pk}/time/answer/", {"answer-answer": "agree"}).status_code == 302
    assert officer.post(f"/findings/{finding.pk}/owner/", {"owner-owner": bank.head.person.staff_no, "owner-reason": "Closer."}).status_code == 302
    assert officer.post(f"/findings/{finding.pk}/owner/", {"owner-owner": "nobody", "owner-reason": "Closer."}).status_code == 422
    finding.refresh_from_db()
    assert (finding.owner, finding.due_on.isoformat()) == (bank.head.person, asked["time-until_on"])


def test_what_an_inspection_found_becomes_a_finding_with_one_click_or_is_dismissed_with_a_reason(bank: Bank, web) -> None:
    loans = make_loan(bank), make_loan(bank)
    found = [
        note_finding(loan=loan, subject=f"visit:{n}", points=["stock"], level=3, text="Stock: no", on=TODAY, by=bank.officer.person)
        for n, loan in enumerate(loans, 900)
    ]
    officer = web(bank.officer)
    assert officer.get("/findings/proposed/").content.decode().count("Stock: no") == 2
    assert web(bank.sibling_officer).get(f"/findings/proposed/{found[0].pk}/").status_code == 404
    assert web(bank.manager).get("/findings/proposed/").status_code == 403
    assert officer.post(f"/findings/proposed/{found[0].pk}/accept/").status_code == 302
    made = Finding.objects.get()
    assert (made.reference, made.points, made.severity, made.owner, made.blocks) == ("visit:900", ["stock"], 3, bank.manager.person, ["new_disbursement"])
    assert officer.post(f"/findings/proposed/{found[1].pk}/dismiss/", {"reason": " "}).status_code == 422
    assert web(bank.credit).post(f"/findings/proposed/{found[1].pk}/dismiss/", {"reason": "So."}).status_code == 403
    assert officer.post(f"/findings/proposed/{found[1].pk}/dismiss/", {"reason": "Counted the day after."}).status_code == 302
    assert FindingDismissal.objects.get().reason == "Counted the day after."
    for proposal in found:  # decided once
        assert officer.post(f"/findings/proposed/{proposal.pk}/accept/").status_code == 409
    assert "Stock: no" not in officer.get("/findings/proposed/").content.decode()


def test_lists_are_filtered_by_their_address_and_exported(bank: Bank, web, raised) -> None:
    raised(severity=3, text="Red one.", blocking=["extension"])
    raised(severity=1, text="Small one.")
    officer = web(bank.officer)
    page = officer.get("/findings/?severity=3&sort=-due_on").content.decode()
    assert "Red one." in page
    assert "Small one." not in page
    assert "No finding fits" in officer.get("/findings/?severity=2").content.decode()
    assert officer.get("/findings/?view=nonsense&severity=x&sort=y&owner=a").status_code == 200
    for path in ("/findings/export.csv?severity=3", "/findings/export.xlsx", "/holds/export.csv", "/holds/export.xlsx"):
        assert officer.get(path).status_code == 200
    assert b"Small one." not in officer.get("/findings/export.csv?severity=3").content
    assert "Extension" in officer.get("/holds/?kind=extension&source=finding").content.decode()
    assert "No hold fits" in officer.get("/holds/?source=hand").content.decode()


def test_a_hold_is_placed_and_lifted_by_two_over_the_pages(bank: Bank, web) -> None:
    loan = make_loan(bank)
    form = {"borrower_number": loan.borrower.number, "kinds": ["new_credit"], "reason": "Court order.", "ends_on": "2026-12-31"}
    assert web(bank.officer).post("/holds/new/", form | {"borrower_number": "nobody"}).status_code == 422
    assert web(bank.officer).post("/holds/new/", form).url == f"/holds/borrowers/{loan.borrower.number}/"
    hold = Hold.objects.get()
    assert web(bank.head).post(f"/holds/{hold.pk}/ask/", {"ask-reason": "Settled."}).status_code == 302
    assert web(bank.credit).post(f"/holds/{hold.pk}/answer/", {"answer-answer": "agree"}).status_code == 302
    hold.refresh_from_db()
    assert (hold.state, hold.cause) == ("lifted", "agreed")


def test_a_hold_stands_beside_the_loan_the_borrower_and_its_alert(bank: Bank, web, raised) -> None:
    from tests.inspections.book import make_alert

    loan = make_loan(bank)
    finding, alert = raised(loan, blocking=["new_disbursement"]), make_alert(bank, loan)
    for path in (f"/loans/{loan.number}/", f"/borrowers/{loan.borrower.number}/", f"/alerts/{alert.number}/"):
        page = web(bank.officer).get(path).content.decode()
        assert f"/findings/{finding.pk}/" in page
        assert f"/holds/borrowers/{loan.borrower.number}/" in page


def test_anybody_checks_a_certificate_and_is_told_no_more_than_needed(bank: Bank, web, raised) -> None:
    loan = make_loan(bank)
    raised(loan, blocking=["new_disbursement"])
    assert web(bank.manager).post(f"/holds/borrowers/{loan.borrower.number}/certificate/").status_code == 302
    paper = Certificate.objects.get()
    assert web(bank.manager).get(f"/holds/certificates/{paper.pk}/").content[:5] == b"%PDF-"
    anybody = Client()
    assert paper.code in anybody.get(f"/certificates/?code={paper.code}").content.decode()
    copied = {"code": paper.code, "number": paper.number, "borrower": loan.borrower.number, "as_of": TODAY.isoformat(), "new_disbursement": "blocked"}
    page = anybody.post("/certificates/", copied).content.decode()
    assert "still true" in page
    assert loan.borrower.name not in page
    for changed in ({"new_disbursement": "free"}, {"borrower": "N999999"}, {"as_of": "2026-11-21"}, {"code": paper.code[::-1]}):
        assert "Not genuine" in anybody.post("/certificates/", copied | changed).content.decode()


def test_codes_can_not_be_tried_without_end(bank: Bank, web, monkeypatch) -> None:
    from inspections.findings.check_views import Checks

    monkeypatch.setattr(Checks, "rate", "3/min")
    answers = [Client().post("/certificates/", {"code": "K7QX2"}).status_code for _n in range(4)]
    assert answers == [200, 200, 200, 429]


def test_a_claimed_address_gives_no_more_tries(bank: Bank, web, monkeypatch) -> None:
    from inspections.findings.check_views import Checks

    monkeypatch.setattr(Checks, "rate", "3/min")
    answers = [Client().post("/certificates/", {"code": "K7QX2"}, headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code for n in range(4)]
    assert answers == [200, 200, 200, 429]


def test_the_keys_are_listed(bank: Bank, web) -> None:
    assert "No key yet" in web(bank.officer).get("/holds/keys/").content.decode()
    key = certifying.issue(borrower=make_loan(bank).borrower, by=bank.credit).key
    assert key.public in web(bank.officer).get("/holds/keys/").content.decode()


def test_the_command_lists_and_rotates_keys(bank: Bank) -> None:
    from django.core.management import call_command

    out = io.StringIO()
    for _n in range(2):
        call_command("hold_keys", "--lender", bank.lender.code, "--rotate", stdout=out)
    assert out.getvalue().count("in use") == 2
    assert bank.lender.code in out.getvalue() or "ed25519-" in out.getvalue()
