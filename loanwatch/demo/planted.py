"""The planted cases: loans of which it is known beforehand what LoanWatch must find, with fixed numbers in every book.

`docs/demo-book.md` is printed from here. A case is built backwards from the last day of the book.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from loanwatch.demo import places, plans
from loanwatch.demo.behaviours import always, pay_habit
from loanwatch.demo.book import Frame, party, roll
from loanwatch.demo.drafts import Backing, Note, Party
from loanwatch.demo.staff import colleague
from loanwatch.kernel.calendars import add_months


@dataclass(frozen=True)
class Case:
    """One planted loan.

    shows: rule -> level of the alert that must be open and hold on the last day; "" when it must not hold.
    sees: column of the last day's observation -> value, as text.
    """

    code: str
    what: str
    shows: dict[str, str] = field(default_factory=dict)
    sees: dict[str, str] = field(default_factory=dict)


@dataclass
class Garden:
    """Plants loans and keeps the list of them. Numbers count up in the order of planting."""

    frame: Frame
    notes: list[Note] = field(default_factory=list)
    parties: list[Party] = field(default_factory=list)
    cases: list[tuple[Note, Case]] = field(default_factory=list)

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
            owner, product, amount * 100, rate_bp, add_months(dues[0], -step), getattr(plans, terms.plan)(amount * 100, rate_bp, dues, step),
            step, terms.purposes[0], number=f"LN-{len(self.notes) + 1:06d}", case=case.code, behaviour="planted",
        )  # fmt: skip
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


def arrears(garden: Garden) -> None:
    unpaid_for(garden, "long_arrears", 121, "manager", "WC-AM", 480_000, "Stopped paying four months ago.", {"REP-01": "red"})
    for days, level, manager in ((30, "yellow", "manager"), (31, "orange", "am111b"), (60, "orange", "am111c"), (61, "red", "am112a"),
                                 (90, "red", "manager2"), (91, "red", "manager")):  # fmt: skip
        unpaid_for(
            garden, f"edge_{days}", days, manager, "SB", 260_000, f"Exactly {days} days past due: the edge of a level, a bucket or a class.",
            {"REP-01": level},
        )  # fmt: skip
    made = garden.loan(
        Case("interest_unpaid", "Interest unpaid for 62 days while no principal is due.", {"REP-02": "red", "REP-01": "red"}, {"interest_days_past_due": "62", "principal_days_past_due": "0"}),
        garden.owner("manager"), "WC-IO", 900_000, last_due=62, before=6, after=5,
    )  # fmt: skip
    garden.pay_before(made, 6)
    made = garden.loan(
        Case("due_today", "A demand falls due on the last day and is not paid yet: 0 days past due.", {"REP-01": ""}, {"days_past_due": "0"}),
        garden.owner("am111b"), "SB", 180_000, last_due=0, before=7,
    )  # fmt: skip
    garden.pay_before(made, 7)


def habits(garden: Garden) -> None:
    as_of = garden.frame.as_of

    def lateness(code: str, what: str, shows: dict[str, str], sees: dict[str, str], manager: str, late: dict[int, int]) -> None:
        # The last demand fell due 20 days ago; `late` is by demand counted back from it, 0 being that one.
        made = garden.loan(Case(code, what, shows, sees), garden.owner(manager), "SB", 320_000, last_due=20, before=9)
        pay_habit(made, made.plan, lambda place, _d: [(late.get(9 - place, 0), 1)], as_of)

    lateness("often_late", "Five of the last six demands paid 4 days late.", {"REP-03": "red"}, {"late_payments_6m": "5"}, "manager", dict.fromkeys(range(5), 4))
    lateness("two_days_late", "Every demand paid 2 days late: not counted as late.", {"REP-03": ""}, {"late_payments_6m": "0"}, "am111c", dict.fromkeys(range(9), 2))
    lateness(
        "later_and_later", "Each of the last demands paid later than the one before: 0, 2, 5, 9, 13, 18 days.", {"REP-04": "orange"},
        {"lateness_last": "18", "lateness_rising_3": "True"}, "manager",
        {0: 18, 1: 13, 2: 9, 3: 5, 4: 2},
    )  # fmt: skip
    made = garden.loan(
        Case("part_payments", "Half of the last six demands were first paid by half.", {"REP-06": "orange"}, {"part_payment_share_6m": "0.500000"}),
        garden.owner("am111b", person=True), "PB-EI", 240_000, last_due=12, before=9,
    )  # fmt: skip
    pay_habit(made, made.plan, lambda place, _d: [(0, 0.5), (6, 1)] if place in {4, 6, 8} else [(0, 1)], as_of)
    made = garden.loan(
        Case("cured", "75 days past due some months ago, paid in full since: the alert's condition has cleared.", {"REP-01": ""}, {"days_past_due": "0", "worst_dpd_12m": "75"}),
        garden.owner("manager"), "WC-AM", 420_000, last_due=10, before=11,
    )  # fmt: skip
    back_on = made.plan[5].due_on + timedelta(days=75)
    pay_habit(made, made.plan, lambda place, d: [((back_on - d.due_on).days if place >= 5 and d.due_on < back_on else 0, 1)], as_of)
    made = garden.loan(
        Case("told_late", "A payment made on its due date became known 12 days later: as known then the loan was in arrears, as now known it was not.",
             {"REP-01": ""}, {"days_past_due": "0"}),
        garden.owner("am112a"), "SB", 150_000, last_due=30, before=6,
    )  # fmt: skip
    pay_habit(made, made.plan[:6], always(0), as_of)
    made.pay(made.plan[6].due_on, made.plan[6].total, known_on=made.plan[6].due_on + timedelta(days=12))


def put_off(garden: Garden) -> None:
    """Extensions, restructurings and new loans that repay old ones."""
    as_of = garden.frame.as_of

    def extended(code: str, what: str, shows: dict[str, str], sees: dict[str, str], manager: str, steps: list[tuple[date, int]], *, kind: str = "extension",
                 late_now: int = 0) -> None:  # fmt: skip
        """A bullet loan; `steps`: the unpaid due date before each time it was put off, and how many days after that it was."""
        unpaid, late = steps[0]
        made = garden.loan(Case(code, what, shows, sees), garden.owner(manager), "WC-IO", 520_000, last_due=(as_of - unpaid).days, before=7, after=4)
        garden.pay_before(made, 7)
        agreed = unpaid + timedelta(days=late)
        made.extend(agreed, 3, kind)
        for unpaid, late in steps[1:]:
            pay_habit(made, due_between(made, agreed, unpaid), always(0), as_of)
            agreed = unpaid + timedelta(days=late)
            made.extend(agreed, 3, kind)
        stop = garden.day(late_now + 3) if late_now else as_of + timedelta(days=1)
        pay_habit(made, due_between(made, agreed, stop), always(0), as_of)

    def months_ago(months: int, late_now: int) -> date:
        return add_months(garden.day(late_now), -months)

    extended("serial_extension", "Extended three times within two years, each time in arrears; overdue again.", {"MSK-02": "red"},
             {"extensions_24m": "3", "days_past_due": "9"}, "manager",
             [(months_ago(9, 9), 22), (months_ago(6, 9), 12), (months_ago(3, 9), 20)], late_now=9)  # fmt: skip
    extended("extended_at_the_edge", "Extended at 28 days past due, just before the 30-day bucket.", {"MSK-03": "yellow"},
             {"edge_extensions_24m": "1", "days_past_due": "0"}, "manager",
             [(months_ago(2, 0), 28)])  # fmt: skip
    extended("extended_openly", "Extended at 10 days past due in the middle of a quarter: no edge near.", {"MSK-03": ""},
             {"edge_extensions_24m": "0", "extensions_24m": "1"}, "am111c",
             [(mid_quarter(as_of) - timedelta(days=10), 10)])  # fmt: skip
    extended("restructured_relapse", "Restructured, and 12 days past due inside the observation period.", {"REP-10": "orange"},
             {"relapse_days": "12"}, "am111b",
             [(months_ago(5, 12), 40)], kind="restructure", late_now=12)  # fmt: skip
    extended("restructured_twice", "Restructured for the second time, and overdue again.", {"REP-10": "red"},
             {"restructures": "2", "relapse_days": "10"}, "manager2",
             [(months_ago(9, 10), 45), (months_ago(5, 10), 28)], kind="restructure", late_now=10)  # fmt: skip
    made = garden.loan(
        Case("no_principal", "Rolled twice, and no principal repaid since it was made (indicator MSK-04).", {"MSK-02": "orange"}, {"rollovers": "2"}),
        garden.owner("manager2"), "WC-IO", 700_000, last_due=330, before=8, after=1,
    )  # fmt: skip
    garden.pay_before(made, 8)
    for ago, until in ((310, 150), (150, -1)):
        made.extend(garden.day(ago), 6)
        pay_habit(made, due_between(made, garden.day(ago), garden.day(until)), always(3), as_of)
    repaid_by_new(garden)


def due_between(note: Note, after: date, before: date) -> plans.Plan:
    """Demands of the plan in force that fall due between the two days, neither included."""
    return [d for d in note.current if after < d.due_on < before]


def mid_quarter(as_of: date) -> date:
    """The last 10th of the middle month of a quarter that lies at least 20 days back."""
    day = as_of - timedelta(days=20)
    while not (day.month % 3 == 2 and day.day == 10):
        day -= timedelta(days=1)
    return day


def repaid_by_new(garden: Garden) -> None:
    owner = garden.owner("manager")
    old = garden.loan(Case("old_repaid_by_new", "A bullet loan that a new loan repaid six days after it matured; no longer on the book."), owner, "WC-IO", 600_000,
                      last_due=160, before=11, after=0)  # fmt: skip
    new = garden.loan(Case("new_repays_old", "The new loan that repaid it; already 20 days past due.", {"REP-01": "yellow"}), owner, "WC-IO", 600_000,
                      last_due=20, before=4, after=7)  # fmt: skip
    new.disbursed_on = old.matures_on + timedelta(days=6)
    new.purpose = "借新还旧 Repays an earlier loan"
    roll(old, new, new.disbursed_on)
    garden.pay_before(new, 4)


def around(garden: Garden) -> None:
    """Guarantors, circles, collateral; what they rest on is added by `collateral` and `guarantees`."""
    weak = unpaid_for(garden, "weak_guarantor", 65, "am112a", "SB", 300_000, "The guarantor's own loan, 65 days past due.", {"REP-01": "red"})
    backed = sound(garden, Case("backed_by_the_weak", "Pays well, but its guarantor is 65 days past due (indicator COL-08).", {}, {"guarantor_dpd": "65"}), "manager")
    back(garden, backed, weak.party)
    ring(garden, 3, "circle_of_three", "One of three firms that guarantee each other in a circle; the second is 35 days past due.", "red", "am111b", 35)
    ring(garden, 4, "circle_of_four", "One of four firms that guarantee each other in a circle; all of them pay.", "yellow", "manager2", 0)
    chain = [sound(garden, Case("chain", "One of three firms in a chain of guarantees that does not close: no circle.", {"COL-10": ""}, {"circle_length": "0"}), "am111c")
             for _ in range(3)]  # fmt: skip
    for giver, taker in zip(chain, chain[1:], strict=False):
        back(garden, taker, giver.party)
    sound(garden, Case("value_fell", "The collateral was revalued 25 % lower (indicator COL-02): loan to value past 110 % of what was agreed.",
                       {"COL-01": "red"}, {"value_change": "-0.250000"}), "manager")  # fmt: skip
    sound(garden, Case("old_valuation", "The valuation of its commercial property is 600 days old; 365 are allowed.", {"COL-03": "red"}, {"valuation_age_days": "600"}), "am111b")
    sound(garden, Case("valuation_due", "The valuation is exactly 365 days old, as old as allowed.", {"COL-03": "yellow"}, {"valuation_age_days": "365"}), "am111c")
    owner = garden.owner("manager", segment="medium")
    for rank in ("first", "second"):
        garden_loan = garden.loan(Case(f"shared_item_{rank}", f"One property secures two loans; this one ranks {rank}."), owner, "WC-AM", 900_000,
                                  last_due=15, before=6, after=12)  # fmt: skip
        pay_habit(garden_loan, garden_loan.plan, always(0), garden.frame.as_of)


def sound(garden: Garden, case: Case, manager: str, *, product: str = "WC-AM", amount: int = 640_000, segment: str = "small", before: int = 9) -> Note:
    """A loan that is paid as agreed."""
    made = garden.loan(case, garden.owner(manager, segment=segment), product, amount, last_due=14, before=before, after=9)
    pay_habit(made, made.plan, always(0), garden.frame.as_of)
    return made


def back(garden: Garden, note: Note, guarantor: Party) -> None:
    note.backings.append(Backing(guarantor, note.principal, note.disbursed_on))


def ring(garden: Garden, size: int, code: str, what: str, level: str, manager: str, late: int) -> None:
    members = []
    for place in range(size):
        overdue = late if place == 1 else 0
        case = Case(code, what, {"COL-10": level}, {"circle_length": str(size)})
        made = garden.loan(case, garden.owner(manager), "WC-AM", 450_000, last_due=overdue or 16, before=8, after=6)
        if overdue:
            garden.pay_before(made, 8)
        else:
            pay_habit(made, made.plan, always(0), garden.frame.as_of)
        members.append(made)
    for place, made in enumerate(members):
        back(garden, made, members[place - 1].party)


def people(garden: Garden) -> None:
    """Cases about what staff did or left undone; custody, checks and visits are added by the modules of those names."""
    for days, level in ((45, "red"), (8, "yellow")):
        sound(garden, Case(f"check_overdue_{days}", f"A routine inspection is {days} days overdue.", {"PRC-01": level},
                           {"inspection_overdue_days": str(days)}), "manager" if days == 8 else "am111c")
    sound(garden, Case("never_valued", "Its collateral has never been valued: what the observation needs is missing (indicator PRC-02).", {"COL-03": "red"},
                       {"inputs_missing": "1"}), "am112a")
    for _ in range(3):
        sound(garden, Case("nobody_responsible", "Its manager left and nobody has taken the loan over (indicator PRC-11).", {}, {"handover_gap_days": "23"}), "am112b")
    box_ticker(garden)
    for place in range(3):
        case = Case("same_photo", "Inspected with a photograph that the manager had already used for another borrower.")
        made = garden.loan(case, garden.owner("am221c"), "SB", 220_000, last_due=15, before=7)
        pay_habit(made, made.plan[: 7 if place else 8], always(0), garden.frame.as_of)
    key = garden.owner("manager", segment="medium", key_customer=True)
    made = garden.loan(Case("key_customer", "A key customer, 5 days past due.", {"REP-01": "yellow"}), key, "WC-IO", 3_000_000, last_due=5, before=7)
    garden.pay_before(made, 7)
    for code, manager in (("borrower", "manager"), ("borrower2", "manager2")):
        owner = garden.owner(manager)
        for product in ("WC-AM", "SB"):
            made = garden.loan(Case(f"portal_{code}", f"A loan of the borrower who logs in as {code}; paid as agreed.", {"REP-01": ""}), owner, product,
                               380_000, last_due=9, before=7, after=12)  # fmt: skip
            pay_habit(made, made.plan, always(0), garden.frame.as_of)


def box_ticker(garden: Garden) -> None:
    """A manager whose inspections never find anything, and whose loans of one month go bad together."""
    as_of = garden.frame.as_of
    for months in (10, 9, 8, 7):  # on the book; one of these twelve slipped past 30 days in its sixth month
        for place in range(3):
            made = garden.loan(Case("ticked_earlier", "Of the same manager, made in an earlier month."), garden.owner("am122c"), "SB", 120_000,
                               last_due=8, before=months - 1, after=12)  # fmt: skip
            slip = {4: 66, 5: 36, 6: 6} if months == 9 and place == 0 else {}
            pay_habit(made, made.plan, lambda at, _d, slip=slip: [(slip.get(at, 0), 1)], as_of)
    for place in range(8):
        bad = place < 5
        case = Case("ticked_boxes", "Made in one month by a manager whose inspections found no problem in a few minutes each; five of eight went bad.",
                    {"REP-01": "orange"} if bad else {})  # fmt: skip
        made = garden.loan(case, garden.owner("am122c"), "SB", 210_000, last_due=34 + 2 * place if bad else 8, before=4 if bad else 5, after=12)
        if bad:
            garden.pay_before(made, 4)
        else:
            pay_habit(made, made.plan, always(0), as_of)


GROUPS: tuple[Callable[[Garden], None], ...] = (arrears, habits, put_off, around, people)


def plant(frame: Frame) -> Garden:
    """All planted cases, in the order of their numbers."""
    garden = Garden(frame)
    for group in GROUPS:
        group(garden)
    return garden
