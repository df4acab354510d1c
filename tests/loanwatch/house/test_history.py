"""Row history is written by the database for every change, whoever makes it, and nobody can write or silence it."""

from collections.abc import Iterator
from datetime import date
from itertools import count

import psycopg2
import pytest

from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person
from tests import database

FORGED = "INSERT INTO people_personevent (pgh_created_at, pgh_label, staff_no, name, pgh_obj_id) VALUES (now(), 'update', 'X', 'Forged', %s)"

REWRITTEN = "UPDATE people_personevent SET name = 'Forged' WHERE pgh_obj_id = %s"
REMOVED = "DELETE FROM people_personevent WHERE pgh_obj_id = %s"


NUMBERS = count(1)


@pytest.fixture(scope="module")
def lender(django_db_setup, django_db_blocker) -> Iterator[Lender]:
    """Committed until the module ends: raw connections see nothing else."""
    with django_db_blocker.unblock():
        yield Lender.objects.create(code="HIST", name="History", currency="CNY", zone="Asia/Shanghai")
        database.TestDatabase.current.renew()


@pytest.fixture
def person(lender) -> Person:
    return Person.objects.create(lender=lender, staff_no=f"H-{next(NUMBERS)}", name="Before")


@pytest.fixture(params=["web", "worker"])
def raw(request, lender) -> Iterator[psycopg2.extensions.connection]:
    yield from database.raw_connection(request.param)


def test_neither_web_nor_worker_can_silence_the_history_of_a_row(person, raw):
    with raw.cursor() as cursor:
        cursor.execute("SELECT array_agg(tgname::text) FROM pg_trigger WHERE tgrelid = 'people_person'::regclass AND NOT tgisinternal")
        names = [f"people_person:{name}" for name in cursor.fetchone()[0]]
        cursor.execute("SELECT array_agg(tgname::text) FROM pg_trigger WHERE NOT tgisinternal")
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, false)", ["{" + ",".join([*names, *cursor.fetchone()[0]]) + "}"])
        cursor.execute("UPDATE people_person SET left_on = %s WHERE id = %s", [date(2026, 6, 30), person.pk])
        cursor.execute("SELECT left_on FROM people_personevent WHERE pgh_obj_id = %s ORDER BY pgh_id DESC LIMIT 1", [person.pk])
        assert cursor.fetchone() == (date(2026, 6, 30),)


@pytest.mark.parametrize("attempt", [FORGED, REWRITTEN, REMOVED])
def test_neither_web_nor_worker_can_forge_history(person, raw, attempt):
    with raw.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(attempt, [person.pk])
