"""Makes the first system administrator of an empty installation."""

import getpass
import re
from pathlib import Path
from typing import Any

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from loanwatch.people.clock import today
from loanwatch.people.models import Account, Person, Role, RoleHeld
from loanwatch.trail.record import record


class Command(BaseCommand):
    help = "The first system administrator of an empty installation. He logs in with the e-mail address and makes all other accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--name", help="name of the person; the e-mail address when left out")
        parser.add_argument("--staff-no", default="ADMIN-1", help="staff number (ADMIN-1)")
        parser.add_argument("--password-file", type=Path, help="a file whose first line is the password; asked when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        self._check_may_begin(email, options["staff_no"])
        password = self._password(options["password_file"], email)
        with transaction.atomic():
            person = Person.objects.create(staff_no=options["staff_no"], name=options["name"] or email)
            Account.objects.create_user(email, password, email=email, person=person)
            RoleHeld.objects.create(person=person, role=Role.SYSADMIN, from_on=today())
            record("installation.first_administrator", by=None, subject=person, username=email)
        self.stdout.write(
            f"{email} can log in now and keeps the whole installation. Next: manage.py new_lender, then open accounts for its people."
        )

    def _check_may_begin(self, email: str, staff_no: str) -> None:
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"{email!r} is no e-mail address. Nothing was made.") from None
        if RoleHeld.objects.filter(role=Role.SYSADMIN, to_on__isnull=True, person__accounts__is_active=True).exists():
            raise CommandError(
                "There is a system administrator already; further ones are made on the page Users and roles. Nothing was made."
            )
        if Account.objects.filter(username=email).exists() or Person.objects.filter(staff_no=staff_no).exists():
            raise CommandError("This e-mail address or staff number is taken. Nothing was made.")

    def _password(self, file: Path | None, email: str) -> str:
        if file is not None:
            try:
                password = re.split(r"[\r\n]", file.read_text(encoding="utf-8"), maxsplit=1)[0]
            except OSError as fault:
                raise CommandError(f"The password file can't be read: {fault.strerror}. Nothing was made.") from None
        else:
            password = getpass.getpass("Password: ")
            if getpass.getpass("The same again: ") != password:
                raise CommandError("The two passwords differ. Nothing was made.")
        try:
            password_validation.validate_password(password, Account(username=email, email=email))
        except ValidationError as fault:
            raise CommandError(" ".join(fault.messages) + " Nothing was made.") from None
        return password
