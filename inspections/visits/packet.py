"""What an inspection needs of borrower and loan: all that is given to the person who makes it, on a phone or to an agency."""

from typing import Any

from django.utils.translation import gettext as _

from inspections.planning.models import Kind, Task
from inspections.visits.models import Visit
from inspections.visits.queries import last_answers
from loanwatch.kernel.money import rounded
from loanwatch.people.access import Access
from loanwatch.people.models import Role

STAFF = (Role.ACCOUNT_MANAGER, Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR)


def is_masked(access: Access) -> bool:
    """Whether this person works for an agency and gets no more than the visit needs: no amount, no class, no figure, no alert."""
    return not access.has(*STAFF)


def same_hands(access: Access, visit: Visit) -> bool:
    """Whether what `visit` recorded may go on with this person: the own record, a colleague's of the same agency, or one of the bank's.

    Somebody of an agency never gets what the bank's people recorded, and they go on with nothing that an agency recorded.
    """
    person, recorder = access.person, visit.recorded_by
    if person is None:
        return False
    if person.pk == recorder.pk:
        return True
    if is_masked(access):
        return bool(person.agency) and person.agency == recorder.agency
    return not recorder.agency


def before_for(visit: Visit, access: Access) -> dict[str, Any]:
    """What the loan's last confirmed visit said, by checkpoint code, as far as this person may know it: nothing for an agency."""
    return {} if is_masked(access) else last_answers(visit.loan_id, visit)


def packet_of(task: Task, access: Access) -> dict[str, Any]:
    """What the visit of `task` needs, in the reader's language, JSON-ready; no queries when `planning.queries.with_names` was asked.

    {"borrower": {"name", "address", "contact", "phone", "latitude", "longitude"}, "loan": {"number", "amount_words"} or None for
    somebody of an agency, "why": a sentence}. Latitude and longitude are decimal text or None.
    """
    home = task.borrower
    return {
        "borrower": {
            "name": home.name,
            "address": home.address,
            "contact": "",
            "phone": home.phone,
            "latitude": None if home.latitude is None else str(home.latitude),
            "longitude": None if home.longitude is None else str(home.longitude),
        },
        "loan": None if is_masked(access) else _loan(task),
        "why": why_of(task, access),
    }


def _loan(task: Task) -> dict[str, str]:
    loan = task.loan
    return {"number": loan.number, "amount_words": f"{rounded(loan.principal, loan.currency):,} {loan.currency}"}


def why_of(task: Task, access: Access) -> str:
    """Why the inspection is made, in one sentence; for an agency only its kind."""
    if task.kind == Kind.SPECIAL and task.alert and not is_masked(access):
        return _("Special inspection after alert %(number)s: %(rule)s.") % {"number": task.alert.number, "rule": task.alert.rule.name}
    return str(task.get_kind_display())
