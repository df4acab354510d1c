"""Management and ownership."""

from tests.alerts.rulebook.shipped.reading import on

TABLES = {
    "MGT-01": [
        *on("control_change", "none clear, shares yellow, legal_rep orange, controller red, - missing", shares_changed_12m="0%"),
        *on("shares_changed_12m", "24.9% yellow, 25% orange, 50% orange, 50.1% red, - yellow", control_change="shares"),
    ],
    "MGT-02": on("key_person_changes_12m", "1 clear, 2 yellow, 3 orange, 4 red, - missing"),
    "MGT-03": [
        *on("owner_dpd", "0 clear, 1 yellow, 30 yellow, 31 orange, 90 orange, 91 red, - missing", owner_new_loans="0"),
        *on("owner_new_loans", "2 clear, 3 yellow, - missing", owner_dpd="0"),
    ],
    "MGT-04": [
        *on("failed_contacts_60d", "1 clear, 2 yellow, 3 yellow, 4 orange, 5 orange, 6 red, - missing", premises_closed="no"),
        *on("premises_closed", "no clear, yes red, - missing", failed_contacts_60d="0"),
    ],
    "MGT-05": [
        *on("shares_pledged_share", "50% clear, 50.1% yellow, 80% yellow, 80.1% orange, - missing", shares_frozen="no"),
        *on("shares_frozen", "no clear, yes red, - missing", shares_pledged_share="0%"),
    ],
    "MGT-06": [
        *on("registry_change", "none clear, address_scope yellow, capital orange, deregistration red, - missing", capital_cut_12m="20%"),
        *on("capital_cut_12m", "19.9% clear, 20% orange, - missing", registry_change="capital"),
    ],
    "MGT-07": [
        *on("visits_postponed_12m", "0 clear, 1 yellow, 2 orange, 3 red, - missing", visits_refused_12m="0"),
        *on("visits_refused_12m", "0 clear, 1 red, - missing", visits_postponed_12m="0"),
    ],
}
