"""Covenants."""

from tests.alerts.rulebook.shipped.reading import on

TABLES = {
    "COV-01": on("covenant_headroom", "10% clear, 9.9% yellow, 5% yellow, 4.9% orange, - missing"),
    "COV-02": [
        *on("covenant_breaches", "0 clear, 1 orange, - missing", covenant_breaches_of_4="0", covenant_waiver_expired="no"),
        *on("covenant_breaches_of_4", "1 orange, 2 red", covenant_breaches="1", covenant_waiver_expired="no"),
        *on("covenant_waiver_expired", "no orange, yes red", covenant_breaches="1", covenant_breaches_of_4="1"),
    ],
    "COV-03": on("covenant_tests_missing", "0 clear, 1 yellow, 2 orange, - missing"),
}
