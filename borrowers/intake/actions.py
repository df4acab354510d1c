"""Takes in a batch of facts: once per key, all of it in one transaction, through the same door as a file."""

import csv
import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from borrowers.feeds.actions import Order, Outcome, load
from borrowers.feeds.models import ApiBatch, Delivery, QuarantinedRow
from borrowers.feeds.reasons import sentence_of
from borrowers.feeds.shapes import field_names, format_of
from borrowers.intake.rules import LONGEST_KEY, Batch
from borrowers.kinds import Kind
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.trail.record import record

HEADER_LINES = 1  # of the file that a batch becomes: row n of the batch stands on line n + 1


@dataclass(frozen=True)
class Sent:
    """One request: whose it is, under which key, and the bytes that came. `access` is None for a webhook."""

    lender: Lender
    sender: str
    key: str
    body: bytes
    channel: str = Delivery.Channel.API
    access: Access | None = None


@dataclass(frozen=True)
class Answer:
    """What the sender is told: an HTTP status and a JSON object. `repeated`: the answer of an earlier request of the same key."""

    status: int
    said: Mapping[str, Any]
    repeated: bool = False


def refused(code: str, sentence: str, status: int = 422) -> Answer:
    return Answer(status, {"code": code, "detail": sentence})


@transaction.atomic
def receive(sent: Sent, kind: Kind, batch: Batch, *, back_dated: bool = False) -> Answer:
    """Store a batch and say of each row what became of it.

    A second request with the same key waits for the first and gets its answer; with another body it is refused
    (KEY_REUSED, 422). What the batch as a whole is refused for leaves its delivery and its reason, and no fact.
    """
    if not sent.key or len(sent.key) > LONGEST_KEY or not sent.key.isprintable():
        return refused("NO_KEY", f"Send an Idempotency-Key of 1 to {LONGEST_KEY} printable characters, a new one for each batch.", 400)
    digest = hashlib.sha256(f"{kind.name}\n".encode() + sent.body).hexdigest()
    if earlier := _claim(sent, digest):
        return earlier
    try:
        day = date.fromisoformat(batch.business_date)
    except ValueError:
        return _keep(sent, refused("BAD_DATE", "business_date is a day such as 2026-11-20."))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{kind.name}.csv"
        _write(path, field_names(kind), batch.rows)
        outcome = load(
            Order(
                sent.lender, format_of(kind), path, day, back_dated=back_dated, received_by=sent.access, channel=sent.channel, adds_up=True
            )
        )
    return _keep(sent, _answer(outcome, len(batch.rows)), outcome)


def _claim(sent: Sent, digest: str) -> Answer | None:
    """Take the key, or give the answer that it had. An INSERT of a key that another is just using waits for its end."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO borrowers_apibatch (lender_id, sender, key, sha256) VALUES (%s, %s, %s, %s)
            ON CONFLICT (lender_id, sender, key) DO NOTHING
            """,
            [sent.lender.pk, sent.sender, sent.key, digest],
        )
        if cursor.rowcount:
            return None
    kept = ApiBatch.objects.get(lender=sent.lender, sender=sent.sender, key=sent.key)
    if kept.sha256 != digest:
        return refused("KEY_REUSED", "This Idempotency-Key came with another batch before. Nothing was stored; send a new key.")
    return Answer(kept.status or 200, kept.answer or {}, repeated=True)


def _keep(sent: Sent, answer: Answer, outcome: Outcome | None = None) -> Answer:
    """Keep the answer, and give it as it is kept: the database orders the names, and a repeated request gets the same bytes."""
    batch = ApiBatch.objects.filter(lender=sent.lender, sender=sent.sender, key=sent.key)
    batch.update(status=answer.status, answer=answer.said, delivery_id=outcome.delivery if outcome else None)
    if outcome and outcome.delivery:
        subject = Delivery.objects.get(pk=outcome.delivery)
        record("facts.received", by=sent.access, subject=subject, sender=sent.sender, state=outcome.state, rows=outcome.read)
    return Answer(answer.status, batch.values_list("answer", flat=True).get() or {})


def _write(path: Path, names: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    """The batch as a file. A text that a cell can't hold (a line break, say) stays as it is: it is set aside with its reason."""
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        lines = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        lines.writerow(names)
        lines.writerows([row.get(name, "") for name in names] for row in rows)


def _answer(outcome: Outcome, rows: int) -> Answer:
    aside = {row.line: row for row in _set_aside(outcome)}
    counts = {name: getattr(outcome, name) for name in ("read", "applied", "unchanged", "quarantined")}
    if outcome.state == "already_loaded":
        counts |= {"unchanged": outcome.read - len(aside), "quarantined": len(aside)}
    said: dict[str, Any] = {"delivery": outcome.delivery, "state": outcome.state, "rows": counts}
    if outcome.state in {"held", "rejected"}:
        code = next(iter(outcome.reasons), "HELD")
        return Answer(409, {"code": code, "detail": outcome.reason, **said})
    said["results"] = [_result(place, aside.get(place + HEADER_LINES)) for place in range(1, rows + 1)]
    return Answer(200, said)


def _set_aside(outcome: Outcome) -> QuerySet[QuarantinedRow]:
    """The rows of the delivery that are no facts now; of a batch that came before, some may have been released since."""
    rows = QuarantinedRow.objects.filter(delivery_id=outcome.delivery or 0)
    return rows.exclude(state=QuarantinedRow.State.RELEASED)


def _result(place: int, aside: QuarantinedRow | None) -> dict[str, Any]:
    if aside is None:
        return {"row": place, "result": "taken"}
    reason = {"reason": aside.reason, "detail": str(sentence_of(aside.reason)), "field": aside.column, "value": aside.value}
    return {"row": place, "result": "set_aside", **reason}
