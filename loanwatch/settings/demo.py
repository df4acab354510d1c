"""One machine, embedded servers, made-up data; never for real borrowers."""

from loanwatch.settings import env
from loanwatch.settings.base import *  # noqa: F403

DEMO = True
SECRET_KEY = SECRET_KEY or "demo-only-key-replaced-by-the-launcher-at-its-first-start"
DEMO_PASSWORD = env.text("LOANWATCH_DEMO_PASSWORD")  # made at the first start; shown on the log-in page

# Nobody is disturbed: messages go into a file, unless somebody sets channels up.
NOTIFY = NOTIFY or ("" if CHANNELS_FILE else f"file:{STATE / 'messages.jsonl'}")

# Read from the source folders, without names that change with the content: a first start need not collect them.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "documents": DOCUMENT_STORAGE,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None  # type: ignore[assignment]
