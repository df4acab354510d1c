"""What the tests of findings and holds share."""

from collections.abc import Callable

import pytest

from borrowers.loans.models import Loan
from inspections.findings import actions
from inspections.findings.models import Finding
from loanwatch.people.access import Access
from tests.inspections.book import Bank, make_loan


@pytest.fixture
def raised(bank: Bank) -> Callable[..., Finding]:
    """Raises a finding, by default the officer's on a new loan of the manager."""

    def make(loan: Loan | None = None, *, by: Access | None = None, **changed: object) -> Finding:
        given = {"text": "The pledged stock was not there.", "severity": 2, "measure": "Have it counted again."} | changed
        return actions.raise_finding(by=by or bank.officer, loan=loan or make_loan(bank), **given)

    return make


@pytest.fixture
def settled(bank: Bank) -> Callable[[Finding], Finding]:
    """Has a finding remedied by its manager and verified by the officer."""

    def make(finding: Finding) -> Finding:
        actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Done.", no_files="Seen on the spot.")
        return actions.verify_remedy(finding_id=finding.pk, by=bank.officer, text="Seen.")

    return make
