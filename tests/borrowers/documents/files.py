"""Files made for the tests of uploads: sound ones, and each kind of trouble."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from PIL import ExifTags, Image, ImageDraw

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def picture(kind: str = "JPEG", *, seed: int = 0, size: tuple[int, int] = (320, 200), mode: str = "RGB", **saved: object) -> bytes:
    image = Image.new(mode, size, 200 if mode == "L" else None)
    ImageDraw.Draw(image).rectangle((10, 10, 60 + seed % 200, 90), fill=120 if mode == "L" else None)
    out = io.BytesIO()
    image.save(out, kind, **saved)
    return out.getvalue()


def photo() -> bytes:
    """A JPEG with the notes of a telephone: time, place, camera, and a comment."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Acme", "Phone 9"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:11:19 09:30:00"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.OffsetTimeOriginal] = "+08:00"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", (31.0, 18.0, 0.0)
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "E", (120.0, 42.0, 0.0)
    return picture(exif=exif, comment=b"a note beside the pixels")


def wide_png(width: int = 30_000, height: int = 30_000) -> bytes:
    """A header that promises `width` x `height` pixels, and next to nothing behind it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in ((b"IHDR", header), (b"IDAT", body), (b"IEND", b"")))


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def pdf(*, pages: int = 1, catalog: bytes = b"", extra: tuple[bytes, ...] = (), text: str = "Loan contract") -> bytes:
    """A PDF written by hand; `catalog` goes into its catalogue, `extra` are further objects (numbers from 4 + 2 * pages on)."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>"]
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(pages))
    objects.append(b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % pages)
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for n in range(pages):
        drawn = f"BT /F1 24 Tf 72 700 Td ({text}, page {n + 1}) Tj ET".encode()
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * n)
        )
        objects.append(b"<< /Length %d >>\nstream\n" % len(drawn) + drawn + b"\nendstream")
    return _assemble([*objects, *extra])


def _assemble(objects: list[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))


def zipped(parts: Mapping[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return out.getvalue()


def office(main: str = WORD, **parts: bytes | str) -> bytes:
    """A small Word (or Excel) file; `parts` (name with __ for /) are added to it or replace its own."""
    types = f'<?xml version="1.0"?><Types><Override PartName="/main.xml" ContentType="{main}"/></Types>'
    base = {"[Content_Types].xml": types, "_rels/.rels": "<Relationships/>", "word/document.xml": "<document>Resolution</document>"}
    return zipped(base | {name.replace("__", "/"): content for name, content in parts.items()})
