"""What the bank's people recorded never reaches an agency with a visit, and what an agency has stays with it."""

import pytest

from inspections.four_eyes import actions as four_eyes
from inspections.outsourcing import actions
from inspections.outsourcing.models import OrderedVisit
from inspections.planning.actions import assign_task
from inspections.sending.parcel import parcel_of
from inspections.visits import actions as visits
from inspections.visits.models import Photo
from loanwatch.kernel.policy import Conflict
from tests.inspections.book import own_view, submitted
from tests.inspections.outsourcing.test_orders import accepted, delivered, firm, ordered  # noqa: F401


def returned(bank, task=None, visit=None):
    """A visit that the risk officer sent back with words of the bank."""
    visit = visit or submitted(bank, task, purpose_kept=("yes", "The owner's brother showed the books."))
    own_view(visit, bank.officer)
    visit.refresh_from_db()
    four_eyes.return_visit(visit_id=visit.pk, seen_hash=visit.content_hash, reason="evidence", explanation="The figures of March lack.", by=bank.officer)
    visit.refresh_from_db()
    return visit


def told_of(access, task_id):
    return next(t for t in parcel_of(access, "")["tasks"] if t["id"] == task_id)


def test_what_was_returned_to_the_manager_is_not_ordered_from_an_agency(bank, firm):  # noqa: F811
    visit = returned(bank)
    with pytest.raises(Conflict, match="returned to the person who made it"):
        ordered(firm, visit.task)
    assert not OrderedVisit.objects.exists()


def test_an_agent_to_whom_a_returned_visit_is_given_gets_nothing_of_what_the_manager_recorded(bank):
    visit = returned(bank)
    own = told_of(bank.manager, visit.task_id)
    assert own["earlier"]["summary"] == "All in order." and own["returned"]["explanation"] == "The figures of March lack."
    assign_task(task_id=visit.task_id, to_person_id=bank.agent.person.pk, by=bank.head)
    told = told_of(bank.agent, visit.task_id)
    assert (told["earlier"], told["returned"], told["prefill"]) == (None, None, {})
    attempt = visits.start_visit(task_id=visit.task_id, by=bank.agent)
    assert (attempt.attempt, attempt.summary, attempt.conclusion) == (2, "", "")
    assert not attempt.answers.exclude(value=None).exists()
    assert not Photo.objects.filter(visit=attempt).exists()


def test_an_agency_goes_on_with_what_its_own_agent_recorded(bank, firm):  # noqa: F811
    item, visit = delivered(firm)
    returned(bank, visit=visit)
    actions.share_out(visit_id=item.pk, person_id=firm.second.person.pk, by=firm.lead)
    firm.second.person.refresh_from_db()
    assert told_of(firm.second, item.task_id)["earlier"]["answers"]
    assert Photo.objects.filter(visit=visits.start_visit(task_id=item.task_id, by=firm.second)).exists()
