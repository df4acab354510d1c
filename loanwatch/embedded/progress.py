"""Says on standard error what is being done, with the seconds since the start."""

import sys
import time

_began = time.monotonic()


def tell(sentence: str) -> None:
    print(f"[{time.monotonic() - _began:5.1f} s] {sentence}", file=sys.stderr, flush=True)
