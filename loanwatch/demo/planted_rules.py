"""Planted cases of the shipped rules that no other case shows."""

from loanwatch.demo import plans
from loanwatch.demo.behaviours import always, pay_habit
from loanwatch.demo.garden import Case, Garden, watched
from loanwatch.demo.planted_accounts import MONTHS, Ledger
from loanwatch.demo.planted_books import books, figure


def further(garden: Garden) -> None:
    """Sales that go elsewhere, a new loan that pays for the old, instalments that are about to begin."""
    made = watched(
        garden, "sales_elsewhere", "A fifth of the sales comes through us, who hold half of the debt; what comes in goes on to related firms.",
        {"ACC-06": ("", "orange"), "GRP-03": ("", "orange")}, "am122a",
    )  # fmt: skip
    books(garden, made)
    ours = made.open_principal(garden.frame.as_of) // 100
    figure(garden, made, "bureau_total_debt", {380: 2 * ours, 10: 2 * ours}, currency="CNY")
    ledger = Ledger(garden, made, 400_000)
    for back in range(MONTHS, -1, -1):
        for amount, category, other in (
            (110_000, "sales", "客户甲 Buyer A"), (90_000, "sales", "客户乙 Buyer B"), (-180_000, "related", "关联公司 Related firm"),
            (-10_000, "supplier", "包装材料 Packaging"),
        ):  # fmt: skip
            ledger.book(ledger.month(back, 8), amount, category, other)
    ledger.close()
    paid_from_new(garden)
    instalments_begin(garden)


def paid_from_new(garden: Garden) -> None:
    """A loan in two large instalments, the first of which was paid ten days ago, a few days after a second loan was made."""
    owner = garden.owner("am121a")
    owner.quiet = True
    old = garden.loan(
        Case("paid_from_new", "Half of the loan was repaid on time, five days after a new loan of 70 % of that amount was paid out.",
             finds={"MSK-01": ("", "orange")}), owner, "FA", 400_000, last_due=10, before=0, after=1, step=6,
    )  # fmt: skip
    pay_habit(old, old.plan, always(0), garden.frame.as_of)
    garden.loan(
        Case("pays_for_the_old", "The new loan of the same borrower; nothing is due yet."), owner, "SB", 143_000, last_due=-15, before=0, after=11
    )


def instalments_begin(garden: Garden) -> None:
    """Only interest has been due for ten months; the first instalment with principal is the one after the next."""
    made = watched(garden, "instalments_begin", "Only interest was due so far; the first full instalment falls due in six to seven weeks.",
                   {"REP-11": ("", "yellow")}, "am121b")  # fmt: skip
    dues = [demand.due_on for demand in made.plan]
    begins = next(place for place, due in enumerate(dues) if due > garden.frame.as_of) + 1
    rest = plans.equal_principal(made.principal, made.rate_bp, dues[begins:], made.step)
    made.plan[:] = [*(plans.Demand(due, 0, plans.interest(made.principal, made.rate_bp, made.step)) for due in dues[:begins]), *rest]
    made.payments.clear()
    pay_habit(made, made.plan, always(0), garden.frame.as_of)
