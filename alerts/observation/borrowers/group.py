"""Who belongs together with the borrower: declared groups, control, and links that nobody declared.

It hangs on other borrowers, so it is looked at every night. Only allocation and positions are read of them, which are complete
before the first observation of the day is written.
"""

from alerts.observation.borrowers.group_fields import GROUP_FIELDS
from alerts.observation.borrowers.statements import share
from alerts.observation.engine import BOOL, INT, RATIO, Family
from alerts.observation.loans.guarantors import DAYS, ON_BOOK, STANDS, worst
from borrowers.revisions import known

_IN_FORCE = "{0}.lender_id = %(lender)s AND {0}.valid_from <= %(day)s AND ({0}.to_on IS NULL OR {0}.to_on > %(day)s)"

_KIN = f"""
relation AS MATERIALIZED (
    SELECT r.borrower_id, r.kind, r.name, r.party_id, r.share FROM borrowers_relatedparty r
    WHERE {_IN_FORCE.format("r")} AND {known("r", "borrowers_relatedparty")}
),
control AS MATERIALIZED (SELECT * FROM relation WHERE party_id IS NOT NULL AND (kind = 'controller' OR share >= %(control_share)s)),
membership AS MATERIALIZED (
    SELECT m.borrower_id, m.group_id FROM borrowers_groupmembership m WHERE {_IN_FORCE.format("m")} AND {known("m", "borrowers_groupmembership")}
),
kin AS MATERIALIZED (
    SELECT k.subject_id, k.other FROM (
        SELECT b.subject_id, c.party_id AS other FROM lw_book b JOIN control c ON c.borrower_id = b.subject_id
        UNION SELECT b.subject_id, c.borrower_id FROM lw_book b JOIN control c ON c.party_id = b.subject_id
        UNION SELECT b.subject_id, d.borrower_id FROM lw_book b JOIN control c ON c.borrower_id = b.subject_id AND c.kind = 'controller'
              JOIN control d ON d.party_id = c.party_id AND d.kind = 'controller'
        UNION SELECT b.subject_id, n.borrower_id FROM lw_book b JOIN membership m ON m.borrower_id = b.subject_id JOIN membership n ON n.group_id = m.group_id
    ) k WHERE k.other <> k.subject_id
)"""
# A telephone number that half the town has given links nobody: what more than a few share is left out.
_FEW = "GROUP BY 1 HAVING count({0}) BETWEEN 2 AND %(link_most)s"
_LINKS = f"""
phone AS (SELECT phone FROM borrowers_borrower WHERE lender_id = %(lender)s AND phone <> '' AND known_from <= %(known)s {_FEW.format("*")}),
place AS (SELECT address FROM borrowers_borrower WHERE lender_id = %(lender)s AND address <> '' AND known_from <= %(known)s {_FEW.format("*")}),
person AS (SELECT name FROM relation WHERE name <> '' {_FEW.format("DISTINCT borrower_id")}),
link AS MATERIALIZED (
    SELECT l.subject_id, l.other FROM (
        SELECT b.subject_id, o.id AS other FROM lw_book b JOIN borrowers_borrower p ON p.id = b.subject_id JOIN phone USING (phone)
        JOIN borrowers_borrower o ON o.phone = p.phone AND o.lender_id = %(lender)s AND o.known_from <= %(known)s
        UNION SELECT b.subject_id, o.id FROM lw_book b JOIN borrowers_borrower p ON p.id = b.subject_id JOIN place USING (address)
        JOIN borrowers_borrower o ON o.address = p.address AND o.lender_id = %(lender)s AND o.known_from <= %(known)s
        UNION SELECT b.subject_id, o.borrower_id FROM lw_book b JOIN relation r ON r.borrower_id = b.subject_id JOIN person USING (name)
        JOIN relation o ON o.name = r.name
    ) l WHERE l.other <> l.subject_id AND NOT EXISTS (SELECT FROM kin k WHERE k.subject_id = l.subject_id AND k.other = l.other)
)"""
_STANDING = f"""
standing AS MATERIALIZED (
    SELECT l.borrower_id, l.currency, {worst(DAYS, f"({DAYS}) IS NULL")} AS dpd,
           CASE WHEN count(*) = count(coalesce(s.outstanding_minor, po.balance)) THEN sum(coalesce(s.outstanding_minor / 100.0, po.balance)) END AS outstanding
    FROM borrowers_loan l {STANDS}
    WHERE l.lender_id = %(lender)s AND {ON_BOOK} AND l.borrower_id IN (
        SELECT other FROM kin UNION SELECT other FROM link
        UNION SELECT n.borrower_id FROM membership n WHERE n.group_id IN (SELECT m.group_id FROM membership m JOIN lw_book b ON b.subject_id = m.borrower_id))
    GROUP BY l.borrower_id, l.currency
),
insolvent AS MATERIALIZED (
    SELECT DISTINCT x.borrower_id FROM borrowers_externalsignal x
    WHERE x.topic = 'insolvency' AND {_IN_FORCE.format("x")} AND {known("x", "borrowers_externalsignal")}
      AND (x.kind <> 'news' OR x.confidence = 'confirmed')
)"""
_FOUND = f"""
contagion AS (
    SELECT k.subject_id, count(DISTINCT k.other) AS members, {worst("st.dpd", "st.borrower_id IS NOT NULL AND st.dpd IS NULL")} AS dpd,
           bool_or(i.borrower_id IS NOT NULL) AS insolvent
    FROM kin k LEFT JOIN standing st ON st.borrower_id = k.other LEFT JOIN insolvent i ON i.borrower_id = k.other
    GROUP BY k.subject_id
),
hidden AS (
    SELECT l.subject_id, count(DISTINCT l.other) AS links, max(st.dpd) AS dpd
    FROM link l JOIN standing st ON st.borrower_id = l.other AND st.dpd > (SELECT min(o) FROM unnest(%(class_over)s::int[]) AS o)
    GROUP BY l.subject_id
),
used AS (
    SELECT m.borrower_id AS subject_id, max(e.used) AS used
    FROM membership m JOIN lw_book b ON b.subject_id = m.borrower_id
    JOIN (SELECT g.id, {share("CASE WHEN count(st.borrower_id) = count(st.outstanding) THEN coalesce(sum(st.outstanding), 0) END", 'g."limit"')} AS used
          FROM borrowers_customergroup g JOIN membership n ON n.group_id = g.id
          LEFT JOIN standing st ON st.borrower_id = n.borrower_id AND st.currency = g.currency
          WHERE g.lender_id = %(lender)s GROUP BY g.id, g."limit") e ON e.id = m.group_id
    GROUP BY m.borrower_id
),
failing AS (
    SELECT b.subject_id,
           CASE WHEN EXISTS (SELECT FROM insolvent i WHERE i.borrower_id = b.subject_id) THEN 'borrower'
                WHEN EXISTS (SELECT FROM control c JOIN insolvent i ON i.borrower_id = c.party_id
                             WHERE c.borrower_id = b.subject_id AND (c.kind = 'controller' OR c.share > 50)) THEN 'parent'
                WHEN EXISTS (SELECT FROM alerts_loanday l JOIN borrowers_guarantee g ON g.loan_id = l.loan_id JOIN insolvent i ON i.borrower_id = g.guarantor_id
                             WHERE l.lender_id = %(lender)s AND l.as_of = %(day)s AND l.borrower_id = b.subject_id
                               AND {_IN_FORCE.format("g")} AND {known("g", "borrowers_guarantee")}) THEN 'guarantor'
                ELSE 'none' END AS who
    FROM lw_book b WHERE 'insolvency' = ANY (%(signal_sources)s::text[])
)"""
SQL = f"""
WITH {_KIN}, {_LINKS}, {_STANDING}, {_FOUND}
SELECT b.subject_id, coalesce(c.members, 0) AS group_members, c.dpd AS group_worst_dpd,
       CASE WHEN 'insolvency' = ANY (%(signal_sources)s::text[]) THEN c.insolvent END AS group_insolvent,
       u.used AS group_limit_used,
       CASE WHEN h.links IS NOT NULL THEN h.links
            WHEN p.phone <> '' OR p.address <> '' OR EXISTS (SELECT FROM relation r WHERE r.borrower_id = b.subject_id) THEN 0 END AS hidden_links,
       coalesce(h.dpd, CASE WHEN p.phone <> '' OR p.address <> '' OR EXISTS (SELECT FROM relation r WHERE r.borrower_id = b.subject_id) THEN 0 END)
           AS hidden_link_dpd,
       f.who AS insolvency
FROM lw_book b JOIN borrowers_borrower p ON p.id = b.subject_id
LEFT JOIN contagion c ON c.subject_id = b.subject_id
LEFT JOIN hidden h ON h.subject_id = b.subject_id
LEFT JOIN used u ON u.subject_id = b.subject_id
LEFT JOIN failing f ON f.subject_id = b.subject_id
"""

GROUP = Family(
    name="groups",
    sql=SQL,
    columns={
        "group_members": INT, "group_worst_dpd": INT, "group_insolvent": BOOL, "group_limit_used": RATIO, "hidden_links": INT, "hidden_link_dpd": INT,
        "insolvency": "varchar(9)",
    },
    derived={"npl_share": (RATIO, f"CASE WHEN r.kind = 'company' THEN {share('r.outstanding_90', 'r.outstanding')} END")},
    nightly=True,
    sources=(
        "borrowers_relatedparty", "borrowers_groupmembership", "borrowers_externalsignal", ("borrowers_borrower", "(phone <> '' OR address <> '')"),
    ),
    without={"group_members": "0"},
    fields=GROUP_FIELDS,
)  # fmt: skip
