"""The dead man's switch: tells of alarms by a way of its own, not through the outbox or Celery, which may be what is dead."""

import contextlib
import json
import logging
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from loanwatch.watch.checks import Alarm

logger = logging.getLogger(__name__)
AGAIN = timedelta(hours=1)  # an alarm that stands is told again after this long, and not sooner
PATIENCE = 15  # seconds for a mail server or a web address to answer


@dataclass
class Told:
    """What one look found: everything that stands, what of it is to be told now, and what is over."""

    standing: list[Alarm] = field(default_factory=list)
    tell: list[Alarm] = field(default_factory=list)
    over: list[str] = field(default_factory=list)  # the sentences of alarms that no longer stand
    unsent: list[str] = field(default_factory=list)  # ways that failed, with their reason

    @property
    def text(self) -> str:
        """What is said: first what is wrong, then what is over. Empty when there is nothing to say."""
        return "\n".join([*(f"ALARM {a.sentence}" for a in self.tell), *(f"OVER {sentence}" for sentence in self.over)])


class Memory:
    """Which alarms were told when, in a file of this machine: the database may be what is down."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, dict[str, str]] = {}
        # The first look, or a file cut short: telling once too often is the right fault.
        with contextlib.suppress(OSError, ValueError, TypeError):
            self.known = dict(json.loads(path.read_text(encoding="utf-8")))

    def compare(self, found: Sequence[Alarm], now: datetime) -> Told:
        """What of `found` is new or was told an hour ago or longer, and what is over. Remembers it; call `save` to keep it."""
        told = Told(standing=list(found))
        keys = {alarm.key for alarm in found}
        # While the database is silent or a check fails nobody can say that another alarm is over.
        blind = any(key == "database" or key.startswith("check:") for key in keys)
        told.over = [known["sentence"] for key, known in self.known.items() if key not in keys and not blind]
        kept = {key: known for key, known in self.known.items() if key in keys or blind}
        for alarm in found:
            known = kept.get(alarm.key)
            if known is None or datetime.fromisoformat(known["told"]) + AGAIN <= now:
                told.tell.append(alarm)
                since = known["since"] if known else now.isoformat()
                kept[alarm.key] = {"since": since, "told": now.isoformat(), "sentence": alarm.sentence}
        self.known = kept
        return told

    def save(self) -> None:
        """Raises OSError where the folder can't be written."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self.known, ensure_ascii=False, indent=1), encoding="utf-8")
        fresh.replace(self.path)


def look(found: Sequence[Alarm], now: datetime, path: Path | None = None) -> Told:
    """Compare, tell by every way that is set up, remember.

    A way that fails doesn't stop the others; when all that are set up fail, the next look tells again.
    """
    memory = Memory(path or settings.STATE / "watch.json")
    before = dict(memory.known)
    told = memory.compare(found, now)
    heard = False
    for name, send in WAYS.items() if told.text else ():
        try:
            heard |= send(told)
        except Exception as reason:  # whatever a mail server or a proxy does: the other ways still speak
            logger.warning("the %s could not be sent", name, exc_info=True)
            told.unsent.append(f"The {name} could not be sent: {reason}")
    if told.unsent and not heard:
        memory.known = before
    try:
        memory.save()
    except OSError as reason:
        told.unsent.append(f"What was told could not be remembered: {reason}")
    return told


def _mail(told: Told) -> bool:
    """True when it was sent, False when no mail is set up."""
    if not (settings.WATCH_MAIL_TO and settings.WATCH_MAIL_SERVER):
        return False
    server = urlsplit(settings.WATCH_MAIL_SERVER)
    opened = get_connection(
        host=server.hostname or "localhost", port=server.port or (465 if server.scheme == "smtps" else 25), username=unquote(server.username or ""),
        password=unquote(server.password or ""), use_ssl=server.scheme == "smtps",
        use_tls=server.scheme != "smtps" and bool(server.username), timeout=PATIENCE,  # no password goes over a line that others read
    )  # fmt: skip
    subject = f"LoanWatch: {told.tell[0].sentence}" if told.tell else f"LoanWatch: over: {told.over[0]}"
    EmailMessage(subject[:150], told.text, settings.WATCH_MAIL_FROM, settings.WATCH_MAIL_TO, connection=opened).send()
    return True


def _webhook(told: Told) -> bool:
    """True when it was taken, False when no address is set up."""
    if not settings.WATCH_WEBHOOK:
        return False
    if urlsplit(settings.WATCH_WEBHOOK).scheme not in {"http", "https"}:
        raise ValueError("its address must begin with https:// or http://")
    body = {"text": told.text, "alarms": [{"key": a.key, "sentence": a.sentence} for a in told.tell], "over": told.over}
    request = urllib.request.Request(settings.WATCH_WEBHOOK, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=PATIENCE):  # noqa: S310  the address is the operator's own
        return True


WAYS: dict[str, Callable[[Told], bool]] = {"mail": _mail, "webhook": _webhook}
