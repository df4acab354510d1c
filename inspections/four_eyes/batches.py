"""Verifying off-site checks in a batch: own conclusions blind, then those that agree are confirmed, each on its own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from alerts.signals.models import Alert, Level
from inspections.four_eyes.actions import confirm_visit, record_own_view
from inspections.four_eyes.models import Verification
from inspections.four_eyes.opening import prepare
from inspections.four_eyes.queries import hindrances, queue
from inspections.planning.models import Kind
from inspections.sampling.models import Method
from inspections.visits.actions import NotComplete
from inspections.visits.models import Visit
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Person
from loanwatch.trail.record import record

MOST = 50  # items of one batch


@dataclass(frozen=True)
class Done:
    """What became of one item: its sentence, and whether it is done."""

    visit_id: int
    fine: bool
    sentence: str


def batchable(access: Access) -> QuerySet[Visit, Any]:
    """Off-site checks in the queue that were drawn for a batch, while no red alert stands on the loan or on its borrower."""
    red = Alert.objects.open().filter(
        Q(loan=OuterRef("loan_id")) | Q(loan__isnull=True, borrower=OuterRef("loan__borrower_id")), level=Level.RED, staff_conduct=False
    )
    return queue(access).filter(~Exists(red), task__kind=Kind.OFF_SITE, draw__method=Method.BATCH)


@transaction.atomic
def offer_batch(by: Access) -> list[Visit]:
    """The items of one batch with what they conclude, at most MOST, each opened for this officer: the time of the check runs from here.

    What is not drawn yet is drawn first. Items on which the officer is not independent are left out.
    """
    prepare(list(queue(by).filter(task__kind=Kind.OFF_SITE, draw=None).values_list("pk", flat=True)[:MOST]))
    person = cast(Person, by.person)
    found = list(batchable(by).select_related("words")[:MOST])
    hindered = hindrances([visit.pk for visit in found], person.pk)
    offered = [visit for visit in found if not hindered[visit.pk]]
    begun = set(Verification.objects.filter(visit__in=offered, officer=person).values_list("visit_id", flat=True))
    fresh = [visit for visit in offered if visit.pk not in begun]
    Verification.objects.bulk_create((Verification(visit=visit, officer=person, lender_id=visit.lender_id) for visit in fresh), ignore_conflicts=True)
    for visit in fresh:
        record("verification.opened", by=by, subject=visit, method=Verification.Method.BATCH)
    return offered


def view_batch(*, conclusions: Mapping[int, str], by: Access) -> list[Done]:
    """Record the own conclusion of each off-site check: visit id -> conclusion. Each in a savepoint of its own, each checked anew."""

    def one(visit_id: int) -> str:
        _in_batch(visit_id, by)
        record_own_view(visit_id=visit_id, answers={}, conclusion=conclusions[visit_id], summary="", method=Verification.Method.BATCH, by=by)
        return _("Your own conclusion is recorded.")

    return _each(list(conclusions)[:MOST], one)


def confirm_batch(*, hashes: Mapping[int, str], by: Access) -> list[Done]:
    """Confirm each off-site check on the content named: visit id -> hash. One on which the conclusions differ is left for the page of its own."""

    def one(visit_id: int) -> str:
        _in_batch(visit_id, by)
        verification = Verification.objects.filter(visit_id=visit_id, officer=by.person).exclude(own_recorded_at=None).first()
        visit = Visit.objects.select_related("words").get(pk=visit_id)
        if verification is not None and verification.own_conclusion != visit.conclusion:
            raise Conflict(_("Your conclusion and the account manager's differ. Decide on this one by itself."), code="BATCH_DIFFERS")
        done = confirm_visit(visit_id=visit_id, seen_hash=hashes[visit_id], by=by)
        return _("Confirmed and sealed.") if done.state == Visit.State.VERIFIED else _("Confirmed; a second risk officer must decide as well.")

    return _each(list(hashes)[:MOST], one)


def _in_batch(visit_id: int, by: Access) -> None:
    if not batchable(by).filter(pk=visit_id).exists():
        raise Conflict(_("This inspection can't be verified in a batch (any more). Open it by itself."), code="NOT_IN_BATCH")


def _each(visit_ids: Iterable[int], act: Callable[[int], str]) -> list[Done]:
    found = []
    for visit_id in visit_ids:
        try:
            with transaction.atomic():
                found.append(Done(visit_id, True, act(visit_id)))
        except (Refused, Conflict) as refusal:
            sentence = _("A material difference must be explained. Decide on this one by itself.") if isinstance(refusal, NotComplete) else refusal.sentence
            found.append(Done(visit_id, False, sentence))
        except Visit.DoesNotExist:
            found.append(Done(visit_id, False, _("There is no such inspection, or none that you may see.")))
        except IntegrityError:
            found.append(Done(visit_id, False, _("The database refused it: it changed meanwhile.")))
    return found
