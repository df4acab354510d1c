"""Repayment."""

from tests.alerts.rulebook.shipped.reading import on

TABLES = {
    "REP-01": on("days_past_due", "0 clear, 1 yellow, 30 yellow, 31 orange, 60 orange, 61 red, - missing"),
    "REP-02": [
        *on("interest_days_past_due", "0 clear, 1 yellow, 14 yellow, 15 orange, 59 orange, 60 red, - missing", principal_days_past_due="0"),
        *on("principal_days_past_due", "0 red, 1 clear, - missing", interest_days_past_due="60"),
    ],
    "REP-03": on("late_payments_6m", "1 clear, 2 yellow, 3 orange, 4 orange, 5 red, - missing"),
    "REP-04": [
        *on("lateness_slope_6", "1 clear, 1.01 yellow, 3 yellow, 3.01 orange, - missing", lateness_rising_3="no", lateness_last="0"),
        *on("lateness_last", "9 clear, 10 orange, - missing", lateness_rising_3="yes", lateness_slope_6="0"),
        *on("lateness_rising_3", "no clear, yes orange, - missing", lateness_last="10", lateness_slope_6="0"),
    ],
    "REP-05": [
        *on("returned_debits_3m", "0 clear, 1 yellow, 2 orange, 3 red, - missing", returned_debit_retries_3m="2"),
        *on("returned_debit_retries_3m", "1 clear, 2 yellow, - missing", returned_debits_3m="1"),
    ],
    "REP-06": on("part_payment_share_6m", "19.9% clear, 20% yellow, 39.9% yellow, 40% orange, - missing"),
    "REP-07": [
        *on("third_party_paid_share_6m", "19.9% clear, 20% yellow, 49.9% yellow, 50% orange, - missing", unknown_payer_share_6m="0%"),
        *on("unknown_payer_share_6m", "79.9% orange, 80% red", third_party_paid_share_6m="80%"),
        *on("unknown_payer_share_6m", "- missing", third_party_paid_share_6m="0%"),
    ],
    "REP-08": [
        *on("balance_before_due", "1 clear, 0.99 yellow, 0.5 yellow, 0.49 orange, 0.2 orange, 0.19 red, - missing", next_demand_days="7"),
        *on("next_demand_days", "7 red, 8 clear, - missing", balance_before_due="0"),
        *on("balance_before_due", "- clear", next_demand_days="30"),
    ],
    "REP-10": [
        *on("relapse_days", "7 clear, 8 orange, 30 orange, 31 red, - missing", restructured="yes", restructures="1"),
        *on("restructures", "1 clear, 2 red", restructured="yes", relapse_days="0"),
        *on("relapse_days", "- clear", restructured="no", restructures="0"),
    ],
    "REP-11": [
        *on("full_instalment_days", "76 clear, 75 yellow, 31 yellow, 30 orange", balance_before_due="0.9", principal_due_90d="0"),
        *on("balance_before_due", "1 yellow, 0.99 orange, - yellow", full_instalment_days="30", principal_due_90d="0"),
        *on("full_instalment_days", "- clear", principal_due_90d="5000"),
        *on("full_instalment_days", "- missing"),
    ],
    "REP-12": on("broken_promises_60d", "0 clear, 1 yellow, 2 orange, 3 red, - missing"),
}
