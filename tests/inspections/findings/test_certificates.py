"""A certificate can be checked by anybody, and a changed one is never genuine."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from pypdf import PdfReader

from borrowers.parties.models import Borrower
from inspections.findings import certifying, printing, rules
from inspections.findings.models import Certificate, Finding
from loanwatch.kernel.policy import Refused
from tests.inspections.book import TODAY, Bank, make_loan


@pytest.fixture
def today(settings):
    settings.BUSINESS_DATE = TODAY.isoformat()
    return settings


@pytest.fixture
def paper(bank: Bank, raised, today) -> Certificate:
    loan = make_loan(bank)
    raised(loan, blocking=["new_disbursement"])
    return certifying.issue(borrower=loan.borrower, by=bank.manager)


def printed(paper: Certificate) -> tuple[dict[str, str], dict[str, bool]]:
    figures = {"number": paper.number, "borrower": paper.borrower.number, "as_of": paper.as_of.isoformat(), "valid_until": paper.valid_until.isoformat()}
    return figures, {kind: kind in paper.blocked for kind in rules.HOLD_KINDS}


def test_a_genuine_code_is_genuine_however_it_is_typed(paper: Certificate) -> None:
    figures, blocked = printed(paper)
    for typed in (paper.code, rules.in_groups(paper.code), paper.code.lower(), f" {paper.code[:5]} {paper.code[5:]} ", paper.code.replace("0", "O").replace("1", "l")):
        verdict = certifying.check(typed, figures, blocked)
        assert (verdict.genuine, verdict.as_of, verdict.still_true, verdict.expired) == (True, TODAY, True, False)


def test_no_sign_of_a_code_can_be_changed(paper: Certificate) -> None:
    for n, sign in enumerate(paper.code):
        for other in rules.ALPHABET.replace(sign, ""):
            changed = paper.code[:n] + other + paper.code[n + 1 :]
            if n in (0, 10, 19) or other in "0Z":  # every place, with each other sign at the ends and in the middle
                assert not certifying.check(changed).genuine
    assert not certifying.check(paper.code[:-1]).genuine
    assert not certifying.check("").genuine


def test_no_figure_of_the_paper_can_be_changed_under_a_genuine_code(paper: Certificate) -> None:
    figures, blocked = printed(paper)
    for name in certifying.PRINTED:
        assert not certifying.check(paper.code, figures | {name: figures[name][:-1] + ("1" if figures[name][-1] != "1" else "2")}, blocked).genuine
    for kind in rules.HOLD_KINDS:
        assert not certifying.check(paper.code, figures, blocked | {kind: not blocked[kind]}).genuine


def test_it_is_no_longer_true_once_the_hold_is_gone_or_a_new_one_came(bank: Bank, paper: Certificate, raised, settled) -> None:
    raised(make_loan(bank), blocking=["extension"])  # another borrower's
    assert certifying.check(paper.code).still_true
    settled(Finding.objects.get(borrower=paper.borrower))
    verdict = certifying.check(paper.code)
    assert verdict.genuine
    assert not verdict.still_true


def test_it_is_valid_for_three_days(paper: Certificate, today) -> None:
    for days, expired in ((2, False), (3, True)):
        today.BUSINESS_DATE = (TODAY + timedelta(days=days)).isoformat()
        assert certifying.check(paper.code).expired is expired


def test_an_expired_paper_says_nothing_about_the_borrower_of_today(bank: Bank, paper: Certificate, settled, today) -> None:
    today.BUSINESS_DATE = (TODAY + timedelta(days=3)).isoformat()
    before = certifying.check(paper.code)
    settled(Finding.objects.get(borrower=paper.borrower))
    assert certifying.check(paper.code) == before
    assert (before.genuine, before.expired, before.still_true) == (True, True, None)
    page = Client().post("/certificates/", {"code": paper.code}).content.decode()
    assert "expired" in page
    assert "What it says is" not in page


def test_certificates_are_issued_to_the_people_of_the_borrower(bank: Bank) -> None:
    borrower = make_loan(bank).borrower
    for person in (bank.manager2, bank.sibling_officer):
        with pytest.raises(Borrower.DoesNotExist):
            certifying.issue(borrower=borrower, by=person)
    for person in (bank.auditor, bank.agent):
        with pytest.raises(Refused):
            certifying.issue(borrower=borrower, by=person)


def test_the_paper_says_it_in_both_languages_of_the_lender(paper: Certificate) -> None:
    made = printing.pdf_of(paper, check_at="https://bank.example/certificates/")
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
    for piece in (paper.number, rules.in_groups(paper.code), "Blocked", "New disbursement", paper.valid_until.isoformat(), "bank.example"):
        assert piece in text
    assert len(PdfReader(io.BytesIO(made)).pages) == 1
    assert printing.languages_of(paper.lender, paper) == ["zh-hans", "en"]
