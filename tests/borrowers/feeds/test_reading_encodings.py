"""Names come back exactly as they were written, and bytes of another encoding are not taken for text."""

import codecs

import pytest

from borrowers.feeds.rules import SUSPECT
from tests.borrowers.feeds.files import COLUMNS, a_format, cells, reason

CHINESE = [
    "王小明",
    "李𠮷",
    "张䶮",
    "陈㛃",
    "龚凉𬸦",
    "欧阳爨",
    "仝犇羴",
    "〇一",
    "赵\u9fff",
    "上海贷款公司（浦东）",
]  # four bytes, rare surnames, brackets
KOREAN = ["김철수", "똠방각하", "펲시", "뷁", "햏자", "갂갃", "金大中", "주식회사 샾"]  # the second to the sixth are no EUC-KR
SENTENCE = "本行与借款人就贷后管理检查事项达成一致并确认抵押物现状良好且无其他优先受偿权利存在于登记簿之上特此说明供审阅"
KOREAN_SENTENCE = "대출금의 사후 관리를 위하여 담보물의 상태를 확인하고 등기부에 다른 권리가 없음을 알려 드립니다 감사합니다 또한 매월 말일까지 보고서를 제출"


def file_of(tmp_path, names, encoding, mark=b""):
    path = tmp_path / "file.csv"
    path.write_bytes(mark + ("number,holder,balance\n" + "".join(f"{n},{name},1\n" for n, name in enumerate(names))).encode(encoding))
    return path


def declared(*encodings, **more):
    return a_format(encodings=list(encodings), columns={name: COLUMNS[name] for name in ("number", "holder", "balance")}, **more)


@pytest.mark.parametrize(
    ("encoding", "names", "mark"),
    [
        ("utf-8", CHINESE + KOREAN, b""),
        ("utf-8", CHINESE + KOREAN, codecs.BOM_UTF8),
        ("gb18030", CHINESE, b""),
        ("gb18030", CHINESE, "\ufeff".encode("gb18030")),
        ("cp949", KOREAN, b""),
        ("euc-kr", ["김철수", "金大中"], b""),
        ("big5", ["王小明"], b""),
        ("cp1252", ["Müller", "Łódź".replace("Ł", "L").replace("ź", "z")], b""),
    ],
)
def test_names_come_back_exactly(tmp_path, encoding, names, mark):
    found = cells(file_of(tmp_path, names, encoding, mark), declared(encoding))
    assert [row[1] for row in found] == names
    assert not any(SUSPECT.search(name) for name in names)


@pytest.mark.parametrize(
    ("written", "says", "names", "expected"),
    [
        ("gb18030", "utf-8", CHINESE, "WRONG_ENCODING"),
        ("cp949", "utf-8", KOREAN, "WRONG_ENCODING"),
        ("cp949", "euc-kr", KOREAN, "WRONG_ENCODING"),
        ("utf-8", "gb18030", ["王明", "李雷"], "IMPLAUSIBLE_ENCODING"),
        ("utf-8", "cp1252", ["Müller", "Jäger", "Größe", "Übel", "Öl", "Çelik", "Ñu", "Éa"], "IMPLAUSIBLE_ENCODING"),
        ("cp949", "gb18030", KOREAN_SENTENCE.split(), "IMPLAUSIBLE_ENCODING"),
        ("gb18030", "cp949", ["".join(char for char in SENTENCE if char.encode("gb18030")[0] not in (0xC9, 0xFE))], "IMPLAUSIBLE_ENCODING"),
        ("utf-8", "utf-8", ["锟斤拷锟斤拷"], "IMPLAUSIBLE_ENCODING"),
        ("utf-8", "utf-8", ["Müller".encode().decode("cp1252"), "Jäger".encode().decode("cp1252")], "IMPLAUSIBLE_ENCODING"),
        ("utf-16", "utf-8", CHINESE, "WRONG_ENCODING"),
    ],
)
def test_text_of_another_encoding_is_not_taken(tmp_path, written, says, names, expected):
    assert reason(file_of(tmp_path, names, written), declared(says)) == (expected, expected == "IMPLAUSIBLE_ENCODING")


def test_many_chinese_characters_in_a_korean_file_are_taken_where_the_format_expects_them(tmp_path):
    names = ["金大中", "李舜臣", "朴正熙", "崔南善", "鄭夢周", "趙光祖", "張保皐", "林巨正", "韓龍雲"]
    assert reason(file_of(tmp_path, names, "cp949"), declared("cp949"))[0] == "IMPLAUSIBLE_ENCODING"
    assert cells(file_of(tmp_path, names, "cp949"), declared("cp949", scripts=["hangul", "han"]))


def test_the_first_declared_encoding_that_fits_every_byte_is_taken(tmp_path):
    assert cells(file_of(tmp_path, CHINESE, "gb18030"), declared("utf-8", "gb18030"))[0][1] == CHINESE[0]


def test_one_chinese_name_that_is_utf8_by_chance_is_no_reason_to_stop_and_two_long_ones_are(tmp_path):
    by_chance = bytes([0xC4, 0xA3]).decode("gb18030")  # one character of two bytes that is UTF-8 as well
    assert cells(file_of(tmp_path, [by_chance] * 7, "gb18030"), declared("gb18030"))
    assert reason(file_of(tmp_path, [by_chance] * 8, "gb18030"), declared("gb18030"))[0] == "IMPLAUSIBLE_ENCODING"
    assert reason(file_of(tmp_path, ["王"], "utf-8"), declared("gb18030"))[0] in {"", "WRONG_ENCODING"}


def test_letters_of_unexpected_scripts_are_allowed_up_to_one_in_twenty(tmp_path):
    han = [chr(0x4E00 + place) for place in range(38)]
    thai = [chr(0x0E01 + place) for place in range(3)]
    expecting = declared("utf-8", scripts=["latin", "han"])
    assert cells(file_of(tmp_path, han + thai[:2], "utf-8"), expecting)
    assert reason(file_of(tmp_path, han + thai, "utf-8"), expecting)[0] == "IMPLAUSIBLE_ENCODING"
    assert cells(file_of(tmp_path, han + thai, "utf-8"), declared("utf-8"))


def test_a_chinese_file_about_loans_only_is_not_taken_for_korean(tmp_path):
    path = file_of(tmp_path, ["贷款", "短期贷款", "抵押贷款"] * 1000 + [SENTENCE], "gb18030")
    assert len(cells(path, declared("gb18030"))) == 3001


def test_every_character_of_the_korean_and_chinese_sets_comes_back(tmp_path):
    hangul = [chr(code) for code in range(0xAC00, 0xD7A4)]
    assert [row[1] for row in cells(file_of(tmp_path, hangul, "cp949"), declared("cp949"))] == hangul
    han = [chr(code) for code in [*range(0x4E00, 0xA000), *range(0x3400, 0x4DC0, 7), *range(0x20000, 0x2A6E0, 997)]]
    assert [row[1] for row in cells(file_of(tmp_path, han, "gb18030"), declared("gb18030"))] == han
