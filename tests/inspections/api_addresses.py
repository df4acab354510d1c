"""The API addresses of inspections beside all others, for tests that run before they are listed."""

from django.urls import include, path

from inspections.planning.api import urlpatterns as tasks
from inspections.visits.api import urlpatterns as visits
from loanwatch.urls import urlpatterns as others

urlpatterns = [*others, path("test-api/", include(([*tasks, *visits], "test_api")))]
