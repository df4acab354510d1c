"""One loan on any date, as known on any other: its facts are read once, then every answer is a pure function of them.

`as_of` is the date the loan is shown for: only what had happened by then counts. `known_on` is the date of our knowledge:
only what had been delivered or entered by then counts. Terms and parameters are those in force on `as_of`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from borrowers.facts import Correction
from borrowers.loans import counting
from borrowers.loans.models import CountingPause, Instalment, Loan, LoanEvent, Position, Repayment
from borrowers.loans.rules import Counting, Demand, Pause, Payment, Standing, stand

LEFT = (LoanEvent.Kind.SETTLED, LoanEvent.Kind.WRITE_OFF, LoanEvent.Kind.TRANSFER)
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Seen:
    """A loan on one date as known on another. Amounts in the loan's currency; None where a figure can't be known.

    `on_book`: disbursed, and neither settled, written off nor transferred; for a loan whose position is delivered, that it
    has a position of the day. `computed` is what the rule says of the schedule, also where `delivered` has its own figures.
    """

    as_of: date
    known_on: date
    on_book: bool
    outstanding: Decimal | None = None
    days_past_due: int | None = None
    overdue_principal: Decimal | None = None
    overdue_interest: Decimal | None = None
    version: int | None = None
    computed: Standing | None = None
    delivered: Position | None = None


@dataclass
class History:
    """Every row of fact that the standing of a loan depends on. Lists in the order in which they became known."""

    loan: Loan
    plans: dict[int, list[Instalment]] = field(default_factory=dict)
    repayments: list[Repayment] = field(default_factory=list)
    events: list[LoanEvent] = field(default_factory=list)
    pauses: list[CountingPause] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)

    @cached_property
    def terms(self) -> counting.CountingBook:
        return counting.CountingBook(self.loan.lender)

    @cached_property
    def _moves(self) -> dict[str, dict[date, date]]:
        return {}

    @cached_property
    def _demands(self) -> dict[int, list[Demand]]:
        return {
            version: [Demand(i.seq, i.due_on, _minor(i.principal), _minor(i.interest), _minor(i.fee)) for i in plan]
            for version, plan in self.plans.items()
        }

    @cached_property
    def _flows(self) -> list[tuple[date, Payment]]:
        return [(r.known_from, Payment(r.paid_on, _minor(r.amount))) for r in self.repayments]

    @cached_property
    def _of_day(self) -> dict[date, list[Position]]:
        found: dict[date, list[Position]] = {}
        for position in self.positions:
            found.setdefault(position.valid_from, []).append(position)
        return found

    def version(self, as_of: date, known_on: date) -> int | None:
        """The highest version of the schedule that was in force by `as_of` and known by `known_on`."""
        fit = (v for v, plan in self.plans.items() if plan[0].valid_from <= as_of and plan[0].known_from <= known_on)
        return max(fit, default=None)

    def counting(self, as_of: date) -> Counting:
        """How the loan's demands count on `as_of`."""
        found = self.terms.of(self.loan.product_id, as_of)
        if found.convention not in self._moves:
            dates = {i.due_on for plan in self.plans.values() for i in plan}
            self._moves[found.convention] = counting.with_moves(self.loan.lender, found, dates).moves
        return replace(found, moves=self._moves[found.convention])

    def left_on(self, as_of: date, known_on: date) -> date | None:
        """The day on which the loan left the book, by `as_of` and as known on `known_on`."""
        return min((e.valid_from for e in truths(self.events, known_on) if e.kind in LEFT and e.valid_from <= as_of), default=None)

    def position(self, as_of: date, known_on: date) -> Position | None:
        """What the core system says of the close of `as_of`."""
        return next(iter(truths(self._of_day.get(as_of, []), known_on)), None)

    def standing(self, as_of: date, known_on: date) -> Standing | None:
        """What the rule says of the schedule; None without one, before the disbursement, and when the loan has left the book."""
        version = self.version(as_of, known_on)
        if version is None or not self._begun(as_of, known_on) or self.left_on(as_of, known_on):
            return None
        payments = [payment for known_from, payment in self._flows if known_from <= known_on]
        pauses = [Pause(p.valid_from, p.to_on) for p in truths(self.pauses, known_on)]
        return stand(self._demands[version], payments, as_of, self.counting(as_of), pauses=pauses)

    def _begun(self, as_of: date, known_on: date) -> bool:
        return self.loan.disbursed_on <= as_of and self.loan.known_from <= known_on

    def seen(self, as_of: date, known_on: date) -> Seen:
        """The loan on `as_of` as known on `known_on`."""
        version, computed = self.version(as_of, known_on), self.standing(as_of, known_on)
        if self.loan.position_fed:
            told = self.position(as_of, known_on)
            if told is None or told.closed_as:
                return Seen(as_of, known_on, False, version=version, delivered=told)
            return Seen(
                as_of, known_on, True, told.balance, told.days_past_due, told.overdue_principal, told.overdue_interest, version, computed, told
            )
        on_book = self._begun(as_of, known_on) and self.left_on(as_of, known_on) is None
        if computed is None:
            return Seen(as_of, known_on, on_book, version=version)
        return Seen(
            as_of, known_on, on_book, computed.outstanding / HUNDRED, computed.days_past_due, computed.overdue_principal / HUNDRED,
            computed.overdue_interest / HUNDRED, version, computed,
        )  # fmt: skip


def read(loan: Loan) -> History:
    """The facts of one loan. Five queries, and a few more for terms and calendar when they are first needed."""
    found = History(loan)
    for i in Instalment.objects.filter(loan=loan).order_by("version", "seq"):
        found.plans.setdefault(i.version, []).append(i)
    found.repayments = list(Repayment.objects.filter(loan=loan).order_by("seq"))
    found.events = list(LoanEvent.objects.filter(loan=loan).select_related("other_loan").order_by("id"))
    found.pauses = list(CountingPause.objects.filter(loan=loan).order_by("id"))
    found.positions = list(Position.objects.filter(loan=loan).order_by("id"))
    return found


def standing_of(loan: Loan, as_of: date, known_on: date) -> Standing | None:
    """What the rule says of the loan on `as_of` as known on `known_on`; None where there is nothing to say (see History)."""
    return read(loan).standing(as_of, known_on)


def truths(rows: Iterable[Any], known_on: date) -> list[Any]:
    """Of revised facts, the ones that hold as known on `known_on`: the last revision of each key by then, unless withdrawn."""
    last: dict[tuple[Any, ...], Any] = {}
    for row in rows:
        if row.known_from > known_on:
            continue
        key = tuple(getattr(row, row._meta.get_field(name).attname) for name in row.KEY)
        if key not in last or last[key].revision < row.revision:
            last[key] = row
    return [row for row in last.values() if not row.withdrawn]


def master_as_known(row: Any, as_of: date, known_on: date) -> dict[str, Any]:
    """Changed columns of one row of master data, as they were on `as_of` as known on `known_on`. One query.

    The change that was last in force by then says so; where all changes came later, the first one's value before does. Values as
    the log of corrections holds them: amounts and dates as text. A column that never changed is left out.
    """
    log = list(Correction.objects.filter(subject=row._meta.label_lower, subject_id=row.pk).order_by("known_from", "id"))
    found: dict[str, Any] = {}
    for change in log:
        found.setdefault(change.field, change.before)
    for change in sorted(log, key=lambda c: c.valid_from):
        if change.known_from <= known_on and change.valid_from <= as_of:
            found[change.field] = change.after
    return found


def _minor(amount: Decimal) -> int:
    return int(amount * 100)
