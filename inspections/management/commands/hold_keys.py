"""`manage.py hold_keys`: the public keys with which answers about holds are checked; `--rotate` makes a new one."""

from typing import Any

from django.core.management.base import CommandParser

from inspections.findings.answers import listed
from inspections.findings.models import SigningKey
from inspections.findings.signing import rotate
from loanwatch.lenders.command import BookCommand


class Command(BookCommand):
    help = "List the keys that sign answers about holds. With --rotate the key in use ends and a new one takes its place; old ones stay listed."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--rotate", action="store_true", help="end the key in use and make another")

    def handle(self, *args: Any, **options: Any) -> None:
        lender = self.lender(options["lender"])
        if options["rotate"]:
            rotate(lender)
        keys = [listed(key) for key in SigningKey.objects.filter(lender=lender)]
        self.tell({"lender": lender.code, "keys": keys}, options["json"], sentence)


def sentence(answer: dict[str, Any]) -> str:
    lines = [f"{k['key']}  {k['public']}  from {k['from']}{'  to ' + k['to'] if k['to'] else '  in use'}" for k in answer["keys"]]
    return "\n".join(lines) or f"{answer['lender']} has signed nothing yet; its first key is made with the first answer."
