"""What the commands of the shell have in common: which lender, and one JSON object on standard output."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from loanwatch.lenders.models import Lender


def lender_of(code: str | None) -> Lender:
    """The lender with `code`; without a code the only one there is. Raises CommandError with a sentence."""
    found = list(Lender.objects.filter(code=code) if code else Lender.objects.order_by("code")[:2])
    if len(found) == 1:
        return found[0]
    if code:
        raise CommandError(f"There is no lender with the code {code}.")
    raise CommandError("There is no lender yet." if not found else "There are several lenders. Name one with --lender CODE.")


def print_json(command: BaseCommand, answer: Any) -> None:
    """Print `answer` as the one JSON object of a command."""
    command.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1))
