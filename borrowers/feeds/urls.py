from borrowers.feeds import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "feeds"
urlpatterns = [
    route("", views.deliveries, name="deliveries", get=Act.FEED_SEE),
    route("<int:pk>/", views.delivery, name="delivery", get=Act.FEED_SEE),
    route("rows/<int:pk>/correct/", views.correct, name="correct", post=Act.QUARANTINE_RELEASE),
    route("rows/<int:pk>/release/", views.release, name="release", post=Act.QUARANTINE_RELEASE),
    route("rows/<int:pk>/reject/", views.reject, name="reject", post=Act.QUARANTINE_RELEASE),
]
