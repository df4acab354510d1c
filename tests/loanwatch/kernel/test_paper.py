"""Papers are set from templates and plain data, in three languages, without anything from outside."""

import io

import pypdfium2
import pytest
from pypdf import PdfReader

from loanwatch.kernel import paper


@pytest.fixture
def template(tmp_path, monkeypatch):
    """Write a template beside the real frame, and set it."""
    (tmp_path / "base.typ").write_bytes((paper.TEMPLATES / "base.typ").read_bytes())
    monkeypatch.setattr(paper, "TEMPLATES", tmp_path)

    def set_paper(text: str, data: dict, **more) -> bytes:
        (tmp_path / "try.typ").write_text(text)
        return paper.pdf("try.typ", data, **more)

    return set_paper


HEAD = '#import "/base.typ": *\n#show: frame\n'


def text_of(made: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)


def test_a_paper_carries_three_scripts_with_its_own_font_alone(template):
    made = template(HEAD + '#data.at("said")', {"title": "Report", "said": "Visit report 贷后检查报告 여신 사후관리 보고서 ¥1,200.00"})
    assert "贷后检查报告 여신 사후관리 보고서" in text_of(made)
    fonts = {
        str(font["/BaseFont"]) for page in PdfReader(io.BytesIO(made)).pages for font in page["/Resources"]["/Font"].get_object().values()
    }
    assert fonts
    assert all("NotoSansCJK" in font for font in fonts)


def test_every_sign_of_names_in_the_national_standards_has_a_shape():
    from PIL import ImageFont

    (shipped,) = paper.FONTS.glob("*.otf")
    font = ImageFont.truetype(shipped, 16)
    missing = bytes(font.getmask("\ue000"))
    signs = "".join(chr(n) for n in [*range(0x4E00, 0x9FA6), *range(0xAC00, 0xD7A4)])
    assert not [sign for sign in signs if bytes(font.getmask(sign)) == missing]


def test_what_people_typed_is_never_read_as_markup(template):
    made = template(HEAD + '#data.at("said")', {"said": '#read("/data.json") *bold* $x$ <label>'})
    assert '#read("/data.json") *bold* $x$ <label>' in text_of(made)


def test_a_template_sees_no_file_outside_its_folder(template):
    with pytest.raises(paper.PaperFault, match="not found"):
        template(HEAD + '#read("/etc/hostname")', {})


def test_the_same_data_give_the_same_bytes_and_other_data_other_ones(template):
    first = template(HEAD + '#data.at("said")', {"said": "one"})
    assert first == template(HEAD + '#data.at("said")', {"said": "one"})
    assert first != template(HEAD + '#data.at("said")', {"said": "two"})


def test_head_and_foot_say_whose_paper_it_is_and_which_page(template):
    data = {
        "lender": "Demo Bank", "branch": "Suzhou", "title": "Visit report", "as_of": "2026-11-20", "printed_by": "Wang Min", "printed_at": "2026-11-21 09:10",
        "number": "IN-26-000318", "words": {"page": "Page", "as_of": "As of", "printed_by": "Printed by"},
    }  # fmt: skip
    made = template(HEAD + "#pagebreak()\n.", data)
    read = text_of(made)
    for said in ("Demo Bank", "Suzhou", "As of 2026-11-20", "Printed by Wang Min", "IN-26-000318", "Page 2 / 2"):
        assert said in read


def test_a_picture_is_shown(template):
    from PIL import Image

    kept = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(kept, "JPEG")
    made = template(HEAD + '#picture("gate.jpg", width: 100%)', {}, pictures={"gate.jpg": kept.getvalue()})
    drawn = pypdfium2.PdfDocument(made)[0].render().to_pil().convert("RGB")
    assert (254, 0, 0) in set(drawn.get_flattened_data() if hasattr(drawn, "get_flattened_data") else drawn.getdata())
