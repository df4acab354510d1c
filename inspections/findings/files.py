"""Photos and documents that are handed in with a remedy: judged at the door, kept in the archive, read back unaltered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext as _

from borrowers.documents import keeping
from borrowers.documents.uploads.reading import check_upload
from inspections.findings.models import Finding, FindingFile, FindingNote
from loanwatch.kernel.policy import Conflict
from loanwatch.people.access import Access
from loanwatch.trail.record import record

MOST_FILES = 20  # of one remedy


@dataclass(frozen=True)
class Upload:
    stream: IO[bytes]
    filename: str


def keep_files(note: FindingNote, uploads: Sequence[Upload], by: Access) -> list[FindingFile]:
    """Keep what came with a remedy, within the caller's transaction; a file that comes twice is kept once.

    Raises BadUpload for what is never kept, Conflict for too many: then bytes written already are taken away again.
    """
    if len(uploads) > MOST_FILES:
        raise Conflict(_("A remedy holds at most %(most)d files.") % {"most": MOST_FILES}, code="TOO_MANY_FILES")
    checked = {c.sha256: c for c in (check_upload(u.stream, u.filename, keeping.limits()) for u in uploads)}
    written: list[str] = []
    made = []
    try:
        with transaction.atomic():
            for file in checked.values():
                written.append(keeping.keep(file.data, file.ending))
                row = FindingFile.objects.create(
                    note=note, filename=file.name, sha256=file.sha256, stored_sha256=file.stored_sha256, size=len(file.data),
                    content_type=file.content_type, stored_as=written[-1],
                )  # fmt: skip
                made.append(row)
    except Exception:
        for name in written:
            keeping.storage().delete(name)
        raise
    return made


def file_of(*, finding_id: int, file_id: int, by: Access) -> tuple[FindingFile, bytes]:
    """A file of a finding and its bytes. Raises FindingFile.DoesNotExist, Conflict when what lies there is not what was stored."""
    seen = Finding.objects.visible_to(by).filter(pk=finding_id)
    found: Any = FindingFile.objects.select_related("note__finding").get(pk=file_id, note__finding__in=seen)
    data = keeping.read(found)
    record("finding.file_downloaded", by=by, subject=found.note.finding, file=found.pk)
    return found, data
