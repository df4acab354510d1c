"""What may be wrong with a row that tells a fact, as conditions over a staging table: the same for feeds, API and people.

Each is SQL that is true of a bad row of the table aliased `r`, with the parameters `lender` (id) and `known` (the day from
which the rows are known, which is also the day from which a fact holds where the row does not say).
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from string import Formatter

from borrowers.kinds import MASTER, REVISED, Field, Kind, Limit, Reference

WHOLE = {"smallint": (-(2**15), 2**15 - 1), "integer": (-(2**31), 2**31 - 1), "bigint": (-(2**63), 2**63 - 1)}
MONEY = ("principal", "interest", "fee", "amount")
STAYS = {"borrower_id": "OTHER_BORROWER", "currency": "OTHER_CURRENCY"}  # fixed columns of which another value is a fault
# SQL of what a row says under a name; NULL where its source never says it.
Said = Callable[[str], str]


@dataclass(frozen=True)
class Condition:
    """A row is bad for `reason` when `broken` is true of it; `field` is the told name to show, with its value."""

    reason: str
    field: str
    broken: str


@dataclass(frozen=True)
class Beside:
    """The other rows of the same telling: their table, the column that counts them, and SQL true of those that are good, as `o`.

    `as_sets`: what must be true of several rows together is asked of all at once, by the teller, and not of each row.
    """

    table: str
    place: str
    good: str = "true"
    as_sets: bool = False


def quoted(name: str) -> str:
    return f'"{name}"'


def conditions(kind: Kind, said: Said, beside: Beside, arriving: Mapping[str, str] | None = None) -> list[Condition]:
    """All conditions of a kind, in the order in which the first one met is the reason.

    `arriving`: table -> SQL with {said}, true where the very same delivery makes the thing named.
    """
    made = _needed(kind, said)
    for one in kind.fields:
        made += _of_field(one, said(one.name))
    for reference in kind.references:
        made += _of_reference(reference, said(reference.name), (arriving or {}).get(reference.table))
    made += _fixed(kind, said)
    made += [_limited(kind, limit, said) for limit in kind.limits.values()]
    if kind.not_after_end:
        made.append(_after_the_end(kind, said))
    if kind.changed:
        made.append(_there_already(kind, said))
    if kind.name == "repayment":
        made.append(Condition("FUTURE_DATE", "paid_on", f"{said('paid_on')} > %(known)s"))
    if kind.name == "repayment" and not beside.as_sets:
        made += _reversals(said, beside)
    if kind.name == "instalment" and not beside.as_sets:
        made.append(_forgotten(said, beside))
    return made


def some_conditions(kind: Kind, said: Said, names: Container[str], arriving: Mapping[str, str] | None = None) -> list[Condition]:
    """The conditions of a kind that look only at `names`: for a row of several facts, whose own checks ask the rest."""
    made = [one for f in kind.fields if f.name in names for one in _of_field(f, said(f.name))]
    for reference in (r for r in kind.references if r.name in names):
        made += _of_reference(reference, said(reference.name), (arriving or {}).get(reference.table))
    return made + [_limited(kind, limit, said) for limit in kind.limits.values() if all(name in names for name in _names(limit))]


def first_broken(found: list[Condition]) -> str:
    """SQL of the place (from 1) of the first condition that is true of a row; NULL for a good row."""
    cases = " ".join(f"WHEN {condition.broken} THEN {place}" for place, condition in enumerate(found, 1))
    return f"CASE {cases} END" if cases else "NULL::int"


def is_text(kind: Kind, name: str) -> bool:
    return kind.columns[name] == "text"


def gone(kind: Kind, said: Said) -> str:
    """SQL that is true of a row that withdraws the fact: it needs the key and nothing else."""
    return f"coalesce({said('withdrawn')}, false)" if kind.shape == REVISED else "false"


def there(kind: Kind, said: Said) -> str:
    """SQL that is true where the lender has master data of this number already."""
    return f"EXISTS (SELECT FROM {kind.table} t WHERE t.lender_id = %(lender)s AND t.number = {said('number')})"


def _needed(kind: Kind, said: Said) -> list[Condition]:
    made = []
    for name in kind.needed:
        missing = f"({said(name)} IS NULL OR {said(name)} = '')" if is_text(kind, name) else f"{said(name)} IS NULL"
        if name not in kind.key_names:
            missing += f" AND NOT {there(kind, said)}" if kind.shape == MASTER else f" AND NOT {gone(kind, said)}"
        made.append(Condition("MISSING_VALUE", name, missing))
    return made


def _of_field(one: Field, said: str) -> list[Condition]:
    made = []
    if one.codes:
        listed = ", ".join(f"'{code}'" for code in one.codes)
        made.append(Condition("NOT_A_CODE", one.name, f"{said} <> '' AND {said} NOT IN ({listed})"))
    if one.name == "currency":
        made.append(Condition("NOT_A_CODE", one.name, f"{said} <> '' AND {said} !~ '^[A-Z]{{3}}$'"))
    if one.most:
        made.append(Condition("TOO_LONG", one.name, f"char_length({said}) > {one.most}"))
    if one.whole_digits is not None:
        made.append(Condition("OUT_OF_RANGE", one.name, f"abs(round({said}, {one.decimals})) >= 1{'0' * one.whole_digits}"))
    if one.cast in WHOLE:
        least, most = WHOLE[one.cast]
        made.append(Condition("BAD_NUMBER", one.name, f"{said} <> trunc({said})"))
        made.append(Condition("OUT_OF_RANGE", one.name, f"{said} NOT BETWEEN {least} AND {most}"))
    return made


def _of_reference(to: Reference, said: str, arriving: str | None) -> list[Condition]:
    named = f"EXISTS (SELECT FROM {to.table} t WHERE t.lender_id = %(lender)s AND t.{to.named} = {said})"
    unknown = f"{said} <> '' AND NOT {named}" + (f" AND NOT {arriving.format(said=said)}" if arriving else "")
    made = []
    if to.unknown == "UNKNOWN_LOAN":
        elsewhere = f"EXISTS (SELECT FROM {to.table} t WHERE t.{to.named} = {said})"
        made.append(Condition("OTHER_LENDER", to.name, f"{unknown} AND {elsewhere}"))
    return [*made, Condition(to.unknown, to.name, unknown)]


def _fixed(kind: Kind, said: Said) -> list[Condition]:
    made = []
    for column in (c for c in STAYS if c in kind.fixed):
        reference = next((r for r in kind.references if r.column == column), None)
        name = reference.name if reference else column
        join, is_now = "", f"t.{quoted(column)}"
        if reference:
            join, is_now = f"JOIN {reference.table} o ON o.id = t.{column}", f"o.{reference.named}"
        held = f"FROM {kind.table} t {join} WHERE t.lender_id = %(lender)s AND t.number = {said('number')}"
        made.append(Condition(STAYS[column], name, f"EXISTS (SELECT {held} AND {is_now} <> {said(name)})"))
    return made


def _limited(kind: Kind, limit: Limit, said: Said) -> Condition:
    broken = limit.broken.format(**{name: _rounded(kind, name, _meant(kind, name, said)) for name in _names(limit)})
    return Condition(limit.reason, limit.field, f"NOT {gone(kind, said)} AND ({broken})" if kind.shape == REVISED else f"({broken})")


def _rounded(kind: Kind, name: str, value: str) -> str:
    """A number as it will be kept: what rounds to nothing is nothing."""
    decimals = next((f.decimals for f in kind.fields if f.name == name), None)
    return value if decimals is None else f"round(({value})::numeric, {decimals})"


def _names(limit: Limit) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(limit.broken) if name}


def _meant(kind: Kind, name: str, said: Said) -> str:
    """SQL of what a value will be once the row is written: for master data, what is there counts where the row does not say."""
    found = next((f for f in kind.fields if f.name == name), None)
    default = found.default if found and found.default is not None else "NULL"
    if name == "valid_from":
        default = "%(known)s::date"
    if kind.shape != MASTER:
        return f"coalesce({said(name)}, {default})"
    reference = next((r for r in kind.references if r.name == name), None)
    column = f"{reference.column}::text" if reference else quoted(name)
    is_now = f"(SELECT t.{column} FROM {kind.table} t WHERE t.lender_id = %(lender)s AND t.number = {said('number')})"
    stays = name == "valid_from" or name in kind.fixed
    return f"coalesce({is_now}, {said(name)}, {default})" if stays else f"coalesce({said(name)}, {is_now}, {default})"


def _after_the_end(kind: Kind, said: Said) -> Condition:
    day = f"coalesce({said(kind.not_after_end)}, %(known)s::date)"
    settled = "SELECT FROM borrowers_loan t WHERE t.lender_id = %(lender)s AND t.number = "
    broken = f"NOT {gone(kind, said)} AND EXISTS ({settled}{said('loan_number')} AND t.settled_on < {day})"
    return Condition("CLOSED_LOAN", "loan_number", broken)


def _there_already(kind: Kind, said: Said) -> Condition:
    """A flow is not revised: money is taken back by a reversal, a plan replaced by its next version. The same again is no fault."""
    loan = f"SELECT FROM {kind.table} f JOIN borrowers_loan t ON t.id = f.loan_id WHERE t.lender_id = %(lender)s AND t.number = {said('loan_number')}"
    known_by = kind.key[1]  # the payment's reference, or the version of the plan as a whole
    told = [f for f in kind.fields if f not in kind.also]
    meant = {f.name: f"coalesce({said(f.name)}, {f.default})" if f.default is not None else said(f.name) for f in told}
    there = f'{loan} AND f."{known_by}" = {meant[known_by]}'
    same = " AND ".join(f'f."{name}" = ' + (f"round({value}, 2)" if name in MONEY else value) for name, value in meant.items())
    any_yet = f"(SELECT EXISTS (SELECT FROM {kind.table} WHERE lender_id = %(lender)s))"  # asked once: of a first load the rest is not
    return Condition(kind.changed, known_by, f"{any_yet} AND EXISTS ({there}) AND NOT EXISTS ({there} AND {same})")


def _reversals(said: Said, beside: Beside) -> list[Condition]:
    """A reversal takes back one payment of the same loan, whole and once; the payment may come in the same telling.

    It is then of an earlier day, or of the same day and stands before its reversal.
    """
    back = said("reverses_reference")
    names = ("loan_number", "reference", "reverses_reference", "amount", "paid_on")
    other = {name: said(name).replace("r.", "o.") for name in names}
    known = f"""SELECT FROM borrowers_repayment f JOIN borrowers_loan t ON t.id = f.loan_id
        WHERE t.lender_id = %(lender)s AND t.number = {said("loan_number")} AND f.reference = {back}"""
    same_loan = f"SELECT FROM {beside.table} o WHERE {beside.good} AND {other['loan_number']} = {said('loan_number')}"
    before = f"({other['paid_on']}, o.{beside.place}) < ({said('paid_on')}, r.{beside.place})"
    earlier = f"{same_loan} AND {before}"
    payment = f"""EXISTS ({known} AND f.amount = -round({said("amount")}, 2)) OR EXISTS ({earlier} AND {other["reference"]} = {back}
        AND round({other["amount"]}, 2) = -round({said("amount")}, 2))"""
    taken = "EXISTS (SELECT FROM borrowers_repayment v WHERE v.reverses_id = f.id"
    twice = f"""EXISTS ({known} AND {taken} AND v.reference <> {said("reference")})) OR EXISTS ({earlier} AND {other["reverses_reference"]} = {back})"""
    return [
        Condition("UNKNOWN_REPAYMENT", "reverses_reference", f"{back} <> '' AND NOT ({payment})"),
        Condition("ALREADY_REVERSED", "reverses_reference", f"{back} <> '' AND ({twice})"),
    ]


def _forgotten(said: Said, beside: Beside) -> Condition:
    """A later version of a plan repeats what was due by the day on which it comes into being; else the whole version is bad."""
    names = ("loan_number", "version", "seq", "due_on", "principal", "interest", "fee")
    other = {name: said(name).replace("r.", "o.") for name in names}
    same = " AND ".join(f"{other[name]} = f.{name}" for name in ("seq", "due_on"))
    same += "".join(f" AND round(coalesce({other[name]}, 0), 2) = f.{name}" for name in ("principal", "interest", "fee"))
    repeated = f"""SELECT FROM {beside.table} o WHERE {beside.good} AND {other["loan_number"]} = {said("loan_number")}
        AND coalesce({other["version"]}, 1) = {said("version")} AND {same}"""
    broken = f"""{said("version")} > 1 AND EXISTS (
        SELECT FROM borrowers_instalment f JOIN borrowers_loan t ON t.id = f.loan_id
        WHERE t.lender_id = %(lender)s AND t.number = {said("loan_number")} AND f.due_on < %(known)s AND f.version < {said("version")}
          AND f.version = (SELECT max(m.version) FROM borrowers_instalment m WHERE m.loan_id = t.id) AND NOT EXISTS ({repeated}))"""
    return Condition("PLAN_REWRITES_THE_PAST", "version", broken)
