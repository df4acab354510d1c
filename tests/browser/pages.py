"""Which pages each role opens, for pictures and for the checks that every page must pass."""

import re

from playwright.sync_api import Page

DESK = {
    "manager": [
        "/",
        "/alerts/",
        "/alerts/raise/",
        "/cases/",
        "/inspections/",
        "/four-eyes/questions/",
        "/deadlines/",
        "/deadlines/calendar/",
        "/loans/",
        "/borrowers/",
        "/documents/",
        "/classification/",
        "/m/list/",
        "/inspections/plans/",
        "/inspections/calendar/",
        "/inspections/absences/",
        "/inspections/route/",
        "/inspections/postponements/",
        "/house/profile/",
        "/accounts/password/change/",
    ],
    "officer": [
        "/",
        "/alerts/",
        "/alerts/?all=1&sort=-exposure",
        "/cases/",
        "/cases/?kind=cohort",
        "/four-eyes/",
        "/four-eyes/batch/",
        "/four-eyes/splits/",
        "/evidence/",
        "/evidence/?state=all",
        "/portfolio/",
        "/loans/",
        "/rules/",
        "/rules/new/",
        "/rules/REP-01/edit/",
        "/rules/waiting/",
        "/rules/snoozes/",
        "/classification/",
        "/search/?q=LN",
    ],
    "head": ["/inspections/plans/", "/inspections/calendar/?view=week", "/inspections/absences/", "/", "/portfolio/", "/alerts/", "/inspections/", "/loans/?bucket=4", "/borrowers/", "/classification/", "/agencies/orders/", "/agencies/orders/new/", "/agencies/deliveries/"],
    "credit": [
        "/",
        "/portfolio/",
        "/agencies/",
        "/inspections/forms/",
        "/inspections/forms/new/",
        "/house/parameters/",
        "/house/packs/",
        "/house/packs/cn_bank/",
        "/house/products/",
        "/house/products/new/",
        "/house/calendars/CN/2026/",
        "/house/calendars/KR/2026/",
        "/enter/",
        "/enter/borrowers/new/",
        "/enter/facilities/new/",
        "/enter/loans/new/",
        "/enter/repayments/",
        "/feeds/",
        "/rules/",
        "/rules/REP-01/",
        "/rules/REP-01/versions/1/",
        "/rules/REP-01/versions/1/trial/",
        "/rules/REP-01/compare/",
        "/rules/REP-01/backtest/",
        "/rules/backtests/",
        "/rules/backtests/compare/",
        "/rules/quality/",
        "/loans/LN-000015/known/",
        "/loans/LN-000015/indicators/",
        "/reconciliation/",
        "/reconciliation/figures/",
        "/documents/incomplete/",
        "/documents/kinds/",
        "/documents/holds/",
        "/feeds/deliveries/",
        "/feeds/quarantine/",
        "/feeds/formats/",
        "/feeds/formats/new/",
        "/feeds/upload/",
        "/feeds/plans/",
        "/feeds/plans/new/",
        "/reminders/",
        "/reminders/texts/soon/zh-hans/",
        "/outbox/",
    ],
    "agent": ["/", "/inspections/", "/m/list/", "/agency/"],
    "auditor": ["/", "/trail/events/", "/trail/days/", "/trail/days/list/", "/house/access/", "/four-eyes/"],
    "sysadmin": ["/", "/house/users/", "/house/users/new/", "/house/branches/", "/trail/days/", "/feeds/"],
    "borrower": ["/portal/"],
}
PHONE = ["/m/list/"]

# Behind a list lies a page for each of its rows: the first link of this form is followed.
BEHIND = {
    "/loans/": r"/loans/[^/?.]+/",
    "/alerts/": r"/alerts/AL[^/?.]+/",
    "/cases/": r"/cases/CS[^/?.]+/",
    "/borrowers/": r"/borrowers/[^/?.]+/",
    "/documents/": r"/documents/DC\d+/",
    "/documents/incomplete/": r"/loans/[^/?.]+/documents/",
    "/documents/kinds/": r"/documents/kinds/\d+/",
    "/rules/": r"/rules/[^/?.]+/",
    "/inspections/forms/": r"/inspections/forms/\d+/",
    "/inspections/plans/": r"/inspections/plans/\d+/",
    "/inspections/": r"/inspections/visits/\d+/|/inspections/\d+/assign/",
    "/four-eyes/": r"/four-eyes/\d+/|/inspections/visits/\d+/",
    "/feeds/": r"/feeds/\d+/",
    "/feeds/deliveries/": r"/feeds/\d+/",
    "/feeds/formats/": r"/feeds/formats/\d+/",
    "/trail/days/": r"/trail/days/[^/?]+/[^/?]+/",
    "/house/users/": r"/house/users/\d+/",
    "/house/branches/": r"/house/branches/\d+/",
    "/house/parameters/": r"/house/parameters/[^/?.]+/",
    "/house/products/": r"/house/products/\d+/",
    "/m/list/": r"/m/visits/\d+/",
}


def addresses(page: Page, role: str) -> list[str]:
    """The role's pages, and one detail page behind each list that links to some. `page` is logged in as the role."""
    found = list(DESK[role])
    for path in DESK[role]:
        if form := BEHIND.get(path):
            page.goto(path)
            links = page.evaluate("[...document.querySelectorAll('main a[href]')].map(a => a.getAttribute('href').split('#')[0])")
            found += [link for link in links if re.fullmatch(form, link) and link not in found][:1]
    return found
