"""Uploaded photos: is it one, is it small enough, what did the camera say, and a clean copy without the camera's notes."""

import io
import secrets
import warnings
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import IO, Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from borrowers.documents.uploads.images import position, taken_at
from loanwatch.kernel.policy import Conflict

MOST_BYTES = 12 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 1600  # pixels of the kept copy
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
PDF = b"%PDF-"
MOST_PAPER = 20 * 1024 * 1024  # bytes of a PDF document

Image.init()  # all readers are known before the first photo, not after the first file of another kind


class BadPhoto(Conflict):
    """An upload that is no photo we keep; the sentence says why and what to do."""


@dataclass(frozen=True)
class Picture:
    """A clean JPEG and what is known of it. `likeness` is a 64-bit difference hash as a signed number."""

    data: bytes
    sha256: str
    width: int
    height: int
    taken_at: datetime | None
    latitude: Decimal | None
    longitude: Decimal | None
    likeness: int
    type: str = "image/jpeg"  # of what came


@dataclass(frozen=True)
class KeptPicture:
    """A picture whose clean copy lies at `file` below MEDIA_ROOT (a PDF: what came itself, without width and height); size in bytes."""

    file: str
    size: int
    sha256: str
    width: int
    height: int
    taken_at: datetime | None
    latitude: Decimal | None
    longitude: Decimal | None
    likeness: int
    type: str

    def as_json(self) -> dict[str, Any]:
        """JSON-ready; `from_json` reads it."""
        place = {name: None if value is None else str(value) for name, value in (("latitude", self.latitude), ("longitude", self.longitude))}
        return vars(self) | place | {"taken_at": self.taken_at.isoformat() if self.taken_at else None}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "KeptPicture":
        place = {name: None if told[name] is None else Decimal(told[name]) for name in ("latitude", "longitude")}
        return cls(**told | place | {"taken_at": datetime.fromisoformat(told["taken_at"]) if told["taken_at"] else None})


def store(data: bytes, folder: str, ending: str) -> str:
    """Keep bytes under a random name in a folder below MEDIA_ROOT; returns the path."""
    name = secrets.token_hex(16)
    return default_storage.save(f"{folder}/{name[:2]}/{name}{ending}", ContentFile(data))


def is_paper(upload: IO[bytes]) -> bool:
    """Whether an upload begins as a PDF does; it is read from the beginning afterwards."""
    found = upload.read(len(PDF)) == PDF
    upload.seek(0)
    return found


def keep_picture(upload: IO[bytes], size: int, *, paper: bool = False, original: str = "") -> KeptPicture:
    """Check an upload by its content and keep the clean copy; a PDF stays as it came, at `original` where it lies there already.

    Raises BadPhoto; nothing is stored then.
    """
    picture = read_paper(upload, size) if paper else read_picture(upload, size)
    path = (original or store(picture.data, "originals", "")) if paper else store(picture.data, "photos", ".jpg")
    return KeptPicture(
        path,
        len(picture.data),
        picture.sha256,
        picture.width,
        picture.height,
        picture.taken_at,
        picture.latitude,
        picture.longitude,
        picture.likeness,
        picture.type,
    )


def read_picture(upload: IO[bytes], size: int) -> Picture:
    """Check an upload by its content and make the copy that is kept. Raises BadPhoto; nothing is stored here."""
    if size > MOST_BYTES:
        raise BadPhoto(_("The photo is larger than 12 MB. Nothing was stored; take it with a lower resolution."), code="PHOTO_TOO_LARGE")
    raw = upload.read(MOST_BYTES + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw), formats=tuple(FORMATS)) as probe:
                if probe.width * probe.height > MOST_PIXELS:
                    raise BadPhoto(_("The photo has more than 50 million pixels. Nothing was stored."), code="PHOTO_TOO_LARGE")
                probe.verify()
            image = Image.open(io.BytesIO(raw), formats=tuple(FORMATS))
            exif, kind = image.getexif(), FORMATS[image.format or "JPEG"]
            upright = on_white(ImageOps.exif_transpose(image))
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise BadPhoto(
            _("The file is not a JPEG, PNG or WebP photo, or it is damaged. Nothing was stored; take the photo again."), code="NOT_A_PHOTO"
        ) from error
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright.info = {}  # a comment beside the pixels would be written again
    clean = io.BytesIO()
    upright.save(clean, "JPEG", quality=85)
    data = clean.getvalue()
    latitude, longitude = position(exif)
    return Picture(
        data, sha256(data).hexdigest(), upright.width, upright.height, taken_at(exif), latitude, longitude, difference_hash(upright), kind
    )


def on_white(image: Image.Image) -> Image.Image:
    """The picture without transparency: a signature drawn on nothing stands on white paper, not on black."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    drawn = image.convert("RGBA")
    paper = Image.new("RGBA", drawn.size, "white")
    paper.alpha_composite(drawn)
    return paper.convert("RGB")


def read_paper(upload: IO[bytes], size: int) -> Picture:
    """A PDF document, kept as it came: it has no pixels, no likeness. Raises BadPhoto where it is too large or no PDF."""
    if size > MOST_PAPER:
        raise BadPhoto(_("The document is larger than 20 MB. Nothing was stored."), code="FILE_TOO_LARGE")
    raw = upload.read(MOST_PAPER + 1)
    if not raw.startswith(PDF) or b"%%EOF" not in raw[-2048:]:
        raise BadPhoto(_("The file is not a PDF document, or it is damaged. Nothing was stored."), code="NOT_A_PHOTO")
    return Picture(raw, sha256(raw).hexdigest(), 0, 0, None, None, None, 0, "application/pdf")


def difference_hash(image: Image.Image) -> int:
    """64 bits, one for each pair of neighbours in a 9 × 8 grey copy: is the left one brighter. As a signed 64-bit number."""
    small = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS)
    grey = small.tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (grey[row * 9 + column] > grey[row * 9 + column + 1])
    return bits - 2**64 if bits >= 2**63 else bits
