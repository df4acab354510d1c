"""The tests stand on what production stands on: the same server, the same log-ins."""

import pytest
from django.db import connection
from django.test import TransactionTestCase

from tests import database


def _one(statement: str):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def test_a_test_works_as_the_web_process(db):
    assert _one("SELECT current_user") == "loanwatch_web"


def test_a_test_can_work_as_a_worker(as_worker):
    assert _one("SELECT current_user") == "loanwatch_worker"


def test_a_row_a_test_committed_is_gone_in_the_next(transactional_db):
    case = TransactionTestCase()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        before = cursor.fetchone()[0]
        cursor.execute("INSERT INTO django_session VALUES ('k', 'd', now())")
    case._fixture_teardown()
    assert _one("SELECT count(*) FROM django_session") == before


def test_the_network_ends_at_this_machine():
    import socket

    with socket.socket() as out, pytest.raises(OSError, match="this machine only"):
        out.connect(("192.0.2.1", 80))


def test_two_runs_at_once_work_on_different_databases(db):
    beside = database.State.current().lock(database.TestDatabase.current.held.path.name)
    assert not beside.take(wait=False)
