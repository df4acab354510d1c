"""Every component with realistic figures on one page, for those who build pages. Shown in the demo and while developing only."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

NOW = datetime(2026, 11, 21, 13, 46, tzinfo=UTC)
TODAY = date(2026, 11, 20)
MONTHS = ["Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov"]
BUCKETS = ["1–30", "31–60", "61–90", "91–180", "180+"]
AGEING = [
    [58, 60, 57, 62, 60, 64, 66, 63, 67, 69, 70, 72],
    [31, 33, 35, 34, 36, 38, 37, 41, 43, 42, 46, 51],
    [22, 21, 24, 23, 25, 24, 28, 27, 30, 31, 33, 37],
    [36, 38, 37, 41, 40, 43, 42, 46, 45, 48, 47, 49],
    [20, 21, 22, 22, 23, 23, 24, 24, 25, 25, 26, 27],
]


class VisitForm(forms.Form):
    visited_on = forms.CharField(label=_("Visit date"), initial="31 Nov 2026", help_text=_("The day you were at the site."))
    seen = forms.CharField(label=_("Amount seen, ¥"), initial="1.2.00")
    running = forms.ChoiceField(
        label=_("Do the lines run as on the last visit?"),
        widget=forms.RadioSelect,
        choices=[("yes", _("Yes")), ("no", _("No")), ("not_seen", _("Not seen"))],
        initial="no",
    )
    opinion = forms.ChoiceField(label=_("Class you propose"), choices=[("2", _("Special mention")), ("3", _("Substandard"))])
    remark = forms.CharField(label=_("Remark"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    hold = forms.BooleanField(label=_("Hold the undrawn amount until rectified"), required=False)

    def clean_visited_on(self) -> str:
        raise forms.ValidationError(_("November has 30 days."))

    def clean_seen(self) -> str:
        raise forms.ValidationError(_("Write 1,200.00 or 1200."))


def _tiles() -> list[dict[str, Any]]:
    return [
        {
            "label": "Outstanding",
            "value": Decimal(4826400000),
            "delta": "+0.5%",
            "mood": "flat",
            "word": "growth",
            "values": [4.1, 4.2, 4.3, 4.35, 4.5, 4.6, 4.7, 4.82],
            "note": "Plan 4,850.0",
        },
        {
            "label": "PAR 30",
            "rate": Decimal("3.42"),
            "delta": "+0.24 pp",
            "mood": "bad",
            "word": "worse",
            "values": [2.4, 2.3, 2.6, 2.9, 3.0, 3.2, 3.4],
            "threshold": 3,
            "note": "Limit 3.00% · breached",
        },
        {
            "label": "Inspections on time",
            "rate": Decimal("91.3"),
            "delta": "+1.2 pp",
            "mood": "good",
            "word": "better",
            "values": [86, 87, 85, 88, 90, 89, 91],
            "threshold": 95,
            "note": "Target 95% · 23 late",
        },
        {
            "label": "Provision coverage",
            "rate": Decimal("187.6"),
            "delta": "−3.4 pp",
            "mood": "bad",
            "word": "worse",
            "values": [201, 199, 197, 194, 191, 188],
            "threshold": 150,
            "note": "Floor 150%",
        },
    ]


def _heat() -> dict[str, Any]:
    shares: list[list[float | None]] = [
        [97.6, 1.6, 0.1, None, None],
        [41.2, 32.4, 21.6, None, None],
        [11.3, 12.8, 28.7, 45.9, None],
        [4.2, 3.1, 6.5, 24.7, 60.4],
        [0.8, 0.4, 0.3, 0.6, 94.2],
    ]
    names = ["Current", "1–30", "31–60", "61–90", "91+"]
    rows = []
    for i, row in enumerate(shares):
        cells = [
            {
                "value": v,
                "url": "#drill",
                "to": names[j],
                "kind": "stay" if i == j else "worse" if j > i else "cure",
                "selected": (i, j) == (2, 3),
            }
            for j, v in enumerate(row)
        ]
        rows.append({"label": names[i], "cells": cells})
    return {"heads": names, "rows": rows}


def _charts() -> dict[str, Any]:
    curve = [0, 0, 0.3, 1.22, 1.54, 1.83, 2.09, 2.32, 2.53]
    quarters = [f"{month} {year}" for year in (24, 25, 26, 27, 28, 29) for month in ("Feb", "May", "Aug", "Nov")]
    return {
        "ageing": {
            "x": MONTHS,
            "unit": "¥M",
            "places": 0,
            "series": [{"name": n, "values": v} for n, v in zip(BUCKETS, AGEING, strict=True)],
        },
        "cover": {
            "x": quarters[:6],
            "unit": "%",
            "min": 130,
            "max": 175,
            "step": True,
            "area": True,
            "threshold": {"value": 150, "name": "floor 150%"},
            "series": [{"name": "Cover", "values": [152, 157, 166, 161, 155, 144]}],
        },
        "vintage": {
            "x": list(range(9)),
            "unit": "%",
            "hot": 2,
            "series": [
                {"name": "25Q1", "values": [v * 0.42 for v in curve]},
                {"name": "25Q3", "values": [v * 0.5 for v in curve]},
                {"name": "26Q1", "values": curve},
            ],
        },
        "schedule": {
            "x": quarters,
            "unit": "¥ thousand",
            "paid": [750] * 10 + [0] * 14,
            "late": [0] * 10 + [750] + [0] * 13,
            "due": [0] * 11 + [750] * 13,
            "balance": [18000 - 750 * (i + 1) if i < 10 else 18000 - 750 * max(10, i) for i in range(24)],
        },
        "bars": {
            "x": ["0–4", "4–8", "8–12", "12–16", "16–20"],
            "series": [{"name": "Loans", "values": [12, 31, 44, 20, 6], "tones": ["q3", "", "", "", ""]}],
        },
        "circle": {
            "nodes": [
                {"name": "Hengrui", "full": "Hengrui Precision Moulds, borrower", "x": 50, "y": 42, "kind": "borrower", "size": 32},
                {"name": "Liu Jianguo", "full": "Liu Jianguo, owner 62%", "x": 8, "y": 6, "kind": "person"},
                {
                    "name": "Hengda Metals",
                    "full": "Hengda Metals, guarantor",
                    "x": 96,
                    "y": 4,
                    "kind": "guarantor",
                    "trouble": True,
                    "size": 28,
                },
                {"name": "Xinli Hardware", "full": "Xinli Hardware", "x": 4, "y": 84, "kind": "guarantor"},
            ],
            "links": [
                {"from": "Liu Jianguo", "to": "Hengrui", "words": "personal"},
                {"from": "Hengda Metals", "to": "Hengrui", "words": "¥10.5 M", "trouble": True},
                {"from": "Xinli Hardware", "to": "Hengrui", "words": "¥4.0 M"},
            ],
        },
    }


def _lists() -> dict[str, Any]:
    alerts = [
        {
            "level": "red",
            "title": "Interest unpaid 31 days, principal not due",
            "borrower": "Taihe Knitwear",
            "number": "AL-26-04130",
            "exposure": Decimal(4320000),
            "manager": "Chen Yifan",
            "eyes": ("Chen Yifan", "", False, False),
            "deadline": NOW - timedelta(hours=27),
        },
        {
            "level": 2,
            "title": "Collateral cover 144%, floor 150%",
            "borrower": "恒锐精密模具有限公司",
            "number": "AL-26-04088",
            "exposure": Decimal(10500000),
            "manager": "王敏",
            "eyes": ("王敏", "陈一凡", True, False),
            "deadline": NOW + timedelta(hours=2, minutes=14),
        },
        {
            "level": 1,
            "title": "Visit overdue by 44 days",
            "borrower": "한빛정밀 주식회사",
            "number": "AL-26-04102",
            "exposure": Decimal(917000000),
            "manager": "김서연",
            "eyes": ("김서연", "이도윤", True, True),
            "deadline": NOW + timedelta(days=2, hours=6),
        },
    ]
    events = [
        {"icon": "alert-octagon", "tone": "red", "title": "Red alert: receipts fell 62%", "text": "R-031 v7", "when": NOW},
        {
            "icon": "eye-check",
            "tone": "orange",
            "title": "Second visit: 9 of 16 presses idle",
            "text": "Wang Min · differs from manager in 4 points",
            "when": NOW - timedelta(days=2),
        },
        {
            "icon": "clipboard-check",
            "tone": "green",
            "title": "Quarterly visit: no findings",
            "text": "Chen Yifan · 8 photos",
            "when": NOW - timedelta(days=24),
        },
        {"icon": "calendar-x", "tone": "orange", "title": "Instalment 11 missed", "text": "¥792,437.50", "when": date(2026, 11, 4)},
    ]
    compare = [
        {"title": "Operation", "rows": [
            {"label": "Presses running", "first": "16 of 16 running", "second": "7 of 16 running", "result": "material", "note": "−56%"},
            {"label": "Staff", "first": "“about 130”", "second": "74, by list", "result": "differs", "note": "−43%"},
            {"label": "Orders on hand", "first": "¥8.2 M seen", "second": "¥8.0 M seen", "result": "same", "note": "−2%"},
        ]},
    ]  # fmt: skip
    people = {
        "compare_first": {"name": "Chen Yifan", "line": "Manager, 28 Oct"},
        "compare_second": {"name": "Wang Min", "line": "Risk officer, 19 Nov"},
    }
    return {"alerts": alerts, "events": events, "compare": compare} | people


SAMPLES = [
    ("en", "Hengrui Precision Moulds Co., Ltd.", "Wang Min", "CNY", Decimal(4826400000)),
    ("zh-hans", "恒锐精密模具有限公司", "王敏", "CNY", Decimal(4826400000)),
    ("ko", "한빛정밀 주식회사", "김서연", "KRW", Decimal(917000000000)),
]


def styleguide(request: HttpRequest) -> HttpResponse:
    """The page itself; 404 in production."""
    if not (settings.DEBUG or getattr(settings, "DEMO", False)):
        raise Http404
    if "say" in request.GET:
        messages.success(request, _("2 alerts assigned to Li Na"), extra_tags="/styleguide/")
    form = VisitForm({name: field.initial or "" for name, field in VisitForm.base_fields.items()})
    page = Paginator(range(213), 50).get_page(request.GET.get("page"))
    context = _lists() | {"tiles": _tiles(), "heat": _heat(), "charts": _charts(), "form": form, "page": page, "now": NOW, "today": TODAY}
    context |= {"levels": ["red", "orange", "yellow", "blue", "green"], "tiers": [1, 2, 3, 4, 5], "samples": SAMPLES}
    return render(request, "desk/styleguide.html", context)
