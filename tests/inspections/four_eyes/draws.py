"""Sampling policies for tests that need to know what will be drawn."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from inspections.sampling import rules


def draw_all(monkeypatch: Any, method: str, *, otherwise: str) -> None:
    """From here on the shipped policy of a new bank draws every inspection to this method."""
    all_of_them = rules.Stratum("all", Decimal(100), method=method, otherwise=otherwise)
    nothing_added = {name: Decimal(0) for name in ("flag_points", "alert_points", "class_points", "exposure_points", "raised_points")}
    monkeypatch.setattr(rules, "SHIPPED", replace(rules.SHIPPED, strata=(all_of_them,), **nothing_added))
