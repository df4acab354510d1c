"""Every address of the application. Each slice keeps its own list; each entry names the act it needs."""

from django.conf.urls.i18n import urlpatterns as i18n
from django.urls import URLPattern, URLResolver, include, path

from loanwatch.desk.styleguide import styleguide
from loanwatch.people.routes import PUBLIC, route
from loanwatch.watch import views as watch

urlpatterns: list[URLPattern | URLResolver] = [
    route("healthz", watch.alive, name="healthz", get=PUBLIC),
    route("readyz", watch.ready, name="readyz", get=PUBLIC),
    route("metrics", watch.metrics, name="metrics", get=PUBLIC),
    route("styleguide/", styleguide, name="styleguide", get=PUBLIC),
    path("accounts/", include("loanwatch.people.account_urls")),
    path("i18n/", include(i18n)),
    path("house/", include("loanwatch.people.urls")),
    path("house/", include("loanwatch.lenders.urls")),
    path("trail/days/", include("loanwatch.desk.days.urls")),
    path("trail/", include("loanwatch.trail.urls")),
    path("outbox/", include("loanwatch.trail.outbox.urls")),
    path("reminders/", include("alerts.reminders.urls")),
    path("feeds/", include("borrowers.feeds.urls")),
    path("reconciliation/", include("borrowers.loans.urls")),
    path("reconciliation/figures/", include("alerts.observation.urls")),
    path("feeds/", include("borrowers.intake.urls")),
    path("enter/", include("borrowers.entry.urls")),
    path("", include("borrowers.documents.urls")),
    path("", include("inspections.urls")),
    path("", include("inspections.outsourcing.urls")),
    path("deadlines/", include("inspections.deadlines.urls")),
    path("findings/", include("inspections.findings.urls")),
    path("holds/", include("inspections.findings.hold_urls")),
    path("certificates/", include("inspections.findings.check_urls")),
    path("sampling/", include("inspections.sampling.urls")),
    path("agreement/", include("inspections.agreement.urls")),
    path("api/v1/", include("loanwatch.api")),
    path("alerts/", include("alerts.signals.urls")),
    path("cases/", include("alerts.cases.urls")),
    path("classification/", include("alerts.classification.urls")),
    path("rules/", include("alerts.backtests.urls")),
    path("rules/", include("alerts.rulebook.urls")),
    path("portal/", include("loanwatch.desk.portal.urls")),
    path("", include("loanwatch.desk.papers.urls")),
    path("", include("loanwatch.desk.urls")),
]
