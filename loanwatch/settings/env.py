"""Reads the environment: a wrong value stops the start with a sentence, and a secret may come from a file."""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def whole(name: str, default: int) -> int:
    raw = os.environ.get(name)
    if raw is None:
        return default
    try:
        return int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}.") from None


def secret(name: str, default: str = "") -> str:
    """The value of `name`, or the contents of the file that `name`_FILE points to."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def database(url: str) -> dict:
    """Django's form of `postgres://user:password@host:port/name?option=value`. PostgreSQL is the only dialect."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("The database address must begin with postgres:// (PostgreSQL is the only database LoanWatch runs on).")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def document_storage(folder: Path) -> dict:
    """Where the loan archive lies: in `folder` by default, in an S3-compatible store where LOANWATCH_DOCUMENTS_S3_BUCKET names one.

    The store's address, region and log-in are LOANWATCH_DOCUMENTS_S3_ENDPOINT, _REGION, _KEY_ID and _SECRET (or _SECRET_FILE).
    """
    bucket = text("LOANWATCH_DOCUMENTS_S3_BUCKET")
    if not bucket:
        options = {"location": str(folder), "base_url": None, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    key_id, key = text("LOANWATCH_DOCUMENTS_S3_KEY_ID"), secret("LOANWATCH_DOCUMENTS_S3_SECRET")
    if bool(key_id) != bool(key):
        raise ImproperlyConfigured("Set both LOANWATCH_DOCUMENTS_S3_KEY_ID and LOANWATCH_DOCUMENTS_S3_SECRET, or neither.")
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": text("LOANWATCH_DOCUMENTS_S3_ENDPOINT") or None,
            "region_name": text("LOANWATCH_DOCUMENTS_S3_REGION") or None,
            "access_key": key_id or None,
            "secret_key": key or None,
            "addressing_style": text("LOANWATCH_DOCUMENTS_S3_ADDRESSING", "auto"),
            "default_acl": None,
            "file_overwrite": False,
            "querystring_auth": True,
        },
    }


def with_login(url: str, user: str, password: str) -> str:
    """The same server and database as `url`, seen by another log-in."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}:{password}@{place}").geturl()
