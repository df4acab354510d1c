"""Group robots of WeCom, DingTalk and Feishu, and whatever else the library apprise knows, by its addresses."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from loanwatch.trail.outbox.calls import Answer, judge, public_addresses
from loanwatch.trail.outbox.channels import Channel
from loanwatch.trail.outbox.rules import Message, Permanent, Temporary, Uncertain


class RobotChannel(Channel):
    """`url` is an address of the library, as wecombot://KEY, dingtalk://TOKEN, feishu://TOKEN or jsons://host/path.

    The library tells success or none. What the provider's server answered is read beside it, because a robot that refuses
    answers with status 200 and an error number in the body. The recipient stands in the text: a robot speaks to a group.
    """

    def __init__(self, url: str, *, private: bool = False, timeout: float = 10.0) -> None:
        self.url, self.private, self.timeout = url, private, timeout

    def send(self, message: Message) -> str:
        import apprise  # takes a second and a half

        robots = apprise.Apprise(asset=apprise.AppriseAsset(http_redirects=False))
        if not robots.add(self.url):
            raise Permanent("The address of the robot is not one that the library knows.")
        with _watched(self.timeout, self.private) as calls:
            told = robots.notify(title=f"{message.headline} · {message.recipient}", body=message.body)
        if not calls:
            raise Temporary("The robot was not called.")
        _all_accepted(calls)
        if not told:
            raise Uncertain("The library says that the robot did not take the message, the robot's server that it did.")
        return f"robot {calls[-1].status}" if isinstance(calls[-1], Answer) else "robot"


def _all_accepted(calls: list[Any]) -> None:
    """A long text leaves in parts. Raises Uncertain where some of them were taken: sent again, the group would read those twice."""
    faults = [fault for fault in map(_fault_of, calls) if fault]
    if not faults:
        return
    if taken := len(calls) - len(faults):
        raise Uncertain(f"{taken} of {len(calls)} parts were taken; then: {faults[0]}")
    raise next((fault for fault in faults if isinstance(fault, Uncertain)), faults[0])


def _fault_of(answer: Any) -> Exception | None:
    try:
        if isinstance(answer, Exception):
            raise answer
        _accepted(judge(answer, "The robot"))
    except (Temporary, Permanent, Uncertain) as fault:
        return fault
    return None


def _accepted(answer: Answer) -> None:
    """WeCom and DingTalk say errcode, Feishu says code: anything but 0 is a refusal."""
    try:
        told = json.loads(answer.body)
    except ValueError:
        return
    number = told.get("errcode", told.get("code", 0)) if isinstance(told, dict) else 0
    if number in {0, "0", None}:
        return
    sentence = f"The robot refused with {number}: {str(told.get('errmsg') or told.get('msg') or '')[:120]}"
    busy = number in {45009, 130101, 9499, 11232}  # too many messages in a minute: WeCom, DingTalk, Feishu
    raise (Temporary if busy else Permanent)(sentence)


@contextmanager
def _watched(timeout: float, private: bool) -> Iterator[list[Any]]:
    """Inside the block every call of the library is judged before it goes out, and its answer or fault is kept."""
    import requests

    calls: list[Any] = []
    original = requests.Session.send

    def send(self: Any, request: Any, **options: Any) -> Any:
        parts = urlsplit(request.url)
        try:
            public_addresses(parts.hostname or "", parts.port or 443, private=private)
            response = original(self, request, **(options | {"timeout": timeout, "allow_redirects": False}))
        except (Temporary, Permanent) as refused:
            calls.append(refused)
            raise requests.ConnectionError(str(refused)) from refused
        except (requests.ConnectTimeout, requests.exceptions.SSLError) as fault:
            calls.append(Temporary(f"{parts.hostname} can't be reached: {type(fault).__name__}"))
            raise
        except requests.RequestException as fault:
            calls.append(_fault(fault, parts.hostname or ""))
            raise
        calls.append(Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, response.text[:2000]))
        return response

    requests.Session.send = send  # type: ignore[method-assign]
    try:
        yield calls
    finally:
        requests.Session.send = original  # type: ignore[method-assign]


def _fault(fault: Exception, host: str) -> Exception:
    """A connection that was never made leaves nothing uncertain; one that broke off does."""
    if "NewConnectionError" in repr(fault) or "Failed to establish" in str(fault):
        return Temporary(f"{host} can't be reached.")
    return Uncertain(f"{host} gave no answer: {type(fault).__name__}")
