"""Addresses of the rulebook."""

from alerts.rulebook import life_views as life
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
    route("waiting/", life.waiting, name="waiting", get=Act.RULE_SEE),
    route("snoozes/", life.snoozes, name="snoozes", get=Act.RULE_SEE),
    route("snoozes/<int:snooze_id>/lift/", life.lift, name="lift", post=Act.RULE_SNOOZE),
    route("export.<str:kind>", views.export, name="export", get=Act.RULE_SEE),
    route("<str:code>/compare/", life.compare, name="compare", get=Act.RULE_SEE),
    route("<str:code>/snooze/", life.snooze, name="snooze", get=Act.RULE_SNOOZE, post=Act.RULE_SNOOZE),
    route("<str:code>/versions/<int:version>/", life.version_page, name="version", get=Act.RULE_SEE),
    route("<str:code>/versions/<int:version>/check/", life.check, name="check", post=Act.RULE_CHECK),
    route("<str:code>/versions/<int:version>/return/", life.give_back, name="return", post=Act.RULE_RETURN),
    route("<str:code>/versions/<int:version>/approve/", life.approve, name="approve", post=Act.RULE_APPROVE),
    route("<str:code>/versions/<int:version>/retire/", life.retire, name="retire", post=Act.RULE_RETIRE),
    route("<str:code>/versions/<int:version>/drop/", life.drop, name="drop", post=Act.RULE_WRITE),
    route("<str:code>/versions/<int:version>/trial/", life.trial_page, name="trial", get=Act.RULE_SEE),
    route("<str:code>/versions/<int:version>/trial/start/", life.start_trial, name="trial_start", post=Act.RULE_TRIAL),
    route("<str:code>/versions/<int:version>/trial/stop/", life.stop_trial, name="trial_stop", post=Act.RULE_TRIAL),
    route("<str:code>/", views.rule_detail, name="rule", get=Act.RULE_SEE),
]
