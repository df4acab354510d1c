"""Who answered for each loan, in which capacity, from when to when."""

from datetime import date, timedelta
from random import Random

from loanwatch.demo.drafts import Note, Tenure
from loanwatch.demo.staff import DEPARTED, colleague

HANDED_OVER = 0.06  # share of the loans that changed hands once


def ordinary(notes: list[Note], draw: Random, as_of: date, teams: dict[str, list[str]]) -> None:
    """Lead, responsible and handling person of every loan; some were handed over, all those of the manager who left."""
    left = as_of - timedelta(days=DEPARTED.left_days or 0)
    for note in notes:
        team = teams[note.party.branch]
        hand(note, note.disbursed_on, note.party.manager, note.party.assistant)
        if DEPARTED.login in {note.party.manager, note.party.assistant}:
            if note.disbursed_on >= left:
                note.tenures.clear()
                other = colleague(draw, team, DEPARTED.login)
                hand(note, note.disbursed_on, other, other)
            elif not note.settled_on or note.settled_on > left:
                other = colleague(draw, team, DEPARTED.login)
                hand(note, left, other, other)
        elif not note.case and draw.random() < HANDED_OVER and (as_of - note.disbursed_on).days > 120:
            on = note.disbursed_on + timedelta(days=draw.randint(60, (as_of - note.disbursed_on).days - 30))
            hand(note, on, colleague(draw, [p for p in team if p != DEPARTED.login], note.party.manager), note.party.manager)


def hand(note: Note, on: date, responsible: str, handling: str) -> None:
    """From `on` the loan is led and answered for by `responsible`; what another person had in force ends."""
    wanted = {"lead": responsible, "responsible": responsible, "handling": handling}
    kept = {t.capacity for t in note.tenures if t.to_on is None and wanted[t.capacity] == t.staff}
    ended = [Tenure(t.staff, t.capacity, t.from_on, on) if t.to_on is None and t.capacity not in kept else t for t in note.tenures]
    note.tenures = [*ended, *(Tenure(staff, capacity, on) for capacity, staff in wanted.items() if capacity not in kept)]


def planted(cases: dict[str, list[Note]], as_of: date) -> None:
    left = as_of - timedelta(days=DEPARTED.left_days or 0)
    for note in cases["nobody_responsible"]:
        note.tenures = [Tenure(DEPARTED.login, capacity, note.disbursed_on, left) for capacity in ("lead", "responsible", "handling")]
