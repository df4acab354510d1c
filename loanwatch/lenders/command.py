"""What the commands of the contract share: a lender that may be left out, one JSON object, sentences instead of tracebacks."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from loanwatch.lenders.models import Lender


def iso_date(text: str) -> date:
    return date.fromisoformat(text)


class BookCommand(BaseCommand):
    """A command on the book of one lender. `--json` prints exactly one object on standard output."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--lender", help="code of the legal entity; may be left out where there is only one")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def lender(self, code: str | None) -> Lender:
        """The lender named, or the only one. Raises CommandError with a sentence."""
        found = list(Lender.objects.filter(code=code) if code else Lender.objects.all()[:2])
        if len(found) == 1:
            return found[0]
        if code:
            raise CommandError(f"There is no lender {code}.")
        raise CommandError("There is no lender yet: run `manage.py new_lender`." if not found else "There are several lenders: name one with --lender CODE.")

    def tell(self, answer: dict[str, Any], as_json: bool, sentence: Callable[[dict[str, Any]], str]) -> None:
        self.stdout.write(json.dumps(answer, ensure_ascii=False, default=str) if as_json else sentence(answer))
