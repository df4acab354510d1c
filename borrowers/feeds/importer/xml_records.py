"""Rows from XML: one element is a row, its child elements are the cells. Read as a stream; entities and outside addresses are refused."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TextIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from borrowers.feeds.importer.faults import FileFault

if TYPE_CHECKING:
    from borrowers.feeds.importer.formats import Format

CHUNK = 64 * 1024
DEEPEST = 60
LONGEST_RECORD = 1024 * 1024  # characters
CUT = {"no element found", "unclosed token", "unclosed CDATA section", "partial character"}


class _Collector:
    """What the parser tells, gathered into rows: a cell's name is the path below the row, `@name` for an attribute."""

    def __init__(self, record: tuple[str, ...], columns: dict[str, int], ignored: frozenset[str]) -> None:
        self.record, self.columns, self.ignored = list(record), columns, ignored
        self.path: list[str] = []
        self.made: list[tuple[int, list[str]]] = []
        self.cells: dict[int, str] = {}
        self.inside = False  # a row
        self.text: list[str] = []
        self.branches = False  # the element being read has elements in it
        self.length, self.line, self.again = 0, 0, False
        self.line_of: Callable[[], int] = lambda: 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.path.append(_local(tag))
        if len(self.path) > DEEPEST:
            raise FileFault("UNREADABLE", f"The file has elements more than {DEEPEST} deep.", held=False)
        if not self.inside and self.path == self.record:
            self.inside, self.cells, self.line, self.length, self.again = True, {}, self.line_of(), 0, False
        if self.inside:
            self._require_no_text()
            for name, value in attributes.items():
                if not name.startswith("{http://www.w3.org/2001/XMLSchema-instance}"):
                    self._keep("/".join([*self.path[len(self.record) :], f"@{_local(name)}"]), value)
        self.text, self.branches = [], False

    def data(self, text: str) -> None:
        if self.inside:
            self.length += len(text)
            if self.length > LONGEST_RECORD:
                raise FileFault("UNREADABLE", "The file has a row of more than one megabyte.", held=False)
            self.text.append(text)

    def end(self, tag: str) -> None:
        if self.inside:
            if self.path == self.record:
                self._require_no_text()
                self._finish()
            elif self.branches:
                self._require_no_text()
            else:
                self._keep("/".join(self.path[len(self.record) :]), "".join(self.text))
        self.path.pop()
        self.text, self.branches = [], True

    def _require_no_text(self) -> None:
        if "".join(self.text).strip():
            raise FileFault("UNREADABLE", f"Line {self.line_of()}: text stands beside elements.", held=False)

    def _keep(self, name: str, text: str) -> None:
        place = self.columns.get(name)
        if place is None:
            if name not in self.ignored:
                raise FileFault("EXTRA_COLUMN", f"The file has an element {name[:60]!r} that its format does not declare.")
            return
        self.length += len(text)
        self.again = self.again or place in self.cells
        self.cells[place] = text

    def _finish(self) -> None:
        cells = [self.cells.get(place, "") for place in range(len(set(self.columns.values())))]
        # An element that stands twice in a row is one cell too many: which one is meant is not guessed.
        self.made.append((self.line, [*cells, ""] if self.again else cells))
        self.inside = False

    def close(self) -> None:
        """Asked for by the parser."""


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def records(text: Callable[[], AbstractContextManager[TextIO]], declared: "Format") -> Iterator[tuple[int, list[str]]]:
    """The names of the columns, then each row with the number of its first line; an element that is missing is a blank cell.

    Raises FileFault: TRUNCATED when the file ends early, UNREADABLE when it is no XML or declares entities.
    """
    headers = [column.headers for column in declared.columns.values()]
    yield 1, [names[0] for names in headers]
    collector = _Collector(
        declared.layout.record, {header: place for place, names in enumerate(headers) for header in names}, declared.layout.ignore
    )
    # What was decoded strictly by the format's declaration is handed over as UTF-8, whatever the file says of itself.
    parser: Any = XMLParser(target=collector, encoding="utf-8", forbid_dtd=True)
    collector.line_of = lambda: parser.parser.CurrentLineNumber
    with text() as stream:
        while block := stream.read(CHUNK):
            _fed(parser.feed, block.encode())
            yield from _taken(collector)
    _fed(parser.close)
    yield from _taken(collector)
    if not collector.line:
        raise FileFault("EMPTY_FILE", f"The file has no element {'/'.join(declared.layout.record)}, and so no row.")


def _taken(collector: _Collector) -> Iterator[tuple[int, list[str]]]:
    made, collector.made = collector.made, []
    yield from made


def _fed(step: Callable[..., Any], *block: bytes) -> None:
    try:
        step(*block)
    except DefusedXmlException:
        raise FileFault("UNREADABLE", "The file declares a document type or entities; neither is read.", held=False) from None
    except ParseError as fault:
        cut = any(str(fault).startswith(sign) for sign in CUT)
        raise FileFault("TRUNCATED" if cut else "UNREADABLE", f"The file is no whole XML: {fault}.", held=cut) from None
