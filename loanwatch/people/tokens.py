"""API keys: `Authorization: Token …`. Only the SHA-256 of a key is stored."""

import secrets
from datetime import date
from hashlib import sha256

from django.db.models import Q
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from loanwatch.people.clock import today
from loanwatch.people.models import Account, ApiToken


def digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def make_token(account: Account, name: str, expires_on: date | None = None, scope: str = ApiToken.Scope.ALL) -> str:
    """A new key for `account`, within `scope`. It is returned this once and can't be read again."""
    key = secrets.token_urlsafe(32)
    ApiToken.objects.create(account=account, name=name, digest=digest(key), expires_on=expires_on, scope=scope)
    return key


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Account, ApiToken] | None:
        header = request.headers.get("Authorization", "")
        if not header.startswith("Token "):
            return None
        token = (
            ApiToken.objects.select_related("account__person__lender")
            .filter(digest=digest(header[6:].strip()), revoked_at=None, account__is_active=True)
            .filter(Q(expires_on=None) | Q(expires_on__gte=today()))
            .first()
        )
        if token is None:
            raise AuthenticationFailed("The API key is unknown, expired or revoked.")
        return token.account, token

    def authenticate_header(self, request: Request) -> str:
        return "Token"
