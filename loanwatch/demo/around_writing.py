"""Writes what stands around the demo's borrowers and loans, each kind as one set through its own door."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from django.db import connection

from borrowers import staging
from borrowers.doors import save_staged
from borrowers.kinds import KINDS
from loanwatch.demo.around import Around, Row
from loanwatch.demo.calendar import Calendar
from loanwatch.demo.outside import Outside
from loanwatch.lenders.models import Lender

# In the order of the kinds: each after what it names.
TOLD = (
    "identifier", "related_party", "group", "membership", "tier", "statement", "external_signal", "outside_figure", "sector_event", "contact",
    "facility", "covenant", "covenant_test", "covenant_waiver", "condition", "promise", "return", "agreed_payee", "insurance", "registration",
    "count", "seizure", "payment", "account", "transaction",
)  # fmt: skip

METHODS = {"return": "returned"}  # the kind's name is a word of the language


def write(lender: Lender, days: Calendar, drawn: Around, figures: Outside, told: Mapping[str, Sequence[Row]]) -> None:
    """All kinds, drawn and planted (`told`); what was so on a day is known from the first close on or after it."""
    for name in TOLD:
        kind = KINDS[name]
        columns = list(kind.columns)
        method = METHODS.get(name, name)
        made = [getattr(source, method)() for source in (drawn, figures) if hasattr(source, method)]
        rows = (_values(columns, row, days) for row in chain(*made, told.get(name, ())))
        staging.stage(kind.staged, {"place": "bigserial", **kind.columns})
        staging.fill(kind.staged, columns, rows)
        save_staged(kind, lender)
    _draw_under_facilities(lender, drawn)


def _values(columns: list[str], row: dict[str, Any], days: Calendar) -> tuple[Any, ...]:
    told = row | {"known_from": max(days.closes[0], days.known(row["valid_from"]))}
    return tuple(told.get(column) for column in columns)


def _draw_under_facilities(lender: Lender, drawn: Around) -> None:
    """The notes were written before their facilities. That they belong to one is part of the book, no correction of it."""
    pairs = [(note.number, number) for number, notes in drawn.lines().items() for note in notes]
    staging.stage("drawn_under", {"loan": "text", "facility": "text"}, pairs)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE borrowers_loan l SET facility_id = f.id FROM drawn_under d, borrowers_facility f
            WHERE l.lender_id = %(lender)s AND l.number = d.loan AND f.lender_id = %(lender)s AND f.number = d.facility
            """,
            {"lender": lender.pk},
        )
