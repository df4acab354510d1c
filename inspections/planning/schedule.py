"""The day's step that opens inspections: the plan in force on its date, set by set, never loan by loan.

The line of the plan that fits a loan is found by a LATERAL over the lines of one occasion in their order; `rules.line_for` and the
`..._due` functions beside it say the same for one loan, and a test compares the two.
"""

from collections.abc import Mapping
from typing import Any

from borrowers.loans import duties
from inspections.planning import rules
from inspections.planning.plans import plan_in_force
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import InForce

BOOK = """o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.bucket BETWEEN %(lo)s AND %(hi)s"""

# Loans that are set aside keep their tasks as they are; a repair or correction touches only the loans it recomputes.
TOUCHED = "NOT ({alias}.loan_id = ANY (%(held)s::bigint[])) AND (%(only)s::bigint[] IS NULL OR {alias}.loan_id = ANY (%(only)s::bigint[]))"
OPEN = "('due', 'started', 'submitted', 'returned')"

# What the plan asks of each loan. Alerts on staff conduct don't count: nobody is sent because of one who would read it.
FACTS = f"""
    SELECT o.bucket, o.loan_id, o.borrower_id, o.branch_id, o.manager_id, o.product_kind, l.disbursed_on,
           coalesce(%(day)s + o.days_to_maturity, l.matures_on) AS matures_on,
           CASE WHEN o.principal >= %(large)s THEN 'large' WHEN o.principal >= %(medium)s THEN 'medium' ELSE 'small' END AS size,
           array_position(ARRAY['normal', 'special_mention', 'substandard', 'doubtful', 'loss'], o.risk_class::text) AS rank,
           coalesce(alert.level, 0) AS level, coalesce(b.outstanding, o.outstanding) AS exposure, tier.tier
    FROM alerts_loanday o JOIN borrowers_loan l ON l.id = o.loan_id
    LEFT JOIN alerts_borrowerday b ON b.lender_id = o.lender_id AND b.as_of = o.as_of AND b.borrower_id = o.borrower_id
    LEFT JOIN (
        SELECT a.loan_id, max(a.level) AS level FROM alerts_alert a
        WHERE a.lender_id = %(lender)s AND a.bucket BETWEEN %(lo)s AND %(hi)s AND a.state <> 'closed' AND NOT a.staff_conduct
        GROUP BY a.loan_id
    ) alert ON alert.loan_id = o.loan_id
    LEFT JOIN (
        SELECT DISTINCT ON (k.borrower_id) k.borrower_id, CASE WHEN k.to_on IS NULL OR k.to_on > %(day)s THEN k.tier END AS tier
        FROM (
            SELECT DISTINCT ON (borrower_id, valid_from) * FROM borrowers_keycustomertier
            WHERE lender_id = %(lender)s AND valid_from <= %(day)s AND known_from <= %(known)s
            ORDER BY borrower_id, valid_from, revision DESC
        ) k
        WHERE NOT k.withdrawn ORDER BY k.borrower_id, k.valid_from DESC
    ) tier ON tier.borrower_id = o.borrower_id
    WHERE {BOOK} AND {TOUCHED.format(alias="o")}
"""
LINE = """
    CROSS JOIN LATERAL (
        SELECT r.id, r.kind, r.days FROM inspections_planrow r
        WHERE r.version_id = %(plan)s AND r.occasion = {occasion}
          AND (r.product_kind = '' OR r.product_kind = f.product_kind) AND (r.size = '' OR r.size = f.size)
          AND (r.class_from IS NULL OR f.rank >= r.class_from) AND (r.class_to IS NULL OR f.rank <= r.class_to)
          AND (r.exposure_from IS NULL OR f.exposure >= r.exposure_from) AND (r.exposure_to IS NULL OR f.exposure < r.exposure_to)
          AND (r.tier_from IS NULL OR f.tier >= r.tier_from) AND (r.tier_to IS NULL OR f.tier <= r.tier_to)
          AND (r.level_from IS NULL OR f.level >= r.level_from) AND (r.level_to IS NULL OR f.level <= r.level_to)
        ORDER BY r.place LIMIT 1
    ) line
"""
CALLED = "f.bucket, f.loan_id, f.borrower_id, f.branch_id, f.manager_id, line.kind, line.id AS plan_row_id"

# The loan has left the book: nothing is left to inspect. What was handed in is still verified.
CANCEL = f"""
WITH gone AS (
    UPDATE inspections_task t SET state = 'cancelled', closed_on = %(day)s
    WHERE t.lender_id = %(lender)s AND t.bucket BETWEEN %(lo)s AND %(hi)s
      AND t.state IN ('due', 'started', 'returned') AND t.opened_on <= %(day)s AND {TOUCHED.format(alias="t")}
      AND NOT EXISTS (SELECT 1 FROM alerts_loanday o WHERE {BOOK} AND o.loan_id = t.loan_id)
    RETURNING t.loan_id, t.bucket, t.kind, t.due_on
)
SELECT loan_id, bucket, kind, due_on FROM gone
"""
# A loan that got into trouble is no longer looked at from the desk: the check that nobody has begun gives way to a visit.
LEAVE_THE_DESK = f"""
WITH facts AS ({FACTS} AND EXISTS (SELECT 1 FROM inspections_task t WHERE t.loan_id = o.loan_id AND t.kind = 'off_site' AND t.state = 'due')),
gone AS (
    UPDATE inspections_task t SET state = 'cancelled', closed_on = %(day)s
    FROM facts f {LINE.format(occasion="'routine'")}
    WHERE t.loan_id = f.loan_id AND t.kind = 'off_site' AND t.state = 'due' AND t.opened_on <= %(day)s AND line.kind <> 'off_site'
    RETURNING t.loan_id, t.bucket, t.kind, t.due_on
)
SELECT loan_id, bucket, kind, due_on FROM gone
"""
AWAY = """
    LEFT JOIN inspections_absence a ON a.person_id = {person} AND {due} BETWEEN a.from_on AND a.to_on
         AND a.cancelled_on IS NULL AND a.substitute_id IS NOT NULL
"""
# A task that nobody has begun goes with the loan to its new account manager, unless a branch head gave it to somebody; while that
# person is away, to whoever stands in.
FOLLOW = f"""
UPDATE inspections_task t SET assigned_to_id = coalesce(n.substitute_id, n.manager_id), standing_in_id = n.absence_id
FROM (
    SELECT s.id, o.manager_id, a.substitute_id, a.id AS absence_id
    FROM alerts_loanday o JOIN inspections_task s ON s.loan_id = o.loan_id AND s.state = 'due' AND s.assigned_by_id IS NULL
         AND s.lender_id = %(lender)s AND s.bucket BETWEEN %(lo)s AND %(hi)s AND s.kind <> 'verify'
    {AWAY.format(person="o.manager_id", due="s.due_on")}
    WHERE {BOOK} AND {TOUCHED.format(alias="o")}
) n
WHERE t.id = n.id AND (t.assigned_to_id, t.standing_in_id) IS DISTINCT FROM (coalesce(n.substitute_id, n.manager_id), n.absence_id)
"""
OPEN_TASKS = f"""
WITH called AS ({{called}}),
opened AS (
    INSERT INTO inspections_task
        (lender_id, bucket, loan_id, borrower_id, branch_id, kind, alert_id, plan_row_id, called_on, opened_on, due_on, assigned_to_id, standing_in_id, state)
    SELECT %(lender)s, c.bucket, c.loan_id, c.borrower_id, c.branch_id, c.kind, c.alert_id, c.plan_row_id, c.called_on, %(day)s, c.due_on,
           coalesce(a.substitute_id, c.manager_id), a.id, 'due'
    FROM called c
    {AWAY.format(person="c.manager_id", due="c.due_on")}
    ON CONFLICT (loan_id, kind) WHERE state IN {OPEN} DO NOTHING
    RETURNING loan_id, bucket, kind, due_on
)
SELECT loan_id, bucket, kind, due_on FROM opened
"""
# Says the same as rules.first_due.
FIRST = f"""
    WITH facts AS ({FACTS} AND l.disbursed_on <= %(day)s AND l.disbursed_on >= %(day)s - %(missed)s - %(longest)s
        AND NOT EXISTS (SELECT 1 FROM inspections_task t WHERE t.loan_id = o.loan_id AND t.kind = 'first' AND t.state <> 'cancelled'))
    SELECT {CALLED}, NULL::bigint AS alert_id, f.disbursed_on AS called_on,
           CASE WHEN f.disbursed_on + line.days < %(day)s THEN %(day)s + %(notice)s ELSE f.disbursed_on + line.days END AS due_on
    FROM facts f {LINE.format(occasion="'disbursement'")}
    WHERE f.disbursed_on + line.days >= %(day)s - %(missed)s
"""
# The last inspection of whichever kind counts, an off-site check only for another one; before the first, the disbursement.
# Says the same as rules.routine_due.
ROUTINE = f"""
    WITH facts AS ({FACTS}
        -- one visit at a time: a check that is still to be done stands for the routine one
        AND NOT EXISTS (SELECT 1 FROM inspections_task t WHERE t.loan_id = o.loan_id AND t.kind <> 'verify' AND t.state IN {OPEN})),
    next AS (
        SELECT {CALLED}, n.last_on, coalesce(n.last_on, f.disbursed_on) AS called_on, coalesce(n.last_on, f.disbursed_on) + line.days AS next_on
        FROM facts f {LINE.format(occasion="'routine'")}
        LEFT JOIN (
            SELECT t.loan_id, max(t.submitted_on) AS any_on, max(t.submitted_on) FILTER (WHERE t.kind <> 'off_site') AS there_on
            FROM inspections_task t
            WHERE t.lender_id = %(lender)s AND t.bucket BETWEEN %(lo)s AND %(hi)s AND t.state IN ('submitted', 'done') AND t.kind <> 'verify'
              AND t.submitted_on <= %(day)s GROUP BY t.loan_id
        ) last ON last.loan_id = f.loan_id
        CROSS JOIN LATERAL (SELECT CASE line.kind WHEN 'off_site' THEN last.any_on ELSE last.there_on END AS last_on) n
    )
    SELECT n.bucket, n.loan_id, n.borrower_id, n.branch_id, n.manager_id, n.kind, n.plan_row_id, NULL::bigint AS alert_id, n.called_on,
           CASE WHEN n.last_on IS NULL AND n.next_on < %(day)s - %(missed)s THEN %(day)s + %(notice)s + n.bucket %% %(spread)s
                ELSE greatest(n.next_on, %(day)s + %(notice)s) END AS due_on
    FROM next n
    WHERE n.next_on <= %(day)s + %(ahead)s
"""
# Says the same as rules.maturity_due. An extended loan is inspected again before its new maturity.
MATURITY = f"""
    WITH facts AS ({FACTS} AND coalesce(%(day)s + o.days_to_maturity, l.matures_on) BETWEEN %(day)s + 1 AND %(day)s + %(ahead)s + %(longest)s
        AND NOT EXISTS (SELECT 1 FROM inspections_task t WHERE t.loan_id = o.loan_id AND t.kind = 'maturity' AND t.state <> 'cancelled'
                        AND t.called_on = coalesce(%(day)s + o.days_to_maturity, l.matures_on)))
    SELECT {CALLED}, NULL::bigint AS alert_id, f.matures_on AS called_on,
           CASE WHEN f.matures_on - line.days >= %(day)s THEN f.matures_on - line.days
                ELSE least(%(day)s + %(notice)s, f.matures_on - 1) END AS due_on
    FROM facts f {LINE.format(occasion="'maturity'")}
    WHERE f.matures_on - line.days <= %(day)s + %(ahead)s
"""
# A red alert on a loan calls for one, and any alert of which somebody asked for it. One on staff conduct makes no task: it is not shown
# to the person who would be sent.
SPECIAL = f"""
    WITH calls AS (
        SELECT a.id AS alert_id, a.loan_id, greatest(a.opened_on, a.reopened_on, a.risen_on) AS called_on, 'red_alert' AS occasion FROM alerts_alert a
        WHERE a.lender_id = %(lender)s AND a.bucket BETWEEN %(lo)s AND %(hi)s AND a.state <> 'closed' AND a.level = 3 AND NOT a.staff_conduct
          AND a.loan_id IS NOT NULL AND greatest(a.opened_on, a.reopened_on) <= %(day)s
        UNION ALL
        SELECT a.id, i.loan_id, i.from_on, 'asked' FROM alerts_alertorder i JOIN alerts_alert a ON a.id = i.alert_id
        WHERE a.lender_id = %(lender)s AND a.bucket BETWEEN %(lo)s AND %(hi)s AND NOT a.staff_conduct AND i.from_on <= %(day)s
    ),
    facts AS ({FACTS} AND o.loan_id IN (SELECT loan_id FROM calls))
    SELECT DISTINCT ON (f.loan_id) {CALLED}, c.alert_id, c.called_on, %(day)s + line.days AS due_on
    FROM calls c JOIN facts f ON f.loan_id = c.loan_id {LINE.format(occasion="c.occasion")}
    WHERE line.days IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM inspections_task t WHERE t.loan_id = c.loan_id AND t.kind = 'special'
                      AND (t.alert_id = c.alert_id AND t.opened_on >= c.called_on OR t.submitted_on >= c.called_on))
    ORDER BY f.loan_id, c.alert_id
"""
# What changed since the close before; of several events of a loan the one with the shortest time counts.
EVENTS = f"""
    WITH calls AS (
        SELECT o.loan_id, e.occasion FROM alerts_loanday o
        JOIN alerts_loanday p ON p.lender_id = o.lender_id AND p.as_of = %(previous)s AND p.loan_id = o.loan_id
        CROSS JOIN LATERAL (VALUES
            ('class_worse', array_position(ARRAY['normal', 'special_mention', 'substandard', 'doubtful', 'loss'], o.risk_class::text)
                          > array_position(ARRAY['normal', 'special_mention', 'substandard', 'doubtful', 'loss'], p.risk_class::text)),
            ('covenant', coalesce(o.covenant_breaches, 0) > coalesce(p.covenant_breaches, 0)),
            ('rollover', o.rollovers > p.rollovers OR o.extensions_24m > p.extensions_24m)
        ) AS e (occasion, happened)
        WHERE {BOOK} AND e.happened
    ),
    facts AS ({FACTS} AND o.loan_id IN (SELECT loan_id FROM calls))
    SELECT DISTINCT ON (f.loan_id) {CALLED}, NULL::bigint AS alert_id, %(day)s::date AS called_on, %(day)s + line.days AS due_on
    FROM calls c JOIN facts f ON f.loan_id = c.loan_id {LINE.format(occasion="c.occasion")}
    WHERE line.days IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM inspections_task t WHERE t.loan_id = c.loan_id AND t.kind = 'special' AND t.called_on >= %(day)s)
    ORDER BY f.loan_id, line.days, line.id
"""
# Which occasions a statement is about: without a line of the plan for one of them nothing is asked.
STATEMENTS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"disbursement"}), FIRST),
    (frozenset({"red_alert", "asked"}), SPECIAL),
    (frozenset({"class_worse", "covenant", "rollover"}), EVENTS),
    (frozenset({"maturity"}), MATURITY),
    (frozenset({"routine"}), ROUTINE),
)


def schedule_tasks(cursor: Any, key: Mapping[str, Any], lender: Lender) -> int:
    """Bring the tasks of one slice of the book up to date with the plan in force at the close of the business date.

    cursor: a DB-API cursor inside the caller's transaction. key: as `ledger.key_of` makes it. Reads the day's observation and
    the open alerts; opens tasks with their duties, cancels tasks of loans that left the book, lets untouched tasks follow
    custody and absences. Running it twice changes nothing more. Returns tasks written. Without a plan in force on the date
    nothing new is opened.
    """
    plan = plan_in_force(lender, key["day"])
    values = rules.numbers_from(InForce(lender, key["day"]))
    numbers = {
        **key,
        "plan": plan and plan.pk,
        "large": values.large_from,
        "medium": values.medium_from,
        "missed": values.missed_first,
        "notice": values.shortest_notice,
        "ahead": values.opens_before,
        "spread": values.spread,
    }
    rows = list(plan.rows.values_list("occasion", "kind", "days")) if plan else []
    written = _end(cursor, CANCEL, numbers)
    if any(kind == "off_site" for _, kind, _ in rows):
        written += _end(cursor, LEAVE_THE_DESK, numbers)
    cursor.execute(FOLLOW, numbers)
    for occasions, called in STATEMENTS:
        days = [days for occasion, _, days in rows if occasion in occasions and days is not None]
        if not days:
            continue
        cursor.execute(OPEN_TASKS.format(called=called), {**numbers, "longest": max(days)})
        opened = cursor.fetchall()
        duties.take_on(cursor, key, opened)
        written += len(opened)
    return written


def _end(cursor: Any, statement: str, numbers: Mapping[str, Any]) -> int:
    cursor.execute(statement, numbers)
    gone = cursor.fetchall()
    duties.release(cursor, numbers, gone)
    return len(gone)
