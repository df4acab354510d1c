"""The test database, the log-ins to it, and a closed network."""

import socket
from collections.abc import Iterator

import psycopg2
import pytest
from django.core.signals import request_finished
from django.db import connections
from django.db.backends.signals import connection_created
from django.test import TransactionTestCase

from tests import database

MANY = 20  # days of partitions; a new copy of the database costs as much as they do

# --- the database: migrated by the owner, used as the web process uses it ---


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker) -> Iterator[None]:
    """A database of this process's own, copied from a migrated one that later runs use again."""
    with django_db_blocker.unblock():
        made = database.TestDatabase.take()
    yield
    with django_db_blocker.unblock():
        made.give_back()


@pytest.fixture(autouse=True, scope="session")
def _after_a_committing_test_the_database_is_new() -> Iterator[None]:
    # The web log-in may not empty tables, and triggers refuse it to everyone: the database is copied afresh instead.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: database.TestDatabase.current.renew())
        yield


@pytest.fixture(autouse=True, scope="session")
def _tests_read_for_the_house() -> Iterator[None]:
    # Requests read for their person, as in production; what a test asks the database itself is asked for the house.
    def _on_opening(connection, **kwargs) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lw.reader', 'house', false)")

    def _after_a_request(**kwargs) -> None:
        connection = connections["default"]
        if connection.connection is not None and not connection.needs_rollback:
            _on_opening(connection)

    connection_created.connect(_on_opening)
    request_finished.connect(_after_a_request)
    yield
    connection_created.disconnect(_on_opening)
    request_finished.disconnect(_after_a_request)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    # Before any fixture: a test transaction that has begun cannot change its log-in any more.
    database.log_in_as("worker" if "as_worker" in getattr(item, "fixturenames", ()) else "web")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    # Between two modules nothing stands. Partitions that were left behind slow down whoever looks at observations.
    yield
    if database.TestDatabase.days_left_behind > MANY and nextitem and nextitem.path != item.path:
        database.TestDatabase.current.renew()


@pytest.fixture
def as_worker(db) -> None:
    """The test's default connection is the worker's, not the web process's."""


@pytest.fixture
def owner_connection(transactional_db) -> Iterator[psycopg2.extensions.connection]:
    """A raw connection of the owner, each statement its own transaction. It sees committed rows only, so this test commits."""
    yield from database.raw_connection("owner")


@pytest.fixture
def web_connection(transactional_db) -> Iterator[psycopg2.extensions.connection]:
    """As `owner_connection`, with the rights of the web process."""
    yield from database.raw_connection("web")


@pytest.fixture
def worker_connection(transactional_db) -> Iterator[psycopg2.extensions.connection]:
    """As `owner_connection`, with the rights of a worker."""
    yield from database.raw_connection("worker")


# --- the network: this machine only ---


@pytest.fixture(autouse=True, scope="session")
def _the_network_is_closed() -> Iterator[None]:
    connect = socket.socket.connect

    def connect_here_only(self: socket.socket, address) -> None:
        if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise OSError(f"A test tried to reach {address[0]}; tests talk to this machine only.")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here_only)
        yield
