"""Addresses of class proposals."""

from alerts.classification import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "classification"
urlpatterns = [
    route("", views.proposal_list, name="list", get=Act.CLASS_SEE),
    route("export.<str:kind>", views.export, name="export", get=Act.CLASS_SEE),
    route("confirm/", views.confirm_chosen, name="confirm_many", post=Act.CLASS_CONFIRM),
    route("<int:pk>/", views.proposal, name="proposal", get=Act.CLASS_SEE, post=Act.CLASS_CONFIRM),
    route("<int:pk>/pane/", views.pane, name="pane", get=Act.CLASS_SEE),
]
