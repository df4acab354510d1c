"""Proposes a format from a sample file. Pure: bytes in, a declaration out. What is not certain is asked, never guessed."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from borrowers.feeds.importer.columns import column_of
from borrowers.feeds.importer.encodings import CODECS, Evidence
from borrowers.feeds.importer.formats import NEEDED, TARGETS
from borrowers.feeds.rules import Fault, read
from borrowers.feeds.synonyms import field_of

ENCODINGS = ("utf-8", "gb18030", "cp949")  # tried in this order; UTF-8 that fits is no accident
DELIMITERS = (",", "\t", ";", "|")
DATES = (
    "YYYY-MM-DD", "YYYYMMDD", "YYYY/MM/DD", "YYYY.MM.DD", "YYYY年MM月DD日", "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY", "MM.DD.YYYY",
    "DD-MM-YYYY", "MM-DD-YYYY",
)  # fmt: skip
MONTHS = ("YYYY-MM", "YYYYMM", "MM/YYYY")
ROWS = 2_000  # looked at
FEW = 12  # different values up to which a text is a list of codes
MOST_DIGITS = 15  # of a whole number; longer ones are numbers of accounts, and text
LOAN_NUMBER = "loan.number"


class NoSample(Exception):
    """A sample from which nothing can be proposed; the message is a key of `assistant_words`."""


@dataclass
class Guess:
    """One column of the sample: what it is taken for, and what the person must say."""

    name: str  # in the format
    header: str  # in the file
    type: str = "text"
    format: str = ""  # of a date
    formats: tuple[str, ...] = ()  # all date formats that fit; several: the person must choose
    required: bool = False
    decimals: int = 2
    grouping: bool = False
    codes: tuple[str, ...] = ()
    target: str = ""  # "loan.number"; empty: read and not used
    unique: bool = False
    examples: tuple[str, ...] = ()

    @property
    def ambiguous(self) -> bool:
        return self.type in {"date", "month"} and not self.format and len(self.formats) > 1


@dataclass
class Proposal:
    """A format as it may be, and what is still open."""

    name: str
    currency: str
    encoding: str
    encodings: tuple[str, ...]  # all that fit the bytes and are plausible
    delimiter: str
    columns: list[Guess]
    rows: int
    key: tuple[str, ...] = ()
    constants: dict[str, str] = field(default_factory=dict)  # needed fields that no column gives: "borrower.kind" -> text
    missing: list[str] = field(default_factory=list)  # needed fields that a person must still choose a column for
    clashes: list[Guess] = field(default_factory=list)  # columns whose type does not fit their field; not used until that is settled


def propose(content: bytes, name: str, currency: str) -> Proposal:
    """The format that a sample seems to have. Raises NoSample."""
    fitting = fitting_encodings(content)
    if not fitting:
        raise NoSample("NO_ENCODING")
    text = _decoded(content, fitting[0])
    delimiter = delimiter_of(text)
    lines = list(_some(csv.reader(io.StringIO(text), delimiter=delimiter)))
    if len(lines) < 2 or len(lines[0]) < 2:
        raise NoSample("NO_TABLE")
    header, rows = [cell.strip() for cell in lines[0]], [line for line in lines[1:] if len(line) == len(lines[0])]
    if not rows or len(set(header)) != len(header) or not all(header):
        raise NoSample("NO_HEADER")
    columns = [guess(head, [row[place] for row in rows], place) for place, head in enumerate(header)]
    _name_apart(columns)
    made = Proposal(name, currency, fitting[0], fitting, delimiter, columns, len(rows))
    assign(made)
    return made


def _some(reader: Any) -> Any:
    for place, line in enumerate(reader):
        if place > ROWS:
            return
        if line:
            yield line


def fitting_encodings(content: bytes) -> tuple[str, ...]:
    """The encodings that fit every byte and whose letters can be text of their languages."""
    found = []
    for name in ENCODINGS:
        try:
            text = content.decode(CODECS[name])
        except UnicodeDecodeError:
            continue
        evidence = Evidence()
        evidence.saw(content)
        evidence.heard(name, text)
        if not evidence.doubt(name):
            found.append(name)
        if name == "utf-8":
            break  # bytes that are UTF-8 by accident are too rare to ask about
    return tuple(sorted(found, key=lambda name: -_known_headers(content, name)))


def _decoded(content: bytes, name: str) -> str:
    return content.decode("utf-8-sig" if name == "utf-8" else CODECS[name])


def _known_headers(content: bytes, name: str) -> int:
    """How many header words the table knows when the file is read in this encoding: the surest sign where several fit."""
    first = _decoded(content, name).partition("\n")[0].strip()
    return sum(bool(field_of(cell)) for cell in re.split("[,;|\t]", first))


def delimiter_of(text: str) -> str:
    """The sign that cuts the first lines into the same number of cells, the most of them; a comma when none does."""
    lines = [line for line in text.splitlines()[:20] if line]
    scores = {}
    for sign in DELIMITERS:
        widths = Counter(len(cells) for cells in csv.reader(lines, delimiter=sign))
        width, times = widths.most_common(1)[0] if widths else (1, 0)
        scores[sign] = (times / len(lines), width) if width > 1 else (0.0, 0)
    return max(scores, key=lambda sign: scores[sign]) if any(width for _, width in scores.values()) else ","


def guess(header: str, cells: Sequence[str], place: int) -> Guess:
    """What a column of the sample is, by our own grammar."""
    told = [cell for cell in cells if cell]
    made = Guess(_column_name(header, place), header, required=bool(told) and len(told) == len(cells))
    made.examples = tuple(dict.fromkeys(told))[:3]
    made.unique = bool(told) and len(set(cells)) == len(cells)
    made.target = field_of(header)
    if not told:
        return made
    if formats := [f for f in DATES if _all_read({"type": "date", "format": f}, told)]:
        made.type, made.formats = "date", tuple(formats)
        made.format = formats[0] if len(formats) == 1 else ""
    elif formats := [f for f in MONTHS if _all_read({"type": "month", "format": f}, told) and field_of(header)]:
        made.type, made.formats, made.format = "month", tuple(formats), formats[0] if len(formats) == 1 else ""
    elif not made.target.endswith((".number", ".code", ".product", ".status")) and not any(re.match(r"-?0[0-9]", cell) for cell in told):
        _as_number(made, told)
    if made.type == "text" and len(told) >= 3 * len(set(told)) and len(set(told)) <= FEW and not made.target.endswith((".name", ".number")):
        made.type, made.codes = "code", tuple(sorted(set(told)))
    return made


def _as_number(made: Guess, told: Sequence[str]) -> None:
    whole = _all_read({"type": "int"}, told) and max(len(cell) for cell in told) <= MOST_DIGITS
    money = made.target.split(".")[-1] in {"balance", "principal", "amount", "value", "overdue_principal", "overdue_interest", "rate"}
    if whole and not money:
        made.type = "int"
        return
    decimals = max((len(cell.partition(".")[2]) for cell in told), default=0)
    for grouping in (False, True):
        if decimals <= 10 and _all_read({"type": "decimal", "decimals": max(2, decimals), "grouping": grouping}, told):
            made.type, made.decimals, made.grouping = "decimal", max(2, decimals), grouping
            return


def _all_read(declared: Mapping[str, Any], cells: Sequence[str]) -> bool:
    """Whether the cells are of this type, but for one in twenty that may be the faults the preview is to show."""
    column, bad = column_of("sample", declared), 0
    for cell in cells:
        try:
            read(column, cell)
        except Fault:
            bad += 1
            if 20 * bad > len(cells):
                return False
    return True


def _column_name(header: str, place: int) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", header.lower()).strip("_")
    if words and header.isascii() and words[0].isalpha():
        return words[:40]
    return field_of(header).replace(".", "_") or f"column_{place + 1}"


def _name_apart(columns: list[Guess]) -> None:
    seen: Counter[str] = Counter()
    for column in columns:
        seen[column.name] += 1
        if seen[column.name] > 1:
            column.name = f"{column.name}_{seen[column.name]}"


# Fields without which a kind of fact makes no sense here: only where a column gives one of them is the kind proposed.
TELLS = {
    "loan": {"principal", "disbursed_on"},
    "position": {"balance", "days_past_due"},
    "repayment": {"paid_on"},
    "collateral": {"number"},
}
CONSTANTS = {"borrower.kind": "company", "borrower.segment": "small"}


def assign(made: Proposal) -> None:
    """Settle which facts a row makes, the key, and what is missing, from the fields that the columns name."""
    given = {column.target for column in made.columns if column.target}
    parts = {part for part, tell in TELLS.items() if any(f"{part}.{name}" in given for name in tell)}
    if "loan" in parts:
        parts |= {"borrower", "branch"}
    elif parts & {"position", "repayment"}:
        for column in made.columns:
            column.target = _of_a_loan_that_is_there(column.target, parts)
    elif "borrower.number" in given:
        parts.add("borrower")
    for column in made.columns:
        if column.target != "business_date" and column.target.partition(".")[0] not in parts:
            column.target = ""
    twice = Counter(column.target for column in made.columns if column.target)
    for column in reversed(made.columns):
        if twice[column.target] > 1:
            twice[column.target] -= 1
            column.target = ""
    settle(made, parts)


def _of_a_loan_that_is_there(target: str, parts: set[str]) -> str:
    """The field a column becomes in a feed that tells of loans another feed has made."""
    part, _, name = target.partition(".")
    if target == LOAN_NUMBER:
        return f"{'position' if 'position' in parts else 'repayment'}.loan_number"
    if part in {*parts, "business_date", ""}:
        return target
    return f"position.{name}" if "position" in parts and name in TARGETS["position"] else ""


def settle(made: Proposal, parts: set[str] | None = None) -> None:
    """The key, the constants and what is missing, once each column's field is chosen."""
    given = {column.target: column for column in made.columns if column.target}
    parts = parts if parts is not None else {target.partition(".")[0] for target in given} - {"business_date"}
    made.clashes = [column for column in given.values() if not fits(column)]
    needed = {f"{part}.{name}" for part in parts for name in NEEDED.get(part, ())}
    if {"loan", "position"} <= parts:
        needed.discard("position.loan_number")
    made.constants = {name: text for name, text in CONSTANTS.items() if name in needed and name not in given}
    made.missing = sorted(name for name in needed if name not in given and name not in made.constants)
    numbers = [given[name] for name in (LOAN_NUMBER, "position.loan_number", "borrower.number") if name in given]
    best = next((column for column in numbers if column.unique), None) or next((c for c in made.columns if c.unique and c.required), None)
    made.key = (best.name,) if best else tuple(column.name for column in numbers[:1])


def fits(column: Guess) -> bool:
    """Whether the column's type is one its field can take; a date that is not decided about fits nothing."""
    part, _, name = column.target.partition(".")
    kind = "date" if column.target == "business_date" else TARGETS.get(part, {}).get(name, "text")
    if kind in {"numeric", "integer", "bigint", "smallint"}:
        return column.type in {"int", "decimal"}
    return kind != "date" or (column.type in {"date", "month"} and bool(column.format))


def as_spec(made: Proposal) -> dict[str, Any]:
    """The declaration as a format file says it. A date that the person has not decided about is left as text."""
    columns: dict[str, dict[str, Any]] = {}
    for column in made.columns:
        spec: dict[str, Any] = {"header": column.header} if column.header != column.name else {}
        kind = "text" if column.type in {"date", "month"} and not column.format else column.type
        if kind != "text":
            spec["type"] = kind
        if kind in {"date", "month"}:
            spec["format"] = column.format
        if kind == "decimal":
            spec |= {"decimals": column.decimals} | ({"grouping": True} if column.grouping else {})
        if kind == "code" and column.codes:
            spec["codes"] = list(column.codes)
        if column.required and column.target and fits(column):
            spec["required"] = True
        columns[column.name] = spec
    day = next((column for column in made.columns if column.target == "business_date" and column.format), None)
    spec = {
        "name": made.name, "title": made.name.replace("_", " ").capitalize(), "currency": made.currency, "encodings": [made.encoding],
        "delimiter": made.delimiter, "key": list(made.key),
    } | ({"dates": {"rows": "month" if day.type == "month" else "day", "column": day.name}} if day else {"dates": {"rows": "all"}})  # fmt: skip
    spec["columns"] = columns
    for part in TARGETS:
        fields: dict[str, Any] = {c.target.partition(".")[2]: c.name for c in made.columns if c.target.startswith(f"{part}.") and fits(c)}
        fields |= {key.partition(".")[2]: {"const": text} for key, text in made.constants.items() if key.startswith(f"{part}.")}
        if part == "position" and fields and "loan_number" not in fields:
            number = next((c.name for c in made.columns if c.target == LOAN_NUMBER), None)
            fields |= {"loan_number": number} if number else {}
        if fields:
            spec[part] = fields
    return spec


def as_toml(spec: Mapping[str, Any]) -> str:
    """A declaration as TOML text: plain values first, then each table; columns one below another."""
    lines = [f"{_key(name)} = {_value(value)}" for name, value in spec.items() if not isinstance(value, Mapping)]
    for name, table in spec.items():
        if isinstance(table, Mapping) and name != "columns":
            lines += ["", f"[{name}]", *(f"{_key(key)} = {_value(value)}" for key, value in table.items())]
    for name, column in spec.get("columns", {}).items():
        lines += ["", f"[columns.{_key(name)}]", *(f"{_key(key)} = {_value(value)}" for key, value in column.items())]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
