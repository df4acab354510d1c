"""Opens the file of a delivery and yields its rows as text. Knows nothing of facts and nothing of the database.

A file is read twice with little memory: once to learn its hash, whether it is whole and in which encoding it is
written, and once for the rows.
"""

import codecs
import contextlib
import csv
import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from borrowers.feeds.importer.formats import Format
from borrowers.feeds.rules import PLAIN_NUMBER, Fault, read

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
CHUNK = 256 * 1024
LONGEST_LINE = 1024 * 1024
SIDECAR = ".control.json"


class FileFault(Exception):
    """A file that can't be used as a whole. `reason` is one of the documented codes, the message a sentence.

    `held`: a person may still decide about it; otherwise it is rejected.
    """

    def __init__(self, reason: str, sentence: str, *, held: bool = True) -> None:
        super().__init__(sentence)
        self.reason, self.sentence, self.held = reason, sentence, held


@dataclass(frozen=True)
class Source:
    """A file as it lies there: hash and size of its bytes, and the fault that its contents have as a whole, if any."""

    path: Path
    sha256: str
    size: int
    packed: bool
    encoding: str
    ends_with_newline: bool
    fault: FileFault | None = None

    def rows(self, declared: Format) -> "Rows":
        return Rows(self, declared)


@dataclass(frozen=True)
class Line:
    """One row: the number of its first line in the file, and its cells by column name, or None when their count is wrong."""

    number: int
    cells: list[str]
    whole: bool = True


@dataclass
class ControlFound:
    """What a control record says, and what the file holds."""

    expected: dict[str, Any] = field(default_factory=dict)
    rows: int = 0
    totals: dict[str, Decimal] = field(default_factory=dict)

    def found(self) -> dict[str, Any]:
        return {"rows": self.rows, "totals": {name: str(total) for name, total in self.totals.items()}}


def open_binary(path: Path, packed: bool) -> BinaryIO:
    return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]


def examine(path: Path, declared: Format) -> Source:
    """Hash the file and look through all of it once. A fault of the contents comes back in `fault`, so that it is registered."""
    digest = hashlib.sha256()
    with path.open("rb") as raw:
        head = raw.read(4)
        raw.seek(0)
        while block := raw.read(CHUNK):
            digest.update(block)
        size = raw.tell()
    packed = head.startswith(GZIP)
    encoding, newline, fault = "", False, None
    try:
        if not size:
            raise FileFault("EMPTY_FILE", "The file is empty.")
        if head.startswith(ZIP):
            raise FileFault("UNREADABLE", "The file is a zip archive; deliver it as text or packed with gzip.", held=False)
        encoding, newline = _look_through(path, packed, declared)
    except FileFault as found:
        fault = found
    return Source(path, digest.hexdigest(), size, packed, encoding, newline, fault)


def _look_through(path: Path, packed: bool, declared: Format) -> tuple[str, bool]:
    """The first declared encoding that fits every byte, and whether the last line ends. Raises FileFault."""
    decoders = {name: codecs.getincrementaldecoder(name)("strict") for name in declared.encodings}
    size, line, last = 0, 0, b""
    for block in _blocks(path, packed):
        size += len(block)
        last = block
        line = len(block) - block.rfind(b"\n") - 1 if b"\n" in block else line + len(block)
        if size > declared.max_bytes:
            raise FileFault(
                "TOO_LARGE", f"Unpacked, the file is larger than the {declared.max_bytes // 1024 // 1024} MB of its format.", held=False
            )
        if line > LONGEST_LINE:
            raise FileFault("UNREADABLE", "The file has a line of more than one megabyte.", held=False)
        for name in list(decoders):
            try:
                decoders[name].decode(block)
            except UnicodeDecodeError:
                del decoders[name]
        if not decoders:
            raise _wrong_encoding(declared)
    for name in declared.encodings:
        if name in decoders:
            try:
                decoders[name].decode(b"", final=True)
                return name, last.endswith((b"\n", b"\r"))
            except UnicodeDecodeError:
                continue
    raise _wrong_encoding(declared)


def _wrong_encoding(declared: Format) -> FileFault:
    return FileFault("WRONG_ENCODING", f"The file is not written in {' or '.join(declared.encodings)}, as its format declares.", held=False)


def _blocks(path: Path, packed: bool) -> Iterator[bytes]:
    try:
        with open_binary(path, packed) as stream:
            while block := stream.read(CHUNK):
                yield block
    except EOFError:
        raise FileFault("TRUNCATED", "The packed file ends before its end: it was cut off.") from None
    except (gzip.BadGzipFile, zlib.error) as fault:
        raise FileFault("UNREADABLE", f"The packed file is damaged: {fault}.", held=False) from None


class Rows:
    """The rows of a file in order. After the last one `control` holds what was counted.

    Header by name, never by position: columns may come in any order, but each declared one must be there and no other.
    """

    def __init__(self, source: Source, declared: Format) -> None:
        self.source, self.declared = source, declared
        self.order: list[str] = []
        self.control = ControlFound()

    def __iter__(self) -> Iterator[Line]:
        encoding = {"utf-8": "utf-8-sig", "utf8": "utf-8-sig"}.get(self.source.encoding.lower(), self.source.encoding)
        with open_binary(self.source.path, self.source.packed) as raw, io.TextIOWrapper(raw, encoding, "strict", newline="") as text:
            reader = csv.reader(text, delimiter=self.declared.delimiter, strict=True)
            try:
                header = next(reader, None)
                if header is None:
                    raise FileFault("EMPTY_FILE", "The file is empty.")
                self.order = _in_order(header, self.declared)
                self._require_countable()
                yield from self._lines(reader)
            except csv.Error as fault:
                cut = "unexpected end" in str(fault)
                sentence = f"Line {reader.line_num}: {fault}."
                raise FileFault("TRUNCATED" if cut else "UNREADABLE", sentence, held=cut) from None

    def _require_countable(self) -> None:
        for name in self.control.totals:
            column = self.declared.columns.get(name)
            if column is None or column.type not in {"int", "decimal"}:
                raise FileFault("CONTROL_MISMATCH", f"The control record totals {name}, which is no column of numbers.")

    def _lines(self, reader: Any) -> Iterator[Line]:
        width, begins = len(self.order), reader.line_num + 1
        pending: Line | None = None
        for cells in reader:
            number, begins = begins, reader.line_num + 1
            if not cells:
                continue
            if pending is not None:
                yield self._counted(pending)
            pending = Line(number, cells, len(cells) == width)
        yield from self._last(pending)

    def _last(self, line: Line | None) -> Iterator[Line]:
        trailer = self.declared.control.trailer
        if trailer:
            if line is None or line.cells[0] != trailer:
                raise FileFault("TRUNCATED", f"The file ends without its last line, which begins with {trailer}: it was cut off.")
            self._read_trailer(line)
            return
        if line is None:
            return
        if not self.source.ends_with_newline and (not line.whole or self.declared.final_newline):
            raise FileFault("TRUNCATED", f"Line {line.number}, the last one, does not end: the file was cut off.")
        if not line.whole and len(line.cells) < len(self.order):
            raise FileFault(
                "TRUNCATED", f"Line {line.number}, the last one, has {len(line.cells)} of {len(self.order)} cells: the file was cut off."
            )
        yield self._counted(line)

    def _counted(self, line: Line) -> Line:
        self.control.rows += 1
        for name in self.control.totals:
            with contextlib.suppress(Fault):  # a cell that can't be read counts as nothing, and its row is set aside later
                value = read(self.declared.columns[name], line.cells[self.order.index(name)]) if line.whole else None
                self.control.totals[name] += Decimal(value or 0)
        return line

    def _read_trailer(self, line: Line) -> None:
        rule = self.declared.control
        try:
            totals = {name: line.cells[cell - 1] for name, cell in rule.totals.items()}
            self.control.expected = {"rows": int(line.cells[rule.rows_cell - 1]), "totals": totals}
        except (IndexError, ValueError):
            raise FileFault("CONTROL_MISMATCH", f"Line {line.number}, the control record, can't be read.") from None


def _in_order(header: list[str], declared: Format) -> list[str]:
    """The column name for each cell, from the header line. Raises FileFault."""
    by_header = {header: name for name, column in declared.columns.items() for header in column.headers}
    cells = [cell.strip() for cell in header]
    if extra := [cell for cell in cells if cell not in by_header]:
        raise FileFault("EXTRA_COLUMN", f"The file has a column {extra[0][:60]!r} that its format does not declare.")
    order = [by_header[cell] for cell in cells]
    if missing := [name for name, column in declared.columns.items() if name not in order and not column.optional]:
        raise FileFault("MISSING_COLUMN", f"The file lacks the column {missing[0]}.")
    if len(set(order)) != len(order):
        raise FileFault("EXTRA_COLUMN", "The file has a column twice.")
    return order


def read_control(path: Path | None, source: Path) -> dict[str, Any]:
    """The control record beside a file (`FILE.control.json`, or `path`): {"rows": n, "totals": {column: "text"}}; {} when there is none.

    Raises FileFault when it can't be read.
    """
    place = path or source.with_name(source.name + SIDECAR)
    if not place.exists():
        if path:
            raise FileFault("CONTROL_MISSING", f"There is no control record {path.name}.")
        return {}
    try:
        said = json.loads(place.read_text(encoding="utf-8"), parse_float=Decimal)
        return {"rows": int(said["rows"]), "totals": {str(k): str(v) for k, v in said.get("totals", {}).items()}}
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise FileFault("CONTROL_MISMATCH", f"The control record {place.name} can't be read: {fault}.") from None


def compare(expected: Mapping[str, Any], found: ControlFound) -> str:
    """A sentence that names the first difference between a control record and the file; empty when they agree."""
    if expected.get("rows") is not None and expected["rows"] != found.rows:
        return f"The control record says {expected['rows']} rows, the file has {found.rows}."
    for name, text in expected.get("totals", {}).items():
        total = found.totals.get(name)
        if total is None or not PLAIN_NUMBER.fullmatch(text) or Decimal(text) != total:
            return f"The control record says {text} for the total of {name}, the file has {total}."
    return ""
