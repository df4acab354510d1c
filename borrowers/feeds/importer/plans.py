"""Makes the instalments of a loan from what a row says of them: how much, how many, and after which day each month."""

from datetime import date

from django.db import connection

from borrowers import staging
from borrowers.feeds.importer.formats import Format
from borrowers.feeds.models import Delivery
from borrowers.loans.cashflow import STAGED_DEMAND, add_staged_schedule
from loanwatch.lenders.models import Lender


def add_schedules(declared: Format, lender: Lender, delivery: Delivery, known_from: date) -> int:
    """Append the instalments that the good rows of `feed_row` declare in their `schedule`; returns how many are new.

    The n-th falls due n months after `since`, on the same day or the last of a shorter month. The last one is what is left of the
    principal, so that they add up to it. Interest is not told apart: every instalment is principal. A loan that has a plan keeps it.
    """
    if "schedule" not in declared.targets:
        return 0
    staging.stage("staged_demand", STAGED_DEMAND)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO staged_demand (loan_number, version, seq, due_on, principal, interest, fee, valid_from, known_from)
            SELECT r.schedule__loan_number, 1, n, (r.schedule__since + make_interval(months => n))::date,
                   CASE WHEN n < r.schedule__instalments THEN r.schedule__amount
                        ELSE l.principal - r.schedule__amount * (r.schedule__instalments - 1) END,
                   0, 0, l.disbursed_on, %(known)s
            FROM feed_row r
            JOIN borrowers_loan l ON l.lender_id = %(lender)s AND l.number = r.schedule__loan_number
            CROSS JOIN LATERAL generate_series(1, r.schedule__instalments) n
            WHERE r.reason IS NULL AND l.principal >= r.schedule__amount * (r.schedule__instalments - 1)
            """,
            {"lender": lender.pk, "known": known_from},
        )
    return add_staged_schedule(lender, delivery=delivery)
