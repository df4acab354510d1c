"""The SQL of the warn step after the scan: what becomes of the alerts of a slice. Filled in and run by `warn`."""

RULES = """
DROP TABLE IF EXISTS lw_rule, lw_hit, lw_fresh, lw_changed, lw_value;
CREATE TEMP TABLE lw_rule (version_id bigint PRIMARY KEY, rule_id bigint, staff_conduct boolean, cure smallint, hold smallint, fields text[],
                           due jsonb, thresholds jsonb) ON COMMIT DROP;
CREATE TEMP TABLE lw_hit (version_id bigint, rule_id bigint, level smallint, subject bigint) ON COMMIT DROP;
CREATE TEMP TABLE lw_changed (id bigint, level smallint, version_id bigint, subject bigint) ON COMMIT DROP;
"""
TELL_RULES = """
INSERT INTO lw_rule
SELECT r.version_id, r.rule_id, r.staff_conduct, r.cure, r.hold, ARRAY(SELECT jsonb_array_elements_text(r.fields)), r.due, r.thresholds
FROM jsonb_to_recordset(%s::jsonb)
    AS r (version_id bigint, rule_id bigint, staff_conduct boolean, cure smallint, hold smallint, fields jsonb, due jsonb, thresholds jsonb)
"""
# keys: ids of live versions, and of trials with a minus before them. Of what can't be evaluated only that counts which is open.
LEVELS = """
WITH levels AS MATERIALIZED (
    SELECT q.subject, u.key, u.level FROM ({scan}) q (subject, {names})
    CROSS JOIN LATERAL unnest(%s::bigint[], ARRAY[{names}]::smallint[]) AS u (key, level) WHERE u.level <> 0
)
"""
TALLY = """
    INSERT INTO alerts_ruletally (lender_id, as_of, rule_version_id, bucket, red, orange, yellow, clear, not_evaluable)
    SELECT %s, %s, k.key, %s, count(*) FILTER (WHERE l.level = 3), count(*) FILTER (WHERE l.level = 2), count(*) FILTER (WHERE l.level = 1),
           %s - count(l.level), count(*) FILTER (WHERE l.level = -1)
    FROM unnest(%s::bigint[]) AS k (key) LEFT JOIN levels l ON l.key = k.key GROUP BY k.key
"""
CLEAR_TRIALS = "DELETE FROM alerts_trialhit WHERE trial_id = ANY (%s) AND as_of = %s AND bucket BETWEEN %s AND %s"
TRIALS = """
    INSERT INTO alerts_trialhit (trial_id, as_of, bucket, subject, level, live_level)
    SELECT t.trial, %s, %s, l.subject, coalesce(max(l.level) FILTER (WHERE l.key = -t.trial), 0),
           CASE WHEN t.live > 0 THEN coalesce(max(l.level) FILTER (WHERE l.key = t.live), 0) END
    FROM unnest(%s::bigint[], %s::bigint[]) AS t (trial, live) JOIN levels l ON l.key IN (-t.trial, t.live)
    GROUP BY t.trial, t.live, l.subject HAVING max(l.level) > 0
"""
HITS = """
    INSERT INTO lw_hit SELECT l.key, r.rule_id, l.level, l.subject FROM levels l JOIN lw_rule r ON r.version_id = l.key
    WHERE l.level > 0 OR (r.rule_id, l.subject) IN (
        SELECT a.rule_id, {subject_of} FROM alerts_alert a WHERE a.lender_id = %s AND a.state <> 'closed' AND a.bucket BETWEEN %s AND %s)
"""
CLEAR_TALLY = """
DELETE FROM alerts_ruletally t USING alerts_ruleversion v, alerts_rule r
WHERE t.lender_id = %(lender)s AND t.as_of = %(day)s AND t.bucket = %(lo)s AND v.id = t.rule_version_id AND r.id = v.rule_id AND r.grain = %(grain)s
"""
OPEN = "a.lender_id = %(lender)s AND a.state <> 'closed' AND a.bucket BETWEEN %(lo)s AND %(hi)s AND a.rule_id IN (SELECT rule_id FROM lw_rule) AND {mine}"
# Closes after `since`, up to and with the business date.
_CLOSES = """(SELECT count(*) FROM trail_businessday d
              WHERE d.lender_id = %(lender)s AND d.run_version = 1 AND d.business_date > {since} AND d.business_date <= %(day)s)"""

# Only what is clear counts as clear: a rule that can't be evaluated has a row of level -1. A subject that is gone is clear.
CLEARED = (
    """
UPDATE alerts_alert a SET clear_since = coalesce(a.clear_since, %(day)s), cleared_on = CASE WHEN r.cure = 0 OR a.clear_since IS NOT NULL THEN %(day)s END
FROM lw_rule r
WHERE {open} AND r.rule_id = a.rule_id AND a.cleared_on IS NULL
  AND (a.clear_since IS NULL OR """
    + _CLOSES.format(since="a.clear_since")
    + """ >= r.cure)
  AND NOT EXISTS (SELECT 1 FROM lw_hit h WHERE h.rule_id = a.rule_id AND {same})
"""
)
AGAIN = """
UPDATE alerts_alert a SET cleared_on = NULL, clear_since = NULL FROM lw_hit h
WHERE {open} AND a.clear_since IS NOT NULL AND h.rule_id = a.rule_id AND {same} AND h.level > 0
"""
# A level rises at once and falls only when the rule stayed lower for as many closes as its version holds it.
LOWER = """
UPDATE alerts_alert a SET lower_since = CASE WHEN h.level < a.level THEN %(day)s END
FROM lw_hit h JOIN lw_rule r ON r.version_id = h.version_id
WHERE {open} AND h.rule_id = a.rule_id AND {same} AND h.level > 0 AND r.hold > 0 AND (h.level < a.level) <> (a.lower_since IS NOT NULL)
"""
EVIDENCE = """
INSERT INTO alerts_alertevidence (alert_id, as_of, level, rule_version_id, "values", thresholds)
SELECT c.id, %(day)s, c.level, c.version_id,
       (SELECT coalesce(jsonb_object_agg(e.key, e.value), '{}') FROM jsonb_each(v.told) e WHERE e.key = ANY (r.fields)),
       coalesce(r.thresholds -> c.level::text, '[]')
FROM lw_changed c JOIN lw_rule r ON r.version_id = c.version_id JOIN lw_value v ON v.subject = c.subject
ON CONFLICT (alert_id, as_of, level) DO NOTHING
"""
_CHANGED = "INSERT INTO lw_changed SELECT id, level, version_id, subject FROM changed"
# Whoever acknowledged the level before has not seen the worse one. An alert that is in handling stays with its handler.
_ROSE = """risen_on = CASE WHEN h.level > a.level THEN %(day)s ELSE a.risen_on END,
        state = CASE WHEN h.level > a.level AND a.state = 'acknowledged' THEN 'open' ELSE a.state END"""
MOVED = (
    """
WITH changed AS (
    UPDATE alerts_alert a
    SET level = h.level, exposure = o.outstanding, due_on = least(a.due_on, (r.due ->> h.level::text)::date), lower_since = NULL, """
    + _ROSE
    + """
    FROM lw_hit h JOIN lw_rule r ON r.version_id = h.version_id
    JOIN {table} o ON o.lender_id = %(lender)s AND o.as_of = %(day)s AND {observed_subject} = h.subject
    WHERE {open} AND h.rule_id = a.rule_id AND {same} AND h.level > 0
      AND (h.level > a.level OR h.level < a.level AND (r.hold = 0 OR a.lower_since < %(day)s AND """
    + _CLOSES.format(since="a.lower_since")
    + """ >= r.hold))
    RETURNING a.id, h.level, h.version_id, h.subject
)
"""
    + _CHANGED
)
# What fires and is not open. Within the window after it was closed the same alert opens again, later it is the next episode.
FRESH = """
CREATE TEMP TABLE lw_fresh ON COMMIT DROP AS
SELECT h.rule_id, h.version_id, h.level, h.subject, s.loan_id, s.borrower_id, s.branch_id, s.bucket, s.exposure, s.currency,
       r.staff_conduct OR {of_staff} AS staff_conduct, CASE WHEN r.staff_conduct OR {of_staff} THEN s.person_id END AS concerns_id,
       (r.due ->> h.level::text)::date AS due_on, last.id AS last_id, coalesce(last.episode, 0) AS episode,
       -- an alert on the conduct of one is never handed on as one on the conduct of another
       coalesce(last.closed_on >= %(day)s - %(reopen)s::int, false)
           AND last.concerns_id IS NOT DISTINCT FROM CASE WHEN r.staff_conduct OR {of_staff} THEN s.person_id END AS reopens
FROM lw_hit h JOIN lw_rule r ON r.version_id = h.version_id
JOIN LATERAL (SELECT {columns} FROM {table} o WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s AND {observed_subject} = h.subject)
    AS s (subject, loan_id, borrower_id, branch_id, bucket, person_id, exposure, currency) ON true
LEFT JOIN LATERAL (
    SELECT a.id, a.episode, a.closed_on, a.level, a.concerns_id, greatest(a.opened_on, a.reopened_on) AS began FROM alerts_alert a
    WHERE a.rule_id = h.rule_id AND {same} AND a.state = 'closed' ORDER BY a.episode DESC, a.id DESC LIMIT 1) last ON true
WHERE h.level > 0
  AND NOT EXISTS (SELECT 1 FROM alerts_alert a WHERE a.rule_id = h.rule_id AND {same} AND a.state <> 'closed')
  -- who closed it since knew of this close
  AND (last.id IS NULL OR last.began < %(day)s AND (last.closed_on <= %(day)s OR last.level < h.level))
  -- what a person has accepted or called a false alarm does not come back at the same level before the cool-down is over
  AND NOT EXISTS (SELECT 1 FROM alerts_alert a WHERE a.rule_id = h.rule_id AND {same} AND a.state = 'closed' AND a.outcome IN ('accepted', 'false_alarm')
                  AND a.level >= h.level AND a.closed_on > %(day)s - %(cooldown)s)
  AND NOT EXISTS (SELECT 1 FROM alerts_rulesnooze z WHERE z.rule_id = h.rule_id AND z.borrower_id = s.borrower_id
                  AND z.from_on <= %(day)s AND z.until >= %(day)s)
"""
REOPENED = (
    """
WITH changed AS (
    UPDATE alerts_alert a
    SET state = 'open', level = f.level, reopened = a.reopened + 1, reopened_on = %(day)s, exposure = f.exposure, due_on = f.due_on,
        branch_id = f.branch_id, cleared_on = NULL, clear_since = NULL, lower_since = NULL, acknowledged_at = NULL, acknowledged_by_id = NULL, handler_id = NULL,
        submitted_by_id = NULL, submitted_at = NULL, closed_by_id = NULL, closed_on = NULL, outcome = ''
    FROM lw_fresh f WHERE f.reopens AND a.id = f.last_id
    RETURNING a.id, f.level, f.version_id, f.subject
)
"""
    + _CHANGED
)
OPENED = """
WITH fresh AS (SELECT nextval('alerts_alert_id_seq') AS id, f.* FROM (SELECT * FROM lw_fresh WHERE NOT reopens ORDER BY subject, rule_id) f),
opened AS (
    INSERT INTO alerts_alert (id, lender_id, number, rule_id, rule_version_id, loan_id, borrower_id, branch_id, bucket, concerns_id, exposure,
                              currency, level, state, opened_on, due_on, staff_conduct, outcome, episode, previous_id)
    SELECT f.id, %(lender)s, 'AL-' || to_char(%(day)s, 'YY') || '-' || lpad(f.id::text, 6, '0'), f.rule_id, f.version_id, f.loan_id, f.borrower_id,
           f.branch_id, f.bucket, f.concerns_id, f.exposure, f.currency, f.level, 'open', %(day)s, f.due_on, f.staff_conduct, '', f.episode + 1, f.last_id
    FROM fresh f

)
INSERT INTO lw_changed SELECT id, level, version_id, subject FROM fresh
"""

# What inspections found, from the facts they leave; a finding becomes a signal of the one open alert of its loan, once.
HEARD = """
DROP TABLE IF EXISTS lw_heard;
CREATE TEMP TABLE lw_heard ON COMMIT DROP AS
SELECT f.subject, f.loan_id, l.borrower_id, l.branch_id, l.bucket, l.currency, f.level, f.text, f.valid_from, f.entered_by_id
FROM borrowers_visitfinding f JOIN borrowers_loan l ON l.id = f.loan_id
WHERE f.lender_id = %(lender)s AND f.bucket BETWEEN %(lo)s AND %(hi)s AND f.known_from <= %(known)s AND f.valid_from <= %(day)s
  AND NOT (f.loan_id = ANY (%(held)s::bigint[])) AND (%(only)s::bigint[] IS NULL OR f.loan_id = ANY (%(only)s::bigint[]))
  AND NOT EXISTS (SELECT 1 FROM alerts_alertsignal s WHERE s.source = 'visit' AND s.reference = f.subject)
"""
HEARD_WORSE = (
    """
UPDATE alerts_alert a SET level = h.level, due_on = least(a.due_on, (%(due)s::jsonb ->> h.level::text)::date), """
    + _ROSE
    + """
FROM (SELECT loan_id, max(level) AS level FROM lw_heard GROUP BY loan_id) h
WHERE a.rule_id = %(rule)s AND a.loan_id = h.loan_id AND a.state <> 'closed' AND a.level < h.level
"""
)
HEARD_AGAIN = """
UPDATE alerts_alert a
SET state = 'open', level = h.level, reopened = a.reopened + 1, reopened_on = %(day)s, due_on = (%(due)s::jsonb ->> h.level::text)::date,
    branch_id = h.branch_id, cleared_on = NULL, clear_since = NULL, lower_since = NULL, acknowledged_at = NULL, acknowledged_by_id = NULL, handler_id = NULL,
    submitted_by_id = NULL, submitted_at = NULL, closed_by_id = NULL, closed_on = NULL, outcome = ''
FROM (SELECT loan_id, branch_id, max(level) AS level FROM lw_heard GROUP BY loan_id, branch_id) h
WHERE a.rule_id = %(rule)s AND a.loan_id = h.loan_id AND a.state = 'closed' AND a.closed_on >= %(day)s - %(reopen)s::int
  AND greatest(a.opened_on, a.reopened_on) < %(day)s
  AND NOT EXISTS (SELECT 1 FROM alerts_alert n WHERE n.rule_id = a.rule_id AND n.loan_id = a.loan_id AND (n.state <> 'closed' OR n.episode > a.episode))
"""
HEARD_NEW = """
WITH fresh AS (
    SELECT nextval('alerts_alert_id_seq') AS id, h.* FROM (
        SELECT loan_id, borrower_id, branch_id, bucket, currency, max(level) AS level FROM lw_heard h
        WHERE NOT EXISTS (SELECT 1 FROM alerts_alert a WHERE a.rule_id = %(rule)s AND a.loan_id = h.loan_id AND a.state <> 'closed')
        GROUP BY loan_id, borrower_id, branch_id, bucket, currency ORDER BY loan_id) h
)
INSERT INTO alerts_alert (id, lender_id, number, rule_id, rule_version_id, loan_id, borrower_id, branch_id, bucket, exposure, currency, level, state,
                          opened_on, due_on, staff_conduct, outcome, episode, previous_id)
SELECT f.id, %(lender)s, 'AL-' || to_char(%(day)s, 'YY') || '-' || lpad(f.id::text, 6, '0'), %(rule)s, %(version)s, f.loan_id, f.borrower_id,
       f.branch_id, f.bucket, o.outstanding, f.currency, f.level, 'open', %(day)s, (%(due)s::jsonb ->> f.level::text)::date, false, '',
       coalesce(last.episode, 0) + 1, last.id
FROM fresh f LEFT JOIN alerts_loanday o ON o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.loan_id = f.loan_id
LEFT JOIN LATERAL (SELECT a.id, a.episode FROM alerts_alert a WHERE a.rule_id = %(rule)s AND a.loan_id = f.loan_id ORDER BY a.episode DESC LIMIT 1) last ON true
"""
HEARD_EVIDENCE = """
INSERT INTO alerts_alertevidence (alert_id, as_of, level, rule_version_id, "values", thresholds)
SELECT a.id, %(day)s, a.level, %(version)s, '{}', '[]' FROM alerts_alert a
WHERE a.rule_id = %(rule)s AND a.state <> 'closed' AND a.loan_id IN (SELECT loan_id FROM lw_heard)
  AND NOT EXISTS (SELECT 1 FROM alerts_alertevidence e
                  WHERE e.alert_id = a.id AND e.level >= a.level AND e.as_of >= greatest(a.opened_on, a.reopened_on))
ON CONFLICT DO NOTHING
"""
HEARD_SIGNALS = """
INSERT INTO alerts_alertsignal (alert_id, source, kind, level, text, reference, "on", by_id)
SELECT a.id, 'visit', 'other', h.level, h.text, h.subject, h.valid_from, h.entered_by_id
FROM lw_heard h JOIN alerts_alert a ON a.rule_id = %(rule)s AND a.loan_id = h.loan_id AND a.state <> 'closed' ORDER BY h.subject
ON CONFLICT DO NOTHING
"""
