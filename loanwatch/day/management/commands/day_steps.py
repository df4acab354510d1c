"""`manage.py day_steps`: the steps of a business day in their order."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from loanwatch.day.step_list import as_markdown
from loanwatch.day.steps import PLAN


class Command(BaseCommand):
    help = "Prints the steps of a business day; --markdown prints docs/day.md, which a test compares: a changed list is a reviewed change."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--markdown", action="store_true", help="the page docs/day.md")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(as_markdown() if options["markdown"] else "\n".join(name for name, _ in PLAN))
