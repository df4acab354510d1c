"""Rows from Parquet, a few thousand at a time, so that memory does not grow with the file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from borrowers.feeds.importer.archives import too_large
from borrowers.feeds.importer.faults import FileFault
from borrowers.feeds.importer.workbooks import of_number
from borrowers.feeds.rules import Cell, Column, as_written

if TYPE_CHECKING:
    from borrowers.feeds.importer.formats import Format

MARK = b"PAR1"
BATCH = 2_000
MOST_ROWS = 50_000_000
LARGEST_CHUNK = 256 * 1024 * 1024  # of one column in one row group, unpacked
LONGEST_CELL = 64 * 1024


def check(path: Path, declared: "Format") -> None:
    """Look at the footer of a Parquet file. Raises FileFault when it is none, damaged, or unpacks to too much."""
    with path.open("rb") as raw:
        head = raw.read(4)
        raw.seek(-4, 2) if path.stat().st_size >= 12 else None
        tail = raw.read(4)
    if head != MARK:
        raise FileFault("UNREADABLE", "The file is no Parquet file.", held=False)
    if tail != MARK:
        raise FileFault("TRUNCATED", "The Parquet file ends without its footer: it was cut off.")
    with _told(), _opened(path) as found:
        about = found.metadata
        sizes = [
            about.row_group(group).column(column).total_uncompressed_size
            for group in range(about.num_row_groups)
            for column in range(about.num_columns)
        ]
        if min(sizes, default=0) < 0 or about.num_rows < 0:
            raise FileFault("UNREADABLE", "The Parquet file is damaged: its footer has negative sizes.", held=False)
        if sum(sizes) > declared.max_bytes:
            raise too_large(declared.max_bytes)
        if about.num_rows > MOST_ROWS or max(sizes, default=0) > LARGEST_CHUNK:
            raise FileFault("TOO_LARGE", "The Parquet file has too many rows, or too large a part in one group of rows.", held=False)
        for field in found.schema_arrow:
            _reader(field.type, None, field.name)


def records(path: Path, declared: "Format") -> Iterator[tuple[int, list[str]]]:
    """The names of the columns, then each row with its number, counted from 1. A null is a blank cell. Raises FileFault."""
    with _told(), _opened(path) as found:
        names = [field.name for field in found.schema_arrow]
        yield 1, names
        by_header = {header: column for column in declared.columns.values() for header in column.headers}
        readers = [_reader(field.type, by_header.get(field.name.strip()), field.name) for field in found.schema_arrow]
        number = 0
        for batch in found.iter_batches(batch_size=BATCH, use_threads=False):
            columns = [_cells(batch.column(place), read) for place, read in enumerate(readers)]
            for cells in zip(*columns, strict=True):
                number += 1
                yield number, list(cells)


def _cells(column: Any, read: Callable[[Any], str]) -> list[str]:
    import pyarrow
    import pyarrow.compute

    if pyarrow.types.is_dictionary(column.type) and len(column.dictionary):
        longest = pyarrow.compute.max(pyarrow.compute.binary_length(column.dictionary)).as_py() or 0
        if longest > LONGEST_CELL:
            raise FileFault("UNREADABLE", f"A cell is longer than {LONGEST_CELL // 1024} kB.", held=False)
    return ["" if value is None else read(value) for value in column.to_pylist()]


def _opened(path: Path) -> Any:
    from pyarrow import parquet, types

    # Text stays in its dictionary until it is needed: one long text in a million rows is kept once.
    with parquet.ParquetFile(path) as plain:
        texts = [field.name for field in plain.schema_arrow if types.is_string(field.type) or types.is_large_string(field.type)]
    return parquet.ParquetFile(path, read_dictionary=texts, page_checksum_verification=True, pre_buffer=False)


def _reader(kind: Any, column: Column | None, name: str) -> Callable[[Any], str]:
    """How a value of an Arrow type becomes the text of a cell. Raises FileFault for lists, structures and bytes."""
    from pyarrow import types

    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_string(kind) or types.is_large_string(kind):
        return str
    if types.is_null(kind):
        return str
    if types.is_boolean(kind):
        return lambda value: Cell("TRUE" if value else "FALSE", "value")
    if types.is_integer(kind) or types.is_floating(kind):
        return of_number
    if types.is_decimal(kind):
        return lambda value: Cell(_plain(value), "value")
    if types.is_date(kind) or (types.is_timestamp(kind) and kind.tz is None and kind.unit != "ns"):
        written = column.written[0] if column and column.written else "YYYY-MM-DD"
        return lambda value: Cell(_day(value, written), "value")
    raise FileFault("UNREADABLE", f"The column {name[:60]} is of the type {str(kind)[:40]}, which is not read.", held=False)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day(value: date, written: str) -> str:
    if isinstance(value, datetime):
        if (value.hour, value.minute, value.second, value.microsecond) != (0, 0, 0, 0):
            return value.isoformat(" ")
        value = value.date()
    return as_written(value, written)


@contextmanager
def _told() -> Iterator[None]:
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, KeyError, TypeError, IndexError) as fault:
        raise FileFault("UNREADABLE", f"The Parquet file is damaged: {str(fault)[:200]}.", held=False) from None
