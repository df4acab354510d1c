"""Calls to other people's servers: only to addresses that are public (or named as private on purpose), never onwards to another.

The name is resolved once, each address is judged, and the connection goes to a judged address, so that a name that changes
its mind between question and call leads nowhere else (reliability rule R57).
"""

import http.client
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from loanwatch.trail.outbox.rules import Permanent, Temporary, Uncertain

MOST_READ = 64 * 1024  # bytes of an answer; a receipt has a hundred
MAYBE = {408, 502, 504}  # somebody in between gave up waiting: whoever is behind may have taken it


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]  # names in lower case
    body: str


def public_addresses(host: str, port: int, *, private: bool) -> list[str]:
    """The addresses of `host`. Raises Temporary when it has none now, Permanent when one is not public and `private` is False."""
    try:
        found = list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except OSError as fault:
        raise Temporary(f"{host} is not known: {fault}") from fault
    if not private:
        for address in found:
            bare = ipaddress.ip_address(address.partition("%")[0])
            mapped = getattr(bare, "ipv4_mapped", None)
            if not (mapped or bare).is_global or (mapped or bare).is_multicast:
                raise Permanent(f"{host} is not a public address; name it as private in the file of channels if that is meant.")
    return found


def call(
    method: str, url: str, *, body: bytes = b"", headers: dict[str, str] | None = None, timeout: float, private: bool = False, verify: str = ""
) -> Answer:
    """One request, answered or not. No redirect is followed, no proxy asked.

    Raises Temporary when nothing was handed over, Uncertain when it was and no answer came. verify: file of an own authority.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or (parts.scheme == "http" and not private):
        raise Permanent("Messages leave over https only; plain http is for addresses named as private.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = _connected(parts.scheme, parts.hostname, port, timeout, private, verify)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request(method, path, body=body or None, headers={"User-Agent": "LoanWatch", **(headers or {})})
        except ValueError as fault:  # a sign that no header can hold: raised before anything leaves
            raise Permanent(f"No request to {parts.hostname} can be made of it: {fault}") from fault
        response = connection.getresponse()
        text = response.read(MOST_READ).decode("utf-8", "replace")
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, text)
    except (OSError, http.client.HTTPException) as fault:
        raise Uncertain(f"{parts.hostname} gave no answer: {type(fault).__name__}") from fault
    finally:
        connection.close()


def _connected(scheme: str, host: str, port: int, timeout: float, private: bool, verify: str) -> http.client.HTTPConnection:
    last: OSError | None = None
    for address in public_addresses(host, port, private=private):
        connection: Any
        if scheme == "https":
            context = ssl.create_default_context(cafile=verify or None)
            connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=timeout)
        # The library's own seam for how a connection is made; name and certificate are still those of `host`.
        connection._create_connection = lambda _, *rest, to=address, **more: socket.create_connection((to, port), *rest, **more)
        try:
            connection.connect()
            return connection
        except OSError as fault:  # TLS faults are OSErrors too
            connection.close()
            last = fault
    raise Temporary(f"{host} can't be reached: {last}") from last


def judge(answer: Answer, host: str) -> Answer:
    """The answer if it accepts, 200 to 299. Raises Temporary, Permanent or Uncertain otherwise."""
    if 200 <= answer.status < 300:
        return answer
    if 300 <= answer.status < 400:
        raise Permanent(f"{host} points elsewhere (status {answer.status}); redirects are not followed.")
    if answer.status in MAYBE:
        raise Uncertain(f"{host} answered with status {answer.status}: who is behind it may have taken the message.")
    if answer.status == 429 or answer.status >= 500:
        raise Temporary(f"{host} answered with status {answer.status}.", retry_after(answer.headers.get("retry-after", "")))
    raise Permanent(f"{host} refused with status {answer.status}: {answer.body[:160]}")


def retry_after(value: str) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as a date; None when there is none or it is nonsense."""
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - timezone.now()).total_seconds())
    except (TypeError, ValueError):
        return None
