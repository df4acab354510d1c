"""Tasks on the desk. Listed in `inspections.urls` together with the queue, which shares the menu's namespace."""

from inspections.planning import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

patterns = [
    route("inspections/", views.tasks, name="tasks", get=Act.TASK_SEE),
    route("inspections/tasks.csv", views.export, name="tasks_export", get=Act.TASK_SEE),
    route("inspections/<int:task_id>/assign/", views.assign, name="assign", get=Act.TASK_ASSIGN, post=Act.TASK_ASSIGN),
]
