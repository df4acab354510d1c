"""Cases as a list, as one page, and their way in the borrower's trail. Only what the reader may see is counted or shown."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from alerts.cases.models import Case, CaseAlert, CaseEvent, CaseQuerySet
from alerts.observation.models import BorrowerDay
from alerts.observation.queries import closed_days
from alerts.signals.handling_models import AlertNote
from alerts.signals.models import Alert, AlertQuerySet
from borrowers.loans.models import Loan
from loanwatch.people.access import Access
from loanwatch.people.models import Person


def worklist(access: Access) -> CaseQuerySet:
    """Every case this person may see, each with `open_alerts`, `worst` of the open alerts and `borrowers` of a cohort; the worst first."""
    shown = Alert.objects.visible_to(access).open().order_by()
    own = CaseAlert.objects.filter(case=OuterRef("pk"), to_on__isnull=True, alert__in=shown).order_by().values("case")
    members = CaseAlert.objects.filter(case__cohort=OuterRef("pk"), to_on__isnull=True, alert__in=shown).order_by().values("case__cohort")
    seen_members = Case.objects.visible_to(access).filter(cohort=OuterRef("pk")).order_by().values("cohort")

    def of(name: str, what: Any) -> Coalesce:
        found = {name: what}
        return Coalesce(Subquery(own.annotate(**found).values(name)), Subquery(members.annotate(**found).values(name)))

    return (
        Case.objects.visible_to(access)
        .annotate(
            open_alerts=of("n", Count("pk")),
            worst=of("w", Max("alert__level")),
            borrowers=Subquery(seen_members.annotate(n=Count("pk")).values("n")),
        )
        .select_related("borrower", "branch", "cohort", "made_by", "closed_by")
        .order_by(F("worst").desc(nulls_last=True), "opened_on", "id")
    )


def alerts_of(case: Case, access: Access) -> AlertQuerySet:
    """The alerts of a case, or of all members of a cohort, that this person may see, the worst and oldest first."""
    links = CaseAlert.objects.filter(Q(case=case) | Q(case__cohort=case))
    seen = Alert.objects.visible_to(access).filter(pk__in=links.values("alert_id"), staff_conduct=False)
    return seen.select_related("rule", "loan", "borrower", "handler", "assigned_to", "branch").order_by(F("closed_on").desc(nulls_first=True), "-level", "opened_on")


def members_of(case: Case, access: Access) -> QuerySet[Case]:
    """The borrowers' cases in a cohort that this person may see."""
    return worklist(access).filter(cohort=case)


def still_open(case: Case) -> int:
    """How many alerts of the case and its members are not closed, seen or not."""
    links = CaseAlert.objects.filter(Q(case=case) | Q(case__cohort=case), to_on__isnull=True)
    return Alert.objects.open().filter(pk__in=links.values("alert_id")).count()


def events_of(case: Case, access: Access) -> QuerySet[CaseEvent]:
    """What happened to the case and its alerts' measures, the latest first; an alert out of sight is not named."""
    return CaseEvent.objects.filter(case=case).select_related("by", "alert__rule", "other").order_by("-id")


def measures_of(alerts: Sequence[Alert]) -> QuerySet[AlertNote]:
    """What was done on the alerts: measures and contacts, the latest first."""
    return AlertNote.objects.filter(alert__in=alerts, kind__in=["measure", "contact"]).select_related("alert", "by", "done_by").order_by("-id")[:100]


def people_of(alerts: Sequence[Alert]) -> list[Person]:
    """Who has the alerts in hand, each once, by name."""
    found = {p.pk: p for alert in alerts for p in (alert.assigned_to, alert.handler) if p is not None}
    return sorted(found.values(), key=lambda p: p.name)


def exposure_of(case: Case, access: Access) -> list[BorrowerDay]:
    """The borrowers of the case as the last close observed them."""
    day = closed_days(case.lender).values_list("business_date", flat=True).first()
    if day is None:
        return []
    borrowers: list[Any] = [case.borrower_id] if case.borrower_id else list(Case.objects.visible_to(access).filter(cohort=case).values_list("borrower_id", flat=True))
    return list(BorrowerDay.objects.filter(lender=case.lender_id, as_of=day, borrower_id__in=borrowers).select_related("borrower").order_by("-outstanding"))


def loans_of(case: Case, access: Access) -> QuerySet[Loan]:
    """The loans of the case's borrower that this person may see."""
    return Loan.objects.visible_to(access).filter(borrower=case.borrower).order_by("number")


def open_cohorts(access: Access) -> CaseQuerySet:
    """The cohorts that a case can be joined to."""
    return Case.objects.visible_to(access).open().filter(borrower__isnull=True).order_by("-opened_on", "-id")
