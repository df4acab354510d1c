"""One book for all nights: made and migrated once, copied for every test, closed once in peace to be compared with."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import Installation

LONG = os.environ.get("LONG") == "1"
LOANS = 20_000 if LONG else 300
DAYS = 12 if LONG else 5  # business days that are due
THE_DAY_AFTER = "2026-11-21"  # so that nothing becomes due while the tests run


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation at rest with the book, of whose history only the last business days are due."""
    folder = tmp_path_factory.mktemp("book") / "state"
    folder.mkdir()
    at = Installation(folder)
    at.env |= {"LOANWATCH_RESTART_SECONDS": "1", "LOANWATCH_BUSINESS_DATE": THE_DAY_AFTER}
    at.run("seed_demo", "--seed", "11", "--loans", str(LOANS), "--as-of", "2026-11-20")
    with at.database():
        at.ask(f"DELETE FROM trail_businessday WHERE business_date NOT IN (SELECT business_date FROM trail_businessday ORDER BY 1 DESC LIMIT {DAYS})")
    yield at
    at.discard()


@pytest.fixture(scope="session")
def undisturbed(book: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A twin whose days were closed by one process that nobody disturbed; its database is running."""
    quiet = book.copy(tmp_path_factory.mktemp("quiet") / "state")
    quiet.run("catch_up", timeout=3600)
    with quiet.database():
        yield quiet
    remove(quiet)


@pytest.fixture
def night(book: Installation, tmp_path: Path) -> Iterator[Installation]:
    """A copy of the book, at rest, its days due; messages go to a file `sink` beside it."""
    at = book.copy(tmp_path / "state")
    at.env["LOANWATCH_NOTIFY"] = f"file:{tmp_path / 'sink'}"
    yield at
    remove(at)


def remove(at: Installation) -> None:
    at.discard()
    shutil.rmtree(at.folder, ignore_errors=True)
