"""XML: one element is a row. Nothing is fetched, no entity is resolved, and no row is guessed."""

import gzip

import pytest

from tests.borrowers.feeds.files import COLUMNS, a_format, cells, lines, reason

XML = a_format(
    kind="xml",
    record="book/loan",
    columns={**COLUMNS, "balance": {**COLUMNS["balance"], "header": ["money/balance", "money/saldo"]}, "holder": {"header": "@holder"}},
)
ONE = '<loan holder="Wang"><number>00123</number><day>2026-01-31</day><money><balance>1234.50</balance></money></loan>'


def book(inside: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>\n') -> str:
    return f'{head}<book xmlns="urn:bank">\n{inside}\n</book>'


def test_a_row_is_an_element_its_cells_are_children_attributes_and_children_of_children(tmp_path):
    path = tmp_path / "file.xml"
    path.write_text(book(ONE + "\n<loan><number>2</number><money><saldo>0.10</saldo></money></loan>"))
    assert cells(path, XML) == [["00123", "Wang", "2026-01-31", "1234.50"], ["2", "", "", "0.10"]]
    assert [line.number for line in lines(path, XML)] == [3, 4]


def test_a_name_round_trips_as_text_references_and_cdata(tmp_path):
    path = tmp_path / "file.xml"
    path.write_text(book("<loan holder='&#x20BB7; &amp; Kim'><number><![CDATA[7]]></number><money><balance>1</balance></money></loan>"))
    assert cells(path, XML) == [["7", "𠮷 & Kim", "", "1"]]


def test_xml_in_gb18030_is_read_as_the_format_declares_it(tmp_path):
    path = tmp_path / "file.xml"
    path.write_bytes(book(ONE.replace("Wang", "王𠮷"), '<?xml version="1.0" encoding="GB18030"?>').encode("gb18030"))
    declared = a_format(kind="xml", record="book/loan", encodings=["gb18030"], columns=dict.fromkeys(["number"], COLUMNS["number"]) | {
        "holder": {"header": "@holder"}, "day": COLUMNS["day"], "balance": {**COLUMNS["balance"], "header": "money/balance"},
    })  # fmt: skip
    assert cells(path, declared)[0][1] == "王𠮷"


def test_xml_packed_with_gzip_is_read_as_it_is(tmp_path):
    path = tmp_path / "file.xml.gz"
    path.write_bytes(gzip.compress(book(ONE).encode()))
    assert len(cells(path, XML)) == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (book(ONE)[:-30], ("TRUNCATED", True)),
        (book(ONE).replace("</number>", "</nummer>"), ("UNREADABLE", False)),
        ("loan,balance\n1,2\n", ("UNREADABLE", False)),
        (book(ONE.replace("<day>", "<unknown>1</unknown><day>")), ("EXTRA_COLUMN", True)),
        (book(ONE.replace("<day>", "stray text<day>")), ("UNREADABLE", False)),
        (book("<credit/>"), ("EMPTY_FILE", True)),
        (book(ONE.replace("Wang", "x" * 1_100_000)), ("UNREADABLE", False)),
        (book("<loan>" + "<a>" * 100 + "</a>" * 100 + "</loan>"), ("UNREADABLE", False)),
        ('<!DOCTYPE book [<!ENTITY a "b">]>' + book(ONE.replace("Wang", "&a;"), ""), ("UNREADABLE", False)),
        ('<!DOCTYPE book SYSTEM "http://127.0.0.1:1/x.dtd">' + book(ONE, ""), ("UNREADABLE", False)),
        ('<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + book(ONE.replace("Wang", "&a;"), ""), ("UNREADABLE", False)),
    ],
)
def test_xml_that_is_cut_broken_or_dangerous_is_not_taken(tmp_path, content, expected):
    path = tmp_path / "file.xml"
    path.write_text(content)
    assert reason(path, XML) == expected


def test_an_element_that_stands_twice_in_a_row_is_a_row_with_a_wrong_count_of_cells(tmp_path):
    path = tmp_path / "file.xml"
    path.write_text(book(ONE.replace("<day>", "<number>7</number><day>") + ONE))
    assert [line.whole for line in lines(path, XML)] == [False, True]


def test_elements_that_nobody_reads_are_named_and_ignored(tmp_path):
    path = tmp_path / "file.xml"
    path.write_text(book(ONE.replace("<day>", "<unknown>1</unknown><day>")))
    ignoring = a_format(kind="xml", record="book/loan", ignore=["unknown"], columns={
        **COLUMNS, "balance": {**COLUMNS["balance"], "header": "money/balance"}, "holder": {"header": "@holder"},
    })  # fmt: skip
    assert len(cells(path, ignoring)) == 1
