"""Documents by the API: the same scope, the same checks, the same reasons as on the pages."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from borrowers.documents.models import Document
from loanwatch.people.access import Access
from loanwatch.people.tokens import make_token
from loanwatch.trail.models import AuditEvent
from tests.borrowers.documents import files

URL = "/api/v1/documents/"


def headers(who: Access) -> dict[str, str]:
    return {"Authorization": f"Token {make_token(who.account, 'test')}"}


def send(who: Access, loan: Any, data: bytes, name: str = "a.pdf", **more: str) -> Any:
    given = {"loan": loan.number, "kind": "loan_contract", "file": SimpleUploadedFile(name, data)} | more
    return Client().post(URL, given, headers=headers(who))


def test_a_document_is_added_and_listed_to_those_who_may_see_the_loan(bank, loan):
    answer = send(bank.manager, loan, files.pdf(), expires_on="2027-01-31")
    told = answer.json()
    assert answer.status_code == 201 and (told["loan"], told["version"], told["expires_on"]) == (loan.number, 1, "2027-01-31")
    for who, count in (("manager", 1), ("manager2", 0), ("auditor", 1), ("sibling_officer", 0)):
        assert Client().get(URL, {"kind": "loan_contract"}, headers=headers(bank.people[who])).json()["count"] == count
    assert Client().get(URL, {"borrower__phone": "1"}, headers=headers(bank.manager)).status_code == 400
    assert send(bank.manager, loan, files.pdf()).status_code == 409


@pytest.mark.parametrize(
    ("who", "data", "more", "status", "code"),
    [
        ("manager", files.pdf(catalog=b"/OpenAction << /S /JavaScript /JS (1) >>"), {}, 422, "PDF_SCRIPT"),
        ("manager", b"", {}, 422, "EMPTY"),
        ("manager", files.pdf(), {"kind": "poem"}, 400, "INVALID_PARAMETER"),
        ("manager", files.pdf(), {"item": "K-9"}, 400, "INVALID_PARAMETER"),
        ("manager", files.pdf(), {"branch": "HO"}, 400, "INVALID_PARAMETER"),
        ("manager2", files.pdf(), {}, 404, "NOT_FOUND"),
        ("auditor", files.pdf(), {}, 403, "DOCUMENT_ADD"),
    ],
)
def test_what_is_refused_is_refused_with_a_code(bank, loan, who, data, more, status, code):
    answer = send(bank.people[who], loan, data, **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code) and not Document.objects.exists()
    assert AuditEvent.objects.filter(event="document.refused").count() == (status == 422)


def test_nothing_without_a_key(bank, loan):
    assert Client().get(URL).status_code in {401, 403} and Client().post(URL, {"loan": loan.number}).status_code in {401, 403}
