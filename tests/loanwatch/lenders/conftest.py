"""A bank with two credit administrators."""

import pytest

from loanwatch.lenders.defaults import give_defaults
from loanwatch.people.models import Role
from tests.loanwatch.people.conftest import Office, office  # noqa: F401  the fixture


@pytest.fixture
def bank(office: Office) -> Office:  # noqa: F811
    give_defaults(office.lender)
    office.first, office.second = office.hire(Role.CREDIT_ADMIN, "HO", "First"), office.hire(Role.CREDIT_ADMIN, "HO", "Second")
    return office
