"""Use of proceeds."""

from tests.alerts.rulebook.shipped.reading import on

TABLES = {
    "USE-01": on("paid_outside_share", "4.9% clear, 5% yellow, 19.9% yellow, 20% orange, 49.9% orange, 50% red, - missing"),
    "USE-02": [
        *on("forbidden_payments", "0 clear, 1 orange, - missing", forbidden_use_share="0%"),
        *on("forbidden_use_share", "9.9% orange, 10% red, - orange", forbidden_payments="1"),
    ],
    "USE-03": on("returned_share", "4.9% clear, 5% yellow, 19.9% yellow, 20% orange, 49.9% orange, 50% red, - missing"),
    "USE-04": on("proofs_missing_days", "30 clear, 31 yellow, 60 yellow, 61 orange, 90 orange, 91 red, - missing"),
    "USE-05": on("split_payments", "0 clear, 1 yellow, 2 orange, - missing"),
    "USE-06": on("cash_share", "19.9% clear, 20% yellow, 49.9% yellow, 50% orange, - missing"),
    "USE-07": [
        *on("project_behind", "9.9 clear, 10 yellow, 19.9 yellow, 20 orange, 34.9 orange, 35 red, - missing",
            product_kind="fixed_asset", project_stands_days="0"),
        *on("project_stands_days", "59 clear, 60 red, - missing", product_kind="fixed_asset", project_behind="1"),
        *on("project_behind", "0 clear", product_kind="fixed_asset", project_stands_days="60"),
        *on("project_behind", "- clear", product_kind="working_capital"),
    ],
}  # fmt: skip
