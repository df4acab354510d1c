"""The key figures of the portfolio page: value, unit, change against the last close of the month before, trend, link to the loans."""

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from alerts.observation import nodes
from alerts.observation.nodes import Figures
from loanwatch.desk import formats
from loanwatch.desk.portfolio.queries import Choice

LATE30 = "30-59,60-89,90+"


def key_figures(
    choice: Choice, found: dict[tuple[int, date], Figures], alerts: dict[str, int], loans_url: str, alerts_url: str
) -> list[dict[str, Any]]:
    """The six tiles in their order. `mood` and `word` say whether a change is better or worse."""
    series = [found.get((choice.node.pk, day), Figures()) for day in choice.trend]
    now = series[-1]
    late30 = now.bucket(2) + now.bucket(3) + now.bucket(4)
    npl = sum((now.of(f"{c}_outstanding") for c in nodes.NPL), Decimal(0))
    return [
        _outstanding(choice, series, choice.loans_url(loans_url)),
        _rate(_("PAR 30"), [f.par30 for f in series], late30, choice.loans_url(loans_url, bucket=LATE30), choice.currency),
        _rate(_("PAR 90"), [f.par90 for f in series], now.bucket(4), choice.loans_url(loans_url, bucket="90+"), choice.currency),
        _rate(_("NPL ratio"), [f.npl for f in series], npl, choice.loans_url(loans_url, risk_class=",".join(nodes.NPL)), choice.currency),
        _overdue(choice, series, choice.loans_url(loans_url, bucket=f"1-29,{LATE30}")),
        _red_alerts(choice, alerts, f"{alerts_url}?{urlencode({'level': 'red', 'branch': choice.node.code})}"),
    ]


def _outstanding(choice: Choice, series: list[Figures], url: str) -> dict[str, Any]:
    short = formats.money_short(series[-1].outstanding, choice.currency, get_language() or "en")
    growth = _growth([f.outstanding for f in series])
    return {
        "label": _("Outstanding"),
        "value": short.value,
        "unit": short.unit,
        "url": url,
        "delta": "" if growth is None else f"{formats.signed(growth, 1)}%",
        "mood": "flat",
        "word": "" if growth is None else _("growth"),
        "values": [f.outstanding for f in series],
        "note": _("%(count)s loans") % {"count": formats.number(series[-1].loans)},
    }


def _overdue(choice: Choice, series: list[Figures], url: str) -> dict[str, Any]:
    short = formats.money_short(series[-1].overdue, choice.currency, get_language() or "en")
    return {
        "label": _("Overdue amount"),
        "value": short.value,
        "unit": short.unit,
        "url": url,
        **_change(_growth([f.overdue for f in series]), 1, "%(change)s%%"),
        "values": [f.overdue for f in series],
        "note": _("%(count)s loans") % {"count": formats.number(series[-1].overdue_loans)},
    }


def _red_alerts(choice: Choice, alerts: dict[str, int], url: str) -> dict[str, Any]:
    change = Decimal(alerts["red"] - alerts["red_before"]) if choice.before else None
    return {
        "label": _("Open red alerts"),
        "value": formats.number(alerts["red"]),
        "unit": "",
        "url": url,
        "severity": "red",
        **_change(change, 0, "%(change)s"),
        "note": _("%(count)s past their deadline") % {"count": formats.number(alerts["late_red"])},
    }


def _rate(label: str, values: list[Decimal | None], amount: Decimal, url: str, currency: str) -> dict[str, Any]:
    now, before = values[-1], values[-2] if len(values) > 1 else None
    change = now - before if now is not None and before is not None else None
    return {
        "label": label,
        "value": formats.number(now, 2),
        "unit": "%",
        "url": url,
        **_change(change, 2, _("%(change)s pp")),
        "values": values,
        "note": formats.money_short(amount, currency, get_language() or "en").text,
    }


def _growth(values: list[Decimal]) -> Decimal | None:
    """Percent by which the last value exceeds the one before; None without one, or where it was nothing."""
    return (values[-1] / values[-2] - 1) * 100 if len(values) > 1 and values[-2] else None


def _change(change: Decimal | None, places: int, words: str) -> dict[str, Any]:
    """More of a bad thing is worse, less of it better; the word says it, not the colour alone."""
    if change is None:
        return {"delta": "", "mood": "flat", "word": ""}
    text = formats.signed(change, places)
    if not text.strip("+0., " + formats.MINUS):
        return {"delta": "", "mood": "flat", "word": _("unchanged")}
    worse = change > 0
    return {"delta": words % {"change": text}, "mood": "bad" if worse else "good", "word": _("worse") if worse else _("better")}
