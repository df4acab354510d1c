"""The rows of a delivery that were set aside, as a file the sender can mend and send back.

Same header, order, delimiter and encoding as the sender's file, and two columns beside: `_reason` and `_sentence`. A file
that comes back with them is read as if they were not there. Cells are text exactly as they were read: an amount of -5.00
stays one. A spreadsheet program would run a cell such as `=1+1` or `@SUM(A1)`, so a cell that begins with a formula sign and
is no number is left out of the file and named in `_sentence`; such a row has to be mended at its source.
"""

import csv
import io

from django.utils.translation import gettext as _

from borrowers.feeds.decisions import format_of
from borrowers.feeds.importer.formats import Format
from borrowers.feeds.models import Delivery, QuarantinedRow
from borrowers.feeds.own_formats import REASON_COLUMNS
from borrowers.feeds.reasons import sentence_of
from borrowers.feeds.rules import GROUPED_NUMBER, PLAIN_NUMBER
from loanwatch.kernel.sheets import FORMULA_SIGNS


def as_file(delivery: Delivery) -> tuple[bytes, str, str]:
    """(bytes, file name, content type) of the rows that wait or were rejected. Raises Conflict when the format is gone."""
    declared = format_of(delivery)
    rows = delivery.quarantined.exclude(state=QuarantinedRow.State.RELEASED).order_by("line")
    order = delivery.notes.get("header") or list(declared.columns)
    encoding = _encoding(declared)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=declared.delimiter or ",", lineterminator="\r\n")
    writer.writerow([*(_header(declared, name) for name in order), *REASON_COLUMNS])
    for row in rows.iterator():
        cells = [row.raw.get(name, "") for name in order]
        taken = [name for name, text in zip(order, cells, strict=True) if is_formula(text)]
        sentence = sentence_of(row.reason)
        if taken:
            sentence += " " + _("Left out, as a spreadsheet program would run it: %(columns)s.") % {"columns": ", ".join(taken)}
        writer.writerow(["" if is_formula(text) else text for text in cells] + [row.reason, sentence])
    name = f"{delivery.format}-{delivery.business_date}-rejects.csv"
    return out.getvalue().encode(encoding, "replace"), name, f"text/csv; charset={encoding}"


def is_formula(text: str) -> bool:
    """Whether a spreadsheet program would take the cell for a formula: it begins with a formula sign and is no number."""
    return text.startswith(FORMULA_SIGNS) and not PLAIN_NUMBER.fullmatch(text) and not GROUPED_NUMBER.fullmatch(text)


def _header(declared: Format, name: str) -> str:
    column = declared.columns.get(name)
    return column.headers[0] if column and column.headers else name


def _encoding(declared: Format) -> str:
    """The first encoding the format declares; UTF-8 with a byte order mark where that is UTF-8, so that Excel reads it right."""
    first = declared.encodings[0] if declared.encodings else "utf-8"
    return "utf-8-sig" if first.lower() in {"utf-8", "utf8"} else first
