"""Agencies, orders and deliveries as pages show them; the record of an agency; what is owed."""

from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Count, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from inspections.outsourcing.models import Agency, Agent, Order, OrderedVisit
from inspections.outsourcing.rules import Record
from inspections.planning.models import Task
from inspections.visits.models import Visit
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Branch

STANDINGS = ("asked", "to_do", "begun", "delivered", "rework", "verified", "accepted", "rejected", "dropped", "cancelled")


def standing_words(standing: str) -> str:
    """What a standing is called."""
    return {
        "asked": _("Waiting for the agency"), "to_do": _("Not begun"), "begun": _("Form begun"), "delivered": _("Delivered, to be reviewed"),
        "rework": _("Sent back"), "verified": _("Verified, to be reviewed"), "accepted": _("Accepted by the bank"),
        "rejected": _("Rejected by the bank"), "dropped": _("Declined or withdrawn"),
        "cancelled": _("The inspection was cancelled"),
    }[standing]  # fmt: skip


def agents_of(agency_id: int, on: date) -> QuerySet[Agent, Any]:
    """Who works for the agency on `on`."""
    working = Agent.objects.filter(agency_id=agency_id, from_on__lte=on).filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
    return working.select_related("person").order_by("person__name")


def own_agency(access: Access) -> Agent | None:
    """The place that this person holds in an agency today."""
    if access.person is None:
        return None
    working = Agent.objects.filter(person=access.person, from_on__lte=access.on).filter(Q(to_on__isnull=True) | Q(to_on__gt=access.on))
    return working.select_related("agency").first()


def agencies_of(access: Access) -> QuerySet[Agency, Any]:
    """The agencies of this person's lender."""
    return Agency.objects.filter(lender=access.person.lender if access.person else None)


def with_standing(visits: QuerySet[OrderedVisit, Any]) -> QuerySet[OrderedVisit, Any]:
    """Adds `standing`: the state as the bank keeps it, or, while the agency has it, where the visit itself stands.

    Adds `returned` (how often the bank sent the visit back), `delivered_on` (first handed in) and `visit_id_now` (the newest attempt).
    """
    newest = Visit.objects.filter(task_id=OuterRef("task_id")).exclude(state="draft").order_by("-attempt")
    standing = Case(
        When(state="dropped", task__state="cancelled", then=Value("cancelled")),
        When(state__in=["asked", "accepted", "rejected", "dropped"], then=F("state")),
        When(task__state="submitted", then=Value("delivered")), When(task__state="returned", then=Value("rework")),
        When(task__state="done", then=Value("verified")), When(task__state="started", then=Value("begun")),
        default=Value("to_do"), output_field=CharField(),
    )  # fmt: skip
    returned = Visit.objects.filter(task_id=OuterRef("task_id"), state="returned").order_by().values("task_id").annotate(n=Count("pk")).values("n")
    return visits.annotate(
        standing=standing,
        returned=Coalesce(Subquery(returned, output_field=IntegerField()), 0),
        delivered_on=F("task__submitted_on"),
        visit_id_now=Subquery(newest.values("pk")[:1]),
    )


def orderable(access: Access, branch: Branch, kinds: list[str]) -> QuerySet[Task, Any]:
    """Tasks of a branch that nobody has begun and no agency has, of the kinds a contract pays for."""
    taken = OrderedVisit.objects.filter(state__in=["asked", "taken"]).values("task_id")
    found = Task.objects.visible_to(access).filter(branch=branch, state=Task.State.DUE, kind__in=kinds).exclude(pk__in=taken)
    return found.select_related("borrower", "loan", "assigned_to").order_by("due_on", "id")


def to_review(access: Access) -> QuerySet[OrderedVisit, Any]:
    """What agencies have delivered for branches of this person, and nobody has accepted yet; the oldest first."""
    mine = OrderedVisit.objects.filter(order__in=Order.objects.visible_to(access), state="taken", task__state__in=["submitted", "done"])
    return with_standing(mine).select_related("order__agency", "order__contract", "task__borrower", "task__loan", "agent").order_by("task__submitted_on", "id")


RECORD = """
SELECT o.agency_id,
       count(*) FILTER (WHERE t.submitted_on IS NOT NULL) AS delivered,
       count(*) FILTER (WHERE t.submitted_on <= o.deliver_by) AS on_time,
       count(*) FILTER (WHERE t.submitted_on IS NOT NULL AND NOT EXISTS
           (SELECT 1 FROM inspections_visit b WHERE b.task_id = t.id AND b.state = 'returned')) AS first_time,
       count(v.quality) AS graded, coalesce(sum(v.quality), 0) AS grades,
       coalesce(sum(p.same), 0) AS same, coalesce(sum(p.compared), 0) AS compared
FROM inspections_orderedvisit v
JOIN inspections_order o ON o.id = v.order_id
JOIN inspections_agency a ON a.id = o.agency_id
JOIN inspections_task t ON t.id = v.task_id
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE r.result = 'same') AS same, count(*) FILTER (WHERE r.result IN ('same', 'differs', 'material')) AS compared
    FROM inspections_visit i JOIN inspections_verification c ON c.visit_id = i.id JOIN inspections_pointresult r ON r.verification_id = c.id
    WHERE i.task_id = t.id AND c.decision <> ''
) p ON true
WHERE a.lender_id = %(lender)s AND o.ordered_on BETWEEN %(from)s AND %(to)s AND v.state IN ('taken', 'accepted', 'rejected')
GROUP BY o.agency_id
"""


def records(lender: Lender, from_on: date, to_on: date) -> dict[int, Record]:
    """What each agency did with the orders of the period, by agency id. One query."""
    with connection.cursor() as cursor:
        cursor.execute(RECORD, {"lender": lender.pk, "from": from_on, "to": to_on})
        return {agency: Record(*(int(n) for n in figures)) for agency, *figures in cursor.fetchall()}


def owed(agency: Agency, from_on: date, to_on: date) -> QuerySet[OrderedVisit, Any]:
    """The visits of an agency that the bank accepted or rejected in the period, with what each one earns."""
    reviewed = OrderedVisit.objects.filter(order__agency=agency, reviewed_on__range=(from_on, to_on))
    return reviewed.select_related("order", "task", "agent", "reviewed_by").order_by("reviewed_on", "id")


def owed_sums(agency: Agency, from_on: date, to_on: date) -> list[dict[str, Any]]:
    """Per currency and month: how many visits were accepted and what is owed for them."""
    rows = owed(agency, from_on, to_on).order_by().values("currency", month=F("reviewed_on__month"), year=F("reviewed_on__year"))
    sums: Any = (
        rows.annotate(
            visits=Count("pk", filter=Q(state="accepted")), rejected=Count("pk", filter=Q(state="rejected")), fees=Sum("fee"), amount=Sum("owed"),
            last=Max("reviewed_on"),
        ).order_by("-year", "-month", "currency")
    )  # fmt: skip
    return list(sums)
