"""How far the words of two reports are the same, in any script. Pure.

Text is brought into one form (NFKC, small letters), figures become one sign, and what is left is cut into runs of letters: five in a
row where words are spelled out, three where a sign is a syllable or a word (Chinese, Japanese, Korean; there the blanks are dropped, for
people set them as they please). What two sets of such runs share, of all they have, is their likeness (Jaccard); what the smaller shares
with the larger, its containment. Bands of the least hashes let the database find the reports that may be alike.
"""

import re
import unicodedata
from collections.abc import Iterable, Set
from dataclasses import dataclass
from hashlib import blake2b

SPELLED, SIGNS = 5, 3  # letters of a shingle
DIGITS = re.compile(r"\d+(?:[.,:/\-]\d+)*")
CHUNKS = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff]+)|([^\W_]+(?: [^\W_]+)*)")
BLANK_BETWEEN_SIGNS = re.compile(r"(?<=[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]) (?=[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3])")
BANDS, ROWS = 40, 2  # reports alike by 0.4 meet in one band with 99.9 %, by 0.1 with a third
PRIME = 2**61 - 1


@dataclass(frozen=True)
class Alike:
    """likeness: shared of all, 0 to 1. contained: shared of the smaller. shared: how many shingles."""

    likeness: float
    contained: float
    shared: int


def shingles(texts: Iterable[str]) -> set[int]:
    """The runs of letters of some texts as 63-bit numbers; no run goes from one text, or one sentence, into the next."""
    found: set[int] = set()
    for text in texts:
        plain = unicodedata.normalize("NFKC", text).casefold()
        for sentence in re.split(r"[.!?;。！？；\n]+", DIGITS.sub("0", plain)):
            words = " ".join(re.sub(r"[^\w]+", " ", sentence).split())
            for signs, spelled in CHUNKS.findall(BLANK_BETWEEN_SIGNS.sub("", words)):
                found.update(_cut(signs, SIGNS) if signs else _cut(f" {spelled} ", SPELLED))
    return found


def _cut(run: str, length: int) -> set[int]:
    if len(run) < length:
        return {_number(run)} if len(run.strip()) > 1 else set()
    return {_number(run[at : at + length]) for at in range(len(run) - length + 1)}


def _number(run: str) -> int:
    return int.from_bytes(blake2b(run.encode(), digest_size=8).digest(), "big") >> 1


def bands(found: Set[int]) -> list[int]:
    """Numbers of which two sets probably share one when they are alike: `BANDS` bands of `ROWS` least hashes. Empty for an empty set."""
    if not found:
        return []
    made = []
    for band in range(BANDS):
        least = [min((number * (2 * (band * ROWS + row) + 3) * 0x9E3779B97F4A7C15 + row + 1) % PRIME for number in found) for row in range(ROWS)]
        digest = blake2b(b"%d:" % band + b",".join(b"%d" % value for value in least), digest_size=8).digest()
        made.append(int.from_bytes(digest, "big") >> 1)
    return made


def compare(one: Set[int], other: Set[int]) -> Alike:
    """How far two sets of shingles are the same; nothing is alike to nothing."""
    shared = len(one & other)
    if not shared:
        return Alike(0.0, 0.0, 0)
    return Alike(round(shared / len(one | other), 4), round(shared / min(len(one), len(other)), 4), shared)


def copied(alike: Alike, sizes: tuple[int, int], *, likeness: float, contained: float, least: int) -> bool:
    """Whether two reports are so alike that somebody should look: both long enough, and alike as a whole or one within the other."""
    return min(sizes) >= least and (alike.likeness > likeness or alike.contained > contained)
