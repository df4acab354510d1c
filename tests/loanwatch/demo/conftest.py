"""A small demo book that stands for a whole module: seeded by the owner, its most telling days closed by a worker."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import Any

import pytest

from loanwatch.day import actions
from loanwatch.day.actions import close_days
from loanwatch.demo import seeding
from loanwatch.embedded.roles import acting_as
from loanwatch.lenders.models import Lender
from loanwatch.trail.models import BusinessDay
from tests import database

AS_OF = date(2026, 11, 20)
SEVERAL = (date(2026, 10, 30), date(2026, 11, 3), date(2026, 11, 18), date(2026, 11, 19))


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What `seed_demo` said about a book of 300 loans that is there until the module ends; no day of it is closed."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        from django.conf import settings

        patch.setattr(settings, "MEDIA_ROOT", tmp_path_factory.mktemp("media"))
        with acting_as("owner"):
            answer = seeding.seed(number=1, loans=300, as_of=AS_OF, password="a-password-for-tests")
        yield answer
        database.TestDatabase.current.renew()


@pytest.fixture(scope="module")
def closed(made: dict[str, Any], django_db_blocker: Any) -> dict[str, Any]:
    """The same book after its telling days: the last close of each of seven months, some days of the last weeks, and the last day."""
    with django_db_blocker.unblock(), acting_as("worker"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(actions, "missed_between", lambda lender, newest, first: [])  # days that would cost and tell nothing
        lender = Lender.objects.get(code="DEMO")
        due = BusinessDay.objects.filter(lender=lender).order_by("business_date")
        dates = list(due.values_list("business_date", flat=True))
        month_ends = [max(days) for _, days in groupby(dates, key=lambda d: (d.year, d.month))][-7:]
        telling = sorted({*month_ends, *SEVERAL, AS_OF})
        due.exclude(business_date__in=telling).delete()
        for day in telling:
            list(close_days(lender, day, day))
    return made
