"""Relays are killed at random points: the provider gets each message once, and none is lost."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from loanwatch.lenders.models import Lender
from loanwatch.trail.outbox.models import OutboxMessage

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
LONG = bool(os.environ.get("LONG"))
MESSAGES, KILLS = (4000, 200) if LONG else (600, 30)
SECONDS = 600 if LONG else 120


def fill(messages: int) -> None:
    lender = Lender.objects.create(code="OUT", name="Out", currency="CNY", zone="UTC")
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            lender=lender, key=f"{n}", kind="test.x", subject=f"N{n}/1", business_date=date(2026, 10, 30), channel="sms", recipient=f"{n}",
            lane=f"borrower:{n // 2}", body="Pay", send_on=date(2026, 10, 31), not_before=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for n in range(messages)
    )  # fmt: skip


def storm(sink: Path, *, seed: int, blind: bool) -> None:
    """Kill relays until the number is reached, then let them finish."""
    url = urlsplit(settings.WORKER_URL)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    env = {**os.environ, "DATABASE_URL_WORKER": url, "LOANWATCH_PROCESS": "worker", "LOANWATCH_LEASE_SECONDS": "2", "PYTHONPATH": str(settings.ROOT)}
    command = [sys.executable, str(Path(__file__).parent / "relays.py"), str(sink), "--kills", str(KILLS), "--seed", str(seed)]
    process = subprocess.Popen(command + (["--blind"] if blind else []), env=env, stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == {"kills": KILLS}
        until = time.monotonic() + SECONDS
        while OutboxMessage.objects.exclude(state="sent").exists():
            assert time.monotonic() < until, Counter(OutboxMessage.objects.values_list("state", flat=True))
            time.sleep(0.2)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def delivered(sink: Path) -> Counter[str]:
    return Counter(json.loads(line)["key"] for line in sink.read_text().splitlines())


def uncertain_once() -> int:
    """Messages that a killed relay left between call and receipt: proof that the kills hit."""
    return OutboxMessage.objects.filter(tries__contains=[{"outcome": "uncertain"}]).count()


@pytest.mark.parametrize("seed", [1, 2, 3] if LONG else [1])
def test_killed_relays_send_each_message_once_and_lose_none(tmp_path, seed):
    fill(MESSAGES)
    storm(tmp_path / "sink.jsonl", seed=seed, blind=False)
    assert uncertain_once() > KILLS / 4, "the kills hit nothing"
    keys = delivered(tmp_path / "sink.jsonl")
    assert set(keys) == set(OutboxMessage.objects.values_list("key", flat=True))
    assert {key: times for key, times in keys.items() if times > 1} == {}


def test_a_relay_that_repeats_without_asking_sends_twice(tmp_path):
    """The guard taken off: the same kills, and what is uncertain is blindly sent again."""
    fill(MESSAGES)
    storm(tmp_path / "sink.jsonl", seed=1, blind=True)
    assert max(delivered(tmp_path / "sink.jsonl").values()) > 1
