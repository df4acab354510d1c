"""Says everything that is wrong with a format file, with the place; exit status 1 when anything is."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from borrowers.feeds.importer.checking import described, faults
from borrowers.feeds.importer.formats import FOLDER


class Command(BaseCommand):
    help = "Check format files of feeds and name every fault with its place. Without a path: every shipped one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, help="format files; every shipped one when left out")
        parser.add_argument("--json", action="store_true", help="a JSON object: path, and its faults with place and sentence")
        parser.add_argument("--describe", action="store_true", help="print what every key of a format file means")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["describe"]:
            self.stdout.write(described())
            return
        paths = options["paths"] or sorted(FOLDER.glob("*.toml"))
        if missing := [path for path in paths if not path.is_file()]:
            raise CommandError(f"There is no file {missing[0]}.", returncode=2)
        found = {str(path): faults(_text_of(path), path.stem) for path in paths}
        if options["json"]:
            told = {path: [{"place": place, "sentence": sentence} for place, sentence in wrong] for path, wrong in found.items()}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        for path, wrong in found.items() if not options["json"] else ():
            for place, sentence in wrong:
                self.stdout.write(f"{path}: {place}: {sentence}")
            if not wrong:
                self.stdout.write(f"{path}: nothing is wrong with it.")
        if any(found.values()):
            sys.exit(1)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CommandError(f"{path} is not written in UTF-8.", returncode=2) from None
