"""Makes the whole demo book in one transaction, and tells what was made."""

import json
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from django.db import connection, transaction

from alerts.rulebook.actions import install_seeds
from borrowers.loans.models import Loan
from inspections.visits.actions import install_templates
from loanwatch.day.actions import ensure_days
from loanwatch.demo import (
    around_writing,
    bank,
    book,
    calendar,
    collateral,
    conduct,
    custody,
    documents,
    guarantees,
    holding,
    inspecting,
    planning,
    planted,
    planted_outside,
    staff,
    writing,
)
from loanwatch.demo.around import Around
from loanwatch.demo.drafts import Note, Party
from loanwatch.demo.names import Namer
from loanwatch.demo.outside import Outside
from loanwatch.demo.sampling import draw_months
from loanwatch.demo.visit_writing import Recorder
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

GIVEN_TO_AGENTS = 4  # visits each
PICTURED = 40  # visits of the first branch that have photographs
SMALLEST = 150  # loans: the planted cases and some company for them
TABLES = (
    "borrowers_borrower",
    "borrowers_loan",
    "borrowers_instalment",
    "borrowers_repayment",
    "borrowers_loanevent",
    "borrowers_guarantee",
    "borrowers_custody",
    "borrowers_checkduty",
    "borrowers_collateralitem",
    "borrowers_pledge",
    "borrowers_valuation",
    "borrowers_document",
    "borrowers_shelfentry",
    "people_branchreach",
    "inspections_task",
    "inspections_visit",
    "inspections_answer",
)


@dataclass(frozen=True)
class Book:
    """The drawn book, before it is written."""

    notes: list[Note]
    parties: list[Party]
    garden: planted.Garden
    everybody: list[staff.Seat]
    inspections: list[inspecting.Inspection]


def draw(seed: int, loans: int, days: calendar.Calendar) -> Book:
    """Everything the book holds, from `seed` alone: the same seed, size and calendar give the same book. Pure."""
    source = Random(seed)
    namer = Namer(source)
    everybody = staff.seats(namer)
    teams = staff.managers(everybody)
    frame = book.Frame(source, namer, days.start, days.as_of, teams)
    garden = planted.plant(frame)
    count = loans - len(garden.notes)
    owners = book.parties(frame, round(count / book.LOANS_PER_BORROWER))
    ordinary = book.ordinary(frame, owners, garden.notes, count)
    notes = [*garden.notes, *ordinary]
    cases = defaultdict(list)
    for note, case in garden.cases:
        cases[case.code].append(note)
    pledger = collateral.ordinary(ordinary, source, days.as_of)
    collateral.planted(cases, pledger)
    planted_outside.around_items(garden)
    guarantees.ordinary(ordinary, owners, source)
    custody.ordinary(notes, source, days.as_of, teams)
    custody.planted(cases, days.as_of)
    diary = inspecting.Diary(source, days, staff.officers(everybody))
    visited = inspecting.planted(inspecting.inspections(notes, diary), cases, diary)
    inspecting.unfinished(visited, diary)
    visited += inspecting.agency(visited, notes, diary, each=GIVEN_TO_AGENTS)
    inspecting.pictured(visited, diary, newest=PICTURED)
    return Book(notes, [*garden.parties, *owners], garden, everybody, visited)


def seed(*, number: int, loans: int, as_of: date, password: str, tell: Callable[[str], None] = lambda _text: None) -> dict[str, Any]:
    """Write the demo book for the close of `as_of` and put its days on the list; none is closed here.

    Returns what `seed_demo --json` prints. Raises ValueError with a sentence when the book is there already, `as_of` is no
    business day, or `loans` is below 150.
    """
    began = time.monotonic()
    if loans < SMALLEST:
        raise ValueError(f"The demo book needs at least {SMALLEST} loans to hold its planted cases. Nothing was done.")
    if Lender.objects.filter(code=bank.CODE).exists():
        raise ValueError(f"Lender {bank.CODE} is there already: the demo book is made once in an installation. Nothing was done.")
    with transaction.atomic():
        exceptions = bank.holidays_around(range(as_of.year - 3, as_of.year + 2))
        days = calendar.make(as_of, exceptions)
        tell("Drawing the demo book")
        drawn = draw(number, loans, days)
        tell("Writing the demo book")
        lender = bank.found(days)
        people = bank.hire(lender, drawn.everybody, days, password)
        writer = facts(lender, days, people, number, drawn)
        around_writing.write(lender, days, Around(number, days, drawn.parties, drawn.notes), Outside(number, days, drawn.parties, drawn.notes), drawn.garden.told)
        documents.fill(lender, as_of, people, number)
        install_templates(lender)
        inspections(writer, people, drawn)
        install_seeds(lender)
        bank.take_up_plan(lender, days.before(as_of, inspecting.PLANNED_CLOSES - 1), people)
        ensure_days(lender, days.closes[0], as_of)
        conduct.of_inspections(lender)
        draw_months(lender, as_of)
        conduct.planted(writer, people, drawn.garden, days)
        holding.findings(lender, as_of)
        planning.plan_ahead(lender, as_of, people)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE " + ", ".join(TABLES))
    return summary(lender, drawn, days, began)


def facts(lender: Lender, days: calendar.Calendar, people: dict[str, Person], number: int, drawn: Book) -> writing.Writer:
    writer = writing.Writer(lender, days, people, number)
    writing.parties(writer, drawn.parties)
    for part in (
        writing.loans,
        writing.schedules,
        writing.repayments,
        writing.events,
        writing.collateral,
        writing.guarantees,
        writing.custody,
    ):
        part(writer, drawn.notes)
    owners = {case.code: note.party for note, case in drawn.garden.cases}
    writing.portal({login: owners[f"portal_{login}"] for login in staff.BORROWER_LOGINS}, writer)
    writer.write()
    return writer


def inspections(writer: writing.Writer, people: dict[str, Person], drawn: Book) -> None:
    recorder = Recorder(writer, people)
    tasks = recorder.tasks(drawn.inspections)
    for attempt in range(max(len(i.attempts) for i in drawn.inspections)):
        recorder.visits(drawn.inspections, tasks, attempt)


def as_json(made: dict[str, Any]) -> str:
    return json.dumps(made, ensure_ascii=False, default=str)


def summary(lender: Lender, drawn: Book, days: calendar.Calendar, began: float) -> dict[str, Any]:
    return {
        "lender": lender.code,
        "loans": Loan.objects.filter(lender=lender).count(),
        "borrowers": len(drawn.parties),
        "branches": lender.branches.count(),
        "staff": len(drawn.everybody),
        "as_of": days.as_of,
        "first_day": days.closes[0],
        "days_due": len(days.closes),
        "seconds": round(time.monotonic() - began, 2),
        "planted": [{"code": case.code, "loan": note.number, "what": case.what} for note, case in drawn.garden.cases],
    }
