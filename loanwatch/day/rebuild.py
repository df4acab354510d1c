"""A closed day whose daily rows were dropped is computed again from the facts, as known then."""

from datetime import date

from django.db import connection, transaction
from django.utils.translation import gettext as _

from alerts.observation import rerun
from alerts.observation.models import DroppedDay
from loanwatch.day import steps
from loanwatch.day.checksums import OBSERVING
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import Lender
from loanwatch.trail.ledger import key_of
from loanwatch.trail.models import BusinessDay
from loanwatch.trail.queries import CLOSED
from loanwatch.trail.record import record

FIGURES = """
SELECT count(*) FROM (SELECT branch_id, product_id, currency, loans, outstanding, overdue_principal, overdue_interest FROM public.alerts_nodeday WHERE {mine}) a
FULL JOIN (SELECT branch_id, product_id, currency, loans, outstanding, overdue_principal, overdue_interest FROM pg_temp.alerts_nodeday WHERE {mine}) b
USING (branch_id, product_id, currency, loans, outstanding, overdue_principal, overdue_interest)
WHERE a.loans IS NULL OR b.loans IS NULL
"""


@transaction.atomic
def rebuild(lender: Lender, business_date: date) -> int:
    """Write the rows of loans and borrowers of a dropped day again; returns the number of loans.

    The day's figures by node were never dropped, and what is computed must add up to them to the last hundredth. Raises Conflict
    where it does not (rules of counting or parameters were changed backwards: run the day again to see how), and for a
    day that is not dropped.
    """
    dropped = DroppedDay.objects.select_for_update(of=("self",)).filter(lender=lender, as_of=business_date).first()
    day = BusinessDay.objects.filter(lender=lender, business_date=business_date, state__in=CLOSED).first()
    if dropped is None or day is None:
        raise Conflict(_("The observation of %(day)s has not been dropped. Nothing was changed.") % {"day": business_date})
    key = key_of(lender.pk, business_date, previous=day.previous_date, known=day.known_on)
    with connection.cursor() as cursor:
        cursor.execute("SELECT lw_make_observation_day(%s, %s)", [lender.pk, business_date])
        with rerun.guard(cursor):
            tables = rerun.shadow(cursor, key)
            for step, _cut in steps.PLAN:
                if step == "allocate" or step in OBSERVING:
                    steps.run(cursor, step, key, lender)
        cursor.execute(FIGURES.format(mine="lender_id = %(lender)s AND as_of = %(day)s"), key)
        if differing := cursor.fetchone()[0]:
            raise Conflict(
                _("The observation of %(day)s was not rebuilt: %(number)s of its figures by branch and product would not add up.")
                % {"day": business_date, "number": differing}
            )
        rerun.put_in_place(cursor, key, [t for t in tables if t.name in rerun.LARGE])
        cursor.execute("SELECT count(*) FROM public.alerts_loanday WHERE lender_id = %(lender)s AND as_of = %(day)s", key)
        loans: int = cursor.fetchone()[0]
    dropped.delete()
    record("day.rebuilt", by=None, subject=day, business_date=str(business_date), loans=loans)
    return loans
