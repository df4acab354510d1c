"""Masking and extension."""

from tests.alerts.rulebook.shipped.reading import on

SOUND = {"worst_dpd_12m": "0", "risk_class": "normal", "restructured": "no"}
LATE = {"worst_dpd_12m": "1", "risk_class": "normal", "restructured": "no"}
OLD = {"months_no_principal": "12", "months_on_book": "30"}

TABLES = {
    "MSK-01": [
        *on(
            "new_loan_repaid_share",
            "29.9% clear, 30% yellow, 59.9% yellow, 60% orange, 79.9% orange, 80% red, - missing",
            new_loan_repaid_24m="0",
        ),
        *on("new_loan_repaid_24m", "1 clear, 2 red, - missing", new_loan_repaid_share="0%"),
    ],
    "MSK-02": [
        *on("extensions_24m", "0 clear, 1 yellow, 2 orange, 3 red, - missing", **LATE),
        *on("extensions_24m", "3 clear", **SOUND),
        *on("worst_dpd_12m", "0 clear, 1 red, - missing", extensions_24m="3", risk_class="normal", restructured="no"),
        *on("risk_class", "normal clear, special_mention red", extensions_24m="3", worst_dpd_12m="0", restructured="no"),
        *on("restructured", "no clear, yes red", extensions_24m="3", worst_dpd_12m="0", risk_class="normal"),
    ],
    "MSK-03": on("edge_extensions_24m", "0 clear, 1 yellow, 2 orange, 3 orange, 4 red, - missing"),
    "MSK-04": [
        *on("rollovers", "0 clear, 1 yellow, 2 orange, 3 red, - missing", **OLD, **LATE),
        *on("rollovers", "3 clear", **OLD, **SOUND),
        *on("months_no_principal", "11 clear, 12 red, - red", rollovers="3", months_on_book="12", **LATE),
        *on("months_no_principal", "- clear", rollovers="3", months_on_book="11", **LATE),
        *on("months_no_principal", "- missing", rollovers="3", **LATE),
        *on("worst_dpd_12m", "0 clear, 1 red, - missing", rollovers="3", risk_class="normal", restructured="no", **OLD),
    ],
    "MSK-06": on("staff_payments_24m", "0 clear, 1 red, - missing"),
    "MSK-07": on("upgrade_instalments", "2 clear, 1.99 orange, - clear"),
}
