"""Several files that belong together: each row of the driving one gets cells of the others by declared columns.

The other files are kept in a temporary database on disk while the driving one is read, so that memory does not grow
with any of them.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from borrowers.feeds.importer import archives
from borrowers.feeds.importer.faults import FileFault
from borrowers.feeds.importer.formats import Control, Format
from borrowers.feeds.importer.layouts import Layout, Table
from borrowers.feeds.importer.single import Line, Rows, Source, examine_file

SEPARATOR = "\x1f"  # no cell of a key may hold it: control characters set a row aside


@dataclass(frozen=True)
class FolderSource(Source):
    """A folder as it lies there: the hash is that of the names and hashes of its files."""

    tables: Mapping[str, Source] = field(default_factory=dict)

    def rows(self, declared: Format) -> "JoinedRows":
        return JoinedRows(self, declared)


def examine(path: Path, declared: Format) -> FolderSource:
    """Look through each declared file of a folder, or of a zip that holds them. Files that nobody declared are left alone in a folder.

    The first fault of any file comes back in `fault`.
    """
    tables: dict[str, Source] = {}
    fault, digest, size = None, hashlib.sha256(), 0
    try:
        found = _files(path, declared)
        for name, (place, member) in found.items():
            one = examine_file(place, table_format(declared, name), member)
            if one.fault:
                one.fault.sentence = f"{member or place.name}: {one.fault.sentence}"
                raise one.fault
            tables[name] = one
        for name, one in sorted(tables.items()):
            digest.update(f"{name} {one.sha256}\n".encode())
        size = sum({one.path: one.size for one in tables.values()}.values())
    except FileFault as one_fault:
        fault = one_fault
        digest.update(_any_hash(path))
    return FolderSource(path, digest.hexdigest(), size, "", "", True, fault, tables=tables)


def _files(path: Path, declared: Format) -> dict[str, tuple[Path, str]]:
    """Each table's file and, in a zip, its member. Raises FileFault."""
    packed = path.is_file()
    if packed:
        with path.open("rb") as raw:
            if archives.packing_of(raw.read(4)) != "zip":
                raise FileFault("UNREADABLE", "A folder of files is expected, or a zip that holds them.", held=False)
        there = set(archives.check_zip(path, declared.max_bytes, several=True))
    else:
        there = {entry.name for entry in path.iterdir() if entry.is_file()}
    found: dict[str, tuple[Path, str]] = {}
    for name, table in declared.layout.tables.items():
        fits = [one for one in table.names if one in there]
        if len(fits) != 1:
            said = "There is no file" if not fits else "There are several files"
            raise FileFault("MISSING_FILE", f"{said} {' or '.join(table.names)}.")
        found[name] = (path, fits[0]) if packed else (path / fits[0], "")
    if packed and (extra := there - {member for _, member in found.values()}):
        raise archives.unsafe(f"The archive holds {sorted(extra)[0][:60]!r}, which its format does not declare.")
    return found


def _any_hash(path: Path) -> bytes:
    """Something that tells one faulty folder from another."""
    files = [path] if path.is_file() else sorted(entry for entry in path.iterdir() if entry.is_file())
    digest = hashlib.sha256()
    for place in files:
        digest.update(place.name.encode("utf-8", "surrogateescape"))
        with place.open("rb") as raw:
            while block := raw.read(archives.CHUNK):
                digest.update(block)
    return digest.digest()


def table_format(declared: Format, name: str) -> Format:
    """The format of one file of the folder: delimited text with its own columns."""
    table = declared.layout.tables[name]
    columns = {key: column for key, column in declared.columns.items() if (column.file or declared.layout.driving) == name}
    return replace(
        declared, columns=columns, encodings=table.encodings or declared.encodings, delimiter=table.delimiter or declared.delimiter,
        control=declared.control if name == declared.layout.driving else Control(), layout=Layout(ignore=table.ignore),
    )  # fmt: skip


class JoinedRows(Rows):
    """The rows of the driving file with the cells of the others beside them; a row that finds none has blank cells there.

    Two rows of a joined file with the same key are AMBIGUOUS_JOIN: which one is meant is not guessed.
    """

    source: FolderSource

    def __iter__(self) -> Iterator[Line]:
        layout = self.declared.layout
        driving = table_format(self.declared, layout.driving)
        rows = self.source.tables[layout.driving].rows(driving)
        rows.control = self.control
        joined = [name for name in layout.tables if name != layout.driving]
        # An empty name is a file of SQLite's own, gone when it is closed; it is written only when memory does not do.
        with closing(sqlite3.connect("", isolation_level=None)) as kept:
            own = {name: self._keep(kept, name) for name in joined}
            for line in rows:
                # Known once the first row is there: the file may lack columns that are optional.
                self.order = self.order or [*rows.order, *(column for name in joined for column in own[name])]
                if not line.whole:
                    yield line
                    continue
                cells = dict(zip(rows.order, line.cells, strict=True))
                for name in joined:
                    cells.update(zip(own[name], self._found(kept, name, cells, len(own[name])), strict=True))
                yield Line(line.number, [cells[name] for name in self.order])

    def _keep(self, kept: sqlite3.Connection, name: str) -> list[str]:
        """Put a file's rows away by key; returns its columns in the order of the cells kept."""
        table, declared = self.declared.layout.tables[name], table_format(self.declared, name)
        kept.execute(f'CREATE TABLE "{name}" (key TEXT PRIMARY KEY, cells TEXT) WITHOUT ROWID')
        rows = self.source.tables[name].rows(declared)
        try:
            kept.execute("BEGIN")
            kept.executemany(f'INSERT INTO "{name}" VALUES (?, ?)', _keyed(rows, table))
            kept.execute("COMMIT")
        except sqlite3.IntegrityError:
            columns = ", ".join(table.join)
            raise FileFault("AMBIGUOUS_JOIN", f"{' or '.join(table.names)} has two rows with the same {columns}.") from None
        except FileFault as fault:
            raise FileFault(fault.reason, f"{' or '.join(table.names)}: {fault.sentence}", held=fault.held) from None
        return rows.order

    def _found(self, kept: sqlite3.Connection, name: str, cells: Mapping[str, str], width: int) -> list[str]:
        key = SEPARATOR.join(cells[theirs] for theirs in self.declared.layout.tables[name].join.values())
        found = kept.execute(f'SELECT cells FROM "{name}" WHERE key = ?', [key]).fetchone()
        return found[0].split(SEPARATOR) if found else [""] * width


def _keyed(rows: Rows, table: Table) -> Iterator[tuple[str, str]]:
    for line in rows:
        if not line.whole or any(SEPARATOR in cell for cell in line.cells):
            raise FileFault("UNREADABLE", f"Line {line.number} has a wrong count of cells or a control character.")
        cells = dict(zip(rows.order, line.cells, strict=True))
        if all(cells[column] in allowed for column, allowed in table.where.items()):
            yield SEPARATOR.join(cells[column] for column in table.join), SEPARATOR.join(line.cells)
