"""The queue, the verification page and the reading pages. Listed in `inspections.urls` under three namespaces."""

from inspections.four_eyes import list_views, views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

queue_patterns = [
    route("four-eyes/", list_views.waiting, name="four_eyes", get=Act.FOUR_EYES_SEE),
    route("four-eyes/batch/", list_views.batch, name="batch", get=Act.VISIT_VERIFY, post=Act.VISIT_VERIFY),
    route("four-eyes/splits/", list_views.split_list, name="splits", get=Act.VISIT_SETTLE),
    route("four-eyes/questions/", list_views.questions, name="questions", get=Act.VISIT_EXPLAIN, post=Act.VISIT_EXPLAIN),
]
reading_patterns = [
    route("inspections/visits/<int:visit_id>/", views.detail, name="detail", get=Act.VISIT_SEE),
    route("inspections/photos/<int:photo_id>/", views.photo, name="photo", get=Act.VISIT_SEE),
]
verify_patterns = [
    route("four-eyes/<int:visit_id>/", views.verify, name="verify", get=Act.VISIT_VERIFY, post=Act.VISIT_VERIFY),
    route("four-eyes/<int:visit_id>/settle/", list_views.settle, name="settle", get=Act.VISIT_SETTLE, post=Act.VISIT_SETTLE),
]
