from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.alerts.backtests.chance import Chance, make


@pytest.fixture(scope="module")
def book_of_the_module(django_db_setup, django_db_blocker) -> Iterator[Chance]:
    """One transaction around the module: the book is made once."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make()
        transaction.set_rollback(True)


@pytest.fixture
def book(book_of_the_module) -> Iterator[Chance]:
    """The book of chance; what a test changes in it is taken back."""
    with transaction.atomic():
        yield book_of_the_module
        transaction.set_rollback(True)
