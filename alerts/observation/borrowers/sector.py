"""How the borrower's industry stands in our own book, against its limit, and in the news.

Read from the sectors at the close before, which are complete when the first borrower of the day is observed.
"""

from alerts.observation.engine import NUMBER, RATIO, Family
from alerts.observation.fields import BOOK, CREDIT_ADMIN, LOANWATCH, SHARE, TIMES, WORD, Field, Kind, gettext_noop

# The newest close of each month up to the close before; the last three against the twelve before them.
SQL = """
WITH month_end AS (
    SELECT s.industry, s.as_of, s.loans, s.loans_90, s.outstanding,
           row_number() OVER (PARTITION BY s.industry ORDER BY s.as_of DESC) AS back
    FROM alerts_sectorday s
    JOIN (SELECT max(as_of) AS as_of FROM alerts_sectorday WHERE lender_id = %(lender)s AND as_of < %(day)s
          GROUP BY date_trunc('month', as_of)) e ON e.as_of = s.as_of
    WHERE s.lender_id = %(lender)s AND s.as_of > %(day)s::date - interval '16 months'
),
sector AS (
    SELECT industry, max(outstanding) FILTER (WHERE back = 1) AS outstanding,
           avg(loans_90::numeric / loans) FILTER (WHERE back BETWEEN 1 AND 3) AS now,
           avg(loans_90::numeric / loans) FILTER (WHERE back BETWEEN 4 AND 15) AS year, count(*) FILTER (WHERE back <= 15) AS months
    FROM month_end GROUP BY industry
),
limits AS (SELECT * FROM unnest(%(sector_names)s::text[], %(sector_limits)s::numeric[]) AS l (industry, most)),
event AS (
    SELECT e.industry, max(CASE e.level WHEN 'mild' THEN 1 WHEN 'strong' THEN 2 ELSE 3 END) AS level
    FROM borrowers_sectorevent e
    WHERE e.lender_id = %(lender)s AND e.valid_from <= %(day)s AND e.known_from <= %(known)s AND (e.to_on IS NULL OR e.to_on > %(day)s)
    GROUP BY e.industry
)
SELECT b.subject_id, CASE WHEN s.months = 15 THEN s.now / nullif(s.year, 0) END AS sector_default_ratio,
       s.outstanding / nullif(l.most, 0) AS sector_limit_used,
       CASE WHEN b.industry <> '' THEN coalesce((ARRAY['mild', 'strong', 'ban'])[v.level], 'none') END AS sector_event
FROM lw_book b
LEFT JOIN sector s ON s.industry = b.industry
LEFT JOIN limits l ON l.industry = b.industry
LEFT JOIN event v ON v.industry = b.industry
"""
_NO_INDUSTRY = gettext_noop("The feed names no industry.")
_SECTORS = gettext_noop("Industries of the book at the close before")
_EVENTS = (
    ("none", gettext_noop("None")),
    ("mild", gettext_noop("Mild")),
    ("strong", gettext_noop("Strong")),
    ("ban", gettext_noop("Ban or closure")),
)

SECTOR = Family(
    name="sector",
    sql=SQL,
    columns={"sector_default_ratio": NUMBER, "sector_limit_used": RATIO, "sector_event": "varchar(8)"},
    nightly=True,
    sources=(("alerts_sectorday", "as_of < %(day)s"), "borrowers_sectorevent"),
    without={"sector_event": "CASE WHEN b.industry <> '' THEN 'none' END"},
    fields=(
        Field(
            name="sector_default_ratio", grain="borrower", kind=Kind.NUMBER, unit=TIMES, inputs=_SECTORS, owner=LOANWATCH, sample="1.4",
            indicator="IND-01",
            label=gettext_noop("Default rate of the industry against the year before"),
            meaning=gettext_noop(
                "Share of the industry's loans more than 90 days past due, mean of the last 3 month-ends, divided by the mean of the 12 before them."
            ),
            empty=gettext_noop("The industry is not named, has less than 15 month-ends of history, or had no default in the year before."),
        ),
        Field(
            name="sector_limit_used", grain="borrower", kind=Kind.RATIO, unit=SHARE, inputs=_SECTORS, owner=CREDIT_ADMIN, sample="0.86",
            indicator="IND-02",
            label=gettext_noop("Limit of the industry used"),
            meaning=gettext_noop("Outstanding balance of the industry in the currency of the lender, divided by its limit."),
            empty=gettext_noop("Credit administration has set no limit for the industry, or the industry is not named."),
        ),
        Field(
            name="sector_event", grain="borrower", kind=Kind.CHOICE, unit=WORD, inputs=BOOK, owner=CREDIT_ADMIN, sample="mild",
            indicator="IND-03", values=_EVENTS,
            label=gettext_noop("Shock to the industry"),
            meaning=gettext_noop("The gravest price or policy event in force for the industry, as risk control has tagged it."),
            empty=_NO_INDUSTRY,
        ),
    ),
)  # fmt: skip
