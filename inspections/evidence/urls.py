"""Addresses of what the evidence guard noticed. Listed in `inspections.urls`."""

from inspections.evidence import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

patterns = [
    route("evidence/", views.flag_list, name="list", get=Act.EVIDENCE_SEE),
    route("evidence/export.<str:kind>", views.export, name="export", get=Act.EVIDENCE_SEE),
    route("evidence/<int:flag_id>/", views.flag, name="flag", get=Act.EVIDENCE_SEE, post=Act.EVIDENCE_JUDGE),
]
