"""The pages of the evidence guard as a risk officer and audit see them."""

import pytest
from django.urls import reverse

from inspections.evidence import actions
from inspections.evidence.models import Flag, FlagJudgement
from tests.inspections.book import own_view
from tests.inspections.evidence.test_flags import handed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def flagged(bank):
    """A report handed in far from the address, examined, on which the officer's own view is recorded."""
    visit = handed_in(bank, at=("31.400312", "120.700245"))
    actions.ensure_examined([visit.pk])
    own_view(visit, bank.officer)
    return visit


def page(client, who, name, *parts, data=None, **query):
    client.force_login(who.account)
    address = reverse(f"evidence:{name}", args=parts)
    return client.get(address, query) if data is None else client.post(address, data)


def test_the_list_shows_sentences_filters_them_and_is_exported(bank, client, flagged):
    shown = page(client, bank.officer, "list").content.decode()
    assert "metres from the borrower&#x27;s address" in shown and flagged.task.number in shown
    assert flagged.task.number not in page(client, bank.officer, "list", kind="same_words").content.decode()
    assert flagged.task.number not in page(client, bank.officer, "list", state="stands").content.decode()
    assert flagged.task.number not in page(client, bank.sibling_officer, "list").content.decode()
    assert flagged.task.number in page(client, bank.auditor, "export", "csv").content.decode()
    assert page(client, bank.officer, "export", "pdf").status_code == 404


def test_the_officer_judges_on_the_page_of_the_flag_and_audit_reads_it(bank, client, flagged):
    found = Flag.objects.get(visit=flagged, code="away")
    assert page(client, bank.officer, "flag", found.pk, data={"verdict": "explained", "words": ""}).status_code == 422
    assert page(client, bank.officer, "flag", found.pk, data={"verdict": "explained", "words": "The works moved in June."}).status_code == 302
    assert FlagJudgement.objects.get().judged_by == bank.officer.person
    assert "The works moved in June." in page(client, bank.auditor, "flag", found.pk).content.decode()
    assert page(client, bank.auditor, "flag", found.pk, data={"verdict": "stands", "words": "No."}).status_code == 403
    assert page(client, bank.manager, "list").status_code == 403
    assert page(client, bank.officer2, "flag", found.pk).status_code == 404  # no own view yet


def test_the_verifier_sees_the_flags_beside_both_views(bank, client, flagged):
    client.force_login(bank.officer.account)
    assert "metres from the borrower&#x27;s address" in client.get(reverse("four_eyes:verify", args=[flagged.pk])).content.decode()
