"""`loan NUMBER --as-of D [--known-on K]`: one loan as it stood on a date, as known on another."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from alerts.management.arguments import lender_of, print_json
from alerts.observation.standing import NoSuchLoan, standing


class Command(BaseCommand):
    help = "One loan as it stood on a date, as known on that date or on a later one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="the loan number")
        parser.add_argument("--as-of", type=date.fromisoformat, required=True, help="the date it is shown for, YYYY-MM-DD")
        parser.add_argument("--known-on", type=date.fromisoformat, help="what was known by this date (default: the date it is shown for)")
        parser.add_argument("--lender", help="code of the lender, where there are several")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            answer = standing(lender_of(options["lender"]), options["number"], options["as_of"], options["known_on"])
        except NoSuchLoan as fault:
            raise CommandError(str(fault)) from None
        if options["json"]:
            print_json(self, answer)
            return
        loan = answer["loan"]
        self.stdout.write(f"{loan['number']} {loan['borrower']['name']} on {answer['as_of']}, as known on {answer['known_on']}")
        if not answer["on_book"]:
            self.stdout.write("  not on the book")
            return
        self.stdout.write(f"  outstanding {answer['outstanding']} {loan['currency']}, {answer['days_past_due']} days past due")
        self.stdout.write(
            f"  overdue principal {answer['overdue_principal']}, interest {answer['overdue_interest']}, next due on {answer['next_due_on']}"
        )
        version = (answer["schedule"] or {}).get("version")
        self.stdout.write(f"  {len(answer['repayments'])} repayments, {len(answer['events'])} events, schedule version {version}")
