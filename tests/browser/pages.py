"""Which pages each role opens, for pictures and for the checks that every page must pass."""

DESK = {
    "manager": ["/", "/alerts/", "/inspections/", "/loans/", "/borrowers/", "/classification/", "/accounts/password/change/"],
    "officer": ["/", "/alerts/", "/four-eyes/", "/portfolio/", "/loans/", "/rules/", "/classification/", "/search/?q=LN"],
    "head": ["/portfolio/", "/alerts/", "/inspections/", "/loans/?bucket=4"],
    "credit": ["/", "/house/parameters/", "/house/products/", "/feeds/", "/rules/"],
    "agent": ["/m/"],
    "auditor": ["/trail/", "/trail/days/", "/house/access/"],
    "sysadmin": ["/house/users/", "/house/branches/", "/trail/days/", "/feeds/"],
    "borrower": ["/portal/"],
}
PHONE = ["/m/"]
