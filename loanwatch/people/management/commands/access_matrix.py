"""Prints who may do what: every act and every URL and method × role, read from the policy table."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

from loanwatch.people import matrix


class Command(BaseCommand):
    help = "Who may do what: every act, and every URL and method, by role."

    def add_arguments(self, parser: CommandParser) -> None:
        kind = parser.add_mutually_exclusive_group()
        kind.add_argument("--json", action="store_true", help="one JSON object")
        kind.add_argument("--markdown", action="store_true", help="the page docs/access.md")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("en"):
            if options["json"]:
                self.stdout.write(json.dumps(matrix.as_json(), ensure_ascii=False))
            elif options["markdown"]:
                self.stdout.write(matrix.as_markdown(), ending="")
            else:
                for line in matrix.url_lines():
                    roles = ", ".join(role for role in matrix.ROLES if role in line.roles)
                    self.stdout.write(f"{line.method:5} /{line.route}  {line.act}: {roles}")
