"""The pages of the archive, as each role meets them: who sees what, what is said when something is refused, what leaves a trace."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from borrowers.documents import actions, house, views
from borrowers.documents.models import Document, DocumentKind, LegalHold
from loanwatch.trail.models import AuditEvent
from tests.borrowers.documents import files
from tests.inspections.book import TODAY, make_loan

PEOPLE = ("manager", "manager2", "officer", "sibling_officer", "head", "credit", "auditor", "agent")


def browser(access) -> Client:
    client = Client()
    client.force_login(access.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def upload(data: bytes, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


@pytest.fixture
def document(bring) -> Document:
    return bring(data=files.pdf(pages=2), name="contract.pdf")


def addresses(document: Document) -> dict[str, str]:
    return {
        "page": reverse("documents:document", args=[document.number]),
        "file": reverse("documents:download", args=[document.number, 1]),
        "picture": reverse("documents:preview", args=[document.number, 1, 1]),
        "loan": reverse("documents:loan", args=[document.loan.number]),
    }


def test_who_opens_a_document_its_file_and_its_picture(bank, document):
    found = {}
    for who in PEOPLE:
        client = browser(bank.people[who])
        found[who] = {client.get(url).status_code for url in addresses(document).values()}
    seen, unseen, never = {200}, {404}, {403}
    assert found == {
        "manager": seen, "manager2": unseen, "officer": seen, "sibling_officer": unseen, "head": seen, "credit": seen, "auditor": seen, "agent": never,
    }  # fmt: skip


def test_a_copied_address_opens_for_nobody_without_a_log_in_nor_after_the_log_out(bank, document):
    client = browser(bank.manager)
    for url in addresses(document).values():
        assert client.get(url).status_code == 200
    client.post(reverse("account_logout"))
    for asking in (client, Client()):
        for url in addresses(document).values():
            answer = asking.get(url)
            assert answer.status_code == 302 and answer.url.startswith("/accounts/login/")


def test_scope_is_asked_anew_for_each_file(bank, loan, document):
    client, url = browser(bank.officer), addresses(document)["file"]
    assert client.get(url).status_code == 200
    loan.branch = bank.sibling
    loan.save(update_fields=["branch"])
    assert client.get(url).status_code == 404 and browser(bank.sibling_officer).get(url).status_code == 200


def test_a_file_is_saved_not_run_and_leaves_a_trace(bank, document):
    answer = browser(bank.officer).get(addresses(document)["file"])
    assert answer.content == files.pdf(pages=2) and answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="contract.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    told = AuditEvent.objects.get(event="document.downloaded")
    assert (told.person, told.details["number"], told.details["version"]) == (bank.officer.person, document.number, 1)


def test_a_name_in_chinese_travels_in_the_header(bank, bring):
    document = bring(name="借据 2026.png")
    answer = browser(bank.manager).get(reverse("documents:download", args=[document.number, 1]))
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%E5%80%9F%E6%8D%AE%202026.png"


def test_the_preview_is_a_picture_made_on_the_server(bank, document):
    client, url = browser(bank.manager), addresses(document)["picture"]
    for _ in range(2):  # drawn, then kept
        answer = client.get(url)
        assert answer["Content-Type"] == "image/png" and answer.content.startswith(b"\x89PNG") and "sandbox" in answer["Content-Security-Policy"]
    assert client.get(reverse("documents:preview", args=[document.number, 1, 3])).status_code == 404, "there are two pages"
    assert AuditEvent.objects.filter(event="document.previewed").count() == 2


def test_an_altered_content_is_not_handed_out(bank, document, settings):
    path = Path(settings.STORAGES["documents"]["OPTIONS"]["location"]) / document.versions.get().stored_as
    path.chmod(0o600)
    path.write_bytes(b"%PDF- something else")
    answer = browser(bank.manager).get(addresses(document)["file"])
    assert answer.status_code == 409 and "checksum differs" in answer.content.decode()
    assert not AuditEvent.objects.filter(event="document.downloaded").exists()


def test_several_files_at_once_and_each_refusal_by_name_and_reason(bank, loan, kind):
    client, url = browser(bank.manager), reverse("documents:add", args=[loan.number])
    given = {"kind": kind("loan_contract").pk, "title": "", "valid_from": "", "expires_on": "", "note": ""}
    good = files.pdf()
    answer = client.post(url, given | {"files": [upload(good, "a.pdf"), upload(b"<html><script>", "photo.jpg"), upload(b"", "empty.pdf")]})
    said = answer.content.decode()
    assert answer.status_code == 422 and "photo.jpg" in said and "web page" in said and "empty.pdf" in said and "The file is empty." in said
    assert Document.objects.count() == 1, "the good one is kept"
    assert {e.details["reason"] for e in AuditEvent.objects.filter(event="document.refused")} == {"MARKUP", "EMPTY"}
    again = client.post(url, given | {"files": [upload(good, "again.pdf")]})
    assert again.status_code == 422 and Document.objects.get().number in again.content.decode() and "already there" in again.content.decode()
    fine = client.post(url, given | {"files": [upload(files.pdf(pages=2), "b.pdf"), upload(files.office(), "c.docx")]})
    assert (fine.status_code, Document.objects.count()) == (302, 3)


@pytest.mark.parametrize("missing", ["kind", "files", "item"])
def test_a_form_that_lacks_something_says_so(bank, loan, kind, missing):
    given = {"kind": kind("insurance_policy" if missing == "item" else "loan_contract").pk, "files": [upload(files.pdf(), "a.pdf")]}
    given.pop(missing, None)
    answer = browser(bank.manager).post(reverse("documents:add", args=[loan.number]), given)
    assert answer.status_code == 422 and not Document.objects.exists()


def test_nobody_adds_to_a_loan_out_of_sight_nor_without_the_right(bank, loan, kind):
    given = {"kind": kind("loan_contract").pk, "files": [upload(files.pdf(), "a.pdf")]}
    url = reverse("documents:add", args=[loan.number])
    assert [browser(bank.people[who]).post(url, given).status_code for who in ("manager2", "head", "auditor")] == [404, 403, 403]
    assert not Document.objects.exists()


def test_a_newer_version_by_the_page_of_the_document(bank, document):
    client, url = browser(bank.manager), addresses(document)["page"]
    refused = client.post(url, {"file": upload(files.pdf(catalog=b"/OpenAction << /S /JavaScript /JS (1) >>"), "v2.pdf")})
    assert refused.status_code == 422 and "holds a script" in refused.content.decode()
    assert client.post(url, {"file": upload(files.pdf(pages=3), "v2.pdf")}).status_code == 302
    assert list(document.versions.values_list("version", flat=True)) == [2, 1]


def test_the_paper_by_the_page_of_the_document(bank, document):
    client, url = browser(bank.manager), reverse("documents:paper", args=[document.number])
    assert client.post(url, {"act": "borrowed", "holder": bank.officer.person.pk, "due_back_on": TODAY}).status_code == 422, "not on a shelf yet"
    assert client.post(url, {"act": "shelved", "place": ""}).status_code == 422
    assert client.post(url, {"act": "shelved", "place": "Vault"}).status_code == 302
    assert client.post(url, {"act": "borrowed", "holder": bank.officer.person.pk, "due_back_on": TODAY}).status_code == 302
    assert browser(bank.officer).post(url, {"act": "returned", "place": "Vault"}).status_code == 403, "officers don't keep the shelf"
    listed = reverse("documents:list")
    assert document.number in client.get(listed, {"view": "borrowed"}).content.decode()
    assert document.number not in client.get(listed, {"view": "overdue"}).content.decode()


def test_the_list_narrows_by_view_kind_and_search(bank, bring, document):
    policy = bring("financial_statements", data=files.pdf(pages=4), name="fs.pdf", title="Statements", expires=TODAY + timedelta(days=10))
    client, url = browser(bank.credit), reverse("documents:list")

    def numbers(**asked) -> set[str]:
        return {row.number for row in client.get(url, asked).context["rows"]}

    assert numbers() == {document.number, policy.number}
    assert numbers(view="expiring") == {policy.number} and numbers(view="expiring", days=9) == set()
    assert numbers(kind="loan_contract") == {document.number} and numbers(q="statem") == {policy.number}
    assert numbers(view="nonsense", sort="nonsense", days="x", page="x") == {document.number, policy.number}
    assert numbers(view="expired") == set()


def test_the_list_of_missing_documents_and_its_file(bank, loan, document):
    client = browser(bank.credit)
    page = client.get(reverse("documents:incomplete"))
    assert {row.kind.code for row in page.context["rows"]} == {
        "drawdown_note", "identity_papers", "board_resolution", "use_proof", "financial_statements",
    }  # fmt: skip
    assert page.context["total"] == 5 and page.context["branches"][0].missing == 5
    told = client.get(reverse("documents:export", args=["csv"]), {"kind": "use_proof"}).content.decode("utf-8-sig").splitlines()
    assert told[-1].startswith(f"{loan.number},") and "Missing" in told[-1]
    assert client.get(reverse("documents:export", args=["xlsx"])).status_code == 200
    assert client.get(reverse("documents:export", args=["exe"])).status_code == 404
    assert AuditEvent.objects.get(event="documents.exported", details__kind="csv").details["rows"] == 1
    assert client.get(reverse("documents:incomplete"), {"branch": "x", "page": "-1"}).status_code == 200
    assert browser(bank.manager2).get(reverse("documents:incomplete")).context["total"] == 0


def test_a_file_that_was_cut_says_so(bank, loan, document, monkeypatch):
    monkeypatch.setattr(views, "MOST_EXPORTED", 2)
    client = browser(bank.credit)
    told = client.get(reverse("documents:export", args=["csv"])).content.decode("utf-8-sig")
    assert "Only the first 2 of 5" in told
    told = client.get(reverse("documents:export", args=["csv"]), {"kind": "use_proof"}).content.decode("utf-8-sig")
    assert "Only the first" not in told


def test_the_page_of_missing_documents_goes_through_the_portfolio_once(bank, loan, document):
    client = browser(bank.credit)
    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("documents:incomplete"))
    assert sum("borrowers_requireddocument" in query["sql"] for query in asked) == 1


def test_the_number_of_queries_does_not_grow_with_the_list(bank, bring):
    client, counted = browser(bank.credit), []
    for _ in range(2):
        for _more in range(3):
            bring(loan=make_loan(bank))
        for name in ("documents:list", "documents:incomplete"):
            with CaptureQueriesContext(connection) as asked:
                client.get(reverse(name))
            counted.append(len(asked))
    assert counted[:2] == counted[2:]


def test_kinds_and_requirements_are_kept_by_credit_administration(bank, kind):
    client = browser(bank.credit)
    new = {"code": "esg_report", "of": "borrower", "name_en": "ESG report", "retention_years": 5, "source": "House rule 7", "active": "on"}
    assert client.post(reverse("documents:kind_new"), new | {"code": "ESG report"}).status_code == 422
    assert client.post(reverse("documents:kind_new"), new | {"code": "loan_contract"}).status_code == 422
    assert client.post(reverse("documents:kind_new"), new).status_code == 302
    made = DocumentKind.objects.get(code="esg_report")
    asked = {"applies_to": "company", "within_days": 30, "from_on": TODAY}
    assert client.post(reverse("documents:require", args=[made.pk]), asked | {"within_days": -1}).status_code == 422
    assert client.post(reverse("documents:require", args=[made.pk]), asked).status_code == 302
    assert client.post(reverse("documents:require", args=[made.pk]), asked).status_code == 409
    requirement = made.requirements.get()
    assert client.post(reverse("documents:end_requirement", args=[requirement.pk]), {"to_on": "never"}).status_code == 422
    assert client.post(reverse("documents:end_requirement", args=[requirement.pk]), {"to_on": TODAY + timedelta(days=1)}).status_code == 302
    changed = {"name_en": "ESG report", "retention_years": 6, "source": "House rule 8"}
    assert client.post(reverse("documents:kind", args=[made.pk]), changed).status_code == 302
    event = AuditEvent.objects.get(event="document_kind.changed").details
    assert (event["before"]["retention_years"], event["after"]["retention_years"], event["after"]["active"]) == (5, 6, False)
    assert browser(bank.auditor).get(reverse("documents:kinds")).status_code == 200
    assert browser(bank.auditor).post(reverse("documents:kind", args=[made.pk]), changed).status_code == 403


def test_a_hold_is_placed_by_one_and_lifted_by_another(bank, loan, document):
    first, second, url = browser(bank.credit), browser(bank.credit2), reverse("documents:holds")
    assert first.post(url, {"borrower": "NOBODY", "reason": "Lawsuit"}).status_code == 422
    assert first.post(url, {"borrower": loan.borrower.number, "reason": "Lawsuit"}).status_code == 302
    hold = LegalHold.objects.get()
    assert "another person lifts it" in first.get(url).content.decode()
    assert first.post(reverse("documents:lift", args=[hold.pk]), {"reason": "Over"}).status_code == 403
    assert "Nothing of this borrower may be destroyed" in browser(bank.manager).get(addresses(document)["page"]).content.decode()
    assert second.post(reverse("documents:destroy", args=[document.number]), {"destroy-reason": "Old"}).status_code == 409
    assert second.post(reverse("documents:lift", args=[hold.pk]), {"reason": "Over"}).status_code == 302
    assert browser(bank.sibling_officer).get(url).context["page"].paginator.count == 0


def test_a_destroyed_document_keeps_its_page_and_loses_its_file(bank, loan, document):
    loan.settled_on = TODAY - timedelta(days=4000)
    loan.save(update_fields=["settled_on"])
    client = browser(bank.credit)
    assert client.post(reverse("documents:destroy", args=[document.number]), {}).status_code == 422
    assert client.post(reverse("documents:destroy", args=[document.number]), {"destroy-reason": "Time is over"}).status_code == 302
    page = client.get(addresses(document)["page"])
    assert page.status_code == 200 and document.versions.get().sha256 in page.content.decode()
    assert client.get(addresses(document)["file"]).status_code == 404 and client.get(addresses(document)["picture"]).status_code == 404


def test_what_people_type_is_shown_and_not_run(bank, loan, bring):
    nasty = '"><script>alert(1)</script>'
    document = bring(title=nasty, note=nasty)
    actions.move_paper(document_id=document.pk, act="shelved", by=bank.manager, place=nasty)
    house.place_hold(by=bank.credit, borrower=loan.borrower, reason=nasty)
    client = browser(bank.credit)
    for url in (*addresses(document).values(), reverse("documents:list"), reverse("documents:holds")):
        answer = client.get(url)
        if answer["Content-Type"].startswith("text/html"):
            assert nasty not in answer.content.decode() and "&lt;script&gt;" in answer.content.decode(), url


def test_text_in_the_place_of_a_file_is_refused(bank, document):
    answer = browser(bank.manager).post(addresses(document)["page"], {"file": "text, not a file"})
    assert answer.status_code == 422
