"""Prints the field dictionary, as docs/fields.md holds it."""

from typing import Any

from django.core.management.base import BaseCommand

from borrowers.dictionary import markdown


class Command(BaseCommand):
    help = "Prints the field dictionary of all facts in Markdown."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(markdown(), ending="")
