"""Tasks on the desk. Listed in `inspections.urls` together with the queue, which shares the menu's namespace."""

from inspections.planning import draft_views, load_views, plan_views, views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

patterns = [
    route("inspections/", views.tasks, name="tasks", get=Act.TASK_SEE),
    route("inspections/tasks.csv", views.export, name="tasks_export", get=Act.TASK_SEE),
    route("inspections/<int:task_id>/assign/", views.assign, name="assign", get=Act.TASK_ASSIGN, post=Act.TASK_ASSIGN),
]

# The plan itself, and who goes when (`planning:`).
plan_patterns = [
    route("inspections/plans/", plan_views.plans, name="plans", get=Act.PLAN_SEE, post=Act.PLAN_PROPOSE),
    route("inspections/plans/<int:version_id>/", plan_views.plan, name="plan", get=Act.PLAN_SEE),
    route("inspections/plans/<int:version_id>/propose/", plan_views.propose, name="propose", post=Act.PLAN_PROPOSE),
    route("inspections/plans/<int:version_id>/approve/", plan_views.approve, name="approve", post=Act.PLAN_APPROVE),
    route("inspections/plans/<int:version_id>/withdraw/", plan_views.withdraw, name="withdraw", post=Act.PLAN_PROPOSE),
    route("inspections/plans/<int:version_id>/read/", plan_views.read, name="read", post=Act.PLAN_READ),
    route("inspections/plans/<int:version_id>/readers/", plan_views.readings, name="readings", get=Act.PLAN_SEE),
    route("inspections/plans/<int:version_id>/readers.<str:kind>", plan_views.readings_export, name="readings_export", get=Act.PLAN_SEE),
    route("inspections/plans/<int:version_id>/workload/", plan_views.preview, name="preview", get=Act.PLAN_SEE),
    route("inspections/plans/<int:version_id>/edit/", draft_views.edit, name="edit", get=Act.PLAN_PROPOSE, post=Act.PLAN_PROPOSE),
    route("inspections/plans/<int:version_id>/lines/new/", draft_views.row_add, name="row_add", get=Act.PLAN_PROPOSE, post=Act.PLAN_PROPOSE),
    route("inspections/plans/<int:version_id>/lines/<int:row_id>/", draft_views.row_edit, name="row", get=Act.PLAN_PROPOSE, post=Act.PLAN_PROPOSE),
    route("inspections/plans/<int:version_id>/lines/<int:row_id>/move/", draft_views.row_move, name="row_move", post=Act.PLAN_PROPOSE),
    route("inspections/plans/<int:version_id>/lines/<int:row_id>/drop/", draft_views.row_drop, name="row_drop", post=Act.PLAN_PROPOSE),
    route("inspections/calendar/", load_views.calendar, name="calendar", get=Act.CAPACITY_SEE),
    route("inspections/people/<int:person_id>/capacity/", load_views.capacity, name="capacity", get=Act.CAPACITY_KEEP, post=Act.CAPACITY_KEEP),
    route("inspections/absences/", load_views.absences, name="absences", get=Act.CAPACITY_SEE, post=Act.ABSENCE_KEEP),
    route("inspections/absences/<int:absence_id>/cancel/", load_views.absence_cancel, name="absence_cancel", post=Act.ABSENCE_KEEP),
    route("inspections/route/", load_views.route_page, name="route", get=Act.VISIT_RECORD),
    route("inspections/<int:task_id>/when/", load_views.when, name="when", post=Act.VISIT_RECORD),
    route("inspections/<int:task_id>/postpone/", load_views.postpone, name="postpone", get=Act.TASK_POSTPONE, post=Act.TASK_POSTPONE),
    route("inspections/postponements/", load_views.postponements, name="postponements", get=Act.TASK_SEE),
    route("inspections/postponements/<int:postponement_id>/decide/", load_views.decide, name="decide", post=Act.TASK_POSTPONE_AGREE),
]
