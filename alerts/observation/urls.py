"""Addresses of the figures of a close."""

from alerts.observation import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "figures"
urlpatterns = [route("", views.figures, name="close", get=Act.RECONCILIATION_SEE)]
