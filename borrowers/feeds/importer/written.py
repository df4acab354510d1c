"""Which of the rows of a delivery made a fact new or changed one."""

from django.db import connection

from borrowers.feeds.importer.formats import Format
from borrowers.feeds.models import Delivery
from borrowers.kinds import FLOW, KINDS, MASTER, PARTS, Kind
from loanwatch.lenders.models import Lender

OF_LOAN = "JOIN borrowers_loan l ON l.id = f.loan_id WHERE l.lender_id = %(lender)s AND f.delivery_id = %(delivery)s"
TOGETHER = {
    "position": f"SELECT FROM borrowers_position f {OF_LOAN} AND l.number = r.position__loan_number AND f.valid_from = r.position__valid_from",
    "event": f"SELECT FROM borrowers_loanevent f {OF_LOAN} AND l.number = {{event}} AND f.kind = r.event__kind",
    "guarantee": f"SELECT FROM borrowers_guarantee f {OF_LOAN} AND l.number = {{guarantee}}",
    "price": "SELECT FROM borrowers_priceindex f WHERE f.delivery_id = %(delivery)s "
    'AND (f.series, f.region, f."on") = (r.price__series, r.price__region, r.price__on)',
}


def count_written(declared: Format, lender: Lender, delivery: Delivery, loan: str, corrections: int) -> int:
    """How many good rows of `feed_row` tell a fact that this delivery wrote; `corrections`: the last one before it began."""
    own = {part: f"coalesce(r.{part}__loan_number, r.{loan})" if loan else f"r.{part}__loan_number" for part in ("event", "guarantee")}
    asked = []
    for part in declared.targets:
        if part in TOGETHER:
            asked.append(TOGETHER[part].format(**own))
        elif kind := PARTS.get(part) or KINDS.get(part):
            asked.append(_master(kind, part) if kind.shape == MASTER else _revised(kind, part))
    if "collateral" in declared.targets:
        asked.append(_worth())
    anything = " OR ".join(f"EXISTS ({question})" for question in asked) or "false"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM feed_row r WHERE r.reason IS NULL AND ({anything})",
            {"lender": lender.pk, "delivery": delivery.pk, "corrections": corrections},
        )
        return cursor.fetchone()[0]


def _master(kind: Kind, part: str) -> str:
    corrected = (
        "f.id IN (SELECT c.subject_id FROM borrowers_correction c WHERE c.id > %(corrections)s AND c.delivery_id = %(delivery)s "
        f"AND c.subject = '{kind.label}')"
    )
    return (
        f"SELECT FROM {kind.table} f WHERE f.lender_id = %(lender)s AND f.number = r.{part}__number "
        f"AND (f.delivery_id = %(delivery)s OR {corrected})"
    )


def _revised(kind: Kind, part: str) -> str:
    """A fact of this delivery with the key of the row; of a flow, which has no key, one with the same values."""
    key = kind.key if kind.shape != FLOW else ("loan_id", *(f.name for f in kind.fields if f.needed))
    references = [r for r in kind.references if r.column in key]
    joins = " ".join(f"JOIN {r.table} {r.alias} ON {r.alias}.id = f.{r.column}" for r in references)
    same = [f'{r.alias}.{r.named} = r."{part}__{r.name}"' for r in references]
    for column in (c for c in key if c not in {r.column for r in references}):
        default = next((f.default for f in kind.fields if f.name == column and f.default is not None), None)
        told = f'r."{part}__{column}"'
        meant = f'f."{column}"' if column == "valid_from" else default  # a day that is not told is the door's to fill in
        same.append(f'f."{column}" = ' + (f"coalesce({told}, {meant})" if meant else told))
    return f"SELECT FROM {kind.table} f {joins} WHERE f.lender_id = %(lender)s AND f.delivery_id = %(delivery)s AND {' AND '.join(same)}"


def _worth() -> str:
    return (
        "SELECT FROM borrowers_valuation f JOIN borrowers_collateralitem i ON i.id = f.item_id "
        "WHERE i.lender_id = %(lender)s AND f.delivery_id = %(delivery)s AND i.number = r.collateral__number"
    )
