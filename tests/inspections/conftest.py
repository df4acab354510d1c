"""A bank for every test that asks for one."""

import pytest

from tests.inspections.book import Bank, open_bank


@pytest.fixture
def bank(db, settings, tmp_path) -> Bank:
    settings.MEDIA_ROOT = tmp_path
    return open_bank()
