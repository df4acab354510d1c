"""A legal entity with its head office, calendar and shipped parameters."""

import importlib.util
import json
import zoneinfo
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from borrowers.documents.house import install_shipped
from inspections.checklists.actions import install_templates
from loanwatch.kernel import calendars
from loanwatch.lenders.actions import FIRST_DAY, open_lender
from loanwatch.lenders.models import Lender
from loanwatch.lenders.pack_files import packs
from loanwatch.lenders.parameter_packs import give_pack
from loanwatch.people.clock import today
from loanwatch.people.tree import open_head_office


class Command(BaseCommand):
    help = "Open a lender: head office, calendar, shipped parameters, warning rules, document rules and inspection forms."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="short code, for example ALPHA")
        parser.add_argument("--currency", required=True, help="three letters, for example CNY")
        parser.add_argument("--zone", required=True, help="time zone, for example Asia/Shanghai")
        parser.add_argument("--calendar", required=True, choices=calendars.KINDS)
        parser.add_argument("--name", default="", help="name shown to people; the code when left out")
        parser.add_argument("--pack", default="generic", choices=sorted(packs()), help="parameters to start from; see the page Packs of parameters")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        code, currency, zone = options["code"].strip(), options["currency"].strip().upper(), options["zone"].strip()
        self._require_sense(code, currency, zone)
        with transaction.atomic():
            lender = open_lender(
                code=code, currency=currency, zone=zone, calendar=options["calendar"], name=options["name"],
                holidays_until=today(zone).year + 1,
            )  # fmt: skip
            give_pack(lender, packs()[options["pack"]])
            head_office = open_head_office(lender, name=lender.name, on=FIRST_DAY)
            rules = _install_rules(lender)
            install_shipped(lender)
            install_templates(lender)
        found = {"lender": lender.code, "currency": lender.currency, "zone": lender.zone, "calendar": options["calendar"], "rules": rules, "pack": options["pack"]}
        if options["json"]:
            self.stdout.write(json.dumps({**found, "head_office": head_office.code}))
        else:
            self.stdout.write(f"Lender {lender.code} is open: {currency}, {zone}, calendar {options['calendar']}, {rules} warning rules.")

    def _require_sense(self, code: str, currency: str, zone: str) -> None:
        if not code or len(code) > 20:
            raise CommandError("A lender's code has 1 to 20 characters.", returncode=2)
        if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):
            raise CommandError(f"{currency} is no currency code: three letters, for example CNY.", returncode=2)
        if zone not in zoneinfo.available_timezones():
            raise CommandError(f"{zone} is no time zone: for example Asia/Shanghai.", returncode=2)
        if Lender.objects.filter(code=code).exists():
            raise CommandError(f"There is a lender {code} already. Nothing was changed.", returncode=1)


def _install_rules(lender: Lender) -> int:
    """The seeded warning rules, where this installation has a rulebook."""
    if importlib.util.find_spec("alerts.rulebook.actions") is None:
        return 0
    from alerts.rulebook.actions import install_seeds

    installed = install_seeds(lender)
    return installed if isinstance(installed, int) else len(installed or ())
