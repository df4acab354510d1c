"""Everything is drawn to the desk, so that no test meets an own visit by chance; a test that is about the draw says otherwise."""

import pytest

from inspections.sampling.rules import BATCH, DESK
from tests.inspections.four_eyes.draws import draw_all


@pytest.fixture(autouse=True)
def _at_the_desk(monkeypatch):
    draw_all(monkeypatch, DESK, otherwise=BATCH)
