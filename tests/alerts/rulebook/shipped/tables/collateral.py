"""Collateral and guarantors."""

from tests.alerts.rulebook.shipped.reading import Told, on

FINE = {"uninsured_items": "0", "insurance_payee_wrong": "no"}


def _secured(field: str, told: str, **around: str) -> list[Told]:
    """The cases of a secured loan; an unsecured one, of whose collateral nothing can be known, is clear."""
    return [*on(field, told, collateral_items="1", **around), *on(field, "- clear", collateral_items="0")]


TABLES = {
    "COL-01": [
        *_secured("ltv", "70% clear, 70.1% yellow, 73.5% yellow, 73.6% orange, 77% orange, 77.1% red, - missing", ltv_agreed="70%"),
        *_secured("ltv_agreed", "- missing", ltv="70%"),
    ],
    "COL-02": _secured("value_change", "-9.9% clear, -10% yellow, -19.9% yellow, -20% orange, -34.9% orange, -35% red, - missing"),
    "COL-03": [
        *_secured(
            "valuation_age_days", "328 clear, 329 yellow, 365 yellow, 366 orange, 547 orange, 548 red, - red", valuation_allowed_days="365"
        ),
        *_secured("valuation_allowed_days", "- missing", valuation_age_days="300"),
    ],
    "COL-04": _secured("collateral_claim", "none clear, lease yellow, later_lien orange, seizure red, - missing"),
    "COL-05": [
        *_secured("insurance_days", "31 clear, 30 yellow, 1 yellow, -30 yellow, -31 red, - missing", **FINE),
        *_secured("uninsured_items", "0 yellow, 1 orange", insurance_days="0", insurance_payee_wrong="no"),
        *_secured("uninsured_items", "1 orange", insurance_days="-30"),
        *_secured("insurance_payee_wrong", "no clear, yes orange, - missing", insurance_days="200", uninsured_items="0"),
    ],
    "COL-06": [
        *_secured(
            "stock_short", "2.9% clear, 3% yellow, 9.9% yellow, 10% orange, 24.9% orange, 25% red, - missing", stock_access_refused="no"
        ),
        *_secured("stock_access_refused", "no clear, yes red, - missing", stock_short="0%"),
    ],
    "COL-07": _secured("price_change_7d", "-9.9% clear, -10% yellow, -19.9% yellow, -20% orange, -29.9% orange, -30% red, - missing"),
    "COL-08": [
        *on(
            "guarantor_dpd", "0 clear, 1 yellow, 30 yellow, 31 orange, 60 orange, 61 red, - missing", guarantors="1", guarantor_signals="0"
        ),
        *on("guarantor_signals", "0 clear, 1 orange, 2 red, - missing", guarantors="1", guarantor_dpd="0"),
        *on("guarantor_dpd", "- clear", guarantors="0"),
    ],
    "COL-09": on("guarantee_load", "1 clear, 1.01 yellow, 2 yellow, 2.01 orange, 4 orange, 4.01 red, - missing"),
    "COL-10": [
        *on("circle_length", "0 clear, 3 yellow, - missing", circle_share="20%", circle_worst_dpd="30"),
        *on("circle_share", "20% yellow, 20.1% orange", circle_length="3", circle_worst_dpd="30"),
        *on("circle_worst_dpd", "30 yellow, 31 red", circle_length="3", circle_share="5%"),
        *on("circle_share", "- clear", circle_length="0"),
    ],
    "COL-11": [
        *_secured("rights_lapse_days", "181 clear, 180 yellow, 91 yellow, 90 orange, 31 orange, 30 red, -5 red, - missing", guarantors="0")[
            :-1
        ],
        *on("rights_lapse_days", "30 red, - missing", collateral_items="0", guarantors="1"),
        *on("rights_lapse_days", "- clear", collateral_items="0", guarantors="0"),
    ],
}
