"""`manage.py rebuild_day D`: compute the daily rows of a dropped day again."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from loanwatch.day.rebuild import rebuild
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.command import BookCommand, iso_date


class Command(BookCommand):
    help = "Computes the observation of a closed day whose daily rows are no longer kept, as known then; month-ends are always kept."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("day", type=iso_date, help="the closed business date, YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        lender = self.lender(options["lender"])
        try:
            loans = rebuild(lender, options["day"])
        except Conflict as no:
            raise CommandError(str(no)) from no
        self.stdout.write(f"{options['day']}: {loans} loans observed again, in agreement with the figures of the close.")
