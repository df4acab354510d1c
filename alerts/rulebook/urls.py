"""Addresses of the rulebook."""

from alerts.rulebook import views
from alerts.rulebook.editing import views as editing
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "rulebook"
urlpatterns = [
    route("", views.rule_list, name="list", get=Act.RULE_SEE),
    route("new/", editing.rule_new, name="new", get=Act.RULE_WRITE, post=Act.RULE_WRITE),
    route("preview/", editing.rule_preview, name="preview", post=Act.RULE_WRITE),
    route("complete/", editing.rule_complete, name="complete", post=Act.RULE_WRITE),
    route("<str:code>/edit/", editing.rule_edit, name="edit", get=Act.RULE_WRITE, post=Act.RULE_WRITE),
    route("<str:code>/", views.rule_detail, name="rule", get=Act.RULE_SEE),
]
