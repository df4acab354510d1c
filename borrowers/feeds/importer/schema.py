"""What a format file may say: each key with its type and its meaning, as JSON Schema. `docs/feed-format.md` is made from it."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from borrowers.feeds.importer.encodings import CODECS, SCRIPTS
from borrowers.feeds.importer.layouts import KINDS
from borrowers.feeds.rules import TYPES

Schema = dict[str, Any]


def _text(meaning: str, **more: Any) -> Schema:
    return {"type": "string", "description": meaning, **more}


def _flag(meaning: str) -> Schema:
    return {"type": "boolean", "description": meaning}


def _count(meaning: str, least: int = 0, most: int = 2**31 - 1) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most, "description": meaning}


def _number(meaning: str, **more: Any) -> Schema:
    return {"type": ["integer", "number"], "description": meaning, **more}


def _texts(meaning: str, items: Schema | None = None, least: int = 0) -> Schema:
    return {"type": "array", "items": items or {"type": "string"}, "minItems": least, "description": meaning}


def _either(meaning: str, *ways: Schema) -> Schema:
    return {"anyOf": list(ways), "description": meaning}


def _table(meaning: str, keys: Mapping[str, Schema], needed: tuple[str, ...] = ()) -> Schema:
    return {"type": "object", "properties": dict(keys), "additionalProperties": False, "required": list(needed), "description": meaning}


def _map(meaning: str, of: Schema) -> Schema:
    return {"type": "object", "additionalProperties": of, "description": meaning}


STRING, SCALAR = {"type": "string"}, {"type": ["string", "integer", "number", "boolean"]}
LISTED = {"type": "array", "items": SCALAR}
POSITIONS = {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 2, "maxItems": 2}
BOUND = {"type": ["integer", "number", "date"]}

COLUMN: dict[str, Schema] = {
    "header": _either("Name of the column in the file, or several that it may have. Left out: the name of the table.", STRING, _texts("")),
    "type": _text("Kind of value; text when left out. `month` is a day's month, read as its first day.", enum=list(TYPES)),
    "format": _either("How a date or month is written, or several ways: YYYY, MM or M, DD or D, Mon (Jan … Dec).", STRING, _texts("", least=1)),
    "required": _flag("A blank cell sets the row aside as MISSING_VALUE."),
    "optional": _flag("The file may lack the column; its cells are blank then."),
    "blanks": _texts("Texts that mean “not known”, besides the empty one."),
    "placeholders": _map("Texts that are read as blank, each with what it stands for: `{ \"-1\" = \"disposal\" }`.", STRING),
    "codes": _either("The texts that may stand here: a list, or text = meaning. Anything else is NOT_A_CODE.", LISTED, _map("", STRING)),
    "min": {**BOUND, "description": "Least value, itself allowed: a number, or a day of TOML."},
    "max": {**BOUND, "description": "Greatest value, itself allowed."},
    "below": _text("Reason code for a value under `min`; OUT_OF_RANGE when left out.", enum=["OUT_OF_RANGE", "NEGATIVE_BALANCE"]),
    "decimals": _count("Digits after the point that a decimal may have; 2 when left out. Zeros beyond are harmless.", 0, 12),
    "max_length": _count("Characters that a text may have; 200 when left out.", 1, 10_000),
    "pattern": _text("Regular expression that the whole text must match; else BAD_PATTERN."),
    "trim": _flag("Blanks at both ends are removed."),
    "full_width": _flag("Full-width digits and signs (１２３) are read as plain ones, and counted in the report."),
    "arabic_digits": _flag("Arabic-Indic and Persian digits are read as plain ones."),
    "grouping": _flag("Thousands may be grouped: 1,234.50."),
    "decimal_comma": _flag("The comma separates the decimals: 1234,50; with `grouping` 1.234,50."),
    "parentheses": _flag("(100.00) is minus 100.00."),
    "trailing_minus": _flag("100.00- is minus 100.00."),
    "minus_sign": _flag("The signs U+2212 and U+FF0D stand for the minus."),
    "plus": _flag("A leading plus is allowed."),
    "exponent": _flag("1.00E+05 is a number."),
    "point_zero": _flag("12.0 is a whole number."),
    "implied_decimals": _count("The last so many digits stand after a point that is not written: 123450 is 1234.50.", 1, 9),
    "number_cells": _flag("Of workbooks and Parquet: text may come from a cell of a number, because no leading zero can have been lost."),
    "reread": _text("Text that was UTF-8 and was once read in this encoding is put right.", enum=["cp1252", "latin-1", "cp1250"]),
    "not_after_business_date": _flag("A day after the business date is FUTURE_DATE."),
    "at": {**POSITIONS, "description": "Where kind is fixed: first and last position in the line, counted from 1."},
    "file": _text("Where kind is folder: the file under [files] to which the column belongs; left out: the driving one."),
}  # fmt: skip
VALUE: dict[str, Schema] = {
    "column": _text("Where the value starts: the value of a column."),
    "const": {"type": ["string", "integer", "number", "boolean", "date"], "description": "Where the value starts: the same for every row."},
    "text": _text("Where the value starts: a text with columns in braces, `MTG-{purpose}`."),
    "default": {"type": ["string", "integer", "number", "boolean", "date"], "description": "Value for a blank."},
    "until": _text("The text before the first occurrence of this one."),
    "map": _either("Replaces the value: a table, or the name of one under [lists]. An empty text is a blank.", STRING, _map("", SCALAR)),
    "otherwise": {**SCALAR, "description": "Value for what `map` or `bands` do not name; without it such a value is NOT_A_CODE."},
    "flag": _flag("Y, y, 1, true, TRUE are yes; N, n, 0, false, FALSE are no; anything else is NOT_A_CODE."),
    "bands": {"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 2},
              "description": "Limits and names in order, `[[10, \"micro\"], [50, \"small\"]]`: the first limit above the value counts."},
    "digest": _count("So many characters of the SHA-256 of the text in lower case: a key where the file has none.", 4, 64),
    "minus": _text("A column that is subtracted."),
    "less_monthly": _table("Lessened by an amount for each month that has passed until the business date.", {
        "amount": _text("Column of the amount."), "from": _text("Column of the day from which."), "times": _text("Column of how often at most.")},
        ("amount", "from", "times")),
    "remainder": _count("The remainder of a division by this number.", 2),
    "negative_if": _map("Columns and texts: where all of them stand, the sign is turned.", LISTED),
    "times": _number("Multiplied by this."),
    "divide": _number("Divided by this.", not_zero=True),
    "divide_by": _text("Divided by this column; blank where that is 0."),
    "decimals": _count("Rounded half up to so many digits after the point.", 0, 12),
    "quarter": _either("The value is a year: the last day of the quarter that stands in this column, or of this one.", STRING, _count("", 1, 4)),
    "written": _text("How the value is put into a text, with one pair of braces: `C{:05}`."),
    "plus_months": {"type": "array", "items": {"type": ["string", "integer"]}, "description": "Months added to a day: columns or numbers."},
    "month_end": _flag("The last day of its month."),
    "only_if": _map("Columns and texts: the field is blank unless all of them stand.", LISTED),
}  # fmt: skip
CONDITION = _either(
    "A list of texts, or a table of tests.",
    LISTED,
    {"type": "object", "minProperties": 1, "additionalProperties": {}},
)
REMARK: dict[str, Schema] = {
    "says": _text("The sentence in the report of the delivery.", minLength=1),
    "when": {"type": "object", "minProperties": 1, "additionalProperties": CONDITION, "description": "Column = a list of texts, or a table of tests; "
             "all must hold. On the text of the cell: `in`, `not`, `matches`, `blank`, `same_as`, `differs_from`; on its value: `above`, `below`."},
    "shows": _text("Column whose text is shown; the first one of `when` when left out."),
    "read_as": _map("Column = text that counts instead of the cell's.", SCALAR),
    "leave_out": _flag("The row makes no fact; it is counted as left out."),
    "without": _texts("Parts of facts that the row does not make."),
}  # fmt: skip
CONTROL: dict[str, Schema] = {
    "required": _flag("A delivery without a control record is CONTROL_MISSING."),
    "trailer": _text("Text of the first cell of the last line, which is the control record. A file that ends without it is TRUNCATED."),
    "header": _text("Text of the first cell of the first line, before the names of the columns."),
    "rows_cell": _count("Cell of that line with the count of rows, counted from 1; 2 when left out.", 1, 1000),
    "totals": _map("Column = cell of that line with its total.", _count("", 1, 1000)),
    "rows_at": {**POSITIONS, "description": "Where kind is fixed: positions of the count of rows."},
    "totals_at": _map("Where kind is fixed: column = positions of its total.", POSITIONS),
}  # fmt: skip
FILE: dict[str, Schema] = {
    "name": _either("Name of the file, or several that it may have. Exactly one of them must be there, else MISSING_FILE.", STRING, _texts("", least=1)),
    "join": _map("Column of this file = column of the driving file or of a file declared above. Two rows of the same key are AMBIGUOUS_JOIN.", STRING),
    "where": _map("Column of this file = texts: only such rows are joined.", LISTED),
    "ignore": _texts("Headers of columns that this file has and nobody reads."),
    "encodings": _texts("As above, for this file.", {"enum": list(CODECS)}, 1),
    "delimiter": _text("As above, for this file.", minLength=1, maxLength=1),
}  # fmt: skip
TOP: dict[str, Schema] = {
    "name": _text("Name of the feed: small letters, digits and _. Left out: the name of the file.", pattern="^[a-z0-9_]{1,60}$"),
    "title": _text("What people call it."),
    "kind": _text("Kind of file; csv when left out.", enum=list(KINDS)),
    "currency": _text("Three letters, of every loan of the feed. A loan kept in another one is set aside.", pattern="^([A-Z]{3})?$"),
    "key": _texts("Columns by which a row is known.", least=1),
    "encodings": _texts("In which the file may be written: the first that fits every byte. utf-8 when left out.", {"enum": list(CODECS)}, 1),
    "scripts": _texts("Scripts expected in its text, for the doubt about encodings.", {"enum": list(SCRIPTS)}),
    "delimiter": _text("Between the cells of delimited text; a comma when left out.", minLength=1, maxLength=1),
    "max_megabytes": _count("Most that it may have when unpacked; 2048 when left out. Workbooks never more than 128.", 1, 65_536),
    "final_newline": _text("`optional`: a last line that does not end is whole. Left out: it was cut off.", enum=["required", "optional"]),
    "ignore": _texts("Headers of columns that the file has and nobody reads."),
    "sheet": _table("Where kind is xlsx.", {
        "name": _text("Sheet that is read; left out: the only one."),
        "header_row": _count("Row with the names of the columns; 1 when left out.", 1, 1000),
        "significant_digits": {"enum": [15, 17], "description": "17: numbers exactly as stored. 15: as a spreadsheet shows them."},
    }),
    "record": _text("Where kind is xml: names of the elements from the root to the one that is a row, `assetData/assets`."),
    "positions": _text("Where kind is fixed: what positions count; characters when left out.", enum=["characters", "bytes"]),
    "files": _map("Where kind is folder: the files that belong together, each under a name of ours.", _table("", FILE, ("name",))),
    "driving": _text("Where kind is folder: the file whose rows are the rows of the delivery."),
    "columns": {"type": "object", "minProperties": 1, "additionalProperties": _table("", COLUMN), "description": "The columns of the file."},
    "dates": _table("To which business date a row belongs.", {
        "rows": _text("all: every row to the delivery's · day, month: by a column · pick: the month picks columns.", enum=["all", "day", "month", "pick"]),
        "column": _text("Column of the day or month."),
        "picks": _map("Month (YYYY-MM) = common name = column.", _map("", STRING)),
    }),
    "bad_rows": _table("When rows that can't be used hold the whole file; otherwise the good rows are applied.", {
        "hold_over_percent": _number("More percent than this hold it. 0: any bad row does. 100: none does. Left out: 0 for feeds with positions, else 50.",
                                     minimum=0, maximum=100),
        "hold_over_rows": _count("More rows than this hold it, whatever their share."),
    }),
    "control": _table("The control record, where it is not a file beside the delivery.", CONTROL),
    "limit": _table("A file that may lie beside the delivery: only rows whose key stands in it are loaded.", {
        "file": _text("Its name."), "format": _text("Its format."), "column": _text("Its column of keys."), "own": _text("Our column of keys."),
    }, ("file", "format", "column", "own")),
    "full_position": _flag("A loan that is absent is not on that day's book, and is listed."),
    "absent": _text("`carried`: loans that a delivery does not tell of stand where they stood.", enum=["carried"]),
    "borrower_stays": _flag("A loan that is there keeps its borrower, however the file writes it."),
    "blank_balance_is_principal": _flag("A blank balance is the principal of the loan."),
    "branches": _table("", {"create": _flag("Branches and regions that are missing are opened under the head office.")}),
    "products": _map("Products that are made when they are missing: code = name and kind.", _table("", {"name": STRING, "kind": STRING}, ("name", "kind"))),
    "lists": _map("Tables for `map`, by name.", _map("", SCALAR)),
    "attributes": _texts("Columns that are kept with the loan as text."),
    "remarks": _map("What is no fault but has to be told of a row, by code.", _table("", REMARK, ("says", "when"))),
}  # fmt: skip


def _is_date(checker: Any, instance: Any) -> bool:
    return isinstance(instance, date)


def _not_zero(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if wanted and instance == 0:
        yield ValidationError("0 is no divisor")


Validator = extend(Draft202012Validator, {"not_zero": _not_zero}, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("date", _is_date))


def whole(parts: Mapping[str, Mapping[str, str]]) -> Schema:
    """The schema of a format file, for the parts of facts that a row may make: part -> field -> type in the database."""
    value = _either("A column, or a table.", STRING, _table("", VALUE))
    made = {part: _table(f"The row makes: {part}.", dict.fromkeys(fields, value)) for part, fields in parts.items()}
    return _table("A format file.", {**TOP, **made}, ("key", "columns"))


@cache
def _validator() -> Any:
    from borrowers.feeds.importer.formats import TARGETS

    return Validator(whole(TARGETS))


def faults(spec: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Place and sentence of everything in a parsed format file that is of no known key or of a wrong type, in the order of the file."""
    found = sorted(_validator().iter_errors(spec), key=lambda fault: [str(step) for step in fault.absolute_path])
    return [told for fault in found for told in _told(fault)]


def _told(fault: ValidationError) -> Iterator[tuple[str, str]]:
    if fault.validator == "anyOf":  # the way that goes furthest is the one that was meant
        deepest = max(fault.context or [], key=lambda one: (len(one.absolute_path), one.validator != "type"), default=None)
        if deepest is not None and (len(deepest.absolute_path) > len(fault.absolute_path) or deepest.validator != "type"):
            yield from _told(deepest)
            return
    place = ".".join(str(step) for step in fault.absolute_path)
    if fault.validator == "additionalProperties" and isinstance(fault.instance, Mapping):
        known = sorted(fault.schema["properties"])
        for key in fault.instance:
            if key not in known:
                yield place or "the file", f"{key} is unknown. Known are {', '.join(known)}."
    elif fault.validator == "required":
        for key in fault.validator_value:
            if key not in fault.instance:
                yield place or "the file", f"{key} is needed."
    else:
        meaning = str(fault.schema.get("description", "")) if isinstance(fault.schema, Mapping) else ""
        yield place or "the file", f"{fault.message[:200]}. {meaning}".strip()
