"""A bank with loans, and programs that ask with a key."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from loanwatch.people.access import Access
from loanwatch.people.tokens import make_token
from tests.inspections.book import TODAY, Bank, open_bank


@pytest.fixture
def bank(db, settings, tmp_path) -> Bank:
    settings.MEDIA_ROOT, settings.BUSINESS_DATE = tmp_path, TODAY.isoformat()
    return open_bank()


@pytest.fixture
def get() -> Callable[..., Any]:
    """`get(who, "loans/", limit=2)`: what the API answers to that person's key."""
    keys: dict[int, str] = {}

    def asked(who: Access, path: str, **parameters: Any) -> Any:
        key = keys.get(who.account.pk) or keys.setdefault(who.account.pk, make_token(who.account, "test"))
        return Client().get(f"/api/v1/{path}", parameters, headers={"Authorization": f"Token {key}"})

    return asked
