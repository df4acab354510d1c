"""Pure rules of a visit: where the visitor stood, likeness of photos, the seal. Those of its form: `inspections.checklists.rules`."""

import json
from collections.abc import Mapping, Set
from hashlib import sha256
from math import asin, cos, radians, sin, sqrt
from typing import Any

from inspections.checklists.reading import BadAnswer, read_answer, read_number
from inspections.checklists.rules import FIGURES, JUMP, NOTHING, Point, Said, answered, fails, jump, missing, needs, progress, score, shown

__all__ = [
    "FAR",
    "FIGURES",
    "JUMP",
    "MOVES",
    "NOTHING",
    "SAME_PICTURE",
    "VAGUE",
    "BadAnswer",
    "Point",
    "Said",
    "answered",
    "fails",
    "jump",
    "metres_between",
    "missing",
    "needs",
    "position_doubt",
    "progress",
    "read_answer",
    "read_number",
    "score",
    "seal",
    "shown",
    "telling",
]

MOVES: Mapping[str, Set[str]] = {
    "draft": {"submitted"},
    "submitted": {"verified", "returned"},
    "returned": set(),
    "verified": set(),
}

FAR = 300  # metres from the borrower's address beyond which a reason is asked
VAGUE = 100  # metres of accuracy beyond which a reason is asked
SAME_PICTURE = 6  # bits of 64 in which two difference hashes of one picture may differ
FLAT_PICTURE = 4  # a hash with fewer bits set, or unset, says too little to compare
EARTH = 6_371_000  # metres


def metres_between(lat1: float, lon1: float, lat2: float, lon2: float) -> int:
    """Great-circle distance in metres, rounded."""
    dlat, dlon = radians(lat2 - lat1), radians(lon2 - lon1)
    chord = sin(dlat / 2) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(dlon / 2) ** 2
    return round(2 * EARTH * asin(sqrt(min(chord, 1.0))))


def position_doubt(*, has_position: bool, accuracy: int | None, distance: int | None) -> str:
    """Why a reason is asked for the position: "none", "vague" (worse than ±100 m), "far" (over 300 m); empty when it is fine."""
    if not has_position:
        return "none"
    if accuracy is None or accuracy > VAGUE:
        return "vague"
    return "far" if distance is not None and distance > FAR else ""


def telling(likeness: int) -> bool:
    """Whether a difference hash says enough to call two pictures the same; a plain wall has hardly a bit set."""
    bits = (likeness & (2**64 - 1)).bit_count()
    return FLAT_PICTURE <= bits <= 64 - FLAT_PICTURE


def seal(content: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a visit's content in canonical form: sorted keys, no spaces, text as it is. JSON-ready values only."""
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
