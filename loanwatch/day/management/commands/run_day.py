"""`manage.py run_day D [--to D2]`: close business days in order."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from loanwatch.day.actions import Stuck, close_days
from loanwatch.day.report import day_report
from loanwatch.lenders.command import BookCommand, iso_date
from loanwatch.lenders.queries import NoBusinessDay


def sentence(answer: dict[str, Any]) -> str:
    lines = [f"{d['date']} {d['state']}: " + ", ".join(f"{n} {s['rows']} rows in {s['seconds']} s" for n, s in d["steps"].items()) for d in answer["days"]]
    return "\n".join(lines) or "No business day was due."


class Command(BookCommand):
    help = "Close business days in order through the run ledger; safe beside workers and beside another run_day."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("day", type=iso_date, help="the business date, YYYY-MM-DD")
        parser.add_argument("--to", type=iso_date, help="the last business date, when several are to be closed")
        parser.add_argument("--without-feeds", default="", metavar="REASON", help="close even where a feed that the day waits for has not come")

    def handle(self, *args: Any, **options: Any) -> None:
        lender = self.lender(options["lender"])
        first, last = options["day"], options["to"] or options["day"]
        if last < first:
            raise CommandError(f"--to {last} lies before {first}.")
        try:
            days = [day_report(day) for day in close_days(lender, first, last, without_feeds=options["without_feeds"])]
        except (NoBusinessDay, Stuck) as reason:
            raise CommandError(str(reason)) from None
        self.tell({"days": days}, options["json"], sentence)
