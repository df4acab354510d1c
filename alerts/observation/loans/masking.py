"""New loans that repay old ones, classes that improved without cash, classes that wait for a person, visits that the borrower put off.

Money of a new loan is taken to have repaid an old one when a large repayment follows within 15 days of a loan here to the
borrower or to a party related to the borrower; the way of the money between them is not traced. Proposals of the class are
those of earlier closes, because the day's own are made after it is observed.
"""

from alerts.observation.engine import DATE, INT, RATIO, Family, later, new_fact
from alerts.observation.loans.masking_fields import MASKING_FIELDS
from alerts.observation.loans.sources import tells, told
from borrowers.revisions import known

FUNDED = f"""
repaid AS (
    SELECT b.subject_id, b.borrower_id, b.currency, b.principal, p.paid_on, sum(p.amount) AS amount
    FROM lw_subject s JOIN lw_book b ON b.subject_id = s.subject_id
    JOIN (SELECT r.loan_id, r.amount, coalesce(back.paid_on, r.paid_on) AS paid_on
          FROM borrowers_repayment r LEFT JOIN borrowers_repayment back ON back.id = r.reverses_id
          WHERE r.known_from <= %(known)s AND r.paid_on <= %(day)s AND r.lender_id = %(lender)s AND r.bucket BETWEEN %(lo)s AND %(hi)s) p
      ON p.loan_id = b.subject_id AND p.paid_on > %(day)s - interval '24 months'
    GROUP BY b.subject_id, b.borrower_id, b.currency, b.principal, p.paid_on
    HAVING sum(p.amount) > 0
),
large AS (SELECT * FROM repaid WHERE amount >= %(large_repayment)s * principal),
party AS (
    SELECT p.borrower_id, p.party_id, max(p.to_on) AS to_on FROM (
    SELECT l.borrower_id, l.borrower_id AS party_id, 'infinity'::date AS to_on FROM large l
    UNION ALL SELECT r.borrower_id, r.party_id, coalesce(r.to_on, 'infinity') FROM borrowers_relatedparty r
    WHERE r.borrower_id IN (SELECT borrower_id FROM large) AND r.party_id IS NOT NULL AND r.valid_from <= %(day)s AND {known("r", "borrowers_relatedparty")}
    UNION ALL SELECT r.party_id, r.borrower_id, coalesce(r.to_on, 'infinity') FROM borrowers_relatedparty r
    WHERE r.party_id IN (SELECT borrower_id FROM large) AND r.valid_from <= %(day)s AND {known("r", "borrowers_relatedparty")}
    ) p GROUP BY p.borrower_id, p.party_id
),
funding AS (
    SELECT l.subject_id, l.paid_on, least(1, coalesce(sum(n.principal), 0) / l.amount) AS share
    FROM large l JOIN party p ON p.borrower_id = l.borrower_id AND p.to_on > l.paid_on
    LEFT JOIN borrowers_loan n ON n.borrower_id = p.party_id AND n.id <> l.subject_id AND n.currency = l.currency AND n.known_from <= %(known)s
         AND n.disbursed_on BETWEEN l.paid_on - 15 AND l.paid_on
    GROUP BY l.subject_id, l.paid_on, l.amount
),
funded AS (
    SELECT r.subject_id, coalesce(max(f.share), 0) AS share, count(f.share) FILTER (WHERE f.share >= 0.8) AS times,
           (min(r.paid_on) + interval '24 months')::date AS moves_on
    FROM repaid r LEFT JOIN funding f ON f.subject_id = r.subject_id AND f.paid_on = r.paid_on
    GROUP BY r.subject_id
)"""
CLASSES = """
proposal AS (
    SELECT p.loan_id, p.as_of, array_position(%(class_names)s::text[], p.new_class::text) AS rank, array_position(%(class_names)s::text[], p.old_class::text) AS old_rank,
           CASE WHEN p.decided_on <= %(day)s THEN p.state END AS decided, p.decided_on
    FROM lw_subject s JOIN alerts_classproposal p ON p.loan_id = s.subject_id AND p.as_of < %(day)s
),
step AS (
    SELECT *, coalesce(rank, 0) > coalesce(old_rank, 0) AS worse, row_number() OVER (PARTITION BY loan_id ORDER BY as_of DESC) AS back,
           max(as_of) FILTER (WHERE decided IS NOT NULL) OVER (PARTITION BY loan_id) AS decided_to
    FROM proposal
),
waiting AS (
    SELECT loan_id, CASE WHEN bool_or(back = 1 AND worse AND decided IS NULL)
                         THEN min(as_of) FILTER (WHERE worse AND (decided_to IS NULL OR as_of > decided_to)) END AS since
    FROM step GROUP BY loan_id
),
upgraded AS (
    SELECT DISTINCT ON (u.loan_id) u.loan_id, u.as_of, u.decided_on, d.as_of AS worsened_on
    FROM step u JOIN LATERAL (SELECT max(w.as_of) AS as_of FROM step w WHERE w.loan_id = u.loan_id AND w.worse AND w.as_of < u.as_of) d ON d.as_of IS NOT NULL
    WHERE NOT u.worse AND u.decided = 'confirmed' AND u.as_of > %(day)s - interval '12 months'
    ORDER BY u.loan_id, u.as_of DESC
),
improved AS (
    SELECT u.loan_id, (u.as_of + interval '12 months')::date AS moves_on,
           (SELECT coalesce(sum(r.amount), 0) FROM borrowers_repayment r
            WHERE r.loan_id = u.loan_id AND r.known_from <= %(known)s AND r.paid_on > u.worsened_on AND r.paid_on <= u.as_of)
           / (SELECT nullif(i.principal + i.interest + i.fee, 0) FROM borrowers_instalment i
              WHERE i.loan_id = u.loan_id AND i.version = b.version AND i.due_on <= u.as_of ORDER BY i.due_on DESC LIMIT 1) AS instalments
    FROM upgraded u JOIN lw_book b ON b.subject_id = u.loan_id
)"""
VISITS = """
put_off AS (
    SELECT c.loan_id, count(*) FILTER (WHERE c.kind = 'visit_postponed') AS postponed, count(*) FILTER (WHERE c.kind = 'visit_refused') AS refused,
           (min(c."on") + interval '12 months')::date AS moves_on
    FROM lw_subject s JOIN borrowers_conductfact c ON c.loan_id = s.subject_id
    WHERE c.kind IN ('visit_postponed', 'visit_refused') AND c.known_from <= %(known)s AND c."on" <= %(day)s AND c."on" > %(day)s - interval '12 months'
    GROUP BY c.loan_id
)"""

# Whether such visits are noted at all: without a single one, "none" would be a guess.
_POSTPONED, _REFUSED = (tells("borrowers_conductfact", f"told.kind = '{kind}'") for kind in ("visit_postponed", "visit_refused"))
SQL = f"""
WITH {FUNDED}, {CLASSES}, {VISITS}
SELECT s.subject_id, round(f.share, 6) AS new_loan_repaid_share, f.times AS new_loan_repaid_24m, w.since AS class_waits_since,
       round(i.instalments, 6) AS upgrade_instalments,
       CASE WHEN {_POSTPONED} THEN coalesce(p.postponed, 0) END AS visits_postponed_12m,
       CASE WHEN {_REFUSED} THEN coalesce(p.refused, 0) END AS visits_refused_12m,
       {later('f.moves_on, i.moves_on, p.moves_on')} AS recheck_on
FROM lw_subject s
LEFT JOIN funded f ON f.subject_id = s.subject_id
LEFT JOIN waiting w ON w.loan_id = s.subject_id
LEFT JOIN improved i ON i.loan_id = s.subject_id
LEFT JOIN put_off p ON p.loan_id = s.subject_id
"""
PROPOSED = """
SELECT n.loan_id FROM alerts_classproposal n
WHERE n.lender_id = %(lender)s AND n.bucket BETWEEN %(lo)s AND %(hi)s AND (n.as_of >= %(previous)s OR n.decided_on >= %(previous)s)
"""
# A payment may become known before its day.
TOLD_AHEAD = """
SELECT n.loan_id FROM borrowers_repayment n WHERE n.lender_id = %(lender)s AND n.bucket BETWEEN %(lo)s AND %(hi)s AND n.paid_on > n.known_from
  AND n.paid_on > %(previous)s AND n.paid_on <= %(day)s AND n.known_from <= %(known)s
"""
# What an upgrade is held against is a demand of the plan in force.
REPLANNED = """
SELECT n.subject_id FROM lw_book n WHERE n.state_as_of = %(day)s AND EXISTS (SELECT FROM alerts_classproposal p WHERE p.loan_id = n.subject_id)
"""
# A new loan is asked for among the large repayments of its borrower and of whoever is related.
DRAWN = told("borrowers_loan", "o.id", "JOIN borrowers_loan o ON o.borrower_id = n.borrower_id", bucket=False)
DRAWN_BESIDE = " UNION ALL ".join(
    told("borrowers_loan", "o.id", f"JOIN borrowers_relatedparty r ON r.{one} = n.borrower_id JOIN borrowers_loan o ON o.borrower_id = r.{other}", bucket=False)
    for one, other in (("party_id", "borrower_id"), ("borrower_id", "party_id"))
)
RELATED = " UNION ALL ".join(
    f"SELECT o.id FROM borrowers_relatedparty n JOIN borrowers_loan o ON o.borrower_id = n.{side} WHERE n.lender_id = %(lender)s AND {new_fact('n')}"
    for side in ("borrower_id", "party_id")
)

MASKING = Family(
    name="masking",
    sql=SQL,
    columns={
        "new_loan_repaid_share": RATIO, "new_loan_repaid_24m": INT, "class_waits_since": DATE, "upgrade_instalments": RATIO,
        "visits_postponed_12m": INT, "visits_refused_12m": INT,
    },
    derived={"class_wait_days": (INT, "CASE WHEN %(previous)s::date IS NOT NULL THEN coalesce(%(day)s - r.class_waits_since, 0) END")},
    carried={
        "visits_postponed_12m": f"CASE WHEN {_POSTPONED} THEN coalesce(w.visits_postponed_12m, 0) END",
        "visits_refused_12m": f"CASE WHEN {_REFUSED} THEN coalesce(w.visits_refused_12m, 0) END",
    },
    news=(told("borrowers_repayment"), TOLD_AHEAD, DRAWN, DRAWN_BESIDE, RELATED, PROPOSED, REPLANNED, told("borrowers_conductfact", bucket=False)),
    rechecks=True,
    sources=("borrowers_repayment", "alerts_classproposal", "borrowers_conductfact"),
    fields=MASKING_FIELDS,
)  # fmt: skip
