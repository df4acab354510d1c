"""Addresses of holds, certificates and keys."""

from inspections.findings import hold_views as views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "holds"
urlpatterns = [
    route("", views.hold_list, name="list", get=Act.HOLD_SEE),
    route("export.<str:kind>", views.export, name="export", get=Act.HOLD_SEE),
    route("new/", views.place, name="place", get=Act.HOLD_PLACE, post=Act.HOLD_PLACE),
    route("keys/", views.keys, name="keys", get=Act.HOLD_SEE),
    route("<int:hold_id>/", views.hold, name="hold", get=Act.HOLD_SEE),
    route("<int:hold_id>/ask/", views.ask, name="ask", post=Act.HOLD_LIFT_ASK),
    route("<int:hold_id>/answer/", views.answer, name="answer", post=Act.HOLD_LIFT),
    route("borrowers/<str:number>/", views.borrower, name="borrower", get=Act.HOLD_SEE),
    route("borrowers/<str:number>/certificate/", views.issue, name="issue", post=Act.CERTIFICATE_ISSUE),
    route("certificates/<int:certificate_id>/", views.certificate, name="certificate", get=Act.HOLD_SEE),
]
