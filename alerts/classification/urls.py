"""Addresses of class proposals."""

from alerts.classification import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "classification"
urlpatterns = [
    route("", views.proposal_list, name="list", get=Act.CLASS_SEE),
    route("<int:pk>/", views.decide_proposal, name="decide", post=Act.CLASS_CONFIRM),
]
