"""`alerts --as-of D`: the alerts that had opened by a date, with the evidence they stand on."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from alerts.management.arguments import lender_of, print_json
from alerts.observation.queries import NotClosed, require_closed
from alerts.signals.queries import as_json


class Command(BaseCommand):
    help = "Open and closed alerts as of the close of a business day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=date.fromisoformat, required=True, help="a closed business day, YYYY-MM-DD")
        parser.add_argument("--lender", help="code of the lender, where there are several")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        lender = lender_of(options["lender"])
        try:
            require_closed(lender, options["as_of"])
        except NotClosed as fault:
            raise CommandError(str(fault)) from None
        answer = as_json(lender, options["as_of"])
        if options["json"]:
            print_json(self, answer)
            return
        self.stdout.write(
            f"{answer['open']} open and {answer['closed']} closed alerts of {answer['lender']} at the close of {answer['as_of']}"
        )
        for alert in answer["alerts"]:
            subject = alert["subject"]["loan"] or alert["subject"]["branch"]
            what = f"{alert['level']:>6} {alert['rule']:>8} v{alert['version']}"
            self.stdout.write(f"  {alert['number']} {what} {subject} {alert['state']} since {alert['opened_on']}")
