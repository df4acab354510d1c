"""What a delivery changed: fields of master data and of revised facts, with what they were and what they became."""

from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model

from borrowers.facts import RevisedFact
from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from loanwatch.people.access import Access

SAMPLE = 50
LOOKED_AT = 500  # changes looked through for those the reader may see
OWN = ("id", "lender_id", "delivery_id", "entered_by_id", "recorded_at", "known_from", "revision", "withdrawn", "bucket")

CORRECTED = """
SELECT c.subject, c.field, c.before #>> '{}' AS was, c.after #>> '{}' AS becomes,
       CASE c.subject WHEN 'borrowers.loan' THEN c.subject_id END AS loan_id,
       CASE c.subject WHEN 'borrowers.borrower' THEN c.subject_id END AS borrower_id
FROM borrowers_correction c WHERE c.delivery_id = %(delivery)s"""
REVISED = """
SELECT '{label}', n.key, o.value, n.value, {loan}, {borrower}
FROM {table} f JOIN {table} p ON {same} AND p.revision = f.revision - 1
CROSS JOIN LATERAL jsonb_each_text(to_jsonb(f)) n JOIN LATERAL jsonb_each_text(to_jsonb(p)) o ON o.key = n.key
WHERE f.delivery_id = %(delivery)s AND f.revision > 1 AND n.key <> ALL(%(own)s) AND n.value IS DISTINCT FROM o.value"""


@cache
def _all_changes() -> str:
    """One statement over every table in which a delivery can change a fact."""
    parts = [CORRECTED]
    for model in apps.get_app_config("borrowers").get_models():
        if issubclass(model, RevisedFact):
            columns = {field.name: field.column for field in model._meta.concrete_fields}
            loan, borrower = (f"f.{columns[name]}" if name in columns else "NULL::bigint" for name in ("loan", "borrower"))
            same = " AND ".join(f"p.{columns[name]} = f.{columns[name]}" for name in model.KEY)
            table = model._meta.db_table
            parts.append(REVISED.format(label=model._meta.label_lower, table=table, same=same, loan=loan, borrower=borrower))
    return "\nUNION ALL".join(parts)


def counts(delivery_id: int) -> dict[str, int]:
    """ "borrowers.position.balance" -> how many facts the delivery changed in that field, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT subject || '.' || field, count(*) FROM ({_all_changes()}) c GROUP BY 1 ORDER BY 2 DESC, 1",
            {"delivery": delivery_id, "own": list(OWN)},
        )
        return dict(cursor.fetchall())


def sample(delivery_id: int, most: int = SAMPLE) -> list[dict[str, Any]]:
    """The first `most` changes: subject, field, was, becomes, loan, borrower (ids or None)."""
    names = ("subject", "field", "was", "becomes", "loan", "borrower")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({_all_changes()}) c (subject, field, was, becomes, loan, borrower) ORDER BY loan, borrower, subject, field LIMIT %(most)s",
            {"delivery": delivery_id, "own": list(OWN), "most": most},
        )
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def shown(changes: list[dict[str, Any]], access: Access) -> list[dict[str, Any]]:
    """Of `changes`, those on loans and borrowers that the person may see, at most fifty, with number and words of the field."""
    loans = dict(Loan.objects.visible_to(access).filter(pk__in={c["loan"] for c in changes if c["loan"]}).values_list("pk", "number"))
    wanted = {c["borrower"] for c in changes if c["borrower"]}
    borrowers = dict(Borrower.objects.visible_to(access).filter(pk__in=wanted).values_list("pk", "number"))
    seen = [
        {
            **change,
            **words_of(change["subject"], change["field"]),
            "loan_number": loans.get(change["loan"]),
            "borrower_number": borrowers.get(change["borrower"]),
        }
        for change in changes
        if change["loan"] in loans or change["borrower"] in borrowers
    ]
    return seen[:SAMPLE]


def words_of(subject: str, field: str) -> dict[str, str]:
    """What a changed field is called on the page: {"thing": the model, "name": the field}; the column where it is of an older release."""
    try:
        model: type[Model] = apps.get_model(subject)
    except (LookupError, ValueError):
        return {"thing": subject, "name": field}
    named = next((f for f in model._meta.concrete_fields if field in {f.column, f.name}), None)
    return {"thing": str(model._meta.verbose_name), "name": str(named.verbose_name) if named else field}
