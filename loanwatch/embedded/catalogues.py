"""Compiles message catalogues (.po to .mo) without gettext tools on the machine."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def compile_outdated(root: Path = ROOT) -> list[Path]:
    """Write the .mo beside each .po of `root`/locale that is newer than it; returns the files written."""
    outdated = [po for po in sorted(root.glob("locale/*/LC_MESSAGES/*.po")) if not _is_current(po)]
    if outdated:
        import polib  # only when there is something to do: most starts have nothing

        for po in outdated:
            compiled = po.with_suffix(f".{os.getpid()}.tmp")
            polib.pofile(str(po)).save_as_mofile(str(compiled))
            compiled.replace(po.with_suffix(".mo"))  # whole or not at all: another process may be reading the old one
    return outdated


def _is_current(po: Path) -> bool:
    mo = po.with_suffix(".mo")
    return mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns


if __name__ == "__main__":
    for written in compile_outdated():
        print(f"compiled {written.relative_to(ROOT)}", file=sys.stderr)
