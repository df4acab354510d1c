from loanwatch.people.policy import Act
from loanwatch.people.routes import route
from loanwatch.trail.outbox import views

app_name = "outbox"
urlpatterns = [
    route("", views.outbox, name="list", get=Act.OUTBOX_SEE),
    route("settle/", views.settle_many, name="settle_many", post=Act.OUTBOX_SETTLE),
    route("<int:pk>/", views.message, name="message", get=Act.OUTBOX_SEE),
    route("<int:pk>/settle/", views.settle, name="settle", post=Act.OUTBOX_SETTLE),
]
