"""One delivery of a feed, from a file."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from borrowers.feeds.actions import Order, load
from borrowers.feeds.importer.values import BadSpec
from borrowers.feeds.own_formats import find_for
from borrowers.management.staff import access_of_staff
from loanwatch.kernel.policy import Refused
from loanwatch.lenders.command import BookCommand, iso_date

USED = {"applied", "already_loaded", "dry_run"}


class Command(BookCommand):
    help = "Load one delivery of a feed: register, check, quarantine, apply in one transaction."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("format", help="name of a feed format, or the path of a format file")
        parser.add_argument("path", type=Path, help="the file, plain or packed with gzip")
        parser.add_argument("--business-date", type=iso_date, required=True, help="YYYY-MM-DD")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")
        parser.add_argument("--all-months", action="store_true", help="rows of every date up to the business date, not only of that date")
        parser.add_argument("--back-dated", action="store_true", help="allow a date older than the last one loaded, or one that is closed")
        parser.add_argument("--control", type=Path, help="control record; FILE.control.json beside the file when left out")
        parser.add_argument(
            "--approved-by", help="staff number of the credit administrator who approves other content for a date loaded before"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        lender = self.lender(options["lender"])
        try:
            declared = find_for(lender, options["format"])
        except BadSpec as fault:
            raise CommandError(str(fault), returncode=2) from None
        if not options["path"].exists():
            raise CommandError(f"There is no file {options['path']}.", returncode=2)
        approver = access_of_staff(options["approved_by"], lender) if options["approved_by"] else None
        order = Order(
            lender=lender, declared=declared, path=options["path"], business_date=options["business_date"],
            dry_run=options["dry_run"], all_rows=options["all_months"], back_dated=options["back_dated"],
            control=options["control"], approved_by=approver,
        )  # fmt: skip
        try:
            outcome = load(order)
        except Refused as refused:
            raise CommandError(str(refused.sentence)) from None
        self.tell(outcome.as_json(), options["json"], _sentence)
        if outcome.state not in USED:
            sys.exit(1)


def _sentence(answer: dict[str, Any]) -> str:
    rows = answer["rows"]
    names = {"read": "read", "applied": "applied", "unchanged": "unchanged", "left_out": "left out", "quarantined": "set aside"}
    counts = ", ".join(f"{rows[key]} {name}" for key, name in names.items()) + " (rows)"
    reasons = ", ".join(f"{code}: {count}" for code, count in answer["reasons"].items())
    return f"{answer['state']}: {counts}." + (f" {reasons}." if reasons else "") + (f" {answer['reason']}" if answer["reason"] else "")
