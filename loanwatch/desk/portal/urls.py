"""Addresses for borrowers."""

from loanwatch.desk.portal import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "portal"
urlpatterns = [route("", views.home, name="home", get=Act.PORTAL_SEE)]
