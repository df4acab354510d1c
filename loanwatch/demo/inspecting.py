"""The inspections of the past: when each loan was visited, by whom, what was found, and who looked at it a second time. Pure.

Until a few closes before the last one the bank planned its inspections elsewhere; then LoanWatch's own plan took over (see
`PLANNED_CLOSES`). What is drawn here is what was handed over: done, waiting for a second pair of eyes, or overdue.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from loanwatch.demo.calendar import Calendar
from loanwatch.demo.drafts import Note
from loanwatch.demo.findings import Said, own_view, record
from loanwatch.demo.places import PRODUCTS, TREE
from loanwatch.demo.staff import BOX_TICKER, PHOTO_REUSER, RUBBER_STAMP

PLANNED_CLOSES = 6  # the last closes, in which LoanWatch's own plan opens the tasks
RETAIL = {"card", "consumer", "mortgage"}  # not inspected by routine
FIRST_DAYS = {"working_capital": 15}  # after disbursement; others 30
ROUTINE_DAYS = ((5_000_000, 90), (1_000_000, 180), (0, 365))  # amount in yuan from which -> days
TROUBLED_DAYS = (40, 56)  # between visits of a loan that has been late
HANDED_IN, WAITING = 12, 0.55  # share of the visits of the last days that still wait for the second pair of eyes
LATE, LATEST = 0.04, 24  # share of visits made after their due date, and by how many days at most
RETURNED = 0.03  # share of visits returned once
PARENT = {unit.code: unit.parent for unit in TREE}


@dataclass(frozen=True)
class Decision:
    """What the second person said: confirmed, or returned with a reason; and the own view recorded before."""

    officer: str
    on: date
    own: Said
    outcome: str = "confirmed"
    reason: str = ""
    explanation: str = ""


@dataclass
class Attempt:
    """One visit as it was recorded and, once somebody has decided on it, the decision."""

    visited_on: date
    submitted_on: date
    minutes: int
    said: Said
    decision: Decision | None = None
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
    assigned_by: str = ""  # empty: the plan, which follows custody

    @property
    def state(self) -> str:
        if not self.attempts:
            return "due"
        last = self.attempts[-1]
        if last.draft:
            return "started"
        if last.decision is None:
            return "submitted"
        return "done" if last.decision.outcome == "confirmed" else "returned"

    @property
    def done_on(self) -> date | None:
        """The day that counts for the duty: of the last visit, unless it was returned."""
        return self.attempts[-1].visited_on if self.state in {"done", "submitted"} else None

    @property
    def closed_on(self) -> date | None:
        """The day on which the second person confirmed it."""
        decision = self.attempts[-1].decision if self.attempts else None
        return decision.on if decision and self.state == "done" else None


@dataclass(frozen=True)
class Diary:
    """What the drawing of inspections needs to know of the bank."""

    draw: Random
    calendar: Calendar
    officers: dict[str, list[str]]  # branch -> log-ins of its risk officers

    @property
    def as_of(self) -> date:
        return self.calendar.as_of


@dataclass(frozen=True)
class Lateness:
    """How a loan was late, demand by demand.

    spells: of demands that a close saw unpaid, from that close until they were known as paid. late: due dates of demands
    paid 3 or more days late.
    """

    spells: list[tuple[date, date]]
    late: list[date]

    def troubled(self, on: date) -> bool:
        return any(start <= on < until for start, until in self.spells)

    def late_by(self, on: date) -> bool:
        """Whether the loan has been seen late before `on`."""
        return any(start <= on for start, _ in self.spells)

    def red_since(self, end: date) -> date | None:
        """When a red alert first called for a special inspection: 61 days late, or five late payments in half a year."""
        days = [start + timedelta(days=61) for start, until in self.spells if (min(until, end) - start).days > 61]
        days += [fifth + timedelta(days=3) for first, fifth in zip(self.late, self.late[4:], strict=False) if (fifth - first).days <= 184]
        return min(days) if days else None


def lateness(note: Note, calendar: Calendar) -> Lateness:
    payments = sorted(note.payments, key=lambda p: p.paid_on)
    found, paid, place, due = Lateness([], []), 0, 0, 0
    # A loan that was paid off early has a last plan without its arrears; what was demanded until then stands in the first.
    for demand in note.plan if note.settled_on else note.current:
        if demand.due_on >= (note.settled_on or calendar.as_of):
            break
        due += demand.total
        while paid < due and place < len(payments):
            paid += payments[place].amount
            place += 1
        settled = payments[place - 1].paid_on if paid >= due else date.max
        if (min(settled, calendar.as_of) - demand.due_on).days >= 3:
            found.late.append(demand.due_on)
        known = calendar.known(settled)
        close = bisect_right(calendar.closes, demand.due_on)
        if close < len(calendar.closes) and calendar.closes[close] < known:
            found.spells.append((calendar.closes[close], known))
    return found


def inspections(notes: list[Note], diary: Diary) -> list[Inspection]:
    """All inspections of the ordinary and planted loans, in order of loan and date. Retail loans are visited after a red alert only."""
    found: list[Inspection] = []
    for note in notes:
        seen = lateness(note, diary.calendar)
        if PRODUCTS[note.product].kind not in RETAIL:
            found += by_plan(note, diary, seen)
        called = seen.red_since(note.settled_on or diary.as_of)
        if called and called + timedelta(days=5) < diary.as_of:
            found.append(after_alert(note, diary, called))
    return found


def after_alert(note: Note, diary: Diary, called: date) -> Inspection:
    """The special inspection of a red alert that opened about `called`."""
    return one_visit(
        note, diary, "special", called, called + timedelta(days=5), called + timedelta(days=diary.draw.randint(2, 4)), bad=True
    )


def by_plan(note: Note, diary: Diary, seen: Lateness) -> Iterator[Inspection]:
    """First check and routine inspections up to the day on which LoanWatch's own plan takes over."""
    draw, as_of = diary.draw, diary.as_of
    end = note.settled_on or as_of
    days = FIRST_DAYS.get(PRODUCTS[note.product].kind, 30)
    size = next(gap for amount, gap in ROUTINE_DAYS if note.principal >= amount * 100)
    kind, opened, due = "first", note.disbursed_on, note.disbursed_on + timedelta(days=days)
    while opened < end:
        visited = due - timedelta(days=draw.randint(1, max(2, days // 3)))
        if draw.random() < LATE:
            visited = due + timedelta(days=draw.randint(1, LATEST))
        visited = max(visited, opened)
        if visited > end - timedelta(days=1):
            if due < as_of and end == as_of and not note.case:
                yield Inspection(note, kind, opened, due, manager_on(note, as_of))
            return
        yield one_visit(note, diary, kind, opened, due, visited, bad=seen.troubled(visited))
        days = draw.randint(*TROUBLED_DAYS) if seen.late_by(visited + timedelta(days=30)) else size
        kind, due = "routine", visited + timedelta(days=days)
        opened = due - timedelta(days=min(14, days - 1))
        if opened >= diary.calendar.before(as_of, PLANNED_CLOSES - 1):
            return  # LoanWatch's own plan calls it


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
    if (as_of - submitted).days <= HANDED_IN and (submitted == as_of or draw.random() < WAITING):
        return made
    officer = draw.choice(diary.officers[PARENT[note.party.branch]])
    decided = decide(draw, attempt, officer, min(submitted + timedelta(days=draw.randint(1, 4)), as_of))
    if draw.random() < RETURNED and not calm and manager != PHOTO_REUSER.login and (as_of - submitted).days > 14:
        attempt.decision = sent_back(decided, *draw.choice(REASONS))
        once_more = submitted + timedelta(days=7)
        again = Attempt(once_more, once_more, 30, said)
        decide(draw, again, officer, once_more + timedelta(days=2))
        made.attempts.append(again)
    return made


RED_BY_EVENT = (
    "serial_extension",
    "restructured_twice",
    "value_fell",
    "old_valuation",
    "never_valued",
)  # planted, red without long arrears
TALKED_OVER = "与客户经理沟通后一致。 Talked over with the account manager; the officer's view stands."
REASONS = (
    ("incomplete", "库存没有盘点依据，请补充盘点表。 There is no count behind the stock figure: add the stock list."),
    ("evidence", "照片看不清招牌，请重拍。 The name plate can't be read on the photo: take it again."),
    ("contradicts", "账户流水与回款结论不符。 The account statement says otherwise about the receipts."),
)


def decide(draw: Random, attempt: Attempt, officer: str, on: date) -> Decision:
    """`officer` confirms on `on`, after an own view."""
    own = own_view(draw, attempt.said)
    if officer == RUBBER_STAMP:
        own = replace(own, conclusion=attempt.said.conclusion)
    agreed = "" if own.conclusion == attempt.said.conclusion else TALKED_OVER
    attempt.decision = Decision(officer, on, own, explanation=agreed)
    return attempt.decision


def sent_back(decision: Decision, reason: str, explanation: str) -> Decision:
    return replace(decision, outcome="returned", reason=reason, explanation=explanation)


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
            decided = decide(diary.draw, last, diary.officers[PARENT[one.note.party.branch]][0], diary.as_of)
            last.decision = sent_back(decided, *REASONS[0])


def planted(found: list[Inspection], cases: dict[str, list[Note]], diary: Diary) -> list[Inspection]:
    """The overdue checks of the planted cases and the photograph that was used three times."""
    for days, code in ((45, "check_overdue_45"), (8, "check_overdue_8")):
        (note,) = cases[code]
        found = [i for i in found if i.note is not note or i.kind == "first"]
        due = diary.as_of - timedelta(days=days)
        found.append(Inspection(note, "routine", due - timedelta(days=14), due, manager_on(note, diary.as_of)))
    called = diary.as_of - timedelta(days=12)
    for note in (n for code in RED_BY_EVENT for n in cases[code]):
        if not any(i.note is note and i.kind == "special" for i in found):
            found.append(after_alert(note, diary, called))
    for note in cases["same_photo"]:
        first = next(i for i in found if i.note is note)
        first.attempts[0].photos = [("photo_gate", 0), ("photo_goods", 1)]
    return found


def agency(found: list[Inspection], notes: list[Note], diary: Diary, *, each: int) -> list[Inspection]:
    """Visits that the branch heads gave to the field agents of their agencies, `each` of them a few, still to be made."""
    given = []
    busy = {id(i.note) for i in found if i.state != "done"}
    for agent, head, branch in (("agent", "head", "110"), ("agent2", "head2", "210")):
        fitting = (
            n
            for n in notes
            if PARENT[n.party.branch] == branch and n.behaviour == "good" and PRODUCTS[n.product].kind not in RETAIL and id(n) not in busy
            if not n.settled_on and n.disbursed_on < diary.as_of - timedelta(days=90) and n.matures_on > diary.as_of + timedelta(days=30)
        )
        for place, note in zip(range(each), fitting, strict=False):
            opened = diary.as_of - timedelta(days=4)
            given.append(Inspection(note, "routine", opened, opened + timedelta(days=9 + place), agent, assigned_by=head))
    return given


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
