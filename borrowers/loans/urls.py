"""Addresses of the reconciliation."""

from borrowers.loans import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "reconciliation"
urlpatterns = [
    route("", views.differences, name="list", get=Act.RECONCILIATION_SEE),
    route("export.<str:kind>", views.differences_export, name="export", get=Act.RECONCILIATION_SEE),
]
