"""Takes messages out of the outbox and hands them to their channels. Any number of processes may run it.

A claim is committed as `sending` before the channel is called; the receipt is written after. A relay that dies in between leaves
a row whose lease runs out: it becomes `uncertain` and is asked back from the provider where that can tell, is sent again
where the provider delivers a key once, and else waits for a person. It is never blindly sent again.
"""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, connection, transaction

from loanwatch.trail import ledger
from loanwatch.trail.outbox import hooks
from loanwatch.trail.outbox.channels import Channel, Channels
from loanwatch.trail.outbox.rules import Message, Patience, Permanent, Temporary, Uncertain

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds between looks at an empty outbox
ASK_AGAIN = 60  # seconds until a provider that could not tell is asked back once more, and until a message without a receipt is first asked for
NOBODY_CAN_TELL = 3600  # seconds until an uncertain message is looked at again where only a person can settle it
BEAT_EVERY = 5.0  # seconds
MOST_DROPPED = 5000  # messages that came too late, per look
DRAIN = (200, 5.0)  # messages and seconds for which one channel is served before the others are looked at again
MOST_TRIES = 40  # attempts that are remembered with their outcome, the newest

COLUMNS = "m.id, m.key, m.kind, m.subject, m.business_date::text, m.channel, m.recipient, m.headline, m.body, m.language, l.code, m.attempts"

# People are asleep: the hour in the lender's zone lies outside of those in which the message may disturb.
HOUR = "extract(hour FROM clock_timestamp() AT TIME ZONE l.zone)"
AWAKE = f"""(m.hour_from IS NULL OR CASE WHEN m.hour_from < m.hour_to THEN {HOUR} >= m.hour_from AND {HOUR} < m.hour_to
                                      ELSE {HOUR} >= m.hour_from OR {HOUR} < m.hour_to END)"""

# Written behind what was tried before; the oldest give way.
TRIES = f"""tries = CASE WHEN jsonb_array_length(tries) >= {MOST_TRIES} THEN tries - 0 ELSE tries END"""
# When a message might have left: not in quiet hours, not while it rests after an attempt.
MIGHT_LEAVE = f"""greatest(m.not_before, m.next_try_at, CASE WHEN m.hour_from IS NOT NULL THEN
    (date_trunc('hour', clock_timestamp() AT TIME ZONE l.zone) - (({HOUR}::int - m.hour_from + 24) % 24) * interval '1 hour') AT TIME ZONE l.zone END)"""

# A message waits behind the earlier ones of its lane: who gets two gets them in their order. A row that another relay is just
# claiming is locked, so it is skipped; one that it has claimed is `sending` and keeps the lane.
CLAIM = f"""
WITH next AS (
    SELECT m.id FROM trail_outboxmessage m JOIN lenders_lender l ON l.id = m.lender_id
    WHERE m.state = 'waiting' AND (%(undisturbed)s OR (m.not_before <= clock_timestamp() AND {AWAKE}))
      AND (m.next_try_at IS NULL OR m.next_try_at <= clock_timestamp())
      AND (%(lender)s::text IS NULL OR (l.code = %(lender)s AND m.channel = %(channel)s))
      AND NOT EXISTS (SELECT 1 FROM trail_outboxmessage e WHERE e.lane = m.lane AND e.id < m.id
                      AND (e.state = 'sending' OR (e.state = 'waiting' AND (e.not_before <= clock_timestamp() OR %(undisturbed)s))))
    ORDER BY m.not_before, m.id
    FOR UPDATE OF m SKIP LOCKED LIMIT %(batch)s
)
UPDATE trail_outboxmessage m
SET state = 'sending', attempts = m.attempts + 1, claimed_by = %(me)s, lease_until = clock_timestamp() + %(lease)s * interval '1 second', next_try_at = NULL
FROM next, lenders_lender l WHERE m.id = next.id AND l.id = m.lender_id
RETURNING {COLUMNS}
"""
READY_TO_LEAVE = f"""trail_outboxmessage m JOIN lenders_lender l ON l.id = m.lender_id
WHERE m.state = 'waiting' AND m.not_before <= clock_timestamp() AND (m.next_try_at IS NULL OR m.next_try_at <= clock_timestamp()) AND {AWAKE}
"""
# Which channels have something to send, the longest waiting first.
READY = f"SELECT l.code, m.channel FROM {READY_TO_LEAVE} GROUP BY 1, 2 ORDER BY min(m.not_before)"
LATE = """
UPDATE trail_outboxmessage SET state = 'dropped', reason = 'too_late'
WHERE id IN (SELECT id FROM trail_outboxmessage WHERE state = 'waiting' AND expires_at < clock_timestamp() LIMIT %s FOR UPDATE SKIP LOCKED)
"""
# The lease has run out between call and receipt: nobody knows.
LOST = f"""
UPDATE trail_outboxmessage SET state = 'uncertain', error = 'The relay fell silent between the call and its receipt.',
       next_try_at = clock_timestamp() + %s * interval '1 second',
       {TRIES} || jsonb_build_object('at', clock_timestamp(), 'by', claimed_by, 'outcome', 'uncertain', 'error', 'no receipt')
WHERE id IN (SELECT id FROM trail_outboxmessage WHERE state = 'sending' AND lease_until < clock_timestamp() FOR UPDATE SKIP LOCKED)
"""
# Whoever asks holds the question for as long as a lease; others look again after that.
TO_ASK = f"""
UPDATE trail_outboxmessage m SET next_try_at = clock_timestamp() + %s * interval '1 second'
FROM lenders_lender l
WHERE l.id = m.lender_id AND m.id IN (
    SELECT id FROM trail_outboxmessage WHERE state = 'uncertain' AND (next_try_at IS NULL OR next_try_at <= clock_timestamp())
    ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 100)
RETURNING {COLUMNS}
"""
# A late receipt settles what was meanwhile taken for uncertain; of an attempt that is over it counts no more.
MINE = "id = %(id)s AND claimed_by = %(me)s AND attempts = %(attempt)s AND state IN ('sending', 'uncertain')"
STILL_MINE = f"""
UPDATE trail_outboxmessage SET lease_until = clock_timestamp() + %(lease)s * interval '1 second' WHERE {MINE} AND state = 'sending'
"""
SENT = f"""
UPDATE trail_outboxmessage SET state = 'sent', receipt = %(receipt)s, sent_at = clock_timestamp(), lease_until = NULL, error = '' WHERE {MINE}
"""
# One statement for a batch that can be asked back as a whole.
ALL_SENT = """
UPDATE trail_outboxmessage m SET state = 'sent', receipt = d.receipt, sent_at = clock_timestamp(), lease_until = NULL, error = ''
FROM unnest(%s::bigint[], %s::int[], %s::text[]) AS d (id, attempt, receipt)
WHERE m.id = d.id AND m.claimed_by = %s AND m.attempts = d.attempt AND m.state IN ('sending', 'uncertain')
"""
NOT_SENT = f"""
UPDATE trail_outboxmessage SET state = %(state)s, error = %(error)s, lease_until = NULL,
       next_try_at = CASE WHEN %(after)s::float IS NULL THEN NULL ELSE clock_timestamp() + %(after)s * interval '1 second' END,
       {TRIES} || jsonb_build_object('at', clock_timestamp(), 'by', %(me)s::text, 'outcome', %(state)s::text, 'error', %(error)s::text)
WHERE {MINE} AND (state = 'sending' OR %(state)s = 'waiting')
"""
GONE = "UPDATE trail_outboxmessage SET state = 'dropped', reason = %s WHERE id = %s AND state = 'waiting'"
PUT_BACK = "UPDATE trail_outboxmessage SET state = 'waiting', lease_until = NULL WHERE id = %s AND claimed_by = %s AND attempts = %s AND state = 'sending'"
ASKED = """
UPDATE trail_outboxmessage SET state = 'sent', receipt = %s, sent_at = clock_timestamp(), error = '' WHERE id = %s AND state = 'uncertain'
"""
AGAIN = """
UPDATE trail_outboxmessage SET state = 'waiting', claimed_by = '', next_try_at = clock_timestamp() + %s * interval '1 second' WHERE id = %s AND state = 'uncertain'
"""
GIVEN_UP = "UPDATE trail_outboxmessage SET state = 'failed', error = %s, next_try_at = NULL WHERE id = %s AND state = 'uncertain'"
NOT_TOLD = "UPDATE trail_outboxmessage SET next_try_at = clock_timestamp() + %s * interval '1 second' WHERE id = %s AND state = 'uncertain'"


@dataclass
class Relay:
    """One process's hands. `turn` does all that is to be done now and returns how many messages it took in hand."""

    channels: Channels = field(default_factory=Channels)
    patience: Patience = field(default_factory=Patience)
    lease: float = field(default_factory=lambda: float(settings.LEASE_SECONDS))
    name: str = field(default_factory=ledger.worker_name)
    chance: Callable[[], float] = random.random
    stopped: Callable[[], bool] = lambda: False
    beaten: float = 0.0

    def run(self, stop: Callable[[], bool]) -> None:
        """Turn after turn until `stop` says so; a database that is away is waited for, and no single message ends it."""
        self.stopped = stop
        while not stop():
            try:
                done = self.turn()
            except (OperationalError, InterfaceError):
                logger.warning("the database is away; messages wait", exc_info=True)
                connection.close()
                done = 0
            except Exception:  # whatever one row or one answer holds: all other messages still leave
                logger.exception("a turn of the relay")
                done = 0
            if not done:
                time.sleep(LOOK_EVERY)

    def turn(self) -> int:
        """Settle what is lost, drop what came too late, then serve each channel that has something to send for a while."""
        self._beat()
        with connection.cursor() as cursor:
            cursor.execute(LOST, [self.channels.sink.ask_after if self.channels.sink else ASK_AGAIN])
        asked = self.ask_back()
        if self.channels.sink:
            return asked + self._send_batch(None, None, self.channels.sink)
        with connection.cursor() as cursor:
            cursor.execute(LATE, [MOST_DROPPED])
            cursor.execute(READY)
            ready = cursor.fetchall()
        return asked + sum(self._serve(lender, channel) for lender, channel in ready)

    def _serve(self, lender: str, channel: str) -> int:
        """Batch after batch, so that one look at all that waits is enough for many messages."""
        served, through = 0, self._channel(lender, channel)
        most, until = DRAIN[0], time.monotonic() + DRAIN[1]
        while served < most and time.monotonic() < until and not self.stopped() and (sent := self._send_batch(lender, channel, through)):
            served += sent
            self._beat()
        return served

    def _channel(self, lender: str, name: str) -> Channel:
        try:
            return self.channels.of(lender, name)
        except (Temporary, ImproperlyConfigured, OSError) as fault:
            return _Unready(_said(fault))
        except Exception as fault:  # a description of a channel that nobody foresaw: the other channels still speak
            logger.exception("the channel %s of %s", name, lender)
            return _Unready(_said(fault))

    def _send_batch(self, lender: str | None, name: str | None, channel: Channel) -> int:
        messages = self._claim(lender, name, channel)
        safe_until = time.monotonic() + self._lease(channel) / 2
        stays = self._without_cause(messages) if messages else set()
        receipts = []
        for message in messages:
            if message.id in stays or (time.monotonic() > safe_until and not self._still_mine(channel, message)):
                continue
            try:
                if receipt := self._send(channel, message):
                    receipts.append((message.id, message.attempt, receipt))
            except (OperationalError, InterfaceError):
                raise  # the database is away: the lease runs out and the message is asked back
            except Exception:  # what became of it could not be written either: its lease runs out, the others go on
                logger.exception("message %s", message.id)
        if receipts:
            with connection.cursor() as cursor:
                cursor.execute(ALL_SENT, [*map(list, zip(*receipts, strict=True)), self.name])
        return len(messages)

    def _claim(self, lender: str | None, name: str | None, channel: Channel) -> list[Message]:
        """Committed before anything is sent."""
        with connection.cursor() as cursor:
            told = {
                "lender": lender, "channel": name, "batch": channel.batch, "me": self.name, "lease": self._lease(channel), "undisturbed": not channel.disturbs,
            }  # fmt: skip
            cursor.execute(CLAIM, told)
            return sorted((Message(*row) for row in cursor.fetchall()), key=lambda message: message.id)

    def _lease(self, channel: Channel) -> float:
        return max(self.lease, 3 * channel.timeout)

    def _still_mine(self, channel: Channel, message: Message) -> bool:
        """Extend a claim of which half is over. False when it was lost: whoever was stopped for long sends nothing any more."""
        with connection.cursor() as cursor:
            cursor.execute(STILL_MINE, self._me(message) | {"lease": self._lease(channel)})
            return cursor.rowcount == 1

    def _without_cause(self, messages: list[Message]) -> set[int]:
        """Those of the claimed messages that are not sent: dropped because their cause is gone, or kept because nobody could tell."""
        try:
            found = hooks.gone({message.id: message.kind for message in messages})
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:
            logger.exception("whether messages still have a cause")
            for message in messages:
                self._write(NOT_SENT, self._me(message) | {"state": "waiting", "error": _said(fault), "after": self.patience.longest})
            return {message.id for message in messages}
        for message in messages:
            if message.id in found:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(PUT_BACK, [message.id, self.name, message.attempt])
                    cursor.execute(GONE, [found[message.id], message.id])
        return set(found)

    def _me(self, message: Message) -> dict[str, Any]:
        return {"id": message.id, "me": self.name, "attempt": message.attempt}

    def _send(self, channel: Channel, message: Message) -> str:
        """Call the channel once; the receipt, still to be written, of a message in a batch, else "" with all written."""
        me = self._me(message)
        state, error, after = "uncertain", "", None
        try:
            receipt = _clean(channel.send(message), 200) or "no number"
            if channel.batch > 1:
                return receipt
            self._write(SENT, me | {"receipt": receipt})
            return ""
        except Temporary as fault:
            over = self.patience.over(message.attempt)
            state, error = "failed" if over else "waiting", _said(fault)
            after = None if over else self.patience.seconds(message.attempt, self.chance(), fault.after)
        except Permanent as fault:
            state, error = "failed", _said(fault)
        except Uncertain as fault:
            error, after = _said(fault), channel.ask_after
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:  # a fault of ours in the middle of a call: nobody knows how far it came
            logger.exception("message %s", message.id)
            error, after = _said(fault), channel.ask_after
        self._write(NOT_SENT, me | {"state": state, "error": error, "after": after})
        return ""

    def _write(self, statement: str, values: dict[str, Any]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            if cursor.rowcount != 1:
                logger.warning("message %s was settled otherwise while it was being sent", values["id"])

    def ask_back(self) -> int:
        """Ask the providers about uncertain messages: sent when they have it, waiting when not or when a key counts once anyway.

        What was tried often enough fails instead.
        """
        with connection.cursor() as cursor:
            cursor.execute(TO_ASK, [self.lease])
            uncertain = [Message(*row) for row in cursor.fetchall()]
        settled = 0
        for message in uncertain:
            statement, *values = self._asked(message)
            with connection.cursor() as cursor:
                cursor.execute(statement, [*values, message.id])
                settled += cursor.rowcount if statement != NOT_TOLD else 0
        return settled

    def _asked(self, message: Message) -> tuple[str, Any]:
        """The statement that settles it, and the value that goes before the message's id."""
        try:
            channel = self.channels.of(message.lender, message.channel)
            told = channel.seen(message) if channel.asks else None
        except (Temporary, ImproperlyConfigured, OSError):
            return NOT_TOLD, ASK_AGAIN
        except Exception:  # a strange answer is none
            logger.exception("message %s was asked back", message.id)
            return NOT_TOLD, ASK_AGAIN
        if told:
            return ASKED, _clean(str(told), 200) or "known"
        if told is False or channel.idempotent:
            if self.patience.over(message.attempt):
                return GIVEN_UP, f"After {message.attempt} attempts nobody has it."
            # Where what is there is seen at once, nothing can still be on its way.
            return AGAIN, self.patience.seconds(message.attempt, self.chance()) if channel.ask_after else 0
        return NOT_TOLD, ASK_AGAIN if channel.asks else NOBODY_CAN_TELL

    def _beat(self) -> None:
        if time.monotonic() - self.beaten > BEAT_EVERY:
            ledger.beat("relay")
            self.beaten = time.monotonic()


class _Unready(Channel):
    """Stands for a channel that is not set up, or wrongly: its messages wait and say why."""

    timeout = 0.0
    batch = 100

    def __init__(self, why: str) -> None:
        self.why = why

    def send(self, message: Message) -> str:
        raise Temporary(self.why)


def _said(fault: Exception) -> str:
    return _clean(str(fault), 400) or type(fault).__name__


def _clean(said: str, most: int) -> str:
    """What others say, as the database can keep it: without signs that are no text."""
    return said.encode("utf-8", "replace").decode().replace("\0", "")[:most]


def outbox_ages() -> dict[str, int | None]:
    """Figures for `/readyz`: seconds since the oldest message that may leave now might have left (None: none may), and counts."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT (SELECT extract(epoch FROM clock_timestamp() - min({MIGHT_LEAVE}))::int FROM {READY_TO_LEAVE}),
                   (SELECT count(*) FROM trail_outboxmessage WHERE state = 'uncertain'),
                   (SELECT count(*) FROM trail_outboxmessage WHERE state = 'failed'),
                   (SELECT count(*) FROM trail_outboxmessage WHERE state IN ('waiting', 'sending')),
                   (SELECT extract(epoch FROM clock_timestamp() - at)::int FROM trail_beat WHERE name = 'relay')
            """
        )
        return dict(zip(("oldest_outbox", "outbox_uncertain", "outbox_failed", "outbox_waiting", "last_relay"), cursor.fetchone(), strict=True))
