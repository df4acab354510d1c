"""The one door through which messages leave: which channel serves a lender, and the file that takes the place of all of them.

Channels are set up in a TOML file that `LOANWATCH_CHANNELS` names, one table per lender and channel (`"*"`: all lenders).
Secrets lie in files of their own, named by keys that end in `_file`; none is in the database. `LOANWATCH_NOTIFY=file:PATH`
replaces every channel by a file of JSON lines.
"""

import fcntl
import json
import os
import tomllib
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from loanwatch.trail.outbox.rules import Message, Temporary


class Channel:
    """A way out. `send` returns the receipt, or raises Temporary, Permanent or Uncertain.

    timeout: seconds after which a call is given up. batch: messages claimed at once; more than 1 only where a lost claim can be
    asked back. disturbs: somebody's telephone rings, so quiet hours count. asks: `seen` can tell. idempotent: a key that is
    sent again is delivered once, so that it may be sent again without asking. ask_after: seconds until a message without a
    receipt is first asked for, as a provider still at work does not know it yet; 0 where it is there at once or never.
    """

    timeout: float = 10.0
    batch = 1
    disturbs = True
    asks = False
    idempotent = False
    ask_after: float = 60.0

    def send(self, message: Message) -> str:
        raise NotImplementedError

    def seen(self, message: Message) -> str | bool | None:
        """The receipt of a message that the provider has; False when it has none; None when it can't say now."""
        return None


class FileChannel(Channel):
    """One JSON line per delivered message, appended whole or not at all; a key that is there is not written again.

    Any number of processes may write: the file is locked while it is looked through and appended to, so even a relay that
    was stopped in the middle and wakes late adds nothing twice. Each process reads only what was appended since it last looked.
    """

    timeout = 0.0
    batch = 100
    disturbs = False
    asks = True
    idempotent = True
    ask_after = 0.0

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys: set[str] = set()
        self.read_to = 0
        path.parent.mkdir(parents=True, exist_ok=True)

    def send(self, message: Message) -> str:
        line = {
            "key": message.key, "kind": message.kind, "channel": message.channel, "recipient": message.recipient, "subject": message.subject,
            "business_date": message.business_date, "language": message.language, "headline": message.headline, "text": message.body,
        }  # fmt: skip
        with _Locked(self.path) as descriptor:
            self._look(descriptor)
            if message.key not in self.keys:
                self._append(descriptor, message.key, line)
        return f"line in {self.path.name}"

    def seen(self, message: Message) -> str | bool:
        with _Locked(self.path) as descriptor:
            self._look(descriptor)
        return f"found in {self.path.name}" if message.key in self.keys else False

    def _append(self, descriptor: int, key: str, line: dict[str, Any]) -> None:
        raw = (json.dumps(line, ensure_ascii=False) + "\n").encode()
        try:
            written = os.write(descriptor, raw)
        except OSError as fault:
            raise Temporary(f"The file can't be written: {fault.strerror}") from fault
        if written != len(raw):  # the disk is full: half a line is taken back
            os.ftruncate(descriptor, self.read_to)
            raise Temporary("The file can't be written: no room left")
        self.keys.add(key)
        self.read_to += len(raw)

    def _look(self, descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        if size < self.read_to:  # somebody began the file anew
            self.keys.clear()
            self.read_to = 0
        while self.read_to < size:
            part = os.pread(descriptor, min(size - self.read_to, 1 << 20), self.read_to)
            whole = part.rfind(b"\n") + 1
            if not whole:
                # Half a line without an end: its writer was killed in the middle of it, and nobody else writes while we hold the lock.
                os.ftruncate(descriptor, self.read_to)
                return
            self.keys.update(json.loads(line)["key"] for line in part[:whole].splitlines() if line.strip())
            self.read_to += whole


class _Locked:
    """The file, open for appending and locked against every other writer."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> int:
        try:
            self.descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as fault:
            raise Temporary(f"The file can't be opened: {fault.strerror}") from fault
        fcntl.flock(self.descriptor, fcntl.LOCK_EX)
        return self.descriptor

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)


class Channels:
    """The channels of one process, made when they are first asked for."""

    drivers: ClassVar[tuple[str, ...]] = ("mail", "gateway", "webhook", "robot", "file")

    def __init__(self, notify: str | None = None, file: str | None = None) -> None:
        notify = settings.NOTIFY if notify is None else notify
        file = settings.CHANNELS_FILE if file is None else file
        self.sink = FileChannel(_sink_path(notify)) if notify else None
        self.told = _read(file) if file and not notify else {}
        self.made: dict[tuple[str, str], Channel] = {}

    def of(self, lender: str, channel: str) -> Channel:
        """The channel of a lender. Raises Temporary when none is set up: an operator may mend that."""
        if self.sink:
            return self.sink
        key = (lender, channel)
        if key not in self.made:
            told = self.told.get(lender, {}).get(channel) or self.told.get("*", {}).get(channel)
            if told is None:
                raise Temporary(f"No channel {channel} is set up for {lender}.")
            self.made[key] = made(told)
        return self.made[key]


def made(told: dict[str, Any]) -> Channel:
    """The channel that a table of the file describes. Raises ImproperlyConfigured naming what is wrong."""
    told = dict(told)
    driver = told.pop("driver", "")
    for name in [name for name in told if name.endswith("_file")]:
        told[name.removesuffix("_file")] = Path(told.pop(name)).read_text(encoding="utf-8").strip()
    try:
        if driver == "file":
            return FileChannel(Path(told["path"]))
        if driver == "mail":
            from loanwatch.trail.outbox.mail import MailChannel

            return MailChannel(**told)
        if driver == "robot":
            from loanwatch.trail.outbox.robots import RobotChannel

            return RobotChannel(**told)
        from loanwatch.trail.outbox.gateways import GatewayChannel, WebhookChannel

        return {"gateway": GatewayChannel, "webhook": WebhookChannel}[driver](**told)
    except KeyError as missing:
        raise ImproperlyConfigured(f"A channel needs {missing} (driver: {', '.join(Channels.drivers)}).") from None
    except TypeError as fault:
        raise ImproperlyConfigured(f"A channel of driver {driver} is described wrongly: {fault}") from None


def _sink_path(notify: str) -> Path:
    kind, _, path = notify.partition(":")
    if kind != "file" or not path:
        raise ImproperlyConfigured("LOANWATCH_NOTIFY must be file:PATH.")
    return Path(path)


def _read(file: str) -> dict[str, dict[str, Any]]:
    try:
        return tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as fault:
        raise ImproperlyConfigured(f"The file of channels {file} can't be read: {fault}") from None
