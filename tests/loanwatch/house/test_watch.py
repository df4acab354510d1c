"""The watch raises its voice when something is silent, once an hour, by a way of its own; and says when it is over."""

import json
import threading
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from borrowers.feeds.models import FeedPlan
from loanwatch.lenders.defaults import give_defaults
from loanwatch.lenders.models import Lender, LenderCalendar, Parameter
from loanwatch.trail import ledger
from loanwatch.trail.models import Beat, BusinessDay, RunUnit
from loanwatch.trail.outbox.models import OutboxMessage
from loanwatch.watch import checks
from loanwatch.watch.checks import Alarm, closed_by, days_late, duration, expected
from loanwatch.watch.switch import look
from loanwatch.watch.workers import beat_name

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
ONE = Alarm("last_tick", "The scheduler was last heard 9 min ago.")


@pytest.fixture
def lender(db) -> Lender:
    made = Lender.objects.create(code="ONE", name="One", currency="CNY", zone="Asia/Shanghai")
    LenderCalendar.objects.create(lender=made, kind="CN", from_on=date(2020, 1, 1))
    give_defaults(made)
    return made


def day(lender: Lender, on: date, state: str) -> BusinessDay:
    return BusinessDay.objects.create(lender=lender, business_date=on, state=state, opened_at=timezone.now())


def at(hour: int, minute: int = 0, on: date = date(2026, 11, 20)) -> datetime:
    return datetime(on.year, on.month, on.day, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai"))


# By when a day is to be closed ---------------------------------------------------------------------------------------------------


def test_a_day_is_expected_to_be_closed_from_the_minute_its_lender_names_and_not_before(lender):
    assert closed_by(lender, date(2026, 11, 19)) == at(7)
    assert expected(lender, at(6, 59)) == date(2026, 11, 18)
    assert expected(lender, at(7)) == date(2026, 11, 19)


def test_after_a_weekend_the_friday_is_expected(lender):
    assert expected(lender, at(7, on=date(2026, 11, 23))) == date(2026, 11, 20)


def test_another_hour_counts_from_the_day_on_which_it_is_in_force(lender):
    Parameter.objects.create(
        lender=lender, key="day.closed_by", value={"days_after": 0, "hour": 22, "minute": 30}, valid_from=date(2026, 11, 19), source="t", confidence="own"
    )
    assert closed_by(lender, date(2026, 11, 18)) == at(7, on=date(2026, 11, 19))
    assert closed_by(lender, date(2026, 11, 19)) == at(22, 30, on=date(2026, 11, 19))


def test_a_lender_from_before_the_parameter_has_the_hour_it_ships_with(db):
    lender = Lender.objects.create(code="OLD", name="Old", currency="CNY", zone="Asia/Shanghai")
    assert closed_by(lender, date(2026, 11, 19)) == at(7)


@pytest.mark.parametrize(("last", "late"), [(date(2026, 11, 18), True), (date(2026, 11, 19), False)])
def test_a_day_that_was_not_closed_in_time_is_an_alarm(lender, monkeypatch, last, late):
    monkeypatch.setattr(checks, "now_of", lambda lender: at(7, 1))
    day(lender, last, "closed")
    day(lender, date(2026, 11, 20), "due")
    assert [alarm.key for alarm in days_late()] == (["day:ONE"] if late else [])
    if late:
        assert days_late()[0].sentence == (
            "The business day 2026-11-19 of ONE should have been closed by 2026-11-20 07:00 CST; the last one closed is 2026-11-18."
        )


def test_a_day_closed_with_exceptions_is_closed(lender, monkeypatch):
    monkeypatch.setattr(checks, "now_of", lambda lender: at(9))
    BusinessDay.objects.filter(pk=day(lender, date(2026, 11, 19), "closed").pk).update(state="closed")
    assert days_late() == []


def test_a_lender_that_closes_by_hand_or_never_began_is_not_waited_for(lender, monkeypatch):
    monkeypatch.setattr(checks, "now_of", lambda lender: at(9))
    assert days_late() == []
    day(lender, date(2026, 11, 2), "closed")
    assert len(days_late()) == 1
    Parameter.objects.create(lender=lender, key="day.automatic", value=False, valid_from=date(2026, 11, 1), source="t", confidence="own")
    assert days_late() == []


# What has fallen silent ----------------------------------------------------------------------------------------------------------


def heard(name: str, seconds_ago: int) -> None:
    Beat.objects.update_or_create(name=name, defaults={"at": timezone.now() - timedelta(seconds=seconds_ago)})


def keys() -> set[str]:
    return {alarm.key for alarm in checks.alarms()}


@pytest.mark.parametrize(("ago", "silent"), [(290, False), (305, True)])
def test_a_scheduler_that_was_not_heard_for_five_minutes_is_an_alarm(lender, ago, silent):
    heard("tick", ago)
    assert ("last_tick" in keys()) is silent


def test_a_scheduler_that_was_never_heard_is_an_alarm(lender):
    assert "last_tick" in keys()


def test_silent_workers_are_an_alarm_only_while_units_wait(lender):
    heard("tick", 1)
    heard("worker:worker1@here", 400)
    assert "workers" not in keys()
    open_day = day(lender, date(2026, 11, 19), "closing")
    RunUnit.objects.create(
        lender=lender, business_date=open_day.business_date, run_version=1, step="observe", step_order=1, bucket=0, bucket_from=0, bucket_to=255
    )
    assert "workers" not in keys(), "the day was opened a moment ago"
    BusinessDay.objects.update(opened_at=timezone.now() - timedelta(seconds=310))
    assert "workers" in keys()
    heard("worker:worker2@there", 10)
    assert "workers" not in keys()


def test_a_unit_that_failed_for_good_and_a_feed_that_did_not_come_are_alarms(lender):
    heard("tick", 1)
    on = timezone.now().date() - timedelta(days=10)
    FeedPlan.objects.create(lender=lender, format="loans", by_time="06:00", from_on=on)
    open_day = day(lender, date(2026, 11, 19), "closing")
    RunUnit.objects.create(
        lender=lender, business_date=open_day.business_date, run_version=1, step="observe", step_order=1, bucket=0, bucket_from=0, bucket_to=255, state="failed"
    )
    found = checks.alarms()
    assert any(a.sentence == "1 unit of a business day has failed for good: the day stays open until somebody decides." for a in found)
    assert any(a.key.startswith("feed:ONE:loans:") and "was due" in a.sentence for a in found)


@pytest.mark.parametrize(("beat", "silent"), [(None, True), (305, True), (290, False)])
def test_a_silent_relay_is_an_alarm_while_messages_wait(lender, beat, silent):
    heard("tick", 1)
    if beat:
        heard("relay", beat)
    assert "last_relay" not in keys(), "nothing waits"
    message = {"kind": "test.x", "subject": "N1/1", "business_date": date(2026, 11, 19), "channel": "sms", "recipient": "1", "lane": "b", "body": "Pay"}
    OutboxMessage.objects.create(lender=lender, send_on=date(2026, 11, 20), not_before=timezone.now() - timedelta(seconds=310), **message)
    assert ("last_relay" in keys()) is silent


def test_a_day_that_waits_for_somebody_to_accept_it_is_an_alarm(lender, monkeypatch):
    heard("tick", 1)
    open_day = day(lender, date(2026, 11, 19), "closing")
    monkeypatch.setattr(checks, "waits_for_acceptance", lambda of: (open_day, ["one"]) if of == lender else None)
    assert Alarm("accept:ONE", "The business day 2026-11-19 of ONE waits for somebody to accept what was set aside (1).") in checks.alarms()


def test_a_look_that_fails_is_an_alarm_and_hides_no_other(lender, monkeypatch, tmp_path):
    def broken() -> list[Alarm]:
        raise ValueError("a calendar without days")

    monkeypatch.setitem(checks.CHECKS, "the days", broken)
    found = checks.alarms()
    assert {a.key for a in found} == {"last_tick", "check:the days"}
    assert found[1].sentence == "The watch could not look at the days: ValueError: a calendar without days"
    path = tmp_path / "watch.json"
    look([Alarm("day:ONE", "Late.")], NOW, path)
    assert look(found, NOW, path).over == [], "whether the day is closed by now nobody knows"


def test_a_database_that_does_not_answer_is_an_alarm_itself(db, monkeypatch):
    def gone() -> None:
        raise DatabaseError("connection refused\nIs the server running?")

    monkeypatch.setattr(checks, "ages", gone)
    assert checks.alarms() == [Alarm("database", "The database does not answer: connection refused")]


# How often it is told ------------------------------------------------------------------------------------------------------------


def test_an_alarm_is_told_at_once_then_hourly_and_its_end_once(tmp_path):
    path = tmp_path / "watch.json"
    told = [look([ONE], NOW + timedelta(minutes=m), path).text for m in (0, 1, 59, 60, 61)]
    assert [bool(text) for text in told] == [True, False, False, True, False]
    assert told[0] == "ALARM The scheduler was last heard 9 min ago."
    assert look([], NOW + timedelta(minutes=62), path).text == "OVER The scheduler was last heard 9 min ago."
    assert look([], NOW + timedelta(minutes=63), path).text == ""


def test_a_second_alarm_is_told_at_once_beside_one_that_stands(tmp_path):
    path = tmp_path / "watch.json"
    look([ONE], NOW, path)
    told = look([ONE, Alarm("day:ONE", "The day is late.")], NOW + timedelta(minutes=1), path)
    assert told.text == "ALARM The day is late." and len(told.standing) == 2


def test_while_the_database_is_silent_no_other_alarm_is_called_over(tmp_path):
    path = tmp_path / "watch.json"
    look([ONE], NOW, path)
    assert look([Alarm("database", "Gone.")], NOW + timedelta(minutes=1), path).text == "ALARM Gone."
    assert look([], NOW + timedelta(minutes=2), path).over == ["The scheduler was last heard 9 min ago.", "Gone."]


def test_a_memory_that_was_cut_short_tells_again_instead_of_staying_silent(tmp_path):
    path = tmp_path / "watch.json"
    look([ONE], NOW, path)
    path.write_text('{"last_')
    assert look([ONE], NOW + timedelta(minutes=1), path).text


def test_a_folder_that_cannot_be_written_does_not_silence_the_alarm(tmp_path):
    (tmp_path / "file").write_text("in the way")
    told = look([ONE], NOW, tmp_path / "file" / "watch.json")
    assert told.text and "could not be remembered" in told.unsent[0]


# By which way --------------------------------------------------------------------------------------------------------------------


def test_alarms_go_by_mail_to_those_named(tmp_path, settings):
    settings.WATCH_MAIL_TO, settings.WATCH_MAIL_SERVER = ["night@bank.example"], "smtp://mail.bank.example"
    look([ONE], NOW, tmp_path / "watch.json")
    assert [(m.to, m.subject) for m in mail.outbox] == [(["night@bank.example"], f"LoanWatch: {ONE.sentence}")]
    look([], NOW, tmp_path / "watch.json")
    assert mail.outbox[1].subject.startswith("LoanWatch: over: ")


@pytest.mark.parametrize(
    ("server", "tls", "ssl"),
    [("smtp://u:p@mail.bank.example:587", True, False), ("smtps://u:p@mail.bank.example", False, True), ("smtp://mail.bank.example", False, False)],
)
def test_a_password_goes_to_the_mail_server_only_over_a_line_that_nobody_reads(tmp_path, settings, monkeypatch, server, tls, ssl):
    asked: list[dict] = []
    monkeypatch.setattr("loanwatch.watch.switch.get_connection", lambda **told: asked.append(told) or mail.get_connection(**told))
    settings.WATCH_MAIL_TO, settings.WATCH_MAIL_SERVER = ["night@bank.example"], server
    look([ONE], NOW, tmp_path / "watch.json")
    assert [(told["use_tls"], told["use_ssl"]) for told in asked] == [(tls, ssl)] and len(mail.outbox) == 1


@pytest.fixture
def address():
    got: list[dict] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", got
    server.shutdown()
    server.server_close()


def test_alarms_go_to_a_web_address(tmp_path, settings, address):
    settings.WATCH_WEBHOOK, got = address
    look([ONE], NOW, tmp_path / "watch.json")
    assert got == [{"text": f"ALARM {ONE.sentence}", "alarms": [{"key": ONE.key, "sentence": ONE.sentence}], "over": []}]


def test_where_no_way_works_the_next_look_tells_again_and_where_one_works_it_does_not(tmp_path, settings, address):
    settings.WATCH_WEBHOOK = "http://127.0.0.1:1/"
    path = tmp_path / "watch.json"
    for minutes in (0, 1):
        told = look([ONE], NOW + timedelta(minutes=minutes), path)
        assert told.text and "webhook could not be sent" in told.unsent[0]
    settings.WATCH_MAIL_TO, settings.WATCH_MAIL_SERVER = ["night@bank.example"], "smtp://mail.bank.example"
    assert look([ONE], NOW + timedelta(minutes=2), path).text
    assert not look([ONE], NOW + timedelta(minutes=3), path).text
    assert len(mail.outbox) == 1


# The command ---------------------------------------------------------------------------------------------------------------------


def test_the_command_ends_with_one_and_a_sentence_while_something_is_wrong_and_leaves_its_own_beat(lender, capsys, settings, tmp_path):
    settings.STATE = tmp_path
    with pytest.raises(SystemExit) as end:
        call_command("watch", json=True)
    told = capsys.readouterr()
    assert end.value.code == 1 and "ALARM The scheduler has never been heard." in told.err
    assert json.loads(told.out)["alarms"] == [{"key": "last_tick", "sentence": "The scheduler has never been heard.", "told": True}]
    heard("tick", 1)
    call_command("watch")
    assert "OVER" in capsys.readouterr().err
    assert Beat.objects.filter(name="watch").exists()


@pytest.mark.parametrize(("seconds", "words"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h 00 min"), (172800, "2 d 0 h")])
def test_ages_are_said_in_words_that_a_pager_shows(seconds, words):
    assert duration(seconds) == words


def test_the_name_of_a_worker_on_a_host_with_a_long_name_is_kept_apart_from_its_neighbours(db):
    one, two = (beat_name(f"worker1@{'x' * 60}{n}.bank.example") for n in (1, 2))
    assert len(one) == len(two) == 40 and one != two
    assert beat_name("worker1@host") == "worker:worker1@host"
    ledger.beat(one)
    assert Beat.objects.get().name == one
    assert connection.vendor == "postgresql"
