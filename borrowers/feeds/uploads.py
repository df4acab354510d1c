"""Files that a person brings on a screen: tried first, with a full report, and loaded when the person says so.

Between the two the file lies in the storage under a name of ours; a signed note says whose it is and what was chosen. Up to
5 MB are read while the person waits (some seconds); larger files are loaded with the command `load_feed`, where they lie: a
page that held a transaction and the lock of a feed for minutes would keep the night's deliveries waiting.
"""

import hashlib
import secrets
import tempfile
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from borrowers.feeds import keeping
from borrowers.feeds.actions import Order, Outcome, load
from borrowers.feeds.models import Delivery
from borrowers.feeds.own_formats import find_for
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.policy import Act

FOLDER, SALT = "uploads", "borrowers.feeds.uploads"
HOURS = 2  # so long a tried file waits for the word to load it


def try_file(
    *, lender: Lender, by: Access, format: str, business_date: date, file: UploadedFile, control: UploadedFile | None, back_dated: bool
) -> tuple[Outcome, str]:
    """Read the file and say all that would become of it; nothing is loaded. Returns the outcome and the note for `load_tried`.

    Raises Refused when `by` may not load, BadSpec when the format can't be read.
    """
    by.check(Act.FEED_LOAD)
    content, beside = file.read(), control.read() if control else b""
    note = {
        "by": by.account.pk, "format": format, "on": business_date.isoformat(), "back_dated": back_dated, "key": secrets.token_hex(16),
        "name": keeping.shown_name(file.name or ""), "sha256": hashlib.sha256(content).hexdigest(), "control": bool(beside),
    }  # fmt: skip
    outcome = _load(lender, by, note, content, beside, dry_run=True)
    _sweep()
    default_storage.save(f"{FOLDER}/{note['key']}", ContentFile(content))
    if beside:
        default_storage.save(f"{FOLDER}/{note['key']}{keeping.CONTROL}", ContentFile(beside))
    return outcome, signing.dumps(note, salt=SALT)


def load_tried(*, lender: Lender, by: Access, note: str) -> Outcome:
    """Load what was tried. Raises Refused, or Conflict when the note is another person's or older than two hours, or the file is gone."""
    by.check(Act.FEED_LOAD)
    gone = Conflict(_("The tried file is not here any more. Choose it again."), code="UPLOAD_GONE")
    try:
        said: Mapping[str, Any] = signing.loads(note, salt=SALT, max_age=timedelta(hours=HOURS))
    except signing.BadSignature:
        raise gone from None
    name = f"{FOLDER}/{said['key']}"
    if said["by"] != by.account.pk or not default_storage.exists(name):
        raise gone
    content = _taken(name)
    beside = _taken(name + keeping.CONTROL) if said["control"] else b""
    if hashlib.sha256(content).hexdigest() != said["sha256"]:
        raise gone
    outcome = _load(lender, by, said, content, beside, dry_run=False)
    for each in (name, name + keeping.CONTROL):
        default_storage.delete(each)
    return outcome


def _taken(name: str) -> bytes:
    with default_storage.open(name) as kept:
        return kept.read()


def _load(lender: Lender, by: Access, said: Mapping[str, Any], content: bytes, control: bytes, *, dry_run: bool) -> Outcome:
    declared = find_for(lender, said["format"])
    with tempfile.TemporaryDirectory(prefix="loanwatch-upload-") as folder:
        path = Path(folder) / keeping.safe_name(said["name"])
        path.write_bytes(content)
        beside = path.with_name(path.name + keeping.CONTROL) if control else None
        if beside:
            beside.write_bytes(control)
        return load(
            Order(
                lender=lender, declared=declared, path=path, business_date=date.fromisoformat(said["on"]), dry_run=dry_run,
                back_dated=said["back_dated"], control=beside, received_by=by, channel=Delivery.Channel.SCREEN, name=said["name"],
            )
        )  # fmt: skip


def _sweep() -> None:
    """Remove tried files that nobody loaded."""
    if not default_storage.exists(FOLDER):
        return
    oldest = timezone.now() - timedelta(hours=HOURS)
    for name in default_storage.listdir(FOLDER)[1]:
        if default_storage.get_modified_time(f"{FOLDER}/{name}") < oldest:
            default_storage.delete(f"{FOLDER}/{name}")
