"""manage.py seed_demo_acts: what the people of the demo book have done about their alerts, once its history is closed."""

from typing import Any

from django.core.management.base import CommandError

from loanwatch.demo import bank
from loanwatch.demo.acts import make_acts
from loanwatch.lenders.command import BookCommand


class Command(BookCommand):
    help = "Let the people of the demo book act on its alerts. Done once, after all its days are closed."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = make_acts(self.lender(options["lender"] or bank.CODE))
        except ValueError as refused:
            raise CommandError(str(refused)) from refused
        self.tell(
            made,
            options["json"],
            lambda m: "Made earlier." if m["already"] else f"{m['closed']} alerts closed, {m['handled']} in handling.",
        )
