"""Addresses of what is printed."""

from loanwatch.desk.papers import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "papers"
urlpatterns = [
    route("inspections/visits/<int:visit_id>/report.pdf", views.report, name="report", get=Act.VISIT_SEE),
    route("borrowers/<str:number>/inspections.pdf", views.series, name="series", get=Act.BORROWER_SEE),
]
