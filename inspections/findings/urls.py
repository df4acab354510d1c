"""Addresses of findings. Those of holds stand in `hold_urls`, that of the check of certificates in `check_urls`."""

from inspections.findings import step_views as steps
from inspections.findings import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "findings"
urlpatterns = [
    route("", views.finding_list, name="list", get=Act.FINDING_SEE),
    route("export.<str:kind>", views.export, name="export", get=Act.FINDING_SEE),
    route("new/", views.raise_one, name="new", get=Act.FINDING_RAISE, post=Act.FINDING_RAISE),
    route("proposed/", views.proposal_list, name="proposals", get=Act.FINDING_RAISE),
    route("proposed/<int:proposal_id>/", views.proposal, name="proposal", get=Act.FINDING_RAISE, post=Act.FINDING_RAISE),
    route("proposed/<int:proposal_id>/accept/", views.accept, name="accept", post=Act.FINDING_RAISE),
    route("proposed/<int:proposal_id>/dismiss/", views.dismiss, name="dismiss", post=Act.FINDING_VERIFY),
    route("<int:finding_id>/", views.finding, name="finding", get=Act.FINDING_SEE),
    route("<int:finding_id>/remedy/", steps.remedy, name="remedy", post=Act.FINDING_REMEDY),
    route("<int:finding_id>/verify/", steps.verify, name="verify", post=Act.FINDING_VERIFY),
    route("<int:finding_id>/return/", steps.send_back, name="return", post=Act.FINDING_VERIFY),
    route("<int:finding_id>/time/", steps.ask_time, name="time", post=Act.FINDING_REMEDY),
    route("<int:finding_id>/time/answer/", steps.answer_time, name="time_answer", post=Act.FINDING_VERIFY),
    route("<int:finding_id>/owner/", steps.give, name="owner", post=Act.FINDING_RAISE),
    route("<int:finding_id>/files/<int:file_id>/", steps.file, name="file", get=Act.FINDING_SEE),
]
