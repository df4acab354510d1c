from loanwatch.people.policy import Act
from loanwatch.people.routes import route
from loanwatch.trail import views

app_name = "trail"
urlpatterns = [
    route("events/", views.events, name="events", get=Act.TRAIL_SEE),
    route("events/export/", views.export_events, name="export", post=Act.TRAIL_SEE),
]
