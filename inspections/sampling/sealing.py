"""The seed of a month at rest: encrypted with a key that is derived from the installation's secret."""

from base64 import b64decode, b64encode
from datetime import date
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"loanwatch sampling seed 1"  # a key for nothing else
NONCE = 12  # bytes


class NotOurs(Exception):
    """The sealed text was not made with a secret of this installation, or it was changed."""


def seal(seed: bytes, lender_code: str, month: date) -> str:
    """AES-256-GCM under the installation's key, bound to lender and month: nonce and text, base64."""
    nonce = token_bytes(NONCE)
    return b64encode(nonce + AESGCM(_key(settings.SECRET_KEY)).encrypt(nonce, seed, _bound(lender_code, month))).decode("ascii")


def unseal(sealed: str, lender_code: str, month: date) -> bytes:
    """The seed, by the secret in use or one that it replaced. Raises NotOurs."""
    raw = b64decode(sealed)
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return AESGCM(_key(secret)).decrypt(raw[:NONCE], raw[NONCE:], _bound(lender_code, month))
        except (InvalidTag, ValueError):
            continue
    raise NotOurs


def _key(secret: str | bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode() if isinstance(secret, str) else secret)


def _bound(lender_code: str, month: date) -> bytes:
    return f"{lender_code}\n{month:%Y-%m}".encode()
