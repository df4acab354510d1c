"""The portfolio page of a branch node: key figures with their trend, ageing, migration, classes, branches below, managers."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from alerts.observation import nodes
from alerts.observation.models import RiskClass
from alerts.observation.nodes import Figures
from alerts.observation.queries import subtree
from alerts.signals.models import Alert, Level
from alerts.signals.queries import lead_of
from inspections.planning.queries import Quality, quality
from loanwatch.desk import formats
from loanwatch.people.access import Access
from loanwatch.people.models import Branch

MONTHS = 13  # closes in the trend: this one and the last of the twelve months before
MANAGERS = 25
BUCKET_PARAMS = {0: "current", 1: "1-29", 2: "30-59", 3: "60-89", 4: "90+", 5: "off_book"}


@dataclass(frozen=True)
class Choice:
    """What the page shows: a node, a product code (empty: all), a currency, a close and the closes of its trend, oldest first."""

    node: Branch
    product: str
    currency: str
    as_of: date
    acts_until: date  # what people did counts up to here: today beside the newest close, else the close itself
    trend: list[date]

    @property
    def before(self) -> date | None:
        """The close that changes are measured against: the last of the month before."""
        return self.trend[-2] if len(self.trend) > 1 else None

    def loans_url(self, url: str, **filters: str) -> str:
        """The loans behind a figure of this page, with the same node, product, currency and close."""
        query = {"branch": self.node.code, "product": self.product, "currency": self.currency, "as_of": self.as_of.isoformat()} | filters
        return f"{url}?{urlencode({k: v for k, v in query.items() if v})}"


def bucket_words() -> list[str]:
    """The names of the overdue buckets, best to worst, and of having left the book."""
    return [_("Current"), "1–29", "30–59", "60–89", _("90+"), _("Off book")]


def ageing(choice: Choice, found: dict[tuple[int, date], Figures]) -> dict[str, Any]:
    """Overdue balance by bucket and month, for the stacked columns; in the unit that suits the largest column."""
    series = [found.get((choice.node.pk, day), Figures()) for day in choice.trend]
    top = max((f.bucket(1) + f.bucket(2) + f.bucket(3) + f.bucket(4) for f in series), default=Decimal(0))
    divisor, unit = scale(top, choice.currency)
    names = bucket_words()
    parts = [{"name": names[b], "values": [round(f.bucket(b) / divisor, 3) for f in series]} for b in (1, 2, 3, 4)]
    return {"x": [formats.month(day, get_language()) for day in choice.trend], "series": parts, "unit": unit, "places": 1, "total": top}


def scale(top: Decimal, currency: str) -> tuple[Decimal, str]:
    """What the amounts of a chart are divided by, and what that unit is called in the reader's language."""
    family = formats.language_family(get_language())
    divisor, name = next(((by, word) for start, by, word in formats.SCALES[family] if top >= start), (Decimal(1), ""))
    if family == "en":
        return divisor, f"{formats.SIGNS.get(currency, currency)}{name}"
    return divisor, f"{name}{formats.WORDS[family].get(currency, currency)}"


def migration(choice: Choice, moved: dict[date, dict[str, Any]], loans_url: str) -> dict[str, Any] | None:
    """The heat table of the close, every cell with its loans, and two sentences: what rolled on most, what cured."""
    table = moved.get(choice.as_of)
    if table is None:
        return None
    names, cells, then = bucket_words(), table["cells"], table["from"]
    rows = []
    for start in range(5):
        line = []
        for end in range(6):
            kind = "stay" if start == end else "cure" if end < start or end == 5 else "worse"
            url = choice.loans_url(
                loans_url, product="", rolled_on=then.isoformat(), rolled_from=BUCKET_PARAMS[start], rolled_to=BUCKET_PARAMS[end]
            )
            line.append(
                {
                    "value": nodes.moved_share(cells, start, end) or None,
                    "url": url,
                    "to": names[end],
                    "kind": kind,
                    "count": cells.get((start, end), (0, 0))[0],
                }
            )
        rows.append({"label": names[start], "cells": line})
    worst = max(range(1, 4), key=lambda b: nodes.moved_share(cells, b, b + 1) or Decimal(-1))
    rolled = nodes.moved_share(cells, worst, worst + 1)
    earlier = [s for day, t in moved.items() if day < choice.as_of and (s := nodes.moved_share(t["cells"], worst, worst + 1)) is not None]
    return {
        "heads": names, "rows": rows, "from": then, "worst": names[worst], "rolled": rolled,
        "mean": sum(earlier) / len(earlier) if earlier else None, "cured": nodes.moved_share(cells, 1, 0), "young": names[1],
    }  # fmt: skip


def classes(choice: Choice, figures: Figures, loans_url: str) -> list[dict[str, Any]]:
    """The five classes with loans, outstanding and share of the book, each with its loans."""
    lines = []
    for value in RiskClass.values:
        amount = figures.of(f"{value}_outstanding")
        share = amount * 100 / figures.outstanding if figures.outstanding else None
        lines.append({"class": value, "loans": int(figures.of(f"{value}_loans")), "outstanding": amount, "share": share,
                      "url": choice.loans_url(loans_url, risk_class=value)})  # fmt: skip
    return lines


def branches_below(choice: Choice, rows: list[dict[str, Any]], found: dict[tuple[int, date], Figures]) -> list[dict[str, Any]]:
    """The branches directly below the node, worst PAR 30 first, with its change and trend."""
    names = {row["branch_id"]: (row["branch__code"], row["branch__name"]) for row in rows if row["branch_id"] != choice.node.pk}
    lines = []
    for pk, (code, name) in names.items():
        series = [found.get((pk, day), Figures()) for day in choice.trend]
        now, before = series[-1], series[-2] if len(series) > 1 else Figures()
        if not now.loans:
            continue
        change = now.par30 - before.par30 if now.par30 is not None and before.par30 is not None else None
        figures = {"loans": now.loans, "outstanding": now.outstanding, "par30": now.par30, "par90": now.par90}
        lines.append({"code": code, "name": name, **figures, "change": change, "values": [f.par30 for f in series]})
    return sorted(lines, key=lambda line: -(line["par30"] or 0))


def alert_counts(access: Access, choice: Choice) -> tuple[dict[str, int], dict[int | None, Any]]:
    """Open alerts of the node in all, and by the manager responsible today. One query."""
    before = choice.before or choice.as_of
    lines: Any = (
        Alert.objects.visible_to(access)
        .filter(branch_id__in=subtree(choice.node, access.on))
        .annotate(manager=lead_of(access.on, "person_id"))
        .values("manager")
        .annotate(
            open=Count("pk", filter=~Q(state=Alert.State.CLOSED)),
            red=Count("pk", filter=~Q(state=Alert.State.CLOSED) & Q(level=Level.RED)),
            late_red=Count("pk", filter=~Q(state=Alert.State.CLOSED) & Q(level=Level.RED, due_on__lt=access.on)),
            red_before=Count(
                "pk", filter=Q(level=Level.RED, opened_on__lte=before) & (Q(closed_on__isnull=True) | Q(closed_on__gt=before))
            ),
        )
        .order_by()
    )
    by_manager = {line["manager"]: line for line in lines}
    names = ("open", "red", "late_red", "red_before")
    return {name: sum(line[name] for line in by_manager.values()) for name in names}, by_manager


def manager_table(access: Access, choice: Choice, alerts: dict[int | None, dict[str, int]]) -> dict[str, Any]:
    """Account managers of the node, worst PAR 30 first: book, alerts, inspections due, on time and confirmed. Two queries."""
    lines = nodes.managers(choice.node.lender, choice.as_of, subtree(choice.node, choice.as_of), choice.currency, choice.product)
    kept: dict[int | None, Quality] = {q.manager_id: q for q in quality(access, choice.acts_until)}
    for line in lines:
        counts = alerts.get(line["id"], {})
        line |= {"open": counts.get("open", 0), "red": counts.get("red", 0), "inspections": kept.get(line["id"])}
    lines.sort(key=lambda line: (-(line["par30"] or 0), line["name"]))
    return {"lines": lines[:MANAGERS], "count": len(lines)}
