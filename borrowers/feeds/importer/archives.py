"""Unpacks gzip and zip while it is read, within limits. Believes no archive: what comes out is counted, not what is promised."""

import gzip
import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from borrowers.feeds.importer.faults import FileFault

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
PACKED = {GZIP: "gzip", ZIP: "zip", b"PK\x05\x06": "zip"}  # the last one is an archive with nothing in it
# An archive inside an archive is looked for by its first bytes, whatever it is called.
ARCHIVES = (GZIP, b"PK", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd")
MOST_RATIO = 200  # unpacked bytes for one packed byte; text packs to a tenth or a twentieth
SMALL = 8 * 1024 * 1024  # below this a ratio says nothing
CHUNK = 256 * 1024
DAMAGE = (  # what the standard library says of archives that somebody has changed
    zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, ValueError, LookupError, OverflowError,
)  # fmt: skip


def packing_of(head: bytes) -> str:
    """gzip, zip, or empty, from the first bytes of a file."""
    return next((name for mark, name in PACKED.items() if head.startswith(mark)), "")


def unsafe(sentence: str) -> FileFault:
    return FileFault("UNSAFE_ARCHIVE", sentence, held=False)


class Unpacked(io.RawIOBase):
    """Bytes as they come out of an archive. Raises FileFault when they are too many, too many for what was packed, or packed again."""

    def __init__(self, inner: BinaryIO, packed: int, most: int) -> None:
        self.inner, self.packed, self.most, self.count = inner, max(packed, 1), most, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        with damage_told():
            block = self.inner.read(min(len(buffer), CHUNK))
        if not self.count and block.startswith(ARCHIVES):
            raise unsafe("The archive holds another archive.")
        self.count += len(block)
        if self.count > self.most:
            raise too_large(self.most)
        if self.count > SMALL and self.count > MOST_RATIO * self.packed:
            raise FileFault("TOO_LARGE", f"The archive unpacks to more than {MOST_RATIO} times its size.", held=False)
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self.inner.close()
        super().close()


def too_large(most: int) -> FileFault:
    return FileFault("TOO_LARGE", f"Unpacked, the file is larger than the {most // 1024 // 1024} MB of its format.", held=False)


@contextmanager
def damage_told() -> Iterator[None]:
    """Turns what the standard library says of a damaged archive into a FileFault."""
    try:
        yield
    except EOFError:
        raise FileFault("TRUNCATED", "The packed file ends before its end: it was cut off.") from None
    except DAMAGE as fault:
        raise FileFault("UNREADABLE", f"The packed file is damaged: {fault}.", held=False) from None


def open_file(path: Path, packing: str, most: int, member: str = "") -> BinaryIO:
    """The unpacked bytes of a file, plain, gzip, or the one member of a zip (or the member named). Raises FileFault."""
    if packing == "gzip":
        return io.BufferedReader(Unpacked(gzip.open(path, "rb"), path.stat().st_size, most), CHUNK)  # type: ignore[arg-type]
    if packing == "zip":
        with damage_told():
            archive = zipfile.ZipFile(path)
            found = archive.getinfo(member) if member else only_member(archive)
            return io.BufferedReader(Unpacked(archive.open(found), found.compress_size, most), CHUNK)  # type: ignore[arg-type]
    return path.open("rb")


def check_zip(path: Path, most: int, *, several: bool = False) -> list[str]:
    """The names in a zip whose directory promises nothing dangerous; one, unless `several`. Raises FileFault."""
    with damage_told(), zipfile.ZipFile(path) as archive:
        found = archive.infolist()
        if not several:
            only_member(archive)
        size = path.stat().st_size
        for info in found:
            _refuse_unsafe(info)
            if not 0 <= info.header_offset <= size - info.compress_size:
                raise FileFault("UNREADABLE", "The packed file is damaged: a part of it lies outside.", held=False)
        if len({info.filename for info in found}) != len(found):
            raise unsafe("The archive holds a name twice.")
        packed, unpacked = sum(info.compress_size for info in found), sum(info.file_size for info in found)
        if packed > size:
            raise unsafe("Files in the archive lie over each other.")
        if unpacked > most:
            raise too_large(most)
        if unpacked > SMALL and unpacked > MOST_RATIO * max(packed, 1):
            raise FileFault("TOO_LARGE", f"The archive unpacks to more than {MOST_RATIO} times its size.", held=False)
        return [info.filename for info in found]


def inflated(path: Path, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of one member as they really are: no more are unpacked than its entry promises. Raises FileFault."""
    promised = unsafe("The archive unpacks to something else than it promises.")
    with path.open("rb") as raw:
        raw.seek(info.header_offset)
        local = raw.read(30)
        if len(local) < 30 or local[:4] != ZIP:
            raise promised
        raw.seek(int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little"), 1)
        left, count, check = info.compress_size, 0, 0
        decoder = zlib.decompressobj(-15) if info.compress_type == zipfile.ZIP_DEFLATED else None
        while left or (decoder and decoder.unconsumed_tail):
            packed = decoder.unconsumed_tail if decoder and decoder.unconsumed_tail else raw.read(min(left, CHUNK))
            if not packed:
                raise EOFError
            left -= 0 if decoder and decoder.unconsumed_tail else len(packed)
            block = decoder.decompress(packed, CHUNK) if decoder else packed
            count, check = count + len(block), zlib.crc32(block, check)
            if count > info.file_size or (decoder and decoder.eof and left):
                raise promised
            yield block
        if count != info.file_size or check != info.CRC:
            raise promised


def only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    found = archive.infolist()
    if len(found) != 1:
        raise unsafe(f"The archive holds {len(found)} files instead of one.")
    return found[0]


def _refuse_unsafe(info: zipfile.ZipInfo) -> None:
    # `orig_filename` is the name as written; `filename` was cut at a NUL.
    name, mode = info.orig_filename, info.external_attr >> 16
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in name or "\\" in name or any(ord(char) < 32 for char in name):
        raise unsafe("A file in the archive has a path that leads out of it.")
    if info.is_dir() or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
        raise unsafe("The archive holds a folder, a link or a device instead of a file.")
    if info.flag_bits & 0x1:
        raise unsafe("The archive is locked with a password.")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise unsafe("The archive is packed in a way that is not supported; deflate is.")
