"""What the database refuses, whoever asks: forged, changed, repeated and vanished messages."""

from datetime import UTC, date, datetime

import pytest
from django.db import Error, IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent
from loanwatch.trail.outbox.actions import settle, settle_many
from loanwatch.trail.outbox.models import OutboxMessage
from loanwatch.trail.outbox.rules import MOVES
from tests.factories import BranchFactory, LenderFactory, hire

pytestmark = pytest.mark.django_db
LONG_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def message(lender=None, **told):
    lender = lender or LenderFactory()
    plain = {"kind": "reminder.due", "subject": "N1/1", "business_date": date(2026, 10, 30), "channel": "sms", "recipient": "13800000000",
             "lane": "borrower:1", "body": "Pay", "send_on": date(2026, 10, 31), "not_before": LONG_SINCE}  # fmt: skip
    made = OutboxMessage.objects.create(lender=lender, **(plain | told))
    made.refresh_from_db()
    return made


def in_state(state, **told):
    """A message brought to `state` by lawful moves."""
    made = message(**told)
    steps = {"waiting": [], "sending": ["sending"], "sent": ["sending", "sent"], "uncertain": ["sending", "uncertain"],
             "failed": ["sending", "failed"], "dropped": ["dropped"]}[state]  # fmt: skip
    for step in steps:
        to(made, step)
    return made


def to(made, state):
    extra = {
        "sending": "attempts = attempts + 1, claimed_by = 'r', lease_until = clock_timestamp()", "sent": "receipt = 'r', sent_at = clock_timestamp()",
        "failed": "error = 'e'", "dropped": "reason = 'by_hand'",
    }.get(state, "error = error")  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE trail_outboxmessage SET state = %s, {extra} WHERE id = %s", [state, made.pk])
    made.refresh_from_db()


def test_the_key_says_what_makes_a_message_one_and_hides_the_number(as_worker):
    made = message()
    assert made.key.startswith(f"{made.lender_id}:reminder.due:N1/1:2026-10-30:sms:")
    assert "13800000000" not in made.key


def test_the_same_cause_day_channel_and_recipient_is_one_message(as_worker):
    first = message()
    with pytest.raises(IntegrityError), transaction.atomic():
        message(first.lender)
    for other in ({"channel": "email"}, {"recipient": "2"}, {"business_date": date(2026, 10, 31)}, {"subject": "N1/2"}, {"kind": "reminder.soon_1"}):
        message(first.lender, **other)
    assert OutboxMessage.objects.count() == 6


@pytest.mark.parametrize("was", MOVES)
@pytest.mark.parametrize("becomes", MOVES)
def test_a_message_moves_only_as_the_table_of_moves_says(as_worker, was, becomes):
    if was == becomes:
        return
    made = in_state(was)
    if becomes in MOVES[was]:
        to(made, becomes)
        assert made.state == becomes
    else:
        with pytest.raises(Error):
            to(made, becomes)


@pytest.mark.parametrize("column", ["body", "recipient", "key", "subject", "lane", "headline"])
def test_what_a_message_says_and_to_whom_is_never_changed(as_worker, column):
    made = message()
    with pytest.raises(Error, match="never changed"), transaction.atomic():
        OutboxMessage.objects.filter(pk=made.pk).update(**{column: "other"})


def test_nothing_is_deleted_and_nothing_is_born_sent(as_worker):
    made = message()
    with pytest.raises(Error), transaction.atomic():
        OutboxMessage.objects.filter(pk=made.pk).delete()
    for forged in ({"state": "sent", "receipt": "r", "sent_at": LONG_SINCE}, {"state": "uncertain"}, {"attempts": 1}):
        with pytest.raises(Error), transaction.atomic():
            message(made.lender, subject="N2/1", **forged)


def test_sent_without_a_receipt_and_dropped_without_a_reason_are_refused(as_worker):
    made = in_state("sending")
    for change in ({"state": "sent"}, {"state": "failed"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OutboxMessage.objects.filter(pk=made.pk).update(**change)


def test_the_web_log_in_can_add_a_message_and_move_none():
    made = message()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        to(made, "dropped")


# --- what a person decides ---


@pytest.fixture
def keeper(db):
    return hire(BranchFactory(), Role.SYSADMIN)


def _as_owner_to(owner_connection, pk, *states):
    extra = {"sending": ", attempts = attempts + 1, claimed_by = 'r', lease_until = clock_timestamp()", "failed": ", error = 'e'"}
    with owner_connection.cursor() as cursor:
        for state in states:
            cursor.execute(f"UPDATE trail_outboxmessage SET state = %s{extra.get(state, '')} WHERE id = %s", [state, pk])


SETTLED = [
    (["sending", "uncertain"], "arrived", "sent"),
    (["sending", "uncertain"], "again", "waiting"),
    (["sending", "uncertain"], "drop", "dropped"),
    (["sending", "failed"], "again", "waiting"),
    (["sending", "failed"], "drop", "dropped"),
    ([], "drop", "dropped"),
]


@pytest.mark.django_db(transaction=True)
def test_a_person_settles_what_the_relay_could_not(owner_connection):
    keeper = hire(BranchFactory(), Role.SYSADMIN)
    for number, (states, verdict, becomes) in enumerate(SETTLED):
        made = message(keeper.person.lender, subject=f"N{number}/1")
        _as_owner_to(owner_connection, made.pk, *states)
        settle(message_id=made.pk, verdict=verdict, reason="The provider says so", by=keeper)
        made.refresh_from_db()
        assert made.state == becomes, (states, verdict)
        assert AuditEvent.objects.filter(event="outbox.settled", subject_id=str(made.pk), person=keeper.person).exists()
        if becomes == "sent":
            assert made.receipt
            with pytest.raises(Conflict):
                settle(message_id=made.pk, verdict="again", reason="Once more", by=keeper)


def test_a_waiting_message_can_not_be_said_to_have_arrived(keeper):
    made = message(keeper.person.lender)
    with pytest.raises(Conflict):
        settle(message_id=made.pk, verdict="arrived", reason="I think so", by=keeper)
    assert settle_many(ids=[made.pk, made.pk + 99], verdict="arrived", reason="I think so", by=keeper) == (0, 2)


def test_who_may_not_settle_is_refused_and_a_strangers_message_is_not_there(keeper):
    made = message(keeper.person.lender)
    with pytest.raises(Refused):
        settle(message_id=made.pk, verdict="drop", reason="No", by=hire(BranchFactory(lender=made.lender), Role.RISK_OFFICER))
    with pytest.raises(OutboxMessage.DoesNotExist):
        settle(message_id=message().pk, verdict="drop", reason="No", by=keeper)
    made.refresh_from_db()
    assert made.state == "waiting"
