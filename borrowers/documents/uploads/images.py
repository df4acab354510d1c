"""Pictures: measured by their header before a pixel is decoded, encoded anew, their notes kept apart as evidence."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from PIL import ExifTags, Image, ImageOps, ImageSequence, UnidentifiedImageError

from borrowers.documents.uploads.limits import BadUpload, Limits

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/tiff": "TIFF"}
SAVED: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 92},
    "PNG": {"optimize": False},
    "WEBP": {"quality": 92},
    "TIFF": {"compression": "tiff_deflate"},
}
MODES = {"JPEG": {"L", "RGB"}, "PNG": {"1", "L", "LA", "RGB", "RGBA", "I;16"}, "WEBP": {"RGB", "RGBA"}, "TIFF": {"1", "L", "RGB"}}
# Text that a browser, a script engine or a PDF reader would start on; long enough not to arise among pixels by chance.
FOREIGN = re.compile(rb"<script|<!doctype|<html|<svg\s|<iframe|<\?php|%PDF-1\.|%PDF-2\.|javascript:", re.IGNORECASE)
THUMBNAIL = 900  # pixels, the longer side of a preview
FAULTS = (UnidentifiedImageError, OSError, ValueError, SyntaxError, TypeError, EOFError, OverflowError, ZeroDivisionError, MemoryError)

Image.init()  # all readers are known before the first picture


def clean_image(data: bytes, content_type: str, limits: Limits) -> tuple[bytes, dict[str, Any]]:
    """The picture encoded anew, upright, without a note in it, and its evidence. Raises BadUpload.

    A tail after the picture and everything hidden beside the pixels is gone; a file that is something else as well is refused.
    """
    kind = FORMATS[content_type]
    if zipfile.is_zipfile(io.BytesIO(data)) or FOREIGN.search(data):
        raise BadUpload("POLYGLOT")
    with _faults_told(limits), Image.open(io.BytesIO(data), formats=[kind]) as probe:
        frames = _measure(probe, kind, limits)
        evidence = evidence_of(probe.getexif()) | {"width": probe.width, "height": probe.height}
    with _faults_told(limits), Image.open(io.BytesIO(data), formats=[kind]) as image:
        if kind == "TIFF":
            pages = [_plain(frame, kind) for frame in ImageSequence.Iterator(image)]
            evidence |= {"pages": frames}
        else:
            pages = [_plain(image, kind)]
        out = io.BytesIO()
        more = {"save_all": True, "append_images": pages[1:]} if len(pages) > 1 else {}
        pages[0].save(out, kind, **SAVED[kind], **more)
    return out.getvalue(), evidence


def thumbnail(data: bytes) -> bytes:
    """A PNG of our own stored picture, for the page that shows the document; its longer side has at most 900 pixels."""
    with Image.open(io.BytesIO(data), formats=list(FORMATS.values())) as image:
        image.draft("RGB", (THUMBNAIL, THUMBNAIL))
        small = image.convert("RGBA" if "A" in image.getbands() else "RGB")
        small.thumbnail((THUMBNAIL, THUMBNAIL))
        out = io.BytesIO()
        small.save(out, "PNG")
    return out.getvalue()


@contextmanager
def _faults_told(limits: Limits) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:
        raise BadUpload("TOO_MANY_PIXELS", most=limits.pixels // 1_000_000) from fault
    except FAULTS as fault:
        raise BadUpload("IMAGE_DAMAGED") from fault


def _measure(probe: Image.Image, kind: str, limits: Limits) -> int:
    """How many frames there are. Reads headers only."""
    frames = getattr(probe, "n_frames", 1)
    if kind in {"PNG", "WEBP"} and frames > 1:
        raise BadUpload("ANIMATED")
    if frames > limits.frames and kind == "TIFF":
        raise BadUpload("TOO_MANY_PAGES", most=limits.frames)
    total = 0
    for number in range(frames if kind == "TIFF" else 1):
        probe.seek(number)
        pixels = probe.width * probe.height
        total += pixels
        if pixels > limits.pixels or total > 4 * limits.pixels:
            raise BadUpload("TOO_MANY_PIXELS", most=limits.pixels // 1_000_000)
    probe.seek(0)
    return frames


def _plain(image: Image.Image, kind: str) -> Image.Image:
    """The pixels alone, upright, in a mode the format keeps."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode not in MODES[kind]:
        see_through = kind in {"PNG", "WEBP"} and (upright.mode in {"PA", "La", "RGBa"} or "transparency" in upright.info)
        upright = upright.convert("RGBA" if see_through else "RGB")
    else:
        upright = upright.copy()
    upright.info = {}  # comments and profiles would be written again
    return upright


# --- what the camera wrote -------------------------------------------------------------------------------------------------


def evidence_of(exif: Image.Exif) -> dict[str, Any]:
    """Time, position and camera as the picture tells them, ready for JSON; only what is there. It serves to compare, not to prove."""
    found: dict[str, Any] = {}
    if taken := taken_at(exif):
        found["taken_at"] = taken.isoformat()
    latitude, longitude = position(exif)
    if latitude is not None and longitude is not None:
        found |= {"latitude": str(latitude), "longitude": str(longitude)}
    for key, tag in (("make", ExifTags.Base.Make), ("model", ExifTags.Base.Model), ("software", ExifTags.Base.Software)):
        if text := _text(exif.get(tag)):
            found[key] = text
    return found


def _text(value: Any) -> str:
    return "".join(sign for sign in str(value or "") if sign.isprintable()).strip()[:80]


def taken_at(exif: Image.Exif) -> datetime | None:
    """The camera's own time. Without a zone in the picture it is taken as UTC."""
    details = exif.get_ifd(ExifTags.IFD.Exif)
    text = details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    zone = details.get(ExifTags.Base.OffsetTimeOriginal) or "+00:00"
    try:
        return datetime.strptime(f"{str(text).strip()} {str(zone).strip()}", "%Y:%m:%d %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def position(exif: Image.Exif) -> tuple[Decimal | None, Decimal | None]:
    """Latitude and longitude in degrees, six decimals; None for both where one is missing or impossible."""
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    latitude = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef) == "S", 90)
    longitude = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef) == "W", 180)
    return (latitude, longitude) if latitude is not None and longitude is not None else (None, None)


def _degrees(parts: Any, negative: bool, most: int) -> Decimal | None:
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    found = degrees + minutes / 60 + seconds / 3600
    if not 0 <= found <= most:  # also false for a part that is not a number
        return None
    return Decimal(f"{-found if negative else found:.6f}")
