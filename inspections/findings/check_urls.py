"""The one address that is open to everybody: whether a certificate is genuine."""

from inspections.findings import check_views
from loanwatch.people.routes import PUBLIC, route

app_name = "certificates"
urlpatterns = [route("", check_views.check, name="check", get=PUBLIC, post=PUBLIC)]
