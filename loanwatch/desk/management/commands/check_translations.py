"""`manage.py check_translations [--update]`: are the Chinese and Korean catalogues complete?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from loanwatch.desk import sentences


class Command(BaseCommand):
    help = "Compare the message catalogues with every sentence in source and templates; --update brings them up to date."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--update", action="store_true", help="write new sentences into the catalogues, to be translated")
        parser.add_argument("--language", help="one language only: zh-hans or ko")

    def handle(self, *args: Any, **options: Any) -> None:
        languages = [options["language"]] if options["language"] else sentences.languages()
        if options["update"]:
            for language in languages:
                self.stdout.write(f"{language}: {sentences.update(language)} sentences wait to be translated.")
            return
        wrong = [fault for language in languages for fault in sentences.faults(language)]
        if wrong:
            raise CommandError("\n".join([*wrong[:40], f"{len(wrong)} faults in the catalogues."]))
        self.stdout.write("The catalogues are complete.")
