"""Every kind of fact that may be told, by a feed, over the API or by a person: its table, its fields and what a row needs.

The fields, their types, code lists and references are read from the models; here stands only what a model does not say:
the kind's name, what a row must have, what never changes once it is there, and which reason a broken rule of the
database gives. A row names what it refers to by number (`loan_number`, `borrower_number`, `item_number`, …), never by id.

Order matters: a kind stands after the kinds it refers to, and whoever writes several writes them in this order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.apps import apps
from django.db import models

from borrowers.outside.rules import AMOUNTS, SHARES

MASTER, REVISED, FLOW = "master", "revised", "flow"
OWN = frozenset({"id", "lender", "bucket", "valid_from", "known_from", "recorded_at", "delivery", "entered_by", "revision", "withdrawn"})
TOLD_AS = {"other_loan": "other_number"}  # reference -> the name it is told by, where that is not <reference>_number
# What a reference names -> the reason of a row that names one the lender does not have.
UNKNOWN = {
    "Borrower": "UNKNOWN_BORROWER", "Loan": "UNKNOWN_LOAN", "CollateralItem": "UNKNOWN_ITEM", "DepositAccount": "UNKNOWN_ACCOUNT",
    "CustomerGroup": "UNKNOWN_GROUP", "Facility": "UNKNOWN_FACILITY", "Covenant": "UNKNOWN_COVENANT", "Product": "UNKNOWN_PRODUCT",
    "Branch": "UNKNOWN_BRANCH",
}  # fmt: skip
WAITS = frozenset(UNKNOWN.values())  # rows set aside for these wait for something that may still arrive


@dataclass(frozen=True)
class Field:
    """One value of a fact. `sql` is its type in a staging table, `cast` its type in the facts, `default` a SQL literal."""

    name: str
    sql: str
    cast: str
    needed: bool
    default: str | None = None
    codes: tuple[str, ...] = ()
    most: int | None = None  # characters
    whole_digits: int | None = None  # before the point
    decimals: int | None = None
    lines: bool = False  # may hold several lines


@dataclass(frozen=True)
class Reference:
    """A row names another thing of the lender: `name` as told, `column` the id it becomes, `named` the number in `table`."""

    name: str
    column: str
    table: str
    named: str
    unknown: str
    needed: bool

    @property
    def alias(self) -> str:
        return f"r_{self.column}"


@dataclass(frozen=True)
class Limit:
    """What a row may not say: the reason, the field shown, and SQL that is true of a bad row, with {field} for a value."""

    reason: str
    field: str
    broken: str


@dataclass(frozen=True)
class Kind:
    """One kind of fact. `fixed` columns stay as they were first told; `derived` columns come from what the row refers to.

    `limits` has an entry for each CHECK of the table, by its name, so that no row can break one: see `told.conditions`.
    """

    name: str
    model_name: str
    shape: str
    needs: frozenset[str] = frozenset()  # told names, besides those the table itself demands
    fixed: frozenset[str] = frozenset()
    leaves_out: frozenset[str] = frozenset()  # fields of the table that nobody tells
    derived: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, Limit] = field(default_factory=dict)
    not_after_end: str = ""  # told day that may not lie after the loan was settled
    flow_key: tuple[str, ...] = ()  # columns by which one entry of a flow is known
    changed: str = ""  # of a flow: the reason of a row that is there with other figures
    also: tuple[Field, ...] = ()  # told, and kept otherwise than under this name

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model("borrowers", self.model_name)

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    @property
    def staged(self) -> str:
        """Name of the temporary table in which rows of this kind wait."""
        return f"staged_{self.name}"

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The columns by which a fact is known, within the lender."""
        if self.shape != REVISED:
            return self.flow_key or ("number",)
        return tuple(_of(self.model, name).column for name in getattr(self.model, "KEY", ()))

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        return tuple(
            Reference(
                name=_told_as(f),
                column=f.column,
                table=f.related_model._meta.db_table,
                named=_named(f),
                unknown=UNKNOWN[f.related_model.__name__],
                needed=not f.null,
            )
            for f in _told(self)
            if isinstance(f, models.ForeignKey)
        )

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        made = [_field(f, self) for f in _told(self) if not isinstance(f, models.ForeignKey)]
        if self.shape == FLOW:
            return (*made, *self.also)
        days = [Field("valid_from", "date", "date", "valid_from" in self.key or "valid_from" in self.needs)]
        days += [Field("withdrawn", "boolean", "boolean", False, "false")] if self.shape == REVISED else []
        return (*made, *days)

    @cached_property
    def columns(self) -> dict[str, str]:
        """Told name -> SQL type of a staging table of this kind, with the day from which each row is known."""
        return {**{r.name: "text" for r in self.references}, **{f.name: f.sql for f in self.fields}, "known_from": "date"}

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Told names that every row must give."""
        return tuple([r.name for r in self.references if r.needed] + [f.name for f in self.fields if f.needed])

    @cached_property
    def values(self) -> tuple[str, ...]:
        """Columns of the table that a row fills, besides the key, `known_from` and what is derived."""
        every = [*(r.column for r in self.references), *(f.name for f in self.fields if f.name != "withdrawn")]
        return tuple(c for c in every if c not in self.key)

    @cached_property
    def key_names(self) -> tuple[str, ...]:
        """The key as it is told."""
        by_column = {r.column: r.name for r in self.references}
        return tuple(by_column.get(column, column) for column in self.key)

    @property
    def mark(self) -> str:
        """The told name by which a row of several facts shows that it tells of this one: the last of the key that it needs.

        The day since when comes into it only where the key has nothing but one name beside it: it is the first to be left out.
        """
        asked = [name for name in self.key_names if name in self.needed]
        named = [name for name in asked if name != "valid_from"]
        return named[-1] if len(named) > 1 else asked[-1] if asked else self.needed[-1]

    @cached_property
    def from_references(self) -> dict[str, str]:
        """Column -> SQL for what follows from a reference: the bucket above all, so that a borrower's facts lie together."""
        found = dict(self.derived)
        if any(f.name == "bucket" for f in self.model._meta.concrete_fields) and "bucket" not in found:
            first = self.references[0]
            found["bucket"] = f"{first.alias}.bucket"
        return found


def _of(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


def _told(kind: Kind) -> list[Any]:
    every: list[Any] = list(kind.model._meta.concrete_fields)
    return [f for f in every if f.name not in OWN and f.name not in kind.leaves_out]


def _named(f: Any) -> str:
    return "code" if f.related_model.__name__ in {"Product", "Branch"} else "number"


def _told_as(f: Any) -> str:
    return TOLD_AS.get(f.name, f"{f.name}_{_named(f)}")


def _field(f: Any, kind: Kind) -> Field:
    sql, cast = _types(f)
    default = _default(f)
    needed = f.name in kind.needs or not (f.null or f.blank or default is not None)
    codes = tuple(str(code) for code, _ in f.choices) if f.choices else ()
    digits = f.max_digits - f.decimal_places if isinstance(f, models.DecimalField) else None
    decimals = f.decimal_places if isinstance(f, models.DecimalField) else None
    return Field(f.name, sql, cast, needed, default, codes, f.max_length, digits, decimals, isinstance(f, models.TextField))


def _types(f: Any) -> tuple[str, str]:
    """Staging type and type of the facts. Whole numbers wait as numeric, so that one too large is a bad row and no crash."""
    for of, found in (
        (models.DecimalField, ("numeric", f"numeric({getattr(f, 'max_digits', 0)},{getattr(f, 'decimal_places', 0)})")),
        (models.DateField, ("date", "date")),
        (models.BooleanField, ("boolean", "boolean")),
        (models.SmallIntegerField, ("numeric", "smallint")),
        (models.BigIntegerField, ("numeric", "bigint")),
        (models.IntegerField, ("numeric", "integer")),
        (models.JSONField, ("jsonb", "jsonb")),
    ):
        if isinstance(f, of):
            return found
    return "text", "text"


def _default(f: Any) -> str | None:
    if isinstance(f, models.JSONField):
        return "'{}'::jsonb"
    if f.has_default():
        value = f.get_default()
        return str(value).lower() if isinstance(value, bool) else str(value)
    return "''" if f.blank and isinstance(f, (models.CharField, models.TextField)) else None


def _ends(name: str, end: str = "to_on", begin: str = "valid_from") -> dict[str, Limit]:
    return {name: Limit("DATE_ORDER", end, f"{{{end}}} < {{{begin}}}")}


def _not_negative(name: str, what: str) -> dict[str, Limit]:
    return {name: Limit("OUT_OF_RANGE", what, f"{{{what}}} < 0")}


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _kind(name: str, model: str, shape: str, **rest: Any) -> Kind:
    rest |= {key: frozenset(rest.get(key, ())) for key in ("needs", "fixed", "leaves_out")}
    return Kind(name, model, shape, **rest)


REVERSES = Field("reverses_reference", "text", "text", False, "''", most=60)  # the reference of the payment that this one takes back
OWNED = ("borrower_id", "currency")
EVERY = (
    _kind("borrower", "Borrower", MASTER, derived={"bucket": "get_byte(decode(md5(s.number), 'hex'), 0)::smallint"}),
    _kind("identifier", "BorrowerIdentifier", REVISED, limits={
        **_ends("identifier_ends_after_it_begins"), "identifier_has_a_number": Limit("MISSING_VALUE", "value", "{value} = ''")}),
    _kind("related_party", "RelatedParty", REVISED, limits={
        **_ends("relation_ends_after_it_begins"),
        "relation_is_to_another": Limit("SAME_BORROWER", "party_number", "{party_number} = {borrower_number}"),
        "share_is_a_percentage": Limit("OUT_OF_RANGE", "share", "{share} NOT BETWEEN 0 AND 100")}),
    _kind("group", "CustomerGroup", MASTER, limits={
        "group_limit_has_a_currency": Limit("MISSING_VALUE", "currency", "{limit} IS NOT NULL AND coalesce({currency}, '') = ''")}),
    _kind("membership", "GroupMembership", REVISED, limits=_ends("membership_ends_after_it_begins")),
    _kind("tier", "KeyCustomerTier", REVISED, limits={
        **_ends("tier_ends_after_it_begins"), "tier_in_range": Limit("OUT_OF_RANGE", "tier", "{tier} NOT BETWEEN 1 AND 5")}),
    _kind("statement", "FinancialStatement", REVISED, limits={
        "statement_covers_months": Limit("OUT_OF_RANGE", "months", "{months} NOT BETWEEN 1 AND 24"),
        "statement_balances": Limit("DOES_NOT_BALANCE", "total_assets",
            "round({total_assets}, 2) <> round({total_liabilities}, 2) + round({equity}, 2)")}),
    _kind("external_signal", "ExternalSignal", REVISED, needs=["valid_from"], limits={
        **_ends("signal_ends_after_it_begins"),
        "signal_amount_has_a_currency": Limit("MISSING_VALUE", "currency", "{amount} IS NOT NULL AND coalesce({currency}, '') = ''"),
        "signal_share_is_a_percentage": Limit("OUT_OF_RANGE", "share", "{share} NOT BETWEEN 0 AND 100")}),
    _kind("outside_figure", "OutsideFigure", REVISED, limits={
        **_not_negative("figure_from_outside_not_negative", "value"),
        "amount_from_outside_has_a_currency": Limit("MISSING_VALUE", "currency",
            f"{{measure}} IN ({_codes(AMOUNTS)}) AND coalesce({{currency}}, '') = ''"),
        "share_from_outside_in_percent": Limit("OUT_OF_RANGE", "value", f"{{measure}} IN ({_codes(SHARES)}) AND {{value}} > 100")}),
    _kind("sector_event", "SectorEvent", MASTER, limits={
        **_ends("sector_event_ends_after_it_begins"), "sector_event_names_an_industry": Limit("MISSING_VALUE", "industry", "{industry} = ''")}),
    _kind("contact", "ContactAttempt", REVISED, needs=["valid_from"]),
    _kind("facility", "Facility", MASTER, fixed=OWNED, limits={
        **_not_negative("facility_limit_not_negative", "limit"), **_ends("facility_expires_after_it_begins", "expires_on")}),
    _kind("loan", "Loan", MASTER, fixed=[*OWNED, "disbursed_on", "position_fed"], leaves_out=["settled_on", "segment"],
        derived={"bucket": "r_borrower_id.bucket", "segment": "r_borrower_id.segment"}, limits={
        **_not_negative("loan_amount_not_negative", "principal"), **_ends("loan_matures_after_disbursement", "matures_on", "disbursed_on")}),
    _kind("instalment", "Instalment", FLOW, flow_key=("loan_id", "version", "seq"), changed="CHANGED_INSTALMENT",
        leaves_out=["cum_due_minor", "cum_principal_minor"], limits={
        "instalment_not_negative": Limit("OUT_OF_RANGE", "principal", "least({principal}, {interest}, {fee}) < 0")}),
    _kind("repayment", "Repayment", FLOW, flow_key=("loan_id", "reference"), changed="CHANGED_REPAYMENT", needs=["reference"],
        leaves_out=["seq", "cum_paid_minor", "reverses"], also=(REVERSES,), limits={
        "reversal_takes_money_back": Limit("OUT_OF_RANGE", "amount", "{reverses_reference} <> '' AND {amount} >= 0"),
        "repayment_moves_money": Limit("OUT_OF_RANGE", "amount", "{amount} = 0")}),
    _kind("position", "Position", REVISED),
    _kind("event", "LoanEvent", REVISED),
    _kind("guarantee", "Guarantee", REVISED, not_after_end="valid_from", limits=_ends("guarantee_ends_after_it_begins")),
    _kind("pause", "CountingPause", REVISED, not_after_end="valid_from", limits={
        "pause_ends_after_it_begins": Limit("DATE_ORDER", "to_on", "{to_on} <= {valid_from}"),
        "pause_has_a_reason": Limit("MISSING_VALUE", "reason", "{reason} = ''")}),
    _kind("covenant", "Covenant", MASTER, fixed=["borrower_id"], limits={
        "covenant_has_a_threshold": Limit("MISSING_VALUE", "threshold", "{comparison} <> 'happens' AND {threshold} IS NULL"),
        "covenant_interval_positive": Limit("OUT_OF_RANGE", "every_months", "{every_months} <= 0 OR {grace_days} < 0"),
        "covenant_of_loan_or_facility": Limit("LOAN_OR_FACILITY", "facility_number",
            "{loan_number} IS NOT NULL AND {facility_number} IS NOT NULL")}),
    _kind("covenant_test", "CovenantTest", REVISED, derived={
        "bucket": "(SELECT b.bucket FROM borrowers_borrower b WHERE b.id = r_covenant_id.borrower_id)"}),
    _kind("covenant_waiver", "CovenantWaiver", REVISED, limits=_ends("waiver_ends_after_it_begins"), derived={
        "bucket": "(SELECT b.bucket FROM borrowers_borrower b WHERE b.id = r_covenant_id.borrower_id)"}),
    _kind("condition", "ApprovalCondition", REVISED, limits={
        "condition_of_loan_or_facility": Limit("LOAN_OR_FACILITY", "facility_number",
            "{loan_number} IS NOT NULL AND {facility_number} IS NOT NULL")}),
    _kind("promise", "PaymentPromise", REVISED, not_after_end="valid_from", limits={
        "promise_is_positive": Limit("OUT_OF_RANGE", "amount", "{amount} <= 0"),
        "promise_is_for_a_later_day": Limit("DATE_ORDER", "due_on", "{due_on} < {valid_from}")}),
    _kind("return", "PaymentReturn", REVISED, needs=["valid_from"], limits={
        "return_is_positive": Limit("OUT_OF_RANGE", "amount", "{amount} <= 0 OR {retries} < 0")}),
    _kind("agreed_payee", "AgreedPayee", REVISED, limits={"agreed_payee_has_a_name": Limit("MISSING_VALUE", "payee", "{payee} = ''")}),
    _kind("collateral", "CollateralItem", MASTER),
    _kind("pledge", "Pledge", REVISED, not_after_end="valid_from", limits={
        **_ends("pledge_ends_after_it_begins"), **_not_negative("prior_liens_not_negative", "prior_liens")}),
    _kind("valuation", "Valuation", REVISED, limits=_not_negative("valuation_not_negative", "value")),
    _kind("insurance", "Insurance", REVISED, limits={
        **_ends("insurance_ends_after_it_begins"), **_not_negative("sum_insured_not_negative", "sum_insured")}),
    _kind("registration", "Registration", REVISED, limits={
        **_ends("registration_ends_after_it_begins"), "registration_rank_positive": Limit("OUT_OF_RANGE", "rank", "{rank} < 1")}),
    _kind("count", "CollateralCount", REVISED, limits={
        "quantity_pledged_is_positive": Limit("OUT_OF_RANGE", "pledged", "{pledged} <= 0"),
        **_not_negative("quantity_counted_not_negative", "counted"),
        "count_has_a_quantity": Limit("MISSING_VALUE", "counted", "{counted} IS NULL AND NOT {access_refused}")}),
    _kind("seizure", "Seizure", REVISED, limits=_ends("seizure_ends_after_it_begins")),
    _kind("payment", "DisbursementPayment", REVISED, needs=["valid_from"], not_after_end="valid_from", limits={
        "payment_is_positive": Limit("OUT_OF_RANGE", "amount", "{amount} <= 0")}),
    _kind("account", "DepositAccount", MASTER, fixed=OWNED),
    _kind("transaction", "AccountTransaction", REVISED, needs=["valid_from"], limits={
        "transaction_moves_money": Limit("OUT_OF_RANGE", "amount", "{amount} = 0")}),
)  # fmt: skip
KINDS: dict[str, Kind] = {kind.name: kind for kind in EVERY}

# The parts of these facts that one row of a feed may tell together, under the names that formats have always used: a row
# of a loan names its borrower and branch once. Every other kind is told by a part that has the kind's own fields.
TOGETHER: dict[str, dict[str, str]] = {
    "borrower": {
        "number": "text", "kind": "text", "name": "text", "segment": "text", "industry": "text", "region": "text", "phone": "text",
        "address": "text", "latitude": "numeric", "longitude": "numeric", "key_customer": "boolean", "valid_from": "date",
    },
    "branch": {"code": "text", "name": "text", "region_code": "text", "region_name": "text"},
    "loan": {
        "number": "text", "product": "text", "principal": "numeric", "rate": "numeric", "disbursed_on": "date", "matures_on": "date",
        "purpose": "text", "ltv_agreed": "numeric", "facility_number": "text", "position_fed": "boolean",
    },
    "position": {name: sql for name, sql in KINDS["position"].columns.items() if name not in {"known_from", "withdrawn"}},
    "collateral": {
        "number": "text", "kind": "text", "description": "text", "value": "numeric", "valued_on": "date", "index_region": "text",
        "owner_number": "text", "currency": "text",
    },
    "guarantee": {
        "guarantor_number": "text", "guarantor_name": "text", "amount": "numeric", "loan_number": "text", "valid_from": "date", "to_on": "date",
    },
    "event": {
        "kind": "text", "on": "date", "amount": "numeric", "note": "text", "loan_number": "text", "matures_on": "date",
        "days_past_due": "numeric", "other_number": "text",
    },
    "price": {"series": "text", "region": "text", "on": "date", "value": "numeric"},
}  # fmt: skip
PLAIN = tuple(name for name in KINDS if name not in TOGETHER)  # kinds whose part of a format has the kind's own fields
# The part of a format that has the kind's own fields: under the kind's name, or, where that name tells of several facts
# together, under its name with `_alone`.
PARTS: dict[str, Kind] = {name if name in PLAIN else f"{name}_alone": kind for name, kind in KINDS.items()}

# The facts a row of a feed may make: part -> field -> SQL type of its column in the staging table.
TARGETS: dict[str, dict[str, str]] = {
    **TOGETHER,
    **{part: {c: sql for c, sql in kind.columns.items() if c != "known_from"} for part, kind in PARTS.items()},
}
# What a format must declare of each part. The day from which a fact holds may be left to the business date of the delivery.
NEEDED: dict[str, set[str]] = {
    "borrower": {"number", "kind", "segment"}, "branch": {"code"},
    "loan": {"number", "product", "principal", "disbursed_on"},
    "position": {"loan_number", "balance"}, "collateral": {"number", "kind"}, "guarantee": {"guarantor_number", "amount"},
    "event": {"kind", "on"}, "price": {"series", "region", "on", "value"},
    **{part: set(kind.needed) - {"currency"} for part, kind in PARTS.items()},
}  # fmt: skip
