"""Months, versions and draws for the pages of sampling."""

from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from inspections.sampling.models import Draw, SamplingPolicy, SamplingSeed
from inspections.visits.models import Visit
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Role


def months(lender: Lender) -> QuerySet[SamplingSeed, Any]:
    """Every month that has a seed, the newest first, with its draws by method and how many were handed in before the hash was published."""
    return (
        SamplingSeed.objects.filter(lender=lender)
        .select_related("opened_by")
        .annotate(
            drawn=Count("draws"),
            own_visits=Count("draws", filter=Q(draws__method="visit")),
            desk=Count("draws", filter=Q(draws__method="desk")),
            batch=Count("draws", filter=Q(draws__method="batch")),
            before_hash=Count("draws", filter=Q(draws__visit__submitted_at__lt=F("published_at"))),
        )
        .order_by("-month")
    )


def versions(lender: Lender) -> QuerySet[SamplingPolicy, Any]:
    return SamplingPolicy.objects.filter(lender=lender).select_related("made_by", "approved_by").order_by("-version")


def in_force(lender: Lender, on: date) -> SamplingPolicy | None:
    """The version by which what is handed in on `on` is drawn; None before the first close."""
    approved = SamplingPolicy.objects.filter(lender=lender, state=SamplingPolicy.State.APPROVED, valid_from__lte=on)
    return approved.prefetch_related("strata").order_by("-valid_from").first()


def draws_of(seed: SamplingSeed, access: Access) -> QuerySet[Draw, Any]:
    """The draws of a month that this person may know of, with what a row of the list shows."""
    return Draw.objects.visible_to(access).filter(seed=seed).select_related("visit__task", "visit__branch", "visit__recorded_by", "stratum", "policy")


def shows_figures(draw: Draw, access: Access) -> bool:
    """Whether share and number may be shown: to a risk officer once the inspection is decided, since the share tells of evidence flags."""
    return access.has(Role.CREDIT_ADMIN, Role.AUDITOR) or draw.visit.state in {Visit.State.VERIFIED, Visit.State.RETURNED}
