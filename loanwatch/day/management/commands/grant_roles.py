"""`manage.py grant_roles`: the web and worker log-ins of a database that others run for us."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from loanwatch.embedded.roles import ensure_roles, grant_all


class Command(BaseCommand):
    help = "Makes the web and worker log-ins and gives them their rights; run it as the owner, before and after each migration."

    def handle(self, **_: Any) -> None:
        ensure_roles(connection)
        grant_all(connection)
        self.stdout.write("The web and worker log-ins have their rights.")
