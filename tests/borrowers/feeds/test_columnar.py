"""The fast way through a file stages row for row what the careful way stages, whatever stands in the file."""

import hashlib
from datetime import date

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from borrowers import staging
from borrowers.feeds.importer import columnar
from borrowers.feeds.importer.formats import parse
from borrowers.feeds.importer.parsing import Parser, staging_columns
from borrowers.feeds.importer.reading import examine

DAY = date(2026, 6, 30)
PLAN = {
    "name": "plan", "currency": "CNY", "key": ["loan", "seq"],
    "instalment": {"loan_number": "loan", "seq": "seq", "due_on": "due", "principal": "principal", "interest": "interest"},
    "columns": {
        "loan": {"required": True, "max_length": 12, "pattern": "[A-Z0-9-]+"}, "seq": {"type": "int", "required": True, "min": 1, "max": 400},
        "due": {"type": "date", "format": "YYYY-MM-DD", "required": True}, "principal": {"type": "decimal", "required": True, "min": 0},
        "interest": {"type": "decimal", "blanks": ["-"], "decimals": 4},
    },
}  # fmt: skip
LOANS = {
    "name": "book", "currency": "CNY", "key": ["number"],
    "borrower": {"number": "customer", "kind": {"const": "company"}, "segment": {"column": "size", "map": {"S": "small", "L": "large"}}, "name": "name"},
    "branch": {"code": "branch"},
    "loan": {
        "number": {"text": "L{number}"}, "product": {"const": "WC"}, "principal": "amount", "disbursed_on": "from",
        "matures_on": {"column": "to", "default": date(2030, 1, 1)}, "rate": {"column": "rate", "divide": 100}, "purpose": "purpose",
    },
    "columns": {
        "number": {"required": True}, "customer": {"required": True, "trim": True}, "size": {"type": "code", "codes": ["S", "L", "M"]},
        "name": {"max_length": 20, "placeholders": {"N/A": "no name"}}, "branch": {"required": True},
        "amount": {"type": "decimal", "required": True, "grouping": True}, "from": {"type": "date", "format": "DD/MM/YYYY", "required": True},
        "to": {"type": "date", "format": "DD/MM/YYYY"}, "rate": {"type": "decimal", "min": -1, "max": 99.5}, "purpose": {},
    },
}  # fmt: skip
GOOD = {
    "plan": {"loan": ["L1", "L2", "A-77", "L10"], "seq": ["1", "2", "12", "400"], "due": ["2026-07-01", "2028-02-29"],
             "principal": ["0", "1000", "0.5", "17.25"], "interest": ["", "-", "3.1415", "-2"]},
    "book": {"number": ["1", "2", "003", "9"], "customer": ["C1", "C2"], "size": ["S", "L"], "name": ["", "N/A", "Zhao & Co", "Ann"],
             "branch": ["B1", "B2"], "amount": ["1000.00", "25"], "from": ["01/02/2026", "28/02/2025"], "to": ["", "01/02/2027"],
             "rate": ["", "4.35", "99.5", "-1"], "purpose": ["", "stock", "NULL", "nan"]},
}  # fmt: skip
ODD = [
    "", " ", "-", "-0", "007", "1e5", "+1", "1,000", "NaN", "null", "0", "-1", "401", "99.51", "-1.01", "1.23456", "1.2300", ".5", "5.", "1_000", "１２",
    "12345678901234567", "123456789012345678", "1234567890123456789", "999999999999999999999", "2026-02-30", "2026-2-3", "30/02/2026",
    "01/02/2019", "1800-01-01", "赵", "é", "e\u0301", "a\\b", "\\N", "a\tb", "a\x1fb", "x\u200by", "ﬁ", "L" * 13, "n" * 21, "M", "S ", " C1",
    "2026-07-01 ", "٣", "0x10", "Infinity", "1.", "--1", "N/A", "#", "\x7f",
]  # fmt: skip


def both_ways(spec: dict, content: bytes, path) -> tuple:
    path.write_bytes(content)
    declared = parse(spec, spec["name"])
    found = []
    for fast in (True, False):
        source = examine(path, declared)
        if source.fault:
            return (source.fault.reason,) * 2 + (None,)
        parser, rows, columns = Parser(declared, DAY), source.rows(declared), staging_columns(declared)
        with transaction.atomic(), connection.cursor() as cursor:
            staging.stage("feed_row", columns)
            if fast:
                filled = columnar.fill("feed_row", columns, parser, rows)
                cursor.execute("UPDATE feed_row SET digest = digest")
                columnar_raw(declared, rows)
            else:
                staging.fill("feed_row", list(columns), parser.staged(rows))
            cursor.execute("SELECT * FROM feed_row ORDER BY line")
            staged = [(*row[:2], _digest(row[2]), *row[3:]) for row in cursor.fetchall()]
            transaction.set_rollback(True)
        fault = (parser.fault.reason, str(parser.fault)) if parser.fault else None
        counted = (staged, dict(parser.counts), parser.notes, rows.order, rows.control.rows)
        found.append((fault, None if fault else counted))
    return found[0], found[1], filled


def columnar_raw(declared, rows) -> None:
    """Every row as if it had been set aside, so that what is given back can be compared as well."""
    if not rows.order:
        return
    with connection.cursor() as cursor:
        cursor.execute("UPDATE feed_row SET reason = '(test)' WHERE reason IS NULL")
        columnar.restore_raw(declared, rows.order)
        cursor.execute("UPDATE feed_row SET reason = NULL WHERE reason = '(test)'")


def _digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() if "\x1f" in text else text


def file_of(spec: dict, rows: list[list[str]], end: str = "\n") -> bytes:
    return "".join(",".join(row) + end for row in [list(spec["columns"]), *rows]).encode()


def valid_rows(spec: dict, count: int) -> list[list[str]]:
    good = GOOD[spec["name"]]
    return [[texts[(row * 7 + place) % len(texts)] for place, texts in enumerate(good.values())] for row in range(count)]


@pytest.mark.parametrize("spec", [PLAN, LOANS], ids=lambda spec: spec["name"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_clean_file_goes_the_fast_way_and_stages_the_same(db, tmp_path, spec, end):
    fast, careful, filled = both_ways(spec, file_of(spec, valid_rows(spec, 40), end), tmp_path / "file.csv")
    assert (filled.fast, filled.careful) == (40, 0)
    assert fast == careful


def test_only_the_rows_in_doubt_go_the_careful_way(db, tmp_path):
    rows = [["L1", "1", "2026-07-01", "10", "1"], ["L1", "2", "2026-08-01", "1e5", "1"], ["L2", "1", "2026-07-01", "07", "1"]]
    fast, careful, filled = both_ways(PLAN, file_of(PLAN, rows), tmp_path / "file.csv")
    assert (filled.fast, filled.careful, filled.in_order) == (1, 2, False)
    assert fast == careful
    assert [row[3] for row in fast[1][0]] == [None, "BAD_NUMBER", None]


@pytest.mark.parametrize(
    ("keys", "rising"),
    [
        ([("L1", "2"), ("L1", "10"), ("L2", "1")], True),
        ([("L1", "1"), ("L1", "1")], False),
        ([("L1", "2"), ("L1", "1")], False),
        ([("L2", "1"), ("L1", "2")], False),
    ],
)
def test_keys_that_rise_from_row_to_row_stand_once(db, tmp_path, monkeypatch, keys, rising):
    monkeypatch.setattr(columnar, "BLOCK", 1)  # a block is one line: the order is seen across blocks
    rows = [[loan, seq, "2026-07-01", "10", "1"] for loan, seq in keys]
    assert both_ways(PLAN, file_of(PLAN, rows), tmp_path / "file.csv")[2].in_order is rising


def test_a_format_that_the_fast_way_does_not_know_is_read_carefully(db, tmp_path):
    spec = {**LOANS, "attributes": ["size"]}
    fast, careful, filled = both_ways(spec, file_of(spec, valid_rows(spec, 5)), tmp_path / "file.csv")
    assert (filled.fast, filled.careful) == (0, 5)
    assert fast == careful


@pytest.mark.parametrize("block", [64, 2 * 1024 * 1024])
@pytest.mark.parametrize(
    "tail",
    ['L1,1,2026-07-01,"10",1\nL2,1,2026-07-01,3,4\n', 'L1,1,"2026\n-07",1,1\n', 'L1,1,2026-07-01,"1\n', "L1,1\n", "L1,1\nL2,1,2026-07-01,3,4\n",
     "\n\nL9,1,2026-07-01,3,4\n", "L1,1,2026-07-01,1,1,1\n", "L1,1,2026-07-01,1", "L1,1\r2026-07-01,1,1\n", "\n"],
)  # fmt: skip
def test_what_the_fast_way_does_not_read_is_read_as_ever(db, tmp_path, monkeypatch, tail, block):
    monkeypatch.setattr(columnar, "BLOCK", block)
    fast, careful, _ = both_ways(PLAN, file_of(PLAN, valid_rows(PLAN, 6)) + tail.encode(), tmp_path / "file.csv")
    assert fast == careful


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), spec=st.sampled_from([PLAN, LOANS]), block=st.sampled_from([1, 70, 400, 1 << 20]))
def test_any_file_is_staged_alike_both_ways(db, tmp_path, data, spec, block):
    rows = valid_rows(spec, data.draw(st.integers(0, 12)))
    for row in rows:
        if data.draw(st.integers(0, 3)) == 0:
            row[data.draw(st.integers(0, len(row) - 1))] = data.draw(st.sampled_from(ODD) | st.text(max_size=6).filter(str.isprintable))
    content = bytearray(file_of(spec, rows))
    if data.draw(st.integers(0, 3)) == 0:
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 2))] = data.draw(st.sampled_from([b'"', b"\n", b",", b"\r", b"", b"\x00", b"\\"]))
    before, columnar.BLOCK = columnar.BLOCK, block
    try:
        fast, careful, _ = both_ways(spec, bytes(content), tmp_path / "file.csv")
    finally:
        columnar.BLOCK = before
    assert fast == careful
