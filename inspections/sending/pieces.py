"""Files that come in pieces, kept so that what was confirmed is on the disk even if the power fails the moment after.

The database says how many bytes count. A piece is written behind them and forced to the disk before the database says so;
what a killed server wrote without saying so is written over by the same piece when it comes again.
"""

import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import IO

from django.core.files.storage import default_storage

FOLDER = "sent"
CHUNK = 1024 * 1024


def new_path() -> str:
    """A random name below MEDIA_ROOT."""
    name = secrets.token_hex(16)
    return f"{FOLDER}/{name[:2]}/{name}"


def _at(path: str) -> Path:
    return Path(default_storage.path(path))


def here(path: str) -> int:
    """Bytes of the file that are on the disk; 0 where there is none."""
    try:
        return _at(path).stat().st_size
    except FileNotFoundError:
        return 0


def append(path: str, offset: int, piece: bytes) -> None:
    """Write `piece` at `offset`, forget what lies behind it, and return when it is safe on the disk."""
    place = _at(path)
    new = not place.exists()
    if new:
        place.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(place, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        view, at = memoryview(piece), offset
        while view:
            written = os.pwrite(handle, view, at)
            view, at = view[written:], at + written
        os.ftruncate(handle, offset + len(piece))
        os.fsync(handle)
    finally:
        os.close(handle)
    if new:
        for folder in (place.parent, place.parent.parent):  # the name of a new file is safe when its folders are
            _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def hash_of(path: str) -> str:
    """SHA-256 (hex) of the whole file."""
    summed = sha256()
    with _at(path).open("rb") as file:
        while chunk := file.read(CHUNK):
            summed.update(chunk)
    return summed.hexdigest()


def beginning(path: str) -> bytes:
    """The first 16 bytes."""
    with _at(path).open("rb") as file:
        return file.read(16)


def opened(path: str) -> IO[bytes]:
    """The file, open for reading."""
    return _at(path).open("rb")


def drop(path: str) -> None:
    """Take the file away; it does not matter whether it is there."""
    _at(path).unlink(missing_ok=True)
