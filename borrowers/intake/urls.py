"""Pages of webhook sources."""

from borrowers.intake import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "intake"
urlpatterns = [
    route("webhooks/", views.source_list, name="sources", get=Act.WEBHOOK_KEEP),
    route("webhooks/new/", views.source_new, name="source_new", get=Act.WEBHOOK_KEEP, post=Act.WEBHOOK_KEEP),
    route("webhooks/<int:source_id>/", views.source, name="source", get=Act.WEBHOOK_KEEP),
    route("webhooks/<int:source_id>/key/", views.key_read, name="key_read", post=Act.WEBHOOK_KEEP),
    route("webhooks/<int:source_id>/new-key/", views.key_change, name="key_change", post=Act.WEBHOOK_KEEP),
    route("webhooks/<int:source_id>/switch/", views.switch, name="switch", post=Act.WEBHOOK_KEEP),
]
