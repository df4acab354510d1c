"""Applies staged rows: the good rows of `feed_row` go through the writing doors of the facts, as sets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import OperationalError, connection, transaction
from psycopg2 import sql
from psycopg2.errors import LockNotAvailable

from borrowers import staging
from borrowers.collateral import actions as collateral
from borrowers.doors import Saved, save_staged
from borrowers.feeds.importer.checks import parts_in_order, told_here
from borrowers.feeds.importer.formats import Format
from borrowers.feeds.importer.written import count_written
from borrowers.feeds.models import Delivery
from borrowers.kinds import FLOW, KINDS, PARTS, TARGETS
from borrowers.loans.models import Position
from borrowers.revisions import last
from loanwatch.lenders.actions import FIRST_DAY
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.models import Branch
from loanwatch.people.tree import NewBranch, open_branches

MANY_LOANS = 1_000  # new by one delivery: enough to mislead the planner about the rest of it


@dataclass(frozen=True)
class Applying:
    """One delivery on its way into the facts; `known_from` is the day from which they are known."""

    declared: Format
    lender: Lender
    delivery: Delivery
    known_from: date

    @property
    def known(self) -> str:
        return _day(self.known_from)

    @property
    def told_on(self) -> str:
        return _day(self.delivery.business_date)

    @property
    def currency(self) -> str:
        return f"'{self.declared.currency}'" if self.declared.currency else "NULL"  # three capital letters, checked when the format is read

    @property
    def loan(self) -> str:
        """The column that names the loan of a row which tells of several facts."""
        return loan_column(self.declared)

    def save(self, kind: str) -> Saved:
        return save_staged(KINDS[kind], self.lender, delivery=self.delivery)


def apply(declared: Format, lender: Lender, delivery: Delivery, known_from: date) -> int:
    """Write the facts of the good rows; returns how many rows made a fact new or changed one. Repeating it writes nothing."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE feed_row")
        cursor.execute("SELECT coalesce(max(id), 0) FROM borrowers_correction")
        corrections = cursor.fetchone()[0]
    one = Applying(declared, lender, delivery, known_from)
    if "loan" in declared.targets:
        _open_products(declared, lender)
        if declared.creates_branches:
            _open_branches(lender)
    if flow := _only_flow(declared):
        return _save_plain(one, flow).written  # an entry of a flow is written or was there: the door has counted
    for part in parts_in_order(declared):
        if part in TOGETHER:
            TOGETHER[part](one, part)
        else:
            _save_plain(one, part)
    if "price" in declared.targets:
        staging.stage("staged_index", collateral.STAGED_INDEX)
        _fill("staged_index", {name: f"r.price__{name}" for name in collateral.STAGED_INDEX})
        collateral.save_staged_index(delivery=delivery)
    return count_written(declared, lender, delivery, loan_column(declared), corrections)


def _only_flow(declared: Format) -> str:
    kind = KINDS.get(next(iter(declared.targets))) if len(declared.targets) == 1 else None
    return kind.name if kind and kind.shape == FLOW else ""


def changed_positions(delivery: Delivery) -> int:
    """How many positions that were known before this delivery has revised."""
    return Position.objects.filter(delivery=delivery, revision__gt=1).count()


def loan_column(declared: Format) -> str:
    """The column of `feed_row` in which a row names the loan that its events, guarantees and the like belong to."""
    part = next((part for part in ("loan", "position") if part in declared.targets), None)
    return {"loan": "loan__number", "position": "position__loan_number", None: ""}[part]


def _stage(kind: str, sources: Mapping[str, str], where: str = "true", one_per: str = "") -> None:
    """Make the temporary table of a kind and fill it from the good rows: told name -> SQL over `feed_row r`.

    Of rows that tell of one thing several times (the borrower of two loans of one file) the first counts: `one_per`.
    """
    made = KINDS[kind]
    staging.stage(made.staged, made.columns)
    _fill(made.staged, sources, where, one_per)


def _fill(table: str, sources: Mapping[str, str], where: str = "true", one_per: str = "") -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, sources))
    once = sql.SQL(f"DISTINCT ON ({one_per})" if one_per else "")
    order = sql.SQL(f"ORDER BY {one_per}, r.line" if one_per else "ORDER BY r.line" if table == KINDS["repayment"].staged else "")
    with connection.cursor() as cursor:
        staging.run(
            cursor,
            sql.SQL("INSERT INTO {} ({}) SELECT {} {} FROM feed_row r WHERE r.reason IS NULL AND {} {}").format(
                sql.Identifier(table), names, once, sql.SQL(", ").join(map(sql.SQL, sources.values())), sql.SQL(where), order
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
            FROM feed_row WHERE reason IS NULL AND branch__code IS NOT NULL ORDER BY branch__code
            """
        )
        rows = cursor.fetchall()
    made = {region: NewBranch(region, region_name, Branch.Kind.REGION) for _, _, region, region_name in rows if region}
    made |= {code: NewBranch(code, name, Branch.Kind.BRANCH, *((region,) if region else ())) for code, name, region, _ in rows}
    open_branches(lender, [made[code] for code in sorted(made)], on=FIRST_DAY)


def _save_plain(one: Applying, part: str) -> Saved:
    """A part with the kind's own fields. In a row that tells several facts, one whose key is blank is not told."""
    kind = PARTS[part]
    sources = {column: f'r."{part}__{column}"' for column in kind.columns if column != "known_from"} | {"known_from": one.known}
    if "valid_from" in kind.needed:
        since = f"(SELECT l.disbursed_on FROM borrowers_loan l WHERE l.lender_id = {int(one.lender.pk)} AND l.number = r.pledge__loan_number)"
        known = [sources["valid_from"], *([since] if kind.name == "pledge" else []), one.told_on]
        sources["valid_from"] = f"coalesce({', '.join(known)})"  # a pledge whose day is not told secures its loan from the first day on
    if "currency" in sources:
        sources["currency"] = f"coalesce({sources['currency']}, {one.currency})"
    _stage(kind.name, sources, told_here(one.declared, part))
    return one.save(kind.name)


def _save_borrowers(one: Applying, name: str) -> None:
    sources = {field: f"r.borrower__{field}" for field in TARGETS["borrower"]}
    since = "min(r.loan__disbursed_on) OVER (PARTITION BY r.borrower__number)" if "loan" in one.declared.targets else one.told_on
    sources["valid_from"] = f"coalesce({sources['valid_from']}, {since})"
    _stage(name, sources | {"known_from": one.known}, "r.borrower__number IS NOT NULL", one_per="r.borrower__number")
    one.save(name)


def _save_loans(one: Applying, name: str) -> None:
    fields = ("number", "principal", "rate", "disbursed_on", "matures_on", "purpose", "ltv_agreed", "facility_number")
    sources = {field: f"r.loan__{field}" for field in fields} | {
        "borrower_number": "r.borrower__number",
        "product_code": "r.loan__product",
        "branch_code": "r.branch__code",
        "currency": one.currency,
        "position_fed": "coalesce(r.loan__position_fed, true)",
        "attributes": "r.loan__attributes",
        "valid_from": "r.loan__disbursed_on",
        "known_from": one.known,
    }
    _stage(name, sources, "r.loan__number IS NOT NULL")
    if one.save(name).new >= MANY_LOANS:
        refresh_statistics()


def refresh_statistics() -> None:
    """Let the database count again, so that what follows is planned with the loans that have just come: it knows nothing of a new lender.

    Only a worker's log-in may ask for it; for others, and while somebody else counts, nothing is done.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout') WHERE has_function_privilege('lw_analyse_facts()', 'EXECUTE')")
        if not (allowed := cursor.fetchone()):
            return
        try:
            with transaction.atomic():
                cursor.execute("SET LOCAL lock_timeout = '100ms'")  # another load counts until it ends, and may need what this one holds
                cursor.execute("SELECT lw_analyse_facts()")
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", allowed)
        except OperationalError as fault:
            if not isinstance(fault.__cause__, LockNotAvailable):
                raise


def _save_collateral(one: Applying, name: str) -> None:
    """An item; in a row of a loan, also that it secures the loan, and what it was worth."""
    with_loan = "loan" in one.declared.targets
    since = f"coalesce(r.loan__disbursed_on, {one.told_on})" if with_loan else one.told_on
    begins, there = f"coalesce(r.collateral__valued_on, {since})", "r.collateral__number IS NOT NULL"
    sources = {field: f"r.collateral__{field}" for field in ("number", "kind", "description", "index_region")} | {
        "owner_number": "coalesce(r.collateral__owner_number, r.borrower__number)" if with_loan else "r.collateral__owner_number",
        "currency": f"coalesce(r.collateral__currency, {one.currency})",
        "valid_from": since,
        "known_from": one.known,
    }
    _stage(name, sources, there, one_per="r.collateral__number")
    one.save(name)
    if with_loan:
        item = {"item_number": "r.collateral__number", "valid_from": since, "known_from": one.known}
        _stage("pledge", item | {"loan_number": "r.loan__number", "rank": "1"}, f"{there} AND r.loan__number IS NOT NULL")
        one.save("pledge")
    value = {"item_number": "r.collateral__number", "value": "r.collateral__value", "valid_from": begins, "known_from": one.known}
    method = "'origination'" if with_loan else "'appraisal'"
    _stage("valuation", value | {"method": method}, f"{there} AND r.collateral__value IS NOT NULL")
    one.save("valuation")


def _save_guarantees(one: Applying, name: str) -> None:
    wanted = "r.guarantee__guarantor_number IS NOT NULL AND r.guarantee__amount > 0"
    guarantor = {
        "number": "r.guarantee__guarantor_number", "kind": "'company'", "segment": "'large'", "name": "r.guarantee__guarantor_name",
        "valid_from": _day(FIRST_DAY), "known_from": one.known,
    }  # fmt: skip
    if "loan" in one.declared.targets:
        _stage("borrower", guarantor, wanted, one_per="r.guarantee__guarantor_number")
        one.save("borrower")
    since = "r.loan__disbursed_on" if "loan" in one.declared.targets else one.told_on
    sources = {
        "loan_number": _own_or(one, "guarantee"), "guarantor_number": "r.guarantee__guarantor_number", "amount": "r.guarantee__amount",
        "valid_from": f"coalesce(r.guarantee__valid_from, {since})", "to_on": "r.guarantee__to_on", "known_from": one.known,
    }  # fmt: skip
    _stage(name, sources, wanted)
    one.save(name)


def _own_or(one: Applying, part: str) -> str:
    """The loan's number: the part's own, or that of the loan or position the row tells of as well."""
    return f"coalesce(r.{part}__loan_number, r.{one.loan})" if one.loan else f"r.{part}__loan_number"


def _of_loan(table: str, loan: str, lender: Lender) -> str:
    return (
        f"SELECT FROM {table} f JOIN borrowers_loan l ON l.id = f.loan_id WHERE l.lender_id = {int(lender.pk)} AND l.number = {loan} "
        f"AND {last('f', table)}"
    )


def _save_positions(one: Applying, name: str) -> None:
    """A loan ends once: that it has ended, told again on a later day, is nothing new."""
    ended = _of_loan("borrowers_position", "r.position__loan_number", one.lender)
    same_end = "f.closed_as = r.position__closed_as AND f.valid_from < r.position__valid_from"
    news = f"r.position__loan_number IS NOT NULL AND (r.position__closed_as IS NULL OR NOT EXISTS ({ended} AND {same_end}))"
    _stage(name, {field: f"r.position__{field}" for field in TARGETS["position"]} | {"known_from": one.known}, news)
    one.save(name)


def _save_events(one: Applying, name: str) -> None:
    """An event whose day the source does not give counts from the loan's maturity, or from the delivery if that is earlier; once."""
    loan = _own_or(one, "event")
    known = _of_loan("borrowers_loanevent", loan, one.lender)
    news = f"(r.event__on IS NOT NULL OR NOT EXISTS ({known} AND f.kind = r.event__kind))"
    matures = "r.loan__matures_on" if "loan" in one.declared.targets else "NULL::date"
    plain = ("kind", "amount", "note", "matures_on", "days_past_due", "other_number")
    sources = {field: f"r.event__{field}" for field in plain} | {
        "loan_number": loan,
        "valid_from": f"coalesce(r.event__on, least({matures}, {one.told_on}), {one.told_on})",
        "known_from": one.known,
    }
    _stage(name, sources, f"r.event__kind IS NOT NULL AND {news}")
    one.save(name)


# Facts that one row may tell together, each under the name of its part of a format.
TOGETHER: dict[str, Callable[[Applying, str], None]] = {
    "borrower": _save_borrowers, "loan": _save_loans, "collateral": _save_collateral, "guarantee": _save_guarantees,
    "position": _save_positions, "event": _save_events,
}  # fmt: skip
