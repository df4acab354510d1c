"""What the demo's staff did, as the dated facts that the acts themselves would have left: from the inspections of the past, and planted."""

from datetime import timedelta
from decimal import Decimal

from django.db import connection

from borrowers.conduct.models import ConductFact
from loanwatch.demo import staff
from loanwatch.demo.calendar import Calendar
from loanwatch.demo.garden import Garden
from loanwatch.demo.writing import Writer
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

COLUMNS = 'lender_id, person_id, kind, "on", known_from, loan_id, subject, figure, detail'
KNOWN = 'coalesce((SELECT min(d.business_date) FROM trail_businessday d WHERE d.lender_id = f.lender_id AND d.business_date >= f."on"), f."on")'
ON_DAY = "(%s AT TIME ZONE 'Asia/Shanghai')::date"
REPORTED = """
SELECT v.lender_id, v.recorded_by_id, 'visit_reported', v.submitted_on AS "on", v.loan_id, 'visit:' || v.id AS subject,
       (v.submitted_on - v.visited_on)::numeric AS figure, jsonb_build_object('conclusion', b.conclusion) AS detail
FROM inspections_visit v JOIN inspections_visitwords b ON b.visit_id = v.id WHERE v.lender_id = %(lender)s AND v.state <> 'draft'
"""
COPIED = """
SELECT v.lender_id, v.recorded_by_id, 'copied_picture', v.submitted_on AS "on", v.loan_id, 'visit:' || v.id AS subject,
       count(*)::numeric AS figure, jsonb_build_object('reused', count(*), 'old', 0, 'before_loan', 0) AS detail
FROM inspections_visit v JOIN inspections_photo p ON p.visit_id = v.id AND p.reused_from_id IS NOT NULL AND p.carried_from_id IS NULL
WHERE v.lender_id = %(lender)s AND v.state <> 'draft' GROUP BY v.id
"""
# Of each decided check: points answered on both sides, the conclusion among them, and how many of them otherwise.
CHECKED = f"""
SELECT c.lender_id, v.recorded_by_id, c.officer_id, v.loan_id, v.id AS visit_id, c.decision, b.conclusion, o.staff_no,
       {ON_DAY % "c.decided_at"} AS "on", extract(epoch FROM c.own_recorded_at - c.opened_at) AS seconds,
       count(*) FILTER (WHERE a.value IS NOT NULL AND w.value IS NOT NULL) + 1 AS points,
       count(*) FILTER (WHERE a.value <> w.value) + (c.own_conclusion <> b.conclusion)::int AS changed
FROM inspections_verification c JOIN inspections_visit v ON v.id = c.visit_id JOIN inspections_visitwords b ON b.visit_id = v.id
JOIN people_person o ON o.id = c.officer_id
LEFT JOIN inspections_ownanswer w ON w.verification_id = c.id
LEFT JOIN inspections_answer a ON a.visit_id = v.id AND a.checkpoint_id = w.checkpoint_id
WHERE c.lender_id = %(lender)s AND c.decision <> '' GROUP BY c.id, v.id, b.visit_id, o.staff_no
"""
VERIFIED = f"""
SELECT c.lender_id, c.recorded_by_id, 'visit_verified', c."on", c.loan_id, 'visit:' || c.visit_id AS subject, c.changed::numeric AS figure,
       jsonb_build_object('points', c.points, 'changed', c.changed, 'decision', c.decision, 'conclusion', c.conclusion,
                          'verifier', c.staff_no) AS detail FROM ({CHECKED}) c
"""
TIMED = f"""
SELECT c.lender_id, c.officer_id, 'review_time', c."on", c.loan_id, 'visit:' || c.visit_id AS subject, round(c.seconds / c.points, 4) AS figure,
       jsonb_build_object('points', c.points, 'agreed', c.points - c.changed, 'seconds', c.seconds::int) AS detail FROM ({CHECKED}) c
"""


def of_inspections(lender: Lender) -> int:
    """Reports, checks and the time they took; returns how many acts."""
    written = 0
    with connection.cursor() as cursor:
        for made in (REPORTED, COPIED, VERIFIED, TIMED):
            cursor.execute(
                f"""
                INSERT INTO borrowers_conductfact ({COLUMNS})
                SELECT f.lender_id, f.person, f.kind, f."on", {KNOWN}, f.loan_id, f.subject, f.figure, f.detail
                FROM ({made}) f (lender_id, person, kind, "on", loan_id, subject, figure, detail) ORDER BY f."on", f.subject
                """,
                {"lender": lender.pk},
            )
            written += cursor.rowcount
    return written


def planted(writer: Writer, people: dict[str, Person], garden: Garden, days: Calendar) -> None:
    """The acts of the answer key that no inspection shows."""
    made = []

    def act(login: str, kind: str, ago: int, subject: str, figure: int | Decimal, code: str = "", **detail: object) -> None:
        on = days.as_of - timedelta(days=ago)
        made.append(ConductFact(
            lender=writer.lender, person=people[login], kind=kind, on=on, known_from=days.known(on), subject=subject, figure=Decimal(figure),
            loan_id=writer.loan_ids[garden.note_of(code).number] if code else None, detail=detail))  # fmt: skip

    manager = garden.note_of("not_reached").party.manager
    for place, ago in enumerate((30, 14), 1):
        act(manager, "visit_postponed", ago, f"demo:postponed:{place}", 7, "not_reached", asked_by="财务负责人 Head of finance")
    for place in range(10):
        act(LATE_WRITER, "entry", 5 + 7 * place, f"repayment:demo:{place}", 6 if place % 3 == 1 else 0, fact="repayment")
    for place in range(10):
        act(staff.RUBBER_STAMP, "review_time", 4 + 8 * place, f"demo:review:{place}", 2, points=6, agreed=6, seconds=12)
    act(staff.PHOTO_REUSER.login, "copied_words", 12, "demo:copied:1", Decimal("0.85"))
    for place in range(8):
        act(ALARM_SILENCER, "alert_closed", 20 + 4 * place, f"demo:closed:{place}", 0, "edge_61" if place == 7 else "told_late", outcome="false_alarm")
    ConductFact.objects.bulk_create(made)


LATE_WRITER = "am231b"
ALARM_SILENCER = "am112a"
STAFF_KEY = (  # log-in, indicator, value, level, what is so
    ("am231b", "PRC-10", "0.3", "orange", "Three of ten repayments were entered 6 days after they were made."),
    ("officer230", "PRC-07", "", "yellow", "Takes two or three seconds a point and agrees with everything."),
    ("am221c", "PRC-03", "", "orange", "Used two pictures of one visit again in two others."),
    ("am221c", "PRC-04", "0.85", "orange", "Two reports that are alike in 85 % of their words."),
    ("am112a", "PRC-09", "0.125", "orange", "One of eight alerts closed as false alarms went past 60 days within half a year."),
)
