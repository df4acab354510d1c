"""The draws of the demo book: a sealed seed for every month, one draw for every inspection, and the older months open."""

from datetime import date, timedelta
from hashlib import sha256

from django.db.models import Min

from inspections.sampling.actions import ensure_drawn, ensure_seed, install_policy
from inspections.sampling.models import SamplingSeed
from inspections.sampling.redraw import open_seed
from inspections.sampling.rules import month_of, next_month
from inspections.visits.models import Visit
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Account, Role, RoleHeld

STILL_SEALED = timedelta(days=75)  # the last two months that are over wait for an auditor


def draw_months(lender: Lender, as_of: date) -> int:
    """Seal, draw and open month by month as the closes would have; returns the draws made. The seeds are the same every time."""
    install_policy(lender)
    month = Visit.objects.filter(lender=lender).aggregate(first=Min("submitted_on"))["first"]
    if month is None:
        return 0
    month = month_of(month)
    while month <= next_month(as_of):
        ensure_seed(lender, month, on=month - timedelta(days=25), fresh=sha256(f"demo book {month:%Y-%m}".encode()).digest())
        month = next_month(month)
    drawn = ensure_drawn(Visit.objects.filter(lender=lender).values_list("pk", flat=True), on=as_of)
    held = RoleHeld.objects.filter(role=Role.AUDITOR, person__lender=lender, from_on__lte=as_of, to_on=None).order_by("pk").first()
    account = Account.objects.filter(person=held.person, is_active=True).first() if held else None
    if account:
        for seed in SamplingSeed.objects.filter(lender=lender, month__lt=month_of(as_of - STILL_SEALED)):
            open_seed(by=Access.of(account, as_of), seed=seed)
    return len(drawn)
