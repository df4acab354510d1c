"""Every event that an action writes has a name that people read."""

import re

from loanwatch.day.steps import PLAN
from loanwatch.embedded.state import ROOT
from loanwatch.trail.words import EVENTS, STEPS

WRITTEN = re.compile(r'\brecord\(\s*"([a-z_]+\.[a-z_]+)"')


def test_every_event_has_a_name_on_the_page_of_the_trail():
    sources = [path for top in ("loanwatch", "borrowers", "alerts", "inspections") for path in (ROOT / top).rglob("*.py")]
    written = {name for path in sources for name in WRITTEN.findall(path.read_text(encoding="utf-8"))}
    assert written - set(EVENTS) == set(), "give it a name in loanwatch/trail/words.py"


def test_every_step_of_the_day_has_a_name():
    assert {name for name, _cut in PLAN} - set(STEPS) == set()
