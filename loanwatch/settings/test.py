"""The demo's settings with a fast password hash; the database is a real PostgreSQL all the same."""

from loanwatch.settings.demo import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
