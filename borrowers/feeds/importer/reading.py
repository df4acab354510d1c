"""Opens the file of a delivery and yields its rows as text. Knows nothing of facts and nothing of the database.

A file is read twice with little memory: once to learn its hash, whether it is whole and in which encoding it is
written, and once for the rows. The kinds of files lie beside: `single` (one file), `folders` (several that belong
together), `archives` (packing), `controls` (control records).
"""

from pathlib import Path

from borrowers.feeds.importer import folders
from borrowers.feeds.importer.controls import ControlFound, compare, read_control
from borrowers.feeds.importer.faults import FileFault
from borrowers.feeds.importer.formats import Format
from borrowers.feeds.importer.single import Line, Rows, Source, examine_file

__all__ = ["ControlFound", "FileFault", "Line", "Rows", "Source", "compare", "examine", "read_control"]


def examine(path: Path, declared: Format) -> Source:
    """Hash what lies there and look through all of it once. A fault of the contents comes back in `fault`, so that it is registered.

    `path` is a file; of a format of kind folder it is the folder, or a zip that holds its files.
    """
    return folders.examine(path, declared) if declared.kind == "folder" else examine_file(path, declared)
