"""A lending system asks, is told the truth of this very moment, and can prove afterwards what it was told."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from inspections.findings import actions, answers, signing
from inspections.findings.models import HoldAnswer, SigningKey
from inspections.findings.rules import canonical
from loanwatch.kernel.policy import Conflict
from loanwatch.people.tokens import make_token
from tests.inspections.book import Bank, make_loan

DOCS = Path(__file__).parents[3] / "docs" / "holds.md"


@pytest.fixture
def ask(bank: Bank):
    keys: dict[int, str] = {}

    def get(borrower: str, who=None, path: str = "", **parameters):
        who = who or bank.credit
        key = keys.get(who.account.pk) or keys.setdefault(who.account.pk, make_token(who.account, "lending system"))
        given = {"borrower": borrower} if borrower else {}
        return Client().get(f"/api/v1/holds/{path}", given | parameters, headers={"Authorization": f"Token {key}"})

    return get


def test_a_blocking_finding_stops_the_very_next_request_and_its_verification_frees_the_next(bank: Bank, raised, ask) -> None:
    loan = make_loan(bank)
    blocked = lambda: ask(loan.borrower.number, kind="new_disbursement").json()["answer"]["blocked"]["new_disbursement"]  # noqa: E731
    assert blocked() is False
    finding = raised(loan, blocking=["new_disbursement"])
    assert blocked() is True
    actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Done.", no_files="Seen on the spot.")
    assert blocked() is True
    actions.verify_remedy(finding_id=finding.pk, by=bank.officer, text="Seen.")
    assert blocked() is False


def test_an_answer_names_codes_and_sources_and_nothing_that_anybody_wrote(bank: Bank, raised, ask) -> None:
    loan = make_loan(bank)
    finding = raised(loan, blocking=["new_credit"], source="visit:7", text="The owner has fled.")
    said = ask(loan.borrower.number).json()["answer"]
    assert said["blocked"] == {"new_disbursement": False, "limit_increase": False, "extension": False, "new_credit": True}
    (reason,) = said["reasons"]
    assert (reason["code"], reason["source"], reason["finding"]) == ("BLOCKING_FINDING", "visit", finding.number)
    assert "fled" not in json.dumps(said)
    assert ask(loan.borrower.number, text="true").json()["answer"]["reasons"][0]["text"] == "The owner has fled."


def test_a_borrower_is_found_by_number_or_by_id_and_only_within_sight(bank: Bank, ask) -> None:
    borrower = make_loan(bank).borrower
    assert ask("", borrower_id=borrower.pk).json()["answer"]["borrower"] == borrower.number
    assert ask("nobody").status_code == 404
    assert ask("", borrower_id="9" * 18).status_code == 404
    assert ask(borrower.number, bank.sibling_officer).status_code == 404
    assert ask(borrower.number, bank.manager2).status_code == 404
    assert ask(borrower.number, bank.manager).status_code == 200
    assert ask(borrower.number, bank.agent).status_code == 403
    assert Client().get("/api/v1/holds/", {"borrower": borrower.number}).status_code in {401, 403}
    assert HoldAnswer.objects.count() == 2  # what was refused was not answered


def test_a_number_is_never_taken_for_the_id_of_another_borrower(bank: Bank, ask) -> None:
    loan = make_loan(bank)
    asked = ask(str(loan.borrower.pk))
    assert asked.status_code == 404, asked.json()["answer"]["borrower"]
    assert ask("", borrower_id=loan.borrower.number).status_code == 400
    assert ask(loan.borrower.number, borrower_id=loan.borrower.pk).status_code == 400


def test_a_number_that_two_lenders_use_is_answered_for_the_lender_of_who_asks(bank: Bank, monkeypatch) -> None:
    from borrowers.parties.models import Borrower
    from loanwatch.lenders.models import Lender

    ours = make_loan(bank).borrower
    other = Lender.objects.create(code="other", name="Other bank", currency="CNY", zone="Asia/Shanghai")
    theirs = Borrower.objects.create(lender=other, bucket=ours.bucket, number=ours.number, name="Somebody else", valid_from=ours.valid_from, known_from=ours.known_from)
    monkeypatch.setattr(type(Borrower.objects.all()), "visible_to", lambda rows, access: rows)  # an account that sees both
    assert answers.borrower_asked(ours.number, bank.credit) == ours
    monkeypatch.setattr(bank.credit.account.person, "lender_id", other.pk)
    assert answers.borrower_asked(ours.number, bank.credit) == theirs
    monkeypatch.setattr(bank.credit.account.person, "lender_id", None)
    with pytest.raises(Borrower.DoesNotExist):
        answers.borrower_asked(ours.number, bank.credit)


@pytest.mark.parametrize("parameters", [{"kind": "everything"}, {"text": "maybe"}, {"colour": "red"}])
def test_a_question_that_is_not_understood_is_refused(bank: Bank, ask, parameters) -> None:
    assert ask(make_loan(bank).borrower.number, **parameters).status_code == 400
    assert ask("").status_code == 400


def test_a_key_for_holds_alone_asks_for_holds_and_reads_nothing_else(bank: Bank) -> None:
    number = make_loan(bank).borrower.number
    web = Client()
    web.force_login(bank.credit.account)
    page = web.post(reverse("people:key_new"), {"name": "lending system", "scope": "holds"}).content.decode()
    narrow = re.findall(r'class="rule-text">([\w-]{43})<', page)
    wide = make_token(bank.credit.account, "report")
    status = lambda path, key: Client().get(f"/api/v1/{path}", headers={"Authorization": f"Token {key}"}).status_code  # noqa: E731
    for path, narrows in ((f"holds/?borrower={number}", 200), ("holds/keys/", 200), ("loans/", 403), ("alerts/", 403)):
        assert (path, status(path, narrow[0]), status(path, wide)) == (path, narrows, 200)
    assert "Ask whether a borrower is blocked" in web.get(reverse("people:profile")).content.decode()


def test_every_question_is_kept_word_for_word_and_nobody_changes_it(bank: Bank, ask) -> None:
    number = make_loan(bank).borrower.number
    first, second = ask(number).json(), ask(number, bank.manager).json()
    assert first["answer"]["nonce"] != second["answer"]["nonce"]
    kept = HoldAnswer.objects.order_by("pk").first()
    assert kept.said.encode() == canonical(first["answer"])
    assert (kept.account, kept.person) == (bank.credit.account, bank.credit.person)
    assert signing.verifies(kept.key, kept.said.encode(), first["signature"])
    assert not signing.verifies(kept.key, kept.said.replace("false", "true", 1).encode(), first["signature"])
    for change in (lambda: HoldAnswer.objects.update(said="{}"), kept.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize("block", [0, 1])
def test_the_examples_in_the_manual_verify_and_catch_a_changed_figure(bank: Bank, ask, tmp_path, block) -> None:
    from inspections.findings import certifying

    borrower = make_loan(bank).borrower
    signed = ask(borrower.number).json()
    (tmp_path / "keys.json").write_text(json.dumps(ask("", path="keys/").json()))
    (tmp_path / "example.py").write_text(re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)[block])
    if block:
        square = "https://bank.example/certificates/#" + certifying.token(certifying.issue(borrower=borrower, by=bank.credit))
        given, changed = square, square[:60] + ("A" if square[60] != "A" else "B") + square[61:]
    else:
        given, changed = "answer.json", "changed.json"
        (tmp_path / given).write_text(json.dumps(signed))
        signed["answer"]["blocked"]["new_credit"] = True
        (tmp_path / changed).write_text(json.dumps(signed))
    run = lambda what: subprocess.run([sys.executable, "example.py", "keys.json", what], cwd=tmp_path, capture_output=True, text=True)  # noqa: E731, PLW1510
    assert borrower.number in run(given).stdout
    assert run(changed).returncode != 0


def test_a_rotated_key_signs_no_more_and_stays_listed(bank: Bank, ask) -> None:
    number = make_loan(bank).borrower.number
    before = ask(number).json()
    signing.rotate(bank.lender)
    after = ask(number).json()
    assert after["key"] != before["key"]
    listed = {k["key"]: k["to"] for k in ask("", path="keys/").json()["keys"]}
    assert listed[after["key"]] is None
    assert listed[before["key"]]
    old = SigningKey.objects.get(name=before["key"])
    assert signing.verifies(old, canonical(before["answer"]), before["signature"])
    with pytest.raises(DatabaseError), transaction.atomic():
        SigningKey.objects.filter(pk=old.pk).update(to_at=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        old.delete()


def test_the_private_half_lies_sealed_and_opens_with_a_secret_that_was_replaced(bank: Bank, settings) -> None:
    borrower = make_loan(bank).borrower
    answers.answer(borrower=borrower.number, by=bank.credit)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    answers.answer(borrower=borrower.number, by=bank.credit)
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Conflict, match="can't be opened"):
        answers.answer(borrower=borrower.number, by=bank.credit)
    key = SigningKey.objects.get()
    with pytest.raises(InvalidTag):  # under the name of another key it opens nothing
        signing._sealing("another").decrypt(bytes(key.sealed)[:12], bytes(key.sealed)[12:], b"other")


def test_what_is_signed_is_written_in_one_way_only() -> None:
    assert canonical({"b": [1, True, None], "a": "贷后 “x”"}) == '{"a":"贷后 “x”","b":[1,true,null]}'.encode()
    with pytest.raises(ValueError, match="Out of range"):
        canonical({"a": float("nan")})
