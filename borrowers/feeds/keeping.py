"""The file of a delivery that waits for a decision, kept in the storage so that it can be decided about and loaded later.

Storage is Django's default one: a folder that no address serves, or what the settings name instead. The name on disk is
ours; the sender's name is only shown.
"""

import hashlib
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from borrowers.feeds.importer.formats import Format
from borrowers.feeds.models import Delivery
from borrowers.feeds.rules import SUSPECT
from loanwatch.kernel.policy import Conflict

MOST_KEPT = 50 * 1024 * 1024  # bytes; a larger file is decided about with the command, where it lies
MAIN, BESIDE = "file", "beside"  # names in the folder of a delivery
CONTROL = ".control.json"


def shown_name(name: str) -> str:
    """The sender's name of a file as it may be stored and shown: its last part, without invisible signs, 200 long at most."""
    return SUSPECT.sub("", re.split(r"[/\\]", name)[-1]).strip()[-200:] or "file"


def safe_name(name: str) -> str:
    """A harmless name for the sender's file in a folder of our own: letters, digits, points and dashes, its ending kept."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[-100:].lstrip(".") or MAIN


def keep(delivery: Delivery, path: Path, declared: Format) -> str:
    """Keep the bytes at `path`, with the file that limits its rows, if any; returns the key, empty when the file is not kept."""
    if not path.is_file() or path.stat().st_size > MOST_KEPT:
        return ""
    key = f"deliveries/{delivery.lender_id}/{delivery.pk}-{delivery.sha256[:16]}"
    _put(f"{key}/{MAIN}", path)
    beside = path.with_name(declared.limit["file"]) if declared.limit else None
    if beside and beside.is_file():
        _put(f"{key}/{BESIDE}", beside)
    return key


def _put(name: str, path: Path) -> None:
    default_storage.delete(name)
    with path.open("rb") as content:
        default_storage.save(name, File(content))


@contextmanager
def taken_out(delivery: Delivery, declared: Format) -> Iterator[Path]:
    """The kept file in a folder of its own, under a harmless name, with what lay beside it. Its hash is checked again.

    Raises Conflict when the file was not kept, or is no longer what was delivered.
    """
    if not delivery.kept_as or not default_storage.exists(f"{delivery.kept_as}/{MAIN}"):
        raise Conflict(_("The file of this delivery was not kept. Load it again with the command load_feed."), code="FILE_NOT_KEPT")
    with tempfile.TemporaryDirectory(prefix="loanwatch-delivery-") as folder:
        path = Path(folder) / safe_name(delivery.filename)
        digest = hashlib.sha256()
        with default_storage.open(f"{delivery.kept_as}/{MAIN}") as kept, path.open("wb") as out:
            for block in kept.chunks():
                digest.update(block)
                out.write(block)
        if digest.hexdigest() != delivery.sha256:
            raise Conflict(_("The kept file is not what was delivered any more. Ask for it again."), code="FILE_CHANGED")
        if declared.limit and default_storage.exists(f"{delivery.kept_as}/{BESIDE}"):
            with default_storage.open(f"{delivery.kept_as}/{BESIDE}") as kept:
                (path.with_name(declared.limit["file"])).write_bytes(kept.read())
        expected = delivery.control.get("expected")
        if expected and not declared.control.trailer:
            path.with_name(path.name + CONTROL).write_text(json.dumps(expected), encoding="utf-8")
        yield path


def drop(key: str) -> None:
    """Remove a kept file whose delivery was decided about."""
    for name in (MAIN, BESIDE):
        with suppress(FileNotFoundError):
            default_storage.delete(f"{key}/{name}")
