"""How much an upload may be, and the one way to say no."""

from dataclasses import dataclass, field
from typing import Any

MB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Upper limits, each inclusive. Sizes in bytes; `unpacked` and `ratio` are for Office files, which are zip archives."""

    size: int = 25 * MB
    pixels: int = 50_000_000  # of one picture; a scan of many pages may hold four times as many in all
    frames: int = 100
    pages: int = 1_000
    unpacked: int = 100 * MB
    ratio: int = 100  # unpacked size to packed size, of one part and of all together, counted from 1 MB on
    parts: int = 2_000
    seconds: int = 20  # of processor time that one PDF may cost


class BadUpload(Exception):
    """The file is not kept. `code` is stable, `facts` fill the sentence of `borrowers.documents.reasons`."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True)
class Checked:
    """What may be kept: the clean bytes, and what is known of the file as it came.

    `data` are the bytes to store: a picture encoded anew, everything else as it came. `sha256` is of the bytes as they
    came, `stored_sha256` of `data`. `name` is for people to read and safe to send in a header; `ending` begins with a dot.
    """

    data: bytes
    sha256: str
    stored_sha256: str
    content_type: str
    name: str
    ending: str
    evidence: dict[str, Any] = field(default_factory=dict)
