"""`figures --as-of D`: the portfolio figures of one close."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from alerts.management.arguments import lender_of, print_json
from alerts.observation.queries import GROUPS, NoSuchBranch, NotClosed, figures


class Command(BaseCommand):
    help = "Portfolio figures at the close of a business day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=date.fromisoformat, required=True, help="a closed business day, YYYY-MM-DD")
        parser.add_argument("--by", choices=sorted(GROUPS), help="the same figures for each")
        parser.add_argument("--branch", help="code of the branch whose subtree is counted")
        parser.add_argument("--roll-from", type=date.fromisoformat, help="an earlier closed day: where its loans stand now")
        parser.add_argument("--lender", help="code of the lender, where there are several")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            answer = figures(
                lender_of(options["lender"]), options["as_of"], by=options["by"], branch=options["branch"], roll_from=options["roll_from"]
            )
        except (NotClosed, NoSuchBranch) as fault:
            raise CommandError(str(fault)) from None
        if options["json"]:
            print_json(self, answer)
        else:
            self.stdout.write("\n".join(_lines(answer)))


def _lines(answer: dict[str, Any]) -> list[str]:
    par = f"PAR30 {answer['par30']} %, PAR90 {answer['par90']} %"
    lines = [f"{answer['lender']} at the close of {answer['as_of']}: {answer['loans']} loans, {par}"]
    lines += [f"  outstanding {amount} {currency}" for currency, amount in answer["outstanding"].items()]
    lines += [
        f"  {name:>16} {cell['loans']:>8} {cell['outstanding']}" for part in ("buckets", "classes") for name, cell in answer[part].items()
    ]
    lines += [
        f"  {answer['by']} {name or '-'}: {group['loans']} loans, {group['outstanding']}"
        for name, group in answer.get("groups", {}).items()
    ]
    lines += [f"  {then} -> {now}: {n}" for then, row in answer.get("roll", {}).items() for now, n in row.items() if n]
    return lines
