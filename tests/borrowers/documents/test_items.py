"""Papers of collateral: an item that one owns and that secures the loan of another is the business of both."""

import io
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from borrowers.collateral.models import CollateralItem, Pledge
from borrowers.documents import actions, house, queries
from borrowers.documents.forms import UploadForm
from borrowers.documents.models import Document
from borrowers.facts import Correction
from borrowers.loans.models import Loan
from loanwatch.kernel.policy import Conflict
from loanwatch.people.access import Access
from loanwatch.trail.models import BusinessDay
from loanwatch.trail.queries import open_day
from tests.borrowers.documents import files
from tests.inspections.book import TODAY, make_loan

LONG_AGO = date(2010, 1, 5)


def item_of(loan: Loan) -> CollateralItem:
    """An item that the loan's borrower owns."""
    facts = {"lender": loan.lender, "valid_from": LONG_AGO, "known_from": LONG_AGO}
    return CollateralItem.objects.create(number=f"K{loan.pk}", kind="inventory", owner=loan.borrower, currency="CNY", **facts)


def pledge(loan: Loan, item: CollateralItem, **more: Any) -> Pledge:
    facts = {"lender": loan.lender, "bucket": loan.bucket, "valid_from": LONG_AGO, "known_from": LONG_AGO}
    return Pledge.objects.create(loan=loan, item=item, **(facts | more))


@pytest.fixture
def other(bank) -> Loan:
    """A loan of another borrower, paid back long ago."""
    found = make_loan(bank)
    Loan.objects.filter(pk=found.pk).update(settled_on=date(2012, 1, 5))
    return found


@pytest.fixture
def policy(bank, loan, other, bring) -> Document:
    """The policy of an item that the first borrower owns and that secured the loans of both."""
    Loan.objects.filter(pk=loan.pk).update(settled_on=date(2012, 1, 5))
    item = item_of(loan)
    pledge(loan, item)
    pledge(other, item)
    return bring("insurance_policy", item=item)


def test_a_hold_on_whose_loan_the_item_secures_keeps_the_papers_of_the_item(bank, other, policy):
    house.place_hold(by=bank.credit, borrower=other.borrower, reason="Suzhou court, (2026) 513")
    assert queries.why_not_destroyed(policy, TODAY) == "hold"
    with pytest.raises(Conflict) as refusal:
        actions.destroy(document_id=policy.pk, reason="Old", by=bank.credit2)
    assert refusal.value.code == "LEGAL_HOLD"
    with pytest.raises(DatabaseError), transaction.atomic():
        Document.objects.filter(pk=policy.pk).update(destroyed_on=TODAY)


def test_a_pledge_that_never_was_puts_nobodys_hold_on_the_item(bank, other, policy):
    pledge(other, policy.item, revision=2, withdrawn=True)
    house.place_hold(by=bank.credit, borrower=other.borrower, reason="Suzhou court, (2026) 513")
    assert actions.destroy(document_id=policy.pk, reason="Old", by=bank.credit2).destroyed_on == TODAY


# --- who sees the papers of an item ----------------------------------------------------------------------------------------


@pytest.fixture
def neighbour(bank, policy) -> Loan:
    """A running loan of another manager, which the item secures as well."""
    found = make_loan(bank, lead=bank.manager2)
    pledge(found, policy.item, valid_from=date(2026, 2, 1), known_from=date(2026, 2, 1))
    return found


def sees(access: Access, document: Document) -> bool:
    return Document.objects.visible_to(access).filter(pk=document.pk).exists()


def test_a_pledge_gives_sight_of_the_items_papers_as_long_as_it_is_in_force(bank, policy, neighbour):
    assert sees(bank.manager2, policy)
    ended = {"valid_from": date(2026, 2, 1), "known_from": date(2026, 3, 1), "revision": 2}
    pledge(neighbour, policy.item, to_on=TODAY, **ended)
    assert not sees(bank.manager2, policy)
    assert sees(bank.credit, policy) and sees(bank.auditor, policy), "the archive keeps and destroys it"


def test_a_pledge_that_was_a_mistake_gives_no_sight_and_takes_no_papers(bank, policy, neighbour):
    withdrawn = {"valid_from": date(2026, 2, 1), "known_from": TODAY, "revision": 2, "withdrawn": True}
    assert UploadForm(loan=neighbour, access=bank.manager2).fields["item"].queryset.count() == 1
    pledge(neighbour, policy.item, **withdrawn)
    assert not sees(bank.manager2, policy)
    assert UploadForm(loan=neighbour, access=bank.manager2).fields["item"].queryset.count() == 0


def test_the_same_file_names_no_document_that_its_bringer_may_not_see(bank, loan, bring):
    data = files.picture("PNG")
    first = bring(data=data)
    second = make_loan(bank, lead=bank.manager2)
    Loan.objects.filter(pk=second.pk).update(borrower=loan.borrower)
    second.refresh_from_db()
    with pytest.raises(actions.AlreadyThere) as there:
        bring(data=data, loan=second, by=bank.manager2)
    assert first.number not in there.value.sentence


# --- when it becomes known, and what is forgotten ---------------------------------------------------------------------------


def test_what_is_brought_after_the_close_is_known_from_the_next_business_day(bank, bring):
    BusinessDay.objects.create(lender=bank.lender, business_date=TODAY, state="closed")
    document = bring("financial_statements", valid_from=date(2025, 1, 1))
    actions.add_version(
        document_id=document.pk, upload=io.BytesIO(files.pdf()), filename="2026.pdf", by=bank.manager, valid_from=date(2026, 1, 1)
    )
    told = {document.known_from, *document.versions.values_list("known_from", flat=True)}
    told |= set(Correction.objects.filter(subject="borrowers.document", subject_id=document.pk).values_list("known_from", flat=True))
    assert told == {open_day(bank.lender, TODAY)} and min(told) > TODAY


def test_a_destroyed_document_forgets_what_its_pictures_and_names_told_of_people(bank, loan, bring):
    Loan.objects.filter(pk=loan.pk).update(settled_on=date(2012, 1, 5))
    document = bring(data=files.photo(), name="Wang Fang.jpg")
    assert document.title == "Wang Fang" and document.versions.get().evidence["model"] == "Phone 9"
    with pytest.raises(DatabaseError), transaction.atomic():
        document.versions.update(evidence={}, filename="")
    actions.destroy(document_id=document.pk, reason="Old", by=bank.credit)
    document.refresh_from_db()
    version = document.versions.get()
    assert (document.title, version.filename, version.evidence) == ("", "", {}) and version.sha256
    assert not Correction.objects.filter(subject="borrowers.document", field="title").exists()
    client = Client()
    client.force_login(bank.credit.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(reverse("documents:document", args=[document.number]))
    assert page.status_code == 200 and document.kind.words in page.content.decode() and "Wang Fang" not in page.content.decode()
