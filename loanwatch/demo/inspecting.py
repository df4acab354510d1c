"""The inspections of the past: when each loan was visited, by whom, what was found, and who looked at it a second time. Pure.

Until a few closes before the last one the bank planned its inspections elsewhere; then LoanWatch's own plan took over (see
`PLANNED_CLOSES`). What is drawn here is what was handed over: done, waiting for a second pair of eyes, or overdue.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from loanwatch.demo.calendar import Calendar
from loanwatch.demo.drafts import Note
from loanwatch.demo.findings import Said, own_view, record
from loanwatch.demo.places import PRODUCTS, TREE
from loanwatch.demo.staff import BOX_TICKER, PHOTO_REUSER

PLANNED_CLOSES = 6  # the last closes, in which LoanWatch's own plan opens the tasks
RETAIL = {"card", "consumer", "mortgage"}  # not inspected by routine
FIRST_DAYS = {"working_capital": 15}  # after disbursement; others 30
ROUTINE_DAYS = ((5_000_000, 90), (1_000_000, 180), (0, 365))  # amount in yuan from which -> days
TROUBLED_DAYS = (40, 56)  # between visits of a loan that has been late
HANDED_IN = 5  # days back to which some visits still wait for the second pair of eyes
LATE, LATEST = 0.04, 24  # share of visits made after their due date, and by how many days at most
RETURNED = 0.03  # share of visits returned once
PARENT = {unit.code: unit.parent for unit in TREE}


@dataclass
class Attempt:
    """One visit as it was recorded and, where `decision` is set, what the second person said."""

    visited_on: date
    submitted_on: date
    minutes: int
    said: Said
    officer: str = ""
    decided_on: date | None = None
    decision: str = ""
    reason: str = ""
    explanation: str = ""
    own: Said | None = None
    photos: list[tuple[str, int]] = field(default_factory=list)  # checkpoint and the picture's number
    draft: bool = False


@dataclass
class Inspection:
    """One task and its visits."""

    note: Note
    kind: str
    opened_on: date
    due_on: date
    manager: str
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def state(self) -> str:
        if not self.attempts:
            return "due"
        last = self.attempts[-1]
        if last.draft:
            return "started"
        return {"confirmed": "done", "returned": "returned", "": "submitted"}[last.decision]

    @property
    def done_on(self) -> date | None:
        """The day that counts for the duty: of the last visit, unless it was returned."""
        return self.attempts[-1].visited_on if self.state in {"done", "submitted"} else None


@dataclass(frozen=True)
class Diary:
    """What the drawing of inspections needs to know of the bank."""

    draw: Random
    calendar: Calendar
    officers: dict[str, list[str]]  # branch -> log-ins of its risk officers

    @property
    def as_of(self) -> date:
        return self.calendar.as_of


def lateness(note: Note, calendar: Calendar) -> list[tuple[date, date]]:
    """Spells in arrears as the closes saw them: first close with a demand unpaid, and the day it became known as paid."""
    payments = sorted(note.payments, key=lambda p: p.paid_on)
    spells, paid, place, due = [], 0, 0, 0
    for demand in note.current:
        if demand.due_on >= calendar.as_of:
            break
        due += demand.total
        while paid < due and place < len(payments):
            paid += payments[place].amount
            place += 1
        settled = calendar.known(payments[place - 1].paid_on) if paid >= due else date.max
        close = bisect_right(calendar.closes, demand.due_on)
        if close < len(calendar.closes) and calendar.closes[close] < settled:
            spells.append((calendar.closes[close], settled))
    return spells


def inspections(notes: list[Note], diary: Diary) -> list[Inspection]:
    """All inspections of the ordinary and planted loans that are inspected at all, in order of loan and date."""
    return [one for note in notes if PRODUCTS[note.product].kind not in RETAIL for one in of_loan(note, diary)]


def of_loan(note: Note, diary: Diary) -> Iterator[Inspection]:
    draw, as_of = diary.draw, diary.as_of
    end = note.settled_on or as_of
    kind = PRODUCTS[note.product].kind
    spells = lateness(note, diary.calendar)
    days = FIRST_DAYS.get(kind, 30)
    due = note.disbursed_on + timedelta(days=days)
    size = next(gap for amount, gap in ROUTINE_DAYS if note.principal >= amount * 100)
    special = sorted({note_red(start) for start, until in spells if (min(until, end) - start).days > 62})
    kind_of_task, opened = "first", note.disbursed_on
    while opened < end:
        visited = due - timedelta(days=draw.randint(1, max(2, days // 3)))
        if draw.random() < LATE:
            visited = due + timedelta(days=draw.randint(1, LATEST))
        visited = max(visited, opened)
        while special and special[0] <= visited:
            called = special.pop(0)
            if called + timedelta(days=4) < as_of:
                yield one_visit(note, diary, "special", called, called + timedelta(days=5), called + timedelta(days=draw.randint(2, 4)), bad=True)
        if visited > end - timedelta(days=1):
            if due < as_of and end == as_of and not note.case:
                yield Inspection(note, kind_of_task, opened, due, manager_on(note, as_of))
            return
        yield one_visit(note, diary, kind_of_task, opened, due, visited, bad=troubled(spells, visited))
        days = draw.randint(*TROUBLED_DAYS) if any(start <= visited + timedelta(days=30) for start, _ in spells) else size
        kind_of_task, due = "routine", visited + timedelta(days=days)
        opened = due - timedelta(days=min(14, days - 1))
        if opened >= diary.calendar.before(as_of, PLANNED_CLOSES - 1):
            return  # LoanWatch's own plan calls it


def note_red(start: date) -> date:
    """The day after a loan that is late since `start` passes 60 days."""
    return start + timedelta(days=61)


def troubled(spells: list[tuple[date, date]], on: date) -> bool:
    return any(start <= on < until for start, until in spells)


def manager_on(note: Note, on: date) -> str:
    """Who leads the loan on `on`, or led it last."""
    leads = [t for t in note.tenures if t.capacity == "lead" and t.from_on <= on]
    return leads[-1].staff if leads else note.party.manager


def one_visit(note: Note, diary: Diary, kind: str, opened: date, due: date, visited: date, *, bad: bool) -> Inspection:
    """A visit with its verification; one of the last days still waits for it, some were returned once."""
    draw, as_of = diary.draw, diary.as_of
    manager = manager_on(note, visited)
    made = Inspection(note, kind, opened, due, manager)
    calm = manager == BOX_TICKER.login
    submitted = min(visited + timedelta(days=draw.choice((0, 0, 1))), as_of)
    said = record(draw, note, kind, bad=bad and not calm, hasty=calm)
    attempt = Attempt(visited, submitted, 2 if calm else draw.randint(18, 75), said)
    made.attempts.append(attempt)
    if (as_of - submitted).days <= HANDED_IN:
        return made
    officer = draw.choice(diary.officers[PARENT[note.party.branch]])
    decide(draw, attempt, officer, min(submitted + timedelta(days=draw.randint(1, 4)), as_of))
    if draw.random() < RETURNED and not calm and manager != PHOTO_REUSER.login and (as_of - submitted).days > 14:
        attempt.decision, attempt.reason, attempt.explanation = "returned", *draw.choice(REASONS)
        again = Attempt(attempt.decided_on + timedelta(days=2), attempt.decided_on + timedelta(days=2), 30, said)
        decide(draw, again, officer, again.submitted_on + timedelta(days=2))
        made.attempts.append(again)
    return made


REASONS = (
    ("incomplete", "库存没有盘点依据，请补充盘点表。 There is no count behind the stock figure: add the stock list."),
    ("evidence", "照片看不清招牌，请重拍。 The name plate can't be read on the photo: take it again."),
    ("contradicts", "账户流水与回款结论不符。 The account statement says otherwise about the receipts."),
)


def decide(draw: Random, attempt: Attempt, officer: str, on: date) -> None:
    attempt.officer, attempt.decided_on, attempt.decision = officer, on, "confirmed"
    attempt.own = own_view(draw, attempt.said)
    if attempt.own.conclusion != attempt.said.conclusion:
        attempt.explanation = "与客户经理沟通后一致。 Talked over with the account manager; the officer's view stands."


def unfinished(found: list[Inspection], diary: Diary) -> None:
    """Some of the waiting visits of the last days are turned into a returned one and a begun one, for the desks to show."""
    waiting = [i for i in found if i.state == "submitted"]
    seen: set[str] = set()
    for one in waiting:
        if one.manager in seen:
            continue
        seen.add(one.manager)
        last = one.attempts[-1]
        if len(seen) % 3 == 0:
            last.draft = True
        elif len(seen) % 3 == 1 and last.submitted_on < diary.as_of:
            decide(diary.draw, last, diary.officers[PARENT[one.note.party.branch]][0], diary.as_of)
            last.decision, last.reason, last.explanation = "returned", *REASONS[0]


def planted(found: list[Inspection], cases: dict[str, list[Note]], diary: Diary) -> list[Inspection]:
    """The overdue checks of the planted cases and the photograph that was used three times."""
    for days, code in ((45, "check_overdue_45"), (8, "check_overdue_8")):
        (note,) = cases[code]
        found = [i for i in found if i.note is not note or i.kind == "first"]
        due = diary.as_of - timedelta(days=days)
        found.append(Inspection(note, "routine", due - timedelta(days=14), due, manager_on(note, diary.as_of)))
    for note in cases["same_photo"]:
        first = next(i for i in found if i.note is note)
        first.attempts[0].photos = [("photo_gate", 0), ("photo_goods", 1)]
    return found


def pictured(found: list[Inspection], diary: Diary, *, newest: int) -> int:
    """Give the newest finished visits of the first branch two pictures each; returns how many pictures there are in all."""
    numbers = 2  # 0 and 1 are the ones that were used three times
    recent = [i for i in found if PARENT[i.note.party.branch] == "110" and i.attempts and not i.attempts[-1].photos]
    for one in sorted(recent, key=lambda i: i.attempts[-1].visited_on)[-newest:]:
        second = {"first": "photo_goods", "routine": "photo_inside"}.get(one.kind)
        for attempt in one.attempts:
            attempt.photos = [("photo_gate", numbers)] + ([(second, numbers + 1)] if second else [])
        numbers += 2
    return numbers
