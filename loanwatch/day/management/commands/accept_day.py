"""`manage.py accept_day D --person STAFF_NO --reason R`: let a day be closed without what was set aside."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.http import Http404

from borrowers.management.staff import access_of_staff
from loanwatch.day.exceptions import accept_day
from loanwatch.day.report import day_report
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.command import BookCommand, iso_date


class Command(BookCommand):
    help = "A named person accepts what was set aside on a day, with a reason; the day is closed with exceptions when nothing else is left."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("day", type=iso_date, help="the business date, YYYY-MM-DD")
        parser.add_argument("--person", required=True, metavar="STAFF_NO", help="who accepts it")
        parser.add_argument("--reason", required=True, help="why; it is kept with the day")

    def handle(self, *args: Any, **options: Any) -> None:
        lender = self.lender(options["lender"])
        try:
            day = accept_day(lender, options["day"], options["reason"], access_of_staff(options["person"], lender))
        except (Refused, Conflict) as no:
            raise CommandError(no.sentence) from None
        except Http404:
            raise CommandError(f"{lender.code} has no business day {options['day']} that this person may see.") from None
        self.tell(day_report(day), options["json"], lambda a: f"{a['date']} {a['state']}: accepted with {a['exceptions']} exceptions.")
