"""Text messages through a gateway over HTTP (Kakao-style ones too), and webhooks that are signed."""

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import quote, urlsplit

from loanwatch.trail.outbox.calls import call, judge
from loanwatch.trail.outbox.channels import Channel
from loanwatch.trail.outbox.rules import Message, Permanent, Temporary, Uncertain


class GatewayChannel(Channel):
    """POSTs JSON to `url`. `fields` says what the gateway calls our values, `extra` what it wants besides (sender, template code).

    values: key, to, text, headline, language, kind. receipt: the field of its answer that holds its own number. ask_url: where
    it tells whether it has a key, `{key}` in it; 200 means yes, 404 no. idempotent: the operator knows that it delivers a key once.
    """

    def __init__(
        self, url: str, *, token: str = "", fields: dict[str, str] | None = None, extra: dict[str, Any] | None = None, receipt: str = "id",
        ask_url: str = "", idempotent: bool = False, key_header: str = "Idempotency-Key", private: bool = False, timeout: float = 10.0,
        authority: str = "",
    ) -> None:  # fmt: skip
        self.url, self.token, self.extra, self.receipt, self.ask_url = url, token, extra or {}, receipt, ask_url
        self.fields = fields or {"key": "key", "to": "to", "text": "text"}
        self.idempotent, self.key_header, self.private, self.timeout, self.authority = idempotent, key_header, private, timeout, authority
        self.asks = bool(ask_url)
        self.host = urlsplit(url).hostname or url

    def send(self, message: Message) -> str:
        values = {
            "key": message.key, "to": message.recipient, "text": message.body, "headline": message.headline, "language": message.language, "kind": message.kind,
        }  # fmt: skip
        body = json.dumps(self.extra | {name: values[value] for value, name in self.fields.items()}, ensure_ascii=False).encode()
        headers = self._headers() | {"Content-Type": "application/json", self.key_header: message.key}
        answer = judge(call("POST", self.url, body=body, headers=headers, timeout=self.timeout, private=self.private, verify=self.authority), self.host)
        return _own_number(answer.body, self.receipt) or f"{self.host} {answer.status}"

    def seen(self, message: Message) -> str | bool | None:
        if not self.ask_url:
            return None
        url = self.ask_url.replace("{key}", quote(message.key, safe=""))
        try:
            answer = call("GET", url, headers=self._headers(), timeout=self.timeout, private=self.private, verify=self.authority)
        except (Temporary, Uncertain, Permanent):
            return None
        if answer.status == 404:
            return False
        return (_own_number(answer.body, self.receipt) or f"known to {self.host}") if answer.status == 200 else None

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


class WebhookChannel(Channel):
    """POSTs the message as JSON, signed: `X-LoanWatch-Signature: t=<unix time>,v1=<HMAC-SHA256 of "time.key.body">`."""

    def __init__(self, url: str, *, secret: str, private: bool = False, timeout: float = 10.0, idempotent: bool = False, authority: str = "") -> None:
        self.url, self.secret, self.private, self.timeout, self.idempotent, self.authority = url, secret, private, timeout, idempotent, authority
        self.host = urlsplit(url).hostname or url

    def send(self, message: Message) -> str:
        body = json.dumps(
            {"key": message.key, "kind": message.kind, "subject": message.subject, "business_date": message.business_date,
             "recipient": message.recipient, "headline": message.headline, "text": message.body}, ensure_ascii=False,
        ).encode()  # fmt: skip
        at = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "X-LoanWatch-Delivery": message.key,
            "X-LoanWatch-Signature": f"t={at},v1={signature(self.secret, at, message.key, body)}",
        }
        answer = judge(call("POST", self.url, body=body, headers=headers, timeout=self.timeout, private=self.private, verify=self.authority), self.host)
        return f"{self.host} {answer.status}"


def signature(secret: str, at: str, key: str, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{at}.{key}.".encode() + body, hashlib.sha256).hexdigest()


def _own_number(body: str, field: str) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    return str(told.get(field) or "")[:180] if isinstance(told, dict) else ""
