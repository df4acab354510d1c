"""Group and related parties."""

from tests.alerts.rulebook.shipped.reading import on

TABLES = {
    "GRP-01": [
        *on(
            "group_worst_dpd",
            "10 clear, 11 yellow, 30 yellow, 31 orange, 90 orange, 91 red, - missing",
            group_members="2",
            group_insolvent="no",
        ),
        *on("group_insolvent", "no clear, yes red, - missing", group_members="2", group_worst_dpd="0"),
        *on("group_worst_dpd", "- clear", group_members="0"),
    ],
    "GRP-02": [
        *on(
            "npl_share",
            "4.9% clear, 5% yellow, 7.9% yellow, 8% orange, 10% orange, 10.1% red, - missing",
            segment="small",
            bureau_npl_share="0%",
        ),
        *on(
            "bureau_npl_share",
            "9.9% clear, 10% yellow, 14.9% yellow, 15% orange, 20% orange, 20.1% red, - missing",
            segment="small",
            npl_share="0%",
        ),
        *on("npl_share", "- clear", segment="person"),
    ],
    "GRP-03": on("related_flow_share_90d", "20% clear, 20.1% yellow, 40% yellow, 40.1% orange, 60% orange, 60.1% red, - missing"),
    "GRP-04": [
        *on("hidden_links", "0 clear, 1 yellow, 2 orange, - missing", hidden_link_dpd="0"),
        *on("hidden_link_dpd", "90 yellow, 91 orange", hidden_links="1"),
    ],
    "GRP-05": [
        *on("group_limit_used", "80% clear, 80.1% yellow, 95% yellow, 95.1% orange, 100% orange, 100.1% red, - missing", group_members="2"),
        *on("group_limit_used", "- clear", group_members="0"),
    ],
    "GRP-06": [
        *on("largest_buyer_share", "50% clear, 50.1% yellow, 70% yellow, 70.1% orange, - missing", largest_buyer_change="0%"),
        *on("largest_buyer_change", "-79.9% clear, -80% red, - missing", largest_buyer_share="20%"),
    ],
}
