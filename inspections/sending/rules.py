"""What a phone may send: the manifest read and checked, its canonical form, limits of size and number. Pure."""

import json
import math
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any
from uuid import UUID

MOVES: Mapping[str, Set[str]] = {
    "receiving": {"received", "refused"},
    "refused": {"receiving", "received", "refused"},
    "received": set(),
}

FORMAT = 1
PIECE = 256 * 1024  # bytes of one piece at most
MOST_PHOTO = 12 * 1024 * 1024  # bytes of a picture
MOST_DOCUMENT = 20 * 1024 * 1024  # bytes of a PDF
MOST_FILES = 40  # pictures and documents of one inspection
MOST_OPEN = 60  # sendings of one person that are not received yet
MOST_WAITING = 1024 * 1024 * 1024  # bytes of one person's files that are not received yet
MOST_ANSWERS = 400
DEEPEST = 20  # levels of a manifest
RECORDER = "inspector"  # the code under which a phone sends the recorder's own signature: it belongs to the visit, to no point
LATELY = 30  # days after which what was never finished no longer counts against a person's room
LONG_WAIT = 24  # hours without a word from the phone after which an open sending is shown to the branch head

TYPES: Mapping[str, Set[str]] = {
    "photo": frozenset({"image/jpeg", "image/png", "image/webp"}),
    "signature": frozenset({"image/jpeg", "image/png", "image/webp"}),
    "document": frozenset({"application/pdf", "image/jpeg", "image/png", "image/webp"}),
}
FIRST_BYTES: Mapping[str, tuple[bytes, ...]] = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/webp": (b"RIFF",),
    "application/pdf": (b"%PDF-",),
}
SHA256 = re.compile(r"[0-9a-f]{64}")


class BadManifest(Exception):
    """A manifest that can't be taken; `code` says why, `where` names the field."""

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(f"{code} {where}")
        self.code = code
        self.where = where


@dataclass(frozen=True)
class Place:
    """Where the phone says it was; accuracy in metres, `at` by the phone's clock."""

    latitude: Decimal
    longitude: Decimal
    accuracy: int | None
    at: datetime | None = None


@dataclass(frozen=True)
class File:
    """One announced picture, signature or document; size in bytes."""

    file_id: UUID
    code: str
    what: str
    type: str
    size: int
    sha256: str
    taken_at: datetime | None = None
    place: Place | None = None


@dataclass(frozen=True)
class Given:
    """An answer as the phone stores it; `value` is checked against its point when the inspection is finished."""

    value: Any
    note: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Manifest:
    """One revision of one inspection as the phone has it."""

    client_id: UUID
    revision: int
    task: int
    template: int
    conditions: int | None  # the sheet of the approval's conditions that was filled in beside the form
    finished: bool
    started_at: datetime | None
    device_time: datetime | None
    finished_at: datetime | None  # by the phone's clock, when the form was finished
    visited_on: date | None
    conclusion: str
    summary: str
    place: Place | None
    position_reason: str
    signed: str  # the recorder's name, as typed for a signature
    sha256: str
    answers: Mapping[str, Given] = field(default_factory=dict)
    files: tuple[File, ...] = ()
    before: int | None = None  # the confirmed visit the form was compared with; 0: there was none; None: not told


def canonical(value: Any) -> str:
    """JSON as a phone's `JSON.stringify` writes it with the keys of every object in order: no spaces, text as it is.

    Numbers follow ECMAScript: 8.0 is 8, 1e-06 is 0.000001, 1e-07 is 1e-7.
    """
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{canonical(value[k])}" for k in sorted(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    if "e" not in text:
        return text
    if 1e-6 <= abs(value) < 1:
        return f"{Decimal(text):f}"
    return re.sub(r"e([+-])0*", r"e\1", text)


def hash_of(told: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the canonical form of a manifest without its own "sha256"."""
    return sha256(canonical({k: v for k, v in told.items() if k != "sha256"}).encode("utf-8", "surrogatepass")).hexdigest()


def essence_of(told: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of what a manifest says, whenever it was made: the same revision may be announced again a minute later."""
    return sha256(canonical({k: v for k, v in told.items() if k not in {"sha256", "device_time"}}).encode("utf-8", "surrogatepass")).hexdigest()


def read_manifest(told: Any) -> Manifest:
    """The manifest that a phone sent, every field checked. Raises BadManifest: MANIFEST_DAMAGED (hash), MANIFEST_UNREADABLE and others."""
    if not isinstance(told, Mapping):
        raise BadManifest("MANIFEST_UNREADABLE")
    if not can_be_kept(told):
        raise BadManifest("MANIFEST_UNREADABLE", "signs")
    if told.get("sha256") != hash_of(told):
        raise BadManifest("MANIFEST_DAMAGED", "sha256")
    answers, files = told.get("answers", {}), told.get("files", [])
    if not isinstance(answers, Mapping) or len(answers) > MOST_ANSWERS:
        raise BadManifest("MANIFEST_UNREADABLE", "answers")
    if not isinstance(files, list):
        raise BadManifest("MANIFEST_UNREADABLE", "files")
    if len(files) > MOST_FILES:
        raise BadManifest("TOO_MANY_PHOTOS", "files")
    read = tuple(_file(f) for f in files)
    if len({f.file_id for f in read}) < len(read):
        raise BadManifest("MANIFEST_UNREADABLE", "files")
    return Manifest(
        client_id=_uuid(told.get("client_id"), "client_id"),
        revision=_whole(told.get("revision"), "revision", most=2**31 - 1),
        task=_whole(told.get("task"), "task"),
        template=_whole(told.get("template"), "template", most=2**31 - 1),
        conditions=None if told.get("conditions") is None else _whole(told["conditions"], "conditions", most=2**31 - 1),
        finished=told.get("finished") is True,
        started_at=_moment(told.get("started_at"), "started_at"),
        device_time=_moment(told.get("device_time"), "device_time"),
        finished_at=_finished_at(told),
        visited_on=_day(told.get("visited_on"), "visited_on"),
        conclusion=_text(told.get("conclusion"), "conclusion", 20),
        summary=_text(told.get("summary"), "summary", 4000),
        place=_place(told.get("position"), "position"),
        position_reason=_text(told.get("position_reason"), "position_reason", 1000),
        signed=_text(told.get("signed"), "signed", 80),
        sha256=told["sha256"],
        answers={_text(code, "answers", 80): _given(one, f"answers.{code}") for code, one in answers.items()},
        files=read,
        before=None if told.get("before_visit") is None else _whole(told["before_visit"], "before_visit"),
    )


def can_be_kept(told: Any) -> bool:
    """Whether a database keeps every sign and figure of this JSON: no NUL, no half of a surrogate pair, nothing infinite, not too deep."""
    waiting = [(told, 0)]
    while waiting:
        one, depth = waiting.pop()
        if isinstance(one, str):
            if "\0" in one or (not one.isascii() and any("\ud800" <= sign <= "\udfff" for sign in one)):
                return False
        elif isinstance(one, float):
            if not math.isfinite(one):
                return False
        elif isinstance(one, Mapping | list):
            if depth > DEEPEST:
                return False
            inside = [*one.keys(), *one.values()] if isinstance(one, Mapping) else one
            waiting += [(item, depth + 1) for item in inside]
    return True


def _finished_at(told: Mapping[str, Any]) -> datetime | None:
    """When the form was finished; None where the phone's own clock contradicts itself: before it was begun, or after it was told."""
    found, began, said = (_moment(told.get(name), name) for name in ("finished_at", "started_at", "device_time"))
    if found is None or (began and found < began) or (said and found > said):
        return None
    return found


def _given(told: Any, where: str) -> Given:
    if not isinstance(told, Mapping):
        raise BadManifest("MANIFEST_UNREADABLE", where)
    return Given(value=told.get("value"), note=_text(told.get("note"), where, 4000), at=_moment(told.get("at"), where))


def _file(told: Any) -> File:
    if not isinstance(told, Mapping):
        raise BadManifest("MANIFEST_UNREADABLE", "files")
    where = f"files.{str(told.get('id'))[:40]}"
    what, kind = told.get("what"), told.get("type")
    if not isinstance(what, str) or not isinstance(kind, str) or what not in TYPES or kind not in TYPES[what]:
        raise BadManifest("FILE_TYPE", where)
    size = _whole(told.get("size"), where)
    if size == 0:
        raise BadManifest("FILE_EMPTY", where)
    if size > (MOST_DOCUMENT if kind == "application/pdf" else MOST_PHOTO):
        raise BadManifest("FILE_TOO_LARGE", where)
    digest = told.get("sha256")
    if not isinstance(digest, str) or not SHA256.fullmatch(digest):
        raise BadManifest("MANIFEST_UNREADABLE", where)
    return File(
        file_id=_uuid(told.get("id"), where),
        code=_text(told.get("code"), where, 80),
        what=what,
        type=kind,
        size=size,
        sha256=digest,
        taken_at=_moment(told.get("taken_at"), where),
        place=_place(told, where) if told.get("latitude") is not None else None,
    )


def _place(told: Any, where: str) -> Place | None:
    if told is None:
        return None
    if not isinstance(told, Mapping):
        raise BadManifest("MANIFEST_UNREADABLE", where)
    found = []
    for name, most in (("latitude", 90), ("longitude", 180)):
        try:
            degrees = Decimal(str(told.get(name)))
        except InvalidOperation as error:
            raise BadManifest("MANIFEST_UNREADABLE", where) from error
        if not degrees.is_finite() or abs(degrees) > most:
            raise BadManifest("MANIFEST_UNREADABLE", where)
        found.append(degrees.quantize(Decimal("0.000001")))
    accuracy = told.get("accuracy")
    if accuracy is not None:
        if isinstance(accuracy, bool) or not isinstance(accuracy, int | float) or not 0 <= accuracy <= 1e8:
            raise BadManifest("MANIFEST_UNREADABLE", where)
        accuracy = round(accuracy)
    return Place(found[0], found[1], accuracy, _moment(told.get("at"), where))


def _uuid(told: Any, where: str) -> UUID:
    try:
        return UUID(str(told))
    except ValueError as error:
        raise BadManifest("MANIFEST_UNREADABLE", where) from error


def _whole(told: Any, where: str, most: int = 2**53) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or not 0 <= told <= most:
        raise BadManifest("MANIFEST_UNREADABLE", where)
    return told


def _text(told: Any, where: str, most: int) -> str:
    if told is None:
        return ""
    if not isinstance(told, str) or len(told) > most or "\0" in told:
        raise BadManifest("MANIFEST_UNREADABLE", where)
    return told


def _moment(told: Any, where: str) -> datetime | None:
    """A moment with its offset from UTC, as ISO text."""
    if told in (None, ""):
        return None
    try:
        found = datetime.fromisoformat(told)
    except (TypeError, ValueError) as error:
        raise BadManifest("MANIFEST_UNREADABLE", where) from error
    if found.tzinfo is None or not 2000 <= found.year <= 2200:
        raise BadManifest("MANIFEST_UNREADABLE", where)
    return found


def _day(told: Any, where: str) -> date | None:
    if told in (None, ""):
        return None
    try:
        return date.fromisoformat(told)
    except (TypeError, ValueError) as error:
        raise BadManifest("MANIFEST_UNREADABLE", where) from error


def right_beginning(kind: str, beginning: bytes) -> bool:
    """Whether a file begins as one of its type does; a browser's word for the type proves nothing."""
    if kind == "image/webp":
        return beginning.startswith(b"RIFF") and beginning[8:12] == b"WEBP"
    return any(beginning.startswith(sign) for sign in FIRST_BYTES.get(kind, ()))
