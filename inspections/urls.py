"""Every address of inspections: tasks and queue (`inspections:`), the visit (`visits:`), its verification (`four_eyes:`)."""

from django.urls import include, path

from inspections.checklists.urls import patterns as form_patterns
from inspections.evidence.urls import patterns as evidence_patterns
from inspections.four_eyes.urls import queue_patterns, reading_patterns, verify_patterns
from inspections.planning.urls import patterns as task_patterns
from inspections.planning.urls import plan_patterns
from inspections.sending.shell_urls import patterns as shell_patterns
from inspections.sending.urls import patterns as sending_patterns
from inspections.visits.urls import patterns as phone_patterns

urlpatterns = [
    path("", include((task_patterns + queue_patterns, "inspections"))),
    path("", include((form_patterns, "checklists"))),
    path("", include((shell_patterns, "phone"))),
    path("", include((phone_patterns + reading_patterns, "visits"))),
    path("", include((verify_patterns, "four_eyes"))),
    path("", include((evidence_patterns, "evidence"))),
    path("", include((plan_patterns, "planning"))),
    path("", include((sending_patterns, "sending"))),
]
