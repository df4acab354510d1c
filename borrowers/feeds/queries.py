"""Questions about deliveries: was this one here before, may this date be loaded, which loans does it not tell of."""

from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Max

from borrowers.feeds.importer.formats import Format
from borrowers.feeds.models import Delivery
from borrowers.revisions import last
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import NoBusinessDay, require_business_day
from loanwatch.people.clock import today
from loanwatch.trail.models import BusinessDay

SAMPLE = 20


def already_applied(lender: Lender, format_name: str, business_date: date, sha256: str, all_rows: bool) -> Delivery | None:
    """The applied delivery of the same content for the same date, if there is one."""
    return Delivery.objects.filter(
        lender=lender, format=format_name, business_date=business_date, sha256=sha256, all_rows=all_rows, state=Delivery.State.APPLIED
    ).first()


def other_content(lender: Lender, format_name: str, business_date: date, but: int, all_rows: bool) -> Delivery | None:
    """The last applied delivery of the feed for the date, other than delivery `but`."""
    applied = Delivery.objects.filter(lender=lender, format=format_name, business_date=business_date, state=Delivery.State.APPLIED)
    return applied.filter(all_rows=all_rows).exclude(pk=but).order_by("-id").first()


def refusal(lender: Lender, declared: Format, business_date: date, *, back_dated: bool) -> tuple[str, str] | None:
    """Reason code and sentence why nothing may be loaded for `business_date`; None when it may."""
    try:
        require_business_day(lender, business_date)
    except NoBusinessDay as fault:
        return "NO_BUSINESS_DAY", str(fault)
    if business_date > (now := today(lender.zone)):
        return "FUTURE_DAY", f"It is {now} in {lender.zone}; {business_date} has not come yet. Nothing was done. Load the file for its own date."
    if back_dated:
        return None
    applied = Delivery.objects.filter(lender=lender, format=declared.name, state=Delivery.State.APPLIED)
    newest = applied.aggregate(d=Max("business_date"))["d"]
    if newest and business_date < newest:
        return (
            "BACK_DATED",
            f"This feed was loaded for {newest} already; {business_date} is older. Nothing was done. If {business_date} had been left out, "
            f"load the file again back-dated (--back-dated); if the date is a slip, load it for the right one.",
        )
    if declared.feeds_positions:
        days = BusinessDay.objects.filter(lender=lender, state__startswith="closed").aggregate(d=Max("business_date"))
        if days["d"] and business_date <= days["d"]:
            return (
                "DAY_CLOSED",
                f"The business day {days['d']} is closed. Nothing was done. Positions for {business_date} can still be loaded back-dated "
                f"(--back-dated): they count as known from now on, and the closed day stays as it was.",
            )
    return None


def absent_loans(lender: Lender, format_name: str, business_date: date) -> dict[str, Any]:
    """Loans of this feed that were on the book at their last position and have none on `business_date`: {"loans": n, "sample": [number]}.

    A loan that is absent from a full position file is not on that day's book.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT l.number, count(*) OVER () FROM borrowers_loan l
            CROSS JOIN LATERAL (
                SELECT p.valid_from, p.closed_as, p.delivery_id FROM borrowers_position p
                WHERE p.loan_id = l.id AND p.valid_from <= %(day)s AND {last("p", "borrowers_position")} ORDER BY p.valid_from DESC LIMIT 1) last
            JOIN borrowers_delivery d ON d.id = last.delivery_id AND d.format = %(format)s
            WHERE l.lender_id = %(lender)s AND l.position_fed AND last.closed_as = '' AND last.valid_from < %(day)s
            ORDER BY l.number LIMIT %(most)s
            """,
            {"lender": lender.pk, "day": business_date, "format": format_name, "most": SAMPLE},
        )
        rows = cursor.fetchall()
    return {"loans": rows[0][1] if rows else 0, "sample": [number for number, _ in rows]}
