"""A fast way in front of the row-by-row parser, for plain delimited text: whole columns at once instead of cells.

A block of lines is read into columns of text. A row is *proven good* when each of its cells is: by a grammar narrower than the one
of `feeds.rules` (plain ASCII text, plain numbers), or because the careful reader itself accepts the cell's text, asked once for each
distinct text of a column. Proven rows go straight to COPY; every other row goes through the `Parser`, which alone gives reasons. A
file, a block or a format with anything that is not known here takes the careful way, so that both ways stage the same.
"""

import csv
import importlib.util
import io
import itertools
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from django.db import connection

from borrowers import staging
from borrowers.feeds.importer.formats import Format
from borrowers.feeds.importer.grammar import Accepted, Grammar, rendered
from borrowers.feeds.importer.parsing import Parser
from borrowers.feeds.importer.reading import FileFault, Line, Rows
from borrowers.feeds.importer.single import csv_lines
from borrowers.feeds.importer.values import Value
from borrowers.feeds.rules import Column

BLOCK = 2 * 1024 * 1024  # bytes of lines that are looked at together
SPOOL = 8 * 1024 * 1024  # bytes of rows for the careful COPY that wait in memory; more wait in a file
SEPARATOR = "\x1f"


@dataclass
class Filled:
    """What filling the staging table showed: `in_order` when the keys rose from row to row, so that none stands twice."""

    fast: int = 0
    careful: int = 0
    in_order: bool = False


def fill(table: str, columns: Mapping[str, str], parser: Parser, rows: Rows) -> Filled:
    """Stage all rows of a delivery, as `staging.fill` with `parser.staged(rows)` does. A fault of the file is left in `parser.fault`."""
    plan = plan_of(parser, rows)
    if plan is None:
        return Filled(careful=staging.fill(table, list(columns), parser.staged(rows)))
    with tempfile.SpooledTemporaryFile(SPOOL) as careful:
        reader = _Reader(plan, rows, careful)
        staging.fill_text(table, plan.columns, reader.chunks())
        careful.seek(0)
        staging.fill_text(table, list(columns), iter(lambda: careful.read(BLOCK), b""), null=staging.NULL)
    return Filled(reader.fast, reader.slow, reader.in_order and parser.fault is None)


def restore_raw(declared: Format, order: Iterable[str]) -> None:
    """Give the rows that were set aside their cells back: of a proven row they are kept in its `digest`, in the order of the format."""
    places = {name: place for place, name in enumerate(declared.columns, 1)}
    cells = ", ".join(f"c.cells[{places[name]}]" for name in order)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE feed_row r SET raw = (SELECT to_jsonb(ARRAY[{cells}]) FROM (SELECT string_to_array(r.digest, chr(31)) AS cells) c)
            WHERE r.reason IS NOT NULL AND r.raw IS NULL
            """
        )


# --- what a format needs ---


@dataclass(frozen=True)
class Plan:
    """How the columns of a file become those of the staging table: (staging column, file column, how its values are made)."""

    parser: Parser
    fields: tuple[tuple[str, str, Value], ...]
    columns: list[str]


def plan_of(parser: Parser, rows: Rows) -> Plan | None:
    """The Plan of a delivery, or None when its format or file needs the careful way."""
    declared = parser.declared
    if (
        not isinstance(rows, Rows)
        or not _plain_file(declared, rows)
        or rows.control.totals
        or not _plain_format(parser)
        or importlib.util.find_spec("pyarrow") is None
    ):
        return None
    made: list[tuple[str, str, Value]] = []
    for part, name, value in parser.fields:
        if (part, name) == ("position", "valid_from"):
            value = Value(const=parser.business_date) if value is None else replace(value, default=parser.business_date)  # noqa: PLW2901
        if value is None:
            continue
        used = value.columns()
        if len(used) > 1 or not _stays_in_row(value):
            return None
        made.append((f"{part}__{name}", used.pop() if used else "", value))
    if "loan" in declared.targets:
        made.append(("loan__attributes", "", Value(const={})))
    if any(rendered(value.const) in (None, False) for _, column, value in made if not column):
        return None
    return Plan(parser, tuple(made), ["line", "key", "digest", *(name for name, _, _ in made)])


def _plain_file(declared: Format, rows: Rows) -> bool:
    source = rows.source
    if declared.kind != "csv" or len(declared.delimiter) != 1 or declared.delimiter in '"\n\r\t\\':
        return False
    return source.encoding.lower() in {"utf-8", "utf8", "ascii"} and source.ends_with_newline and not source.fault


def _plain_format(parser: Parser) -> bool:
    declared = parser.declared
    unknown = (
        declared.remarks or declared.attributes or declared.date_column or declared.dates != "all" or declared.layout.ignore
        or declared.control.trailer or declared.control.header or parser.only_keys is not None or parser.pick
    )  # fmt: skip
    return not unknown and all(_plain_column(column) for column in declared.columns.values())


def _plain_column(column: Column) -> bool:
    return not (column.full_width or column.not_after_business_date or column.optional or column.reread)


def _stays_in_row(value: Value) -> bool:
    """Not what depends on the delivery's date or asks other columns."""
    return not (value.less_monthly or value.minus or value.only_if or value.negative_if)


# --- the file, block by block ---


class _Reader:
    """Walks through one file. `chunks` yields COPY text of proven rows; the others are written to `careful` as they are met."""

    def __init__(self, plan: Plan, rows: Rows, careful: Any) -> None:
        self.plan, self.parser, self.rows, self.careful = plan, plan.parser, rows, careful
        self.fast = self.slow = 0
        self.in_order = True
        self.line = 1  # of the next block's first row
        self.last: list[Any] | None = None  # key of the row before
        self.grammar: Grammar | None = None

    def chunks(self) -> Iterator[bytes]:
        try:
            with self.rows.source.binary() as stream:
                yield from self._blocks(stream)
        except FileFault as fault:
            self.parser.fault = fault

    def _blocks(self, stream: BinaryIO) -> Iterator[bytes]:
        header = stream.readline()
        if _odd(header) or not header.strip(b"\r\n"):
            self._carefully(itertools.chain([header], stream), whole_file=True)
            return
        self.rows.take_header(next(csv.reader([header.decode("utf-8-sig")], delimiter=self.parser.declared.delimiter, strict=True)))
        self.line = 2
        block = _lines(stream)
        while block:
            following = _lines(stream)
            table = None if _odd(block) else self._read(block)
            if table is not None:
                yield self._block(table)
            elif _odd(block) or not following:  # a row may go on in the next block, or the file may be cut off
                self._carefully(itertools.chain(io.BytesIO(block), io.BytesIO(following), stream))
                return
            else:
                self._carefully_within(block)
            block = following

    def _carefully(self, lines: Iterable[bytes], *, whole_file: bool = False) -> None:
        """The rest of the file through the csv module and the parser."""
        self.in_order = False
        decoded = (line.decode("utf-8-sig" if whole_file and place == 0 else "utf-8") for place, line in enumerate(lines))
        text = itertools.chain.from_iterable(io.StringIO(line, newline="") if "\r" in line else (line,) for line in decoded)
        records = csv_lines(text, self.parser.declared.delimiter, begins=self.line)
        for line in self.rows.all_of(records) if whole_file else self.rows.lines(records):
            self.parser.counts["read"] += 1
            self._one(line)

    def _carefully_within(self, block: bytes) -> None:
        """A block without quotes, in which some line has too many or too few cells, or none."""
        self.in_order = False
        text = io.StringIO(block.decode(), newline="")
        for number, cells in csv_lines(text, self.parser.declared.delimiter, begins=self.line):
            self.parser.counts["read"] += 1
            self.rows.control.rows += 1
            self._one(Line(number, cells, len(cells) == len(self.rows.order)))
        self.line += block.count(b"\n")

    def _one(self, line: Line) -> None:
        made = self.parser.one(line, self.rows.order)
        if made is None:
            return
        self.slow += 1
        self.in_order = False  # what its key is worth, only the checks know
        self.careful.write(staging.as_copy_line(made).encode())

    def _read(self, block: bytes) -> Any:
        """The block as columns of text; None when not every line has as many cells as there are columns."""
        import pyarrow as pa
        from pyarrow import csv as fast_csv

        names = self.rows.order
        if b"\n\n" in block or b"\n\r\n" in block or block.startswith((b"\n", b"\r\n")):
            return None  # a blank line is no row
        try:
            table = fast_csv.read_csv(
                io.BytesIO(block),
                read_options=fast_csv.ReadOptions(column_names=names, use_threads=False, block_size=max(len(block), 1) + 1),
                parse_options=fast_csv.ParseOptions(
                    delimiter=self.parser.declared.delimiter, quote_char=False, escape_char=False, ignore_empty_lines=False
                ),
                convert_options=fast_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
            )
        except pa.ArrowInvalid:
            return None
        return table if table.num_rows == block.count(b"\n") else None

    def _block(self, table: Any) -> bytes:
        """COPY text of the proven rows of one block."""
        import pyarrow as pa
        import pyarrow.compute as pc

        names, count = self.rows.order, table.num_rows
        grammar = self.grammar = self.grammar or Grammar(self.parser, self.plan.fields)
        self.parser.counts["read"] += count
        self.rows.control.rows += count
        cells = {name: table.column(name).combine_chunks() for name in names}
        accepted = grammar.look(cells)
        numbers = pa.array(range(self.line, self.line + count), pa.int32())
        self._keep_order(cells)
        self.line += count
        if accepted.some_not:
            for place in pc.indices_nonzero(pc.invert(accepted.proven)).to_pylist():
                self._one(Line(numbers[place].as_py(), [cells[name][place].as_py() for name in names]))
        return self._copy_text(cells, accepted, numbers)

    def _copy_text(self, cells: Mapping[str, Any], accepted: Accepted, numbers: Any) -> bytes:
        import pyarrow as pa
        import pyarrow.compute as pc
        from pyarrow import csv as fast_csv

        declared = self.parser.declared
        joined = [pc.binary_join_element_wise(*(cells[name] for name in part), SEPARATOR) for part in (declared.key, declared.columns)]
        made = pa.table([numbers, *joined, *accepted.fields], names=self.plan.columns)
        if accepted.some_not:
            made = made.filter(accepted.proven)
        self.fast += made.num_rows
        out = io.BytesIO()
        fast_csv.write_csv(made, out, fast_csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none", batch_size=16384))
        return out.getvalue()

    def _keep_order(self, cells: Mapping[str, Any]) -> None:
        """See whether the keys rise from row to row, whole numbers by their value."""
        if not self.in_order:
            return
        import pyarrow as pa
        import pyarrow.compute as pc

        declared = self.parser.declared
        try:
            key = [cells[name].cast(pa.int64()) if declared.columns[name].type == "int" else cells[name] for name in declared.key]
        except pa.ArrowInvalid:
            self.in_order = False
            return
        first = [column[0].as_py() for column in key]
        rises, same = pa.scalar(False), pa.scalar(True)
        for column in key:
            before, after = column[:-1], column[1:]
            rises = pc.or_(rises, pc.and_(same, pc.less(before, after)))
            same = pc.and_(same, pc.equal(before, after))
        self.in_order = (self.last is None or self.last < first) and pc.all(rises, min_count=0).as_py() is True
        self.last = [column[-1].as_py() for column in key]


def _lines(stream: BinaryIO) -> bytes:
    """About BLOCK bytes of whole lines."""
    return stream.read(BLOCK) + stream.readline()


def _odd(block: bytes) -> bool:
    """Whether lines need a real reader of delimited text: quotes, zero bytes, other ends of lines than one kind, an open end."""
    return b'"' in block or b"\0" in block or block.count(b"\r") != block.count(b"\r\n") or not block.endswith(b"\n")
