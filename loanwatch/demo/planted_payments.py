"""Planted cases of how loans are paid, put off and repaid by new ones."""

from datetime import date, timedelta

from loanwatch.demo import plans
from loanwatch.demo.behaviours import always, pay_habit
from loanwatch.demo.book import roll
from loanwatch.demo.drafts import Note
from loanwatch.demo.garden import Case, Garden, unpaid_for
from loanwatch.kernel.calendars import add_months


def arrears(garden: Garden) -> None:
    unpaid_for(garden, "long_arrears", 121, "manager", "WC-AM", 480_000, "Stopped paying four months ago.", {"REP-01": "red", "PRC-12": "red"})
    for days, level, manager in (
        (30, "yellow", "manager"),
        (31, "orange", "am111b"),
        (60, "orange", "am111c"),
        (61, "red", "am112a"),
        (90, "red", "manager2"),
        (91, "red", "manager"),
    ):
        unpaid_for(
            garden,
            f"edge_{days}",
            days,
            manager,
            "SB",
            260_000,
            f"Exactly {days} days past due: the edge of a level, a bucket or a class.",
            {"REP-01": level},
        )
    made = garden.loan(
        Case(
            "interest_unpaid",
            "Interest unpaid for 62 days while no principal is due.",
            {"REP-02": "red", "REP-01": "red"},
            {"interest_days_past_due": "62", "principal_days_past_due": "0"},
        ),
        garden.owner("manager"),
        "WC-IO",
        900_000,
        last_due=62,
        before=6,
        after=5,
    )
    garden.pay_before(made, 6)
    made = garden.loan(
        Case(
            "due_today", "A demand falls due on the last day and is not paid yet: 0 days past due.", {"REP-01": ""}, {"days_past_due": "0"}
        ),
        garden.owner("am111b"),
        "SB",
        180_000,
        last_due=0,
        before=7,
    )
    garden.pay_before(made, 7)


def habits(garden: Garden) -> None:
    as_of = garden.frame.as_of

    def lateness(code: str, what: str, shows: dict[str, str], sees: dict[str, str], manager: str, late: dict[int, int]) -> None:
        # The last demand fell due 20 days ago; `late` is by demand counted back from it, 0 being that one.
        made = garden.loan(Case(code, what, shows, sees), garden.owner(manager), "SB", 320_000, last_due=20, before=9)
        pay_habit(made, made.plan, lambda place, _d: [(late.get(9 - place, 0), 1)], as_of)

    lateness(
        "often_late",
        "Five of the last six demands paid 4 days late.",
        {"REP-03": "red"},
        {"late_payments_6m": "5"},
        "manager",
        dict.fromkeys(range(5), 4),
    )
    lateness(
        "two_days_late",
        "Every demand paid 2 days late: not counted as late.",
        {"REP-03": ""},
        {"late_payments_6m": "0"},
        "am111c",
        dict.fromkeys(range(9), 2),
    )
    lateness(
        "later_and_later",
        "Each of the last demands paid later than the one before: 0, 2, 5, 9, 13, 18 days.",
        {"REP-04": "orange"},
        {"lateness_last": "18", "lateness_rising_3": "True"},
        "manager",
        {0: 18, 1: 13, 2: 9, 3: 5, 4: 2},
    )
    made = garden.loan(
        Case(
            "part_payments",
            "Half of the last six demands were first paid by half.",
            {"REP-06": "orange"},
            {"part_payment_share_6m": "0.500000"},
        ),
        garden.owner("am111b", person=True),
        "PB-EI",
        240_000,
        last_due=12,
        before=9,
    )
    pay_habit(made, made.plan, lambda place, _d: [(0, 0.5), (6, 1)] if place in {4, 6, 8} else [(0, 1)], as_of)
    made = garden.loan(
        Case(
            "cured",
            "75 days past due some months ago, paid in full since: the alert's condition has cleared.",
            {"REP-01": ""},
            {"days_past_due": "0", "worst_dpd_12m": "75"},
        ),
        garden.owner("manager"),
        "WC-AM",
        420_000,
        last_due=10,
        before=11,
    )
    back_on = made.plan[5].due_on + timedelta(days=75)
    pay_habit(made, made.plan, lambda place, d: [((back_on - d.due_on).days if place >= 5 and d.due_on < back_on else 0, 1)], as_of)
    made = garden.loan(
        Case(
            "told_late",
            "A payment made on its due date became known 12 days later: as known then the loan was in arrears, as now known it was not.",
            {"REP-01": ""},
            {"days_past_due": "0"},
        ),
        garden.owner("am112a"),
        "SB",
        150_000,
        last_due=25,
        before=6,
    )
    pay_habit(made, made.plan[:6], always(0), as_of)
    made.pay(made.plan[6].due_on, made.plan[6].total, known_on=made.plan[6].due_on + timedelta(days=12))


def put_off(garden: Garden) -> None:
    """Extensions, restructurings and new loans that repay old ones."""
    as_of = garden.frame.as_of

    def extended(
        code: str,
        what: str,
        shows: dict[str, str],
        sees: dict[str, str],
        manager: str,
        steps: list[tuple[date, int]],
        *,
        kind: str = "extension",
        late_now: int = 0,
    ) -> None:
        """A bullet loan; `steps`: the unpaid due date before each time it was put off, and how many days after that it was."""
        unpaid, late = steps[0]
        made = garden.loan(
            Case(code, what, shows, sees), garden.owner(manager), "WC-IO", 520_000, last_due=(as_of - unpaid).days, before=7, after=4
        )
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

    extended(
        "serial_extension",
        "Extended three times within two years, each time in arrears; overdue again.",
        {"MSK-02": "red"},
        {"extensions_24m": "3", "days_past_due": "9"},
        "manager",
        [(months_ago(9, 9), 22), (months_ago(6, 9), 12), (months_ago(3, 9), 20)],
        late_now=9,
    )
    extended(
        "extended_at_the_edge",
        "Extended at 28 days past due, just before the 30-day bucket (indicator MSK-03; its rule ships off).",
        {},
        {"edge_extensions_24m": "1", "days_past_due": "0"},
        "manager",
        [(months_ago(2, 0), 28)],
    )
    extended(
        "extended_openly",
        "Extended at 10 days past due in the middle of a quarter: no edge near.",
        {},
        {"edge_extensions_24m": "0", "extensions_24m": "1"},
        "am111c",
        [(mid_quarter(as_of) - timedelta(days=10), 10)],
    )
    extended(
        "restructured_relapse",
        "Restructured, and 12 days past due inside the observation period.",
        {"REP-10": "orange"},
        {"relapse_days": "12"},
        "am111b",
        [(months_ago(5, 12), 40)],
        kind="restructure",
        late_now=12,
    )
    extended(
        "restructured_twice",
        "Restructured for the second time, and overdue again.",
        {"REP-10": "red"},
        {"restructures": "2", "relapse_days": "10"},
        "manager2",
        [(months_ago(9, 10), 45), (months_ago(5, 10), 28)],
        kind="restructure",
        late_now=10,
    )
    made = garden.loan(
        Case(
            "no_principal",
            "Rolled twice, and no principal repaid since it was made (indicator MSK-04).",
            {"MSK-02": "orange", "MSK-04": "orange"},
            {"rollovers": "2"},
        ),
        garden.owner("manager2"),
        "WC-IO",
        700_000,
        last_due=330,
        before=8,
        after=1,
    )
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
    old = garden.loan(
        Case("old_repaid_by_new", "A bullet loan that a new loan repaid six days after it matured; no longer on the book."),
        owner,
        "WC-IO",
        600_000,
        last_due=160,
        before=11,
        after=0,
    )
    new = garden.loan(
        Case("new_repays_old", "The new loan that repaid it; already 20 days past due.", {"REP-01": "yellow"}),
        owner,
        "WC-IO",
        600_000,
        last_due=20,
        before=4,
        after=7,
    )
    new.disbursed_on = old.matures_on + timedelta(days=6)
    new.purpose = "借新还旧 Repays an earlier loan"
    roll(old, new, new.disbursed_on)
    garden.pay_before(new, 4)
