"""One machine, embedded servers, made-up data; never for real borrowers."""

from loanwatch.settings.base import *  # noqa: F403

DEMO = True
SECRET_KEY = SECRET_KEY or "demo-only-key-replaced-by-the-launcher-at-its-first-start"  # noqa: F405, S105
