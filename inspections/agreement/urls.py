"""Addresses of the statistics of agreement."""

from inspections.agreement import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "agreement"
urlpatterns = [
    route("", views.home, name="home", get=Act.AGREEMENT_SEE),
    route("export.<str:kind>", views.export, name="export", get=Act.AGREEMENT_SEE),
    route("signs/", views.signs, name="signs", get=Act.AGREEMENT_OFFICERS),
    route("signs/export.<str:kind>", views.signs_export, name="signs_export", get=Act.AGREEMENT_OFFICERS),
]
