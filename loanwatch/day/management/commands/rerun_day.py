"""`manage.py rerun_day D --person STAFF_NO --reason R`: run a closed day again beside what stands, and show what differs."""

import time
from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.http import Http404

from borrowers.management.staff import access_of_staff
from loanwatch.day import rerun
from loanwatch.day.actions import work
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.command import BookCommand, iso_date
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.trail.models import BusinessDay

SHOWN = 20


class Command(BookCommand):
    help = "Runs a closed day again as a new version and shows the differences; --replace and --drop decide on the run that waits."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("day", type=iso_date, help="the closed business date, YYYY-MM-DD")
        parser.add_argument("--person", required=True, metavar="STAFF_NO", help="who asks or decides")
        parser.add_argument("--reason", required=True, help="why; it is kept with the run")
        parser.add_argument("--known-on", type=iso_date, help="facts known by this date count; the newest closed day when left out")
        parser.add_argument("--all", action="store_true", help="compute every loan, not only those of which something became known since")
        decide = parser.add_mutually_exclusive_group()
        decide.add_argument("--replace", action="store_true", help="the figures of the run that waits shall stand; another person than asked for it")
        decide.add_argument("--drop", action="store_true", help="what stands shall stand")

    def handle(self, *args: Any, **options: Any) -> None:
        lender = self.lender(options["lender"])
        try:
            day = self._act(lender, options["day"], access_of_staff(options["person"], lender), options)
        except (Refused, Conflict) as no:
            raise CommandError(no.sentence) from None
        except Http404:
            raise CommandError(f"{options['day']} is no closed day of {lender.code} that this person may see.") from None
        self.tell(answer(day), options["json"], sentence)

    def _act(self, lender: Lender, on: date, access: Access, options: dict[str, Any]) -> BusinessDay:
        if not (options["replace"] or options["drop"]):
            day = rerun.ask_rerun(lender, on, access, options["reason"], only_changed=not options["all"], known_on=options["known_on"])
            return wait(day, BusinessDay.State.COMPARING)
        waiting = BusinessDay.objects.filter(lender=lender, business_date=on, state__in=[BusinessDay.State.COMPARING, BusinessDay.State.COMPARED]).first()
        if waiting is None:
            raise CommandError(f"No re-run of {on} waits for a decision.")
        if options["drop"]:
            return rerun.drop_rerun(waiting, access, options["reason"])
        day = wait(rerun.replace_day(waiting, access, options["reason"]), BusinessDay.State.REPLACING)
        if day.state == BusinessDay.State.COMPARED:
            raise CommandError("The figures have changed since they were shown. Nothing was replaced; look at the fresh differences and decide again.")
        return day


def wait(day: BusinessDay, state: str) -> BusinessDay:
    """Work at the list beside any worker until the run has left `state`. Raises CommandError when it was set aside."""
    while day.state == state:
        if not work(day.lender):
            time.sleep(0.2)
        day.refresh_from_db()
        if day.state == state and rerun.failed(day):
            raise CommandError(f"The run failed three times: {rerun.failed(day)}")
    return day


def answer(day: BusinessDay) -> dict[str, Any]:
    found = rerun.differences_of(day)
    return {
        "date": day.business_date.isoformat(), "run": day.run_version, "state": day.state, "known_on": str(day.known_on), "loans": day.loans,
        "checksum": day.checksum, "count": sum(n for fields in day.differences.values() for n in fields.values()), "differences": day.differences,
        "first": [{"grain": d.grain, "subject": d.label, "field": d.field, "then": d.then, "now": d.now} for d in found[:SHOWN]],
    }  # fmt: skip


def sentence(told: dict[str, Any]) -> str:
    head = f"{told['date']} run {told['run']} {told['state']}: {told['loans']} loans computed as known on {told['known_on']}, {told['count']} differences"
    return "\n".join([head, *(f"{d['grain']} {d['subject']} {d['field']}: {d['then']} -> {d['now']}" for d in told["first"])])
