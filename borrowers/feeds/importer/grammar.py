"""The narrow grammar of the columnar reader: which cells of a column are certainly good, and what COPY is given for them.

Whatever is not certain here is left to the careful reader, so this grammar may be narrower than that of `feeds.rules`, never wider.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from borrowers import staging
from borrowers.feeds.importer.values import BUSINESS_DATE, Value
from borrowers.feeds.rules import SUSPECT, Column, Fault, read

if TYPE_CHECKING:
    from borrowers.feeds.importer.parsing import Parser

WHOLE = "-?(0|[1-9][0-9]{0,16})"
PLAIN_PATTERN = re.compile(r"[A-Za-z0-9\[\]{},()|_^? -]*", re.ASCII)  # means the same to both libraries of regular expressions
NOT_PLAIN = re.compile(r'[\\\t\n\r\x1f"]')  # what COPY, or who writes it, would read as something else
MOST_KEPT = 200_000  # texts of a column whose reading is remembered


def rendered(value: Any) -> str | bool | None:
    """What COPY is given for a value; None for NULL, False when it can't be given plainly."""
    if value is None:
        return None
    text = staging.as_copy_text(value)
    return False if not text or NOT_PLAIN.search(text) or (NOT_PLAIN.search(str(value)) and not isinstance(value, dict)) else text


@dataclass(frozen=True)
class Accepted:
    """Of a block: which rows are proven good, whether some are not, and a column of COPY text for each field."""

    proven: Any
    some_not: bool
    fields: list[Any]


class Grammar:
    """The columns of one delivery, and the fields that are made of them: (staging column, file column or empty, value)."""

    def __init__(self, parser: "Parser", fields: tuple[tuple[str, str, Value], ...]) -> None:
        self.parser, self.fields = parser, fields
        self.of_column = {name: [(field, value) for field, column, value in fields if column == name] for name in parser.declared.columns}
        self.known = {
            name: _Texts(column, [value for _, value in self.of_column[name]], parser.business_date)
            for name, column in parser.declared.columns.items()
            if not _vectorised(column) or any(value != Value(column=name) for _, value in self.of_column[name])
        }

    def look(self, cells: dict[str, Any]) -> Accepted:
        """Look at the cells of a block, by column."""
        import pyarrow as pa
        import pyarrow.compute as pc

        proven: Any = None
        made: dict[str, Any] = {}
        for name, column in self.parser.declared.columns.items():
            if name in self.known:
                good, texts = self.known[name].look(cells[name])
            else:
                good, text = _by_grammar(column, cells[name])
                texts = [text] * len(self.of_column[name])
            made |= {field: text for (field, _), text in zip(self.of_column[name], texts, strict=True)}
            proven = good if proven is None else pc.and_(proven, good)
        count = len(proven)
        for field, source, value in self.fields:
            if not source:
                made[field] = pa.repeat(pa.scalar(rendered(value.const), pa.string()), count)
        if {"loan__disbursed_on", "loan__matures_on"} <= set(made):
            turned = pc.less(made["loan__matures_on"], made["loan__disbursed_on"])
            proven = pc.and_(proven, pc.invert(pc.fill_null(turned, False)))
        return Accepted(proven, pc.all(proven).as_py() is not True, [made[field] for field, _, _ in self.fields])


def _vectorised(column: Column) -> bool:
    if column.type in {"int", "decimal"}:
        return not column.trim
    return column.type == "text" and not column.trim and (column.pattern is None or bool(PLAIN_PATTERN.fullmatch(column.pattern.pattern)))


def _by_grammar(column: Column, cells: Any) -> tuple[Any, Any]:
    """Which cells are good, and their text with NULL for blank ones."""
    import pyarrow as pa
    import pyarrow.compute as pc

    good = pc.match_substring_regex(cells, _expression(column))
    if column.type == "text" and column.pattern is not None:
        good = pc.and_(good, pc.match_substring_regex(cells, f"^(?:{column.pattern.pattern})$"))
    nothing = pa.array(["", *column.blanks, *column.placeholders], pa.string())
    means_nothing = pc.is_in(cells, nothing) if len(nothing) > 1 else pc.equal(cells, "")
    if column.type != "text" and (column.least is not None or column.most is not None):
        good = pc.and_(good, _in_bounds(column, pc.if_else(good, cells, pa.scalar(None, pa.string()))))
    if column.required:
        return pc.and_(good, pc.invert(means_nothing)), cells
    if not pc.any(means_nothing).as_py():
        return good, cells
    return pc.or_(good, means_nothing), pc.if_else(means_nothing, pa.scalar(None, pa.string()), cells)


def _expression(column: Column) -> str:
    if column.type == "text":
        return rf"^[ -!#-\[\]-~]{{1,{min(column.max_length, 1000)}}}$"
    fraction = rf"(\.[0-9]{{1,{column.decimals}}})?" if column.type == "decimal" and column.decimals else ""
    return f"^{WHOLE}{fraction}$"


def _in_bounds(column: Column, numbers: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = pa.decimal256(60, 20)
    counted = numbers.cast(kind)
    inside = pc.is_valid(numbers)
    for bound, compare in ((column.least, pc.greater_equal), (column.most, pc.less_equal)):
        if bound is not None:
            inside = pc.and_(inside, compare(counted, pa.scalar(bound, kind)))
    return pc.fill_null(inside, False)


class _Texts:
    """A column whose distinct texts are read one by one, each once, by the careful reader itself."""

    def __init__(self, column: Column, values: list[Value], business_date: date) -> None:
        self.column, self.values, self.business_date = column, values, business_date
        self.found: dict[str, tuple[bool, list[str | None]]] = {}

    def look(self, cells: Any) -> tuple[Any, list[Any]]:
        import pyarrow as pa

        encoded = cells.dictionary_encode()
        if len(self.found) > MOST_KEPT:
            self.found.clear()
        known = [self.found.get(text) or self._read(text) for text in encoded.dictionary.to_pylist()]
        good = pa.array([one[0] for one in known], pa.bool_()).take(encoded.indices)
        return good, [pa.array([one[1][place] for one in known], pa.string()).take(encoded.indices) for place in range(len(self.values))]

    def _read(self, text: str) -> tuple[bool, list[str | None]]:
        made: list[str | None] = [None] * len(self.values)
        good = False
        if not SUSPECT.search(text) and not NOT_PLAIN.search(text):
            try:
                row = {self.column.name: read(self.column, text), BUSINESS_DATE: self.business_date}
                shown = [rendered(value.of(row)) for value in self.values]
                good = False not in shown
                made = [one if isinstance(one, str) else None for one in shown]
            except Fault:
                good = False
        self.found[text] = (good, made)
        return self.found[text]
