"""The SQL that says, for one slice of the book, what falls due and when: one SELECT for each kind, over the day's facts.

Each gives all columns of `lw_due` for every subject that lives, with `due_on` empty where nothing falls due: so that a night can
tell a deadline whose fact was renewed from one whose subject is gone. `lw_due_book` holds the slice's loans on the book.
"""

from borrowers.revisions import known
from inspections.deadlines.models import Kind
from inspections.deadlines.rules import SHORT_TERM

BOOK = f"""
SELECT o.loan_id, o.borrower_id, o.bucket, o.branch_id, o.manager_id, o.product_kind, l.facility_id, l.disbursed_on,
       %(day)s + o.days_to_maturity AS matures_on,
       coalesce((%(notice)s::jsonb ->> o.product_kind)::int,
                (%(notice)s::jsonb ->> CASE WHEN %(day)s + o.days_to_maturity - l.disbursed_on <= {SHORT_TERM} THEN 'short' ELSE 'long' END)::int
       ) AS notice,
       row_number() OVER (PARTITION BY o.borrower_id ORDER BY o.loan_id) AS nth
FROM alerts_loanday o JOIN borrowers_loan l ON l.id = o.loan_id
WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.bucket BETWEEN %(lo)s AND %(hi)s
"""

# What secures a loan of the slice, once each: through the loan with the lowest number of all loans on the book that it secures.
ITEMS = f"""
SELECT p.item_id, min(p.loan_id) AS loan_id FROM borrowers_pledge p JOIN lw_due_book b ON b.loan_id = p.loan_id
WHERE p.lender_id = %(lender)s AND p.bucket BETWEEN %(lo)s AND %(hi)s AND p.valid_from <= %(day)s AND (p.to_on IS NULL OR p.to_on > %(day)s)
  AND {known("p", "borrowers_pledge")}
  AND NOT EXISTS (
      SELECT FROM borrowers_pledge q JOIN alerts_loanday a ON a.lender_id = %(lender)s AND a.as_of = %(day)s AND a.loan_id = q.loan_id
      WHERE q.item_id = p.item_id AND q.loan_id < p.loan_id AND q.bucket NOT BETWEEN %(lo)s AND %(hi)s AND q.valid_from <= %(day)s
        AND (q.to_on IS NULL OR q.to_on > %(day)s) AND {known("q", "borrowers_pledge")})
GROUP BY p.item_id
"""

COLUMNS = (
    "kind", "subject", "reference", "loan_id", "borrower_id", "branch_id", "responsible_id", "bucket", "item_id", "covenant_id", "document_id",
    "guarantor_id", "facility_id", "staff_id", "due_on", "before",
)  # fmt: skip


def _call(kind: Kind, source: str, *, subject: str, due_on: str, before: str = "", reference: str = "''", responsible: str = "b.manager_id", **column: str) -> str:
    """One SELECT of the columns of `lw_due`; `b` is the loan of `lw_due_book` through which the subject is answered for."""
    columns = {name: column.get(name, "NULL::bigint") for name in ("item_id", "covenant_id", "document_id", "guarantor_id", "facility_id", "staff_id")}
    values = {
        "kind": f"'{kind.value}'", "subject": subject, "reference": reference, "loan_id": "b.loan_id", "borrower_id": "b.borrower_id",
        "branch_id": "b.branch_id", "responsible_id": responsible, "bucket": "b.bucket", **columns, "due_on": f"({due_on})::date",
        "before": before or f"(%(before)s::jsonb ->> '{kind.value}')::int",
    }  # fmt: skip
    return f"INSERT INTO lw_due ({', '.join(COLUMNS)}) SELECT {', '.join(values[name] for name in COLUMNS)} FROM {source}"


def _cover(kind: Kind, table: str) -> str:
    """Cover of an item ends with the last of its rows; a row without an end covers it for good."""
    source = f"""lw_due_item i JOIN lw_due_book b ON b.loan_id = i.loan_id
        JOIN LATERAL (SELECT CASE WHEN bool_and(t.to_on IS NOT NULL) THEN max(t.to_on) END AS due_on FROM {table} t
                      WHERE t.item_id = i.item_id AND t.valid_from <= %(day)s AND {known("t", table)} HAVING count(*) > 0) e ON true"""
    return _call(kind, source, subject="i.item_id", due_on="e.due_on", item_id="i.item_id")


def _through(loan: str, facility: str, borrower: str) -> str:
    """The condition that `b` answers for a thing of one loan, else of one facility, else of a borrower as a whole."""
    return f"""b.borrower_id = {borrower} AND CASE
        WHEN {loan} IS NOT NULL THEN b.loan_id = {loan}
        WHEN {facility} IS NOT NULL THEN b.loan_id = (SELECT min(x.loan_id) FROM lw_due_book x WHERE x.facility_id = {facility})
        ELSE b.nth = 1 END"""


# Documents of the slice's loans, borrowers and items, each with the loan through which it is answered for.
PAPERS = """(
    SELECT d.id, b.loan_id FROM lw_due_book b JOIN borrowers_document d ON d.borrower_id = b.borrower_id
    WHERE CASE WHEN d.loan_id IS NOT NULL THEN d.loan_id = b.loan_id ELSE d.item_id IS NULL AND b.nth = 1 END
    UNION ALL SELECT d.id, i.loan_id FROM lw_due_item i JOIN borrowers_document d ON d.item_id = i.item_id WHERE d.loan_id IS NULL
) own JOIN borrowers_document d ON d.id = own.id JOIN lw_due_book b ON b.loan_id = own.loan_id"""

# The test dates that nobody has delivered for, counted on from the last test; a month-end stays one.
TEST_DATES = f"""
LEFT JOIN LATERAL (SELECT max(t.valid_from) AS on_day FROM borrowers_covenanttest t
                   WHERE t.covenant_id = c.id AND t.valid_from <= %(day)s AND t.result <> 'not_delivered' AND {known("t", "borrowers_covenanttest")}) last ON true
CROSS JOIN LATERAL (SELECT coalesce(last.on_day, c.valid_from) AS on_day) base
LEFT JOIN LATERAL (
    SELECT CASE WHEN (base.on_day + 1) = date_trunc('month', base.on_day + 1)
                THEN (date_trunc('month', base.on_day + 1) + n * c.every_months * interval '1 month')::date - 1
                ELSE (base.on_day + n * c.every_months * interval '1 month')::date END AS on_day
    FROM generate_series(1, 120) n
    WHERE base.on_day + n * c.every_months * interval '1 month' <= %(day)s::date + (%(before)s::jsonb ->> 'covenant_test')::int
) test ON test.on_day <= coalesce(c.ends_on, test.on_day)
"""

CALLS: dict[Kind, str] = {
    Kind.MATURITY: _call(Kind.MATURITY, "lw_due_book b", subject="b.loan_id", due_on="b.matures_on", before="b.notice"),
    Kind.REVALUATION: _call(
        Kind.REVALUATION,
        f"""lw_due_item i JOIN lw_due_book b ON b.loan_id = i.loan_id JOIN borrowers_collateralitem ci ON ci.id = i.item_id
        LEFT JOIN LATERAL (SELECT max(v.valid_from) AS on_day FROM borrowers_valuation v
                           WHERE v.item_id = i.item_id AND v.valid_from <= %(day)s AND {known("v", "borrowers_valuation")}) last ON true""",
        subject="i.item_id",
        due_on="last.on_day + coalesce((%(allowed)s::jsonb ->> ci.kind)::int, (%(allowed)s::jsonb ->> 'other')::int)",
        item_id="i.item_id",
    ),
    Kind.INSURANCE: _cover(Kind.INSURANCE, "borrowers_insurance"),
    Kind.REGISTRATION: _cover(Kind.REGISTRATION, "borrowers_registration"),
    Kind.COVENANT_TEST: _call(
        Kind.COVENANT_TEST,
        f"""borrowers_covenant c JOIN lw_due_book b ON {_through("c.loan_id", "c.facility_id", "c.borrower_id")} {TEST_DATES}
        WHERE c.lender_id = %(lender)s AND c.known_from <= %(known)s AND (c.ends_on IS NULL OR c.ends_on >= %(day)s - c.grace_days)""",
        subject="c.id",
        due_on="test.on_day + c.grace_days",
        covenant_id="c.id",
    ),
    Kind.DOCUMENT: _call(
        Kind.DOCUMENT,
        f"""{PAPERS}
        WHERE d.expires_on IS NOT NULL AND d.known_from <= %(known)s AND (d.destroyed_on IS NULL OR d.destroyed_on > %(day)s)""",
        subject="d.id",
        # A later document of the same kind on the same thing has taken its place.
        due_on="""CASE WHEN NOT EXISTS (
            SELECT FROM borrowers_document n WHERE n.kind_id = d.kind_id AND n.borrower_id = d.borrower_id AND n.loan_id IS NOT DISTINCT FROM d.loan_id
              AND n.item_id IS NOT DISTINCT FROM d.item_id AND n.known_from <= %(known)s AND (n.destroyed_on IS NULL OR n.destroyed_on > %(day)s)
              AND (n.expires_on IS NULL OR n.expires_on > d.expires_on)) THEN d.expires_on END""",
        document_id="d.id",
    ),
    Kind.PAPER_RETURN: _call(
        Kind.PAPER_RETURN,
        f"""{PAPERS}
        JOIN LATERAL (SELECT s.act, s.due_back_on, s.holder_id FROM borrowers_shelfentry s WHERE s.document_id = d.id AND s."on" <= %(day)s
                      ORDER BY s.seq DESC LIMIT 1) last ON true
        WHERE d.known_from <= %(known)s""",
        subject="d.id",
        due_on="CASE WHEN last.act = 'borrowed' THEN last.due_back_on END",
        responsible="coalesce(last.holder_id, b.manager_id)",
        document_id="d.id",
    ),
    Kind.RATING: _call(
        Kind.RATING,
        f"""lw_due_book b JOIN (
            SELECT f.borrower_id, max(f.valid_from) AS on_day FROM borrowers_outsidefigure f
            WHERE f.lender_id = %(lender)s AND f.bucket BETWEEN %(lo)s AND %(hi)s AND f.measure = 'internal_rating' AND f.valid_from <= %(day)s
              AND {known("f", "borrowers_outsidefigure")} GROUP BY f.borrower_id) last ON last.borrower_id = b.borrower_id WHERE b.nth = 1""",
        subject="b.borrower_id",
        due_on="last.on_day + %(rating)s",
    ),
    Kind.GUARANTEE: _call(
        Kind.GUARANTEE,
        f"""lw_due_book b JOIN (
            SELECT g.loan_id, g.guarantor_id, CASE WHEN bool_and(g.to_on IS NOT NULL) THEN max(g.to_on) END AS to_on FROM borrowers_guarantee g
            WHERE g.lender_id = %(lender)s AND g.bucket BETWEEN %(lo)s AND %(hi)s AND g.valid_from <= %(day)s AND {known("g", "borrowers_guarantee")}
            GROUP BY g.loan_id, g.guarantor_id) ends ON ends.loan_id = b.loan_id""",
        subject="b.loan_id",
        reference="ends.guarantor_id::text",
        due_on="ends.to_on",
        guarantor_id="ends.guarantor_id",
    ),
    Kind.FACILITY: _call(
        Kind.FACILITY,
        """(SELECT facility_id, min(loan_id) AS loan_id FROM lw_due_book WHERE facility_id IS NOT NULL GROUP BY facility_id) own
        JOIN lw_due_book b ON b.loan_id = own.loan_id JOIN borrowers_facility f ON f.id = own.facility_id WHERE f.known_from <= %(known)s""",
        subject="f.id",
        due_on="f.expires_on",
        facility_id="f.id",
    ),
    Kind.CONDITION: _call(
        Kind.CONDITION,
        f"""borrowers_approvalcondition c JOIN lw_due_book b ON {_through("c.loan_id", "c.facility_id", "c.borrower_id")}
        WHERE c.lender_id = %(lender)s AND c.bucket BETWEEN %(lo)s AND %(hi)s AND c.valid_from <= %(day)s AND {known("c", "borrowers_approvalcondition")}""",
        subject="b.borrower_id",
        reference="c.reference",
        due_on="CASE WHEN c.met_on IS NULL OR c.met_on > %(day)s THEN c.due_on END",
    ),
    # A person is cut by the own number: what the person leads may lie in any slice.
    Kind.CERTIFICATE: _call(
        Kind.CERTIFICATE,
        """people_person s
        JOIN LATERAL (SELECT min(c.loan_id) AS loan_id FROM borrowers_custody c
                      JOIN alerts_loanday o ON o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.loan_id = c.loan_id AND o.manager_id = s.id
                      WHERE c.person_id = s.id AND c.capacity = 'lead' AND c.from_on <= %(day)s AND (c.to_on IS NULL OR c.to_on > %(day)s)) own ON true
        JOIN (SELECT o.loan_id, o.borrower_id, o.branch_id, s2.id AS manager_id, (s2.id %% 256)::smallint AS bucket, s2.id AS person_id
              FROM alerts_loanday o JOIN people_person s2 ON s2.id = o.manager_id WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s) b
             ON b.loan_id = own.loan_id AND b.person_id = s.id
        WHERE s.lender_id = %(lender)s AND s.id %% 256 BETWEEN %(lo)s AND %(hi)s AND s.certificate_until IS NOT NULL
          AND (s.left_on IS NULL OR s.left_on > %(day)s)""",
        subject="s.id",
        due_on="s.certificate_until",
        staff_id="s.id",
    ),
}
