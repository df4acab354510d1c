"""The queue, the verification page and the reading pages. Listed in `inspections.urls` under three namespaces."""

from inspections.four_eyes import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

queue_patterns = [route("four-eyes/", views.waiting, name="four_eyes", get=Act.FOUR_EYES_SEE)]
reading_patterns = [
    route("inspections/visits/<int:visit_id>/", views.detail, name="detail", get=Act.VISIT_SEE),
    route("inspections/photos/<int:photo_id>/", views.photo, name="photo", get=Act.VISIT_SEE),
]
verify_patterns = [route("four-eyes/<int:visit_id>/", views.verify, name="verify", get=Act.VISIT_VERIFY, post=Act.VISIT_VERIFY)]
