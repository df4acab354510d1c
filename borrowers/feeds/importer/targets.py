"""Applies staged rows: the good rows of `feed_row` go through the writing doors of the facts, as sets."""

from datetime import date

from django.db import connection
from psycopg2 import sql

from borrowers import staging
from borrowers.collateral import actions as collateral
from borrowers.feeds.importer.formats import Format
from borrowers.feeds.models import Delivery
from borrowers.loans import actions as loans
from borrowers.parties import actions as parties
from loanwatch.lenders.actions import FIRST_DAY
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.models import Branch
from loanwatch.people.tree import NewBranch, open_branches

# Rows of which at least one fact is new or was changed by this delivery.
OWN = "f.lender_id = %(lender)s AND (f.delivery_id = %(delivery)s OR {changed})"
OF_LOAN = "JOIN borrowers_loan l ON l.id = f.loan_id WHERE l.lender_id = %(lender)s AND f.delivery_id = %(delivery)s"
WRITTEN = {
    "borrower": f"SELECT FROM borrowers_borrower f WHERE f.number = r.borrower__number AND {OWN}",
    "loan": f"SELECT FROM borrowers_loan f WHERE f.number = r.loan__number AND {OWN}",
    "collateral": f"SELECT FROM borrowers_collateralitem f WHERE f.number = r.collateral__number AND {OWN}",
    "position": f"SELECT FROM borrowers_position f {OF_LOAN} AND l.number = r.position__loan_number "
    "AND f.valid_from = r.position__valid_from",
    "event": f"SELECT FROM borrowers_loanevent f {OF_LOAN} AND l.number = {{loan}} AND f.kind = r.event__kind",
    "guarantee": f"SELECT FROM borrowers_guarantee f {OF_LOAN} AND l.number = {{loan}}",
    "price": "SELECT FROM borrowers_priceindex f WHERE f.delivery_id = %(delivery)s "
    'AND (f.series, f.region, f."on") = (r.price__series, r.price__region, r.price__on)',
}
CHANGED = (
    "f.id::text IN (SELECT a.subject_id FROM trail_auditevent a WHERE a.id > %(events)s AND a.event = 'fact.corrected' "
    "AND a.subject_kind = 'borrowers.{table}')"
)


def apply(declared: Format, lender: Lender, delivery: Delivery, known_from: date) -> int:
    """Write the facts of the good rows; returns how many rows made a fact new or changed one. Repeating it writes nothing."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE feed_row")
        cursor.execute("SELECT coalesce(max(id), 0) FROM trail_auditevent")
        events = cursor.fetchone()[0]
    if "loan" in declared.targets:
        _open_products(declared, lender)
        if declared.creates_branches:
            _open_branches(lender)
        _save_borrowers(lender, delivery, known_from)
        _save_loans(declared, lender, delivery, known_from)
    loan = "loan__number" if "loan" in declared.targets else "position__loan_number"
    if "collateral" in declared.targets:
        _save_collateral(declared, lender, delivery, known_from)
    if "guarantee" in declared.targets:
        _save_guarantees(lender, delivery, known_from)
    if declared.feeds_positions:
        _save_positions(lender, delivery, known_from)
    if "event" in declared.targets:
        _save_events(loan, lender, delivery, known_from)
    if "price" in declared.targets:
        _stage("staged_index", collateral.STAGED_INDEX, {name: f"price__{name}" for name in collateral.STAGED_INDEX})
        collateral.save_staged_index(delivery=delivery)
    return _written(declared, lender, delivery, loan, events)


def _stage(table: str, columns: dict[str, str], sources: dict[str, str], where: str = "true") -> None:
    """Make the temporary table of a door and fill it from the good rows: column -> SQL over `feed_row r`."""
    staging.stage(table, columns)
    names = sql.SQL(", ").join(map(sql.Identifier, sources))
    with connection.cursor() as cursor:
        staging.run(
            cursor,
            sql.SQL("INSERT INTO {} ({}) SELECT DISTINCT {} FROM feed_row r WHERE r.reason IS NULL AND {}").format(
                sql.Identifier(table), names, sql.SQL(", ").join(map(sql.SQL, sources.values())), sql.SQL(where)
            ),
        )
        staging.run(cursor, sql.SQL("ANALYZE {}").format(sql.Identifier(table)))


def _day(day: date) -> str:
    return f"DATE '{day.isoformat()}'"


def _open_products(declared: Format, lender: Lender) -> None:
    there = set(Product.objects.filter(lender=lender).values_list("code", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT loan__product FROM feed_row WHERE reason IS NULL AND loan__product IS NOT NULL")
        wanted = [code for (code,) in cursor.fetchall() if code not in there and code in declared.products]
    Product.objects.bulk_create(
        [Product(lender=lender, code=code, **declared.products[code]) for code in sorted(wanted)], ignore_conflicts=True
    )


def _open_branches(lender: Lender) -> None:
    """Branches and their regions below the head office, from the earliest day on: a feed does not say since when."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (branch__code) branch__code, coalesce(branch__name, branch__code), branch__region_code,
                   coalesce(branch__region_name, branch__region_code)
            FROM feed_row WHERE reason IS NULL ORDER BY branch__code
            """
        )
        rows = cursor.fetchall()
    made = {region: NewBranch(region, region_name, Branch.Kind.REGION) for _, _, region, region_name in rows if region}
    made |= {code: NewBranch(code, name, Branch.Kind.BRANCH, *((region,) if region else ())) for code, name, region, _ in rows}
    open_branches(lender, [made[code] for code in sorted(made)], on=FIRST_DAY)


def _save_borrowers(lender: Lender, delivery: Delivery, known_from: date) -> None:
    fields = ("number", "kind", "name", "segment", "industry", "region")
    sources = {name: f"r.borrower__{name}" for name in fields} | {
        "valid_from": "min(r.loan__disbursed_on) OVER (PARTITION BY r.borrower__number)"
    }
    _stage("staged_borrower", parties.STAGED, sources | {"known_from": _day(known_from)})
    _one_per("staged_borrower", "number")
    parties.save_staged_borrowers(lender, delivery=delivery)


def _one_per(table: str, key: str) -> None:
    """Of rows that tell of one thing several times, keep one: the borrower of two loans of one file, say."""
    with connection.cursor() as cursor:
        staging.run(
            cursor,
            sql.SQL("DELETE FROM {t} a USING {t} b WHERE a.{k} = b.{k} AND a.ctid > b.ctid").format(
                t=sql.Identifier(table), k=sql.Identifier(key)
            ),
        )


def _save_loans(declared: Format, lender: Lender, delivery: Delivery, known_from: date) -> None:
    fields = ("number", "principal", "rate", "disbursed_on", "matures_on", "ltv_agreed")
    sources = {name: f"r.loan__{name}" for name in fields} | {
        "borrower_number": "r.borrower__number",
        "product_code": "r.loan__product",
        "branch_code": "r.branch__code",
        "currency": f"'{declared.currency}'",  # three capital letters, checked when the format is read
        "purpose": "coalesce(r.loan__purpose, '')",
        "position_fed": "true",
        "attributes": "r.loan__attributes",
        "valid_from": "r.loan__disbursed_on",
        "known_from": _day(known_from),
    }
    _stage("staged_loan", loans.STAGED_LOAN, sources)
    loans.save_staged_loans(lender, delivery=delivery)


def _save_collateral(declared: Format, lender: Lender, delivery: Delivery, known_from: date) -> None:
    known, begins = _day(known_from), "coalesce(r.collateral__valued_on, r.loan__disbursed_on)"
    item = {
        "number": "r.collateral__number", "kind": "r.collateral__kind", "description": "r.collateral__description",
        "owner_number": "r.borrower__number", "currency": f"'{declared.currency}'", "index_region": "r.collateral__index_region",
        "valid_from": "r.loan__disbursed_on", "known_from": known,
    }  # fmt: skip
    _stage("staged_item", collateral.STAGED_ITEM, item, "r.collateral__number IS NOT NULL")
    collateral.save_staged_items(lender, delivery=delivery)
    pledge = {
        "loan_number": "r.loan__number",
        "item_number": "r.collateral__number",
        "rank": "1",
        "valid_from": "r.loan__disbursed_on",
        "known_from": known,
    }
    _stage("staged_pledge", collateral.STAGED_PLEDGE, pledge, "r.collateral__number IS NOT NULL")
    collateral.add_staged_pledges(lender, delivery=delivery)
    value = {
        "item_number": "r.collateral__number",
        "value": "r.collateral__value",
        "method": "'origination'",
        "valid_from": begins,
        "known_from": known,
    }
    _stage("staged_valuation", collateral.STAGED_VALUATION, value, "r.collateral__number IS NOT NULL AND r.collateral__value IS NOT NULL")
    collateral.add_staged_valuations(lender, delivery=delivery)


def _save_guarantees(lender: Lender, delivery: Delivery, known_from: date) -> None:
    wanted = "r.guarantee__guarantor_number IS NOT NULL AND r.guarantee__amount > 0"
    guarantor = {
        "number": "r.guarantee__guarantor_number", "kind": "'company'", "segment": "'large'", "name": "r.guarantee__guarantor_name",
        "valid_from": _day(FIRST_DAY), "known_from": _day(known_from),
    }  # fmt: skip
    _stage("staged_borrower", parties.STAGED, guarantor, wanted)
    _one_per("staged_borrower", "number")
    parties.save_staged_borrowers(lender, delivery=delivery)
    sources = {
        "loan_number": "r.loan__number", "guarantor_number": "r.guarantee__guarantor_number", "amount": "r.guarantee__amount",
        "valid_from": "r.loan__disbursed_on", "known_from": _day(known_from),
    }  # fmt: skip
    _stage("staged_guarantee", loans.STAGED_GUARANTEE, sources, wanted)
    loans.add_staged_guarantees(lender, delivery=delivery)


def _of_loan(table: str, loan: str, lender: Lender) -> str:
    return f"SELECT FROM {table} f JOIN borrowers_loan l ON l.id = f.loan_id WHERE l.lender_id = {int(lender.pk)} AND l.number = {loan}"


def _save_positions(lender: Lender, delivery: Delivery, known_from: date) -> None:
    """A loan ends once: that it has ended, told again on a later day, is nothing new."""
    ended = _of_loan("borrowers_position", "r.position__loan_number", lender)
    same_end = "f.closed_as = r.position__closed_as AND f.valid_from < r.position__valid_from"
    news = f"(r.position__closed_as IS NULL OR NOT EXISTS ({ended} AND {same_end}))"
    sources = {name: f"r.position__{name}" for name in ("loan_number", "valid_from", *loans.POSITION_VALUES)}
    _stage("staged_position", loans.STAGED_POSITION, sources | {"known_from": _day(known_from)}, news)
    loans.add_staged_positions(lender, delivery=delivery)


def _save_events(loan: str, lender: Lender, delivery: Delivery, known_from: date) -> None:
    """An event whose day the source does not give counts from the loan's maturity, or from the delivery if that is earlier; once."""
    known = _of_loan("borrowers_loanevent", f"r.{loan}", lender)
    news = f"(r.event__on IS NOT NULL OR NOT EXISTS ({known} AND f.kind = r.event__kind))"
    day = _day(known_from)
    matures = "r.loan__matures_on" if loan == "loan__number" else "NULL::date"
    sources = {
        "loan_number": f"r.{loan}", "kind": "r.event__kind", "valid_from": f"coalesce(r.event__on, least({matures}, {day}), {day})",
        "known_from": day, "amount": "r.event__amount", "note": "r.event__note",
    }  # fmt: skip
    _stage("staged_event", loans.STAGED_EVENT, sources, f"r.event__kind IS NOT NULL AND {news}")
    loans.record_staged_events(lender, delivery=delivery)


def _written(declared: Format, lender: Lender, delivery: Delivery, loan: str, events: int) -> int:
    tables = {"borrower": "borrower", "loan": "loan", "collateral": "collateralitem"}
    asked = [
        WRITTEN[part].format(changed=CHANGED.format(table=tables.get(part, "")), loan=f"r.{loan}")
        for part in declared.targets
        if part in WRITTEN
    ]
    anything = " OR ".join(f"EXISTS ({question})" for question in asked)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM feed_row r WHERE r.reason IS NULL AND ({anything})",
            {"lender": lender.pk, "delivery": delivery.pk, "events": events},
        )
        return cursor.fetchone()[0]
