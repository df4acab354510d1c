"""Industry and branch."""

from tests.alerts.rulebook.shipped.reading import on

TABLES = {
    "IND-01": on("sector_default_ratio", "1.29 clear, 1.3 yellow, 1.59 yellow, 1.6 orange, 1.99 orange, 2 red, - missing"),
    "IND-02": on("sector_limit_used", "80% clear, 80.1% yellow, 95% yellow, 95.1% orange, 100% orange, 100.1% red, - missing"),
    "IND-03": on("sector_event", "none clear, mild yellow, strong orange, ban red, - missing"),
    "IND-05": on("vintage_ratio", "1.29 clear, 1.3 yellow, 1.59 yellow, 1.6 orange, 1.99 orange, 2 red, - missing"),
    "IND-06": on("roll_ratio", "1.19 clear, 1.2 yellow, 1.39 yellow, 1.4 orange, 1.79 orange, 1.8 red, - missing"),
}
