"""The relay: each message leaves once, in order, in its hours; what nobody knows is asked back or waits for a person."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import DataError, connection
from django.utils import timezone

from loanwatch.lenders.models import Lender
from loanwatch.trail.models import Beat
from loanwatch.trail.outbox import hooks
from loanwatch.trail.outbox.channels import Channel, FileChannel
from loanwatch.trail.outbox.models import OutboxMessage
from loanwatch.trail.outbox.relay import Relay, outbox_ages
from loanwatch.trail.outbox.rules import Message, Patience, Permanent, Temporary, Uncertain

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_worker")]
LONG_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


class Scripted(Channel):
    """Does for each message what the list says next; keeps what it was given."""

    def __init__(self, *script: Any, told: Any = None, asks: bool = False, idempotent: bool = False) -> None:
        self.script, self.told, self.asks, self.idempotent = list(script), told, asks, idempotent
        self.sent: list[str] = []

    def send(self, message: Message) -> str:
        self.sent.append(message.subject)
        step = self.script.pop(0) if self.script else "receipt"
        if isinstance(step, Exception):
            raise step
        return step

    def seen(self, message: Message) -> Any:
        return self.told


class Doors:
    """In the place of the file of channels."""

    def __init__(self, channel: Channel, sink: FileChannel | None = None) -> None:
        self.channel, self.sink = channel, sink

    def of(self, lender: str, channel: str) -> Channel:
        return self.channel


@pytest.fixture
def lender() -> Lender:
    return Lender.objects.create(code="OUT", name="Out", currency="CNY", zone="Asia/Shanghai")


@pytest.fixture
def say(lender):
    def make(subject: str = "N1/1", lane: str = "borrower:1", **told: Any) -> OutboxMessage:
        plain = {"kind": "test.x", "business_date": date(2026, 10, 30), "channel": "sms", "recipient": "13800000000", "body": "Pay",
                 "send_on": date(2026, 10, 31), "not_before": LONG_SINCE}  # fmt: skip
        return OutboxMessage.objects.create(lender=lender, subject=subject, lane=lane, **(plain | told))

    return make


def later() -> None:
    """The moment comes at which whatever rests is looked at again."""
    OutboxMessage.objects.filter(state__in=["waiting", "uncertain"]).update(next_try_at=LONG_SINCE)


def relay(channel: Channel, **told: Any) -> Relay:
    return Relay(channels=Doors(channel), chance=lambda: 0.5, **told)


def now(message: OutboxMessage) -> OutboxMessage:
    message.refresh_from_db()
    return message


def test_a_message_that_is_taken_keeps_its_receipt(say):
    made, channel = say(), Scripted("SM-1")
    assert relay(channel).turn() == 1
    assert (now(made).state, made.receipt, made.attempts, made.tries) == ("sent", "SM-1", 1, [])
    assert made.sent_at is not None
    assert relay(channel).turn() == 0
    assert channel.sent == ["N1/1"]
    assert Beat.objects.filter(name="relay").exists()


def test_a_provider_that_is_busy_is_asked_again_after_a_while(say):
    made, channel = say(), Scripted(Temporary("busy"), "SM-1")
    relay(channel).turn()
    assert (now(made).state, made.error) == ("waiting", "busy")
    assert timedelta(seconds=25) < made.next_try_at - timezone.now() <= timedelta(seconds=30)
    assert relay(channel).turn() == 0
    OutboxMessage.objects.update(next_try_at=LONG_SINCE)
    relay(channel).turn()
    assert (now(made).state, made.attempts, [t["outcome"] for t in made.tries]) == ("sent", 2, ["waiting"])


def test_after_the_last_attempt_it_has_failed_and_is_seen(say):
    made = say()
    relay(Scripted(Temporary("busy")), patience=Patience(most=1)).turn()
    assert (now(made).state, made.error) == ("failed", "busy")
    assert outbox_ages()["outbox_failed"] == 1


def test_a_refusal_fails_at_once(say):
    made = say()
    relay(Scripted(Permanent("no such number"))).turn()
    assert (now(made).state, made.error) == ("failed", "no such number")


@pytest.mark.parametrize("fault", [Uncertain("no answer in time"), RuntimeError("a fault of ours")])
def test_a_call_without_an_answer_is_uncertain_and_not_repeated(say, fault):
    made, channel = say(), Scripted(fault)
    relay(channel).turn()
    assert now(made).state == "uncertain"
    for _ in range(3):
        relay(channel).turn()
    assert (now(made).state, channel.sent) == ("uncertain", ["N1/1"])
    assert outbox_ages()["outbox_uncertain"] == 1


@pytest.mark.parametrize(
    ("channel", "becomes", "calls"),
    [
        (Scripted(Uncertain("?"), told="SM-9", asks=True), "sent", 1),
        (Scripted(Uncertain("?"), "SM-2", told=False, asks=True), "sent", 2),
        (Scripted(Uncertain("?"), told=None, asks=True), "uncertain", 1),
        (Scripted(Uncertain("?"), "SM-2", idempotent=True), "sent", 2),
    ],
    ids=["the provider has it", "it never came", "the provider can't say now", "a key counts once there"],
)
def test_an_uncertain_message_is_asked_back(say, channel, becomes, calls):
    made = say()
    for _ in range(4):
        relay(channel).turn()
        later()
    assert (now(made).state, len(channel.sent)) == (becomes, calls)


def test_a_provider_is_first_asked_back_after_a_minute_as_it_may_still_be_at_work(say):
    made, channel = say(), Scripted(Uncertain("?"), told=False, asks=True)
    for _ in range(3):
        relay(channel).turn()
    assert (now(made).state, channel.sent) == ("uncertain", ["N1/1"])
    assert timedelta(seconds=50) < made.next_try_at - timezone.now() <= timedelta(seconds=60)


@pytest.mark.parametrize("kind", [{"asks": True, "told": False}, {"idempotent": True}], ids=["it never came", "a key counts once there"])
def test_what_is_sent_again_after_a_question_rests_each_time_longer_and_fails_in_the_end(say, kind):
    made, channel, rests = say(), Scripted(*[Uncertain("?")] * 30, **kind), []
    for _ in range(30):
        relay(channel, patience=Patience(most=3)).turn()
        if now(made).state == "waiting":
            rests.append(round((made.next_try_at - timezone.now()).total_seconds()))
        later()
    assert (now(made).state, made.error, len(channel.sent)) == ("failed", "After 3 attempts nobody has it.", 3)
    assert rests == [30, 60]


def test_only_the_newest_attempts_are_remembered(say):
    made, channel = say(), Scripted(*[Temporary(f"busy {n}") for n in range(60)])
    for _ in range(60):
        relay(channel, patience=Patience(most=99)).turn()
        later()
    assert (len(now(made).tries), made.tries[0]["error"], made.tries[-1]["error"], made.attempts) == (40, "busy 20", "busy 59", 60)


@pytest.mark.parametrize(
    ("step", "state", "said"), [("SM\0-1", "sent", "SM-1"), ("\0", "sent", "no number"), ("\ud800x", "sent", "?x"), (Permanent("no\0body"), "failed", "nobody")]
)
def test_signs_that_are_no_text_in_an_answer_stop_nothing(say, step, state, said):
    made, other = say(), say("N2/1", lane="b")
    relay(Scripted(step)).turn()
    assert (now(made).state, made.receipt or made.error, now(other).state) == (state, said, "sent")


def test_a_message_that_can_not_even_be_written_down_keeps_no_other_from_leaving(say, monkeypatch):
    made, other, whole = say(), say("N2/1", lane="b"), Relay._write

    def write(self: Relay, statement: str, values: dict[str, Any]) -> None:
        if values["id"] == made.pk:
            raise ValueError("strange")
        whole(self, statement, values)

    monkeypatch.setattr(Relay, "_write", write)
    relay(Scripted()).turn()
    assert (now(made).state, now(other).state) == ("sending", "sent")


def test_a_fault_of_one_turn_does_not_end_the_relay(monkeypatch):
    turns = []

    def turn(self: Relay) -> int:
        turns.append(1)
        raise DataError("a row that nobody foresaw")

    monkeypatch.setattr(Relay, "turn", turn)
    monkeypatch.setattr("loanwatch.trail.outbox.relay.LOOK_EVERY", 0)
    relay(Scripted()).run(lambda: len(turns) == 2)
    assert len(turns) == 2


def test_a_channel_whose_set_up_is_faulty_in_any_way_says_so_on_its_messages(say):
    class Broken(Doors):
        def of(self, lender: str, channel: str) -> Channel:
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "not text")

    made = say()
    Relay(channels=Broken(Scripted())).turn()
    assert (now(made).state, "not text" in made.error) == ("waiting", True)


def test_a_channel_is_served_for_a_while_before_all_that_waits_is_looked_at_again(say, monkeypatch):
    for n in range(12):
        say(f"N{n}/1", lane=f"b{n}")
    monkeypatch.setattr("loanwatch.trail.outbox.relay.DRAIN", (10, 60.0))
    one = relay(Scripted())
    assert [one.turn(), one.turn(), one.turn()] == [10, 2, 0]


def claimed(made: OutboxMessage, by: str = "dead", lease: str = "clock_timestamp() - interval '1 second'") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE trail_outboxmessage SET state = 'sending', attempts = attempts + 1, claimed_by = %s, lease_until = {lease} WHERE id = %s", [by, made.pk]
        )


def test_a_relay_that_died_between_call_and_receipt_leaves_an_uncertain_message(say):
    made, channel = say(), Scripted()
    claimed(made)
    relay(channel).turn()
    assert (now(made).state, channel.sent) == ("uncertain", [])
    assert made.tries[0]["by"] == "dead"


def test_a_claim_whose_lease_lasts_is_left_alone(say):
    made, channel = say(), Scripted()
    claimed(made, lease="clock_timestamp() + interval '1 minute'")
    relay(channel).turn()
    assert (now(made).state, channel.sent) == ("sending", [])


def test_a_late_receipt_settles_what_was_taken_for_uncertain(say):
    made = say()

    class Slow(Scripted):
        def send(self, message: Message) -> str:
            with connection.cursor() as cursor:  # meanwhile another relay found the lease run out
                cursor.execute("UPDATE trail_outboxmessage SET state = 'uncertain' WHERE id = %s", [message.id])
            return "SM-late"

    relay(Slow()).turn()
    assert (now(made).state, made.receipt) == ("sent", "SM-late")


def test_the_later_message_to_somebody_waits_for_the_earlier_one(say):
    first, second, other = say("N1/1"), say("N1/2"), say("N2/1", lane="borrower:2")
    channel = Scripted(Temporary("busy"))
    for _ in range(4):
        relay(channel).turn()
    assert [now(m).state for m in (first, second, other)] == ["waiting", "waiting", "sent"]
    OutboxMessage.objects.filter(state="waiting").update(next_try_at=None)
    for _ in range(3):
        relay(channel).turn()
    assert channel.sent == ["N1/1", "N2/1", "N1/1", "N1/2"]


def test_an_uncertain_message_keeps_nobody_waiting(say):
    say("N1/1")
    channel = Scripted(Uncertain("?"))
    relay(channel).turn()
    say("N1/2")
    relay(channel).turn()
    assert channel.sent == ["N1/1", "N1/2"]


def test_nothing_leaves_before_its_time(say):
    made, channel = say(not_before=timezone.now() + timedelta(minutes=5)), Scripted()
    assert relay(channel).turn() == 0
    assert now(made).state == "waiting"
    assert outbox_ages()["oldest_outbox"] is None


def test_nobody_is_disturbed_in_quiet_hours_not_even_by_a_second_attempt(say):
    hour = timezone.now().astimezone(ZoneInfo("Asia/Shanghai")).hour
    asleep, awake = say("N1/1", hour_from=(hour + 1) % 24, hour_to=hour), say("N2/1", lane="b", hour_from=hour, hour_to=(hour + 1) % 24)
    channel = Scripted()
    for _ in range(2):
        relay(channel).turn()
    assert [now(asleep).state, now(awake).state] == ["waiting", "sent"]


def test_what_comes_too_late_to_be_of_use_is_dropped_with_the_reason(say):
    made, channel = say(expires_at=LONG_SINCE + timedelta(days=1)), Scripted()
    relay(channel).turn()
    assert (now(made).state, made.reason, channel.sent) == ("dropped", "too_late", [])


def test_the_cause_is_asked_once_more_before_a_message_leaves(say, monkeypatch):
    gone, stays, channel = say("N1/1"), say("N2/1", lane="b"), Scripted()
    monkeypatch.setattr(hooks, "_RECHECKS", {"test.": lambda ids: {gone.pk: "paid"} if gone.pk in ids else {}})
    for _ in range(3):
        relay(channel).turn()
    assert [(now(gone).state, gone.reason), now(stays).state] == [("dropped", "paid"), "sent"]
    assert channel.sent == ["N2/1"]


def test_where_the_cause_can_not_be_asked_nothing_leaves(say, monkeypatch):
    def broken(ids: list[int]) -> dict[int, str]:
        raise RuntimeError("no answer")

    made, channel = say(), Scripted()
    monkeypatch.setattr(hooks, "_RECHECKS", {"test.": broken})
    relay(channel).turn()
    assert (now(made).state, made.error, channel.sent) == ("waiting", "no answer", [])


def test_a_lender_without_a_channel_sees_why_its_messages_wait(say):
    class Nothing(Doors):
        def of(self, lender: str, channel: str) -> Channel:
            raise Temporary(f"No channel {channel} is set up for {lender}.")

    made = say()
    Relay(channels=Nothing(Scripted())).turn()
    assert (now(made).state, made.error) == ("waiting", "No channel sms is set up for OUT.")


def test_the_file_takes_all_of_them_at_any_hour_each_once(say, tmp_path):
    hour = timezone.now().hour
    for n in range(30):
        say(f"N{n}/1", lane=f"b{n % 7}", hour_from=(hour + 12) % 24, hour_to=(hour + 13) % 24, not_before=timezone.now() + timedelta(days=3))
    sink = FileChannel(tmp_path / "sink.jsonl")
    one = Relay(channels=Doors(sink, sink))
    while one.turn():
        pass
    lines = [json.loads(line) for line in (tmp_path / "sink.jsonl").read_text().splitlines()]
    assert sorted(line["subject"] for line in lines) == sorted(f"N{n}/1" for n in range(30))
    assert OutboxMessage.objects.filter(state="sent").count() == 30
    in_lane = [int(line["subject"][1:-2]) for line in lines if int(line["subject"][1:-2]) % 7 == 3]
    assert in_lane == sorted(in_lane)


def test_what_rests_or_may_not_disturb_now_is_not_late(say):
    hour, long_ago = timezone.now().astimezone(ZoneInfo("Asia/Shanghai")).hour, timezone.now() - timedelta(days=1)
    say("N1/1", not_before=long_ago, next_try_at=timezone.now() + timedelta(minutes=5))
    say("N2/1", lane="b", not_before=long_ago, hour_from=(hour + 1) % 24, hour_to=hour)
    assert outbox_ages()["oldest_outbox"] is None
    say("N3/1", lane="c", not_before=long_ago, hour_from=hour, hour_to=(hour + 1) % 24)
    assert outbox_ages()["oldest_outbox"] < 3601, "counted from the hour at which it might leave"
    say("N4/1", lane="d", not_before=long_ago, next_try_at=timezone.now() - timedelta(minutes=90))
    assert 5400 <= outbox_ages()["oldest_outbox"] < 5460


def test_ages_tell_how_long_the_oldest_has_waited(say):
    say(not_before=timezone.now() - timedelta(minutes=10))
    ages = outbox_ages()
    assert 600 <= ages["oldest_outbox"] < 660
    assert (ages["outbox_waiting"], ages["outbox_uncertain"], ages["outbox_failed"]) == (1, 0, 0)
