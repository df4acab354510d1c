"""What a batch of facts may look like, and when a webhook is believed."""

import pytest

from borrowers.intake.rules import MOST_BYTES, MOST_ROWS, WINDOW_SECONDS, BadBatch, read_batch, refusal, signature, webhook_key

FIELDS = {"number", "amount", "settled", "note"}
NOW = 1_800_000_000


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"00123"', "00123"), ("1234567890.10", "1234567890.10"), ("1E5", "1E5"), ("0.1", "0.1"), ("NaN", "NaN"), ("-0", "-0"),
        ("12345678901234567890123", "12345678901234567890123"), ("true", "true"), ("false", "false"), ("null", ""), ('""', ""),
    ],
)  # fmt: skip
def test_a_number_is_the_digits_that_stand_there_and_never_a_float(written, read):
    batch = read_batch(b'{"business_date": "2026-11-20", "rows": [{"amount": ' + written.encode() + b"}]}", FIELDS)
    assert batch.rows == ({"amount": read},)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "NOT_JSON"), (b"{", "NOT_JSON"), (b"[" * 100_000, "NOT_JSON"), (b"[]", "NOT_AN_OBJECT"), (b'"text"', "NOT_AN_OBJECT"),
        (b'{"rows": []}', "NO_ROWS"), (b'{"rows": {}}', "NO_ROWS"), (b"{}", "NO_ROWS"), (b'{"rows": [1]}', "NOT_AN_OBJECT"),
        (b'{"rows": [{"nonsense": 1}]}', "UNKNOWN_FIELD"), (b'{"rows": [{"number": []}]}', "NOT_A_VALUE"),
        (b'{"rows": [{"number": {"a": 1}}]}', "NOT_A_VALUE"), (b'{"extra": 1, "rows": [{"number": 1}]}', "UNKNOWN_FIELD"),
        (b'{"rows": [{"number": 1, "number": 2}]}', "NAME_TWICE"), ('{"rows": "ß"}'.encode("latin-1"), "NOT_UTF8"),
        (b" " * (MOST_BYTES + 1), "TOO_LARGE"),
    ],
)  # fmt: skip
def test_a_batch_that_cannot_be_read_is_refused_with_a_code(body, code):
    with pytest.raises(BadBatch) as refused:
        read_batch(body, FIELDS)
    assert refused.value.code == code


@pytest.mark.parametrize(("rows", "taken"), [(MOST_ROWS, True), (MOST_ROWS + 1, False)])
def test_a_batch_has_at_most_so_many_rows(rows, taken):
    body = b'{"rows": [' + b",".join([b'{"number": "1"}'] * rows) + b"]}"
    if taken:
        assert len(read_batch(body, FIELDS).rows) == rows
    else:
        with pytest.raises(BadBatch, match="at most"):
            read_batch(body, FIELDS)


def headers(key, body, moment=NOW):
    return {"X-LoanWatch-Timestamp": str(moment), "X-LoanWatch-Signature": signature(key, str(moment), "", body)}


@pytest.mark.parametrize(
    ("away", "code"),
    [(0, None), (WINDOW_SECONDS, None), (-WINDOW_SECONDS, None), (WINDOW_SECONDS + 1, "TOO_OLD"), (-WINDOW_SECONDS - 1, "TOO_OLD")],
)
def test_a_time_stamp_counts_within_its_window(away, code):
    key = webhook_key("secret", "ONE", "bureau", 1)
    found = refusal(key, headers(key, b"{}", NOW - away), b"{}", NOW)
    assert (found and found[0]) == code


def test_another_body_another_key_or_another_moment_is_not_believed():
    key = webhook_key("secret", "ONE", "bureau", 1)
    good = headers(key, b"{}")
    assert refusal(key, good, b"{ }", NOW) == ("BAD_SIGNATURE", refusal(key, good, b"{ }", NOW)[1])
    assert refusal(webhook_key("secret", "ONE", "bureau", 2), good, b"{}", NOW)[0] == "BAD_SIGNATURE"
    assert refusal(webhook_key("secret", "TWO", "bureau", 1), good, b"{}", NOW)[0] == "BAD_SIGNATURE"
    assert refusal(key, good | {"X-LoanWatch-Timestamp": str(NOW + 1)}, b"{}", NOW)[0] == "BAD_SIGNATURE"
    assert refusal(key, good | {"X-LoanWatch-Signature": "ß"}, b"{}", NOW)[0] == "BAD_SIGNATURE"
    assert refusal(key, {}, b"{}", NOW)[0] == "NO_TIMESTAMP"
