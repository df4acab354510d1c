"""What may come into the archive: judged by content, refused with a reason, cleaned where it can be."""

import io
import time
import zipfile

import pytest
from PIL import Image

from borrowers.documents.reasons import SENTENCES, sentence_of
from borrowers.documents.uploads import images, names, pdfs
from borrowers.documents.uploads.limits import MB, BadUpload, Checked, Limits
from borrowers.documents.uploads.pdfs import draw_page
from borrowers.documents.uploads.reading import check_upload
from tests.borrowers.documents import files

JPEG = files.picture()
SCRIPT = b"<html><script>alert(1)</script></html>"


def read(data: bytes, name: str, **limits: int) -> Checked:
    return check_upload(io.BytesIO(data), name, Limits(**limits))


def refused(data: bytes, name: str, **limits: int) -> str:
    with pytest.raises(BadUpload) as refusal:
        read(data, name, **limits)
    assert sentence_of(refusal.value) and "%(" not in sentence_of(refusal.value)
    return refusal.value.code


SOUND = {
    "contract.pdf": (files.pdf(pages=3), "application/pdf"),
    "photo.JPG": (files.photo(), "image/jpeg"),
    "seal.png": (files.picture("PNG", mode="RGBA"), "image/png"),
    "page.webp": (files.picture("WEBP"), "image/webp"),
    "scan.tiff": (files.picture("TIFF", mode="L"), "image/tiff"),
    "resolution.docx": (files.office(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "statements 2025.12.xlsx": (files.office(files.EXCEL), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_file_is_taken_for_what_it_is(name):
    data, content_type = SOUND[name]
    found = read(data, name)
    assert found.content_type == content_type and found.name == name
    assert content_type.startswith("image/") or found.data == data, "pictures are encoded anew, all else stays byte for byte"


TROUBLE = {
    # UP2: another content under a harmless name, two contents in one file, two endings
    "a web page called a picture": (SCRIPT, "photo.jpg", "MARKUP"),
    "a drawing with a script called a picture": (b'<?xml version="1.0"?><svg onload="alert(1)"/>', "photo.jpg", "MARKUP"),
    "a picture with a web page behind it": (JPEG + SCRIPT, "photo.jpg", "POLYGLOT"),
    "a picture with a script in its comment": (files.picture(comment=SCRIPT), "photo.jpg", "POLYGLOT"),
    "a picture with an archive behind it": (JPEG + files.zipped({"a.txt": "a"}), "photo.jpg", "POLYGLOT"),
    "a picture with a PDF behind it": (JPEG + files.pdf(), "photo.jpg", "POLYGLOT"),
    "a PDF with an archive behind it": (files.pdf() + files.zipped({"a.txt": "a"}), "a.pdf", "POLYGLOT"),
    "a PDF with a web page behind it": (files.pdf() + SCRIPT, "a.pdf", "POLYGLOT"),
    "a PDF with something before it": (b"GIF89a" + files.pdf(), "a.pdf", "POLYGLOT"),
    "a Word file behind a program": (b"MZ" + b"\0" * 60 + files.office(), "a.docx", "PROGRAM"),
    "a picture called a PDF": (JPEG, "a.pdf", "OTHER_ENDING"),
    "a PDF called a program": (files.pdf(), "a.exe", "OTHER_ENDING"),
    "no ending at all": (files.pdf(), "contract", "OTHER_ENDING"),
    "an ending turned round by a direction mark": (files.pdf(), "a\u202efdp.exe", "OTHER_ENDING"),
    "two endings": (JPEG, "photo.php.jpg", "DOUBLE_ENDING"),
    "two endings of kinds we keep": (JPEG, "contract.pdf.jpg", "DOUBLE_ENDING"),
    # UP3 and other pictures
    "30,000 by 30,000 pixels": (files.wide_png(), "a.png", "TOO_MANY_PIXELS"),
    "half a picture": (JPEG[: len(JPEG) // 2], "a.jpg", "IMAGE_DAMAGED"),
    "a picture of a telephone": (b"\0\0\0\x18ftypheic" + b"\0" * 40, "a.heic", "PHONE_PICTURE"),
    "a picture that moves": (
        files.picture("PNG", save_all=True, append_images=[Image.new("RGB", (320, 200), "red")]),
        "a.png",
        "ANIMATED",
    ),
    # PDF
    "a script that runs on opening": (
        files.pdf(catalog=b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"), "a.pdf", "PDF_SCRIPT",
    ),
    "a script whose name is written with codes": (
        files.pdf(catalog=b"/OpenAction << /S /J#61vaScript /#4aS (app.alert(1)) >>"), "a.pdf", "PDF_SCRIPT",
    ),
    "a program that is started": (files.pdf(catalog=b"/OpenAction << /S /Launch /F (cmd.exe) >>"), "a.pdf", "PDF_LAUNCH"),
    "a form that is sent": (files.pdf(catalog=b"/AA << /WC << /S /SubmitForm /F (https://example.org) >> >>"), "a.pdf", "PDF_LAUNCH"),
    "another file inside": (
        files.pdf(catalog=b"/Names << /EmbeddedFiles << /Names [(a) << /EF << >> >>] >> >>"), "a.pdf", "PDF_ATTACHMENT",
    ),
    "an object that nothing points to any more": (files.pdf(extra=(b"<< /S /Launch /F (cmd.exe) >>",)), "a.pdf", "PDF_LAUNCH"),
    "a PDF cut in the middle": (files.pdf()[:300], "a.pdf", "PDF_DAMAGED"),
    "only the end marks of a PDF": (b"%PDF-1.7\n%%EOF\n", "a.pdf", "PDF_DAMAGED"),
    # Office
    "macros": (files.office(word__vbaProject="x"), "a.docx", "MACROS"),
    "macros by declaration": (files.office("application/vnd.ms-word.document.macroEnabled.main+xml"), "a.docx", "MACROS"),
    "a part outside of the file": (files.zipped({"[Content_Types].xml": "<Types/>", "../../etc/cron.d/x": "x"}), "a.docx", "LEADS_OUT"),
    "an archive in the archive": (files.office(word__embeddings__a=files.zipped({"a": "a"})), "a.docx", "EMBEDDED_FILE"),
    "an entity that reads a file": (
        files.office(word__a_xml="", **{"word__styles.xml": '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'}),
        "a.docx",
        "XML_ENTITIES",
    ),
    "an entity in another encoding": (
        files.office(**{"word__a.xml": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a SYSTEM "http://127.0.0.1:9/"><a/>'.encode("utf-16")}),
        "a.docx",
        "XML_ENTITIES",
    ),
    "a template fetched from elsewhere": (
        files.office(**{"word__r.rels": '<R><r Type="x/attachedTemplate" Target="http://127.0.0.1:9/t.dotm" TargetMode="External"/></R>'}),
        "a.docx",
        "EXTERNAL_CONTENT",
    ),
    "a small file that unpacks to 210 MB": (files.office(**{"word__big.xml": b"<a>" + b" " * (210 * MB)}), "a.docx", "UNPACKS_TOO_LARGE"),
    "many small parts that unpack to 77 MB": (
        files.office(**{f"word__b{n}.xml": b"<a>" + b"<b>x</b>" * 110_000 + b"</a>" for n in range(90)}), "a.docx", "UNPACKS_TOO_LARGE",
    ),
    "an ordinary archive": (files.zipped({"contract.pdf": files.pdf()}), "a.zip", "ARCHIVE"),
    "an old Word file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.doc", "OLD_OFFICE"),
    # anything else
    "nothing": (b"", "a.pdf", "EMPTY"),
    "a program": (b"MZ" + b"\0" * 100, "a.pdf", "PROGRAM"),
    "letters": (b"Dear customer, ...", "a.pdf", "UNKNOWN_TYPE"),
}  # fmt: skip


@pytest.mark.parametrize("what", TROUBLE)
def test_trouble_is_refused_with_its_reason_and_quickly(what):
    data, name, code = TROUBLE[what]
    began = time.perf_counter()
    assert refused(data, name) == code
    assert time.perf_counter() - began < 2


def test_every_reason_has_a_sentence():
    assert {code for _data, _name, code in TROUBLE.values()} <= set(SENTENCES)


@pytest.mark.parametrize(("size", "code"), [(0, ""), (1, "TOO_LARGE")])
def test_the_size_limit_is_the_last_size_allowed(size, code):
    data = files.pdf()
    most = len(data) - size
    assert (refused(data, "a.pdf", size=most) if code else read(data, "a.pdf", size=most).name) == (code or "a.pdf")


@pytest.mark.parametrize(("most", "code"), [(64_000, ""), (63_999, "TOO_MANY_PIXELS")])
def test_the_pixel_limit_is_the_last_number_allowed(most, code):
    assert (refused(JPEG, "a.jpg", pixels=most) if code else read(JPEG, "a.jpg", pixels=most).name) == (code or "a.jpg")


@pytest.mark.parametrize(("most", "code"), [(3, ""), (2, "TOO_MANY_PAGES")])
def test_the_page_limit_is_the_last_number_allowed(most, code):
    data = files.pdf(pages=3)
    assert (refused(data, "a.pdf", pages=most) if code else read(data, "a.pdf", pages=most).evidence["pages"]) == (code or 3)


def test_a_protected_pdf_is_refused_and_one_that_only_forbids_printing_is_read():
    import pypdf

    def protect(user: str) -> bytes:
        writer = pypdf.PdfWriter(clone_from=io.BytesIO(files.pdf()))
        writer.encrypt(user_password=user, owner_password="owner", algorithm="AES-256")
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue()

    assert refused(protect("secret"), "a.pdf") == "PDF_PASSWORD"
    assert read(protect(""), "a.pdf").evidence["pages"] == 1


def test_a_script_inside_a_compressed_object_is_found():
    import pypdf
    from pypdf.generic import DictionaryObject, NameObject, create_string_object

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(files.pdf()))
    action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): create_string_object("app.alert(1)")})
    writer._add_object(action)
    out = io.BytesIO()
    writer.write(out)
    assert refused(out.getvalue(), "a.pdf") == "PDF_SCRIPT"


def test_what_the_camera_wrote_is_kept_apart_from_the_picture():
    found = read(files.photo(), "photo.jpg")
    assert found.evidence == {
        "taken_at": "2026-11-19T01:30:00+00:00", "latitude": "31.300000", "longitude": "120.700000", "make": "Acme", "model": "Phone 9",
        "width": 320, "height": 200,
    }  # fmt: skip
    kept = Image.open(io.BytesIO(found.data))
    assert not kept.getexif() and b"a note" not in found.data and found.sha256 != found.stored_sha256


def test_a_short_film_behind_a_picture_is_left_behind():
    found = read(JPEG + b"\0\0\0\x18ftypmp42" + b"\1" * 5000, "photo.jpg")
    assert b"ftypmp42" not in found.data


def test_a_scan_of_several_pages_keeps_them_all():
    data = files.picture("TIFF", mode="L", save_all=True, append_images=[Image.new("L", (200, 100), 9)])
    found = read(data, "scan.tif")
    assert found.evidence["pages"] == 2 and Image.open(io.BytesIO(found.data)).n_frames == 2


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("C:\\scans\\contract.pdf", "contract.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("con\0tract\r\n.pdf", "contract.pdf"),
        ("invoice\u202efdp.pdf", "invoicefdp.pdf"),
        ("\u200b\ufeff借据\u2066 2026.pdf", "借据 2026.pdf"),
        ('a"b;c<d>.pdf', "a_b_c_d_.pdf"),
        ("CON.pdf", "_CON.pdf"),
        (".pdf", "document.pdf"),
        ("...", "document"),
        ("", "document"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("\u1112\u1161\u11ab.pdf", "한.pdf"),
    ],
)
def test_a_name_becomes_one_that_can_be_shown(raw, shown):
    assert names.display_name(raw) == shown and len(names.display_name(raw)) <= names.LONGEST


def test_pages_are_drawn_by_a_process_that_may_fail(own_process):
    data = files.pdf(pages=2)
    assert Image.open(io.BytesIO(draw_page(data, 2, 400, Limits()))).size[0] in {400, 401}
    assert draw_page(data, 3, 400, Limits()) is None and draw_page(b"no PDF", 1, 400, Limits()) is None


@pytest.mark.parametrize("what", ["a script that runs on opening", "a PDF cut in the middle", "only the end marks of a PDF"])
def test_a_hostile_pdf_meets_a_process_of_its_own(own_process, what):
    data, name, code = TROUBLE[what]
    assert refused(data, name) == code and read(files.pdf(pages=2), "a.pdf").evidence["pages"] == 2


def test_a_pdf_that_costs_too_much_is_stopped(own_process, monkeypatch):
    monkeypatch.setattr(pdfs, "MEMORY", 30 * MB)  # too little to start
    assert refused(files.pdf(), "a.pdf") == "PDF_DAMAGED" and draw_page(files.pdf(), 1, 400, Limits()) is None


def test_a_preview_of_a_picture_is_small():
    assert Image.open(io.BytesIO(images.thumbnail(files.picture(size=(4000, 1000))))).size == (900, 225)


def test_the_unpacking_is_counted_while_it_happens_and_not_believed():
    data = bytearray(files.office(**{"word__big.xml": b"<a>" + b"x" * (3 * MB) + b"</a>"}))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        entry = next(part for part in archive.infolist() if part.filename == "word/big.xml")
    true, false = (entry.file_size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert refused(bytes(data).replace(true, false), "a.docx", unpacked=MB) in {"UNPACKS_TOO_LARGE", "OFFICE_DAMAGED"}
