"""The published data sets, where they are here, and a lender that takes them. Nothing of them lies in this repository."""

import csv
import gzip
import io
import os
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from borrowers.feeds.actions import Order, Outcome, load
from borrowers.feeds.importer.formats import find
from loanwatch.lenders.actions import open_lender
from loanwatch.lenders.models import Lender
from loanwatch.people.tree import open_head_office

SHARED = Path(os.environ.get("LOANWATCH_SHARED") or Path(__file__).resolve().parents[4] / "shared")
DATA = SHARED / "data"

needs_data = [
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"The real data sets are not here: there is no folder {DATA}."),
]


def a_lender(currency: str) -> Lender:
    made = open_lender(code="REAL", currency=currency, zone="UTC", calendar="daily", holidays_until=2008)
    open_head_office(made, name="Head office", on=date(1940, 1, 1))
    return made


def take(lender: Lender, format_name: str, path: Path | str, day: date, **options) -> Outcome:
    return load(Order(lender, find(format_name), DATA / path, day, **options))


def raw(path: str) -> pd.DataFrame:
    """A file as text, cell by cell: "NA" is a text like any other."""
    return pd.read_csv(DATA / path, dtype=str, keep_default_na=False)


def remarks(outcome: Outcome) -> dict[str, int]:
    """Code -> rows, as the report of the delivery lists them."""
    return {code: said["rows"] for code, said in outcome.notes.get("remarks", {}).items()}


def touched(path: str, to: Path, change: dict[str, str], row: int = 0) -> Path:
    """A copy of a packed CSV file with other cells in one row; only ever in a test's own folder."""
    with gzip.open(DATA / path, "rt", encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    rows[row].update(change)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    place = to / "touched.csv"
    place.write_text(text.getvalue(), encoding="utf-8")
    return place


def part_of(path: str, to: Path, rows: int) -> Path:
    """The first rows of a packed CSV file, as a plain file."""
    with gzip.open(DATA / path, "rt", encoding="utf-8", newline="") as source:
        place = to / "part.csv"
        place.write_text("".join(line for _, line in zip(range(rows + 1), source, strict=False)), encoding="utf-8")
    return place
