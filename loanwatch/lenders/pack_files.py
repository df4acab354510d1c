"""Packs of parameters for a kind of lender, as the data files in `packs/` hold them. Pure: no database."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("packs")
GENERIC = "generic"
CONFIDENCES = ("high", "medium", "low", "own")


@dataclass(frozen=True)
class PackValue:
    """One value with the day it counts from, where it comes from and how well that is founded."""

    key: str
    value: Any
    valid_from: date
    source: str
    confidence: str

    @property
    def ships_off(self) -> bool:
        """Whether it is only shown: nobody has confirmed it."""
        return self.confidence == "low"


@dataclass(frozen=True)
class Pack:
    """A pack by its file's name, with its values by key: those of its base where it has none of its own."""

    name: str
    values: tuple[PackValue, ...]

    @property
    def applied(self) -> tuple[PackValue, ...]:
        """The values that count when the pack is applied."""
        return tuple(value for value in self.values if not value.ships_off)


@cache
def packs() -> dict[str, Pack]:
    """Every pack by name. Raises ValueError with file and key for a file that does not hold what a pack holds."""
    return {path.stem: Pack(path.stem, tuple(sorted(_read(path).values(), key=lambda value: value.key))) for path in sorted(FOLDER.glob("*.toml"))}


def _read(path: Path) -> dict[str, PackValue]:
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    values = _read(FOLDER / f"{told['base']}.toml") if "base" in told else {}
    own: set[str] = set()
    for row in told.get("value", []):
        try:
            value = PackValue(**row)
        except TypeError as fault:
            raise ValueError(f"{path.name}: {row.get('key', '?')}: {fault}") from None
        if value.key in own or value.confidence not in CONFIDENCES or not value.source or type(value.valid_from) is not date:
            raise ValueError(f"{path.name}: {value.key}: twice, or without confidence, source or date")
        own.add(value.key)
        values[value.key] = value
    return values
