"""Outside signals."""

from tests.alerts.rulebook.shipped.reading import Told, on


def _person(field: str, told: str) -> list[Told]:
    return [*on(field, told, segment="person"), *on(field, "- clear", segment="small")]


SCORE = {"bureau_inquiries": "0", "bureau_dpd_others": "0"}
TABLES = {
    "EXT-01": [
        *on(
            "litigation_share", "4.9% clear, 5% yellow, 14.9% yellow, 15% orange, 29.9% orange, 30% red, - missing", sued_by_lenders_12m="0"
        ),
        *on("sued_by_lenders_12m", "0 clear, 1 orange, - missing", litigation_share="0%"),
    ],
    "EXT-02": [
        *on("enforcement_cases", "0 clear, 1 orange, - missing", enforcement_share="0%", on_debtor_list="no"),
        *on("enforcement_share", "4.9% orange, 5% red", enforcement_cases="1", on_debtor_list="no"),
        *on("on_debtor_list", "no clear, yes red, - missing", enforcement_cases="0", enforcement_share="0%"),
    ],
    "EXT-03": on("insolvency", "none clear, guarantor orange, parent red, borrower red, - missing"),
    "EXT-04": [
        *on("tax_class_steps_down", "0 clear, 1 yellow, - missing", tax_trouble="none", tax_class="1"),
        *on("tax_class", "4 clear, 5 orange, - missing", tax_trouble="none", tax_class_steps_down="0"),
        *on("tax_trouble", "none clear, invoices yellow, arrears orange, illegal red, - missing", tax_class="1", tax_class_steps_down="0"),
    ],
    "EXT-05": [
        *on("penalties_12m", "0 clear, 1 yellow, - missing", penalty_share="0%", regulator_order="none"),
        *on("penalty_share", "0.9% yellow, 1% orange, - yellow", penalties_12m="1", regulator_order="none"),
        *on("regulator_order", "none clear, recall orange, stopped red, - missing", penalties_12m="0", penalty_share="0%"),
    ],
    "EXT-06": [
        *on("abnormal_operation_days", "0 clear, 1 yellow, 30 yellow, 31 orange, - missing", serious_violation="no"),
        *on("serious_violation", "no clear, yes red, - missing", abnormal_operation_days="0"),
    ],
    "EXT-07": [
        *on("rating_notches_down", "0 clear, 1 yellow, 2 orange, 3 red, - missing", negative_outlook="no", external_rating="10"),
        *on("negative_outlook", "no clear, yes yellow, - missing", rating_notches_down="0", external_rating="10"),
        *on("external_rating", "16 clear, 17 red, - missing", rating_notches_down="0", negative_outlook="no"),
    ],
    "EXT-08": [
        *on("bureau_score_change", "-39 clear, -40 yellow, -79 yellow, -80 orange, - missing", **SCORE),
        *on("bureau_inquiries", "2 clear, 3 yellow, 4 yellow, 5 orange, - missing", bureau_score_change="0", bureau_dpd_others="0"),
        *on("bureau_dpd_others", "30 clear, 31 red, - missing", bureau_score_change="0", bureau_inquiries="0"),
        *on("bureau_dpd_others", "31 red"),
    ],
    "EXT-09": on("adverse_news_weight_90d", "0 clear, 1 yellow, 2 orange, 3 orange, 4 red, - missing"),
    "EXT-10": on("insured_employees_change", "-14.9% clear, -15% yellow, -29.9% yellow, -30% orange, -49.9% orange, -50% red, - missing"),
    "EXT-11": on("electricity_change", "-19.9% clear, -20% yellow, -39.9% yellow, -40% orange, -69.9% orange, -70% red, - missing"),
    "EXT-12": _person("employer_trouble", "none clear, watched yellow, wage_delay orange, closed red, - missing"),
}
