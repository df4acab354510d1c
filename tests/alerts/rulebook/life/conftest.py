import pytest

from alerts.rulebook import actions
from loanwatch.people.models import Role
from loanwatch.trail.models import BusinessDay
from tests.factories import DAY, BranchFactory, hire

TEXT = "yellow when days_past_due >= 1\nred when days_past_due > 90"
PARTS = {
    "name": "Late with a payment",
    "why": "Who pays late has less money than planned.",
    "look_at": "Ask what the money was needed for.",
    "basis": "House practice",
    "family": "Repayment",
    "handling_days": {"yellow": 15, "red": 3},
}


def a_draft(**changed):
    return actions.Draft(**({"code": "OWN-01", "text": TEXT} | PARTS | changed))


@pytest.fixture
def branch(db):
    made = BranchFactory()
    BusinessDay.objects.create(lender=made.lender, business_date=DAY, state=BusinessDay.State.CLOSED)
    return made


@pytest.fixture
def officer(branch):
    return hire(branch, Role.RISK_OFFICER)


@pytest.fixture
def colleague(branch):
    return hire(branch, Role.RISK_OFFICER)


@pytest.fixture
def credit(branch):
    return hire(branch, Role.CREDIT_ADMIN)


@pytest.fixture
def draft(officer):
    return actions.save_draft(by=officer, draft=a_draft(), new=True)


@pytest.fixture
def checked(draft, officer):
    return actions.check(version_id=draft.pk, by=officer)
