"""What the phone asks (`sending:`), in JSON, and the page of what hangs. Listed in `inspections.urls`; the phone's own page: `shell_urls`."""

from inspections.sending import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

RECORD = Act.VISIT_RECORD

patterns = [
    route("m/parcel/", views.parcel, name="parcel", get=RECORD, json=True),
    route("m/sending/", views.announce, name="announce", post=RECORD, json=True),
    route("m/sending/<uuid:client_id>/", views.state, name="state", get=RECORD, json=True),
    route("m/sending/<uuid:client_id>/files/<uuid:file_id>/", views.piece, name="piece", post=RECORD, json=True),
    route("m/sending/<uuid:client_id>/finish/", views.finish, name="finish", post=RECORD, json=True),
    route("inspections/sending/", views.hanging, name="hanging", get=Act.SENDING_SEE),
]
