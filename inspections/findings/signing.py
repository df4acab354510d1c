"""Ed25519 keys of a lender: made on first use, the private half sealed under the installation's secret, rotated without forgetting.

The sealing key is HKDF-SHA256 of Django's SECRET_KEY; a secret that was replaced opens old seals as long as it stands among
SECRET_KEY_FALLBACKS.
"""

import base64
import secrets

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.encoding import force_bytes
from django.utils.translation import gettext as _

from inspections.findings.models import SigningKey
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.trail.record import record

ALGORITHM = "Ed25519"
NONCE = 12  # bytes before the sealed ones


def _sealing(secret: str | bytes) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"loanwatch.holds.signing-key.v1").derive(force_bytes(secret))
    return AESGCM(derived)


def _unsealed(key: SigningKey) -> Ed25519PrivateKey:
    sealed = bytes(key.sealed)
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            raw = _sealing(secret).decrypt(sealed[:NONCE], sealed[NONCE:], key.name.encode())
        except InvalidTag:
            continue
        return Ed25519PrivateKey.from_private_bytes(raw)
    raise Conflict(
        _("The signing key can't be opened with the secret of this installation. A system administrator has to make a new one."), code="SIGNING_KEY_SEALED"
    )


def _make(lender: Lender) -> SigningKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    name, nonce = f"ed25519-{secrets.token_hex(6)}", secrets.token_bytes(NONCE)
    sealed = nonce + _sealing(settings.SECRET_KEY).encrypt(nonce, private.private_bytes_raw(), name.encode())
    return SigningKey.objects.create(lender=lender, name=name, public=base64.b64encode(public).decode(), sealed=sealed)


def key_of(lender: Lender) -> SigningKey:
    """The key in use, made now where there is none yet."""
    if found := SigningKey.objects.filter(lender=lender, to_at__isnull=True).first():
        return found
    try:
        with transaction.atomic():
            made = _make(lender)
            record("hold.key_made", by=None, subject=made, key=made.name)
            return made
    except IntegrityError:  # another process was first
        return SigningKey.objects.get(lender=lender, to_at__isnull=True)


@transaction.atomic
def rotate(lender: Lender, *, by: Access | None = None) -> SigningKey:
    """End the key in use and make another; what the old one signed stays verifiable with its public half, which stays listed."""
    old = SigningKey.objects.select_for_update().filter(lender=lender, to_at__isnull=True).first()
    if old is not None:
        old.to_at = Now()
        old.save(update_fields=["to_at"])
    made = _make(lender)
    record("hold.key_rotated", by=by, subject=made, key=made.name, before=old.name if old else None)
    return made


def sign(key: SigningKey, said: bytes) -> str:
    """The signature over `said`, base64. Raises Conflict when the private half can't be opened."""
    return base64.b64encode(_unsealed(key).sign(said)).decode()


def verifies(key: SigningKey, said: bytes, signature: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key.public)).verify(base64.b64decode(signature, validate=True), said)
    except (InvalidSignature, ValueError):
        return False
    return True
