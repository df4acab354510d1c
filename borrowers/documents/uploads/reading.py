"""The door for uploads: what is this really, may it be kept, and in which form."""

import io
import re
import zipfile
from hashlib import sha256
from typing import IO

from borrowers.documents.uploads import names
from borrowers.documents.uploads.images import clean_image
from borrowers.documents.uploads.limits import MB, BadUpload, Checked, Limits
from borrowers.documents.uploads.office import check_office
from borrowers.documents.uploads.pdfs import check_pdf

MARKUP = re.compile(rb"^\s*(\xef\xbb\xbf)?\s*<(\?xml|!doctype|html|head|body|svg|script|\?php|!--)", re.IGNORECASE)
OFFICE = "office"


def check_upload(stream: IO[bytes], filename: str, limits: Limits | None = None) -> Checked:
    """Read and judge one upload by its content. Raises BadUpload with a reason code; nothing is stored here."""
    limits = limits or Limits()
    data = stream.read(limits.size + 1)
    if not data:
        raise BadUpload("EMPTY")
    if len(data) > limits.size:
        raise BadUpload("TOO_LARGE", most=limits.size // MB)
    name = names.display_name(filename)
    found = recognise(data)
    evidence = {}
    clean = data
    if found == OFFICE:
        content_type = check_office(data, limits)
    elif found == "application/pdf":
        if zipfile.is_zipfile(io.BytesIO(data)):
            raise BadUpload("POLYGLOT")
        content_type, evidence = found, check_pdf(data, limits)
    else:
        content_type = found
    if names.pretends(name):
        raise BadUpload("DOUBLE_ENDING")
    if not names.agrees(name, content_type):
        raise BadUpload("OTHER_ENDING", ending=names.ENDINGS[content_type][0])
    if content_type.startswith("image/"):
        clean, evidence = clean_image(data, content_type, limits)
    digest = sha256(data).hexdigest()
    return Checked(clean, digest, sha256(clean).hexdigest(), content_type, name, names.ENDINGS[content_type][0], evidence)


def recognise(data: bytes) -> str:
    """The content type by the first bytes; "office" for an archive. Raises BadUpload for what is never kept, saying what it is."""
    head = data[:16]
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:4] in {b"II*\0", b"MM\0*"}:
        return "image/tiff"
    if head.startswith(b"PK\x03\x04"):
        return OFFICE
    raise BadUpload(_never_kept(data, head))


def _never_kept(data: bytes, head: bytes) -> str:
    if MARKUP.match(data[:512]):
        return "MARKUP"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "OLD_OFFICE"
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"heim", b"hevc", b"mif1", b"msf1", b"avif"}:
        return "PHONE_PICTURE"
    if head.startswith((b"PK", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
        return "ARCHIVE"
    if head.startswith((b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")):
        return "PROGRAM"
    if b"%PDF-" in data[:1024]:
        return "POLYGLOT"
    return "UNKNOWN_TYPE"
