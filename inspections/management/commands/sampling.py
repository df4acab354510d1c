"""`manage.py sampling redraw --month 2026-11`: draw a month again from its opened seed, and say whether every draw is the same."""

from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser

from inspections.sampling.models import SamplingSeed
from inspections.sampling.redraw import redraw
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.command import BookCommand


def month(text: str) -> date:
    """The first day of a month written as YYYY-MM."""
    return date.fromisoformat(f"{text}-01")


class Command(BookCommand):
    help = "Draw a month again from its opened seed: published hash, policies, every number, share and method. Exit code 1 where something differs."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("what", choices=["redraw"])
        parser.add_argument("--month", type=month, required=True, help="YYYY-MM")

    def handle(self, *args: Any, **options: Any) -> None:
        lender = self.lender(options["lender"])
        seed = SamplingSeed.objects.filter(lender=lender, month=options["month"]).first()
        if seed is None:
            raise CommandError(f"{lender.code} has no seed for {options['month']:%Y-%m}.")
        try:
            found = redraw(seed)
        except Conflict as no:
            raise CommandError(no.sentence) from None
        self.tell(found.as_json(), options["json"], sentence)
        if not found.all_equal:
            raise SystemExit(1)


def sentence(told: dict[str, Any]) -> str:
    """The answer for people: one line, and one for each difference."""
    if told["all_equal"]:
        return f"{told['month']}: {told['draws']} draws, all equal."
    lines = [f"  {d['inspection'] or told['month']}: {d['sentence']} Kept: {d['kept'] or '-'}; drawn again: {d['again'] or '-'}." for d in told["differences"]]
    return "\n".join([f"{told['month']}: {told['draws']} draws, {told['equal']} equal.", *lines])
