"""The list of alerts: what its filters offer, its order, and what a row of it says. Every answer takes a fixed number of queries."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext as _

from alerts.rulebook.models import Rule
from alerts.signals.handling_models import Stage
from alerts.signals.models import Alert
from alerts.signals.queries import DEADLINE, say_why, worklist
from borrowers.loans.models import Custody
from loanwatch.lenders.models import Product
from loanwatch.people.access import SUBTREE_ROLES, Access
from loanwatch.people.models import Branch, Person, Role, RoleHeld

MOST_OFFERED = 300  # of one filter
SORTED = {
    "due": "due_on", "level": "level", "exposure": "exposure", "opened": "opened_on", "borrower": "borrower__name", "rule": "rule__code",
    "stage": "stage", "manager": "manager_name",
}  # fmt: skip


def order(sort: str) -> tuple[Any, ...]:
    """The order that `?sort=` asks for, "-" before the name for the largest first; by deadline where it says nothing known."""
    name = sort.removeprefix("-")
    if name not in SORTED or sort == "due":
        return DEADLINE
    column = F(SORTED[name])
    return (column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True), *DEADLINE)


def dress(rows: Sequence[Any], today: date) -> None:
    """Give each alert of a page what its row says: `said` (why), `age` in days, `stage_said` (who was told). One query."""
    say_why(rows)
    for alert in rows:
        alert.age = max((today - (alert.reopened_on or alert.opened_on)).days, 0)
        alert.stage_said = Stage(alert.stage).label if alert.stage else ""


def offers(access: Access) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: the rules, families, managers, handlers, branches and products of the open alerts. Six queries."""
    # Each list is asked for by itself with a semi-join, so that no row of an alert is read more than once and none is carried here.
    seen: Any = Alert.objects.visible_to(access).open().order_by()
    rules = Rule.objects.filter(pk__in=seen.values("rule_id")).values_list("code", "name", "family").order_by("code")[:MOST_OFFERED]
    led = Custody.objects.held_on(access.on).filter(capacity=Custody.Capacity.LEAD, loan_id__in=seen.values("loan_id")).order_by()
    managers = Person.objects.filter(pk__in=led.values("person_id")).values_list("staff_no", "name").order_by("name")[:MOST_OFFERED]
    handlers = Person.objects.filter(pk__in=seen.values("assigned_to_id")).values_list("staff_no", "name").order_by("name")[:MOST_OFFERED]
    products = Product.objects.filter(pk__in=seen.values("loan__product_id")).values_list("code", "name").order_by("code")[:MOST_OFFERED]
    found = [(code, name, family) for code, name, family in rules]
    return {
        "level": [("red", _("Red")), ("orange", _("Orange")), ("yellow", _("Yellow"))],
        "state": [(value, str(label)) for value, label in Alert.State.choices],
        "rule": [(code, f"{code} {_(name)}") for code, name, _family in found],
        "family": sorted({(family, _(family)) for _code, _name, family in found if family}, key=lambda pair: pair[1]),
        "manager": list(managers),
        "assigned": list(handlers),
        "product": [(code, name) for code, name in products],
        "branch": branches(access),
        "grain": [("loan", _("Loan")), ("borrower", _("Borrower")), ("branch", _("Branch")), ("staff", _("Staff"))],
        "overdue": [("1", _("Past deadline"))],
        "escalated": [("1", _("Escalated"))],
    }  # fmt: skip


def branches(access: Access) -> list[tuple[str, str]]:
    """The branches whose alerts this person sees as a whole, by code."""
    if not access.has(*SUBTREE_ROLES):
        return []
    return list(Branch.objects.filter(pk__in=access.subtree()).values_list("code", "name").order_by("code")[:MOST_OFFERED])


def colleagues(access: Access) -> list[Person]:
    """Whom this person can give alerts to: those who handle alerts in the own branches, by name. One query."""
    held = RoleHeld.objects.filter(role__in=[Role.ACCOUNT_MANAGER, Role.RISK_OFFICER, Role.BRANCH_HEAD], branch_id__in=access.subtree())
    held = held.filter(from_on__lte=access.on).filter(Q(to_on__isnull=True) | Q(to_on__gt=access.on))
    still = Q(left_on__isnull=True) | Q(left_on__gt=access.on)
    return list(Person.objects.filter(still, pk__in=held.values("person_id")).order_by("name")[:MOST_OFFERED])


def named(access: Access, numbers: Sequence[str]) -> list[Any]:
    """The rows of the list with these numbers, dressed, as far as this person may see them. Two queries."""
    rows = list(worklist(access).filter(number__in=numbers))
    dress(rows, access.on)
    return rows
