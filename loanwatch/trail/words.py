"""What the events of the trail and the steps of a day are called on pages. A name that is not here is shown as it is."""

from typing import Any

from django.utils.translation import gettext_lazy as _

EVENTS: dict[str, Any] = {
    "account.activated": _("Account activated"),
    "account.deactivated": _("Account deactivated"),
    "account.locked_out": _("Log-in locked after wrong passwords"),
    "account.logged_in": _("Logged in"),
    "account.logged_out": _("Logged out"),
    "account.opened": _("Account opened"),
    "account.password_changed": _("Own password changed"),
    "account.password_reset": _("Temporary password given"),
    "alert.acknowledged": _("Alert acknowledged"),
    "alert.closed": _("Alert closed"),
    "alert.handling_started": _("Handling of an alert begun"),
    "alert.returned": _("Alert returned"),
    "alert.submitted": _("Alert submitted for closing"),
    "alerts.exported": _("Alerts exported"),
    "branch.closed": _("Branch closed"),
    "branch.moved": _("Branch moved"),
    "branch.opened": _("Branch opened"),
    "branch.renamed": _("Branch renamed"),
    "class.decided": _("Proposed class decided"),
    "feed.applied": _("Delivery applied"),
    "feed.approved": _("Delivery approved"),
    "feed.declined": _("Delivery declined"),
    "feed.held": _("Delivery held"),
    "feed.let_go": _("Day let close without a feed"),
    "feed.missing": _("Feed missing"),
    "feed.plan_ended": _("Plan of a feed ended"),
    "feed.planned": _("Feed planned"),
    "feed.received": _("Delivery received"),
    "feed.rejected": _("Delivery rejected"),
    "feed.rejects_exported": _("Rows set aside exported"),
    "format.approved": _("Format of a feed approved"),
    "format.drafted": _("Format of a feed drafted"),
    "format.retired": _("Format of a feed retired"),
    "demo.acts_made": _("Demo: work of people made up"),
    "installation.first_administrator": _("First system administrator made"),
    "key.made": _("API key made"),
    "key.revoked": _("API key revoked"),
    "loans.exported": _("Loans exported"),
    "parameter.approved": _("Parameter approved"),
    "parameter.proposed": _("Parameter proposed"),
    "parameter.withdrawn": _("Proposed parameter withdrawn"),
    "person.changed": _("Details of a person changed"),
    "person.created": _("Person made"),
    "person.left": _("Leaving recorded"),
    "product.added": _("Product added"),
    "product.changed": _("Product changed"),
    "quarantine.corrected": _("Row set aside corrected"),
    "quarantine.rejected": _("Row set aside rejected"),
    "quarantine.released": _("Row set aside released"),
    "quarantine.retried": _("Row set aside applied when what it waited for had come"),
    "role.ended": _("Role ended"),
    "role.granted": _("Role granted"),
    "task.assigned": _("Task assigned"),
    "tasks.exported": _("Tasks exported"),
    "trail.exported": _("Audit trail exported"),
    "verification.opened": _("Verification begun"),
    "verification.own_view": _("Own view recorded"),
    "visit.photo_added": _("Photo added"),
    "visit.photo_removed": _("Photo removed"),
    "visit.returned": _("Inspection returned"),
    "visit.started": _("Inspection begun"),
    "visit.submitted": _("Inspection submitted"),
    "visit.verified": _("Inspection confirmed"),
}

STEPS: dict[str, Any] = {
    "allocate": _("Allocate repayments"),
    "observe": _("Observe loans"),
    "observe_branches": _("Observe branches"),
    "warn": _("Warn on loans"),
    "warn_branches": _("Warn on branches"),
    "propose": _("Propose classes"),
    "schedule": _("Schedule inspections"),
    "roll_up": _("Roll up figures"),
}


def event_word(name: str) -> Any:
    return EVENTS.get(name, name)


def step_word(name: str) -> Any:
    return STEPS.get(name, name)
