"""How a batch of facts is read and how a webhook is signed. Pure: bytes in, rows of text out."""

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

MOST_ROWS = 5_000  # of one batch; more goes in several batches, or as a file
MOST_BYTES = 10 * 1024 * 1024
LONGEST_KEY = 120  # characters of an Idempotency-Key
WINDOW_SECONDS = 300  # between a webhook's time stamp and ours, either way
LEFT_OUT = ""  # a value that is null or left out: the source does not say


class BadBatch(Exception):
    """A batch that can't be read at all. `code` is stable, the message a sentence; nothing of it was stored."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


@dataclass(frozen=True)
class Batch:
    """What a sender tells: the business date as text, and rows as name → text, with numbers exactly as they were written."""

    business_date: str
    rows: tuple[dict[str, str], ...]
    fact: str = ""  # a webhook names the kind of fact in its body


def read_batch(body: bytes, fields: Collection[str]) -> Batch:
    """Read `{"business_date": "2026-11-20", "rows": [{field: value}]}`. `fields` are the names a row may have.

    Values are texts, numbers, true, false or null. A number is taken as the digits that stand there, never as a float.
    Raises BadBatch.
    """
    told = _object(body)
    if unknown := set(told) - {"business_date", "rows", "fact"}:
        raise BadBatch("UNKNOWN_FIELD", f"A batch has no {sorted(unknown)[0]!r}. It has business_date and rows.")
    rows = told.get("rows")
    if not isinstance(rows, list) or not rows:
        raise BadBatch("NO_ROWS", "rows is a list of at least one row.")
    if len(rows) > MOST_ROWS:
        raise BadBatch(
            "TOO_MANY_ROWS", f"A batch has at most {MOST_ROWS} rows, this one has {len(rows)}. Nothing was stored; send it in parts."
        )
    return Batch(
        str(told.get("business_date", "")), tuple(_row(place, row, fields) for place, row in enumerate(rows, 1)), str(told.get("fact", ""))
    )


def _object(body: bytes) -> dict[str, Any]:
    if len(body) > MOST_BYTES:
        raise BadBatch("TOO_LARGE", f"A batch has at most {MOST_BYTES // 1024 // 1024} MB. Nothing was stored; send it in parts.")
    try:
        told = json.loads(body.decode("utf-8"), parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_no_name_twice)
    except UnicodeDecodeError:
        raise BadBatch("NOT_UTF8", "The body is not written in UTF-8.") from None
    except (json.JSONDecodeError, RecursionError) as fault:
        raise BadBatch("NOT_JSON", f"The body is no JSON: {fault}.") from None
    if not isinstance(told, dict):
        raise BadBatch("NOT_AN_OBJECT", "The body is a JSON object with business_date and rows.")
    return told


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        raise BadBatch("NAME_TWICE", f"An object names {next(n for n in names if names.count(n) > 1)!r} twice.")
    return made


def _row(place: int, row: Any, fields: Collection[str]) -> dict[str, str]:
    if not isinstance(row, dict):
        raise BadBatch("NOT_AN_OBJECT", f"Row {place} is no JSON object.")
    if unknown := set(row) - set(fields):
        raise BadBatch("UNKNOWN_FIELD", f"Row {place} names {sorted(unknown)[0]!r}. Known are {', '.join(sorted(fields))}.")
    return {name: _text(place, name, value) for name, value in row.items()}


def _text(place: int, name: str, value: Any) -> str:
    if value is None:
        return LEFT_OUT
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    raise BadBatch("NOT_A_VALUE", f"Row {place}: {name} is a text, a number, true, false or null, not a list or an object.")


# --- webhooks ------------------------------------------------------------------------------------------------------------------


def webhook_key(secret: str, lender: str, name: str, generation: int) -> str:
    """The key of a webhook source: made from the installation's secret, so that it is never stored. 64 hexadecimal signs."""
    said = f"loanwatch webhook {lender} {name} {generation}"
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()


def signature(key: str, moment: str, delivery: str, body: bytes) -> str:
    """What a sender puts into `X-LoanWatch-Signature`: `sha256=` and the HMAC of time stamp, number of the message and body.

    Between them stand full stops; the number is empty where the sender gives none.
    """
    said = f"{moment}.{delivery}.".encode("utf-8", "replace") + body
    return "sha256=" + hmac.new(key.encode(), said, hashlib.sha256).hexdigest()


def refusal(key: str, headers: Mapping[str, str], body: bytes, now: int) -> tuple[str, str] | None:
    """Code and sentence why a webhook is not believed; None when it is. `now`: seconds since 1970.

    A time stamp exactly WINDOW_SECONDS away is still taken.
    """
    moment, signed = headers.get("X-LoanWatch-Timestamp", ""), headers.get("X-LoanWatch-Signature", "")
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12):
        return "NO_TIMESTAMP", "X-LoanWatch-Timestamp must hold the seconds since 1970."
    delivery = headers.get("X-LoanWatch-Delivery", "")
    if not hmac.compare_digest(signature(key, moment, delivery, body).encode(), signed.encode("utf-8", "replace")):
        return "BAD_SIGNATURE", "X-LoanWatch-Signature does not fit the time stamp, the delivery number, the body and the key."
    if abs(now - int(moment)) > WINDOW_SECONDS:
        return "TOO_OLD", f"The time stamp is more than {WINDOW_SECONDS} seconds away from this clock."
    return None
