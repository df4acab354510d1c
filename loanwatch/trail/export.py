"""Audit events as CSV that a spreadsheet opens without running anything in it."""

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from loanwatch.trail.models import AuditEvent

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutral(value: Any) -> str:
    """The text of a cell; one that a spreadsheet would take for a formula gets an apostrophe in front."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class _Line:
    """Hands each written line back instead of keeping it, so that an export of any size streams."""

    def write(self, text: str) -> str:
        return text


def lines(events: Iterable[AuditEvent], zone: ZoneInfo, about: list[tuple[str, str]]) -> Iterator[str]:
    """CSV lines: what the file is about (label, value), a blank line, the heads, the events. Times in `zone`, UTF-8 with a mark."""
    write = csv.writer(_Line()).writerow
    yield "\ufeff"
    for label, value in about:
        yield write([neutral(label), neutral(value)])
    yield write([])
    yield write([_("Time"), _("Person"), _("Staff number"), _("Account"), _("Event"), _("Subject"), _("Subject number"), _("Details")])
    for event in events:
        who = event.person
        row = [
            event.at.astimezone(zone).isoformat(timespec="seconds"),
            who.name if who else "",
            who.staff_no if who else "",
            event.account.username if event.account else "",
            event.event,
            event.subject_kind,
            event.subject_id,
            json.dumps(event.details, ensure_ascii=False, sort_keys=True) if event.details else "",
        ]
        yield write([neutral(cell) for cell in row])
