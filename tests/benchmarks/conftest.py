"""The benchmark's own log-in, and a database that is new between two books of one test."""

from collections.abc import Callable, Iterator

import pytest

from tests import database


@pytest.fixture
def as_owner(transactional_db) -> Iterator[None]:
    """The default connection is the owner's, who may make books."""
    database.log_in_as("owner")
    yield
    database.log_in_as("web")


@pytest.fixture
def renewed() -> Callable[[], None]:
    """Throws the database away and copies it anew, so that two books get the same ids."""
    return database.TestDatabase.current.renew
