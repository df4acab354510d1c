"""Account behaviour."""

from tests.alerts.rulebook.shipped.reading import on

STEADY = {"payroll_change": "0%", "tax_payments_change": "0%", "utilities_change": "0%", "payments_stopped": "0"}


def _shrinks(field: str) -> list:
    around = {name: value for name, value in STEADY.items() if name != field}
    return on(field, "-24.9% clear, -25% yellow, -49.9% yellow, -50% orange, - missing", **around)


TABLES = {
    "ACC-01": on("inflow_change", "-19.9% clear, -20% yellow, -34.9% yellow, -35% orange, -49.9% orange, -50% red, - missing"),
    "ACC-02": on("average_balance_change", "-29.9% clear, -30% yellow, -69.9% yellow, -70% red, - missing"),
    "ACC-06": on("sales_return", "0.8 clear, 0.79 yellow, 0.5 yellow, 0.49 orange, 0.25 orange, 0.24 red, - missing"),
    "ACC-08": on("round_trip_share_90d", "4.9% clear, 5% yellow, 14.9% yellow, 15% orange, 29.9% orange, 30% red, - missing"),
    "ACC-09": on("dormant_days", "29 clear, 30 yellow, 59 yellow, 60 orange, 89 orange, 90 red, - missing"),
    "ACC-10": [
        *_shrinks("payroll_change"),
        *_shrinks("tax_payments_change"),
        *_shrinks("utilities_change"),
        *on("payments_stopped", "0 clear, 1 red, - missing", payroll_change="0%", tax_payments_change="0%", utilities_change="0%"),
        *on("payments_stopped", "1 red"),
    ],
    "ACC-11": [
        *on("outside_lenders_new_90d", "0 clear, 1 yellow, 2 yellow, 3 orange, 5 orange, 6 red, - missing", outside_lenders_share_90d="0%"),
        *on("outside_lenders_share_90d", "9.9% clear, 10% orange, 29.9% orange, 30% red, - missing", outside_lenders_new_90d="0"),
    ],
    "ACC-12": [
        *on("account_frozen", "none clear, partial orange, full red, - missing", deducted_share="0%"),
        *on("deducted_share", "10% clear, 10.1% red, - missing", account_frozen="none"),
    ],
}
