"""What was promised beside paying: how near the limits are, what is broken, which figures never came, which conditions wait.

A covenant counts for its loan, for every loan of its facility, or for every loan of the borrower. A test period reaches from
the day after one agreed date to the next; figures of any day in it are those of the period.
"""

from alerts.observation.engine import BOOL, DATE, INT, RATIO, Family
from alerts.observation.loans.covenants_fields import COVENANT_FIELDS
from alerts.observation.loans.sources import corrected, told
from borrowers.revisions import known

_SCOPE = "({0}.loan_id = b.subject_id OR ({0}.loan_id IS NULL AND ({0}.facility_id IS NULL OR {0}.facility_id = b.facility_id)))"

SQL = f"""
WITH
covenant AS (
    SELECT s.subject_id, c.* FROM lw_subject s JOIN lw_book b ON b.subject_id = s.subject_id
    JOIN borrowers_covenant c ON c.borrower_id = b.borrower_id AND c.known_from <= %(known)s AND {_SCOPE.format("c")}
),
promise AS (
    SELECT * FROM covenant WHERE valid_from <= %(day)s AND (ends_on IS NULL OR ends_on >= %(day)s)
),
test AS (
    SELECT p.subject_id, p.id, p.comparison, p.threshold, t.value, t.result, t.valid_from,
           row_number() OVER (PARTITION BY p.subject_id, p.id ORDER BY t.valid_from DESC) AS back
    FROM promise p JOIN borrowers_covenanttest t ON t.covenant_id = p.id AND t.valid_from <= %(day)s AND t.result <> 'not_delivered'
         AND {known("t", "borrowers_covenanttest")}
),
waiver AS (
    SELECT p.subject_id, p.id, bool_or(w.to_on IS NULL OR w.to_on > %(day)s) AS live, bool_or(w.to_on <= %(day)s) AS expired
    FROM promise p JOIN borrowers_covenantwaiver w ON w.covenant_id = p.id AND w.valid_from <= %(day)s AND {known("w", "borrowers_covenantwaiver")}
    GROUP BY p.subject_id, p.id
),
tested AS (
    SELECT t.subject_id, t.id,
           max(abs(t.value - t.threshold) / nullif(abs(t.threshold), 0)) FILTER (WHERE t.back = 1 AND (
               (t.comparison = 'at_least' AND t.value >= t.threshold) OR (t.comparison = 'at_most' AND t.value <= t.threshold))) AS headroom,
           bool_or(t.back = 1 AND t.result = 'broken') AS broken, count(*) FILTER (WHERE t.result = 'broken' AND t.back <= 4) AS broken_of_4,
           max(t.valid_from) AS tested_on
    FROM test t GROUP BY t.subject_id, t.id
),
results AS (
    SELECT t.subject_id, min(t.headroom) AS headroom, count(*) FILTER (WHERE t.broken AND NOT coalesce(w.live, false)) AS breaches,
           coalesce(max(t.broken_of_4) FILTER (WHERE t.broken AND NOT coalesce(w.live, false)), 0) AS broken_of_4,
           bool_or(t.broken AND NOT coalesce(w.live, false) AND coalesce(w.expired, false)) AS waiver_expired
    FROM tested t LEFT JOIN waiver w ON w.subject_id = t.subject_id AND w.id = t.id
    GROUP BY t.subject_id
),
awaited AS (
    SELECT p.subject_id, p.id, count(*) FILTER (WHERE q.on_day + p.grace_days < %(day)s AND q.before >= coalesce(t.tested_on, p.valid_from)) AS missing,
           min(q.on_day + p.grace_days + 1) FILTER (WHERE q.on_day + p.grace_days >= %(day)s) AS moves_on
    FROM promise p LEFT JOIN tested t ON t.subject_id = p.subject_id AND t.id = p.id
    CROSS JOIN LATERAL (
        SELECT (p.valid_from + make_interval(months => k * p.every_months))::date AS on_day,
               (p.valid_from + make_interval(months => (k - 1) * p.every_months))::date AS before
        FROM generate_series(1, (%(day)s::date - p.valid_from) / 28 / p.every_months + 2) k) q
    WHERE NOT (p.comparison = 'happens' AND p.measure = 'statements') AND (p.ends_on IS NULL OR q.on_day <= p.ends_on)
    GROUP BY p.subject_id, p.id
),
missing AS (
    SELECT subject_id, max(missing) AS tests, min(moves_on) AS moves_on FROM awaited GROUP BY subject_id
),
begins AS (
    SELECT c.subject_id, min(d.on_day) AS moves_on
    FROM covenant c CROSS JOIN LATERAL (
        SELECT c.valid_from AS on_day UNION ALL SELECT c.ends_on + 1
        UNION ALL SELECT t.valid_from FROM borrowers_covenanttest t WHERE t.covenant_id = c.id AND t.known_from <= %(known)s
        UNION ALL SELECT w.valid_from FROM borrowers_covenantwaiver w WHERE w.covenant_id = c.id AND w.known_from <= %(known)s
        UNION ALL SELECT w.to_on FROM borrowers_covenantwaiver w WHERE w.covenant_id = c.id AND w.known_from <= %(known)s) d
    WHERE d.on_day > %(day)s GROUP BY c.subject_id
),
condition AS (
    SELECT s.subject_id, nullif(count(*) FILTER (WHERE a.valid_from <= %(day)s), 0) AS conditions,
           min(a.due_on) FILTER (WHERE a.valid_from <= %(day)s AND (a.met_on IS NULL OR a.met_on > %(day)s)) AS due_on,
           least(min(a.valid_from) FILTER (WHERE a.valid_from > %(day)s), min(a.met_on) FILTER (WHERE a.met_on > %(day)s)) AS moves_on
    FROM lw_subject s JOIN lw_book b ON b.subject_id = s.subject_id
    JOIN borrowers_approvalcondition a ON a.borrower_id = b.borrower_id AND {_SCOPE.format("a")} AND {known("a", "borrowers_approvalcondition")}
    GROUP BY s.subject_id
)
SELECT s.subject_id, round(r.headroom, 6) AS covenant_headroom, r.breaches AS covenant_breaches, r.broken_of_4 AS covenant_breaches_of_4,
       r.waiver_expired AS covenant_waiver_expired, m.tests AS covenant_tests_missing, c.conditions AS approval_conditions,
       c.due_on AS condition_due_on, least(m.moves_on, g.moves_on, c.moves_on) AS recheck_on
FROM lw_subject s
LEFT JOIN results r ON r.subject_id = s.subject_id
LEFT JOIN missing m ON m.subject_id = s.subject_id
LEFT JOIN begins g ON g.subject_id = s.subject_id
LEFT JOIN condition c ON c.subject_id = s.subject_id
"""
_LOANS = "JOIN borrowers_loan l ON l.borrower_id = {0}.borrower_id"
_TESTED = "JOIN borrowers_covenant c ON c.id = n.covenant_id " + _LOANS.format("c")
_CORRECTED = "JOIN borrowers_covenant c ON c.id = n.subject_id " + _LOANS.format("c")

COVENANTS = Family(
    name="covenants",
    sql=SQL,
    columns={
        "covenant_headroom": RATIO, "covenant_breaches": INT, "covenant_breaches_of_4": INT, "covenant_waiver_expired": BOOL,
        "covenant_tests_missing": INT, "approval_conditions": INT, "condition_due_on": DATE,
    },
    derived={
        "condition_overdue_days": (INT, "CASE WHEN r.approval_conditions > 0 THEN greatest(0, coalesce(%(day)s - r.condition_due_on, 0)) END"),
    },
    news=(
        told("borrowers_covenant", "l.id", _LOANS.format("n"), bucket=False),
        told("borrowers_covenanttest", "l.id", _TESTED),
        told("borrowers_covenantwaiver", "l.id", _TESTED),
        told("borrowers_approvalcondition", "l.id", _LOANS.format("n")),
        corrected("borrowers.covenant", "l.id", _CORRECTED),
        corrected("borrowers.loan", "n.subject_id", ""),
    ),
    rechecks=True,
    sources=("borrowers_covenant", "borrowers_approvalcondition"),
    fields=COVENANT_FIELDS,
)  # fmt: skip
