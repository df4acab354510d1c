"""Names every fault of a format file with its place, before anybody tries to load a file by it, and describes every key."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from borrowers.feeds.importer import schema
from borrowers.feeds.importer.columns import column_of
from borrowers.feeds.importer.formats import TARGETS, parse, target_of
from borrowers.feeds.importer.values import BadSpec

BEGIN, END = "<!-- keys: made by `manage.py check_format --describe` -->", "<!-- end of keys -->"


def faults(text: str, stem: str = "format") -> list[tuple[str, str]]:
    """Place and sentence of every fault of a format file, in the order in which they are found; empty when it can be used.

    A place is a path of keys (`columns.balance.type`), `the file`, or a line where the text is no TOML.
    """
    try:
        spec = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        return [("the file", f"This is no readable TOML: {fault}.")]
    found = schema.faults(spec)
    return found or list(dict.fromkeys(_of_sense(spec, stem)))


def _of_sense(spec: Mapping[str, Any], stem: str) -> Iterator[tuple[str, str]]:
    columns = {}
    for name, declared in spec["columns"].items():
        try:
            columns[name] = column_of(name, declared)
        except BadSpec as fault:
            yield _split(fault)
    readable = {*spec["columns"], *(alias for pick in spec.get("dates", {}).get("picks", {}).values() for alias in pick)}
    for part in TARGETS:
        for name, declared in spec.get(part, {}).items():
            try:
                target_of(part, {name: declared}, spec.get("lists", {}), readable, whole=False)
            except BadSpec as fault:
                yield _split(fault)
    try:
        parse(spec, stem)
    except BadSpec as fault:
        yield _split(fault)


def _split(fault: BadSpec) -> tuple[str, str]:
    place, colon, sentence = str(fault).partition(": ")
    return (place, sentence) if colon and " " not in place else ("the file", str(fault))


# --- the description ---


def described() -> str:
    """Every key of a format file in Markdown, table by table, as the checks know them."""
    lines = [BEGIN, "", *_section("The top level", schema.TOP)]
    for title, keys in [
        ("`[columns.NAME]`", schema.COLUMN), ("A field of a fact: a column's name, or a table of", schema.VALUE),
        ("`[control]`", schema.CONTROL), ("`[files.NAME]`, where kind is folder", schema.FILE), ("`[remarks.CODE]`", schema.REMARK),
    ]:  # fmt: skip
        lines += _section(title, keys)
    lines += ["### The parts of facts that a row may make", "", "| part | fields |", "|---|---|"]
    lines += [f"| `[{part}]` | {', '.join(f'`{name}`' for name in fields)} |" for part, fields in TARGETS.items()]
    return "\n".join([*lines, "", END])


def _section(title: str, keys: Mapping[str, schema.Schema]) -> list[str]:
    lines = [f"### {title}", "", "| key | takes | meaning |", "|---|---|---|"]
    for name, declared in keys.items():
        lines.append(f"| `{name}` | {_takes(declared)} | {_cell(declared)} |")
        if name in {"columns", "control", "files", "remarks"}:
            continue  # each has a section of its own
        for inner, told in declared.get("properties", {}).items():
            lines.append(f"| `{name}.{inner}` | {_takes(told)} | {_cell(told)} |")
    return [*lines, ""]


def _cell(declared: schema.Schema) -> str:
    return str(declared.get("description", "")).replace("|", "\\|")


WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "object": "table", "date": "day"}


def _takes(declared: schema.Schema) -> str:
    if "enum" in declared:
        return ", ".join(f"`{one}`" for one in declared["enum"])
    if "anyOf" in declared:
        return " or ".join(dict.fromkeys(_takes(way) for way in declared["anyOf"]))
    kinds = declared.get("type", "anything")
    if kinds == "array":
        return f"list of {_takes(declared['items'])}" if "items" in declared and "type" in declared["items"] else "list"
    kinds = [kinds] if isinstance(kinds, str) else [kind for kind in kinds if not (kind == "integer" and "number" in kinds)]
    words = " or ".join(WORDS.get(kind, kind) for kind in kinds)
    if "minimum" in declared and "maximum" in declared and declared["maximum"] < 2**31 - 1:
        return f"{words}, {declared['minimum']} to {declared['maximum']}"
    return words
