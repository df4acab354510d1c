"""Days under a storm of random kills end with the rows of a twin that nobody disturbed, and every message goes out once."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.storms import OPEN, Storm, disagreeing
from tests.installation import Installation, assert_same_rows

pytestmark = [pytest.mark.long]
LONG = os.environ.get("LONG") == "1"
# 200 kills, 10 stops of PostgreSQL and 5 lost brokers; in CI a small storm with some of each.
FAULTS = {"worker": 180, "relay": 10, "scheduler": 10, "database": 10, "broker": 5} if LONG else {
    "worker": 8, "relay": 2, "scheduler": 2, "database": 1, "broker": 1,
}  # fmt: skip
EVERY = (0.5, 4.5) if LONG else (0.1, 0.5)  # seconds between two faults: some units of a larger book must be done in between
PATIENCE = 7200 if LONG else 300
NOT_SENT = "SELECT key, state FROM trail_outboxmessage WHERE state NOT IN ('sent', 'dropped')"


def started(at: Installation) -> str:
    """When the database was started last."""
    return str(at.ask("SELECT pg_postmaster_start_time()")[0][0])


def sent(at: Installation) -> Counter[str]:
    """key -> how often the sink got it."""
    return Counter(json.loads(line)["key"] for line in Path(at.env["LOANWATCH_NOTIFY"].removeprefix("file:")).read_text().splitlines())


def test_a_storm_of_kills_leaves_the_rows_of_a_twin_that_nobody_disturbed(night, undisturbed):
    with night.up(workers=2):
        began = started(night)
        night.wait(lambda: night.ask("SELECT 1 FROM trail_rununit WHERE state = 'done' LIMIT 1"), 60)
        storm = Storm(night, seed=4, **FAULTS)
        storm.blow(lambda: not night.ask(OPEN), every=EVERY, longest=PATIENCE)
        night.wait(lambda: not night.ask(OPEN), PATIENCE)
        night.wait(lambda: not night.ask(NOT_SENT), PATIENCE)
        taken_again = night.ask("SELECT sum(attempts - 1)::int FROM trail_rununit")[0][0]
        print(f"killed {dict(storm.hits)}, {storm.in_the_middle} with a unit in hand; {taken_again} units were taken again")
        assert not +storm.left, "the days were closed before the storm was over"
        assert storm.in_the_middle >= FAULTS["worker"] / 4, "the kills hit nothing"
        assert taken_again >= storm.in_the_middle / 2, "what was killed was done already"
        assert started(night) > began, "the database was never stopped"
        assert not night.ask("SELECT step, error FROM trail_runexception"), "a kill is no proof against a loan"
        assert_same_rows(night, undisturbed)
        assert disagreeing(night) == []
        once = sent(night)
        assert {key: times for key, times in once.items() if times > 1} == {}
        assert {key for (key,) in night.ask("SELECT key FROM trail_outboxmessage WHERE state = 'sent'")} == set(once)
    assert undisturbed.ask("SELECT count(*) > 1000 FROM alerts_loanday") == [(True,)]
    assert undisturbed.ask("SELECT count(*) > 100 FROM trail_outboxmessage") == [(True,)]
