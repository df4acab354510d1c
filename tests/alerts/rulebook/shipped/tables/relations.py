"""What the bank has to keep up."""

from tests.alerts.rulebook.shipped.reading import on

TABLES = {
    "REL-01": on("internal_rating_age", "0.9 clear, 0.91 yellow, 1 yellow, 1.01 orange, 1.2 orange, 1.21 red, - missing"),
    "REL-02": on("condition_overdue_days", "0 clear, 1 yellow, 15 yellow, 16 orange, 45 orange, 46 red, - missing"),
    "REL-03": on("our_inflow_share_change", "-29.9% clear, -30% yellow, -49.9% yellow, -50% orange, -79.9% orange, -80% red, - missing"),
}
