"""Channels against real servers on this machine: what is sent, what comes back, and what is believed."""

import hashlib
import hmac
import json
import os
import smtplib
import socketserver
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from loanwatch.trail.outbox.calls import Answer, public_addresses, retry_after
from loanwatch.trail.outbox.channels import Channels, FileChannel, made
from loanwatch.trail.outbox.robots import _all_accepted
from loanwatch.trail.outbox.rules import Message, Patience, Permanent, Temporary, Uncertain

MESSAGE = Message(1, "1:reminder.due:N1/1:2026-10-30:sms:abc", "reminder.due", "N1/1", "2026-10-30", "sms", "13800000000", "Due", "请还款 10 元", "zh-hans", "L1")


class Provider(BaseHTTPRequestHandler):
    """Does what the path says; keeps what it was sent."""

    seen: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Provider.seen.append({"path": self.path, "headers": dict(self.headers), "body": body})
        if self.path == "/slow":
            time.sleep(1.5)
        if self.path == "/cut":
            self.connection.close()
            return
        status = int(self.path[1:]) if self.path[1:].isdigit() else 200
        refusals = {"/robot-refuses": b'{"errcode": 93000, "errmsg": "invalid webhook"}', "/robot-busy": b'{"errcode": 45009}'}
        self.answer(status, refusals.get(self.path, b'{"id": "SM-77", "errcode": 0}'))

    def do_GET(self) -> None:
        Provider.seen.append({"path": self.path, "headers": dict(self.headers), "body": b""})
        self.answer(404 if "unknown" in self.path else 200 if "known" in self.path else 503, b'{"id": "SM-78"}')

    def answer(self, status: int, body: bytes) -> None:
        try:
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", "120")
            if status == 302:
                self.send_header("Location", "/200")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass  # the caller has given up

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def provider():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _forget():
    Provider.seen.clear()


def gateway(url: str, **told: Any):
    return made({"driver": "gateway", "url": url, "private": True, "timeout": 0.5, **told})


def test_a_gateway_gets_the_key_as_its_idempotency_key_and_its_own_number_is_the_receipt(provider):
    channel = gateway(f"{provider}/200", token="T", fields={"to": "phone", "text": "msg", "key": "ref"}, extra={"template": "A1"})
    assert channel.send(MESSAGE) == "SM-77"
    sent = Provider.seen[0]
    assert sent["headers"]["Idempotency-Key"] == MESSAGE.key
    assert sent["headers"]["Authorization"] == "Bearer T"
    assert json.loads(sent["body"]) == {"template": "A1", "phone": "13800000000", "msg": "请还款 10 元", "ref": MESSAGE.key}


@pytest.mark.parametrize(
    ("path", "fault"),
    [("500", Temporary), ("503", Temporary), ("429", Temporary), ("400", Permanent), ("401", Permanent), ("302", Permanent), ("502", Uncertain),
     ("504", Uncertain), ("slow", Uncertain), ("cut", Uncertain)],
)  # fmt: skip
def test_what_a_gateway_answers_decides_whether_it_is_tried_again(provider, path, fault):
    with pytest.raises(fault):
        gateway(f"{provider}/{path}").send(MESSAGE)
    assert len(Provider.seen) == 1, "a redirect is not followed and nothing is repeated here"


def test_a_gateway_that_asks_for_patience_gets_it(provider):
    with pytest.raises(Temporary) as busy:
        gateway(f"{provider}/429").send(MESSAGE)
    assert busy.value.after == 120


def test_a_gateway_that_is_not_there_has_taken_nothing():
    with pytest.raises(Temporary):
        gateway("http://127.0.0.1:9/").send(MESSAGE)


@pytest.mark.parametrize(("place", "told"), [("known", "SM-78"), ("unknown", False), ("broken", None)])
def test_a_gateway_is_asked_back_by_the_key(provider, place, told):
    channel = gateway(f"{provider}/200", ask_url=f"{provider}/{place}/{{key}}")
    assert channel.asks
    if told == "SM-78":
        assert channel.seen(MESSAGE) == "SM-78"
        assert "1%3Areminder.due%3AN1%2F1" in Provider.seen[0]["path"]
    else:
        assert channel.seen(MESSAGE) is told


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "::1", "::ffff:10.0.0.1", "fd00::1", "224.0.0.1"])
def test_a_private_address_is_refused_before_anything_is_sent(address):
    with pytest.raises(Permanent, match="not a public address"):
        public_addresses(address, 443, private=False)
    assert public_addresses(address, 443, private=True) == [address]


def test_plain_http_and_other_schemes_are_for_addresses_named_as_private_only(provider):
    for url in (f"{provider}/200", "https://127.0.0.1:1/", "ftp://example.com/"):
        with pytest.raises(Permanent):
            gateway(url, private=False).send(MESSAGE)
    assert Provider.seen == []


def test_a_webhook_is_signed_over_time_key_and_body(provider):
    channel = made({"driver": "webhook", "url": f"{provider}/200", "secret": "S", "private": True})
    channel.send(MESSAGE)
    sent = Provider.seen[0]
    at, told = (part.split("=", 1)[1] for part in sent["headers"]["X-LoanWatch-Signature"].split(","))
    assert told == hmac.new(b"S", f"{at}.{MESSAGE.key}.".encode() + sent["body"], hashlib.sha256).hexdigest()
    assert abs(time.time() - int(at)) < 60


@pytest.mark.parametrize(
    ("path", "fault"), [("200", None), ("robot-refuses", Permanent), ("robot-busy", Temporary), ("500", Temporary), ("302", Permanent), ("slow", Uncertain)]
)
def test_a_group_robot_is_believed_only_when_its_server_accepts(provider, path, fault):
    channel = made({"driver": "robot", "url": provider.replace("http", "json") + f"/{path}", "private": True, "timeout": 0.5})
    if fault is None:
        assert channel.send(MESSAGE) == "robot 200"
        assert "请还款 10 元" in json.loads(Provider.seen[0]["body"])["message"]
    else:
        with pytest.raises(fault):
            channel.send(MESSAGE)
    assert len(Provider.seen) == 1


def test_a_long_text_of_which_a_part_was_taken_is_not_simply_sent_again():
    taken, busy, refused = Answer(200, {}, '{"errcode": 0}'), Answer(200, {}, '{"errcode": 45009}'), Answer(400, {}, "")
    assert _all_accepted([taken, taken]) is None
    for calls in ([taken, busy], [busy, taken], [taken, refused], [taken, Temporary("away")]):
        with pytest.raises(Uncertain, match="1 of 2 parts were taken"):
            _all_accepted(calls)
    for calls, fault in (([busy, busy], Temporary), ([refused, busy], Permanent), ([busy, Uncertain("?")], Uncertain)):
        with pytest.raises(fault):
            _all_accepted(calls)


def test_a_group_robot_at_a_private_address_is_not_called(provider):
    with pytest.raises(Permanent):
        made({"driver": "robot", "url": provider.replace("http", "json") + "/200"}).send(MESSAGE)
    assert Provider.seen == []


class Mailbox(socketserver.StreamRequestHandler):
    """As much SMTP as is needed; what happens after DATA is told by the server."""

    def handle(self) -> None:
        self.say(b"220 here")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"RCPT" and self.server.rcpt:  # type: ignore[attr-defined]
                self.say(self.server.rcpt)  # type: ignore[attr-defined]
            elif word == b"DATA":
                self.say(b"354 go on")
                lines = []
                while (text := self.rfile.readline()) not in {b".\r\n", b""}:
                    lines.append(text)
                self.server.letters.append(b"".join(lines))  # type: ignore[attr-defined]
                if self.server.after is None:  # type: ignore[attr-defined]
                    return
                self.say(self.server.after)  # type: ignore[attr-defined]
            elif word == b"QUIT":
                self.say(b"221 bye")
                return
            else:
                self.say(b"250 yes")

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


@pytest.mark.parametrize(
    ("rcpt", "after", "fault"),
    [(b"", b"250 taken", None), (b"550 nobody", b"", Permanent), (b"451 later", b"", Temporary), (b"", b"552 too large", Permanent),
     (b"", b"451 later", Temporary), (b"", None, Uncertain)],
    ids=["taken", "no such mailbox", "mailbox busy", "refused", "later", "cut off after the letter"],
)  # fmt: skip
def test_a_letter_is_taken_refused_or_uncertain(rcpt, after, fault):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox) as server:
        server.daemon_threads = True
        server.rcpt, server.after, server.letters = rcpt, after, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sender, port = "LoanWatch <no-reply@bank.example>", server.server_address[1]
        channel = made({"driver": "mail", "host": "127.0.0.1", "port": port, "sender": sender, "tls": "none", "timeout": 2})
        if fault is None:
            assert channel.send(MESSAGE) == "<1.reminder.due.N1.1.2026-10-30.sms.abc@bank.example>"
            assert b"Message-ID: <1.reminder.due.N1.1.2026-10-30.sms.abc@bank.example>" in server.letters[0]
        else:
            with pytest.raises(fault):
                channel.send(MESSAGE)
        server.shutdown()


@pytest.mark.parametrize("more", [{"headline": "Due\nBcc: all@bank.example"}, {"recipient": "a\n@b.example"}])
def test_a_letter_that_can_not_be_made_is_refused_and_nothing_of_it_leaves(more):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox) as server:
        server.daemon_threads = True
        server.rcpt, server.after, server.letters = b"", b"250 taken", []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told = {"host": "127.0.0.1", "port": server.server_address[1], "sender": "no-reply@bank.example", "tls": "none", "timeout": 2}
        with pytest.raises(Permanent):
            made({"driver": "mail", **told}).send(replace(MESSAGE, **more))
        assert server.letters == []
        server.shutdown()


def test_a_key_that_no_header_can_hold_is_refused_before_anything_leaves(provider):
    with pytest.raises(Permanent):
        gateway(f"{provider}/200").send(replace(MESSAGE, key="1:贷款"))
    assert Provider.seen == []


def test_a_mailbox_that_is_not_there_has_taken_nothing():
    with pytest.raises(Temporary):
        made({"driver": "mail", "host": "127.0.0.1", "port": 9, "sender": "a@b.example", "tls": "none"}).send(MESSAGE)
    assert smtplib.SMTP_PORT == 25


# --- the file ---


def test_the_file_holds_one_line_per_key_whoever_writes_it(tmp_path):
    first, second = FileChannel(tmp_path / "out" / "m.jsonl"), FileChannel(tmp_path / "out" / "m.jsonl")
    assert first.seen(MESSAGE) is False
    first.send(MESSAGE)
    second.send(MESSAGE)
    assert second.seen(MESSAGE)
    (line,) = (tmp_path / "out" / "m.jsonl").read_text().splitlines()
    told = json.loads(line)
    assert {k: told[k] for k in ("key", "kind", "channel", "recipient", "subject", "business_date")} == {
        "key": MESSAGE.key, "kind": "reminder.due", "channel": "sms", "recipient": "13800000000", "subject": "N1/1", "business_date": "2026-10-30",
    }  # fmt: skip


def test_half_a_line_of_a_writer_that_was_killed_is_taken_back(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_bytes(b'{"key": "a"}\n{"key": "b", "ki')
    channel = FileChannel(path)
    assert channel.seen(MESSAGE) is False
    channel.send(MESSAGE)
    assert [json.loads(line)["key"] for line in path.read_text().splitlines()] == ["a", MESSAGE.key]


def test_a_file_that_was_begun_anew_is_read_anew(tmp_path):
    channel = FileChannel(tmp_path / "m.jsonl")
    channel.send(MESSAGE)
    os.truncate(tmp_path / "m.jsonl", 0)
    assert channel.seen(MESSAGE) is False


def test_channels_are_named_per_lender_and_the_file_takes_the_place_of_all(tmp_path):
    (tmp_path / "secret").write_text("S\n")
    described = f'[L1.sms]\ndriver = "gateway"\nurl = "https://sms.example/"\ntoken_file = "{tmp_path}/secret"\n["*".email]\ndriver = "file"\npath = "{tmp_path}/x"\n'
    (tmp_path / "channels.toml").write_text(described)
    channels = Channels(notify="", file=str(tmp_path / "channels.toml"))
    assert channels.of("L1", "sms").token == "S"
    assert isinstance(channels.of("L2", "email"), FileChannel)
    with pytest.raises(Temporary, match="No channel sms is set up for L2"):
        channels.of("L2", "sms")
    sink = Channels(notify=f"file:{tmp_path}/sink.jsonl", file=str(tmp_path / "channels.toml"))
    assert sink.of("L1", "sms") is sink.sink


# --- patience ---


def test_each_attempt_waits_twice_as_long_up_to_an_hour_and_never_beyond():
    patience = Patience()
    assert [patience.seconds(n, 0.5) for n in (1, 2, 3, 8, 20, 1000)] == [30, 60, 120, 3600, 3600, 3600]
    assert (patience.seconds(1, 0.0), patience.seconds(1, 0.999999)) == (22.5, pytest.approx(37.5, abs=0.01))
    assert (patience.over(19), patience.over(20)) == (False, True)
    assert sum(patience.seconds(n, 0.0) for n in range(1, 20)) > 4 * 3600, "a provider that is away for two hours loses nothing"


@pytest.mark.parametrize(("asked", "seconds"), [(120, 120), (5, 30), (90_000, 3600)])
def test_what_a_provider_asks_for_is_kept_within_bounds(asked, seconds):
    assert Patience().seconds(1, 0.5, asked) == seconds


@pytest.mark.parametrize(("header", "seconds"), [("17", 17), ("", None), ("soon", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0)])
def test_retry_after_is_read_as_seconds_or_a_date(header, seconds):
    assert retry_after(header) == seconds
