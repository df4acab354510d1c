"""Addresses of what falls due."""

from inspections.deadlines import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "deadlines"
urlpatterns = [
    route("", views.deadline_list, name="list", get=Act.DEADLINE_SEE),
    route("calendar/", views.calendar, name="calendar", get=Act.DEADLINE_SEE),
    route("export.<str:kind>", views.export, name="export", get=Act.DEADLINE_SEE),
    route("<int:deadline_id>/", views.deadline, name="deadline", get=Act.DEADLINE_SEE, post=Act.DEADLINE_ASK),
    route("<int:deadline_id>/answer/", views.answer, name="answer", post=Act.DEADLINE_AGREE),
]
