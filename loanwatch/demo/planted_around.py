"""Planted cases around loans: guarantors, collateral, and what staff did or left undone."""

from itertools import pairwise

from loanwatch.demo.behaviours import always, pay_habit
from loanwatch.demo.drafts import Backing, Habit, Note, Party
from loanwatch.demo.garden import Case, Garden, sound, unpaid_for


def around(garden: Garden) -> None:
    """Guarantors, circles, collateral; what they rest on is added by `collateral` and `guarantees`."""
    weak = unpaid_for(
        garden, "weak_guarantor", 65, "am112a", "SB", 300_000, "The guarantor's own loan, 65 days past due.", {"REP-01": "red"}
    )
    backed = sound(
        garden,
        Case("backed_by_the_weak", "Pays well, but its guarantor is 65 days past due (indicator COL-08).", {"COL-08": "red"}, {"guarantor_dpd": "65"}),
        "manager",
    )
    back(garden, backed, weak.party)
    ring(
        garden,
        3,
        "circle_of_three",
        "One of three firms that guarantee each other in a circle; the second is 35 days past due.",
        "red",
        "am111b",
        35,
    )
    ring(garden, 4, "circle_of_four", "One of four firms that guarantee each other in a circle; all of them pay.", "yellow", "manager2", 0)
    chain = [
        sound(
            garden,
            Case(
                "chain",
                "One of three firms in a chain of guarantees that does not close: no circle.",
                {"COL-10": ""},
                {"circle_length": "0"},
            ),
            "am111c",
        )
        for _ in range(3)
    ]
    for giver, taker in pairwise(chain):
        back(garden, taker, giver.party)
    sound(
        garden,
        Case(
            "value_fell",
            "The collateral was revalued 25 % lower (indicator COL-02): loan to value past 110 % of what was agreed.",
            {"COL-01": "red", "COL-02": "orange"},
            {"value_change": "-0.250000"},
        ),
        "manager",
    )
    sound(
        garden,
        Case(
            "old_valuation",
            "The valuation of its commercial property is 600 days old; 365 are allowed.",
            {"COL-03": "red"},
            {"valuation_age_days": "600"},
        ),
        "am111b",
    )
    sound(
        garden,
        Case(
            "valuation_due",
            "The valuation is exactly 365 days old, as old as allowed.",
            {"COL-03": "yellow"},
            {"valuation_age_days": "365"},
        ),
        "am111c",
    )
    owner = garden.owner("manager", segment="medium")
    for rank in ("first", "second"):
        garden_loan = garden.loan(
            Case(f"shared_item_{rank}", f"One property secures two loans; this one ranks {rank}."),
            owner,
            "WC-AM",
            900_000,
            last_due=15,
            before=6,
            after=12,
        )
        pay_habit(garden_loan, garden_loan.plan, always(0), garden.frame.as_of)


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
        sound(
            garden,
            Case(
                f"check_overdue_{days}",
                f"A routine inspection is {days} days overdue.",
                {"PRC-01": level},
                {"inspection_overdue_days": str(days)},
            ),
            "manager" if days == 8 else "am111c",
        )
    sound(
        garden,
        Case(
            "never_valued",
            "Its collateral has never been valued: what the observation needs is missing (indicator PRC-02).",
            {"COL-03": "red", "PRC-02": "orange"},
            {"inputs_missing": "1"},
        ),
        "am112a",
    )
    for _ in range(3):
        sound(
            garden,
            Case(
                "nobody_responsible",
                "Its manager left and nobody has taken the loan over (indicator PRC-11).",
                {"PRC-11": "red"},
                {"handover_gap_days": "24"},
            ),
            "am112b",
        )
    box_ticker(garden)
    for place in range(3):
        case = Case("same_photo", "Inspected with a photograph that the manager had already used for another borrower.")
        made = garden.loan(case, garden.owner("am221c"), "SB", 220_000, last_due=15, before=1)
        pay_habit(made, made.plan[: 1 if place else 2], always(0), garden.frame.as_of)
    key = garden.owner("manager", segment="medium", key_customer=True)
    made = garden.loan(
        Case("key_customer", "A key customer, 5 days past due.", {"REP-01": "yellow"}), key, "WC-IO", 3_000_000, last_due=5, before=7
    )
    garden.pay_before(made, 7)
    for code, manager in (("borrower", "manager"), ("borrower2", "manager2")):
        owner = garden.owner(manager)
        for product in ("WC-AM", "SB"):
            made = garden.loan(
                Case(f"portal_{code}", f"A loan of the borrower who logs in as {code}; paid as agreed.", {"REP-01": ""}),
                owner,
                product,
                380_000,
                last_due=9,
                before=7,
                after=12,
            )
            pay_habit(made, made.plan, always(0), garden.frame.as_of)


def box_ticker(garden: Garden) -> None:
    """A manager whose inspections never find anything, and whose loans of one month go bad together."""
    as_of = garden.frame.as_of
    for months in (10, 9, 8, 7):  # on the book; one of these twelve slipped past 30 days in its sixth month
        for place in range(3):
            made = garden.loan(
                Case("ticked_earlier", "Of the same manager, made in an earlier month."),
                garden.owner("am122c"),
                "SB",
                120_000,
                last_due=8,
                before=months - 1,
                after=12,
            )
            slip = {4: 66, 5: 36, 6: 6} if months == 9 and place == 0 else {}
            pay_habit(made, made.plan, slipping(slip), as_of)
    for place in range(8):
        bad = place < 5
        case = Case(
            "ticked_boxes",
            "Made in one month by a manager whose inspections found no problem in a few minutes each; five of eight went bad.",
            {"REP-01": "orange"} if bad else {},
        )
        made = garden.loan(
            case, garden.owner("am122c"), "SB", 210_000, last_due=34 + 2 * place if bad else 8, before=4 if bad else 5, after=12
        )
        if bad:
            garden.pay_before(made, 4)
        else:
            pay_habit(made, made.plan, always(0), as_of)


def slipping(late: dict[int, int]) -> Habit:
    """Days late by the place of the demand; on time where none is named."""
    return lambda place, _demand: [(late.get(place, 0), 1)]
