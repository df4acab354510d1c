"""Where the bytes of documents lie: written under names of our own, read back only when their checksum still fits."""

import secrets
from hashlib import sha256

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.utils.translation import gettext as _

from borrowers.documents.models import DocumentVersion
from borrowers.documents.uploads.images import thumbnail
from borrowers.documents.uploads.limits import MB, Limits
from borrowers.documents.uploads.pdfs import draw_page
from loanwatch.kernel.policy import Conflict

PREVIEW_PAGES = 3
PREVIEW_WIDTH = 900
PDF = "application/pdf"


def storage() -> Storage:
    """The store of the archive; see `settings.DOCUMENT_STORAGE`."""
    return storages["documents"]


def limits() -> Limits:
    """The upload limits of this installation."""
    return Limits(size=settings.DOCUMENT_MOST_MB * MB, pixels=settings.DOCUMENT_MOST_MEGAPIXELS * 1_000_000)


def keep(data: bytes, ending: str) -> str:
    """Write `data` under a name of its own that tells nothing; returns that name."""
    name = secrets.token_hex(16)
    return storage().save(f"{name[:2]}/{name}{ending}", ContentFile(data))


def read(version: DocumentVersion) -> bytes:
    """The stored bytes. Raises Conflict when they are not there or are not those that were stored."""
    try:
        with storage().open(version.stored_as) as stored:
            data = stored.read()
    except OSError as fault:
        raise Conflict(_("The content of this document can't be read from the archive. Tell the system administrator."), code="DOCUMENT_LOST") from fault
    if sha256(data).hexdigest() != version.stored_sha256:
        raise Conflict(
            _("The content of this document is not what was stored: its checksum differs. It is not shown; tell the system administrator."),
            code="DOCUMENT_ALTERED",
        )
    return data


def pages_shown(version: DocumentVersion) -> int:
    """How many pages of the version the preview shows; 0 where there is none."""
    if version.content_type.startswith("image/"):
        return 1
    return min(int(version.evidence.get("pages") or 0), PREVIEW_PAGES) if version.content_type == PDF else 0


def preview(version: DocumentVersion, page: int) -> bytes | None:
    """PNG of a page, counted from 1, drawn here so that nothing of the document runs in a browser. Kept once drawn; None where there is none."""
    if not 1 <= page <= pages_shown(version):
        return None
    name = _preview_name(version, page)
    kept = storage()
    if kept.exists(name):
        with kept.open(name) as drawn:
            return drawn.read()
    data = read(version)
    image = draw_page(data, page, PREVIEW_WIDTH, limits()) if version.content_type == PDF else thumbnail(data)
    if image:
        kept.save(name, ContentFile(image))
    return image


def _preview_name(version: DocumentVersion, page: int) -> str:
    return f"previews/{version.stored_as.rpartition('.')[0]}-{page}.png"


def delete(version: DocumentVersion) -> None:
    """Remove the bytes and what was drawn of them. What is gone already is gone."""
    kept = storage()
    kept.delete(version.stored_as)
    for page in range(1, pages_shown(version) + 1):
        kept.delete(_preview_name(version, page))
