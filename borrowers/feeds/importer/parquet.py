"""Rows from Parquet."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from borrowers.feeds.importer.formats import Format


def check(path: Path, declared: "Format") -> None:
    raise NotImplementedError


def records(path: Path, declared: "Format") -> Iterator[tuple[int, list[str]]]:
    raise NotImplementedError
