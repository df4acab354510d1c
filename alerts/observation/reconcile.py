"""The night's reconciliation: the figures of every node against the sums over the loans, and those against what was delivered.

A difference of one hundredth stops the close: `require_agreement` raises, the day stays open, and nothing of the step is kept.
Compared for each branch, product and currency: number of loans and outstanding amount.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.backends.utils import CursorWrapper

from borrowers.revisions import known
from loanwatch.lenders.models import Lender
from loanwatch.trail.ledger import key_of

SHOWN = 20  # differences that the message names; the page lists all

# Each gives branch_id, product_id, currency, expected loans and amount, found loans and amount: rows that differ only.
DIFFER = "(e.loans, e.outstanding, e.overdue) IS DISTINCT FROM (f.loans, f.outstanding, f.overdue)"
OUT = """SELECT branch_id, product_id, currency, coalesce(e.loans, 0), coalesce(e.outstanding, 0), coalesce(e.overdue, 0),
       coalesce(f.loans, 0), coalesce(f.outstanding, 0), coalesce(f.overdue, 0)"""
OWN = """
own AS MATERIALIZED (
    SELECT branch_id, product_id, currency, count(*) AS loans, sum(outstanding) AS outstanding,
           coalesce(sum(overdue_principal), 0) + coalesce(sum(overdue_interest), 0) AS overdue
    FROM alerts_loanday WHERE lender_id = %(lender)s AND as_of = %(day)s GROUP BY branch_id, product_id, currency
)"""
REACH = "t.from_on <= %(day)s AND (t.to_on IS NULL OR t.to_on > %(day)s)"

# The node's row says what the loans of its subtree say.
NODES = f"""
WITH {OWN},
e AS (
    SELECT t.ancestor_id AS branch_id, o.product_id, o.currency, sum(o.loans)::bigint AS loans, sum(o.outstanding) AS outstanding, sum(o.overdue) AS overdue
    FROM own o JOIN people_branchreach t ON t.descendant_id = o.branch_id AND {REACH} GROUP BY 1, 2, 3
),
f AS (
    SELECT branch_id, product_id, currency, sum(loans)::bigint AS loans, sum(outstanding) AS outstanding, sum(overdue_principal + overdue_interest) AS overdue
    FROM alerts_nodeday WHERE lender_id = %(lender)s AND as_of = %(day)s GROUP BY 1, 2, 3
)
{OUT} FROM e FULL JOIN f USING (branch_id, product_id, currency) WHERE {DIFFER}
"""
# Its own parts say it too: overdue buckets (a loan whose days are unknown is in none) and classes.
PARTS = """
WITH unknown AS (
    SELECT t.ancestor_id AS branch_id, o.product_id, o.currency, count(*) AS loans, sum(o.outstanding) AS outstanding
    FROM alerts_loanday o JOIN people_branchreach t ON t.descendant_id = o.branch_id AND t.from_on <= %(day)s AND (t.to_on IS NULL OR t.to_on > %(day)s)
    WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.dpd_bucket = -1 GROUP BY 1, 2, 3
)
SELECT n.branch_id, n.product_id, n.currency, n.loans, n.outstanding, 0, part.loans, part.outstanding, 0
FROM alerts_nodeday n LEFT JOIN unknown u USING (branch_id, product_id, currency)
CROSS JOIN LATERAL (VALUES
    (n.b0_loans + n.b1_loans + n.b2_loans + n.b3_loans + n.b4_loans + coalesce(u.loans, 0),
     n.b0_outstanding + n.b1_outstanding + n.b2_outstanding + n.b3_outstanding + n.b4_outstanding + coalesce(u.outstanding, 0)),
    (n.normal_loans + n.special_mention_loans + n.substandard_loans + n.doubtful_loans + n.loss_loans,
     n.normal_outstanding + n.special_mention_outstanding + n.substandard_outstanding + n.doubtful_outstanding + n.loss_outstanding)
) AS part (loans, outstanding)
WHERE n.lender_id = %(lender)s AND n.as_of = %(day)s AND (n.loans, n.outstanding) <> (part.loans, part.outstanding)
"""
# Every loan is in the tree: the nodes that have none above them add up to the whole book.
TOP = f"""
WITH {OWN},
e AS (SELECT product_id, currency, sum(loans)::bigint AS loans, sum(outstanding) AS outstanding, sum(overdue) AS overdue FROM own GROUP BY 1, 2),
f AS (
    SELECT product_id, currency, sum(loans)::bigint AS loans, sum(outstanding) AS outstanding, sum(overdue_principal + overdue_interest) AS overdue
    FROM alerts_nodeday n WHERE lender_id = %(lender)s AND as_of = %(day)s
      AND NOT EXISTS (SELECT FROM people_branchreach t WHERE t.descendant_id = n.branch_id AND t.depth > 0 AND {REACH})
    GROUP BY 1, 2
)
SELECT NULL::bigint, product_id, currency, e.loans, e.outstanding, e.overdue, coalesce(f.loans, 0), coalesce(f.outstanding, 0), coalesce(f.overdue, 0)
FROM e LEFT JOIN f USING (product_id, currency) WHERE {DIFFER}
"""
# The branches were observed earlier in the night, from the same loans.
BRANCHES = f"""
WITH {OWN},
e AS (SELECT branch_id, sum(loans)::bigint AS loans, coalesce(sum(outstanding) FILTER (WHERE own.currency = l.currency), 0) AS outstanding, 0 AS overdue
      FROM own JOIN lenders_lender l ON l.id = %(lender)s GROUP BY 1),
f AS (SELECT branch_id, loans, outstanding, 0 AS overdue FROM alerts_branchday WHERE lender_id = %(lender)s AND as_of = %(day)s)
SELECT branch_id, NULL::bigint, '', coalesce(e.loans, 0), coalesce(e.outstanding, 0), 0, coalesce(f.loans, 0), coalesce(f.outstanding, 0), 0
FROM e FULL JOIN f USING (branch_id) WHERE {DIFFER}
"""
# Where the core system delivers balances, the loans say what was delivered for the day: a position that no loan shows, or a
# loan that shows another amount. Loans that are set aside are left out on both sides, and so are slices that somebody accepted the
# day without.
ACCEPTED = """EXISTS (SELECT FROM trail_rununit u WHERE u.lender_id = %(lender)s AND u.business_date = %(day)s AND u.run_version = 1
               AND u.step IN ('allocate', 'observe') AND u.state = 'accepted' AND l.bucket BETWEEN u.bucket_from AND u.bucket_to)"""
DELIVERED = f"""
WITH e AS (
    SELECT coalesce(o.branch_id, l.branch_id) AS branch_id, coalesce(o.product_id, l.product_id) AS product_id, l.currency,
           count(*) AS loans, sum(p.balance) AS outstanding, 0 AS overdue
    FROM borrowers_position p JOIN borrowers_loan l ON l.id = p.loan_id AND l.position_fed
    LEFT JOIN alerts_loanday o ON o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.loan_id = p.loan_id
    WHERE p.lender_id = %(lender)s AND p.valid_from = %(day)s AND p.closed_as = '' AND {known("p", "borrowers_position")}
      AND NOT (p.loan_id = ANY (%(held)s::bigint[])) AND NOT {ACCEPTED} GROUP BY 1, 2, 3
),
f AS (
    SELECT o.branch_id, o.product_id, o.currency, count(*) AS loans, sum(o.outstanding) AS outstanding, 0 AS overdue
    FROM alerts_loanday o JOIN borrowers_loan l ON l.id = o.loan_id AND l.position_fed
    WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s AND NOT (o.loan_id = ANY (%(held)s::bigint[])) AND NOT {ACCEPTED} GROUP BY 1, 2, 3
)
{OUT} FROM e FULL JOIN f USING (branch_id, product_id, currency) WHERE {DIFFER}
"""
CHECKS = {"loans": NODES, "parts": PARTS, "book": TOP, "branches": BRANCHES, "delivered": DELIVERED}

NAMES = """
SELECT b.id, b.code FROM people_branch b WHERE b.id = ANY (%(branches)s::bigint[])
UNION ALL SELECT -p.id, p.code FROM lenders_product p WHERE p.id = ANY (%(products)s::bigint[])
"""


@dataclass(frozen=True)
class Difference:
    """Two figures that must be one. `check`: loans, parts, book, branches or delivered; branch or product empty: all of them."""

    check: str
    branch: str
    product: str
    currency: str
    expected: tuple[int, Decimal, Decimal]  # loans, outstanding, overdue
    found: tuple[int, Decimal, Decimal]

    def __str__(self) -> str:
        where = " / ".join((self.branch or "all branches", self.product or "all products", self.currency or "all currencies"))
        return f"{where}: expected {_figures(self.expected)}, found {_figures(self.found)} ({self.check})"


class FiguresDiffer(Exception):
    """The day's figures do not add up: the day may not close. `differences` holds them all."""

    def __init__(self, business_date: date, differences: list[Difference]) -> None:
        self.business_date, self.differences = business_date, differences
        more = len(differences) - SHOWN
        tail = f"\n… and {more} more" if more > 0 else ""
        listed = "\n".join(map(str, differences[:SHOWN]))
        # The last line is what lists of exceptions show.
        super().__init__(f"{listed}{tail}\nThe figures of {business_date} differ in {len(differences)} places, first at {differences[0]}")


def _figures(figures: tuple[int, Decimal, Decimal]) -> str:
    loans, outstanding, overdue = figures
    return f"{loans} loans, {outstanding:.2f}" + (f", overdue {overdue:.2f}" if overdue else "")


def differences(cursor: CursorWrapper, key: Mapping[str, Any]) -> list[Difference]:
    """Every place in which the figures of the close don't add up. Five statements, however large the book.

    key: as `ledger.key_of` makes it. Amounts are compared exactly: 0.00 agrees, 0.01 does not.
    """
    found: list[tuple[Any, ...]] = []
    for check, statement in CHECKS.items():
        cursor.execute(statement, dict(key))
        found += [(check, *row) for row in cursor.fetchall()]
    if not found:
        return []
    cursor.execute(NAMES, {"branches": [row[1] for row in found if row[1]], "products": [row[2] for row in found if row[2]]})
    names = dict(cursor.fetchall())
    made = [
        Difference(check, names.get(branch, ""), names.get(-(product or 0), ""), currency, tuple(figures[:3]), tuple(figures[3:]))
        for check, branch, product, currency, *figures in found
    ]
    order = list(CHECKS)
    return sorted(made, key=lambda d: (order.index(d.check), d.branch, d.product, d.currency))


def require_agreement(cursor: CursorWrapper, key: Mapping[str, Any]) -> None:
    """Raises FiguresDiffer when the figures of the close do not add up."""
    if found := differences(cursor, key):
        raise FiguresDiffer(key["day"], found)


def differences_of(cursor: CursorWrapper, lender: Lender, day: date, held: list[int] | None = None) -> list[Difference]:
    """The same for a close that is looked at later, with all that was known on its day."""
    return differences(cursor, key_of(lender.pk, day, held=held or []))


# Of a stopped close the node figures are not kept; what stands there can still be compared.
STANDING = ("branches", "delivered")

LOANS = f"""
SELECT coalesce(o.loan_id, p.loan_id), p.balance, o.outstanding
FROM (SELECT p.loan_id, p.balance FROM borrowers_position p JOIN borrowers_loan l ON l.id = p.loan_id AND l.position_fed
      WHERE p.lender_id = %(lender)s AND p.valid_from = %(day)s AND p.closed_as = '' AND {known("p", "borrowers_position")}) p
FULL JOIN (SELECT o.loan_id, o.outstanding FROM alerts_loanday o JOIN borrowers_loan l ON l.id = o.loan_id AND l.position_fed
           WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s) o ON o.loan_id = p.loan_id
WHERE p.balance IS DISTINCT FROM o.outstanding ORDER BY abs(coalesce(p.balance, 0) - coalesce(o.outstanding, 0)) DESC, 1 LIMIT %(most)s
"""


def standing_differences(cursor: CursorWrapper, lender: Lender, day: date) -> list[Difference]:
    """The differences of a close that may not have come to its end: node figures are compared only where there are any."""
    cursor.execute("SELECT EXISTS (SELECT FROM alerts_nodeday WHERE lender_id = %s AND as_of = %s)", [lender.pk, day])
    rolled = cursor.fetchone()[0]
    return [d for d in differences_of(cursor, lender, day) if rolled or d.check in STANDING]


def differing_loans(cursor: CursorWrapper, lender: Lender, day: date, most: int = 500) -> dict[int, tuple[Decimal | None, Decimal | None]]:
    """loan id -> (delivered, shown) of the loans whose delivered balance is not what they show; the largest difference first.

    None: no position was delivered for the day, or the loan is not on the book.
    """
    cursor.execute(LOANS, {**key_of(lender.pk, day), "most": most})
    return {loan: (delivered, shown) for loan, delivered, shown in cursor.fetchall()}
