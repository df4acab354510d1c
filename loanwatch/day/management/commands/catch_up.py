"""`manage.py catch_up`: close every missed business day, in order, each as of its own date."""

from typing import Any

from django.core.management.base import CommandError

from loanwatch.day.actions import Stuck, close_days, missed_days
from loanwatch.day.management.commands.run_day import sentence
from loanwatch.day.report import day_report
from loanwatch.lenders.command import BookCommand
from loanwatch.trail.models import BusinessDay


class Command(BookCommand):
    help = "Close every business day that is due and not closed, in order."

    def handle(self, *args: Any, **options: Any) -> None:
        lender = self.lender(options["lender"])
        missed_days(lender)
        open_days = BusinessDay.objects.filter(lender=lender, state__in=["due", "closing"]).order_by("business_date").values_list("business_date", flat=True)
        days = []
        try:
            for business_date in list(open_days):
                for day in close_days(lender, business_date, business_date):
                    days.append(day_report(day))
                    if not options["json"]:
                        self.stderr.write(f"{day.business_date} {day.state}")
        except Stuck as reason:
            raise CommandError(str(reason)) from None
        self.tell({"days": days}, options["json"], sentence)
