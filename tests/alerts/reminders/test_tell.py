"""The tell step: who is reminded of what, once, and who is not."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from alerts.reminders.models import ContactPreference, ContactWay, ReminderText
from alerts.reminders.tell import still_due
from borrowers.loans.models import CountingPause, LoanEvent, LoanState
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import LenderCalendar, Parameter, ProductTerms
from loanwatch.trail.outbox.models import OutboxMessage
from tests.alerts.reminders.conftest import FRIDAY
from tests.factories import LONG_AGO, PersonFactory, repaid, schedule

TOMORROW = FRIDAY + timedelta(days=1)  # the calendar of the tests knows no weekends
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_worker")]


def test_a_week_and_a_day_before_on_the_day_and_the_day_after(owing, told):
    loan = owing(TOMORROW - timedelta(days=1), TOMORROW, TOMORROW + timedelta(days=1), TOMORROW + timedelta(days=2), TOMORROW + timedelta(days=7))
    found = {m.kind: m for m in told()}
    assert set(found) == {"reminder.overdue_1", "reminder.due", "reminder.soon_1", "reminder.soon_7"}
    assert found["reminder.soon_7"].subject == f"{loan.number}/5"
    assert {(m.business_date, m.send_on, m.state, m.channel, m.recipient) for m in found.values()} == {
        (FRIDAY, TOMORROW, "waiting", "sms", "+86 138 0000 0000")
    }


def test_the_message_leaves_at_eight_in_the_zone_of_the_lender_and_names_no_more_than_the_end_of_the_number(owing, told):
    loan = owing(TOMORROW + timedelta(days=1))
    (message,) = told()
    assert message.not_before == datetime(2026, 10, 31, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
    assert (message.hour_from, message.hour_to) == (8, 21)
    assert message.language == "zh-hans"
    assert message.body == f"【Bank of Tests】您尾号{loan.number[-4:]}的贷款将于2026-11-01到期应还CNY 1,000.00。如已还款，请忽略本信息。"
    assert message.headline == "2026-11-01应还款提醒"
    assert loan.number not in message.body


def test_told_twice_is_told_once(owing, told):
    owing(TOMORROW, TOMORROW + timedelta(days=1))
    first = [m.key for m in told()]
    assert [m.key for m in told()] == first
    assert told.written == 0
    assert len(set(first)) == 2


def test_seven_slices_tell_the_same_as_one(owing, told):
    for _ in range(12):
        owing(TOMORROW)
    for low, high in ((0, 30), (31, 99), (100, 101), (102, 180), (181, 220), (221, 254), (255, 255)):
        in_slices = told(lo=low, hi=high)
    assert len(in_slices) == 12
    assert len(told()) == 12


def test_what_is_paid_is_not_asked_for_and_a_part_is_taken_off(owing, told):
    paid, part = owing(TOMORROW), owing(TOMORROW)
    repaid(paid, FRIDAY, 1000)
    repaid(part, FRIDAY, 400)
    (message,) = told()
    assert message.subject == f"{part.number}/1"
    assert "600.00" in message.body


def test_a_payment_a_hundredth_short_is_still_asked_for(owing, told):
    loan = owing(TOMORROW)
    repaid(loan, FRIDAY, 999)
    assert "1.00" in told()[0].body


def test_after_the_due_date_all_that_is_unpaid_is_named(owing, told):
    owing(FRIDAY - timedelta(days=30), FRIDAY)
    (message,) = told()
    assert (message.kind, "2,000.00" in message.body) == ("reminder.overdue_1", True)


def test_a_moratorium_stays_the_reminder_after_the_due_date(owing, told):
    loan = owing(FRIDAY)
    common = {"lender": loan.lender, "bucket": loan.bucket, "valid_from": FRIDAY, "known_from": FRIDAY}
    CountingPause.objects.create(loan=loan, to_on=FRIDAY + timedelta(days=30), reason="Court", **common)
    assert told() == []


def test_a_borrower_without_a_telephone_or_another_way_gets_none(owing, told):
    owing(TOMORROW, phone="")
    assert told() == []


def test_a_borrower_is_reached_in_the_language_and_on_the_way_that_was_agreed(owing, told):
    loan = owing(TOMORROW)
    by = PersonFactory(lender=loan.lender)
    ContactWay.objects.create(lender=loan.lender, borrower=loan.borrower, language="ko", channel="email", address="a@example.com", changed_by=by)
    (message,) = told()
    assert (message.language, message.channel, message.recipient) == ("ko", "email", "a@example.com")
    assert message.headline == "오늘 납입기일 안내"


@pytest.mark.parametrize(
    ("channel", "from_on", "to_on", "state"),
    [
        ("", TOMORROW, None, "dropped"),
        ("sms", TOMORROW, TOMORROW + timedelta(days=1), "dropped"),
        ("email", LONG_AGO, None, "waiting"),
        ("", LONG_AGO, TOMORROW, "waiting"),
        ("", TOMORROW + timedelta(days=1), None, "waiting"),
    ],
    ids=["every channel", "its last day", "another channel", "ended", "not begun"],
)
def test_who_does_not_want_reminders_gets_none_and_that_is_kept(owing, told, channel, from_on, to_on, state):
    loan = owing(TOMORROW)
    ContactPreference.objects.create(
        lender=loan.lender, borrower=loan.borrower, channel=channel, from_on=from_on, to_on=to_on, told_by="By telephone", made_by=PersonFactory(lender=loan.lender)
    )
    (message,) = told()
    assert (message.state, message.reason) == (state, "opted_out" if state == "dropped" else "")


def set_parameter(lender, key, value):
    Parameter.objects.create(lender=lender, key=key, value=value, valid_from=LONG_AGO, source="Test", confidence="own")


def test_the_third_in_seven_days_is_one_too_many_where_two_are_allowed(owing, told):
    first = owing(TOMORROW)
    for _ in range(2):
        owing(TOMORROW, of=first.borrower)
    set_parameter(first.lender, "reminder.most_per_week", 2)
    assert [(m.state, m.reason) for m in told()] == [("waiting", ""), ("waiting", ""), ("dropped", "capped")]


def test_contacts_count_for_seven_days_and_no_longer(owing, told):
    loan = owing(TOMORROW, TOMORROW + timedelta(days=6), TOMORROW + timedelta(days=7))
    set_parameter(loan.lender, "reminder.most_per_week", 1)
    set_parameter(loan.lender, "reminder.days_before", {"default": [0]})
    set_parameter(loan.lender, "reminder.days_after", {"default": [30]})
    states = {m.subject[-1]: m.state for day in (0, 6, 7) for m in told(FRIDAY + timedelta(days=day))}
    assert states == {"1": "waiting", "2": "dropped", "3": "waiting"}


def test_a_lender_that_reminds_nobody_writes_nothing(owing, told):
    set_parameter(owing(TOMORROW).lender, "reminder.send", False)
    assert told() == []


def test_a_loan_that_is_set_aside_is_left_alone_and_a_repair_tells_of_its_loans_only(owing, told):
    held, other = owing(TOMORROW), owing(TOMORROW)
    assert {m.subject for m in told(held=[held.pk])} == {f"{other.number}/1"}
    assert {m.subject for m in told(only=[held.pk])} == {f"{held.number}/1", f"{other.number}/1"}
    assert told.written == 1


def test_a_due_date_on_a_holiday_is_reminded_of_by_the_day_it_moves_to(owing, told, branch):
    LenderCalendar.objects.filter(lender=branch.lender).update(kind="CN")
    saturday, monday = date(2026, 10, 31), date(2026, 11, 2)
    loan = owing(saturday)
    ProductTerms.objects.create(product=loan.product, valid_from=LONG_AGO, convention="following", source="Test")
    # The close of Friday sends for Saturday, Sunday and Monday; the demand of Saturday counts from Monday.
    found = [(m.kind, m.send_on) for m in told()]
    assert found == [("reminder.soon_1", date(2026, 11, 1)), ("reminder.due", monday)]
    # The product no longer moves its due dates: what waits for Monday is dropped, and Saturday is over.
    ProductTerms.objects.create(product=loan.product, valid_from=saturday, convention="none", source="Test")
    later = told(saturday)
    assert [(m.state, m.reason) for m in later[:2]] == [("dropped", "moved"), ("dropped", "moved")]
    assert [(m.kind, m.send_on) for m in later[2:]] == [("reminder.overdue_1", date(2026, 11, 1))]


def test_a_demand_of_the_weekend_that_was_not_met_is_told_of_after_the_close_of_monday(owing, told, branch):
    LenderCalendar.objects.filter(lender=branch.lender).update(kind="CN")
    owing(date(2026, 11, 1))
    assert [(m.kind, m.send_on.day) for m in told()] == [("reminder.soon_1", 31), ("reminder.due", 1)]
    monday = told(date(2026, 11, 2), previous=FRIDAY)
    assert [(m.kind, m.send_on.day) for m in monday[2:]] == [("reminder.overdue_1", 3)]


def test_a_reminder_that_still_waits_when_the_demand_is_met_is_dropped(owing, told):
    loan = owing(TOMORROW)
    assert told()[0].state == "waiting"
    repaid(loan, TOMORROW, 1000)
    (message,) = told(TOMORROW)
    assert (message.state, message.reason) == ("dropped", "paid")


def test_money_that_came_in_after_the_close_is_seen_just_before_sending(owing, told):
    paid, owed = owing(TOMORROW), owing(TOMORROW)
    first, second = told()
    repaid(paid, TOMORROW, 1000)
    assert still_due([first.pk, second.pk]) == {first.pk: "paid"}
    repaid(owed, TOMORROW + timedelta(days=1), 1000)  # known later than this message may count: a past closed anew tells the same
    assert still_due([second.pk]) == {}
    ContactPreference.objects.create(lender=owed.lender, borrower=owed.borrower, from_on=LONG_AGO, told_by="Letter", made_by=PersonFactory())
    assert still_due([second.pk]) == {second.pk: "opted_out"}


def stayed(loan, owed):
    common = {"lender": loan.lender, "bucket": loan.bucket, "valid_from": FRIDAY, "known_from": TOMORROW}
    CountingPause.objects.create(loan=loan, to_on=TOMORROW + timedelta(days=30), reason="Court", **common)


def left(kind):
    def leave(loan, owed):
        LoanEvent.objects.create(loan=loan, lender=loan.lender, bucket=loan.bucket, kind=kind, valid_from=TOMORROW, known_from=TOMORROW)

    return leave


def replanned(loan, owed):
    schedule(loan, (owed + timedelta(days=90), 1000), version=2, known_from=TOMORROW)


def moved_house(loan, owed):
    Borrower.objects.filter(pk=loan.borrower_id).update(phone="+86 139 9999 9999")


def prefers_mail(loan, owed):
    ContactWay.objects.create(
        lender=loan.lender, borrower=loan.borrower, language="ko", channel="email", address="a@example.com", changed_by=PersonFactory(lender=loan.lender)
    )


@pytest.mark.parametrize(
    ("happens", "due_on", "reason"),
    [(stayed, FRIDAY, "stayed"), (stayed, TOMORROW, None), (left("settled"), TOMORROW, "off_book"), (left("write_off"), TOMORROW, "off_book"),
     (left("transfer"), TOMORROW, "off_book"), (left("extension"), TOMORROW, None), (replanned, TOMORROW, "plan_changed"),
     (moved_house, TOMORROW, "address_changed"), (prefers_mail, TOMORROW, "address_changed")],
    ids=["stayed in arrears", "stayed before it is due", "settled", "written off", "transferred", "extended", "replanned", "another number", "another way"],
)  # fmt: skip
def test_what_happened_after_the_close_is_seen_just_before_sending(owing, told, happens, due_on, reason):
    loan, other = owing(due_on), owing(due_on)
    messages = {m.subject: m.pk for m in told()}
    happens(loan, due_on)
    pk = messages[f"{loan.number}/1"]
    assert still_due(list(messages.values())) == ({pk: reason} if reason else {})
    assert messages[f"{other.number}/1"] != pk


def test_a_plan_that_repeats_the_demand_unchanged_still_asks_for_it(owing, told):
    loan = owing(TOMORROW)
    (message,) = told()
    schedule(loan, (TOMORROW, 1000), (TOMORROW + timedelta(days=30), 500), version=2, known_from=TOMORROW)
    assert still_due([message.pk]) == {}


def test_a_message_that_is_late_but_of_use_looks_at_what_is_known_today(owing, told):
    today = timezone.now().astimezone(ZoneInfo("Asia/Shanghai")).date()
    loan = owing(TOMORROW)
    (message,) = told()
    repaid(loan, today, 1000)
    assert still_due([message.pk]) == {}, "worthless by now: only a file gets it, as it would have left then"
    OutboxMessage.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    assert still_due([message.pk]) == {message.pk: "paid"}


def test_a_reminder_of_a_loan_that_was_set_aside_since_is_dropped_when_its_cause_is_gone(owing, told):
    loan = owing(TOMORROW)
    assert told()[0].state == "waiting"
    repaid(loan, TOMORROW, 1000)
    LoanState.objects.filter(loan=loan).update(paid_minor=100_000)
    (message,) = told(TOMORROW, held=[loan.pk])
    assert (message.state, message.reason) == ("dropped", "paid")


def test_a_new_version_of_the_words_counts_from_its_day(owing, told, branch):
    for version, day in ((2, FRIDAY), (3, TOMORROW)):
        ReminderText.objects.create(
            lender=branch.lender, kind="due", language="zh-hans", version=version, headline="H", body=f"v{version} {{amount}} {{name}}", valid_from=day,
            reason="Test", made_by=PersonFactory(),
        )  # fmt: skip
    owing(TOMORROW, TOMORROW + timedelta(days=1), name="Works {loan}")
    assert [m.body for m in told() if m.kind == "reminder.due"] == ["v2 1,000.00 Works {loan}"]
    assert told(TOMORROW)[-1].body.startswith("v3") or "v3" in {m.body[:2] for m in told(TOMORROW)}


def test_the_number_of_statements_does_not_grow_with_the_book(owing, told, django_assert_max_num_queries):
    counts = []
    for day in range(3):
        for _ in range(1 + 10 * day):
            owing(TOMORROW + timedelta(days=day))
        with django_assert_max_num_queries(60) as asked:
            told(FRIDAY + timedelta(days=day))
        counts.append(len(asked))
    assert counts[1] == counts[2]
