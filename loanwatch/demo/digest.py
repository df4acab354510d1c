"""A checksum over everything the demo book says: the same seed, size and day must give the same one."""

from hashlib import sha256

from django.db import connection

from loanwatch.lenders.models import Lender

# By the numbers people know, never by keys of the database; in an order of their own.
CONTENT = (
    """SELECT b.code, b.name, b.kind, up.code FROM people_branch b JOIN people_branchreach r ON r.descendant_id = b.id AND r.depth <= 1
       JOIN people_branch up ON up.id = r.ancestor_id WHERE b.lender_id = %s ORDER BY 1, 4""",
    """SELECT p.staff_no, p.name, p.certificate_until, p.left_on, h.role, b.code, h.from_on, h.to_on FROM people_person p
       JOIN people_roleheld h ON h.person_id = p.id LEFT
       JOIN people_branch b ON b.id = h.branch_id WHERE p.lender_id = %s ORDER BY 1, 5, 6""",
    """SELECT number, bucket, name, kind, segment, industry, region, phone, address, latitude, longitude, key_customer, valid_from,
       known_from
       FROM borrowers_borrower WHERE lender_id = %s ORDER BY number""",
    """SELECT l.number, w.number, l.bucket, p.code, b.code, l.principal, l.rate, l.disbursed_on, l.matures_on, l.settled_on, l.purpose,
       l.ltv_agreed,
              l.segment, l.valid_from, l.known_from
       FROM borrowers_loan l JOIN borrowers_borrower w ON w.id = l.borrower_id JOIN lenders_product p ON p.id = l.product_id
       JOIN people_branch b ON b.id = l.branch_id WHERE l.lender_id = %s ORDER BY 1""",
    """SELECT l.number, i.version, i.seq, i.due_on, i.principal, i.interest, i.cum_due_minor, i.cum_principal_minor, i.known_from
       FROM borrowers_instalment i JOIN borrowers_loan l ON l.id = i.loan_id WHERE i.lender_id = %s ORDER BY 1, 2, 3""",
    """SELECT l.number, r.seq, r.paid_on, r.amount, r.cum_paid_minor, r.payer, r.payer_kind, r.known_from
       FROM borrowers_repayment r JOIN borrowers_loan l ON l.id = r.loan_id WHERE r.lender_id = %s ORDER BY 1, 2""",
    """SELECT l.number, e.kind, e.valid_from, e.amount, e.matures_on, e.days_past_due, o.number, e.known_from FROM borrowers_loanevent e
       JOIN borrowers_loan l ON l.id = e.loan_id LEFT
       JOIN borrowers_loan o ON o.id = e.other_loan_id WHERE e.lender_id = %s ORDER BY 1, 3, 2""",
    """SELECT l.number, c.number, c.kind, p.rank, p.prior_liens, p.valid_from FROM borrowers_pledge p
       JOIN borrowers_loan l ON l.id = p.loan_id
       JOIN borrowers_collateralitem c ON c.id = p.item_id WHERE p.lender_id = %s ORDER BY 1, 2""",
    """SELECT c.number, v.valid_from, v.value, v.method, v.appraiser FROM borrowers_valuation v
       JOIN borrowers_collateralitem c ON c.id = v.item_id
       WHERE v.lender_id = %s ORDER BY 1, 2, 4""",
    """SELECT l.number, w.number, g.amount, g.valid_from FROM borrowers_guarantee g JOIN borrowers_loan l ON l.id = g.loan_id
       JOIN borrowers_borrower w ON w.id = g.guarantor_id WHERE g.lender_id = %s ORDER BY 1, 2""",
    """SELECT l.number, p.staff_no, c.capacity, c.from_on, c.to_on FROM borrowers_custody c JOIN borrowers_loan l ON l.id = c.loan_id
       JOIN people_person p ON p.id = c.person_id WHERE c.lender_id = %s ORDER BY 1, 3, 4, 2""",
    """SELECT l.number, t.kind, t.opened_on, t.due_on, p.staff_no, t.state, t.submitted_on, t.closed_on FROM inspections_task t
       JOIN borrowers_loan l ON l.id = t.loan_id LEFT
       JOIN people_person p ON p.id = t.assigned_to_id WHERE t.lender_id = %s ORDER BY 1, 3, 2, 4""",
    """SELECT l.number, t.opened_on, t.kind, v.attempt, v.state, v.visited_on, w.conclusion, w.summary, v.submitted_on, p.staff_no,
       o.staff_no
       FROM inspections_visit v JOIN inspections_visitwords w ON w.visit_id = v.id JOIN inspections_task t ON t.id = v.task_id
       JOIN borrowers_loan l ON l.id = v.loan_id JOIN people_person p ON p.id = v.recorded_by_id
       LEFT JOIN people_person o ON o.id = v.verified_by_id WHERE v.lender_id = %s
       ORDER BY 1, 2, 3, 4, t.due_on""",
    """SELECT l.number, t.opened_on, t.kind, v.attempt, c.code, a.value, a.note FROM inspections_answer a
       JOIN inspections_visit v ON v.id = a.visit_id
       JOIN inspections_task t ON t.id = v.task_id JOIN borrowers_loan l ON l.id = v.loan_id
       JOIN inspections_checkpoint c ON c.id = a.checkpoint_id
       WHERE v.lender_id = %s ORDER BY 1, 2, 3, 4, t.due_on, 5""",
    """SELECT w.number, f.measure, f.valid_from, f.value, f.known_from FROM borrowers_outsidefigure f
       JOIN borrowers_borrower w ON w.id = f.borrower_id WHERE f.lender_id = %s ORDER BY 1, 2, 3""",
    """SELECT w.number, s.valid_from, s.months, s.revenue, s.total_assets FROM borrowers_financialstatement s
       JOIN borrowers_borrower w ON w.id = s.borrower_id WHERE s.lender_id = %s ORDER BY 1, 2, 3""",
    """SELECT a.number, t.reference, t.amount, t.balance_after, t.category FROM borrowers_accounttransaction t
       JOIN borrowers_depositaccount a ON a.id = t.account_id WHERE t.lender_id = %s ORDER BY 1, 2""",
    """SELECT p.staff_no, c.kind, c."on", c.figure, count(*) FROM borrowers_conductfact c JOIN people_person p ON p.id = c.person_id
       WHERE c.lender_id = %s GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4""",
    "SELECT business_date, sha256, rows_read FROM borrowers_delivery WHERE lender_id = %s ORDER BY 1",
)


def book_digest(lender: Lender) -> str:
    """SHA-256 (hex) over the facts, people and inspections of `lender`."""
    found = sha256()
    with connection.cursor() as cursor:
        for statement in CONTENT:
            cursor.execute(statement, [lender.pk])
            for row in cursor.fetchall():
                found.update(repr(tuple(map(str, row))).encode())
    return found.hexdigest()
