"""Makes malformed files: 200 and more by hand in named classes, and any number of mutations of valid ones, the same for the same seed."""

import gzip
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from borrowers.feeds.importer.formats import Format
from tests.borrowers.feeds.test_reading_cells import DAYS, NUMBERS
from tests.faults.feeds import valid
from tests.faults.feeds.valid import HEADER, LOANS, a_format, rows, text


@dataclass(frozen=True)
class Malformed:
    """One file: what is wrong with it, the format it is loaded by, its bytes; `expects`: the reason code, empty for none."""

    name: str
    declared: Format
    content: bytes | Callable[[], bytes]  # made only when it is loaded, where it is large
    expects: str | None = None  # None: whatever comes, as long as it is told
    sidecar: bytes | None = None


CSV, STRICT, TRAILER = a_format("csv"), a_format("csv", percent=0), a_format("csv", trailer=True)
WORST = ["\x00", "\u202e", "\u200b", "\ufffd", "\ue000", "\x1b[2J", "\t", "\u2066", "\x7f", "\U000f1234"]


def with_cell(column: str, cell: str, line: int = 3) -> list[list[str]]:
    table = rows()
    table[line][HEADER.index(column)] = cell
    return table


def hand_made() -> list[Malformed]:
    return [*_cells(), *_rows(), *_headers(), *_texts(), *_encodings(), *_controls(), *_archives(), *_workbooks(), *_parquet(), *_others()]


def _cells() -> Iterator[Malformed]:
    for place, (bad, plain, _, _) in enumerate(NUMBERS):
        expects = (
            "CONTROL_CHARACTER"
            if "\n" in bad
            else plain
            if isinstance(plain, str)
            else "MISSING_VALUE"
            if plain is None
            else "NEGATIVE_BALANCE"
            if plain < 0
            else ""
        )
        yield Malformed(f"number {place} {bad[:20]!r}", CSV, text(with_cell("balance", bad)).encode(), expects)
    for place, (bad, written, expected) in enumerate(DAYS):
        wrong = expected if isinstance(expected, str) else "" if written == "YYYY-MM-DD" else "BAD_DATE"
        yield Malformed(f"day {place} {bad[:20]!r}", CSV, text(with_cell("day", bad)).encode(), wrong)
    for bad in WORST:
        yield Malformed(f"character {ord(bad[0]):04x}", CSV, text(with_cell("holder", f"a{bad}b")).encode(), "CONTROL_CHARACTER")
    for formula in ["=1+1", "@SUM(A1)", "+1", "-1"]:
        yield Malformed(f"formula {formula}", CSV, text(with_cell("note", formula)).encode(), "")
    yield Malformed("too long", CSV, text(with_cell("holder", "x" * 41)).encode(), "TOO_LONG")
    yield Malformed("longest", CSV, text(with_cell("holder", "x" * 40)).encode(), "")
    yield Malformed("longer than a field may be", CSV, text(with_cell("holder", "x" * 200_000)).encode(), "UNREADABLE")
    yield Malformed("pattern", CSV, text(with_cell("number", "12a")).encode(), "BAD_PATTERN")
    yield Malformed("21 digits", CSV, text(with_cell("number", "1" * 21)).encode(), "BAD_PATTERN")
    yield Malformed("no number", CSV, text(with_cell("number", "")).encode(), "MISSING_VALUE")
    yield Malformed("days too many", CSV, text(with_cell("days", "10000")).encode(), "OUT_OF_RANGE")
    yield Malformed("days negative", CSV, text(with_cell("days", "-1")).encode(), "OUT_OF_RANGE")
    yield Malformed("days with point", CSV, text(with_cell("days", "3.0")).encode(), "BAD_NUMBER")
    yield Malformed("days beyond an integer", CSV, text(with_cell("days", "9" * 17)).encode(), "OUT_OF_RANGE")


def _rows() -> Iterator[Malformed]:
    table = rows()
    yield Malformed("equal row twice", CSV, text([*table, table[0]]).encode(), "")
    yield Malformed("key twice, different", CSV, text([*table, [*table[0][:3], "1.00", "0", ""]]).encode(), "DUPLICATE_KEY")
    yield Malformed("unknown loan", CSV, text(with_cell("number", "99999")).encode(), "UNKNOWN_LOAN")
    yield Malformed("another lender's loan", CSV, text(with_cell("number", "70007")).encode(), "OTHER_LENDER")
    yield Malformed("another currency", CSV, text(with_cell("number", "80008")).encode(), "OTHER_CURRENCY")
    for cut in (0, 1, 3, 5):
        yield Malformed(
            f"row of {cut} cells", CSV, text([table[0], table[1][:cut], *table[2:]]).encode(), "WRONG_CELL_COUNT" if cut else ""
        )
    yield Malformed("row of 7 cells", CSV, text([table[0], [*table[1], "x"], *table[2:]]).encode(), "WRONG_CELL_COUNT")
    yield Malformed("row of 5000 cells", CSV, text([table[0], ["x"] * 5000, *table[2:]]).encode(), "WRONG_CELL_COUNT")
    yield Malformed("one bad row holds a strict feed", STRICT, text(with_cell("balance", "x")).encode(), "BAD_NUMBER")
    yield Malformed("every row bad", CSV, text([["x"] * 6] * 40).encode(), "BAD_PATTERN")
    yield Malformed("every row bad and different", CSV, text([[str(n), "", "", "x", "", ""] for n in range(40)]).encode(), "BAD_NUMBER")
    yield Malformed("blank lines", CSV, text().replace("\n", "\n\n\n").encode(), "")


def _headers() -> Iterator[Malformed]:
    table = rows()
    yield Malformed("reordered", CSV, text([row[::-1] for row in table], header=HEADER[::-1]).encode(), "")
    for name in HEADER:
        place = HEADER.index(name)
        short = [[cell for at, cell in enumerate(row) if at != place] for row in table]
        yield Malformed(f"lacks {name}", CSV, text(short, header=[h for h in HEADER if h != name]).encode(), "MISSING_COLUMN")
    yield Malformed("extra column", CSV, text([[*row, "x"] for row in table], header=[*HEADER, "extra"]).encode(), "EXTRA_COLUMN")
    yield Malformed("column twice", CSV, text([[*row, "x"] for row in table], header=[*HEADER, "note"]).encode(), "EXTRA_COLUMN")
    yield Malformed("blank header", CSV, text(header=["", *HEADER[1:]]).encode(), "EXTRA_COLUMN")
    yield Malformed("header of another language", CSV, text(header=["借据号", *HEADER[1:]]).encode(), "EXTRA_COLUMN")
    yield Malformed("header in capitals", CSV, text(header=[h.upper() for h in HEADER]).encode(), "EXTRA_COLUMN")
    yield Malformed("no header", CSV, text().partition("\n")[2].encode(), "EXTRA_COLUMN")
    yield Malformed("header only", CSV, text([]).encode(), "")
    yield Malformed("wrong delimiter", CSV, text(delimiter=";").encode(), "EXTRA_COLUMN")
    yield Malformed("tabs", CSV, text(delimiter="\t").encode(), "EXTRA_COLUMN")


def _texts() -> Iterator[Malformed]:
    whole = text()
    yield Malformed("empty", CSV, b"", "EMPTY_FILE")
    yield Malformed("a newline", CSV, b"\n", "EMPTY_FILE")
    yield Malformed("spaces", CSV, b"   ", "EXTRA_COLUMN")
    for part in (1, 3, 7, 20, 90, 99):
        yield Malformed(f"cut at {part} %", CSV, whole[: len(whole) * part // 100].encode(), None)
    yield Malformed("last line does not end", CSV, whole[:-1].encode(), "TRUNCATED")
    yield Malformed("quotation never ends", CSV, whole.encode() + b'00001,"Wang,,1.00,,\n', "TRUNCATED")
    yield Malformed("quotation inside a cell", CSV, whole.replace("O'Brien", '"O"x', 1).encode(), "UNREADABLE")
    yield Malformed("two megabytes in a line", CSV, whole.encode() + b"x" * 2_000_000 + b"\n", "UNREADABLE")
    yield Malformed("zeros", CSV, bytes(5000), None)
    yield Malformed("random bytes", CSV, random.Random(1).randbytes(5000), None)
    yield Malformed("carriage returns only", CSV, whole.replace("\n", "\r").encode(), "")
    yield Malformed(
        "larger than the format allows", CSV, lambda: (whole.partition("\n")[0] + "\n").encode() + b"1,2,3,4,5,6\n" * 6_000_000, "TOO_LARGE"
    )
    yield Malformed("a page of HTML", CSV, b"<!doctype html><html><body>Sign in</body></html>\n", "EXTRA_COLUMN")
    yield Malformed("JSON", CSV, json.dumps([dict(zip(HEADER, row, strict=True)) for row in rows()]).encode(), None)
    yield Malformed("a picture", CSV, b"\x89PNG\r\n\x1a\n" + bytes(2000), "WRONG_ENCODING")
    yield Malformed("PDF", CSV, b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "WRONG_ENCODING")


def _encodings() -> Iterator[Malformed]:
    gb, cp, both = (
        a_format("csv", encodings=("gb18030",)),
        a_format("csv", encodings=("cp949",)),
        a_format("csv", encodings=("utf-8", "cp949")),
    )
    chinese, korean = text(rows(["王小明", "李𠮷"])), text(rows(valid.KOREAN))
    yield Malformed("UTF-16", CSV, chinese.encode("utf-16"), "WRONG_ENCODING")
    yield Malformed("UTF-32", CSV, chinese.encode("utf-32"), "WRONG_ENCODING")
    yield Malformed("GB18030 as UTF-8", CSV, chinese.encode("gb18030"), "WRONG_ENCODING")
    yield Malformed("CP949 as UTF-8", CSV, korean.encode("cp949"), "WRONG_ENCODING")
    yield Malformed("EUC-KR lacks the syllable", a_format("csv", encodings=("euc-kr",)), korean.encode("cp949"), "WRONG_ENCODING")
    yield Malformed("UTF-8 as GB18030", gb, text(rows(["王明", "李雷"])).encode(), "IMPLAUSIBLE_ENCODING")
    yield Malformed("UTF-8 as CP949", cp, text(rows(["김철", "이영"])).encode(), None)
    yield Malformed("GB18030 as CP949", cp, chinese.encode("gb18030"), None)
    yield Malformed("GB18030 where Korean is declared", both, chinese.encode("gb18030"), None)
    yield Malformed("CP949 as GB18030", gb, korean.encode("cp949"), None)
    yield Malformed("one wrong byte at the end", CSV, text().encode()[:-3] + b"\xff\n", "WRONG_ENCODING")
    yield Malformed("half a character at the end", CSV, text().encode() + "王".encode()[:2], "WRONG_ENCODING")
    yield Malformed("overlong UTF-8", CSV, text().encode().replace(b"O'Brien", b"\xc0\xafBrien"), "WRONG_ENCODING")
    yield Malformed("surrogates in UTF-8", CSV, text().encode().replace(b"O'Brien", b"\xed\xa0\x80rien"), "WRONG_ENCODING")
    yield Malformed("converted wrongly before", CSV, text(rows(["锟斤拷"])).encode(), "IMPLAUSIBLE_ENCODING")
    yield Malformed(
        "read as Western before", CSV, text(rows(["Müller".encode().decode("latin-1"), "Jäger".encode().decode("latin-1")])).encode(), None
    )
    yield Malformed("two byte order marks", CSV, b"\xef\xbb\xbf\xef\xbb\xbf" + text().encode(), None)
    yield Malformed("names in normal form D", CSV, text(rows(["김철수".encode().decode(), "Mu\u0308ller"])).encode(), "")


def _controls() -> Iterator[Malformed]:
    whole = text().encode()
    for name, content, expects in [
        ("agrees", b'{"rows": 30}', ""), ("one row more", b'{"rows": 31}', "CONTROL_MISMATCH"), ("one row less", b'{"rows": 29}', "CONTROL_MISMATCH"),
        ("a cent", b'{"rows": 30, "totals": {"balance": "30439.36"}}', "CONTROL_MISMATCH"),
        ("exact", b'{"rows": 30, "totals": {"balance": "30439.35"}}', ""), ("unknown column", b'{"rows": 30, "totals": {"x": "1"}}', "CONTROL_MISMATCH"),
        ("column of text", b'{"rows": 30, "totals": {"holder": "1"}}', "CONTROL_MISMATCH"), ("no JSON", b"rows: 30", "CONTROL_MISMATCH"),
        ("a list", b"[30]", "CONTROL_MISMATCH"), ("no rows", b'{"totals": {}}', "CONTROL_MISMATCH"), ("text", b'{"rows": "many"}', "CONTROL_MISMATCH"),
        ("infinite", b'{"rows": 1e999}', "CONTROL_MISMATCH"), ("NaN", b'{"rows": 30, "totals": {"balance": NaN}}', "CONTROL_MISMATCH"),
        ("deep", b"[" * 100_000, "CONTROL_MISMATCH"), ("bytes", b"\xff\xfe", "CONTROL_MISMATCH"), ("negative", b'{"rows": -1}', "CONTROL_MISMATCH"),
        ("another date", b'{"rows": 30, "date": "1999-01-01"}', "CONTROL_MISMATCH"), ("no date", b'{"rows": 30, "date": "soon"}', "CONTROL_MISMATCH"),
        ("5000 digits", b'{"rows": ' + b"9" * 5000 + b"}", "CONTROL_MISMATCH"), ("totals of a list", b'{"rows": 30, "totals": [1]}', "CONTROL_MISMATCH"),
    ]:  # fmt: skip
        yield Malformed(f"control record: {name}", CSV, whole, expects, content)
    for name, line, expects in [
        ("missing", b"", "TRUNCATED"), ("other count", b"TOTAL,29,30439.35,,,\n", "CONTROL_MISMATCH"),
        ("other total", b"TOTAL,30,30439.36,,,\n", "CONTROL_MISMATCH"), ("too short", b"TOTAL,30\n", "CONTROL_MISMATCH"),
        ("no number", b"TOTAL,x,y,,,\n", "CONTROL_MISMATCH"), ("full-width", "TOTAL,３０,30439.35,,,\n".encode(), "CONTROL_MISMATCH"),
        ("agrees", b"TOTAL,30,30439.35,,,\n", ""), ("does not end", b"TOTAL,30,30439.35,,,", ""),
        ("before the end", b"TOTAL,30,30439.35,,,\n00001,,,1.00,,\n", "TRUNCATED"),
    ]:  # fmt: skip
        yield Malformed(f"trailer: {name}", TRAILER, whole + line, expects)


def _link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("loans.csv")
    info.external_attr = 0o120777 << 16
    return info


def _promising(content: bytes, offset: int, value: int, size: str = "<I") -> bytes:
    raw = bytearray(content)
    entry = raw.rindex(b"PK\x01\x02")
    raw[entry + offset : entry + offset + struct.calcsize(size)] = struct.pack(size, value)
    return bytes(raw)


def _archives() -> Iterator[Malformed]:
    whole, packed = text().encode(), gzip.compress(text().encode())
    one = valid.zipped(("loans.csv", whole))
    for name in ["../loans.csv", "a/../../b.csv", "..\\b.csv", "/etc/b.csv", "C:\\b.csv", "folder/", "a\x00b.csv", "a\x1bb.csv"]:
        yield Malformed(f"zip: {name!r}", CSV, valid.zipped((name, whole)), "UNSAFE_ARCHIVE" if "\x00" not in name else None)
    yield Malformed("zip: link", CSV, valid.zipped((_link(), b"/etc/passwd")), "UNSAFE_ARCHIVE")
    yield Malformed("zip: nothing in it", CSV, valid.zipped(), "UNSAFE_ARCHIVE")
    yield Malformed("zip: two files", CSV, valid.zipped(("a.csv", whole), ("b.csv", whole)), "UNSAFE_ARCHIVE")
    yield Malformed("zip: zip", CSV, valid.zipped(("a.csv", one)), "UNSAFE_ARCHIVE")
    yield Malformed("zip: gzip", CSV, valid.zipped(("a.csv", packed)), "UNSAFE_ARCHIVE")
    yield Malformed("zip: bomb", CSV, lambda: valid.zipped(("a.csv", b"0" * 40_000_000)), "TOO_LARGE")
    yield Malformed("zip: promises less", CSV, _promising(one, 24, 50), "UNREADABLE")
    yield Malformed("zip: promises four gigabytes", CSV, _promising(one, 24, 2**32 - 2), "TOO_LARGE")
    yield Malformed("zip: locked", CSV, _promising(one, 8, 1, "<H"), "UNSAFE_ARCHIVE")
    yield Malformed("zip: unknown packing", CSV, _promising(one, 10, 99, "<H"), "UNSAFE_ARCHIVE")
    yield Malformed("zip: other checksum", CSV, _promising(one, 16, 7), "UNREADABLE")
    yield Malformed("zip: lies elsewhere", CSV, _promising(one, 42, 10_000_000), "UNREADABLE")
    for part in (10, 50, 90, 99):
        yield Malformed(f"zip cut at {part} %", CSV, one[: len(one) * part // 100], "UNREADABLE")
        yield Malformed(f"gzip cut at {part} %", CSV, packed[: len(packed) * part // 100], "TRUNCATED")
    yield Malformed("gzip: gzip", CSV, gzip.compress(packed), "UNSAFE_ARCHIVE")
    yield Malformed("gzip: zip", CSV, gzip.compress(one), "UNSAFE_ARCHIVE")
    yield Malformed("gzip: bomb", CSV, lambda: gzip.compress(b"0,0,0,0,0,0\n" * 3_000_000), "TOO_LARGE")
    yield Malformed("gzip: more behind it", CSV, packed + b"more", "UNREADABLE")
    yield Malformed("gzip: two in a row", CSV, packed + gzip.compress(b"x,y\n"), "TRUNCATED")
    yield Malformed("gzip: nothing in it", CSV, gzip.compress(b""), "EMPTY_FILE")
    yield Malformed("gzip: head only", CSV, packed[:10], "TRUNCATED")
    yield Malformed("gzip: other checksum", CSV, packed[:-8] + b"\0\0\0\0" + packed[-4:], "UNREADABLE")
    folder = a_format("folder")
    yield Malformed("folder: lacks a file", folder, one, "MISSING_FILE")
    yield Malformed(
        "folder: another file",
        folder,
        valid.zipped(("loans.csv", whole), ("holders.csv", b"number,name\n"), ("x.csv", b"")),
        "UNSAFE_ARCHIVE",
    )
    yield Malformed("folder: key twice", folder, valid.folder(whole, b"number,name\n00001,A\n00001,B\n"), "AMBIGUOUS_JOIN")
    yield Malformed("folder: joined file cut", folder, valid.folder(whole, b"number,name\n00001,A\n0000"), "TRUNCATED")
    yield Malformed("folder: joined file with a control character", folder, valid.folder(whole, b"number,name\n00001,\x1f\n"), "UNREADABLE")
    yield Malformed("folder: no archive", folder, whole, "UNREADABLE")


def _in_workbook(member: str, change: Callable[[bytes], bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(valid.workbook())) as archive:
        return valid.zipped(
            *((info.filename, change(archive.read(info)) if info.filename == member else archive.read(info)) for info in archive.infolist())
        )


def _workbooks() -> Iterator[Malformed]:
    xlsx, sheet, book = a_format("xlsx"), "xl/worksheets/sheet1.xml", "xl/workbook.xml"
    good = [[n, h, valid.DAY, float(b), int(d), t] for n, h, _, b, d, t in rows()]
    for name, place, value, expects in [
        ("number in text", 0, 7, "NUMBER_IN_TEXT"), ("day in text", 1, valid.DAY, "NUMBER_IN_TEXT"), ("error of a formula", 3, "=1/0", "FORMULA_ERROR"),
        ("sixteen digits", 3, 1234567890123456, "LOST_DIGITS"), ("true", 3, True, "BAD_NUMBER"), ("time of day", 2, datetime(2026, 1, 31, 5), "BAD_DATE"),
        ("number as a day", 2, 46053, "BAD_DATE"), ("three decimals", 3, 1.005, "TOO_PRECISE"), ("text as a number", 3, "12", ""), ("blank", 3, "", "MISSING_VALUE"),
    ]:  # fmt: skip
        table = [list(row) for row in good]
        table[3][place] = value
        yield Malformed(f"workbook: {name}", xlsx, valid.workbook(table), expects)
    yield Malformed("workbook: two sheets", xlsx, valid.workbook(good, "A", "B"), "MISSING_FILE")
    yield Malformed("workbook: extra column", xlsx, valid.workbook(header=[*HEADER, "x"]), "EXTRA_COLUMN")
    yield Malformed("workbook: lacks a column", xlsx, valid.workbook(header=HEADER[:-1]), "MISSING_COLUMN")
    yield Malformed("workbook: no rows", xlsx, valid.workbook([]), "")
    yield Malformed("workbook: nothing in it", xlsx, valid.workbook([], header=[]), "EMPTY_FILE")
    yield Malformed(
        "workbook: cells far apart", xlsx, _in_workbook(sheet, lambda raw: raw.replace(b'r="A2"', b'r="XFD1048576"')), "TOO_LARGE"
    )
    yield Malformed("workbook: entities", xlsx, _in_workbook(sheet, lambda raw: b'<!DOCTYPE a [<!ENTITY b "c">]>' + raw), "UNSAFE_ARCHIVE")
    yield Malformed(
        "workbook: entity from outside",
        xlsx,
        _in_workbook(book, lambda raw: b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/">' + raw),
        "UNSAFE_ARCHIVE",
    )
    yield Malformed("workbook: sheet cut", xlsx, _in_workbook(sheet, lambda raw: raw[: len(raw) // 2]), "UNREADABLE")
    yield Malformed("workbook: sheet empty", xlsx, _in_workbook(sheet, lambda raw: b""), "UNREADABLE")
    yield Malformed("workbook: text lost", xlsx, _in_workbook("xl/sharedStrings.xml", lambda raw: b"<sst/>"), "UNREADABLE")
    yield Malformed("workbook: no relation", xlsx, _in_workbook(book, lambda raw: raw.replace(b"rId1", b"rId77")), "UNREADABLE")
    yield Malformed("workbook: 60 MB of blanks", xlsx, lambda: _in_workbook(sheet, lambda raw: raw + b" " * 60_000_000), "TOO_LARGE")
    yield Malformed("workbook: bomb", xlsx, lambda: _in_workbook(sheet, lambda raw: raw + b" " * 140_000_000), "TOO_LARGE")
    yield Malformed("workbook: old kind", xlsx, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000), "UNREADABLE")
    yield Malformed("workbook: text", xlsx, text().encode(), "UNREADABLE")
    yield Malformed("workbook: another zip", xlsx, valid.zipped(("a.csv", b"x")), "UNREADABLE")
    yield Malformed("workbook: empty", xlsx, b"", "EMPTY_FILE")
    yield Malformed("text is a workbook", CSV, valid.workbook(), "UNSAFE_ARCHIVE")


def _parquet() -> Iterator[Malformed]:
    import pyarrow as pa

    declared, whole, count = a_format("parquet"), valid.parquet(), len(LOANS)
    for name, changed, expects in [
        ("list", {"note": pa.array([["x"]] * count)}, "UNREADABLE"), ("structure", {"note": pa.array([{"a": 1}] * count)}, "UNREADABLE"),
        ("bytes", {"note": pa.array([b"\xff"] * count)}, "UNREADABLE"), ("NaN", {"balance": pa.array([float("nan")] * count)}, "BAD_NUMBER"),
        ("infinite", {"balance": pa.array([float("inf")] * count)}, "BAD_NUMBER"), ("huge", {"balance": pa.array([1e300] * count)}, "LOST_DIGITS"),
        ("loan numbers as numbers", {"number": pa.array(range(count))}, "NUMBER_IN_TEXT"),
        ("nulls", {"balance": pa.array([None] * count, pa.float64())}, "MISSING_VALUE"),
        ("extra column", {"extra": pa.array([1] * count)}, "EXTRA_COLUMN"),
        ("moments", {"day": pa.array([datetime(2026, 1, 31, 5)] * count, pa.timestamp("us"))}, "BAD_DATE"),
        ("moments with a zone", {"day": pa.array([datetime(2026, 1, 31)] * count, pa.timestamp("us", "UTC"))}, "UNREADABLE"),
        ("durations", {"note": pa.array([1] * count, pa.duration("s"))}, "UNREADABLE"),
        ("long text", {"holder": pa.array(["x" * 100_000] * count)}, "UNREADABLE"), ("text as numbers", {"balance": pa.array(["1.50"] * count)}, ""),
    ]:  # fmt: skip
        yield Malformed(f"parquet: {name}", declared, valid.parquet(**changed), expects)
    for part in (5, 50, 99):
        yield Malformed(f"parquet cut at {part} %", declared, whole[: len(whole) * part // 100], "TRUNCATED")
    yield Malformed("parquet: footer far away", declared, whole[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1", "UNREADABLE")
    yield Malformed("parquet: marks only", declared, b"PAR1" * 3, "UNREADABLE")
    yield Malformed("parquet: text", declared, text().encode(), "UNREADABLE")
    yield Malformed("parquet: data damaged", declared, whole[:60] + b"\xff" * 60 + whole[120:], None)
    yield Malformed("text is Parquet", CSV, whole, None)


def _others() -> Iterator[Malformed]:
    fixed, xml = a_format("fixed"), a_format("xml")
    line = valid.fixed().splitlines()
    for name, bad, expects in [
        ("short line", line[1][:-5], "WRONG_CELL_COUNT"), ("long line", line[1] + "x", "WRONG_CELL_COUNT"), ("shifted line", " " + line[1][:-1], None),
        ("tab in the line", line[1][:9] + "\t" + line[1][10:], "CONTROL_CHARACTER"), ("letter in the amount", line[1][:32] + "x" + line[1][33:], "BAD_NUMBER"),
    ]:  # fmt: skip
        yield Malformed(f"fixed: {name}", fixed, "\n".join([line[0], bad, *line[2:], ""]).encode(), expects)
    yield Malformed("fixed: cut", fixed, valid.fixed()[:-20].encode(), "TRUNCATED")
    yield Malformed("fixed: empty", fixed, b"", "EMPTY_FILE")
    yield Malformed("fixed: delimited text", fixed, text().encode(), None)
    good = valid.xml()
    for name, content, expects in [
        ("cut", good[:-30], "TRUNCATED"), ("not closed", good.replace("</holder>", "</owner>", 1), "UNREADABLE"), ("no rows", "<book/>", "EMPTY_FILE"),
        ("another root", good.replace("book>", "bank>"), "EMPTY_FILE"), ("unknown element", good.replace("<note>", "<x/><note>", 1), "EXTRA_COLUMN"),
        ("element twice", good.replace("<note>", "<day/><note>", 1), "WRONG_CELL_COUNT"), ("stray text", good.replace("<note>", "x<note>", 1), "UNREADABLE"),
        ("deep", good.replace("<note>", "<a>" * 200, 1), "UNREADABLE"), ("two roots", good + "<book/>", "UNREADABLE"),
        ("bomb of entities", '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + valid.xml(head=""), "UNREADABLE"),
        ("entity from a file", '<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + valid.xml(head=""), "UNREADABLE"),
        ("document type elsewhere", '<!DOCTYPE b SYSTEM "http://127.0.0.1:1/b.dtd">' + valid.xml(head=""), "UNREADABLE"),
        ("unknown entity", good.replace("<note>", "<note>&nbsp;", 1), "UNREADABLE"), ("a NUL by reference", good.replace("<note>", "<note>&#0;", 1), "UNREADABLE"),
        ("a long row", good.replace("<note>", "<note>" + "x" * 1_100_000, 1), "UNREADABLE"), ("JSON", "[]", "UNREADABLE"),
    ]:  # fmt: skip
        yield Malformed(f"xml: {name}", xml, content.encode(), expects)


# --- mutations ---

TOKENS = [
    b"\x00", b'"', b'""', b",", b"\n", b"\r", b"\xff", b"\xef\xbb\xbf", b"NaN", b"-", b"1e9", b"\xe2\x80\xae", b"9" * 40, b"<", b"&", b"PK\x03\x04", b"\x1f\x8b",
    b"\x84\x31\xa4\x37", b"\x80", b"'; DROP TABLE borrowers_loan; --", b"\\N", b"\\.", b"{}", b"%s", b"\x1f", b"\t",
]  # fmt: skip


def mutated(number: int, seed: int = 20260131) -> Malformed:
    """The mutation of this number: one valid file, changed in one to eight places, before or after it is packed."""
    chance = random.Random(f"{seed} {number}")
    base = valid.bases()[number % len(valid.bases())]
    content = base.content
    if base.packing and chance.random() < 0.5:
        content = _changed(base.packed(content), chance)
    elif base.name == "xlsx" and chance.random() < 0.6:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            chosen = chance.choice([info.filename for info in archive.infolist() if info.filename.startswith("xl/")])
        content = _in_workbook(chosen, lambda raw: _changed(raw, chance))
    else:
        content = base.packed(_changed(content, chance))
    return Malformed(f"mutation {number} of {base.name}", base.declared, content)


def _changed(content: bytes, chance: random.Random) -> bytes:
    raw = bytearray(content)
    for _ in range(chance.choice([1, 1, 1, 2, 3, 8])):
        at, to = sorted((chance.randrange(len(raw) + 1), chance.randrange(len(raw) + 1)))
        chance.choice(WAYS)(raw, at, min(to, at + chance.choice([1, 4, 30, 400])), chance)
    return bytes(raw)


def _flip(raw: bytearray, at: int, to: int, chance: random.Random) -> None:
    if at < len(raw):
        raw[at] ^= 1 << chance.randrange(8)


def _cut(raw: bytearray, at: int, to: int, chance: random.Random) -> None:
    del raw[at:to]


def _end(raw: bytearray, at: int, to: int, chance: random.Random) -> None:
    del raw[at:]


def _insert(raw: bytearray, at: int, to: int, chance: random.Random) -> None:
    raw[at:at] = chance.choice(TOKENS)


def _replace(raw: bytearray, at: int, to: int, chance: random.Random) -> None:
    raw[at:to] = chance.choice(TOKENS)


def _repeat(raw: bytearray, at: int, to: int, chance: random.Random) -> None:
    raw[at:at] = raw[at:to]


def _scramble(raw: bytearray, at: int, to: int, chance: random.Random) -> None:
    raw[at:to] = chance.randbytes(to - at)


def _turn(raw: bytearray, at: int, to: int, chance: random.Random) -> None:
    raw[at:to] = raw[at:to][::-1]


WAYS = (_flip, _cut, _end, _insert, _replace, _repeat, _scramble, _turn)
