"""The REST API, version 1: reading, and facts in. Each slice keeps its own addresses; a new version will stand beside this one."""

from drf_spectacular.views import SpectacularAPIView

from alerts.observation import api as observation
from alerts.rulebook import api as rulebook
from alerts.signals import api as signals
from borrowers.documents import api as documents
from borrowers.intake import api as intake
from borrowers.loans import api as loans
from borrowers.parties import api as parties
from inspections.findings import api as findings
from inspections.planning import api as planning
from inspections.visits import api as visits
from loanwatch.people.api import ApiView
from loanwatch.people.routes import SIGNED_IN, route

app_name = "api"
urlpatterns = [
    *parties.urlpatterns,
    *intake.urlpatterns,
    *documents.urlpatterns,
    *signals.urlpatterns,
    *rulebook.urlpatterns,
    *observation.urlpatterns,
    *loans.urlpatterns,
    *planning.urlpatterns,
    *visits.urlpatterns,
    *findings.urlpatterns,
    route("schema/", SpectacularAPIView.as_view(authentication_classes=ApiView.authentication_classes), name="schema", get=SIGNED_IN),
]
