"""Whether the borrower can be reached: what was tried in 60 days since it was last reached."""

from alerts.observation.borrowers.management_fields import CONTACT_FIELDS
from alerts.observation.engine import BOOL, INT, Family, new_fact
from borrowers.revisions import known

SQL = f"""
WITH tried AS MATERIALIZED (
    SELECT n.*, max(n.valid_from) FILTER (WHERE n.reached) OVER (PARTITION BY n.borrower_id) AS reached_on
    FROM lw_subject s JOIN borrowers_contactattempt n ON n.borrower_id = s.subject_id
    WHERE n.lender_id = %(lender)s AND n.valid_from <= %(day)s AND n.valid_from > %(day)s::date - 60 AND {known("n", "borrowers_contactattempt")}
),
failed AS (
    SELECT borrower_id, count(*) AS attempts, count(DISTINCT channel) AS channels, bool_or(premises_closed) AS closed, min(valid_from) + 60 AS leaves_on
    FROM tried WHERE NOT reached AND (reached_on IS NULL OR valid_from > reached_on) GROUP BY borrower_id
),
leaving AS (SELECT borrower_id, min(valid_from) + 60 AS "on" FROM tried GROUP BY borrower_id)
SELECT s.subject_id,
       CASE WHEN 'contacts' = ANY (%(signal_sources)s::text[]) THEN CASE WHEN f.channels >= 2 THEN f.attempts ELSE 0 END END AS failed_contacts_60d,
       CASE WHEN 'contacts' = ANY (%(signal_sources)s::text[]) THEN coalesce(f.closed, false) END AS premises_closed,
       l."on" AS recheck_on
FROM lw_subject s LEFT JOIN failed f ON f.borrower_id = s.subject_id LEFT JOIN leaving l ON l.borrower_id = s.subject_id
"""
TRIED = f"""
SELECT n.borrower_id FROM borrowers_contactattempt n WHERE n.lender_id = %(lender)s AND n.bucket BETWEEN %(lo)s AND %(hi)s AND {new_fact("n")}
"""

CONTACTS = Family(
    name="contacts",
    sql=SQL,
    columns={"failed_contacts_60d": INT, "premises_closed": BOOL},
    news=(TRIED,),
    rechecks=True,
    sources=("borrowers_contactattempt",),
    fields=CONTACT_FIELDS,
)
