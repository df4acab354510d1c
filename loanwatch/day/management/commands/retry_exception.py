"""`manage.py retry_exception ID --person STAFF_NO`: try a loan or a slice again that was set aside."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.http import Http404

from borrowers.management.staff import access_of_staff
from loanwatch.day.actions import work
from loanwatch.day.exceptions import retry_exception
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.command import BookCommand


class Command(BookCommand):
    help = "Tries again what was set aside: a loan for each day it missed, in order, each as of its own date."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("exception", type=int, help="its number, as run_day prints it")
        parser.add_argument("--person", required=True, metavar="STAFF_NO", help="who asks for it")

    def handle(self, *args: Any, **options: Any) -> None:
        lender = self.lender(options["lender"])
        try:
            exception = retry_exception(options["exception"], access_of_staff(options["person"], lender))
        except (Refused, Conflict) as no:
            raise CommandError(no.sentence) from None
        except Http404:
            raise CommandError(f"There is no exception {options['exception']} that this person may see.") from None
        work(lender)
        exception.refresh_from_db()
        last = exception.error.strip().splitlines()[-1] if exception.error.strip() else ""
        answer = {"exception": exception.pk, "loan": exception.subject, "resolved": exception.resolved_at is not None, "tries": exception.tries, "error": last}
        self.tell(answer, options["json"], lambda a: "It is done." if a["resolved"] else f"Not done yet, or it failed again: {a['error']}")
