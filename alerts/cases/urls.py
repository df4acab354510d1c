"""Addresses of cases."""

from alerts.cases import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "cases"
urlpatterns = [
    route("", views.case_list, name="list", get=Act.CASE_SEE),
    route("export.<str:kind>", views.export, name="export", get=Act.CASE_SEE),
    route("cohort/", views.make_cohort, name="cohort", post=Act.CASE_KEEP),
    route("<str:number>/", views.detail, name="detail", get=Act.CASE_SEE),
    route("<str:number>/note/", views.note, name="note", post=Act.CASE_KEEP),
    route("<str:number>/join/", views.join, name="join", post=Act.CASE_KEEP),
    route("<str:number>/split/", views.split, name="split", post=Act.CASE_KEEP),
    route("<str:number>/close/", views.close, name="close", post=Act.CASE_KEEP),
]
