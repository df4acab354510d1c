"""Financial statements."""

from tests.alerts.rulebook.shipped.reading import Told, on


def _firm(field: str, told: str, **around: str) -> list[Told]:
    """The cases of a firm; a person without statements is clear."""
    return [*on(field, told, segment="small", **around), *on(field, "- clear", segment="person")]


DEBT = {"net_debt_to_ebitda_before": "9", "ebitda": "1"}
TABLES = {
    "FIN-01": _firm("sales_change", "-9.9% clear, -10% yellow, -19.9% yellow, -20% orange, -39.9% orange, -40% red, - missing"),
    "FIN-02": _firm("negative_cash_flow_periods", "0 clear, 1 yellow, 2 orange, 3 red, - missing"),
    "FIN-03": [
        *_firm("ebitda_change", "-14.9% clear, -15% yellow, -29.9% yellow, -30% orange, -49.9% orange, -50% red, - missing", ebitda="1"),
        *_firm("ebitda", "0 clear, -0.01 red, - missing", ebitda_change="0%"),
    ],
    "FIN-04": _firm("debt_service_cover", "1.2 clear, 1.19 yellow, 1 yellow, 0.99 orange, 0.8 orange, 0.79 red, - missing"),
    "FIN-05": _firm("interest_cover", "2 clear, 1.99 yellow, 1.5 yellow, 1.49 orange, 1 orange, 0.99 red, - missing"),
    "FIN-06": [
        *_firm("net_debt_to_ebitda", "4 clear, 4.01 yellow, 5 yellow, 5.01 orange, 6.5 orange, 6.51 red, - missing", **DEBT),
        *_firm("net_debt_to_ebitda_before", "4 clear, 4.01 yellow, 5.01 orange, 6.51 red, - missing", net_debt_to_ebitda="9", ebitda="1"),
        *_firm("ebitda", "0.01 clear, 0 red", net_debt_to_ebitda="1", net_debt_to_ebitda_before="1"),
        *on("net_debt_to_ebitda", "- red", segment="small", ebitda="-5"),
    ],
    "FIN-07": [
        *_firm(
            "debt_to_assets",
            "70% clear, 70.1% yellow, 80% yellow, 80.1% orange, 95% orange, 95.1% red, - missing",
            debt_to_assets_change="0%",
        ),
        *_firm("debt_to_assets_change", "7.9% clear, 8% yellow, - missing", debt_to_assets="50%"),
    ],
    "FIN-08": _firm("current_ratio", "1 clear, 0.99 yellow, 0.8 yellow, 0.79 orange, 0.6 orange, 0.59 red, - missing"),
    "FIN-09": _firm("margin_squeeze", "-2.9% clear, -3% yellow, -5.9% yellow, -6% orange, -9.9% orange, -10% red, - missing"),
    "FIN-10": [
        *_firm(
            "receivable_days_change",
            "19.9% clear, 20% yellow, 39.9% yellow, 40% orange, 79.9% orange, 80% red, - missing",
            receivable_days="60",
        ),
        *_firm("receivable_days", "180 clear, 180.1 red, - missing", receivable_days_change="0%"),
    ],
    "FIN-11": _firm("inventory_days_change", "24.9% clear, 25% yellow, 49.9% yellow, 50% orange, 99.9% orange, 100% red, - missing"),
    "FIN-12": _firm("payable_days_change", "24.9% clear, 25% yellow, 49.9% yellow, 50% orange, - missing"),
    "FIN-13": _firm("other_receivables_share", "20% clear, 20.1% yellow, 40% yellow, 40.1% orange, 80% orange, 80.1% red, - missing"),
    "FIN-14": _firm("cash_and_loans_years", "0 clear, 1 yellow, 2 orange, - missing"),
    "FIN-15": _firm("sales_growth_gap", "15% clear, 15.1% yellow, 30% yellow, 30.1% orange, 50% orange, 50.1% red, - missing"),
    "FIN-16": _firm("statements_late_days", "15 clear, 16 yellow, 45 yellow, 46 orange, 90 orange, 91 red, - missing"),
    "FIN-17": _firm("audit_trouble", "none clear, auditor_changed yellow, qualified orange, refused red, - missing"),
    "FIN-18": _firm("total_debt_change", "29.9% clear, 30% yellow, 59.9% yellow, 60% orange, 99.9% orange, 100% red, - missing"),
    "FIN-19": _firm("plan_met", "85% clear, 84.9% yellow, 70% yellow, 69.9% orange, 50% orange, 49.9% red, - missing"),
}
