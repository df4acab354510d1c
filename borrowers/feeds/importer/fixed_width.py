"""Rows from text of fixed width: a cell is what stands at the declared positions of a line."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from borrowers.feeds.importer.encodings import MARKS, codec_of

if TYPE_CHECKING:
    from borrowers.feeds.importer.formats import Format


def records(opened: Callable[[], BinaryIO], encoding: str, declared: "Format") -> Iterator[tuple[int, list[str]]]:
    """The names of the columns, then each line cut at the declared positions, blanks at both ends of a cell removed.

    A line that is too short or too long, that has anything but blanks between the declared positions, or in which a
    position cuts a character in two has a wrong count of cells. Raises FileFault.
    """
    codec, in_bytes = codec_of(encoding), declared.layout.in_bytes
    places = [column.at for column in declared.columns.values() if column.at]
    ends = max(last for _, last in places)
    gaps = _gaps(sorted(places))
    control = declared.control
    header = [column.headers[0] for column in declared.columns.values()]
    if not control.header:
        yield 1, header
    for number, raw in enumerate(_lines(opened), 1):
        line: bytes | str = raw if in_bytes else raw.decode(codec)
        blank, decode = (b" ", lambda part: part.decode(codec)) if in_bytes else (" ", str)
        mark = control.header if number == 1 else control.trailer
        if mark and line.startswith(mark.encode(codec) if in_bytes else mark):  # type: ignore[arg-type]
            yield number, [mark, *(_decoded(line[first - 1 : last], decode) or "" for first, last in control.places)]
            if number == 1 and control.header:
                yield 1, header
            continue
        if not line.strip():
            continue
        whole = len(line) == ends and all(not line[first - 1 : last].strip(blank) for first, last in gaps)  # type: ignore[arg-type]
        cells = [_decoded(line[first - 1 : last].strip(blank), decode) for first, last in places]  # type: ignore[arg-type]
        if not whole or None in cells:
            shown = raw.decode(codec, "replace")
            yield number, [shown] if len(header) > 1 else [shown, ""]
            continue
        yield number, [cell or "" for cell in cells]


def _decoded(part: bytes | str, decode: Callable[..., str]) -> str | None:
    try:
        return decode(part)
    except UnicodeDecodeError:
        return None


def _gaps(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    gaps, ends = [], 0
    for first, last in places:
        if first > ends + 1:
            gaps.append((ends + 1, first - 1))
        ends = last
    return gaps


def _lines(opened: Callable[[], BinaryIO]) -> Iterator[bytes]:
    with opened() as stream:
        for number, line in enumerate(stream):
            yield line.removeprefix(MARKS).rstrip(b"\r\n") if number == 0 else line.rstrip(b"\r\n")
