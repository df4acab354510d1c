"""Nights over a few loans, for the tests of observation."""

import pytest

from tests.alerts.observation.nights import Nights


@pytest.fixture
def nights(db, as_worker) -> Nights:
    return Nights()
