"""What holds for findings and holds whatever lies in the database: the moves, the kinds, and one way to write what is signed."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Any

OPEN, REMEDIED, RETURNED, VERIFIED = "open", "remedied", "returned", "verified"

# A finding ends in one way only: somebody else has seen that it was put right.
MOVES: Mapping[str, frozenset[str]] = {
    OPEN: frozenset({REMEDIED}),
    REMEDIED: frozenset({VERIFIED, RETURNED}),
    RETURNED: frozenset({REMEDIED}),
    VERIFIED: frozenset(),
}
TO_DO = frozenset({OPEN, RETURNED})  # it is the owner's turn
UNSETTLED = frozenset({OPEN, REMEDIED, RETURNED})

NEW_DISBURSEMENT, LIMIT_INCREASE, EXTENSION, NEW_CREDIT = "new_disbursement", "limit_increase", "extension", "new_credit"
HOLD_KINDS = (NEW_DISBURSEMENT, LIMIT_INCREASE, EXTENSION, NEW_CREDIT)
SOURCES = ("visit", "verification", "audit", "alert", "hand")

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: nothing in it looks like anything else
CODE_LENGTH = 20  # 100 bits
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


def late_days(due_on: date, state: str, on: date) -> int:
    """Days by which the owner of a finding is late on `on`; 0 on the due date itself, and once the remedy is handed in."""
    return max((on - due_on).days, 0) if state in TO_DO else 0


def split_source(source: str) -> tuple[str, str]:
    """("visit", "visit:12") of "visit:12", ("hand", "") of "hand" or nothing. Raises ValueError for an unknown source."""
    kind, _, rest = source.partition(":")
    kind = kind or "hand"
    if kind not in SOURCES:
        raise ValueError(f"A finding can't come from {kind}.")
    return kind, source[:60] if rest else ""


def kinds_in_order(kinds: Iterable[str]) -> list[str]:
    """The kinds of hold, each once, in the order of the trade. Raises ValueError for a kind that there is not."""
    asked = set(kinds)
    if unknown := asked - set(HOLD_KINDS):
        raise ValueError(f"There is no hold of the kind {', '.join(sorted(unknown))}.")
    return [kind for kind in HOLD_KINDS if kind in asked]


def canonical(said: Mapping[str, Any]) -> bytes:
    """The one way to write what is signed: keys sorted, no spaces, UTF-8 as it is; text, whole numbers, yes or no, lists and objects only."""
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def code_of(signature: bytes) -> str:
    """The code that is printed for a signature: 20 signs made of its SHA-256, so that no sign of it can be changed."""
    number = int.from_bytes(sha256(signature).digest()[:13], "big") >> 4
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(5 * (CODE_LENGTH - 1), -1, -5))


def in_groups(code: str) -> str:
    """As people copy it: K7QX-…, four groups of five signs."""
    return "-".join(code[n : n + 5] for n in range(0, len(code), 5))


def read_code(typed: str) -> str:
    """What somebody typed as it was printed: capitals, without spaces and strokes; O read as 0, I and L as 1."""
    return "".join(sign for sign in typed.upper() if sign.isalnum()).translate(READ_AS)
