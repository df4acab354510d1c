"""PDF: looked through and drawn by a process of its own with limits on time and memory."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from borrowers.documents.uploads.limits import MB, BadUpload, Limits

CHILD = Path(__file__).with_name("pdf_child.py")
MEMORY = 1500 * MB
PADDING = 1024  # blanks that some scanners write after the end
END = b"%%EOF"
KEPT_ENVIRONMENT = ("PATH", "PYTHONPATH", "SYSTEMROOT", "LANG")  # no secret of the server's is handed on


def check_pdf(data: bytes, limits: Limits) -> dict[str, Any]:
    """What the PDF says of itself, with its number of `pages`. Raises BadUpload when it does more than show pages."""
    end = data.rfind(END)
    if end < 0:
        raise BadUpload("PDF_DAMAGED")
    tail = data[end + len(END) :]
    if len(tail) > PADDING or tail.strip(b"\r\n\t \0"):
        raise BadUpload("POLYGLOT")
    try:
        found = json.loads(_run(["check"], data, limits))
    except (ValueError, OSError, subprocess.SubprocessError) as fault:
        raise BadUpload("PDF_DAMAGED") from fault
    if code := found.pop("refused", ""):
        raise BadUpload(code)
    if found["pages"] > limits.pages:
        raise BadUpload("TOO_MANY_PAGES", most=limits.pages)
    return found


def draw_page(data: bytes, page: int, width: int, limits: Limits) -> bytes | None:
    """PNG of a page, counted from 1; None where it can't be drawn within the limits."""
    try:
        return _run(["render", str(page), str(width)], data, limits) or None
    except (OSError, subprocess.SubprocessError):
        return None


def _run(task: list[str], data: bytes, limits: Limits) -> bytes:
    environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    command = [sys.executable, "-s", str(CHILD), *task]
    if sys.platform != "win32":
        # Before Python starts, so that not a byte is read without them; a shell sets them without forking this process's threads.
        command = ["/bin/sh", "-c", f'ulimit -t {limits.seconds}; ulimit -v {MEMORY // 1024}; exec "$@"', "sh", *command]
    done = subprocess.run(command, input=data, capture_output=True, timeout=limits.seconds + 10, env=environment, check=True)
    return done.stdout
