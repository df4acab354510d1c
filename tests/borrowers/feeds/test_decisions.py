"""A delivery that is held is decided about by people: other content needs another person's approval, and says what it changes."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import override_settings

from borrowers.feeds import decisions, quarantine
from borrowers.feeds.importer import formats
from borrowers.feeds.models import Delivery, QuarantinedRow
from borrowers.loans.models import Loan, Position
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent
from tests.borrowers.feeds.conftest import loans, months

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept_files(tmp_path):
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        yield


@pytest.fixture
def bringer(staff):
    return staff("CA1")


@pytest.fixture
def version_2(two_loans, deliver, bringer) -> Delivery:
    """The loans of two_loans again, with another rate, brought by CA1."""
    done = deliver("mortgage_acquisition", loans("L1", "L2", orig_interest_rate="7.125"), received_by=bringer, channel="screen")
    assert (done.state, done.reasons) == ("held", {"OTHER_CONTENT": 1})
    return Delivery.objects.get(pk=done.delivery)


def test_other_content_waits_and_says_field_by_field_what_would_change(version_2):
    assert version_2.version == 2
    assert version_2.notes["difference"]["rows_that_would_change"] == 2
    assert version_2.notes["changes"]["fields"] == {"borrowers.loan.rate": 2}
    assert Loan.objects.get(number="L1").rate == pytest.approx(6.375)


def test_another_person_approves_and_the_kept_file_is_loaded(version_2, staff):
    assert default_storage.exists(f"{version_2.kept_as}/file")
    outcome = decisions.approve(delivery_id=version_2.pk, by=staff("CA2"))
    assert (outcome.state, outcome.delivery, outcome.applied) == ("applied", version_2.pk, 2)
    version_2.refresh_from_db()
    assert (version_2.state, version_2.received_by.staff_no, version_2.approved_by.staff_no) == ("applied", "CA1", "CA2")
    assert str(Loan.objects.get(number="L1").rate) == "7.125000"
    assert AuditEvent.objects.filter(event="feed.approved").count() == 1
    with pytest.raises(Conflict):
        decisions.approve(delivery_id=version_2.pk, by=staff("CA3"))


def test_who_brought_a_delivery_does_not_approve_it(version_2, bringer, staff):
    with pytest.raises(Refused):
        decisions.approve(delivery_id=version_2.pk, by=bringer)
    with pytest.raises(Refused):
        decisions.approve(delivery_id=version_2.pk, by=staff("SA1", Role.SYSADMIN))
    assert Loan.objects.get(number="L1").rate == pytest.approx(6.375)


def test_a_kept_file_that_was_touched_is_not_loaded(version_2, staff):
    path = Path(default_storage.path(f"{version_2.kept_as}/file"))
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(Conflict, match="not what was delivered"):
        decisions.approve(delivery_id=version_2.pk, by=staff("CA2"))
    assert Delivery.objects.get(pk=version_2.pk).state == "held"


def test_a_delivery_is_declined_with_a_reason_and_its_file_goes(version_2, staff, django_capture_on_commit_callbacks):
    with pytest.raises(Conflict, match="Say why"):
        decisions.decline(delivery_id=version_2.pk, by=staff("CA2"), reason=" ")
    with django_capture_on_commit_callbacks(execute=True):
        declined = decisions.decline(delivery_id=version_2.pk, by=staff("CA3"), reason="test file")
    assert (declined.state, declined.notes["declined"]["reason"]) == ("rejected", "test file")
    assert not default_storage.exists(f"{version_2.kept_as}/file")


def test_approval_does_not_mend_a_file_that_disagrees_with_its_control_record(two_loans, deliver, staff):
    done = deliver("mortgage_performance", months({"loan_id": "L1", "current_actual_upb": "NaN"}))
    with pytest.raises(Conflict, match="corrected file"):
        decisions.approve(delivery_id=done.delivery, by=staff("CA1"))


def test_a_held_file_whose_format_is_gone_waits_on_with_a_sentence(version_2, staff):
    Delivery.objects.filter(pk=version_2.pk).update(format="retired_format")
    with pytest.raises(Conflict, match="not in use any more"):
        decisions.approve(delivery_id=version_2.pk, by=staff("CA2"))
    with pytest.raises(Conflict, match="not in use any more"):
        decisions.try_again(delivery_id=version_2.pk, by=staff("CA3"))


def test_a_held_batch_of_the_api_stands_beside_the_others_of_its_date_when_it_is_tried_again(deliver, two_loans, staff):
    held = deliver("mortgage_performance", months({"loan_id": "L9"}), channel="api", adds_up=True)
    assert held.state == "held"
    deliver("mortgage_performance", months({"loan_id": "L1"}), channel="api", adds_up=True, name="second.csv")
    deliver("mortgage_acquisition", loans("L1", "L2", "L9"), all_rows=True, name="more.csv")
    assert decisions.try_again(delivery_id=held.delivery, by=staff("CA1")).state == "applied"


def test_a_held_file_whose_loans_have_come_is_tried_again_and_applied_once(deliver, staff):
    done = deliver("mortgage_performance", months({"loan_id": "L1"}))
    assert (done.state, done.reasons) == ("held", {"UNKNOWN_LOAN": 1})
    by = staff("CA1")
    assert decisions.try_again(delivery_id=done.delivery, by=by).state == "held"
    assert QuarantinedRow.objects.filter(delivery=done.delivery).count() == 1
    deliver("mortgage_acquisition", loans("L1"))
    assert decisions.try_again(delivery_id=done.delivery, by=by).state == "applied"
    assert Position.objects.filter(loan__number="L1").count() == 1
    assert not QuarantinedRow.objects.filter(delivery=done.delivery).exists()


@pytest.fixture
def waiting_position(two_loans, deliver, monkeypatch) -> QuarantinedRow:
    """An applied file of positions in which one row tells of a loan that has not arrived."""
    tolerant = replace(formats.find("mortgage_performance"), hold_over_percent=60)
    monkeypatch.setattr(
        "tests.borrowers.feeds.conftest.find", lambda name: tolerant if name == "mortgage_performance" else formats.find(name)
    )
    done = deliver("mortgage_performance", months({"loan_id": "L1"}, {"loan_id": "L9"}))
    assert (done.state, done.applied, done.quarantined) == ("applied", 1, 1)
    row = QuarantinedRow.objects.get(delivery_id=done.delivery)
    assert (row.reason, row.waits_for) == ("UNKNOWN_LOAN", "L9")
    return row


def test_a_row_that_waited_for_its_loan_is_applied_once_when_the_loan_arrives(waiting_position, deliver):
    deliver("mortgage_acquisition", loans("L1", "L2", "L9"), all_rows=True, name="more.csv")
    waiting_position.refresh_from_db()
    assert (waiting_position.state, waiting_position.decided_by) == ("released", None)
    assert Position.objects.filter(loan__number="L9").count() == 1
    delivery = Delivery.objects.get(pk=waiting_position.delivery_id)
    assert (delivery.rows_applied, delivery.rows_quarantined) == (2, 0)
    assert AuditEvent.objects.get(event="quarantine.retried").details["waited_for"] == "L9"


def test_a_row_that_a_person_corrected_is_not_tried_by_itself(waiting_position, deliver, staff):
    quarantine.correct_row(row_id=waiting_position.pk, cells={"interest_rate": "6.5"}, by=staff("CA1"))
    deliver("mortgage_acquisition", loans("L1", "L2", "L9"), all_rows=True, name="more.csv")
    waiting_position.refresh_from_db()
    assert waiting_position.state == "waiting"


def test_a_row_that_fails_for_another_reason_keeps_waiting_with_that_reason(waiting_position, deliver):
    QuarantinedRow.objects.filter(pk=waiting_position.pk).update(raw={**waiting_position.raw, "interest_rate": "x"})
    deliver("mortgage_acquisition", loans("L1", "L2", "L9"), all_rows=True, name="more.csv")
    waiting_position.refresh_from_db()
    assert (waiting_position.state, waiting_position.reason, waiting_position.waits_for) == ("waiting", "BAD_NUMBER", "")
