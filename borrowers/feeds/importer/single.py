"""One file: looks through it once, then yields its rows as text, whatever kind of container they lie in."""

import codecs
import contextlib
import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from borrowers.feeds.importer import archives, encodings, fixed_width, parquet, workbooks, xml_records
from borrowers.feeds.importer.controls import ControlFound, record_in_file
from borrowers.feeds.importer.faults import FileFault
from borrowers.feeds.importer.formats import Format
from borrowers.feeds.importer.layouts import TEXT_KINDS
from borrowers.feeds.rules import Fault, read

CHUNK = 256 * 1024
LONGEST_LINE = 1024 * 1024
Record = tuple[int, list[str]]  # number of its first line, cells


@dataclass(frozen=True)
class Source:
    """A file as it lies there: hash and size of its bytes, and the fault that its contents have as a whole, if any."""

    path: Path
    sha256: str
    size: int
    packing: str  # gzip, zip or empty
    encoding: str
    ends_with_newline: bool
    fault: FileFault | None = None
    member: str = ""  # of a zip of several files
    most: int = 2**40  # bytes it may have when unpacked

    @property
    def packed(self) -> bool:
        return bool(self.packing)

    def rows(self, declared: Format) -> "Rows":
        return Rows(self, declared)

    def binary(self) -> BinaryIO:
        """Its bytes, unpacked. Raises FileFault while they are read when they are damaged or too many."""
        return archives.open_file(self.path, self.packing, self.most, self.member)

    @contextlib.contextmanager
    def text(self) -> Iterator[io.TextIOWrapper]:
        """Its text, decoded strictly; a byte order mark is skipped, ends of lines stay as they are."""
        with self.binary() as raw, io.TextIOWrapper(raw, encodings.codec_of(self.encoding, skip_mark=True), "strict", newline="") as text:
            yield text


@dataclass(frozen=True)
class Line:
    """One row: the number of its first line in the file, and its cells by column name, or None when their count is wrong."""

    number: int
    cells: list[str]
    whole: bool = True


def examine_file(path: Path, declared: Format, member: str = "") -> Source:
    """Hash the file and look through all of it once. A fault of the contents comes back in `fault`, so that it is registered."""
    digest = hashlib.sha256()
    with path.open("rb") as raw:
        head = raw.read(8)
        raw.seek(0)
        while block := raw.read(CHUNK):
            digest.update(block)
        size = raw.tell()
    textual = declared.kind in TEXT_KINDS
    packing = archives.packing_of(head) if textual else ""
    plain = Source(path, digest.hexdigest(), size, packing, "", True, member=member, most=declared.max_bytes)
    encoding, newline = "", True
    try:
        if not size:
            raise FileFault("EMPTY_FILE", "The file is empty.")
        if packing == "zip":
            archives.check_zip(path, declared.max_bytes, several=bool(member))
        if textual:
            encoding, newline = _look_through(plain, declared)
        else:
            CHECKS[declared.kind](path, declared)
    except FileFault as fault:
        return Source(path, plain.sha256, size, packing, encoding, newline, fault, member, declared.max_bytes)
    return Source(path, plain.sha256, size, packing, encoding, newline, None, member, declared.max_bytes)


CHECKS: dict[str, Callable[[Path, Format], None]] = {"xlsx": workbooks.check, "parquet": parquet.check}


def _look_through(source: Source, declared: Format) -> tuple[str, bool]:
    """The first declared encoding that fits every byte and is plausible, and whether the last line ends. Raises FileFault."""
    decoders = {name: codecs.getincrementaldecoder(encodings.codec_of(name))("strict") for name in declared.encodings}
    evidence = encodings.Evidence()
    size, line, last = 0, 0, b""
    ending = b">" if declared.kind == "xml" else b"\n"  # a whole XML file may stand in one line
    for block in _blocks(source):
        size += len(block)
        last = block
        line = len(block) - block.rfind(ending) - 1 if ending in block else line + len(block)
        if size > declared.max_bytes:
            raise archives.too_large(declared.max_bytes)
        if line > LONGEST_LINE:
            raise FileFault("UNREADABLE", "The file has a line of more than one megabyte.", held=False)
        for name in list(decoders):
            try:
                evidence.heard(name, decoders[name].decode(block))
            except UnicodeDecodeError:
                del decoders[name]
        if not decoders:
            raise _wrong_encoding(declared)
        evidence.saw(block)
    return _chosen(declared, decoders, evidence), declared.kind == "xml" or last.endswith((b"\n", b"\r"))


def _chosen(declared: Format, decoders: Mapping[str, codecs.IncrementalDecoder], evidence: encodings.Evidence) -> str:
    for name in declared.encodings:
        if name in decoders:
            try:
                decoders[name].decode(b"", final=True)
            except UnicodeDecodeError:
                continue
            if doubt := evidence.doubt(name, declared.scripts, reread=any(column.reread for column in declared.columns.values())):
                raise FileFault("IMPLAUSIBLE_ENCODING", doubt)
            return name
    raise _wrong_encoding(declared)


def _wrong_encoding(declared: Format) -> FileFault:
    return FileFault("WRONG_ENCODING", f"The file is not written in {' or '.join(declared.encodings)}, as its format declares.", held=False)


def _blocks(source: Source) -> Iterator[bytes]:
    with source.binary() as stream:
        while block := stream.read(CHUNK):
            yield block


def csv_records(source: Source, declared: Format) -> Iterator[Record]:
    """The records of delimited text. Raises FileFault."""
    with source.text() as text:
        yield from csv_lines(text, declared.delimiter)


def csv_lines(text: Iterable[str], delimiter: str, *, begins: int = 1) -> Iterator[Record]:
    """The records of lines of delimited text, the first of which is line `begins` of its file. Raises FileFault."""
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    before = begins - 1
    try:
        for cells in reader:
            number, begins = begins, before + reader.line_num + 1
            if cells:
                yield number, cells
    except csv.Error as fault:
        cut = "unexpected end" in str(fault)
        sentence = f"Line {before + reader.line_num}: {fault}."
        raise FileFault("TRUNCATED" if cut else "UNREADABLE", sentence, held=cut) from None


def _records(source: Source, declared: Format) -> Iterator[Record]:
    """The records of a file of any kind; the first one names the columns, after a header record where one is declared."""
    if declared.kind == "csv":
        return csv_records(source, declared)
    if declared.kind == "fixed":
        return fixed_width.records(source.binary, source.encoding, declared)
    if declared.kind == "xml":
        return xml_records.records(source.text, declared)
    return (workbooks.records if declared.kind == "xlsx" else parquet.records)(source.path, declared)


class Rows:
    """The rows of a file in order. After the last one `control` holds what was counted.

    Header by name, never by position: columns may come in any order, but each declared one must be there and no other,
    except those that the format ignores.
    """

    def __init__(self, source: Source, declared: Format) -> None:
        self.source, self.declared = source, declared
        self.order: list[str] = []
        self.control = ControlFound()
        self.kept: list[int] | None = None  # places of the cells that are read, when others are ignored
        self.width = 0

    def __iter__(self) -> Iterator[Line]:
        yield from self.all_of(_records(self.source, self.declared))

    def all_of(self, records: Iterator[Record]) -> Iterator[Line]:
        """The rows of records that begin with the header."""
        if mark := self.declared.control.header:
            number, cells = next(records, (1, [""]))
            if cells[0] != mark:
                raise FileFault("CONTROL_MISSING", f"The file does not begin with its first line, which begins with {mark}.")
            self.control.expected = record_in_file(cells, number, self.declared)
        header = next(records, None)
        if header is None:
            raise FileFault("EMPTY_FILE", "The file is empty.")
        self.take_header(header[1])
        self._require_countable()
        yield from self.lines(records)

    def take_header(self, header: list[str]) -> None:
        """Learn the order of the columns. Raises FileFault."""
        self.width = len(header)
        if not header:
            raise FileFault("MISSING_COLUMN", "The row that names the columns is blank.")
        cells = [cell.strip() for cell in header]
        cells[0] = cells[0].removeprefix("\ufeff")  # a byte order mark, in encodings that know none
        ignored = self.declared.layout.ignore
        if ignored and not ignored.isdisjoint(cells):
            self.kept = [place for place, cell in enumerate(cells) if cell not in ignored]
            cells = [cells[place] for place in self.kept]
        self.order = in_order(cells, self.declared)

    def _require_countable(self) -> None:
        for name in self.control.totals:
            column = self.declared.columns.get(name)
            if column is None or column.type not in {"int", "decimal"}:
                raise FileFault("CONTROL_MISMATCH", f"The control record totals {name[:60]}, which is no column of numbers.")

    def lines(self, records: Iterator[Record]) -> Iterator[Line]:
        """The rows of the records below the header; the last one shows whether the file is whole."""
        pending: Line | None = None
        for number, cells in records:
            if pending is not None:
                yield self._counted(pending)
            pending = Line(number, cells, len(cells) == self.width)
        yield from self._last(pending)

    def _last(self, line: Line | None) -> Iterator[Line]:
        trailer = self.declared.control.trailer
        if trailer:
            if line is None or line.cells[0] != trailer:
                raise FileFault("TRUNCATED", f"The file ends without its last line, which begins with {trailer}: it was cut off.")
            self.control.expected = record_in_file(line.cells, line.number, self.declared)
            return
        if line is None:
            return
        if not self.source.ends_with_newline and (not line.whole or self.declared.final_newline):
            raise FileFault("TRUNCATED", f"Line {line.number}, the last one, does not end: the file was cut off.")
        if not line.whole and len(line.cells) < self.width:
            raise FileFault(
                "TRUNCATED", f"Line {line.number}, the last one, has {len(line.cells)} of {self.width} cells: the file was cut off."
            )
        yield self._counted(line)

    def _counted(self, line: Line) -> Line:
        if self.kept is not None and line.whole:
            line = Line(line.number, [line.cells[place] for place in self.kept])
        self.control.rows += 1
        for name in self.control.totals:
            with contextlib.suppress(Fault):  # a cell that can't be read counts as nothing, and its row is set aside later
                value = read(self.declared.columns[name], line.cells[self.order.index(name)]) if line.whole else None
                self.control.totals[name] += Decimal(value or 0)
        return line


def in_order(cells: list[str], declared: Format) -> list[str]:
    """The column name for each cell, from the header line. Raises FileFault."""
    by_header = {header: name for name, column in declared.columns.items() for header in column.headers}
    if extra := [cell for cell in cells if cell not in by_header]:
        raise FileFault("EXTRA_COLUMN", f"The file has a column {extra[0][:60]!r} that its format does not declare.")
    order = [by_header[cell] for cell in cells]
    if missing := [name for name, column in declared.columns.items() if name not in order and not column.optional]:
        raise FileFault("MISSING_COLUMN", f"The file lacks the column {missing[0]}.")
    if len(set(order)) != len(order):
        raise FileFault("EXTRA_COLUMN", "The file has a column twice.")
    return order
