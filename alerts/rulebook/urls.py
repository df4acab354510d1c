"""Addresses of the rulebook."""

from alerts.rulebook import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "rulebook"
urlpatterns = [
    route("", views.rule_list, name="list", get=Act.RULE_SEE),
    route("<str:code>/", views.rule_detail, name="rule", get=Act.RULE_SEE),
]
