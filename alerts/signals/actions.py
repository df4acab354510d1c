"""What people do with an alert: acknowledge, handle, submit for closing, return, close. Each step is told to the audit trail."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from alerts.signals.handling_models import AlertNote
from alerts.signals.models import Alert
from borrowers.conduct.actions import note_act
from loanwatch.kernel.moves import may_move
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Person
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

OPEN, ACKNOWLEDGED, HANDLING = Alert.State.OPEN.value, Alert.State.ACKNOWLEDGED.value, Alert.State.HANDLING.value
SUBMITTED, CLOSED = Alert.State.SUBMITTED.value, Alert.State.CLOSED.value

MOVES: Mapping[str, frozenset[str]] = {
    OPEN: frozenset({ACKNOWLEDGED, HANDLING}),
    ACKNOWLEDGED: frozenset({HANDLING, OPEN}),  # back only for ten minutes, by whoever acknowledged it
    HANDLING: frozenset({HANDLING, SUBMITTED}),
    SUBMITTED: frozenset({HANDLING, CLOSED}),
    CLOSED: frozenset(),  # but the night reopens what fires again within the window
}
NOTE_KINDS = ("measure", "contact")


@dataclass(frozen=True)
class Outcome:
    """What became of one alert of a bulk action; `sentence` says why not when it was not done."""

    number: str
    done: bool
    sentence: str = ""


def locked(number: str, by: Access) -> Alert:
    """The alert, locked until the transaction ends. Raises Alert.DoesNotExist."""
    # What a person may not see does not exist for them, whoever calls: alerts on their own conduct above all.
    return Alert.objects.visible_to(by).select_for_update(of=("self",)).get(number=number)


def author(by: Access) -> Person:
    """Who writes. Raises Refused for an account without a member of staff."""
    if by.person is None:
        raise Refused(_("Only a member of staff handles alerts."), code="NO_PERSON")
    return by.person


def moved(alert: Alert, new: str) -> None:
    """Give the alert its next state, without saving. Raises Conflict with what somebody else has done meanwhile."""
    if not may_move(MOVES, alert.state, new):
        raise Conflict(sentence(alert), code="ALERT_STATE")
    alert.state = new


def sentence(alert: Alert) -> str:
    """Why the step can't be taken: who has meanwhile done what."""
    parts = {
        "number": alert.number,
        "state": alert.get_state_display(),
        "name": alert.closed_by or alert.submitted_by or alert.handler or "",
    }
    if alert.state == CLOSED:
        return _("Alert %(number)s has already been closed by %(name)s. Nothing was changed.") % parts
    if alert.state == SUBMITTED:
        return _("Alert %(number)s has been submitted for closing by %(name)s and waits for a risk officer. Nothing was changed.") % parts
    return _("Alert %(number)s is in the state “%(state)s”; this step does not follow from it. Nothing was changed.") % parts


@transaction.atomic
def acknowledge(*, number: str, by: Access) -> Alert:
    """Say that the alert has been seen. Raises Alert.DoesNotExist, Refused, or Conflict when it is no longer new."""
    alert = locked(number, by)
    by.check(Act.ALERT_ACKNOWLEDGE, alert)
    moved(alert, ACKNOWLEDGED)
    alert.acknowledged_at, alert.acknowledged_by = Now(), by.person
    alert.save(update_fields=["state", "acknowledged_at", "acknowledged_by"])
    record("alert.acknowledged", by=by, subject=alert)
    return alert


def each(action: Callable[..., Any], *, numbers: Iterable[str], by: Access, **parts: Any) -> list[Outcome]:
    """Do `action` to each of `numbers` by itself; one that can't be is told and does not stop the others."""
    found = []
    for number in dict.fromkeys(numbers):
        try:
            action(number=number, by=by, **parts)
            found.append(Outcome(number, done=True))
        except (Conflict, Refused) as refused:
            found.append(Outcome(number, done=False, sentence=refused.sentence))
        except Alert.DoesNotExist:
            found.append(Outcome(number, done=False, sentence=_("There is no alert %(number)s that you may see.") % {"number": number}))
    return found


def acknowledge_many(*, numbers: Iterable[str], by: Access) -> list[Outcome]:
    """Acknowledge each of `numbers` by itself; one that can't be is told and does not stop the others."""
    return each(acknowledge, numbers=numbers, by=by)


@transaction.atomic
def note_measure(
    *, number: str, by: Access, text: str, kind: str = "measure", measure: str = "", due_on: date | None = None, channel: str = "", answer: str = "",
) -> AlertNote:  # fmt: skip
    """Write down a measure (which kind, to be done by when) or a contact (how, with what outcome); the first one starts the handling.

    Raises Alert.DoesNotExist, Refused, Conflict when the alert is submitted or closed, ValueError for an unknown kind.
    """
    if kind not in NOTE_KINDS:
        raise ValueError(f"{kind} is no kind of note.")
    alert = locked(number, by)
    by.check(Act.ALERT_HANDLE, alert)
    if alert.state == SUBMITTED:
        raise Conflict(sentence(alert), code="ALERT_STATE")
    started = alert.state != HANDLING
    moved(alert, HANDLING)
    alert.handler = by.person
    alert.acknowledged_at = alert.acknowledged_at or Now()
    alert.save(update_fields=["state", "handler", "acknowledged_at"])
    particulars: dict[str, Any] = {"measure": measure, "due_on": due_on} if kind == "measure" else {"channel": channel, "answer": answer}
    note = AlertNote.objects.create(alert=alert, by=author(by), kind=kind, text=text, **particulars)
    record("alert.handling_started" if started else "alert.noted", by=by, subject=alert, kind=kind)
    return note


@transaction.atomic
def submit_for_closing(*, number: str, by: Access, text: str) -> Alert:
    """Propose to close an alert that is being handled; from now on only another person can go on.

    Raises Alert.DoesNotExist, Refused, Conflict unless the alert is in handling.
    """
    alert = locked(number, by)
    by.check(Act.ALERT_HANDLE, alert)
    moved(alert, SUBMITTED)
    alert.submitted_by, alert.submitted_at = by.person, Now()
    alert.save(update_fields=["state", "submitted_by", "submitted_at"])
    AlertNote.objects.create(alert=alert, by=author(by), kind="submit", text=text)
    record("alert.submitted", by=by, subject=alert)
    return alert


@transaction.atomic
def return_alert(*, number: str, by: Access, reason: str) -> Alert:
    """Send a submitted alert back to its handler, with the reason. Raises as `close_alert`."""
    alert = locked(number, by)
    if alert.state != SUBMITTED:
        raise Conflict(sentence(alert), code="ALERT_STATE")
    by.check(Act.ALERT_CLOSE, alert)
    moved(alert, HANDLING)
    alert.submitted_by, alert.submitted_at = None, None
    alert.save(update_fields=["state", "submitted_by", "submitted_at"])
    AlertNote.objects.create(alert=alert, by=author(by), kind="return", text=reason)
    record("alert.returned", by=by, subject=alert)
    return alert


@transaction.atomic
def close_alert(*, number: str, by: Access, outcome: str, note: str, level: int | None = None) -> Alert:
    """Close a submitted alert: the second pair of eyes. `outcome` is one of Alert.Outcome; `level` the one that the closer saw.

    The row is locked, so of two closers one wins and the other gets Conflict. The database refuses a closer who submitted.
    Raises Alert.DoesNotExist, Refused, Conflict unless the alert is submitted and stands at the level seen.
    """
    alert = locked(number, by)
    if alert.state != SUBMITTED:
        raise Conflict(sentence(alert), code="ALERT_STATE")
    by.check(Act.ALERT_CLOSE, alert)
    if level is not None and level != alert.level:
        parts = {"number": alert.number, "level": alert.get_level_display()}
        raise Conflict(_("Alert %(number)s has meanwhile changed its level and is now at “%(level)s”. Nothing was changed.") % parts, code="ALERT_LEVEL")
    AlertNote.objects.create(alert=alert, by=author(by), kind="close", text=note)
    moved(alert, CLOSED)
    alert.closed_by, alert.closed_on, alert.outcome = by.person, by.on, Alert.Outcome(outcome).value
    alert.save(update_fields=["state", "closed_by", "closed_on", "outcome"])
    if alert.submitted_by:
        note_act(
            "alert_closed", lender=alert.lender, person=alert.submitted_by, on=by.on, subject=f"alert:{alert.pk}", loan=alert.loan,
            figure=(by.on - alert.opened_on).days, rule=alert.rule.code, outcome=alert.outcome, level=alert.level,
        )  # fmt: skip
    record("alert.closed", by=by, subject=alert, outcome=outcome)
    return alert
