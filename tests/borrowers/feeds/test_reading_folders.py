"""Several files that belong together: the rows of one, with the cells of the others beside them by declared keys."""

import gzip
import zipfile

import pytest

from borrowers.feeds.importer.reading import examine
from borrowers.feeds.importer.values import BadSpec
from tests.borrowers.feeds.files import COLUMNS, a_format, cells, reason

FOLDER = {
    "kind": "folder", "driving": "loan",
    "files": {
        "loan": {"name": ["loan.csv", "loan.csv.gz"]},
        "account": {"name": "account.csv", "join": {"account_id": "account"}, "ignore": ["opened"]},
        "owner": {"name": "person.csv", "join": {"owner_account": "account_id"}, "where": {"owner_type": ["OWNER"]}},
        "helper": {"name": "person.csv", "join": {"helper_account": "account"}, "where": {"helper_type": ["HELPER"]}, "delimiter": ";"},
    },
    "columns": {
        "number": COLUMNS["number"], "account": {}, "balance": COLUMNS["balance"],
        "account_id": {"file": "account"}, "place": {"file": "account"},
        "owner_account": {"file": "owner", "header": "account"}, "owner_type": {"file": "owner", "header": "type"},
        "owner": {"file": "owner", "header": "name"},
        "helper_account": {"file": "helper", "header": "account"}, "helper_type": {"file": "helper", "header": "type"},
        "helper": {"file": "helper", "header": "name"},
    },
}  # fmt: skip
FOLDER["files"]["helper"].pop("delimiter")
FILES = {
    "loan.csv": "number,account,balance\n1,A,10\n2,B,20\n3,Z,30\n",
    "account.csv": "place,account_id,opened\nBerlin,A,1999\nWien,B,1998\n",
    "person.csv": "name,type,account\nKim,OWNER,A\nLee,HELPER,A\nHan,OWNER,B\n",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_each_row_of_the_driving_file_finds_its_cells_in_the_others_or_blanks(folder):
    assert cells(folder, a_format(**FOLDER)) == [
        ["1", "A", "10", "Berlin", "A", "Kim", "OWNER", "A", "Lee", "HELPER", "A"],
        ["2", "B", "20", "Wien", "B", "Han", "OWNER", "B", "", "", ""],
        ["3", "Z", "30", "", "", "", "", "", "", "", ""],
    ]


def test_the_same_files_have_the_same_hash_and_other_contents_another_one(folder):
    declared = a_format(**FOLDER)
    first = examine(folder, declared).sha256
    (folder / "readme.txt").write_text("not part of the delivery")
    assert examine(folder, declared).sha256 == first
    (folder / "account.csv").write_text(FILES["account.csv"].replace("Wien", "Graz"))
    assert examine(folder, declared).sha256 != first


def test_a_zip_of_exactly_these_files_is_the_same_rows(folder):
    path = folder / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name, text)
    assert cells(path, a_format(**FOLDER)) == cells(folder, a_format(**FOLDER))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.csv", "a\n")
    assert reason(path, a_format(**FOLDER)) == ("UNSAFE_ARCHIVE", False)


def test_a_file_of_the_folder_may_be_packed(folder):
    (folder / "loan.csv").unlink()
    (folder / "loan.csv.gz").write_bytes(gzip.compress(FILES["loan.csv"].encode()))
    assert len(cells(folder, a_format(**FOLDER))) == 3


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("account.csv", None, ("MISSING_FILE", True)),
        ("loan.csv.gz", "number\n", ("MISSING_FILE", True)),
        ("account.csv", "", ("EMPTY_FILE", True)),
        ("account.csv", "place,account_id\nx,A\n", ("", False)),
        ("account.csv", "place,account_id,colour\nx,A,red\n", ("EXTRA_COLUMN", True)),
        ("account.csv", "place,opened\nx,1\n", ("MISSING_COLUMN", True)),
        ("account.csv", FILES["account.csv"] + "Linz,A,2000\n", ("AMBIGUOUS_JOIN", True)),
        ("account.csv", FILES["account.csv"] + "Linz,C", ("TRUNCATED", True)),
        ("person.csv", FILES["person.csv"] + "Kim\x1f,OWNER,Q\nx,y,z\n", ("UNREADABLE", True)),
        ("loan.csv", FILES["loan.csv"] + "4,A", ("TRUNCATED", True)),
    ],
)
def test_a_folder_with_a_fault_in_any_file_is_not_taken(folder, name, text, expected):
    (folder / name).unlink(missing_ok=True)
    if text is not None:
        (folder / name).write_text(text)
    assert reason(folder, a_format(**FOLDER)) == expected


def test_an_optional_column_may_be_missing_in_any_file_but_not_one_that_leads_to_a_row(folder):
    columns = {**FOLDER["columns"], "place": {"file": "account", "optional": True}, "balance": {"type": "decimal", "optional": True}}
    (folder / "account.csv").write_text("account_id\nA\n")
    (folder / "loan.csv").write_text("number,account\n1,A\n")
    (row,) = cells(folder, a_format(**{**FOLDER, "columns": columns}))
    assert row[:3] == ["1", "A", "A"]
    with pytest.raises(BadSpec, match=r"files\.account: account leads to a row"):
        a_format(**{**FOLDER, "columns": {**columns, "account": {"optional": True}}})


def test_a_declaration_that_leads_nowhere_is_refused_with_the_place():
    for changed, sentence in [
        ({"driving": "x"}, "driving: "),
        ({"files": {"loan": {"name": "a/b.csv"}}}, r"files\.loan\.name"),
        ({"files": {**FOLDER["files"], "more": {"name": "m.csv", "join": {"x": "number"}}}}, r"files\.more\.join: x is no declared column"),
        ({"files": {**FOLDER["files"], "account": {"name": "account.csv"}}}, r"files\.account\.join"),
        (
            {"files": {**FOLDER["files"], "account": {"name": "account.csv", "join": {"account_id": "owner"}}}},
            r"files\.account\.join: owner",
        ),
    ]:
        with pytest.raises(BadSpec, match=sentence):
            a_format(**{**FOLDER, **changed})
