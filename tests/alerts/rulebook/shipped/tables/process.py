"""Staff conduct and process."""

from tests.alerts.rulebook.shipped.reading import on

TABLES = {
    "PRC-01": on("inspection_overdue_days", "5 clear, 6 yellow, 15 yellow, 16 orange, 30 orange, 31 red, - missing"),
    "PRC-02": [
        *on("inputs_missing_days", "31 clear, 32 yellow, 62 yellow, 63 orange, - missing", inputs_missing="1", days_past_due="0"),
        *on("inputs_missing_days", "31 clear, 32 orange", inputs_missing="3", days_past_due="0"),
        *on("inputs_missing", "0 clear, 1 yellow, 2 yellow, 3 orange, - missing", inputs_missing_days="32", days_past_due="0"),
        *on("inputs_missing_days", "4 clear, 5 red", inputs_missing="1"),
    ],
    "PRC-03": [
        *on("copied_pictures_90d", "0 clear, 1 yellow, 2 orange, - missing", preloan_pictures_90d="0"),
        *on("preloan_pictures_90d", "0 yellow, 1 red", copied_pictures_90d="1"),
    ],
    "PRC-04": [
        *on("copied_words_worst_90d", "60% clear, 60.1% yellow, 80% yellow, 80.1% orange, - missing", copied_words_reports_90d="0"),
        *on("copied_words_reports_90d", "4 orange, 5 red", copied_words_worst_90d="95%"),
    ],
    "PRC-05": on("impossible_routes_30d", "0 clear, 1 yellow, 2 orange, 3 red, - missing"),
    "PRC-06": on("disagreement_share_90d", "10% clear, 10.1% yellow, 20% yellow, 20.1% orange, 35% orange, 35.1% red, - missing"),
    "PRC-07": [
        *on("review_seconds_90d", "5 clear, 4.9 yellow, - missing", review_agreement_90d="100%"),
        *on("review_agreement_90d", "99% clear, 99.1% yellow, - missing", review_seconds_90d="2"),
    ],
    "PRC-08": on("surprise_defaults_12m", "0 clear, 1 orange, 2 orange, 3 red, - missing"),
    "PRC-09": on("benign_default_share_12m", "5% clear, 5.1% yellow, 10% yellow, 10.1% orange, 20% orange, 20.1% red, - missing"),
    "PRC-10": on("late_entry_share_90d", "10% clear, 10.1% yellow, 25% yellow, 25.1% orange, - missing"),
    "PRC-11": [
        *on("handover_gap_days", "0 clear, 1 yellow, 4 yellow, 5 orange, 14 orange, 15 red", months_on_book="12"),
        *on("months_on_book", "0 missing, 1 red, - missing"),
        *on("months_on_book", "0 clear, 1 clear, - clear", handover_gap_days="0"),
    ],
    "PRC-12": on("class_wait_days", "10 clear, 11 yellow, 20 yellow, 21 orange, 30 orange, 31 red, - missing"),
}
