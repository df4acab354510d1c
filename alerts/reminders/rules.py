"""On which days a demand is reminded of, and what the shipped words are. Pure."""

import string
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

SOON, DUE, OVERDUE, DIGEST = "soon", "due", "overdue", "digest"
LANGUAGES = ("en", "zh-hans", "ko")
PREFIX = "reminder."  # of the kinds of messages that borrowers may opt out of; what the law demands has another one
MOST_AHEAD = 14  # calendar days
LONGEST_MOVE = 40  # days by which a holiday can move a due date

# What each kind may say between braces.
NAMES: dict[str, tuple[str, ...]] = {
    SOON: ("name", "loan", "amount", "currency", "due", "days", "lender"),
    DUE: ("name", "loan", "amount", "currency", "due", "lender"),
    OVERDUE: ("name", "loan", "amount", "currency", "due", "days", "lender"),
    DIGEST: ("name", "date", "red", "orange", "conduct", "new_tasks", "late_tasks", "late_alerts", "numbers", "lender"),
}

TEXTS = tomllib.loads((Path(__file__).parent / "texts.toml").read_text(encoding="utf-8"))
SHIPPED: dict[tuple[str, str], tuple[str, str]] = {
    (kind, language): (text["headline"], text["text"]) for kind, languages in TEXTS.items() for language, text in languages.items()
}


@dataclass(frozen=True)
class Settings:
    """What the dated parameters of reminders say. Days by product kind, "default" for all others."""

    send: bool
    days_before: Mapping[str, Sequence[int]]
    days_after: Mapping[str, Sequence[int]]
    most_per_week: int
    quiet_from: int
    quiet_until: int
    language: Mapping[str, str]

    @property
    def hours(self) -> tuple[int | None, int | None]:
        """Hours in which messages may disturb: from the one to before the other; (None, None) when no hour is quiet."""
        if self.quiet_from == self.quiet_until:
            return None, None
        return self.quiet_until, self.quiet_from

    def language_of(self, currency: str) -> str:
        return self.language.get(currency, self.language.get("default", "en"))

    def offsets(self, product_kind: str) -> list[int]:
        """Days from the due date on which a message goes out, negative before it, in order, each once."""
        before = self.days_before.get(product_kind, self.days_before.get("default", ()))
        after = self.days_after.get(product_kind, self.days_after.get("default", ()))
        return sorted({-day for day in before} | {day for day in after if day > 0})


@dataclass(frozen=True)
class Call:
    """Demands of one product due on `due_on` are reminded of, as counting from `effective_on`, `days` after it (negative: before)."""

    product: int
    due_on: date
    effective_on: date
    days: int

    @property
    def text(self) -> str:
        return SOON if self.days < 0 else DUE if self.days == 0 else OVERDUE

    @property
    def kind(self) -> str:
        """The kind of the message: each is sent once per demand."""
        return f"{PREFIX}{self.text}" + (f"_{abs(self.days)}" if self.days else "")


def calls(day: date, send_on: date, product: int, offsets: Iterable[int], moves: Mapping[date, date]) -> list[Call]:
    """What the close of `day` reminds of on `send_on`. moves: due date → the day it counts from, for those that move.

    That a demand was not met is said only of what had fallen due by the close.
    """
    found = []
    for days in offsets:
        effective = send_on - timedelta(days=days)
        if days <= 0 or effective <= day:
            found += [Call(product, due, effective, days) for due in _due_dates(effective, moves)]
    return found


def late_calls(day: date, previous: date | None, product: int, offsets: Iterable[int], moves: Mapping[date, date]) -> list[Call]:
    """What fell due after the close before and should have been called unmet by the close of `day`: the weekend's demands, told now."""
    if previous is None:
        return []
    effectives = [previous + timedelta(days=n) for n in range(1, (day - previous).days + 1)]
    late = [(effective, days) for effective in effectives for days in offsets if days > 0 and effective + timedelta(days=days) <= day]
    return [Call(product, due, effective, days) for effective, days in late for due in _due_dates(effective, moves)]


def _due_dates(effective: date, moves: Mapping[date, date]) -> list[date]:
    return sorted({due for due, to in moves.items() if to == effective} | ({effective} if effective not in moves else set()))


def send_days(day: date, following: date) -> list[date]:
    """The calendar days that the close of `day` sends for: all after it up to and with the next business day, at most two weeks.

    No holiday is longer; a book that is closed once a month does not know a month ahead who will owe.
    """
    return [day + timedelta(days=n) for n in range(1, min((following - day).days, MOST_AHEAD) + 1)]


def fault_of_text(kind: str, text: str) -> str:
    """The first name between braces that `kind` does not know, or the brace that is not closed; empty when all is well."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return "{"
    for _, name, spec, conversion in parts:
        if name is not None and (name not in NAMES[kind] or spec or conversion):
            return name or "{}"
    return ""


def filled(text: str, values: Mapping[str, Any]) -> str:
    """The text with its names replaced, as the nightly SQL does it; names without a value stay."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text.strip()


def sample(kind: str, language: str, lender: str) -> dict[str, Any]:
    """Values of a made-up borrower, for a preview."""
    common = {
        "lender": lender, "loan": "0015", "due": "2026-11-30", "date": "2026-11-20", "days": 7 if kind == SOON else 1,
        "amount": "1,248,000" if language == "ko" else "12,480.00", "currency": "KRW" if language == "ko" else "CNY",
        "name": {"en": "Sample Works Ltd", "zh-hans": "示例机械厂", "ko": "예시산업"}[language],
    }  # fmt: skip
    digest = {"red": 1, "orange": 3, "conduct": 0, "new_tasks": 2, "late_tasks": 1, "late_alerts": 0, "numbers": "AL-26-000031, AL-26-000044"}
    return {name: value for name, value in (common | digest).items() if name in NAMES[kind]}
