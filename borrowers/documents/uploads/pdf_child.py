"""Reads one PDF in a process of its own, which may be stopped: a hostile file costs that process, never the server.

`check` writes a JSON object: {"pages": n, …} or {"refused": code}. `render PAGE WIDTH` writes a PNG. The PDF comes by
standard input. Started by `pdfs.py` with limits on time and memory; imports nothing of the application.
"""

import io
import json
import logging
import re
import sys
import warnings
from typing import Any

DEEPEST = 60
MOST_OBJECTS = 200_000
KEYS = {
    "/JS": "PDF_SCRIPT",
    "/JavaScript": "PDF_SCRIPT",
    "/XFA": "PDF_SCRIPT",
    "/RichMedia": "PDF_SCRIPT",
    "/RichMediaContent": "PDF_SCRIPT",
    "/EF": "PDF_ATTACHMENT",
    "/EmbeddedFiles": "PDF_ATTACHMENT",
}
# What an action does (/S of an action) or an annotation is (/Subtype), where it is more than turning pages or opening a link.
DEEDS = {
    "/JavaScript": "PDF_SCRIPT",
    "/Rendition": "PDF_SCRIPT",
    "/RichMedia": "PDF_SCRIPT",
    "/Launch": "PDF_LAUNCH",
    "/SubmitForm": "PDF_LAUNCH",
    "/ImportData": "PDF_LAUNCH",
    "/GoToE": "PDF_ATTACHMENT",
    "/FileAttachment": "PDF_ATTACHMENT",
    "/EmbeddedFile": "PDF_ATTACHMENT",
}
# Objects that the last table of contents no longer names can be brought back by a reader that repairs files.
RAW = {rb"/JavaScript[\s/(<]": "PDF_SCRIPT", rb"/Launch[\s/(<]": "PDF_LAUNCH", rb"/EmbeddedFiles?[\s/(<]": "PDF_ATTACHMENT"}


class Refused(Exception):
    pass


def check(data: bytes) -> dict[str, Any]:
    """Pages and what the file says of itself. Raises Refused with a reason code."""
    import pypdf
    from pypdf.generic import IndirectObject

    reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Refused("PDF_PASSWORD")
    pages = len(reader.pages)
    for pattern, code in RAW.items():
        if re.search(pattern, data):
            raise Refused(code)
    entries = {(number, generation) for generation, places in reader.xref.items() for number in places if generation < 65535}
    entries |= {(number, 0) for number in reader.xref_objStm}
    if len(entries) > MOST_OBJECTS:
        raise Refused("PDF_DAMAGED")
    for number, generation in sorted(entries):
        _look(reader.get_object(IndirectObject(number, generation, reader)))
    _look(reader.trailer)
    if _pages_as_drawn(data) != pages or pages == 0:
        raise Refused("PDF_DAMAGED")
    return {"pages": pages} | _told(reader)


def _look(thing: Any, depth: int = 0) -> None:
    """Refuse what acts by itself. References are not followed: each object is looked at in its turn."""
    from pypdf.generic import ArrayObject, DictionaryObject

    if depth > DEEPEST:
        raise Refused("PDF_DAMAGED")
    if isinstance(thing, DictionaryObject):
        for key, value in dict.items(thing):
            if key in KEYS:
                raise Refused(KEYS[key])
            if key in {"/S", "/Subtype", "/Type"} and isinstance(value, str) and value in DEEDS:
                raise Refused(DEEDS[value])
            _look(value, depth + 1)
    elif isinstance(thing, ArrayObject):
        for value in list.__iter__(thing):
            _look(value, depth + 1)


def _told(reader: Any) -> dict[str, Any]:
    """Title, producer and times from the file's own notes, as short printable text."""
    found = {}
    notes = {"title": "/Title", "producer": "/Producer", "creator": "/Creator", "created": "/CreationDate", "changed": "/ModDate"}
    for key, name in notes.items():
        value = str((reader.metadata or {}).get(name) or "")
        if text := "".join(sign for sign in value if sign.isprintable()).strip()[:120]:
            found[key] = text
    return found


def _pages_as_drawn(data: bytes) -> int:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    try:
        return len(document)
    finally:
        document.close()


def render(data: bytes, page: int, width: int) -> bytes:
    """PNG of one page, `width` pixels wide and at most three times as high; forms and annotations are not drawn."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    try:
        sheet = document[page - 1]
        across, down = sheet.get_size()
        scale = min(width / max(across, 1), 3 * width / max(down, 1))
        out = io.BytesIO()
        sheet.render(scale=scale, may_draw_forms=False, draw_annots=False).to_pil().convert("RGB").save(out, "PNG")
        return out.getvalue()
    finally:
        document.close()


def answer(task: str, data: bytes, *numbers: str) -> bytes:
    """What is written for a task. A drawing that fails raises; a check always says something."""
    if task == "render":
        return render(data, int(numbers[0]), int(numbers[1]))
    try:
        found = check(data)
    except Refused as refusal:
        found = {"refused": str(refusal)}
    except Exception:  # whatever a broken file makes a reader raise, it can't be read
        found = {"refused": "PDF_DAMAGED"}
    return json.dumps(found).encode()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    sys.stdout.buffer.write(answer(sys.argv[1], sys.stdin.buffer.read(), *sys.argv[2:]))
