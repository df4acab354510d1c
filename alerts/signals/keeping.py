"""What people keep about the list of alerts: views of their own, and, as branch head, that what is below the workload line can wait."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from alerts.signals import workload
from alerts.signals.actions import author
from alerts.signals.worklist_models import LineAccepted, SavedView
from loanwatch.kernel.policy import Conflict
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, Role
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

MOST_VIEWS = 30  # of one person


@transaction.atomic
def keep_view(*, by: Access, name: str, query: str, is_default: bool = False, shared: bool = False) -> SavedView:
    """Keep filters and order under a name. Raises Refused, Conflict for a name that is taken or too many views."""
    by.check(Act.ALERT_VIEW_KEEP)
    person = author(by)
    list(SavedView.objects.select_for_update().filter(person=person).values_list("pk"))
    own = SavedView.objects.owned_by(by).kept()
    if own.count() >= MOST_VIEWS:
        raise Conflict(_("A person keeps at most %(most)d views; drop one first.") % {"most": MOST_VIEWS}, code="TOO_MANY_VIEWS")
    _require_free(by, name)
    made = SavedView(person=person, name=name, query=query)
    _set(made, by, is_default=is_default, shared=shared)
    record("alert_view.kept", by=by, subject=made, name=name, query=query, shared=shared, is_default=is_default)
    return made


@transaction.atomic
def change_view(*, by: Access, view_id: int, name: str, is_default: bool = False, shared: bool = False, query: str = "") -> SavedView:
    """Another name, whether it opens first, whether colleagues see it; `query` empty leaves the filters. Raises SavedView.DoesNotExist, Conflict."""
    by.check(Act.ALERT_VIEW_KEEP)
    view = _own(by, view_id)
    if name != view.name:
        _require_free(by, name)
    before = {"name": view.name, "query": view.query, "is_default": view.is_default, "shared": view.shared_with_id is not None}
    view.name, view.query = name, query or view.query
    _set(view, by, is_default=is_default, shared=shared)
    record("alert_view.changed", by=by, subject=view, before=before, name=name, is_default=is_default, shared=shared)
    return view


@transaction.atomic
def drop_view(*, by: Access, view_id: int) -> SavedView:
    """Take a view off the list; it can be taken back. Raises SavedView.DoesNotExist, Conflict when it is dropped already."""
    by.check(Act.ALERT_VIEW_KEEP)
    view = _own(by, view_id)
    view.dropped_at = Now()
    view.save(update_fields=["dropped_at"])
    record("alert_view.dropped", by=by, subject=view, name=view.name)
    return view


@transaction.atomic
def restore_view(*, by: Access, view_id: int) -> SavedView:
    """Take a dropped view back. Raises SavedView.DoesNotExist, Conflict when it was not dropped or its name was given away meanwhile."""
    by.check(Act.ALERT_VIEW_KEEP)
    view = SavedView.objects.owned_by(by).select_for_update().get(pk=view_id)
    if view.dropped_at is None:
        raise Conflict(_("This view is on the list already."), code="VIEW_KEPT")
    _require_free(by, view.name)
    first = view.is_default and not SavedView.objects.owned_by(by).kept().filter(is_default=True).exists()
    view.dropped_at, view.is_default = None, first
    view.save(update_fields=["dropped_at", "is_default"])
    record("alert_view.restored", by=by, subject=view, name=view.name)
    return view


def _own(by: Access, view_id: int) -> SavedView:
    view = SavedView.objects.owned_by(by).select_for_update().get(pk=view_id)
    if view.dropped_at is not None:
        raise Conflict(_("This view was dropped meanwhile."), code="VIEW_DROPPED")
    return view


def _require_free(by: Access, name: str) -> None:
    if SavedView.objects.owned_by(by).kept().filter(name=name).exists():
        raise Conflict(_("You have a view named “%(name)s” already.") % {"name": name}, code="VIEW_NAME_TAKEN")


def _set(view: SavedView, by: Access, *, is_default: bool, shared: bool) -> None:
    if is_default:
        SavedView.objects.owned_by(by).kept().exclude(pk=view.pk).filter(is_default=True).update(is_default=False)
    held = by.branches_held()
    view.is_default, view.shared_with_id = is_default, (held[0] if shared and held else None)
    view.save()


@transaction.atomic
def accept_line(*, by: Access, branch: str, seen: int, reason: str) -> LineAccepted:
    """The head of a branch takes it on that what is below the line waits this week. The amounts of the moment are kept with it.

    seen: how many alerts stood below the line when the reader decided. Raises Branch.DoesNotExist for a branch out of reach, Refused,
    Conflict when nothing is below, when it is no longer as many, or when as much was accepted in this week already.
    """
    by.check(Act.ALERT_LINE_ACCEPT)
    found = Branch.objects.select_for_update().filter(pk__in=by.subtree(Role.BRANCH_HEAD)).select_related("lender").get(code=branch)
    drawn = workload.line(found, by.on)
    if not drawn.below:
        raise Conflict(_("Nothing falls below the line of this branch."), code="NOTHING_BELOW")
    if drawn.below != seen:
        raise Conflict(
            _("You saw %(seen)d alerts below the line; now it is %(now)d. Nothing was accepted: look again.") % {"seen": seen, "now": drawn.below},
            code="LINE_MOVED",
        )
    last = workload.accepted(found, by.on)
    if last and drawn.below <= last.alerts and drawn.expected_loss <= last.expected_loss:
        raise Conflict(_("%(name)s has accepted as much for this week already.") % {"name": last.by}, code="LINE_ACCEPTED")
    amounts: dict[str, Any] = {"alerts": drawn.below, "exposure": drawn.exposure, "expected_loss": drawn.expected_loss, "hours": drawn.terms.hours}
    made = LineAccepted.objects.create(
        lender=found.lender, branch=found, week=drawn.week, nth=(last.nth if last else 0) + 1, currency=drawn.currency, reason=reason, by=author(by),
        **amounts,
    )  # fmt: skip
    record(
        "alerts.line_accepted", by=by, subject=made, branch=found.code, week=drawn.week.isoformat(), reason=reason,
        **{name: str(amount) for name, amount in amounts.items()},
    )  # fmt: skip
    return made
