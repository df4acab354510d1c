"""manage.py seed_demo: the made-up bank on which LoanWatch is shown."""

import os
import secrets
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from loanwatch.demo import bank, seeding
from loanwatch.kernel.calendars import CN, is_business_day
from loanwatch.lenders.command import iso_date
from loanwatch.people.clock import today


class Command(BaseCommand):
    help = "Make the demo book: a made-up bank with branches, staff, borrowers and loans over 24 months. Needs an installation without it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same book (default 1)")
        parser.add_argument("--loans", type=int, default=2000, help="how many loans (default 2000)")
        parser.add_argument("--as-of", type=iso_date, help="last business day of the book (default: the last one in China before today)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        as_of = options["as_of"] or last_business_day()
        password = os.environ.get("LOANWATCH_DEMO_PASSWORD") or secrets.token_urlsafe(9)
        try:
            made = seeding.seed(
                number=options["seed"],
                loans=options["loans"],
                as_of=as_of,
                password=password,
                tell=self.stderr.write,
            )
        except ValueError as refused:
            raise CommandError(str(refused)) from refused
        made["password"] = password
        if options["json"]:
            self.stdout.write(seeding.as_json(made))
        else:
            self.stdout.write(
                f"{made['loans']} loans of {made['borrowers']} borrowers in {made['branches']} branches, {made['days_due']} business days "
                f"from {made['first_day']} to {made['as_of']} wait to be closed. Every log-in has the password {password}"
            )


def last_business_day() -> date:
    """The last Chinese business day before today in Shanghai."""
    day = today(bank.ZONE) - timedelta(days=1)
    exceptions = bank.holidays_around(range(day.year - 1, day.year + 2))
    while not is_business_day(CN, day, exceptions):
        day -= timedelta(days=1)
    return day
