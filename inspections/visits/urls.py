"""The phone form. Listed in `inspections.urls`; the reading page belongs to four eyes, because it keeps the verifier blind."""

from inspections.visits import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

RECORD = Act.VISIT_RECORD

patterns = [
    route("m/list/", views.today, name="today", get=RECORD),
    route("m/tasks/<int:task_id>/start/", views.start, name="start", post=RECORD),
    route("m/visits/<int:visit_id>/", views.form, name="form", get=RECORD, post=RECORD),
    route("m/visits/<int:visit_id>/save/", views.save, name="save", post=RECORD),
    route("m/visits/<int:visit_id>/position/", views.position, name="position", post=RECORD),
    route("m/visits/<int:visit_id>/photos/<slug:code>/", views.add_photo, name="photo_add", post=RECORD),
    route("m/visits/<int:visit_id>/photos/<int:photo_id>/remove/", views.remove_photo, name="photo_remove", post=RECORD),
    route("m/visits/<int:visit_id>/review/", views.review, name="review", get=RECORD, post=RECORD),
]
