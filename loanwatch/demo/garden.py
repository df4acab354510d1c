"""What a planted case is, and the ground it is planted in. A case is built backwards from the last day of the book."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from loanwatch.demo import places, plans
from loanwatch.demo.behaviours import always, pay_habit
from loanwatch.demo.book import Frame, party
from loanwatch.demo.drafts import Note, Party
from loanwatch.demo.staff import colleague
from loanwatch.kernel.calendars import add_months


@dataclass(frozen=True)
class Case:
    """One planted loan.

    shows: rule -> level of the alert that must be open and hold on the last day; "" when it must not hold.
    sees: column of the last day's observation -> value, as text.
    finds: indicator -> its value on the last day, as text (shares as fractions; "" where only the level is certain), and its level
    by the limits of the catalogue ("" when it must be clear).
    """

    code: str
    what: str
    shows: dict[str, str] = field(default_factory=dict)
    sees: dict[str, str] = field(default_factory=dict)
    finds: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Garden:
    """Plants loans and keeps the list of them. Numbers count up in the order of planting."""

    frame: Frame
    notes: list[Note] = field(default_factory=list)
    parties: list[Party] = field(default_factory=list)
    cases: list[tuple[Note, Case]] = field(default_factory=list)
    told: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))  # kind of borrowers.kinds -> rows around the cases

    def tell(self, kind: str, /, **row: Any) -> None:
        """One more fact of the kind, under the names of `borrowers.kinds`."""
        self.told[kind].append(row)

    def note_of(self, code: str) -> Note:
        """The first loan of a case."""
        return next(note for note, case in self.cases if case.code == code)

    def day(self, before: int) -> date:
        return self.frame.as_of - timedelta(days=before)

    def owner(self, manager: str, *, person: bool = False, segment: str = "small", key_customer: bool = False) -> Party:
        """A new borrower of `manager`."""
        branch = next(code for code, team in self.frame.teams.items() if manager in team)
        made = party(self.frame, f"C{len(self.parties) + 1:06d}", branch, manager, person=person, segment=segment)
        made.key_customer = key_customer
        made.assistant = colleague(self.frame.draw, self.frame.teams[branch], manager)
        self.parties.append(made)
        return made

    def loan(
        self, case: Case, owner: Party, product: str, amount: int, *, last_due: int, before: int, after: int = 6, step: int | None = None
    ) -> Note:
        """A loan of `amount` yuan with a demand due `last_due` days before the last day, `before` demands earlier and `after` later."""
        terms = places.PRODUCTS[product]
        step = step or terms.step
        anchor = self.day(last_due)
        dues = [add_months(anchor, step * place) for place in range(-before, after + 1)]
        rate_bp = (terms.rate_bp[0] + terms.rate_bp[1]) // 20 * 10
        made = Note(
            owner,
            product,
            amount * 100,
            rate_bp,
            add_months(dues[0], -step),
            getattr(plans, terms.plan)(amount * 100, rate_bp, dues, step),
            step,
            terms.purposes[0],
            number=f"LN-{len(self.notes) + 1:06d}",
            case=case.code,
            behaviour="planted",
        )
        owner.since = min(owner.since, made.disbursed_on)
        self.notes.append(made)
        self.cases.append((made, case))
        return made

    def pay_before(self, note: Note, place: int, late: int = 0) -> None:
        """All demands before the one at `place` are paid `late` days late; that one and the later ones are not."""
        pay_habit(note, note.plan[:place], always(late), self.frame.as_of)


def unpaid_for(garden: Garden, code: str, days: int, manager: str, product: str, amount: int, what: str, shows: dict[str, str]) -> Note:
    """A loan exactly `days` days past due on the last day."""
    bucket = sum(days >= edge for edge in (1, 30, 60, 90))
    sees = {"days_past_due": str(days), "dpd_bucket": str(bucket), "risk_class": "substandard" if days > 90 else "special_mention"}
    made = garden.loan(Case(code, what, shows, sees), garden.owner(manager), product, amount, last_due=days, before=8, after=5)
    garden.pay_before(made, 8)
    return made


def sound(
    garden: Garden, case: Case, manager: str, *, product: str = "WC-AM", amount: int = 640_000, segment: str = "small", before: int = 9
) -> Note:
    """A loan that is paid as agreed."""
    made = garden.loan(case, garden.owner(manager, segment=segment), product, amount, last_due=14, before=before, after=9)
    pay_habit(made, made.plan, always(0), garden.frame.as_of)
    return made


def watched(garden: Garden, code: str, what: str, finds: dict[str, tuple[str, str]], manager: str, **drawn: Any) -> Note:
    """A loan that is paid as agreed, of a borrower around whom only what the case tells is so."""
    made = sound(garden, Case(code, what, finds=finds), manager, **drawn)
    made.party.quiet = True
    return made
