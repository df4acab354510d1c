"""The life of a message, and how long to wait before it is tried again. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

WAITING, SENDING, SENT, UNCERTAIN, FAILED, DROPPED = "waiting", "sending", "sent", "uncertain", "failed", "dropped"

# What the guard in the database allows; sent and dropped are the ends.
MOVES: dict[str, tuple[str, ...]] = {
    WAITING: (SENDING, DROPPED),
    SENDING: (SENT, WAITING, FAILED, UNCERTAIN),
    UNCERTAIN: (SENT, WAITING, FAILED, DROPPED),
    FAILED: (WAITING, DROPPED),
    SENT: (),
    DROPPED: (),
}
# Verdict of a person → the states in which it can be given.
VERDICTS: dict[str, tuple[str, ...]] = {"arrived": (UNCERTAIN,), "again": (UNCERTAIN, FAILED), "drop": (WAITING, UNCERTAIN, FAILED)}


@dataclass(frozen=True)
class Patience:
    """When a message that a channel could not take is tried again: each time twice as long as before, up to `longest` seconds.

    The defaults try for about fourteen hours, so that a provider that is away for two loses nothing.
    """

    first: float = 30.0
    longest: float = 3600.0
    most: int = 20  # attempts

    def seconds(self, attempts: int, chance: float, asked: float | None = None) -> float:
        """Seconds until the next attempt after `attempts` (1 or more) of them; `chance` in [0, 1) spreads it over ± 25 %.

        `asked` is what the provider asked for (Retry-After): never sooner than that, but never later than `longest`.
        """
        planned = min(self.longest, self.first * 2 ** min(attempts - 1, 30)) * (0.75 + chance / 2)
        return min(self.longest, max(planned, asked or 0.0))

    def over(self, attempts: int) -> bool:
        return attempts >= self.most


@dataclass(frozen=True)
class Message:
    """What a channel is given to send. `key` makes it one: a provider that is told a key twice delivers once."""

    id: int
    key: str
    kind: str
    subject: str
    business_date: str  # ISO
    channel: str
    recipient: str
    headline: str
    body: str
    language: str
    lender: str  # code
    attempt: int = 0


class Temporary(Exception):
    """The message was not taken and may be tried again; `after`: seconds that the provider asked for."""

    def __init__(self, sentence: str, after: float | None = None) -> None:
        super().__init__(sentence)
        self.after = after


class Permanent(Exception):
    """The message was refused; the same one would be refused again."""


class Uncertain(Exception):
    """The message was handed over and no answer came: it may have arrived."""


# Given ids of waiting messages, the ids that must not leave any more with the reason for each.
Recheck = Callable[[list[int]], dict[int, str]]
