"""`reconciliation --as-of D`: where the core system's figures of a close are not ours."""

from typing import Any

from django.core.management.base import CommandParser

from borrowers.loans.reconciliation import reconciliation
from loanwatch.lenders.command import BookCommand, iso_date


class Command(BookCommand):
    help = "How many loans differ between the core system and our own computation at a close, and by how much."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--as-of", type=iso_date, required=True, help="the close, YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        self.tell(reconciliation(self.lender(options["lender"]), options["as_of"]), options["json"], _sentence)


def _sentence(found: dict[str, Any]) -> str:
    lines = [f"{found['lender']}, close of {found['as_of']}: {found['loans']} loans differ"]
    lines += [f"  {line['figure']}: {line['loans']} loans, {line['size']} {line['currency'] or 'days'} in all" for line in found["figures"]]
    return "\n".join(lines)
