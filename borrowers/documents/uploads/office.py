"""Word and Excel files: archives of XML, looked through part by part without ever following a reference out of them."""

import io
import re
import stat
import zipfile
from pathlib import PurePosixPath
from xml.parsers import expat

from borrowers.documents.uploads.limits import MB, BadUpload, Limits

CHUNK = 256 * 1024
TYPES = "[Content_Types].xml"
MAIN = {
    b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    ),
    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
}
ACTIVE_PARTS = re.compile(r"vbaproject|vbadata|activex|/macrosheets/|/ctrlprops/|customui|xlmacro|/dialogsheets/", re.IGNORECASE)
EMBEDDED = re.compile(r"/embeddings/|\.(zip|rar|7z|gz|jar|exe|dll|bin|ole|docm|xlsm|docx|xlsx|pptx|html?|js|vbs)$", re.IGNORECASE)
SETTINGS = re.compile(r"/printerSettings/printerSettings\d+\.bin$", re.IGNORECASE)  # every spreadsheet that was printed has one
OUTSIDE = ("hyperlink",)  # a link that a person clicks is no danger here; a picture or template fetched on opening is


def check_office(data: bytes, limits: Limits) -> str:
    """The content type of a sound Word or Excel file. Raises BadUpload; nothing is written to disk."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _check_frame(archive, parts, limits)
            if TYPES not in archive.namelist():
                raise BadUpload("ARCHIVE")
            _check_parts(parts)
            left = limits.unpacked
            declared = b""
            for part in parts:
                content, left = _read(archive, part, left)
                if part.filename == TYPES:
                    declared = content
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, ValueError) as fault:
        raise BadUpload("OFFICE_DAMAGED") from fault
    if b"macroEnabled" in declared:
        raise BadUpload("MACROS")
    for mark, content_type in MAIN.items():
        if mark in declared:
            return content_type
    raise BadUpload("UNKNOWN_TYPE")


def _check_frame(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Sizes as the archive states them, before a byte is unpacked; nothing before, after or across the parts."""
    if not parts or min(part.header_offset for part in parts) != 0 or archive.comment:
        raise BadUpload("POLYGLOT" if parts else "OFFICE_DAMAGED")
    if len(parts) > limits.parts or sum(part.file_size for part in parts) > limits.unpacked:
        raise BadUpload("UNPACKS_TOO_LARGE", most=limits.unpacked // MB)
    sizes = [(part.file_size, part.compress_size) for part in parts]
    sizes.append((sum(full for full, _packed in sizes), sum(packed for _full, packed in sizes)))  # many parts, each too small to be noticed
    if any(full > MB and full > limits.ratio * max(packed, 1) for full, packed in sizes):
        raise BadUpload("UNPACKS_TOO_LARGE", most=limits.unpacked // MB)
    if len({part.filename.lower() for part in parts}) != len(parts):
        raise BadUpload("OFFICE_DAMAGED")


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    for part in parts:
        name = part.orig_filename
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or "\0" in name or ":" in name or stat.S_ISLNK(part.external_attr >> 16):
            raise BadUpload("LEADS_OUT")
        if part.flag_bits & 1:
            raise BadUpload("OFFICE_PASSWORD")
        if ACTIVE_PARTS.search(name):
            raise BadUpload("MACROS")
        if EMBEDDED.search(name) and not SETTINGS.search(name):
            raise BadUpload("EMBEDDED_FILE")


def _read(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> tuple[bytes, int]:
    """Unpack one part within what is left of the limit; XML is parsed. Returns the bytes of the list of types, else nothing."""
    name = part.filename.lower()
    kept = io.BytesIO()
    parser = _parser(name.endswith(".rels")) if name.endswith((".xml", ".rels", ".vml")) else None
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                raise BadUpload("UNPACKS_TOO_LARGE", most=None)
            if parser:
                _feed(parser, chunk)
            if part.filename == TYPES:
                kept.write(chunk)
    if parser:
        _feed(parser, b"", final=True)
    return kept.getvalue(), left


def _feed(parser: expat.XMLParserType, chunk: bytes, final: bool = False) -> None:
    try:
        parser.Parse(chunk, final)
    except expat.ExpatError as fault:
        raise BadUpload("OFFICE_DAMAGED") from fault


def _parser(relations: bool) -> expat.XMLParserType:
    """A parser that stops at a document type declaration: without one there are no entities, neither to resolve nor to expand."""
    parser = expat.ParserCreate()

    def refuse(*_args: object) -> None:
        raise BadUpload("XML_ENTITIES")

    def look(tag: str, attributes: dict[str, str]) -> None:
        if attributes.get("TargetMode", "").lower() == "external" and not attributes.get("Type", "").lower().endswith(OUTSIDE):
            raise BadUpload("EXTERNAL_CONTENT")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    if relations:
        parser.StartElementHandler = look
    return parser
