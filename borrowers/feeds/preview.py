"""What the first rows of a sample become under a format: facts field by field, or the fault. Nothing is stored."""

import tempfile
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from borrowers.feeds.importer.formats import Format
from borrowers.feeds.importer.parsing import OWN, Parser, staging_columns
from borrowers.feeds.importer.reading import FileFault, examine
from borrowers.feeds.importer.values import as_text
from borrowers.feeds.reasons import sentence_of

ROWS = 20


@dataclass
class Preview:
    """The first rows as facts. `heads`: "position.balance"; each row: line, the values in that order, and the fault, if any."""

    heads: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    fault: str = ""
    reason: str = ""  # code of the fault of the file as a whole


def preview(declared: Format, content: bytes, name: str, business_date: date) -> Preview:
    """Read the first twenty rows of `content` as a file of the format would be read for `business_date`, rows of every date."""
    with tempfile.TemporaryDirectory(prefix="loanwatch-sample-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            source = examine(path, declared)
            if source.fault:
                raise source.fault
            parser = Parser(declared, business_date, all_rows=True)
            made = list(islice(parser.staged(source.rows(declared)), ROWS))
            if parser.fault:
                raise parser.fault
        except FileFault as fault:
            return Preview(fault=fault.sentence, reason=fault.reason)
    columns = list(staging_columns(declared))
    used = [place for place in range(len(OWN), len(columns)) if any(row[place] not in (None, {}) for row in made)]
    found = Preview([columns[place].replace("__", ".") for place in used])
    for row in made:
        said = dict(zip(columns, row, strict=True))
        wrong = f"{sentence_of(said['reason'])} {said['at_column'] or ''} {said['value'] or ''}".strip() if said["reason"] else ""
        found.rows.append({"line": said["line"], "values": ["" if row[p] is None else as_text(row[p]) for p in used], "fault": wrong})
    return found
