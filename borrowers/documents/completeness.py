"""Which required documents are there, not yet due, missing or expired: for one loan, and as a set for a whole portfolio."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from borrowers.collateral.models import CollateralItem, Pledge
from borrowers.documents.models import DocumentKind
from borrowers.documents.shipped import NOT_INSURABLE
from borrowers.loans.models import Guarantee, Loan

THERE, DUE, MISSING, EXPIRED = "there", "due", "missing", "expired"
LACKING = (MISSING, EXPIRED)

# One row for each loan that runs on the day and each kind it must have (for an item's kind: each item that secures it).
# `thing` is what the document belongs to: the loan, the borrower or the item. Documents are gathered once, not per loan.
WANTED = """
WITH seen AS (
    SELECT l.id, l.lender_id, l.borrower_id, l.product_id, l.branch_id, l.disbursed_on, b.kind AS borrower_kind
    FROM borrowers_loan l JOIN borrowers_borrower b ON b.id = l.borrower_id
    WHERE l.id IN ({loans}) AND l.disbursed_on <= %(day)s AND (l.settled_on IS NULL OR l.settled_on > %(day)s)
), pledged AS (
    SELECT DISTINCT p.loan_id, p.item_id, i.kind FROM ({pledges}) p JOIN borrowers_collateralitem i ON i.id = p.item_id
), guaranteed AS (
    SELECT DISTINCT loan_id FROM ({guarantees}) g
), wanted AS (
    SELECT s.id AS loan_id, s.branch_id, k.id AS kind_id, p.item_id, min(s.disbursed_on + r.within_days::int) AS due_on,
           CASE k.of WHEN 'loan' THEN s.id WHEN 'borrower' THEN s.borrower_id ELSE p.item_id END AS thing
    FROM seen s
    JOIN borrowers_requireddocument r ON r.lender_id = s.lender_id AND (r.product_id IS NULL OR r.product_id = s.product_id)
         AND r.from_on <= s.disbursed_on AND (r.to_on IS NULL OR r.to_on > s.disbursed_on)
    JOIN borrowers_documentkind k ON k.id = r.kind_id AND k.active
    LEFT JOIN pledged p ON k.of = 'item' AND p.loan_id = s.id AND (r.applies_to <> 'insurable' OR NOT p.kind = ANY(%(uninsured)s))
    WHERE (k.of <> 'item' OR p.item_id IS NOT NULL) AND CASE r.applies_to
        WHEN 'person' THEN s.borrower_kind = 'person'
        WHEN 'company' THEN s.borrower_kind = 'company'
        WHEN 'secured' THEN s.id IN (SELECT loan_id FROM pledged)
        WHEN 'insurable' THEN s.id IN (SELECT loan_id FROM pledged WHERE NOT kind = ANY(%(uninsured)s))
        WHEN 'guaranteed' THEN s.id IN (SELECT loan_id FROM guaranteed)
        ELSE true END
    GROUP BY s.id, s.branch_id, k.id, p.item_id, thing
), held AS (
    SELECT d.kind_id, CASE k.of WHEN 'loan' THEN d.loan_id WHEN 'borrower' THEN d.borrower_id ELSE d.item_id END AS thing,
           max(coalesce(d.expires_on, 'infinity'::date)) AS good_until
    FROM borrowers_document d JOIN borrowers_documentkind k ON k.id = d.kind_id
    WHERE d.known_from <= %(day)s AND (d.destroyed_on IS NULL OR d.destroyed_on > %(day)s)
          AND k.lender_id IN (SELECT DISTINCT lender_id FROM seen)
    GROUP BY 1, 2
), standing AS (
    SELECT w.*, nullif(h.good_until, 'infinity') AS good_until,
           CASE WHEN h.good_until >= %(day)s THEN 'there' WHEN w.due_on >= %(day)s THEN 'due'
                WHEN h.good_until IS NULL THEN 'missing' ELSE 'expired' END AS state,
           greatest(w.due_on, CASE WHEN isfinite(h.good_until) THEN h.good_until END) + 1 AS missing_since
    FROM wanted w LEFT JOIN held h USING (kind_id, thing)
)
"""


@dataclass
class Wanted:
    """A document that a loan must have, and how it stands. `missing_since` is set for missing and expired ones only."""

    loan_id: int
    kind_id: int
    item_id: int | None
    due_on: date
    good_until: date | None
    state: str
    missing_since: date | None
    loan: Loan | None = None
    kind: DocumentKind | None = None
    item: Any = None


def _ask(loans: QuerySet[Loan, Any], on: date, tail: str, **values: Any) -> list[tuple[Any, ...]]:
    """Run WANTED over `loans` with `tail` behind it. The subqueries carry their own parameters, which are put in first."""
    parts: dict[str, str] = {}
    given: dict[str, Any] = {}
    subqueries = {
        "loans": loans.order_by().values("pk"),
        "pledges": Pledge.objects.in_force(on).order_by().values("loan_id", "item_id"),
        "guarantees": Guarantee.objects.in_force(on).order_by().values("loan_id"),
    }
    for name, subquery in subqueries.items():
        text, parameters = subquery.query.sql_with_params()
        keys = [f"{name}_{number}" for number in range(len(parameters))]
        parts[name] = text % tuple(f"%({key})s" for key in keys)
        given |= dict(zip(keys, parameters, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(WANTED.format(**parts) + tail, given | {"day": on, "uninsured": list(NOT_INSURABLE)} | values)
        return cursor.fetchall()


COLUMNS = "loan_id, kind_id, item_id, due_on, good_until, state, missing_since"
LACKING_ROWS = f"""
    SELECT {COLUMNS}, count(*) OVER () AS total FROM standing
    WHERE state IN ('missing', 'expired') AND (%(kind)s = '' OR kind_id IN (SELECT id FROM borrowers_documentkind WHERE code = %(kind)s))
          AND (%(branch)s::bigint IS NULL OR branch_id = %(branch)s)
    ORDER BY missing_since, loan_id, kind_id, item_id OFFSET %(offset)s LIMIT %(limit)s
"""
BRANCH_ROWS = """
    SELECT b.id AS branch_id, b.name AS branch, count(*) AS loans, count(*) FILTER (WHERE p.missing + p.expired = 0) AS complete,
           sum(p.wanted) AS wanted, sum(p.missing) AS missing, sum(p.expired) AS expired
    FROM (SELECT loan_id, branch_id, count(*) FILTER (WHERE state <> 'due') AS wanted, count(*) FILTER (WHERE state = 'missing') AS missing,
                 count(*) FILTER (WHERE state = 'expired') AS expired
          FROM standing GROUP BY loan_id, branch_id) p
    JOIN people_branch b ON b.id = p.branch_id
    GROUP BY b.id, b.name ORDER BY sum(p.missing + p.expired) DESC, b.name
"""


def _rows(found: list[tuple[Any, ...]]) -> list[Wanted]:
    return [
        Wanted(loan_id=loan, kind_id=kind, item_id=item, due_on=due, good_until=good, state=state, missing_since=since if state in LACKING else None)
        for loan, kind, item, due, good, state, since, *_total in found
    ]


def of_loan(loan: Loan, on: date) -> list[Wanted]:
    """Everything the loan must have on `on`, what is lacking first. One query, and one each for kinds and items."""
    tail = f"SELECT {COLUMNS} FROM standing ORDER BY array_position(ARRAY['missing','expired','due','there'], state), due_on, kind_id, item_id"
    return with_names(_rows(_ask(Loan.objects.filter(pk=loan.pk), on, tail)))


def lacking(loans: QuerySet[Loan, Any], on: date, *, kind: str = "", branch: int | None = None, offset: int = 0, limit: int | None = 50) -> tuple[list[Wanted], int]:
    """Missing and expired documents of `loans`, the longest missing first, and how many there are in all. One query."""
    found = _ask(loans, on, LACKING_ROWS, kind=kind, branch=branch, offset=offset, limit=limit)
    return _rows(found), found[0][7] if found else 0


@dataclass(frozen=True)
class BranchStanding:
    """Of one branch: loans that run, documents they must have by now, and how many of these are not there."""

    branch_id: int
    branch: str
    loans: int
    complete: int
    wanted: int
    missing: int
    expired: int

    @property
    def lacking(self) -> int:
        return self.missing + self.expired

    @property
    def share(self) -> Any:
        """Documents there of those wanted, 0 to 1; None where nothing is wanted."""
        return (self.wanted - self.lacking) / self.wanted if self.wanted else None


def by_branch(loans: QuerySet[Loan, Any], on: date) -> list[BranchStanding]:
    """How complete the archive of each branch is, the least complete first. One query."""
    return [BranchStanding(row[0], row[1], *(int(n) for n in row[2:])) for row in _ask(loans, on, BRANCH_ROWS)]


def overview(
    loans: QuerySet[Loan, Any], on: date, *, kind: str = "", branch: int | None = None, offset: int = 0, limit: int = 50
) -> tuple[list[BranchStanding], list[Wanted], int]:
    """`by_branch` of all and a page of `lacking` as narrowed, with how many these are: the portfolio is gone through once."""
    tail = f""", branches AS ({BRANCH_ROWS}), lacking AS ({LACKING_ROWS})
        SELECT (SELECT jsonb_agg(to_jsonb(b) ORDER BY b.missing + b.expired DESC, b.branch) FROM branches b),
               (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.missing_since, r.loan_id, r.kind_id, r.item_id) FROM lacking r)"""
    branches, found = (json.loads(part or "[]") for part in _ask(loans, on, tail, kind=kind, branch=branch, offset=offset, limit=limit)[0])
    total = found[0]["total"] if found else 0
    return [BranchStanding(**row) for row in branches], [_wanted(row) for row in found], total


def _wanted(row: dict[str, Any]) -> Wanted:
    days = {name: date.fromisoformat(row[name]) if row[name] else None for name in ("due_on", "good_until", "missing_since")}
    return Wanted(**{name: row[name] for name in ("loan_id", "kind_id", "item_id", "state")}, **days)  # type: ignore[arg-type]


def with_names(rows: list[Wanted]) -> list[Wanted]:
    """The rows with their loan, kind and item, for a page. Three queries."""
    loans = Loan.objects.select_related("borrower", "branch", "product").in_bulk({row.loan_id for row in rows})
    kinds = DocumentKind.objects.in_bulk({row.kind_id for row in rows})
    items = CollateralItem.objects.in_bulk({row.item_id for row in rows if row.item_id})
    for row in rows:
        row.loan, row.kind, row.item = loans[row.loan_id], kinds[row.kind_id], items.get(row.item_id) if row.item_id else None
    return rows


def days_missing(row: Wanted, on: date) -> int:
    """1 on the first day it is missing; 0 where it is not."""
    return (on - row.missing_since).days + 1 if row.missing_since else 0

