"""Who acts when a command of the shell needs a person for four eyes: named by staff number."""

from django.core.management.base import CommandError

from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.clock import today
from loanwatch.people.models import Account


def access_of_staff(staff_no: str, lender: Lender) -> Access:
    """What the person with this staff number may do today. Raises CommandError when there is no such person of the lender."""
    account = Account.objects.filter(person__staff_no=staff_no, person__lender=lender, is_active=True).select_related("person").first()
    if account is None:
        raise CommandError(f"{lender.code} has nobody with the staff number {staff_no} who can log in.")
    return Access.of(account, today(lender.zone))
