"""Tells the database who reads, so that its own rules can hide rows: the second wall behind the querysets.

The setting `lw.reader` of a connection is the id of a person, "house" for work that is done in nobody's name (workers,
commands, what a request must do before its reader may see), or empty. Nothing set: what is guarded is not seen.
"""

import contextlib
from collections.abc import Iterator

from django.db import InternalError, connection

from loanwatch.people.access import Access

HOUSE = "house"


def read_as(access: Access | None) -> None:
    """From now on this connection reads for the person of `access`; for nobody where there is none."""
    _say(str(access.person.pk) if access and access.person else "")


@contextlib.contextmanager
def as_house() -> Iterator[None]:
    """For the length of the block the connection reads for the house. What is read inside must not reach the page."""
    before = _said()
    _say(HOUSE)
    try:
        yield
    finally:
        # A transaction that broke takes the setting back itself, with all that was done in it.
        with contextlib.suppress(InternalError):
            _say(before)


def _said() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lw.reader', true)")
        return cursor.fetchone()[0] or ""


def _say(reader: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lw.reader', %s, false)", [reader])
