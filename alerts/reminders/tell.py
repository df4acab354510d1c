"""The day's tell step: reminders of demands into the outbox, set-based, each once.

The close of a business day sends for the calendar days up to and with the next business day. What people read is made here, so
that the outbox proves what was said. A message that may not be sent (opted out, or one too many in seven days) is kept as
dropped with the reason; a waiting one whose demand was met or moved is dropped.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.backends.utils import CursorWrapper

from alerts.reminders import rules
from alerts.reminders.queries import settings_of, words
from alerts.reminders.rules import LANGUAGES, OVERDUE, Call, Settings
from borrowers.loans import counting
from borrowers.loans.rules import NONE
from borrowers.revisions import known
from loanwatch.kernel.calendars import days as calendar_days
from loanwatch.lenders.models import Lender, Product
from loanwatch.lenders.queries import LONGEST_GAP, business_days

MARGIN = timedelta(days=rules.LONGEST_MOVE)
USEFUL_DAYS = 2  # a reminder that could not leave for this long says nothing new any more

ONLY = "(%(only)s::bigint[] IS NULL OR {id} = ANY (%(only)s::bigint[]))"
MINE = "NOT ({id} = ANY (%(held)s::bigint[])) AND " + ONLY

# The reason for which a waiting reminder must not leave: the demand was met, the loan left the book or its plan, the day moved.
DROP = f"""
WITH moved AS (SELECT * FROM unnest(%(products)s::bigint[], %(due_ons)s::date[], %(effective_ons)s::date[]) AS t (product_id, due_on, effective_on)),
gone AS (
    SELECT m.id, CASE WHEN s.loan_id IS NULL OR i.due_on <> (m.about ->> 'due')::date THEN 'plan_changed'
                      WHEN i.cum_due_minor <= s.paid_minor THEN 'paid'
                      WHEN coalesce(t.effective_on, i.due_on) <> (m.about ->> 'counts')::date THEN 'moved' END AS reason
    FROM trail_outboxmessage m
    JOIN borrowers_loan l ON l.id = (m.about ->> 'loan')::bigint
    LEFT JOIN borrowers_loanstate s ON s.loan_id = l.id
    LEFT JOIN borrowers_instalment i ON i.loan_id = s.loan_id AND i.version = s.version AND i.seq = (m.about ->> 'seq')::int
    LEFT JOIN moved t ON t.product_id = l.product_id AND t.due_on = i.due_on
    WHERE m.lender_id = %(lender)s AND m.bucket BETWEEN %(lo)s AND %(hi)s AND m.state = 'waiting' AND m.kind LIKE 'reminder.%%'
      AND m.business_date < %(day)s AND {ONLY.format(id="l.id")}
)
UPDATE trail_outboxmessage m SET state = 'dropped', reason = coalesce(g.reason, 'plan_changed') FROM gone g
WHERE g.id = m.id AND m.state = 'waiting' AND (g.reason IS NOT NULL)
"""
WAITING_DEMANDS = """
SELECT DISTINCT l.product_id, (m.about ->> 'due')::date FROM trail_outboxmessage m JOIN borrowers_loan l ON l.id = (m.about ->> 'loan')::bigint
WHERE m.lender_id = %(lender)s AND m.bucket BETWEEN %(lo)s AND %(hi)s AND m.state = 'waiting' AND m.kind LIKE 'reminder.%%' AND m.business_date < %(day)s
"""
# A demand is reminded of once for each day offset and due date, whatever number it is reached under by then.
TELL = f"""
WITH call AS (
    SELECT * FROM unnest(%(products)s::bigint[], %(due_ons)s::date[], %(effective_ons)s::date[], %(days)s::int[], %(kinds)s::text[], %(texts)s::text[])
        AS c (product_id, due_on, effective_on, days, kind, text)
),
text AS (
    SELECT * FROM unnest(%(text_kinds)s::text[], %(text_languages)s::text[], %(text_versions)s::int[], %(headlines)s::text[], %(bodies)s::text[])
        AS t (text, language, version, headline, body)
),
demand AS (
    SELECT l.id AS loan_id, l.number, l.borrower_id, l.bucket, l.currency, i.version, i.seq, c.*,
           CASE WHEN c.days > 0 THEN i.cum_due_minor - s.paid_minor
                ELSE least(i.cum_due_minor - s.paid_minor, ((i.principal + i.interest + i.fee) * 100)::bigint) END AS minor
    FROM borrowers_instalment i
    JOIN borrowers_loanstate s ON s.loan_id = i.loan_id AND s.version = i.version AND i.cum_due_minor > s.paid_minor
    JOIN borrowers_loan l ON l.id = i.loan_id
    JOIN call c ON c.product_id = l.product_id AND c.due_on = i.due_on
    WHERE i.lender_id = %(lender)s AND i.bucket BETWEEN %(lo)s AND %(hi)s AND i.due_on = ANY (%(due_ons)s::date[]) AND {MINE.format(id="l.id")}
      -- what is stayed by a court or a moratorium is not asked for
      AND NOT (c.days > 0 AND EXISTS (SELECT 1 FROM borrowers_countingpause p WHERE p.loan_id = l.id AND p.valid_from <= %(send_on)s
                                      AND p.to_on > %(send_on)s AND {known("p", "borrowers_countingpause")}))
),
addressed AS (
    SELECT d.*, b.name, coalesce(w.channel, 'sms') AS channel, coalesce(nullif(w.address, ''), b.phone) AS recipient,
           coalesce(nullif(w.language, ''), %(languages)s::jsonb ->> d.currency, %(languages)s::jsonb ->> 'default', 'en') AS language,
           d.number || '/' || d.seq AS subject
    FROM demand d JOIN borrowers_borrower b ON b.id = d.borrower_id LEFT JOIN alerts_contactway w ON w.borrower_id = d.borrower_id
),
fresh AS (
    SELECT a.*, EXISTS (SELECT 1 FROM alerts_contactpreference n WHERE n.borrower_id = a.borrower_id AND n.channel IN ('', a.channel)
                        AND n.from_on <= %(send_on)s AND (n.to_on IS NULL OR n.to_on > %(send_on)s)) AS opted_out
    FROM addressed a
    WHERE a.recipient <> '' AND NOT EXISTS (
        SELECT 1 FROM trail_outboxmessage m WHERE m.lender_id = %(lender)s AND m.subject = a.subject AND m.kind = a.kind
          AND m.about ->> 'due' = a.due_on::text AND m.about ->> 'counts' = a.effective_on::text)
),
counted AS (
    -- the later in arrears comes first, as it matters most; what was never to be sent does not count as a contact
    SELECT f.*, CASE WHEN f.opted_out THEN 0 ELSE row_number() OVER (PARTITION BY f.borrower_id, f.opted_out ORDER BY f.days DESC, f.due_on, f.subject)
           + (SELECT count(*) FROM trail_outboxmessage m WHERE m.lane = 'borrower:' || f.borrower_id AND m.kind LIKE 'reminder.%%'
              AND m.send_on > %(send_on)s - 7 AND m.send_on <= %(send_on)s AND m.reason NOT IN ('opted_out', 'capped')) END AS contact
    FROM fresh f
)
INSERT INTO trail_outboxmessage (lender_id, kind, subject, business_date, channel, recipient, lane, bucket, about, language, headline, body, send_on,
                                 not_before, expires_at, hour_from, hour_to, state, reason)
SELECT %(lender)s, c.kind, c.subject, %(day)s, c.channel, c.recipient, 'borrower:' || c.borrower_id, c.bucket,
       jsonb_build_object('loan', c.loan_id, 'seq', c.seq, 'version', c.version, 'due', c.due_on, 'counts', c.effective_on, 'text', t.version,
                          'until', %(following)s::date),
       c.language, {{headline}}, {{body}}, %(send_on)s, %(not_before)s,
       CASE WHEN c.days < 0 THEN least(%(expires)s, (c.effective_on + 1)::timestamp AT TIME ZONE %(zone)s) ELSE %(expires)s END,
       %(hour_from)s, %(hour_to)s, CASE WHEN c.opted_out OR c.contact > %(most)s THEN 'dropped' ELSE 'waiting' END,
       CASE WHEN c.opted_out THEN 'opted_out' WHEN c.contact > %(most)s THEN 'capped' ELSE '' END
FROM counted c JOIN text t ON t.text = c.text AND t.language = c.language
ORDER BY c.borrower_id, c.days DESC, c.due_on, c.subject
ON CONFLICT DO NOTHING
"""
# As `rules.filled`: name in braces → SQL.
VALUES = {
    "loan": "right(c.number, 4)",
    "amount": "to_char(c.minor / 100.0, CASE WHEN c.currency IN ('KRW', 'JPY') THEN 'FM999,999,999,999,990' ELSE 'FM999,999,999,999,990.00' END)",
    "currency": "c.currency",
    "due": "to_char(c.effective_on, 'YYYY-MM-DD')",
    "days": "abs(c.days)::text",
    "lender": "%(lender_name)s",
    "name": "c.name",
}

# Asked by the relay just before a reminder leaves: what became known since the close counts as well, up to the lender's today. Of a
# message that is worthless by now, and so leaves only to a file, what is known later is not looked at: a past that is closed anew
# tells what it would have told then.
_AS_KNOWN = "%(known)s", "e.known"
STILL_DUE = f"""
WITH asked AS (
    SELECT m.*, (m.about ->> 'loan')::bigint AS loan_id, (m.about ->> 'seq')::int AS seq, (m.about ->> 'version')::int AS version,
           (m.about ->> 'due')::date AS due, greatest(m.send_on, (clock_timestamp() AT TIME ZONE n.zone)::date) AS today,
           greatest(m.send_on, t.today) AS leaves_on, greatest(m.send_on, (m.about ->> 'until')::date, t.today) AS known
    FROM trail_outboxmessage m JOIN lenders_lender n ON n.id = m.lender_id
    CROSS JOIN LATERAL (SELECT CASE WHEN m.expires_at IS NULL OR m.expires_at > clock_timestamp()
                               THEN (clock_timestamp() AT TIME ZONE n.zone)::date END AS today) t
    WHERE m.id = ANY (%s)
),
judged AS (
    SELECT e.id, CASE
        WHEN EXISTS (SELECT 1 FROM alerts_contactpreference o WHERE o.borrower_id = b.id AND o.channel IN ('', e.channel)
                     AND o.from_on <= e.today AND (o.to_on IS NULL OR o.to_on > e.today)) THEN 'opted_out'
        WHEN (coalesce(w.channel, 'sms'), coalesce(nullif(w.address, ''), b.phone)) IS DISTINCT FROM (e.channel, e.recipient) THEN 'address_changed'
        WHEN EXISTS (SELECT 1 FROM borrowers_loanevent v WHERE v.loan_id = e.loan_id AND v.kind IN ('settled', 'write_off', 'transfer')
                     AND v.valid_from <= e.known AND {known("v", "borrowers_loanevent").replace(*_AS_KNOWN)}) THEN 'off_book'
        WHEN i.id IS NULL OR i.due_on <> e.due OR i.cum_due_minor <> first.cum_due_minor THEN 'plan_changed'
        WHEN i.cum_due_minor <= paid.minor THEN 'paid'
        WHEN e.kind LIKE 'reminder.overdue%%' AND EXISTS (SELECT 1 FROM borrowers_countingpause p WHERE p.loan_id = e.loan_id AND p.valid_from <= e.leaves_on
                     AND p.to_on > e.leaves_on AND {known("p", "borrowers_countingpause").replace(*_AS_KNOWN)}) THEN 'stayed' END AS reason
    FROM asked e
    JOIN borrowers_loan l ON l.id = e.loan_id JOIN borrowers_borrower b ON b.id = l.borrower_id
    LEFT JOIN alerts_contactway w ON w.borrower_id = b.id
    LEFT JOIN borrowers_instalment first ON first.loan_id = e.loan_id AND first.version = e.version AND first.seq = e.seq
    CROSS JOIN LATERAL (SELECT max(n.version) AS version FROM borrowers_instalment n
                        WHERE n.loan_id = e.loan_id AND n.known_from <= e.known AND n.valid_from <= e.known) newest
    LEFT JOIN borrowers_instalment i ON i.loan_id = e.loan_id AND i.version = newest.version AND i.seq = e.seq
    CROSS JOIN LATERAL (SELECT coalesce((sum(r.amount) * 100)::bigint, 0) AS minor FROM borrowers_repayment r
                        WHERE r.loan_id = e.loan_id AND r.known_from <= e.known) paid
)
SELECT id, reason FROM judged WHERE reason IS NOT NULL
"""


def tell(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> int:
    """Write the reminders of one slice for the days up to the next business day, and drop those whose cause is gone.

    key: as `loanwatch.trail.ledger.key_of` makes it; the day's allocation is done. Twice writes nothing more. Returns messages written.
    """
    day: date = key["day"]
    settings = settings_of(lender, day)
    written = _drop(cursor, key, lender)
    if not settings.send:
        return written
    following = next((d for d in business_days(lender, day + timedelta(days=1), day + timedelta(days=LONGEST_GAP))), day + timedelta(days=1))
    days = rules.send_days(day, following)
    plan = _plan(lender, day, key["previous"], days, settings)
    common = key | {
        "lender_name": lender.name, "zone": lender.zone, "most": settings.most_per_week, "hour_from": settings.hours[0], "hour_to": settings.hours[1],
        "languages": _json(settings.language), "following": following, **_texts(lender, day),
    }  # fmt: skip
    statement = TELL.format(headline=f"left({filled_in('t.headline', VALUES)}, 200)", body=filled_in("t.body", VALUES))
    for send_on in days:
        if found := plan[send_on]:
            cursor.execute(statement, common | _columns(found) | _moments(lender, send_on, settings))
            written += cursor.rowcount
    return written


def _plan(lender: Lender, day: date, previous: date | None, days: Sequence[date], settings: Settings) -> dict[date, list[Call]]:
    """Send day → what is reminded of on it, all products. A constant number of queries."""
    terms = counting.countings(lender, day)
    reach = set(calendar_days(min(days[0], previous or days[0]) - MARGIN, days[-1] + MARGIN))
    moves = {name: counting.moves(lender, reach, name) for name in {t.convention for t in terms.values()} - {NONE}}
    found: dict[date, list[Call]] = {send_on: [] for send_on in days}
    for product, kind in Product.objects.filter(lender=lender).values_list("pk", "kind"):
        moved, offsets = moves.get(terms[product].convention, {}), settings.offsets(kind)
        found[days[0]] += rules.late_calls(day, previous, product, offsets, moved)
        for send_on in days:
            found[send_on] += rules.calls(day, send_on, product, offsets, moved)
    return found


def _drop(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> int:
    cursor.execute(WAITING_DEMANDS, key)
    waiting = cursor.fetchall()
    if not waiting:
        return 0
    terms = counting.countings(lender, key["day"])
    moves = {name: counting.moves(lender, {due for _, due in waiting}, name) for name in {t.convention for t in terms.values()} - {NONE}}
    moved = [(product, due, moves.get(terms[product].convention, {}).get(due, due)) for product, due in waiting]
    cursor.execute(DROP, key | dict(zip(("products", "due_ons", "effective_ons"), map(list, zip(*moved, strict=True)), strict=True)))
    return cursor.rowcount


def _texts(lender: Lender, day: date) -> dict[str, list[Any]]:
    rows = [(kind, language, *text) for (kind, language), text in words(lender, day).items() if kind in {rules.SOON, rules.DUE, OVERDUE}]
    return dict(zip(("text_kinds", "text_languages", "text_versions", "headlines", "bodies"), map(list, zip(*rows, strict=True)), strict=True))


def _columns(found: list[Call]) -> dict[str, list[Any]]:
    return {
        "products": [c.product for c in found], "due_ons": [c.due_on for c in found], "effective_ons": [c.effective_on for c in found],
        "days": [c.days for c in found], "kinds": [c.kind for c in found], "texts": [c.text for c in found],
    }  # fmt: skip


def _moments(lender: Lender, send_on: date, settings: Settings) -> dict[str, Any]:
    """From when the messages of a send day may leave, and after which moment they are worthless; in the lender's zone."""
    zone = ZoneInfo(lender.zone)
    first = settings.hours[0] or 0
    return {
        "send_on": send_on,
        "not_before": datetime.combine(send_on, time(first), zone),
        "expires": datetime.combine(send_on + timedelta(days=USEFUL_DAYS), time(), zone),
    }


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """SQL that does what `rules.filled` does: each name between braces in the SQL expression `text` replaced by an SQL expression."""
    for name, value in values.items():
        text = f"replace({text}, '{{{name}}}', {value})"
    return f"btrim({text})"


def _json(told: Any) -> str:
    return json.dumps({key: code for key, code in told.items() if code in LANGUAGES})


def still_due(ids: list[int]) -> dict[int, str]:
    """Of waiting reminders, those that must not leave any more and why: paid, stayed, off the book, replanned, not wanted. One query."""
    with connection.cursor() as cursor:
        cursor.execute(STILL_DUE, [ids])
        return dict(cursor.fetchall())
